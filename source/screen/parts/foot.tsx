import {events} from '../../events/catalogue.js';
import {type LoggedEvent} from '../../events/told.js';
import {type Sample} from '../../sample/sample.js';
import {clockTime} from '../../text/format.js';
import {fit, line, type Line, phrased} from '../../text/line.js';
import {type Frame} from '../frame.js';
import {keyHints} from '../keymap.js';
import {Lines} from '../theme.js';
import {type Prompt} from '../ui-state.js';
import {secondUs} from '../../wire/second.js';
import {cannotTell, lastTakeover, mainPair} from '../../sample/standing.js';
import {directorName} from '../../sample/screen-names.js';
import {signs} from '../views/sessions/signs.js';
import {isUnfinished, promptLine} from './filter-bar.js';
import {eventText} from './event-text.js';
import {timeLine, timeLineLegend} from './time-line.js';
import {panelSigns} from './vip-panel.js';

/** Events are news for so long. */
const newsUs = 60 * secondUs;
const urgentUs = 10 * secondUs;

type Explained = readonly [whole: string, short: string];

/** What the signs mean that stand in the list of a view, or above it; most important first. */
const signLegend = (frame: Frame): readonly Explained[] => {
	const {view, sample, named} = frame;
	const present = new Set([...view.signs?.(frame) ?? [], ...(view.parts.hasPanel ? panelSigns(frame) : [])]);
	const pair = mainPair(sample);
	const name = (index: number | undefined, otherwise: string) => index === undefined || index < 0 ? otherwise : directorName(sample.status, index, named);
	const takeover = pair && lastTakeover(pair, sample.nowUs);
	const forecast = pair?.forecasts[0];
	const pairs = sample.status?.failover.pairs ?? [];
	// A sign may stand at rows of several pairs: then no director can be named for all of them.
	const hasOne = pairs.filter(one => lastTakeover(one, sample.nowUs)).length <= 1;
	const serving = new Set(pairs.flatMap(one => one.forecasts.map(({from}) => from)));
	const to = hasOne ? name(takeover?.to, 'the new master') : 'its new master';
	const names = {
		to, hasRebooted: hasOne && takeover?.ownKept === 'no',
		master: serving.size > 1 ? 'its master' : name(forecast && forecast.from >= 0 ? forecast.from : pair?.master, 'the master'),
		unsure: cannotTell(sample).now ? to : name(forecast?.director, 'the backup'),
	};
	return [
		...(Object.keys(signs) as Array<keyof typeof signs>).filter(sign => present.has(sign)).map(sign => signs[sign].legend(names)),
		...(view.legend?.(frame) ?? []).map((text): Explained => [text, text]),
	];
};

/** What the signs and letters mean that are on the screen now: in short where there is no room for all in full, and the least important left out at last. */
const legend = (frame: Frame): string => {
	const {sample, layout, columns} = frame;
	const ofSigns = signLegend(frame);
	const ofLetters = layout.hasTimeLine ? timeLineLegend(sample, frame) : [];
	const join = (texts: readonly string[]): string => texts.join('  ');
	const [longSigns, shortSigns] = [0, 1].map(form => ofSigns.map(one => one[form]!)) as [string[], string[]];
	const [longLetters, shortLetters] = [0, 1].map(form => ofLetters.map(one => one[form]!)) as [string[], string[]];
	return [[...longSigns, ...longLetters], [...longSigns, ...shortLetters]].map(texts => join(texts)).find(text => text.length <= columns)
		?? phrased([...shortSigns, ...shortLetters].map((text, index) => ({text, spare: index})), columns);
};

/** What befell a source, or this program: it has no other place on the screen. */
const ofOurs = new Set<string>([events.source, events.suspend, events.gap, events.config, events.trigger].map(({name}) => name));

/** Live, that is said before the legend has its line again, whatever else happened meanwhile. */
const urgent = ({status, nowUs, events: all}: Sample): LoggedEvent | undefined => status?.replay === undefined ? all.findLast(({event, timeUs}) => ofOurs.has(event) && nowUs - timeUs < urgentUs) : undefined;

/** What was just done, else what the signs mean, else the latest event while it is news. */
const noteLine = (frame: Frame): Line => {
	const {sample, columns, localTime, named, ui: {message}} = frame;
	if (message !== '') {
		return line(fit(message, columns), 'title');
	}

	const words = legend(frame);
	const last = urgent(sample) ?? (words === '' ? sample.events.at(-1) : undefined);
	if (last && sample.nowUs - last.timeUs < newsUs) {
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

/** Where there is no line for it, what the signs mean stands among the keys. */
const explainedHints = (frame: Frame): string => {
	const words = signLegend(frame).map(([, short]) => short).join('  ');
	const {columns} = frame;
	return words === '' || words.length > columns - 20 ? keyHints(columns, frame.sample.isPaused) : `${keyHints(columns - words.length - 2, frame.sample.isPaused)}  ${words}`;
};

/** The last lines of every view. */
export function Foot({frame}: {readonly frame: Frame}) {
	const {sample, columns, layout} = frame;
	const time = layout.hasTimeLine ? timeLine(sample, frame) : undefined;
	return (
		<>
			<Lines lines={[...(time ? [time] : []), ...(layout.hasNote ? [noteLine(frame)] : [])]}/>
			<Hints frame={frame} hints={layout.hasNote ? keyHints(columns, frame.sample.isPaused) : explainedHints(frame)}/>
		</>
	);
}
