import {entryDirector, entryField, entryPath} from '../table/entry.js';
import {pathAt, pathWords, serviceAt, serviceWords} from '../table/memory.js';
import {textTest, whoTest} from './compare.js';
import {type Test} from './expression.js';
import {type Ground} from './row-sources.js';
import {onEntry, type Part} from './code-part.js';

/* Segments and directors are numbers in an entry. Their names come to light while a filter is in use, and never change. */

/** Answers by number that are looked up once they are known. */
const namedPart = (numberOf: (words: Int32Array, at: number) => number, namesOf: (index: number) => readonly string[] | undefined, passes: (names: readonly string[]) => boolean): Part => {
	const answers: Array<boolean | undefined> = [];
	const ask = (index: number): boolean => {
		const names = namesOf(index);
		return names !== undefined && (answers[index] = passes(names));
	};

	return onEntry((words, at) => {
		const index = numberOf(words, at);
		return answers[index] ?? ask(index);
	});
};

export const segmentPart = ({operator, values}: Test, {arrays: {paths, services}, names}: Ground): Part => {
	const matches = textTest(operator, values);
	return namedPart(
		(words, at) => services[(paths[(entryPath(words, at) * pathWords) + pathAt.service]! * serviceWords) + serviceAt.segment]!,
		index => {
			const name = names.segment(index);
			return name === undefined ? undefined : [name];
		},
		([name]) => matches(name!),
	);
};

/** The director that announced it last. */
export const directorPart = ({operator, values}: Test, {names}: Ground): Part =>
	namedPart(entryDirector, index => names.director(index), whoTest(operator, values, names));

/** Halves of the word of masks: the bits of directors that announced it, and of those it was sent to. */
export const maskShift = {announced: 0, sent: 16} as const;

/** Any of the directors whose bits are set in a mask. */
export const directorsPart = ({operator, values}: Test, {names, refresh}: Ground, shift: number): Part => {
	const passes = whoTest(operator, values, names);
	const wanted = {bits: 0};
	refresh.push(() => {
		wanted.bits = 0;
		for (let bit = 0; bit < 16; bit++) {
			const who = names.directorOfBit(bit);
			wanted.bits |= who && passes(who) ? 1 << bit : 0;
		}
	});
	return {on: 'wanted', word: entryField.masks.word, shift, wanted};
};
