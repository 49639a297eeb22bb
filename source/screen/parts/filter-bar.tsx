import {type FilterError} from '../../filter/expression.js';
import {grouped} from '../../text/format.js';
import {fit, line, type Line, type Part} from '../../text/line.js';
import {type Frame} from '../frame.js';
import {type EditedLine} from '../line-editor.js';
import {Lines} from '../theme.js';
import {type Prompt} from '../ui-state.js';

const labels = {filter: '/ ', find: '\\ ', note: 'note: ', time: 'go to: '} as const;

/** What the heading of a column is, where it is not the key itself. */
const sortTitles: Readonly<Partial<Record<Frame['ui']['sort'], string>>> = {expires: 'EXPIRE', idle: 'AGO', director: 'FROM'};

const sortWords = ({sort, reverse}: Frame['ui']): string => sort === 'open'
	? `danger ${reverse ? 'last' : 'first'}`
	: `sort ${sortTitles[sort] ?? sort.toUpperCase()}${reverse ? 'v' : '^'}`;

/** `n of m`, always. */
const countWords = ({sample, ui: {marked}, isFollowing}: Frame): string => [
	...(marked.size > 0 ? [`#${marked.size} marked`] : []),
	...(isFollowing ? [sample.followed >= 0 ? 'following' : 'followed row is gone'] : []),
	`${sample.isFiltering ? 'looking: ' : ''}${grouped(sample.matched)} of ${grouped(sample.total)}`,
].join('  ');

/** A text window of `width` with the cursor in it. */
const windowOf = ({text, cursor}: EditedLine, width: number): {readonly shown: string; readonly at: number; readonly from: number} => {
	const from = Math.max(0, cursor - width + 1);
	return {shown: text.slice(from, from + width), at: cursor - from, from};
};

/** What is typed, with its cursor; the columns of an error are marked and the message says what is wrong. */
/** Whether an error is in the word that is still being typed: then it is too early to speak of it. */
export const isUnfinished = ({text, cursor}: EditedLine, {column, length}: FilterError): boolean => cursor === text.length && column + length >= text.length;

export const promptLine = ({kind, line: typed}: Pick<Prompt, 'kind' | 'line'>, right: string, error: FilterError | undefined, columns: number): Line => {
	const label = labels[kind];
	const room = Math.max(8, columns - label.length - right.length - 2);
	const {shown, at, from} = windowOf(typed, room);
	const text = `${label}${shown.padEnd(room)} ${right}`;
	const start = label.length;
	const parts: Part[] = [];
	if (typed.isSelected) {
		return line(fit(text, columns), 'plain', [{at: start, length: Math.min(room, shown.length + 1), tone: 'selected'}]);
	}

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
const rightWords = (frame: Frame, lists: 'sessions' | 'events'): string => {
	const {sample: {filterScope}, ui: {filter}} = frame;
	if (filter !== '' && !filterScope[lists]) {
		return lists === 'events' ? 'of sessions alone: not applied to events' : 'of events: not applied to sessions: key 6';
	}

	return lists === 'events' ? 'newest first' : `${countWords(frame)}  ${sortWords(frame.ui)}`;
};

/** What is not obvious of a filter, by its words. */
const meanings: ReadonlyArray<readonly [term: RegExp, words: string]> = [
	[/^fate=reset$/v, 'TCP that the serving master does not know'],
	[/^fate=risk$/v, 'lost, or anew, if the master died now'],
	[/^fate=kept$/v, 'known to the backup'],
	[/^fate=unknown$/v, 'cannot be told'],
	[/^account=waiting$/v, 'open at the takeover, silent since'],
	[/^account=heard$/v, 'announced again since the takeover'],
	[/^account=overdue$/v, 'silent for too long by their rhythm'],
	[/^account=ranout$/v, 'ran out while open, since the takeover'],
	[/^template$/v, 'persistence templates, no connections'],
	[/^(?:source|src)=/v, 'source: who connects'],
	[/^(?:dir|director)=/v, 'heard from that director last'],
	[/^sent=/v, 'sent while that director listened'],
	[/^(?:\d{1,3}\.){1,3}$/v, 'addresses that begin so'],
];

/** In words, where there is one term whose name does not say what it lets through. */
const filterMeaning = (filter: string): string => {
	const found = filter.split(/[\s\(\)]+/v).flatMap(term => meanings.find(([pattern]) => pattern.test(term.toLowerCase()))?.[1] ?? []);
	return found.length === 1 ? `: ${found[0]!}` : '';
};

/** Filter, n of m, order. While a filter does not hold, the column stands before what is wrong with it. */
const filterBar = (frame: Frame, lists: 'sessions' | 'events'): Line => {
	const {columns, ui: {filter, isInverted, prompt}} = frame;
	const right = rightWords(frame, lists);
	if (prompt?.kind === 'filter') {
		const error = prompt.error && (prompt.isSubmitted || !isUnfinished(prompt.line, prompt.error)) ? prompt.error : undefined;
		return promptLine(prompt, error ? fit(`column ${error.column + 1}: ${error.message}  ${countWords(frame)}`, Math.floor(columns * 0.6)) : (lists === 'events' ? '' : countWords(frame)), error, columns);
	}

	const left = filter === '' ? '/ no filter' : `/ ${isInverted ? 'NOT ' : ''}${filter}`;
	const room = columns - right.length - 1;
	const meaning = filter === '' || isInverted || !frame.sample.filterScope[lists] ? '' : filterMeaning(filter);
	const shown = fit(left.length + meaning.length > room ? left : `${left}${meaning}`, room);
	return line(`${shown.padEnd(room)} ${right}`, filter === '' ? 'dim' : 'plain', filter === '' ? undefined : [{at: 0, length: Math.min(left.length, shown.length), tone: 'word'}]);
};

/** The filter that is in force, or typed. */
export function FilterBar({frame, lists}: {readonly frame: Frame; readonly lists: 'sessions' | 'events'}) {
	return <Lines lines={[filterBar(frame, lists)]}/>;
}
