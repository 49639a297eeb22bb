import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import meow, {type AnyFlags} from 'meow';
import {flagName, typedFlags} from '../../source/options/option-flags.js';
import {options} from '../../source/options/option-table.js';
import {type OptionWord} from '../../source/options/option-words.js';

const flags = Object.fromEntries(options.map(({name, argument, repeatable, isOn}) => [flagName(name), {
	type: argument ? 'string' : 'boolean',
	...(repeatable && {isMultiple: true}),
	...(isOn && {default: true}),
}])) as AnyFlags;

/** Of a switch the last word counts. Quotes are taken off a value. */
const plainWord = ({name, value}: OptionWord): string => typeof value === 'string' ? `--${name}="${value}"` : `--${value ? '' : 'no-'}${name}`;

const typedByMeow = (words: readonly OptionWord[]): unknown => {
	const argv = words.filter(({name, value}, index) => typeof value === 'string' || words.findLastIndex(word => word.name === name) === index);
	return meow({importMeta: import.meta, argv: argv.map(word => plainWord(word)), flags, autoHelp: false, autoVersion: false, pkg: {}}).flags;
};

/** A word that is called as another one is with `no-` before it is no switch for that parser. */
const known = options.filter(({name}) => !name.startsWith('no-'));

const word = fc.constantFrom(...known).chain(({name, argument}): fc.Arbitrary<OptionWord> =>
	(argument ? fc.string({unit: fc.constantFrom(...'abz019:.,/'), minLength: 1, maxLength: 12}) : fc.boolean()).map(value => ({name, value})));

/** An option that cannot be repeated stands once: what cuts the words sees to it. */
const onlyOnce = (words: readonly OptionWord[]): OptionWord[] => words.filter(({name, value}, index) =>
	typeof value === 'boolean' || options.find(option => option.name === name)!.repeatable || words.findIndex(one => one.name === name) === index);

test('options get the types that a parser of command lines gives them', () => {
	fc.assert(fc.property(fc.array(word, {maxLength: 12}), words => {
		const once = onlyOnce(words);
		const {noConfig: _, ...ours} = typedFlags(once) as Record<string, unknown>;
		const theirs = typedByMeow(once) as Record<string, unknown>;
		for (const [name, value] of Object.entries(ours)) {
			assert.deepEqual(value, theirs[name] ?? (typeof value === 'boolean' ? false : undefined), name);
		}
	}), {numRuns: 300});
});
