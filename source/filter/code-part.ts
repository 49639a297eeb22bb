import {entryField, entryFlag, type EntryField} from '../table/entry.js';
import {type PathInfo} from '../table/path-info.js';
import {type Predicate} from '../table/read/predicates.js';

/** Whole numbers from `low` up to, but not, `below`. */
export type Interval = {readonly low: number; readonly below: number};

/** Moments of an entry that are counted from now: what remains, how old it is, how long it has been silent; and what it was granted. */
export const since = {expires: 0, age: 1, idle: 2, timeout: 3} as const;

/**
A piece of a compiled filter. What depends on the path alone stays apart for as long as possible, so that a whole subtree of
it is evaluated once for each path and not for each entry. The other kinds are what the program can test without a call.
*/
export type Part =
	| {readonly on: 'path'; readonly test: (path: PathInfo) => boolean}
	/** The path that was announced last, which a backup may have ignored. */
	| {readonly on: 'lastPath'; readonly test: (path: PathInfo) => boolean}
	/** Some bits of a word, shifted down, lie between two numbers (both included, as signed integers). */
	| {readonly on: 'word'; readonly word: number; readonly shift: number; readonly mask: number; readonly low: number; readonly high: number}
	/** The rank, the low byte of word 4, has an answer that is not 0. */
	| {readonly on: 'rank'; readonly answers: Uint8Array}
	/** Any of bits that are wanted of the entry's director, which may change between runs. */
	| {readonly on: 'wanted'; readonly word: number; readonly shift: number; readonly wanted: {readonly bits: Int32Array}}
	| {readonly on: 'time'; readonly from: number; readonly interval: Interval}
	/** `slow`: makes text of each entry that it sees. */
	| {readonly on: 'entry'; readonly test: Predicate; readonly slow: boolean}
	| {readonly on: 'every' | 'any'; readonly parts: readonly Part[]}
	| {readonly on: 'not'; readonly part: Part};

export const onPath = (test: (path: PathInfo) => boolean): Part => ({on: 'path', test});
export const onEntry = (test: Predicate, slow = false): Part => ({on: 'entry', test, slow});
export const onWord = (word: number, shift: number, mask: number, low: number, high = low): Part => ({on: 'word', word, shift, mask, low, high});
export const onRank = (answers: Uint8Array): Part => ({on: 'rank', answers});
export const never: Part = {on: 'any', parts: []};

/** Any of these bits of a word that holds no more than 31. */
export const onBits = (word: number, bits: number): Part => onWord(word, 0, bits, 1, 0x7f_ff_ff_ff);
/** A field of an entry within any of the intervals. */
export const onField = ({word, shift, mask}: EntryField, intervals: readonly Interval[]): Part =>
	any(intervals.map(({low, below}) => onWord(word, shift, mask, Math.min(low, 0x7f_ff_ff_ff), Math.min(below - 1, 0x7f_ff_ff_ff))));
export const onTime = (from: number, intervals: readonly Interval[]): Part => any(intervals.map(interval => ({on: 'time', from, interval})));
export const template: Part = onBits(entryField.flags.word, entryFlag.template);
/** A change of any of these kinds, by their numbers. */
export const onChange = (...kinds: readonly number[]): Part => onField(entryField.changeKind, kinds.map(kind => ({low: kind, below: kind + 1})));

export const isSlow = (part: Part): boolean => {
	switch (part.on) {
		case 'entry': {
			return part.slow;
		}

		case 'every':
		case 'any': {
			return part.parts.some(one => isSlow(one));
		}

		case 'not': {
			return isSlow(part.part);
		}

		default: {
			return false;
		}
	}
};

/** From what is told by a word to what needs a call, or even text. */
const costOf = (part: Part): number => isSlow(part) ? 3 : (part.on === 'entry' ? 2 : (part.on === 'path' || part.on === 'lastPath' ? 1 : 0));

const combine = (on: 'every' | 'any', parts: readonly Part[], ofPaths: (tests: ReadonlyArray<(path: PathInfo) => boolean>) => (path: PathInfo) => boolean): Part => {
	const tests = parts.filter(part => part.on === 'path').map(({test}) => test);
	const others = parts.filter(part => part.on !== 'path');
	const all = tests.length > 0 ? [...others, onPath(tests.length === 1 ? tests[0]! : ofPaths(tests))] : others;
	return all.length === 1 ? all[0]! : {on, parts: all.toSorted((a, b) => costOf(a) - costOf(b))};
};

export const every = (parts: readonly Part[]): Part => combine('every', parts, tests => path => tests.every(test => test(path)));
export const any = (parts: readonly Part[]): Part => combine('any', parts, tests => path => tests.some(test => test(path)));
export const opposite = (part: Part): Part => part.on === 'path' ? onPath(path => !part.test(path)) : {on: 'not', part};

/** The bit of the rank that says closing is not set. */
export const open: Part = onField(entryField.openness, [{low: 0, below: 1}]);
