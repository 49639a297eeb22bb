import {clockTime} from '../../text/format.js';
import {fit, line, type Line, phrased} from '../../text/line.js';
import {type Frame} from '../frame.js';
import {keyHints} from '../keymap.js';
import {Lines} from '../theme.js';
import {type Prompt} from '../ui-state.js';
import {secondUs} from '../../wire/second.js';
import {eventText} from './event-text.js';
import {isUnfinished, promptLine} from './filter-bar.js';
import {timeLine, timeLineLegend} from './time-line.js';

/** Events are news for so long. */
const newsUs = 60 * secondUs;

/** What the signs and letters mean that are on the screen now. */
const legend = (frame: Frame): string => {
	const {view, sample, layout, columns} = frame;
	const phrases = [...(view.legend?.(frame) ?? []), ...(layout.hasTimeLine ? timeLineLegend(sample, frame) : [])];
	return phrased(phrases.map((text, index) => ({text, spare: index})), columns);
};

/** What was just done, else what the signs mean, else the latest event while it is news. */
const noteLine = (frame: Frame): Line => {
	const {sample, columns, localTime, named, ui: {message}} = frame;
	if (message !== '') {
		return line(fit(message, columns), 'title');
	}

	const words = legend(frame);
	const last = sample.events.at(-1);
	if (words === '' && last && sample.nowUs - last.timeUs < newsUs) {
		const {name, text, tone} = eventText(last, sample.status, named);
		return line(fit(`${clockTime(last.timeUs + (sample.status?.wallOffsetUs ?? 0), localTime)} ${name}: ${text}`, columns), tone);
	}

	return line(words, 'dim');
};

/** Which of the last lines there are on a screen of so many rows. */
export const footRows = (rows: number, isFile: boolean, hasMessage: boolean): {readonly hasTimeLine: boolean; readonly hasNote: boolean} => {
	const hasTimeLine = isFile && rows >= 18;
	return {hasTimeLine, hasNote: rows >= 18 || hasMessage};
};

const promptHints: Readonly<Record<Prompt['kind'], string>> = {filter: '', find: 'Enter finds, n N go on', note: 'Enter writes it into the events', time: '14:02:01  +90  -30'};

/** What the keys do; a prompt other than the filter stands in its place, so that no list moves. */
export function Hints({frame, hints}: {readonly frame: Frame; readonly hints: string}) {
	const {columns, ui: {prompt}} = frame;
	if (!prompt || prompt.kind === 'filter') {
		return <Lines lines={[line(fit(hints, columns), 'dim')]}/>;
	}

	const error = prompt.line.text === '' || !prompt.error || (!prompt.isSubmitted && isUnfinished(prompt.line, prompt.error)) ? undefined : prompt.error;
	const right = error ? fit(`column ${error.column + 1}: ${error.message}`, Math.floor(columns * 0.6)) : promptHints[prompt.kind];
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
