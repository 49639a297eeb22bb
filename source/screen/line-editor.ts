/** A line of text that is being typed. */
export type EditedLine = {
	readonly text: string;
	/** In UTF-16 units. */
	readonly cursor: number;
	/** All of it is selected: what is typed takes its place. */
	readonly isSelected?: boolean;
};

/** Far longer than any filter that works. */
const longest = 4096;

export const editedLine = (text: string): EditedLine => ({text, cursor: text.length});

/** Line breaks and tabs become spaces, other control characters vanish. */
const harmless = (text: string): string => text.replaceAll(/\s+/gv, ' ').replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gv, '');

export const selectedLine = (text: string): EditedLine => ({text, cursor: text.length, isSelected: text !== ''});

/** Puts in what was typed or pasted. */
export const insertText = (line: EditedLine, inserted: string): EditedLine => {
	const {text, cursor} = line.isSelected ? editedLine('') : line;
	const added = harmless(inserted).slice(0, longest - text.length);
	return {text: text.slice(0, cursor) + added + text.slice(cursor), cursor: cursor + added.length};
};

const wordStart = (text: string, cursor: number): number => {
	const before = text.slice(0, cursor).trimEnd();
	return before.lastIndexOf(' ') + 1;
};

/** The line after a key, as shells have them; undefined for keys that do not edit. */
export const editLine = (line: EditedLine, key: string): EditedLine | undefined => {
	if (line.isSelected && ['Backspace', 'Delete', '^D', '^H', '^U', '^K', '^W'].includes(key)) {
		return editedLine('');
	}

	const {text, cursor} = line;
	switch (key) {
		case 'Left':
		case '^B': {
			return {text, cursor: Math.max(0, cursor - 1)};
		}

		case 'Right':
		case '^F': {
			return {text, cursor: Math.min(text.length, cursor + 1)};
		}

		case 'Home':
		case '^A': {
			return {text, cursor: 0};
		}

		case 'End':
		case '^E': {
			return {text, cursor: text.length};
		}

		case 'Backspace': {
			return cursor === 0 ? line : {text: text.slice(0, cursor - 1) + text.slice(cursor), cursor: cursor - 1};
		}

		// Ink calls the backspace of many terminals Delete; forwards at the end there is nothing to delete.
		case 'Delete': {
			return cursor === text.length
				? editLine(line, 'Backspace')
				: {text: text.slice(0, cursor) + text.slice(cursor + 1), cursor};
		}

		case '^D': {
			return {text: text.slice(0, cursor) + text.slice(cursor + 1), cursor};
		}

		case '^U': {
			return {text: text.slice(cursor), cursor: 0};
		}

		case '^K': {
			return {text: text.slice(0, cursor), cursor};
		}

		case '^W': {
			const start = wordStart(text, cursor);
			return {text: text.slice(0, start) + text.slice(cursor), cursor: start};
		}

		default: {
			return [...key].length === 1 ? insertText(line, key) : undefined;
		}
	}
};
