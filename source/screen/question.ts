import {type Question} from '../sample/sample.js';
import {type Picture} from './picture.js';
import {type UiState} from './ui-state.js';

/** Changes of sessions are asked for in steps of so many, so that scrolling does not ask for each row. */
const changesStep = 200;
/** Changes beyond the last one that is shown, for the next page. */
const changesAhead = 50;

/** What a picture needs for what the person chose. A list that is out of sight stays as it was asked for in `former`. */
export const questionOf = (ui: UiState, {extent, place}: Picture, former: Question | undefined): Question => {
	const isSessions = ui.view === 'sessions';
	const {visible} = extent;
	return {
		filter: ui.filter, isInverted: ui.isInverted, sort: ui.sort, reverse: ui.reverse,
		offset: isSessions ? place.offset : ui.places.sessions.offset,
		count: isSessions && !ui.detail && !ui.overlay ? visible : (former?.count ?? 0),
		isPaused: ui.isPaused, isHeld: ui.isHeld,
		follow: ui.follow && {...ui.follow, row: Math.max(0, Math.min(place.cursor - place.offset, visible - 1))},
		marked: new Set(ui.marked.keys()),
		session: ui.detail?.kind === 'session' ? {...ui.detail.key, connection: ui.detail.connection} : undefined,
		service: ui.detail?.kind === 'vip' ? ui.detail.service : undefined,
		wantsClients: ui.view === 'clients' || ui.detail?.kind === 'vip',
		changes: ui.view === 'events' ? Math.max(changesStep, Math.ceil((place.offset + visible + changesAhead) / changesStep) * changesStep) : 0,
	};
};
