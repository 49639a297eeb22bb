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

type Mark = (typeof marked)[number];

const placeIn = ({firstUs, lastUs}: {readonly firstUs: number; readonly lastUs: number}, timeUs: number, width: number): number =>
	Math.max(0, Math.min(width - 1, Math.floor((timeUs - firstUs) / (lastUs - firstUs) * width)));

/** The letter at each place of a bar of such a width, where there is one: the most important. */
const lettersOf = (sample: Sample, width: number): ReadonlyMap<number, Mark> => {
	const {index} = sample;
	const ranked = new Map(marked.map(mark => [mark.name, mark]));
	const letters = new Map<number, Mark>();
	for (const {timeUs, event} of index ? happenedIn(sample) : []) {
		const mark = ranked.get(event as Mark['name']);
		const place = placeIn(index!, timeUs, width);
		if (mark && mark.rank >= (letters.get(place)?.rank ?? mark.rank)) {
			letters.set(place, mark);
		}
	}

	return letters;
};

const barWidth = (from: string, to: string, columns: number): number => columns - from.length - to.length - 4;

/** What the letters in the bar mean, exactly those that can be seen, whole and in short; those that lie ahead once more, and last. */
export const timeLineLegend = (sample: Sample, {columns, localTime}: {readonly columns: number; readonly localTime: boolean}): ReadonlyArray<readonly [whole: string, short: string]> => {
	const {index, nowUs} = sample;
	if (!index || !hasTimeLine(sample)) {
		return [];
	}

	const width = barWidth(clockTime(index.firstUs, localTime), clockTime(index.lastUs, localTime), columns);
	const now = placeIn(index, nowUs, width);
	const letters = [...lettersOf(sample, width)];
	const [past, ahead] = [letters.filter(([place]) => place < now), letters.filter(([place]) => place > now)].map(some => new Set(some.map(([, {name}]) => name))) as [Set<string>, Set<string>];
	const worded = ({letter, name}: Mark): readonly [string, string] => [`${letter} ${name.replaceAll('-', ' ')}`, `${letter} ${name.replace(/^.*-/v, '')}`];
	const byWeight = marked.toReversed();
	const later = byWeight.filter(({name}) => ahead.has(name));
	// As the bar has it: what was, where it stands, what comes later.
	return [
		...byWeight.filter(({name}) => past.has(name)).map(mark => worded(mark)),
		['| now', '| now'],
		...(later.length === 0 ? [] : [[`later: ${later.map(mark => past.has(mark.name) ? mark.letter : worded(mark)[0]).join('  ')}`, `later: ${later.map(({letter}) => letter).join(' ')}`] as const]),
	];
};

/**
A whole capture file as one line: new sessions over time, letters for events that matter, and `|` in inverse where the picture
stands; what lies ahead of that is dim, and its letters stand on a line without bars: they have not happened yet.
*/
export const timeLine = (sample: Sample, {columns, glyphs, localTime}: {readonly columns: number; readonly glyphs: Glyphs; readonly localTime: boolean}): Line | undefined => {
	const {index, nowUs} = sample;
	if (!index || index.lastUs <= index.firstUs) {
		return undefined;
	}

	const from = clockTime(index.firstUs, localTime);
	const to = clockTime(index.lastUs, localTime);
	const width = barWidth(from, to, columns);
	const letters = lettersOf(sample, width);
	const now = placeIn(index, nowUs, width);
	const births = Array.from({length: width}, () => 0);
	for (const [part, count] of index.births.entries()) {
		births[Math.min(width - 1, Math.floor(part / index.births.length * width))]! += count;
	}

	const characters = [...sparkline(births, glyphs)].map((bar, place) => place > now ? glyphs.ahead : bar);
	const parts: Part[] = [];
	for (const [place, {letter}] of letters) {
		characters[place] = letter;
	}

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
