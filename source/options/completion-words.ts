import {bareWords} from '../filter/expression.js';
import {fieldNames, fields, type FieldType} from '../filter/fields.js';
import {isWord} from '../filter/lexer.js';
import {eventNames} from '../events/catalogue.js';
import {accounts, fates} from '../events/session-fields.js';
import {knownFlags, knownForwards, knownProtocols, knownStates} from '../filter/vocabulary.js';
import {recordFieldNames} from '../output/records.js';
import {sortKeys} from '../table/read/sort-key.js';

/** What scripts offer besides options. */
export type CompletionWords = {
	/** Words to choose from, by what completes a value; lists of them are written with commas. */
	readonly choices: Readonly<Record<'sort-key' | 'record-fields' | 'columns' | 'action', readonly string[]>>;
	/** Fields by all their names, and tests by themselves. */
	readonly fields: readonly string[];
	readonly tests: readonly string[];
	/** What can stand behind `NAME=`, for the names of fields that have a vocabulary. */
	readonly values: ReadonlyArray<{readonly names: readonly string[]; readonly words: readonly string[]}>;
};

const vocabularies: Partial<Readonly<Record<FieldType, readonly string[]>>> = {
	proto: knownProtocols, state: knownStates, was: knownStates, forward: knownForwards, flag: knownFlags, truth: ['yes', 'no'], event: eventNames, fate: fates, account: accounts,
};

/** A letter alone completes nothing. */
const namesOf = (name: (typeof fieldNames)[number]): string[] => [name, ...(fields[name].aliases ?? [])].filter(({length}) => length > 1);

export const loadWords = async (): Promise<CompletionWords> => {
	const [{actions}, {sessionColumns}] = await Promise.all([import('../screen/keymap.js'), import('../screen/views/sessions/columns.js')]);
	const typeNames = Object.entries(vocabularies).map(([type, words]) => ({names: fieldNames.filter(name => fields[name].type === type).flatMap(name => namesOf(name)), words}));
	return {
		choices: {'sort-key': sortKeys, 'record-fields': recordFieldNames, columns: sessionColumns.map(({id}) => id), action: actions},
		fields: fieldNames.flatMap(name => namesOf(name)),
		tests: bareWords,
		values: typeNames.map(({names, words}) => ({names, words: words.filter(word => isWord(word))})),
	};
};

/** A text that bash, zsh and fish read as it is; each doubles the quote in its own way. */
export const shellText = (text: string, quote: string): string => `'${text.split('\'').join(quote)}'`;
