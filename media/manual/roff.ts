/*
The macros of man(7) that the manual needs. Texts are plain; what stands between backticks is typed as it is and set in bold.
*/
const characters: Readonly<Record<string, string>> = {
	'\\': '\\e', '-': '\\-', '\'': '\\(aq', '"': '\\(dq', '`': '\\(ga', '^': '\\(ha', '~': '\\(ti', '…': '...',
};

/** A text in which nothing is special to roff. Throws where a character would not show everywhere. */
export const escaped = (text: string): string => {
	const found = text.replaceAll(/[\\\-'"`^~…]/gv, character => characters[character]!);
	if (/[\P{ASCII}\p{Cc}]/v.test(found)) {
		throw new RangeError(`Not ASCII: ${text}`);
	}

	return found;
};

export const bold = (text: string): string => `\\fB${escaped(text)}\\fR`;

const inline = (text: string): string => text.split('`').map((part, index) => index % 2 === 1 ? bold(part) : escaped(part)).join('');

/** A line of text; at its beginning a dot would make it a request. */
const textLine = (text: string): string => text.startsWith('.') ? `\\&${text}` : text;

/** Input lines as short as those of a letter, cut at blanks outside of bold words. */
const filled = (text: string): string[] => {
	const lines: string[] = [''];
	for (const word of inline(text).split(' ')) {
		const last = lines.at(-1)!;
		if (last.length > 0 && last.length + word.length > 78) {
			lines.push(word);
		} else {
			lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
		}
	}

	return lines.map(line => textLine(line));
};

export const title = (name: string, section: number, date: string, source: string, volume: string): string[] =>
	[`.TH ${name.toUpperCase()} ${section} "${date}" "${escaped(source)}" "${escaped(volume)}"`];
export const section = (name: string): string[] => [`.SH ${name.toUpperCase()}`];
export const subsection = (name: string): string[] => [`.SS "${escaped(name)}"`];
/** Not the first of a section: there the macro would be skipped. */
export const nextParagraph = (text: string): string[] => ['.PP', ...filled(text)];
export const paragraph = (text: string): string[] => filled(text);
/** What is described hangs out to the left; its head is roff already. */
export const entry = (head: string, text: string): string[] => ['.TP', textLine(head), ...filled(text)];

/** Entries whose heads are plain words, which are set in bold. */
export const entries = (all: ReadonlyArray<readonly [head: string, text: string]>): string[] => all.flatMap(([head, text]) => entry(bold(head), text));
export const example = (lines: readonly string[]): string[] => ['.PP', '.nf', '.RS 4', ...lines.map(line => textLine(escaped(line))), '.RE', '.fi'];
