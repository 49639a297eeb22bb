import {line, wrapText} from '../../text/line.js';
import {nothingToScroll, type Page} from '../frame.js';
import {leastColumns, leastRows} from '../layout.js';
import {Lines} from '../theme.js';

/** There is no room for anything else: one line where a short one fits. */
const wordsFor = ({columns, rows}: {readonly columns: number; readonly rows: number}): readonly string[] => {
	const needs = `ipvstop needs ${leastColumns}x${leastRows}, this is ${columns}x${rows}`;
	const whole = [`${needs}; still capturing`, needs].find(text => text.length <= columns);
	return whole === undefined ? wrapText(needs, columns) : [whole];
};

export const tooSmall: Page = {
	extent: nothingToScroll,
	needs: () => ({}),
	Picture: ({frame: {columns, rows}}) => <Lines lines={wordsFor({columns, rows}).map(text => line(text, 'alarm')).slice(0, rows)}/>,
};
