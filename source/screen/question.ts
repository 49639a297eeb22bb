import {type Question} from '../sample/sample.js';
import {firstView, type UiState} from './ui-state.js';
import {type Frame} from './frame.js';

/** What the engine is asked for a frame. The rows of the sessions stay as they were asked for in `former` while they are out of sight. */
export const questionOf = (ui: UiState, frame: Frame, former: Question | undefined): Question => {
	const {place, extent} = frame;
	return {
		filter: ui.filter, isInverted: ui.isInverted, sort: ui.sort, reverse: ui.reverse,
		offset: ui.places[firstView]?.offset ?? 0,
		count: former?.count ?? 0,
		isPaused: ui.isPaused, isHeld: ui.isHeld,
		follow: ui.follow && {...ui.follow, row: Math.max(0, Math.min(place.cursor - place.offset, extent.visible - 1))},
		marked: new Set(ui.marked.keys()),
		session: undefined,
		service: undefined,
		wantsClients: false,
		changes: 0,
		...frame.page.needs(frame),
	};
};
