import {type Sample} from '../sample/sample.js';
import {unnamed} from '../text/alias-names.js';
import {nothingToScroll, type Frame, type Page, type Setting} from './frame.js';
import {layoutOf, leastColumns, leastRows} from './layout.js';
import {columnChoice} from './parts/column-choice.js';
import {helpPage} from './parts/help.js';
import {isSilent, silencePage} from './parts/silence.js';
import {tooSmall} from './parts/too-small.js';
import {viewPage} from './parts/view-page.js';
import {placeOf, withinExtent, type UiState} from './ui-state.js';
import {sessionPage} from './views/sessions/detail.js';
import {viewOf} from './views/views.js';
import {vipPage} from './views/vips/detail.js';

const overlays = {help: helpPage, columns: columnChoice} as const;
const details = {session: sessionPage, vip: vipPage} as const;

const pageOf = (sample: Sample, {overlay, detail, view}: UiState, {columns, rows}: Setting): Page => {
	if (columns < leastColumns || rows < leastRows) {
		return tooSmall;
	}

	if (overlay ?? detail) {
		return overlay ? overlays[overlay.kind] : details[detail!.kind];
	}

	return isSilent(sample) && !viewOf(view).isNeverSilent ? silencePage : viewPage;
};

/** What stands where for a sample, as the person wants to see it. */
export const frameOf = (sample: Sample, ui: UiState, setting: Setting): Frame => {
	const view = viewOf(ui.view);
	const frame = {
		...setting, sample, ui, view,
		named: ui.hasNames ? setting.naming : unnamed,
		isFollowing: ui.follow !== undefined && view.follows === true,
		page: pageOf(sample, ui, setting),
		layout: layoutOf(sample, ui, setting, {...view.parts, hasCaption: view.caption !== undefined}),
		extent: nothingToScroll(),
		place: placeOf(ui),
	};
	frame.extent = frame.page.extent(frame);
	if (frame.page.isList) {
		frame.place = frame.isFollowing
			? {cursor: sample.followed >= 0 ? sample.followed : frame.place.cursor, offset: sample.offset}
			: withinExtent(frame.place, frame.extent);
	}

	return frame;
};
