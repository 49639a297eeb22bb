import {type Sample} from '../../sample/sample.js';
import {fit, line, type Line, wrapText} from '../../text/line.js';
import {type ScreenInput} from '../screen-input.js';
import {obstacleText, us} from '../../sample/source-words.js';
import {refusals, titleLine, directorLines} from './headline.js';
import {bottomLines, framed} from './main-screen.js';
import {nothingHeard} from './nothing-heard.js';

/** Nothing that a table can be made from has been heard so far. */
export const isEmpty = ({totals, status}: Sample): boolean => totals.connections + totals.templates === 0 && (status?.tally.messages ?? 0) === 0;

/** Says why there is nothing to see, and what to do about it. */
export const emptyScreen = (input: ScreenInput): Line[] => {
	const {sample, columns, rows, target} = input;
	const {status, nowUs} = sample;
	const seconds = status && status.sinceUs > 0 ? (nowUs - status.sinceUs) / us : 0;
	const head = {...input, isFiltered: false, directors: 3};
	const top = [titleLine(head), ...directorLines(head), line('')];
	const isInTrouble = status?.places.some(({state}) => state === 'failed' || state === 'down' || state === 'gone') ?? false;
	const joined = status?.directors.filter(({listeningSinceUs}) => listeningSinceUs > 0).map(({address}) => address) ?? [];
	const words = seconds < 10 && !sample.ended && !isInTrouble
		? wrapText('Listening. A connection is announced at its 3rd client packet, +0-3 s; then this fills by itself.', columns)
		: nothingHeard({places: status?.places ?? [], tallies: status?.tally.places ?? [], obstacle: obstacleText(sample), target, joined, faults: refusals(sample)});
	return framed(top, words.map(text => line(fit(text, columns))), bottomLines(input).slice(-1), rows);
};
