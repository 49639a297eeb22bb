import {type FilterError} from '../filter/expression.js';
import {type RowKey} from '../sample/sample.js';
import {type Connection} from '../table/connection.js';
import {type SortKey} from '../table/read/sort-key.js';
import {selectedLine, type EditedLine} from './line-editor.js';

export type Place = {
	/** Row under the cursor, counted from the first of all rows. */
	readonly cursor: number;
	/** First row shown. */
	readonly offset: number;
};

/** A line that is being typed: what it is for decides what Enter does. */
export type Prompt = {
	readonly kind: 'filter' | 'find' | 'note' | 'time';
	readonly line: EditedLine;
	/** Which of the earlier lines is shown, 0 for none. */
	readonly back: number;
	/** What was typed before going back. */
	readonly draft: string;
	/** Enter was pressed on it as it stands. */
	readonly isSubmitted?: boolean;
	/** What is wrong with the line, where it is a filter. */
	readonly error: FilterError | undefined;
};

export type Overlay =
	| {readonly kind: 'help'; readonly search: EditedLine; readonly offset: number}
	| {readonly kind: 'columns'; readonly cursor: number};

export type Detail =
	| {readonly kind: 'session'; readonly key: RowKey; readonly connection: Connection; readonly offset: number}
	| {readonly kind: 'vip'; readonly service: number; readonly offset: number};

/** What the person at the screen chose. */
export type UiState = {
	/** Name of a view, and where its cursor was in each. */
	readonly view: string;
	readonly places: Readonly<Record<string, Place>>;
	readonly sort: SortKey;
	readonly reverse: boolean;
	/** Number of the order in views that have orders of their own. */
	readonly listSort: number;
	/** The last text that could be used as a filter. */
	readonly filter: string;
	readonly isInverted: boolean;
	/** Earlier filters, latest first, and those with a name. */
	readonly filters: readonly string[];
	readonly saved: ReadonlyMap<string, string>;
	readonly found: string;
	readonly finds: readonly string[];
	readonly prompt: Prompt | undefined;
	readonly overlay: Overlay | undefined;
	readonly detail: Detail | undefined;
	readonly isPaused: boolean;
	readonly isHeld: boolean;
	readonly follow: RowKey | undefined;
	/** Marked sessions: when each began, by slot. */
	readonly marked: ReadonlyMap<number, number>;
	readonly columns: ReadonlySet<string> | undefined;
	/** Columns of the sessions that are pushed out to the left. */
	readonly firstColumn: number;
	readonly hasPanel: boolean;
	/** Names of the configuration instead of addresses. */
	readonly hasNames: boolean;
	/** Said once, until the next key. */
	readonly message: string;
};

export type Extent = {
	/** Rows that exist, and rows that fit on the screen. */
	readonly total: number;
	readonly visible: number;
	/** Rows in one line of a grid. */
	readonly across: number;
	/** More may follow than was asked for so far: where the end is, is known only once it was gone to. */
	readonly isOpen?: true;
	/** Whether there are columns beyond the right edge. */
	isCut?(): boolean;
};

/** The view that the program opens with, and comes back to. */
export const firstView = 'sessions';

export const firstPlace: Place = {cursor: 0, offset: 0};

export const initialUiState = (filter: string): UiState => ({
	view: firstView, places: {},
	sort: 'open', reverse: false, listSort: 0, filter, isInverted: false, filters: filter === '' ? [] : [filter], saved: new Map(), found: '', finds: [],
	prompt: undefined, overlay: undefined, detail: undefined, isPaused: false, isHeld: false, follow: undefined, marked: new Map(),
	columns: undefined, firstColumn: 0, hasPanel: true, hasNames: true, message: '',
});

/** Keeps the cursor among the rows and the cursor's row on the screen. */
export const withinExtent = (place: Place, {total, visible}: Extent): Place => {
	const cursor = Math.max(0, Math.min(place.cursor, total - 1));
	const besideCursor = Math.max(cursor - visible + 1, Math.min(place.offset, cursor));
	const offset = Math.max(0, Math.min(besideCursor, total - visible));
	return cursor === place.cursor && offset === place.offset ? place : {cursor, offset};
};

/** Another order, filter or list begins at its first row, with nothing held or followed. */
export const fromTop = (state: UiState): UiState => ({
	...state, places: {...state.places, [state.view]: firstPlace}, follow: undefined, isHeld: false,
});

export const placeOf = ({places, view}: UiState): Place => places[view] ?? firstPlace;
export const withPlace = (state: UiState, place: Place): UiState => ({...state, places: {...state.places, [state.view]: place}});

/** Sets the filter that is in force; remembers it when it is kept. */
export const withFilter = (state: UiState, filter: string, isKept: boolean): UiState => {
	const filters = isKept && filter !== '' ? [filter, ...state.filters.filter(one => one !== filter)].slice(0, 100) : state.filters;
	const isSame = filter === state.filter;
	const changed = {...state, filter, filters, isInverted: filter === '' ? false : state.isInverted};
	return isSame ? changed : fromTop(changed);
};

export const openPrompt = (state: UiState, kind: Prompt['kind'], text: string): UiState & {readonly prompt: Prompt} =>
	({...state, prompt: {kind, line: selectedLine(text), back: 0, draft: text, error: undefined}});
