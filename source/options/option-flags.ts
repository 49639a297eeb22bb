import meow, {type AnyFlags, type TypedFlags} from 'meow';
import {type Setting} from './config.js';
import {options, type OptionName, type optionTable} from './option-table.js';
import {type OptionWord} from './option-words.js';

/** `write-size` is `writeSize`. */
type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Name;

type FlagOf<Entry> = Entry extends {argument: string; repeatable: true} ? {type: 'string'; isMultiple: true}
	: Entry extends {argument: string} ? {type: 'string'}
		: Entry extends {isOn: true} ? {type: 'boolean'; default: true}
			: {type: 'boolean'};

type Flags = {readonly [Name in OptionName as Camel<Name>]: FlagOf<(typeof optionTable)[Name]>};

export type FlagName = keyof Flags;

/** The options of the table by the names that the parser gives them, with their types. */
export type GivenFlags = TypedFlags<Flags>;

export const flagName = (name: OptionName): FlagName => name.replaceAll(/-[a-z]/gv, letter => letter[1]!.toUpperCase()) as FlagName;

const flags = Object.fromEntries(options.map(({name, argument, repeatable, isOn}) => [flagName(name), {
	type: argument ? 'string' : 'boolean',
	...(repeatable && {isMultiple: true}),
	...(isOn && {default: true}),
}])) as AnyFlags as Flags;

/** The options that may stand in the configuration file, by long name. */
export const settings: ReadonlyMap<OptionName, Setting> = new Map(options.filter(({inFile}) => inFile)
	.map(({name, argument, repeatable}) => [name, {type: argument ? 'string' : 'boolean', isMultiple: repeatable ?? false}]));

/** Of a switch the last word counts. The parser takes quotes off a value; those that are typed are meant. */
const plainWord = ({name, value}: OptionWord): string => typeof value === 'string' ? `--${name}="${value}"` : `--${value ? '' : 'no-'}${name}`;

/** Gives each option of a command line its type. */
export const typedFlags = (words: readonly OptionWord[]): GivenFlags => {
	const argv = words.filter(({name, value}, index) => name !== 'no-config' && (typeof value === 'string' || words.findLastIndex(word => word.name === name) === index));
	return meow({importMeta: import.meta, argv: argv.map(word => plainWord(word)), flags, autoHelp: false, autoVersion: false, pkg: {}}).flags;
};
