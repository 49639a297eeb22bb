import {sessionColumns, visibleColumns} from './views/sessions/columns.js';
import {actionOf} from './keymap.js';
import {editLine, insertText, type EditedLine} from './line-editor.js';
import {type Extent, type Overlay, type UiState} from './ui-state.js';

type Help = Extract<Overlay, {kind: 'help'}>;
type Changes = Partial<UiState>;

const searched = (search: EditedLine): Changes => ({overlay: {kind: 'help', search, offset: 0}});

/** What a key changes while the help is open: what is typed is searched for in it. */
export const helpKey = ({search, offset}: Help, key: string, {visible, total}: Extent): Changes => {
	const step = new Map([['Up', -1], ['Down', 1], ['PgUp', -visible], ['PgDn', visible]]).get(key);
	if (step !== undefined) {
		return {overlay: {kind: 'help', search, offset: Math.max(0, Math.min(total - visible, offset + step))}};
	}

	if (key === 'Esc' || key === 'Enter' || (search.text === '' && (key === 'q' || key === '?' || key === 'Backspace'))) {
		return {overlay: undefined};
	}

	const line = editLine(search, key);
	return line ? searched(line) : {};
};

export const helpPaste = ({search}: Help, text: string): Changes => searched(insertText(search, text));

/** What a key changes while columns are chosen, on a screen `width` wide, which shows some unless they were chosen before. */
export const columnsKey = (cursor: number, key: string, chosen: UiState['columns'], {width, hasSites}: {readonly width: number; readonly hasSites: boolean}): Changes => {
	const action = actionOf(key);
	if (action === 'down' || action === 'up') {
		const moved = cursor + (action === 'down' ? 1 : -1);
		return {overlay: {kind: 'columns', cursor: Math.max(0, Math.min(sessionColumns.length - 1, moved))}};
	}

	if (key === ' ' || key === 'Enter') {
		const {id} = sessionColumns[cursor]!;
		const shown = new Set(visibleColumns(width, chosen, hasSites).map(column => column.id));
		if (!shown.delete(id)) {
			shown.add(id);
		}

		return {columns: shown.size === 0 ? undefined : shown, firstColumn: 0};
	}

	if (key === 'r') {
		return {columns: undefined, firstColumn: 0};
	}

	return action === 'back' || action === 'escape' || action === 'close' || action === 'columns' ? {overlay: undefined} : {};
};
