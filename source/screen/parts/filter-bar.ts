import {type FilterError} from '../../filter/expression.js';
import {type Sample} from '../../sample/sample.js';
import {type SortKey} from '../../table/read/sort-key.js';
import {grouped} from '../../text/format.js';
import {fit, line, type Line, type Part} from '../../text/line.js';

export type BarPrompt = {readonly label: string; readonly text: string; readonly cursor: number};

export type FilterBarInput = {
	readonly sample: Sample;
	readonly columns: number;
	/** In force. */
	readonly filter: string;
	readonly isInverted: boolean;
	readonly sort: SortKey;
	readonly reverse: boolean;
	readonly cursor: number;
	readonly marked: number;
	/** Being typed. */
	readonly prompt: BarPrompt | undefined;
	/** What is wrong with what is being typed; the last filter that was right stays in force. */
	readonly error: FilterError | undefined;
	readonly isFollowing: boolean;
	/** What the view lists. */
	readonly lists?: 'sessions' | 'events';
};

const sortWords = ({sort, reverse}: FilterBarInput): string => `sort ${sort === 'open' ? 'OPEN,EXP' : (sort === 'expires' ? 'EXP' : (sort === 'idle' ? 'LAST' : (sort === 'director' ? 'BY' : sort.toUpperCase())))}${reverse ? 'v' : '^'}`;

/** `n of m`, always. */
const countWords = ({sample, marked, isFollowing}: FilterBarInput): string => [
	...(marked > 0 ? [`#${marked} marked`] : []),
	...(isFollowing ? [sample.followed >= 0 ? 'following' : 'followed row is gone'] : []),
	`${sample.isFiltering ? 'looking: ' : ''}${grouped(sample.matched)} of ${grouped(sample.total)}`,
].join('  ');

/** A text window of `width` with the cursor in it. */
const windowOf = ({text, cursor}: BarPrompt, width: number): {readonly shown: string; readonly at: number; readonly from: number} => {
	const from = Math.max(0, cursor - width + 1);
	return {shown: text.slice(from, from + width), at: cursor - from, from};
};

/** What is typed, with its cursor; the columns of an error are marked and the message says what is wrong. */
export const promptLine = (prompt: BarPrompt, right: string, error: FilterError | undefined, columns: number): Line => {
	const room = Math.max(8, columns - prompt.label.length - right.length - 2);
	const {shown, at, from} = windowOf(prompt, room);
	const text = `${prompt.label}${shown.padEnd(room)} ${right}`;
	const start = prompt.label.length;
	const parts: Part[] = [];
	if (error) {
		const errorFrom = Math.max(0, Math.min(error.column - from, room - 1));
		const errorTo = Math.max(errorFrom + 1, Math.min(error.column - from + error.length, room));
		for (let place = errorFrom; place < errorTo; place++) {
			parts.push({at: start + place, length: 1, tone: place === at ? 'selected' : 'alarm'});
		}
	}

	if (!parts.some(part => part.at === start + at)) {
		parts.push({at: start + at, length: 1, tone: 'selected'});
	}

	return line(fit(text, columns), 'plain', parts.toSorted((one, other) => one.at - other.at));
};

/** Beside the filter: n of m and the order of the sessions; where the filter speaks of something else, that it does not apply here. */
const rightWords = (input: FilterBarInput): string => {
	const {sample: {filterScope}, filter, lists = 'sessions'} = input;
	if (filter !== '' && !filterScope[lists]) {
		return lists === 'events' ? 'of sessions alone: not applied to events' : 'of events: not applied to sessions [6]';
	}

	return lists === 'events' ? 'newest first' : `${countWords(input)}  ${sortWords(input)}`;
};

/** Filter, n of m, order. While a filter does not hold, `?` and the column stand before what is wrong with it. */
export const filterBar = (input: FilterBarInput): Line => {
	const {columns, filter, isInverted, prompt, error} = input;
	const right = rightWords(input);
	if (prompt) {
		return promptLine(prompt, error ? fit(`?${error.column + 1} ${error.message}  ${countWords(input)}`, Math.floor(columns * 0.6)) : (input.lists === 'events' ? '' : countWords(input)), error, columns);
	}

	const left = filter === '' ? '/ no filter' : `/ ${isInverted ? 'NOT ' : ''}${filter}`;
	const room = columns - right.length - 1;
	const shown = fit(left, room);
	return line(`${shown.padEnd(room)} ${right}`, filter === '' ? 'dim' : 'plain', filter === '' ? undefined : [{at: 0, length: shown.length, tone: 'word'}]);
};
