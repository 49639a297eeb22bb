import {type Sample} from '../../sample/sample.js';
import {directorLetter} from '../../sample/screen-names.js';
import {us} from '../../sample/source-words.js';
import {isAfterTakeover, mainPair} from '../../sample/standing.js';
import {clockTime} from '../../text/format.js';
import {fit, line, type Line} from '../../text/line.js';
import {type Frame} from '../frame.js';
import {keyHints} from '../keymap.js';
import {Lines} from '../theme.js';
import {type Prompt} from '../ui-state.js';
import {eventText} from './event-text.js';
import {promptLine} from './filter-bar.js';
import {timeLine} from './time-line.js';

/** Events are news for so long. */
const newsUs = 60 * us;

/** Which signs there can be, in the words of the moment. */
const legend = (sample: Sample, columns: number): Line => {
	const pair = mainPair(sample);
	const last = pair?.takeovers.at(-1);
	const [from, to] = last ? [directorLetter(last.from), directorLetter(last.to)] : ['', ''];
	const text = isAfterTakeover(sample)
		? `? only ${from}'s word, ${to} not heard yet  ! ${to} does not know it  + new  * ${to} confirmed`
		: '! backup was not told  - ends in 10 s  + new  * changed  t template  # marked';
	return line(fit(text, columns), 'dim');
};

/** What was just done, else the latest event while it is news, else what the signs mean. */
const noteLine = ({sample, columns, localTime, named, ui: {message}}: Frame): Line => {
	if (message !== '') {
		return line(fit(message, columns), 'title');
	}

	const last = sample.events.at(-1);
	if (last && sample.nowUs - last.timeUs < newsUs) {
		const {name, text, tone} = eventText(last, sample.status, named);
		return line(fit(`${clockTime(last.timeUs + (sample.status?.wallOffsetUs ?? 0), localTime).slice(0, 8)} ${name}: ${text}`, columns), tone);
	}

	return legend(sample, columns);
};

/** Which of the last lines there are on a screen of so many rows; a small one has room for one of the two. */
export const footRows = (rows: number, isFile: boolean, hasMessage: boolean): {readonly hasTimeLine: boolean; readonly hasNote: boolean} => {
	const hasTimeLine = isFile && rows >= 18 && (rows >= 30 || !hasMessage);
	return {hasTimeLine, hasNote: (rows >= 18 || hasMessage) && (rows >= 30 || !hasTimeLine)};
};

const promptHints: Readonly<Record<Prompt['kind'], string>> = {filter: '', find: 'Enter finds, n N go on', note: 'Enter writes it into the events', time: '14:02:01  +90  -30'};

/** What the keys do; a prompt other than the filter stands in its place, so that no list moves. */
export function Hints({frame, hints}: {readonly frame: Frame; readonly hints: string}) {
	const {columns, ui: {prompt}} = frame;
	if (!prompt || prompt.kind === 'filter') {
		return <Lines lines={[line(fit(hints, columns), 'dim')]}/>;
	}

	const error = prompt.line.text === '' ? undefined : prompt.error;
	const right = error ? fit(`?${error.column + 1} ${error.message}`, Math.floor(columns * 0.6)) : promptHints[prompt.kind];
	return <Lines lines={[promptLine(prompt, right, error, columns)]}/>;
}

/** The last lines of every view. */
export function Foot({frame}: {readonly frame: Frame}) {
	const {sample, columns, layout} = frame;
	const time = layout.hasTimeLine ? timeLine(sample, frame) : undefined;
	return (
		<>
			<Lines lines={[...(time ? [time] : []), ...(layout.hasNote ? [noteLine(frame)] : [])]}/>
			<Hints frame={frame} hints={keyHints(columns)}/>
		</>
	);
}
