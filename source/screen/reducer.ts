import {sortKeys} from '../table/read/sort-key.js';
import {type Action} from './keymap.js';
import {editedLine} from './line-editor.js';
import {firstPlace, firstView, fromTop, openPrompt, placeOf, withFilter, withinExtent, withPlace, type Extent, type Place, type UiState} from './ui-state.js';
import {viewOf, views} from './views/views.js';

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
			return firstPlace;
		}

		case 'end': {
			return extent.isOpen ? {cursor: Infinity, offset: place.offset} : withinExtent({cursor: total - 1, offset: place.offset}, extent);
		}

		default: {
			return undefined;
		}
	}
};

const showView = (state: UiState, view: string): UiState => ({...state, view, detail: undefined, overlay: undefined});

const stepView = (state: UiState, step: number): UiState =>
	showView(state, views.at((views.indexOf(viewOf(state.view)) + step) % views.length)!.name);

const stepSort = (state: UiState, step: number): UiState => {
	const {sorts} = viewOf(state.view);
	if (sorts) {
		const {length} = sorts;
		return fromTop({...state, listSort: (state.listSort + step + length) % length});
	}

	return fromTop({...state, sort: sortKeys[(sortKeys.indexOf(state.sort) + step + sortKeys.length) % sortKeys.length]!});
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

/** The state after an action; those that reach beyond the screen change nothing here. */
export const reduceUi = (state: UiState, action: Action, extent: Extent): UiState => {
	if (action.startsWith('sort-')) {
		const sort = sortKeys.find(key => `sort-${key}` === action)!;
		return fromTop({...showView(state, firstView), sort, reverse: state.sort === sort ? !state.reverse : false});
	}

	if (action.startsWith('view-')) {
		const view = views[Number(action.slice(5)) - 1];
		return view ? showView(state, view.name) : state;
	}

	if (state.detail) {
		const moved = movePlace({cursor: state.detail.offset, offset: 0}, action, {...extent, total: Math.max(1, extent.total), across: 1});
		if (moved) {
			return {...state, detail: {...state.detail, offset: moved.cursor}};
		}
	}

	if (extent.isCut && (action === 'left' || action === 'right')) {
		return {...state, firstColumn: Math.max(0, state.firstColumn + (action === 'left' ? -1 : Number(extent.isCut())))};
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

		case 'aliases': {
			return {...state, hasNames: !state.hasNames, message: state.hasNames ? 'addresses as they are' : 'names of the configuration for addresses'};
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
			return state.detail || state.overlay ? escape(state) : (state.view === firstView ? state : showView(state, firstView));
		}

		default: {
			return state;
		}
	}
};
