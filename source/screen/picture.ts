import {type Sample} from '../sample/sample.js';
import {type Naming, unnamed} from '../text/alias-names.js';
import {type Glyphs} from '../text/glyphs.js';
import {fit, line, type Line} from '../text/line.js';
import {emptyScreen, isEmpty} from './parts/empty-screen.js';
import {failoverScreen} from './views/failover/failover-view.js';
import {columnsScreen, helpScreen} from './parts/help.js';
import {clientsScreen, eventsScreen, realsScreen, vipsScreen, type ListScreen} from './views/list-views.js';
import {mainFrame, mainScreen} from './parts/main-screen.js';
import {type ScreenInput} from './screen-input.js';
import {sessionDetail} from './views/sessions/session-detail.js';
import {visibleColumns} from './parts/session-columns.js';
import {vipDetail} from './views/vips/vip-detail.js';
import {promptLine, type BarPrompt} from './parts/filter-bar.js';
import {keyHelp, keyHints} from './keymap.js';
import {listSorts, placeOf, withinExtent, type Extent, type Place, type Prompt, type UiState} from './ui-state.js';

/** Below this the screen says so and goes on capturing. */
export const leastColumns = 60;
export const leastRows = 15;

export type Setting = {
	readonly columns: number;
	readonly rows: number;
	readonly localTime: boolean;
	readonly intervalSeconds: number;
	readonly target: string;
	readonly glyphs: Glyphs;
	readonly naming: Naming;
};

/** A frame, how far the list on it reaches, and where its cursor is. */
export type Picture = {readonly lines: readonly Line[]; readonly extent: Extent; readonly place: Place};

const labels = {filter: '/ ', find: '\\ ', note: 'note: ', time: 'go to: '} as const;

const barPrompt = ({kind, line: {text, cursor}}: Prompt): BarPrompt => ({label: labels[kind], text, cursor});

/** Prompts other than the filter stand in the place of the hints, so that no list moves. */
const withPrompt = (lines: readonly Line[], {prompt}: UiState, columns: number): readonly Line[] => {
	if (!prompt || prompt.kind === 'filter') {
		return lines;
	}

	const hint = prompt.kind === 'time' ? '14:02:01  +90  -30' : (prompt.kind === 'note' ? 'Enter writes it into the events' : 'Enter finds, n N go on');
	const error = prompt.line.text === '' ? undefined : prompt.error;
	const right = error ? fit(`?${error.column + 1} ${error.message}`, Math.floor(columns * 0.6)) : hint;
	return [...lines.slice(0, -1), promptLine(barPrompt(prompt), right, error, columns)];
};

/** What has no list of its own keeps the cursor where it was. */
const fixed = (lines: readonly Line[], place: Place, total = 0, visible = 1): Picture => ({lines, extent: {total, visible, across: 1}, place});

const listPicture = ({lines, total, visible, across}: ListScreen, place: Place): Picture => ({lines, extent: {total, visible, across}, place});

/** Draws what the state asks for from a sample: at most `rows` lines of at most `columns` characters. */
export const pictureOf = (sample: Sample, state: UiState, setting: Setting): Picture => {
	const {columns, rows} = setting;
	const place = placeOf(state);
	if (columns < leastColumns || rows < leastRows) {
		return fixed([line(fit(`ipvstop needs ${leastColumns}x${leastRows}, this is ${columns}x${rows}; still capturing`, columns), 'alarm')].slice(0, rows), place);
	}

	const isFollowing = state.follow !== undefined && state.view === 'sessions';
	const input: ScreenInput = {
		...setting, sample,
		named: state.hasNames ? setting.naming : unnamed,
		hints: keyHints(columns),
		message: state.message,
		cursor: isFollowing && sample.followed >= 0 ? sample.followed : place.cursor,
		offset: place.offset,
		sort: state.sort, reverse: state.reverse,
		listSort: state.view === 'reals' ? listSorts.reals[state.listSort] ?? 'address' : listSorts.vips[state.listSort] ?? 'address',
		filter: state.filter, isInverted: state.isInverted,
		prompt: state.prompt?.kind === 'filter' ? barPrompt(state.prompt) : undefined,
		error: state.prompt?.error, marked: state.marked, chosenColumns: state.columns, firstColumn: state.firstColumn, hasPanel: state.hasPanel, isFollowing,
	};

	if (state.overlay?.kind === 'help') {
		const {search, offset} = state.overlay;
		const {lines, total, visible} = helpScreen(keyHelp(), {search: search.text, cursor: search.cursor, columns, rows, offset});
		return fixed(lines, place, total, visible);
	}

	if (state.overlay?.kind === 'columns') {
		return fixed(columnsScreen(new Set(visibleColumns(columns, state.columns).map(({id}) => id)), state.overlay.cursor, columns, rows), place);
	}

	if (state.detail) {
		const {lines, total, visible} = state.detail.kind === 'session'
			? sessionDetail(input, state.detail.offset)
			: vipDetail(input, state.detail.service, state.detail.offset);
		return fixed(withPrompt(lines, state, columns), place, total, visible);
	}

	if (isEmpty(sample) && state.view !== 'events') {
		return fixed(withPrompt(emptyScreen(input), state, columns), place);
	}

	switch (state.view) {
		case 'sessions': {
			const frame = mainFrame(input);
			const extent = {total: sample.matched, visible: frame.visible, across: 1};
			const shown = isFollowing ? {cursor: input.cursor, offset: sample.offset} : withinExtent(place, extent);
			const {lines, isCut} = mainScreen({...input, ...shown}, frame);
			return {lines: withPrompt(lines, state, columns), extent: {...extent, isCut}, place: shown};
		}

		case 'vips':
		case 'reals':
		case 'clients':
		case 'events':
		case 'failover': {
			const screens = {vips: vipsScreen, reals: realsScreen, clients: clientsScreen, events: eventsScreen, failover: failoverScreen};
			const show = screens[state.view];
			const first = show(input);
			const shown = withinExtent(place, first);
			// Drawn again only when the list has become shorter than the cursor thought.
			const final = shown === place ? first : show({...input, ...shown});
			return listPicture({...final, lines: withPrompt(final.lines, state, columns)}, shown);
		}
	}
};
