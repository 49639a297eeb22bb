import {fit, line} from '../../text/line.js';
import {nothingToScroll, type Page} from '../frame.js';
import {leastColumns, leastRows} from '../layout.js';
import {Lines} from '../theme.js';

/** There is no room for anything else. */
export const tooSmall: Page = {
	extent: nothingToScroll,
	needs: () => ({}),
	Picture: ({frame: {columns, rows}}) => <Lines lines={[line(fit(`ipvstop needs ${leastColumns}x${leastRows}, this is ${columns}x${rows}; still capturing`, columns), 'alarm')].slice(0, rows)}/>,
};
