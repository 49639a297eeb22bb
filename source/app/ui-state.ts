import {type RowKey} from '../monitor/sample.js';
import {type Connection} from '../table/connection.js';
import {sortKeys, type SortKey} from '../table/select.js';
import {type Action} from './keymap.js';
import {editedLine, type EditedLine} from './line-editor.js';

export const viewNames = ['sessions', 'vips', 'reals', 'failover', 'clients', 'events'] as const;
export type ViewName = (typeof viewNames)[number];

/** Orders of the lists other than that of the sessions. */
export const listSorts = {
	vips: ['address', 'sessions', 'new/s'],
	reals: ['address', 'sessions', 'new/s', 'last new'],
} as const;

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
};

export type Overlay =
	| {readonly kind: 'help'; readonly search: EditedLine; readonly offset: number}
	| {readonly kind: 'columns'; readonly cursor: number};

export type Detail =
	| {readonly kind: 'session'; readonly key: RowKey; readonly connection: Connection; readonly offset: number}
	| {readonly kind: 'vip'; readonly service: number; readonly offset: number};

/** What the person at the screen chose. */
export type UiState = {
	readonly view: ViewName;
	readonly places: Readonly<Record<ViewName, Place>>;
	readonly sort: SortKey;
	readonly reverse: boolean;
	/** Number of the order of the VIPs and of the real servers. */
	readonly listSort: number;
	/** The last text that could be used as a filter. */
	readonly filter: string;
	readonly isInverted: boolean;
	/** Earlier filters, latest first, and those with a name. */
	readonly filters: readonly string[];
	readonly saved: Readonly<Record<string, string>>;
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
	/** Said once, until the next key. */
	readonly message: string;
};

export type Extent = {
	/** Rows that exist, and rows that fit on the screen. */
	readonly total: number;
	readonly visible: number;
	/** Rows in one line of a grid. */
	readonly across: number;
	/** There are columns beyond the right edge. */
	readonly isCut?: boolean;
};

const start: Place = {cursor: 0, offset: 0};

export const initialUiState = (filter: string): UiState => ({
	view: 'sessions',
	places: {sessions: start, vips: start, reals: start, failover: start, clients: start, events: start},
	sort: 'open', reverse: false, listSort: 0, filter, isInverted: false, filters: filter === '' ? [] : [filter], saved: {}, found: '', finds: [],
	prompt: undefined, overlay: undefined, detail: undefined, isPaused: false, isHeld: false, follow: undefined, marked: new Map(),
	columns: undefined, firstColumn: 0, hasPanel: true, message: '',
});

/** Keeps the cursor among the rows and the cursor's row on the screen. */
export const withinExtent = (place: Place, {total, visible}: Extent): Place => {
	const cursor = Math.max(0, Math.min(place.cursor, total - 1));
	const besideCursor = Math.max(cursor - visible + 1, Math.min(place.offset, cursor));
	const offset = Math.max(0, Math.min(besideCursor, total - visible));
	return cursor === place.cursor && offset === place.offset ? place : {cursor, offset};
};

const movePlace = (place: Place, action: Action, extent: Extent): Place | undefined => {
	const {total, visible, across} = extent;
	const by = (rows: number): Place => withinExtent({cursor: place.cursor + rows, offset: place.offset}, extent);
	switch (action) {
		case 'down': {
			return by(across);
		}

		case 'up': {
			return by(-across);
		}

		case 'right': {
			return by(across > 1 ? 1 : 0);
		}

		case 'left': {
			return by(across > 1 ? -1 : 0);
		}

		case 'page-down': {
			return withinExtent({cursor: place.cursor + visible, offset: place.offset + visible}, extent);
		}

		case 'page-up': {
			return withinExtent({cursor: place.cursor - visible, offset: Math.max(0, place.offset - visible)}, extent);
		}

		case 'half-down': {
			return by(Math.ceil(visible / 2));
		}

		case 'half-up': {
			return by(-Math.ceil(visible / 2));
		}

		case 'top': {
			return start;
		}

		case 'end': {
			return withinExtent({cursor: total - 1, offset: place.offset}, extent);
		}

		default: {
			return undefined;
		}
	}
};

/** Another order, filter or list begins at its first row, with nothing held or followed. */
const fromTop = (state: UiState): UiState => ({
	...state, places: {...state.places, [state.view]: start}, follow: undefined, isHeld: false,
});

export const placeOf = ({places, view}: UiState): Place => places[view];
export const withPlace = (state: UiState, place: Place): UiState => ({...state, places: {...state.places, [state.view]: place}});

const showView = (state: UiState, view: ViewName): UiState => ({...state, view, detail: undefined, overlay: undefined});

const stepView = (state: UiState, step: number): UiState =>
	showView(state, viewNames[(viewNames.indexOf(state.view) + step + viewNames.length) % viewNames.length]!);

const stepSort = (state: UiState, step: number): UiState => {
	if (state.view === 'vips' || state.view === 'reals') {
		const {length} = listSorts[state.view];
		return fromTop({...state, listSort: (state.listSort + step + length) % length});
	}

	return fromTop({...state, sort: sortKeys[(sortKeys.indexOf(state.sort) + step + sortKeys.length) % sortKeys.length]!});
};

/** Sets the filter that is in force; remembers it when it is kept. */
export const withFilter = (state: UiState, filter: string, isKept: boolean): UiState => {
	const filters = isKept && filter !== '' ? [filter, ...state.filters.filter(one => one !== filter)].slice(0, 100) : state.filters;
	const isSame = filter === state.filter;
	const changed = {...state, filter, filters, isInverted: filter === '' ? false : state.isInverted};
	return isSame ? changed : fromTop(changed);
};

/** Closes what is open: prompt, overlay, detail, follow, filter; gives the same state when nothing is. */
const escape = (state: UiState): UiState => {
	if (state.prompt) {
		return {...state, prompt: undefined};
	}

	if (state.overlay) {
		return {...state, overlay: undefined};
	}

	if (state.detail) {
		return {...state, detail: undefined};
	}

	return state.filter !== '' || state.isInverted ? withFilter({...state, isInverted: false}, '', false) : state;
};

export const openPrompt = (state: UiState, kind: Prompt['kind'], text: string): UiState => ({...state, prompt: {kind, line: editedLine(text), back: 0, draft: text}});

/** The state after an action; those that reach beyond the screen change nothing here. */
export const reduceUi = (state: UiState, action: Action, extent: Extent): UiState => {
	if (action.startsWith('sort-')) {
		const sort = sortKeys.find(key => `sort-${key}` === action)!;
		return fromTop({...showView(state, 'sessions'), sort, reverse: state.sort === sort ? !state.reverse : false});
	}

	if (action.startsWith('view-')) {
		return showView(state, viewNames[Number(action.slice(5)) - 1]!);
	}

	if (state.detail) {
		const moved = movePlace({cursor: state.detail.offset, offset: 0}, action, {...extent, total: Math.max(1, extent.total), across: 1});
		if (moved) {
			return {...state, detail: {...state.detail, offset: moved.cursor}};
		}
	}

	if (state.view === 'sessions' && (action === 'left' || action === 'right')) {
		return {...state, firstColumn: Math.max(0, state.firstColumn + (action === 'left' ? -1 : Number(extent.isCut ?? false)))};
	}

	const place = movePlace(placeOf(state), action, extent);
	if (place) {
		return withPlace({...state, follow: undefined}, place);
	}

	switch (action) {
		case 'next-view': {
			return stepView(state, 1);
		}

		case 'previous-view': {
			return stepView(state, -1);
		}

		case 'next-sort': {
			return stepSort(state, 1);
		}

		case 'previous-sort': {
			return stepSort(state, -1);
		}

		case 'reverse': {
			return fromTop({...state, reverse: !state.reverse});
		}

		case 'invert': {
			return state.filter === '' ? {...state, message: 'there is no filter to invert'} : fromTop({...state, isInverted: !state.isInverted});
		}

		case 'hold': {
			return {...state, isHeld: !state.isHeld, follow: undefined};
		}

		case 'panel': {
			return {...state, hasPanel: !state.hasPanel};
		}

		case 'help': {
			return {...state, overlay: {kind: 'help', search: editedLine(''), offset: 0}};
		}

		case 'columns': {
			return {...state, overlay: {kind: 'columns', cursor: 0}};
		}

		case 'filter': {
			return openPrompt(state, 'filter', state.filter);
		}

		case 'find': {
			return openPrompt(state, 'find', '');
		}

		case 'note': {
			return openPrompt(state, 'note', '');
		}

		case 'escape': {
			return escape(state);
		}

		case 'close': {
			return state.detail || state.overlay ? escape(state) : (state.view === 'sessions' ? state : showView(state, 'sessions'));
		}

		default: {
			return state;
		}
	}
};
