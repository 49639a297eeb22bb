import {accounts, fates} from '../events/session-fields.js';
import {eventKinds} from '../events/catalogue.js';
import {bareWords} from '../filter/expression.js';
import {fieldNames, fieldOf, type FieldName} from '../filter/fields.js';
import {knownForwards, knownProtocols, knownStates} from '../filter/vocabulary.js';
import {type Sample} from '../sample/sample.js';
import {clientAddress, realAddress, virtualAddress} from '../text/connection-text.js';
import {formatAddress} from '../wire/address.js';
import {editedLine, type EditedLine} from './line-editor.js';

/** What a value of a field may be, as far as it is known: words of the field, or what is on the screen and in the table. */
const valuesOf = (field: FieldName, {services, rows, status}: Sample): readonly string[] => {
	const addresses: Readonly<Partial<Record<FieldName, () => readonly string[]>>> = {
		state: () => knownStates, proto: () => knownProtocols, forward: () => knownForwards, fate: () => fates, account: () => accounts, event: () => eventKinds.map(({name}) => name),
		virtual: () => services.map(({service: {vaddr, family}}) => formatAddress(vaddr, 0, family)),
		real: () => services.flatMap(({service: {family}, reals}) => reals.map(({daddr}) => formatAddress(daddr, 0, family))),
		client: () => rows.map(row => clientAddress(row)), source: () => rows.map(row => clientAddress(row)),
		addr: () => rows.flatMap(row => [clientAddress(row), virtualAddress(row), realAddress(row)]),
		director: () => (status?.directors ?? []).map(({address}) => address),
		segment: () => status?.segments ?? [],
	};
	return addresses[field]?.() ?? [];
};

const commonStart = (words: readonly string[]): string => words.reduce((start, word) => {
	let length = 0;
	while (length < start.length && start[length] === word[length]) {
		length++;
	}

	return start.slice(0, length);
});

export type Completion = {readonly line: EditedLine; /** All that it may become, when that is not one. */ readonly choices: readonly string[]};

/** Completes the word before the cursor as far as it is certain: a field, a state, an address, a saved filter. `names`: aliases, and `@` with saved filters. Undefined: there is nothing that begins so. */
export const complete = ({text, cursor}: EditedLine, sample: Sample, names: readonly string[]): Completion | undefined => {
	const before = text.slice(0, cursor);
	const {field = '', part = ''} = /(?:(?<field>[A-Za-z]+)(?:!?[=~]|[<>]=?)(?:[^\s,]*,)*)?(?<part>[^\s,\(!]*)$/v.exec(before)?.groups ?? {};
	const name = fieldOf(field);
	const known = name ? [...valuesOf(name, sample), ...names.filter(one => !one.startsWith('@'))] : [...fieldNames.map(one => `${one}=`), ...bareWords, ...names];
	const choices = [...new Set(known)].filter(one => one.toLowerCase().startsWith(part.toLowerCase())).toSorted();
	if (choices.length === 0 || (part === '' && name === undefined)) {
		return undefined;
	}

	const start = commonStart(choices);
	const end = choices.length === 1 && !start.endsWith('=') ? ' ' : '';
	const completed = `${before.slice(0, before.length - part.length)}${start.length >= part.length ? start : part}${end}`;
	return {line: {...editedLine(completed + text.slice(cursor)), cursor: completed.length}, choices: choices.length === 1 ? [] : choices};
};
