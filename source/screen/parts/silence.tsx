import {Box} from 'ink';
import {type Sample} from '../../sample/sample.js';
import {obstacleText} from '../../sample/source-words.js';
import {fit, line, wrapText} from '../../text/line.js';
import {nothingToScroll, type Frame, type Page} from '../frame.js';
import {keyHints} from '../keymap.js';
import {Lines} from '../theme.js';
import {secondUs} from '../../wire/second.js';
import {Hints} from './foot.js';
import {directorLines, refusals, titleLine, troubleLines} from './header.js';
import {nothingHeard} from './nothing-heard.js';

/** Nothing that a table can be made from has been heard so far. */
export const isSilent = ({totals, status}: Sample): boolean => totals.connections + totals.templates === 0 && (status?.tally.messages ?? 0) === 0;

const wordsOf = ({sample, columns, target}: Frame): readonly string[] => {
	const {status, nowUs} = sample;
	const seconds = status && status.sinceUs > 0 ? (nowUs - status.sinceUs) / secondUs : 0;
	const isInTrouble = status?.places.some(({state}) => state === 'failed' || state === 'down' || state === 'gone') ?? false;
	const joined = status?.directors.filter(({listeningSinceUs}) => listeningSinceUs > 0).map(({address}) => address) ?? [];
	return seconds < 10 && !sample.ended && !isInTrouble
		? wrapText('Listening. A connection is announced at its 3rd client packet, +0-3 s; then this fills by itself.', columns)
		: nothingHeard({places: status?.places ?? [], tallies: status?.tally.places ?? [], obstacle: obstacleText(sample), target, joined, faults: refusals(sample)});
};

/** What a place is in is in the table below; what cannot be read of a log is not. */
const logTroubleLines = ({sample, columns}: Frame) => (sample.status?.past?.problems.length ?? 0) > 0 ? troubleLines(sample, columns) : [];

/** Says why there is nothing to see, and what to do about it. */
export const silencePage: Page = {
	extent: nothingToScroll,
	needs: () => ({}),
	Picture({frame}) {
		const {columns, rows} = frame;
		const lines = [titleLine(frame, true), ...directorLines(frame, 3), ...logTroubleLines(frame), line(''), ...wordsOf(frame).map(text => line(fit(text, columns)))];
		return (
			<>
				<Box flexDirection='column' height={rows - 1}><Lines lines={lines.slice(0, rows - 1)}/></Box>
				<Hints frame={frame} hints={keyHints(columns, frame.sample.isPaused)}/>
			</>
		);
	},
};
