import {type Sample} from '../sample/sample.js';
import {type Layout, type Setting, type View, type ViewParts} from './frame.js';
import {footRows} from './parts/foot.js';
import {headerRows} from './parts/header.js';
import {panelRows} from './parts/vip-panel.js';
import {hasTimeLine} from './parts/time-line.js';
import {type UiState} from './ui-state.js';

/** Below this the screen says so and goes on capturing. */
export const leastColumns = 60;
export const leastRows = 15;

/** Where the rows of its list begin on the screen. */
export const firstListRow = ({parts, caption}: Pick<View, 'parts' | 'caption'>, {header, panel}: Pick<Layout, 'header' | 'panel'>): number =>
	header + panel + Number(caption !== undefined) + Number(parts.bar !== undefined) + Number(parts.hasHeading ?? false);

/**
The rows of a view, by what stands where. Arithmetic on what is known, so that the engine can be asked for as many sessions as fit
before a line of text is made.

    title           ipvstop LIVE eth1 …                            header
    directors       *B 192.0.2.12 MASTER …
    verdict         CRASH A>B …
    VIPs            where a view has them above its list           panel
    caption, bar    what is listed, what is filtered
    headings, list                                                 body
    time line       of a file                                      foot
    note, hints
*/
export const layoutOf = (sample: Sample, ui: UiState, {columns, rows}: Pick<Setting, 'columns' | 'rows'>, parts: ViewParts & {readonly hasCaption: boolean}): Layout => {
	const directors = parts.directors(rows);
	const header = headerRows(sample, directors, rows);
	const panel = parts.hasPanel && ui.hasPanel ? panelRows(sample, columns, rows) : 0;
	const foot = footRows(rows, hasTimeLine(sample), ui.message !== '');
	const body = Math.max(0, rows - header - panel - Number(parts.hasCaption) - Number(parts.bar !== undefined) - Number(foot.hasTimeLine) - Number(foot.hasNote) - 1);
	return {directors, header, panel, body, list: Math.max(1, body - Number(parts.hasHeading ?? false)), ...foot};
};
