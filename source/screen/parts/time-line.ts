import {eventKinds, events} from '../../events/catalogue.js';
import {type Sample} from '../../sample/sample.js';
import {clockTime} from '../../text/format.js';
import {sparkline, type Glyphs} from '../../text/glyphs.js';
import {fit, line, type Line, type Part} from '../../text/line.js';

/** Events that have a letter on the time line, the most important ones last: they cover the others. */
const marked = eventKinds.flatMap(({name, mark}) => mark ? [{name, ...mark}] : []).toSorted((one, other) => one.rank - other.rank);
const weighty: ReadonlySet<string> = new Set(marked.filter(({tone}) => tone === 'alarm').map(({letter}) => letter));

/** A capture file that was read whole, and lasts. */
export const hasTimeLine = ({index}: Sample): boolean => index !== undefined && index.lastUs > index.firstUs;

const happenedIn = ({index, notes}: Sample) => [...index?.events ?? [], ...notes.map(({timeUs}) => ({timeUs, event: events.note.name}))];

/** What its letters mean, those that are there. */
export const timeLineLegend = (sample: Sample): readonly string[] => {
	const names = new Set(happenedIn(sample).map(({event}) => event));
	return ['| now', ...marked.toReversed().filter(({name}) => names.has(name)).map(({letter, name}) => `${letter} ${name.replaceAll('-', ' ')}`)];
};

/**
A whole capture file as one line: new sessions over time, letters for events that matter, and `|` in inverse where the picture
stands; what lies ahead of that is dim.
*/
export const timeLine = (sample: Sample, {columns, glyphs, localTime}: {readonly columns: number; readonly glyphs: Glyphs; readonly localTime: boolean}): Line | undefined => {
	const {index, nowUs} = sample;
	if (!index || index.lastUs <= index.firstUs) {
		return undefined;
	}

	const from = clockTime(index.firstUs, localTime);
	const to = clockTime(index.lastUs, localTime);
	const width = columns - from.length - to.length - 4;
	const placeOf = (timeUs: number) => Math.max(0, Math.min(width - 1, Math.floor((timeUs - index.firstUs) / (index.lastUs - index.firstUs) * width)));
	const births = Array.from({length: width}, () => 0);
	for (const [part, count] of index.births.entries()) {
		births[Math.min(width - 1, Math.floor(part / index.births.length * width))]! += count;
	}

	const characters = [...sparkline(births, glyphs)];
	const parts: Part[] = [];
	for (const {name, letter} of marked) {
		for (const {timeUs} of happenedIn(sample).filter(({event}) => event === name)) {
			characters[placeOf(timeUs)] = letter;
		}
	}

	const now = placeOf(nowUs);
	const at = from.length + 2;
	for (const [place, character] of characters.entries()) {
		if (place < now && weighty.has(character)) {
			parts.push({at: at + place, length: 1, tone: 'title'});
		}
	}

	characters[now] = '|';
	parts.push({at: at + now, length: 1, tone: 'selected'});
	if (now < width - 1) {
		parts.push({at: at + now + 1, length: width - now - 1, tone: 'dim'});
	}

	return line(fit(`${from} [${characters.join('')}] ${to}`, columns), 'plain', parts.toSorted((one, other) => one.at - other.at));
};
