import {type Setting} from './config.js';
import {options, type OptionName, type optionTable} from './option-table.js';
import {type OptionWord} from './option-words.js';

/** `write-size` is `writeSize`. */
type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Name;

type ValueOf<Entry> = Entry extends {argument: string; repeatable: true} ? string[]
	: Entry extends {argument: string} ? string | undefined
		: boolean;

/** The options of the table by the names that the code gives them, with their types. */
export type GivenFlags = {-readonly [Name in OptionName as Camel<Name>]: ValueOf<(typeof optionTable)[Name]>};

type FlagName = keyof GivenFlags;

export const flagName = (name: OptionName): FlagName => name.replaceAll(/-[a-z]/gv, letter => letter[1]!.toUpperCase()) as FlagName;

/** The options that may stand in the configuration file, by long name. */
export const settings: ReadonlyMap<OptionName, Setting> = new Map(options.filter(({inFile}) => inFile)
	.map(({name, argument, repeatable}) => [name, {type: argument ? 'string' : 'boolean', isMultiple: repeatable ?? false}]));

/**
Gives each option of a command line its type; of a switch the last word counts. A parser of command lines that does this, too (meow),
takes 29 ms of every start; that it says the same is tested.
*/
export const typedFlags = (words: readonly OptionWord[]): GivenFlags => Object.fromEntries(options.map(({name, argument, repeatable, isOn}) => {
	const values = words.filter(word => word.name === name).map(({value}) => value);
	return [flagName(name), argument ? (repeatable ? values : values.at(-1)) : values.at(-1) ?? isOn ?? false];
})) as GivenFlags;
