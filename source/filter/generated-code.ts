import {entryDirector, entryExpiresMs, entryField, entryFirstMs, entryLastMs, entryTimeout, pathMask} from '../table/entry.js';
import {pathAt, pathWords, type TableArrays} from '../table/memory.js';
import {type PathInfo, type PathReader} from '../table/path-info.js';
import {type Predicate} from '../table/read/predicates.js';
import {type Part} from './code-part.js';

/*
A filter becomes one function, made from text. Functions nested in functions do as well until a few filters have been used:
then the engine no longer knows what is called and inlines nothing, and three tests over 1 M sessions take 25 to 40 ms, against
17 for a function of its own (instructions in an array: 35). Nothing but numbers and names made here stands in the text.
*/

/** Answers by path, made when first asked for and again when the id means another path. */
type PathAnswers = {
	/** The generation that was tested, times two, plus the answer; 0 before the first test. */
	known: Int32Array;
	ask(id: number): boolean;
};

const createPathAnswers = (paths: Int32Array, reader: PathReader, test: (path: PathInfo) => boolean): PathAnswers => {
	const answers: PathAnswers = {
		known: new Int32Array(1024),
		ask(id) {
			if (id >= answers.known.length) {
				const wider = new Int32Array(Math.max(id + 1, answers.known.length * 2));
				wider.set(answers.known);
				answers.known = wider;
			}

			const info = reader.path(id);
			const answer = info !== undefined && test(info);
			answers.known[id] = (paths[(id * pathWords) + pathAt.generation]! << 1) | (answer ? 1 : 0);
			return answer;
		},
	};
	return answers;
};

type ProgramGround = {
	readonly arrays: Pick<TableArrays, 'paths'>;
	readonly paths: PathReader;
	/** Milliseconds since the table's origin. */
	readonly clock: {nowMs: number};
};

const wordText = ({word, shift, mask, low, high}: Extract<Part, {on: 'word'}>): string => {
	const value = `(words[at + ${word}]${shift === 0 ? '' : ` >>> ${shift}`} & ${mask})`;
	if (low === high) {
		return `${value} === ${low}`;
	}

	if (low > 0 && high < mask) {
		return `(${value} - ${low} >>> 0) <= ${high - low}`;
	}

	return low > 0 ? `${value} >= ${low}` : (high < mask ? `${value} <= ${high}` : 'true');
};

/** How many comparisons a part makes, all of them without a call. */
const comparisonsIn = (part: Part): number => {
	switch (part.on) {
		case 'word':
		case 'rank':
		case 'path':
		case 'lastPath': {
			return 1;
		}

		case 'not': {
			return comparisonsIn(part.part);
		}

		case 'every':
		case 'any': {
			return part.parts.reduce((sum, one) => sum + comparisonsIn(one), 0);
		}

		default: {
			return Infinity;
		}
	}
};

/** More than these are not worth making every time. */
const fewComparisons = 8;

/**
Joins a few comparisons without a branch, which a processor guesses wrong half of the time when half of the entries match:
`!est 0.0.0.0/1` over 1 M sessions takes 10.3 instead of 14 ms. (A branch that goes to the same side for nearly all, as that of a path which was asked for before, costs nothing.)
*/
const joined = (part: Extract<Part, {on: 'every' | 'any'}>, texts: readonly string[]): string => {
	const isFew = comparisonsIn(part) <= fewComparisons;
	const operator = part.on === 'every' ? (isFew ? ' & ' : ' && ') : (isFew ? ' | ' : ' || ');
	const text = texts.map(one => `(${one})`).join(operator);
	return isFew && texts.length > 1 ? `(${text}) !== 0` : text;
};

/** By the numbers of `since`. */
const moments = ['expiresMs(words, at) - clock.nowMs', 'clock.nowMs - firstMs(words, at)', 'clock.nowMs - lastMs(words, at)', 'timeout(words, at) * 1000'] as const;

const timeText = ({from, interval: {low, below}}: Extract<Part, {on: 'time'}>): string => {
	const read = moments[from]!;
	return [
		...(low === -Infinity ? [] : [`${read} >= ${low}`]),
		...(below === Infinity ? [] : [`${read} < ${below}`]),
	].join(' && ') || 'true';
};

/** Makes the test of an entry from a compiled filter. */
export const createProgram = (root: Part, {arrays, paths, clock}: ProgramGround): Predicate => {
	const tests: Predicate[] = [];
	const tables: Uint8Array[] = [];
	const bitmaps: PathAnswers[] = [];
	const wanted: Array<{readonly bits: Int32Array}> = [];

	const pathText = (word: number, test: (path: PathInfo) => boolean): string => {
		const answers = `path${bitmaps.push(createPathAnswers(arrays.paths, paths, test)) - 1}`;
		return `(answer = ${answers}.known[id = words[at + ${word}] & ${pathMask}]) >> 1 === paths[id * ${pathWords} + ${pathAt.generation}] && answer !== 0`
			+ ` ? (answer & 1) !== 0 : ${answers}.ask(id)`;
	};

	const write = (part: Part): string => {
		switch (part.on) {
			case 'every': {
				return joined(part, part.parts.map(one => write(one))) || 'true';
			}

			case 'any': {
				return joined(part, part.parts.map(one => write(one))) || 'false';
			}

			case 'not': {
				return `!(${write(part.part)})`;
			}

			case 'word': {
				return wordText(part);
			}

			case 'rank': {
				return `table${tables.push(part.answers) - 1}[words[at + ${entryField.rank.word}] & ${entryField.rank.mask}] !== 0`;
			}

			case 'path': {
				return pathText(entryField.path.word, part.test);
			}

			case 'lastPath': {
				return pathText(entryField.lastPath.word, part.test);
			}

			case 'wanted': {
				return `(words[at + ${part.word}] >>> ${part.shift} & wanted${wanted.push(part.wanted) - 1}.bits[director(words, at)]) !== 0`;
			}

			case 'time': {
				return timeText(part);
			}

			case 'entry': {
				return `test${tests.push(part.test) - 1}(words, at)`;
			}
		}
	};

	const text = write(root);
	const given = {
		clock, expiresMs: entryExpiresMs, firstMs: entryFirstMs, lastMs: entryLastMs, timeout: entryTimeout, director: entryDirector, paths: arrays.paths,
		...Object.fromEntries(tests.map((test, index) => [`test${index}`, test])),
		...Object.fromEntries(bitmaps.map((answers, index) => [`path${index}`, answers])),
		...Object.fromEntries(wanted.map((bits, index) => [`wanted${index}`, bits])),
		...Object.fromEntries(tables.map((table, index) => [`table${index}`, table])),
	};
	// eslint-disable-next-line no-new-func -- measured above
	const make = new Function(...Object.keys(given), `'use strict'; return (words, at) => { let id = 0, answer = 0; return ${text}; };`) as (...values: unknown[]) => Predicate;
	return Object.assign(make(...Object.values(given)), {source: {text, given}});
};
