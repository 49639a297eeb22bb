import {type Sample} from '../../sample/sample.js';
import {clockTime} from '../../text/format.js';
import {sparkline, type Glyphs} from '../../text/glyphs.js';
import {fit, line, type Line, type Part} from '../../text/line.js';

/** Events that have a letter on the time line, the most important ones last: they cover the others. */
const letters: Readonly<Record<string, string>> = {note: 'm', restart: 'r', 'wire-loss': 'w', 'vip-claimed': 'c', 'split-brain': 'S', takeover: 'T'};

/**
A whole capture file as one line: new sessions over time, letters for takeovers (T), split brains (S), restarts (r), losses (w),
claims (c) and notes (m), and `|` in inverse where the picture stands.
*/
export const timeLine = (sample: Sample, {columns, glyphs, localTime}: {readonly columns: number; readonly glyphs: Glyphs; readonly localTime: boolean}): Line | undefined => {
	const {index, nowUs, notes} = sample;
	if (!index || index.lastUs <= index.firstUs) {
		return undefined;
	}

	const from = clockTime(index.firstUs, localTime).slice(0, 8);
	const to = clockTime(index.lastUs, localTime).slice(0, 8);
	const width = columns - from.length - to.length - 4;
	const placeOf = (timeUs: number) => Math.max(0, Math.min(width - 1, Math.floor((timeUs - index.firstUs) / (index.lastUs - index.firstUs) * width)));
	const births = Array.from({length: width}, () => 0);
	for (const [part, count] of index.births.entries()) {
		births[Math.min(width - 1, Math.floor(part / index.births.length * width))]! += count;
	}

	const characters = [...sparkline(births, glyphs)];
	const parts: Part[] = [];
	const events = [...index.events, ...notes.map(({timeUs}) => ({timeUs, event: 'note'}))];
	for (const [event, letter] of Object.entries(letters)) {
		for (const one of events.filter(({event: name}) => name === event)) {
			characters[placeOf(one.timeUs)] = letter;
		}
	}

	const now = placeOf(nowUs);
	const at = from.length + 2;
	for (const [place, character] of characters.entries()) {
		if (place !== now && (character === 'T' || character === 'S')) {
			parts.push({at: at + place, length: 1, tone: 'alarm'});
		}
	}

	if ((characters[now] ?? ' ') === ' ') {
		characters[now] = '|';
	}

	parts.push({at: at + now, length: 1, tone: 'selected'});
	return line(fit(`${from} [${characters.join('')}] ${to}`, columns), 'plain', parts.toSorted((one, other) => one.at - other.at));
};
