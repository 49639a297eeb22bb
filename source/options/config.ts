import {isIP} from 'node:net';
import {parseDuration} from '../filter/duration.js';
import {type FilterError} from '../filter/expression.js';
import {parseNet} from '../wire/net.js';
import {parseFilter} from '../filter/parser.js';
import {meant} from '../filter/suggest.js';
import {actionIn, actionKinds, actionNames, actionOf, type TriggerAction} from '../output/triggers/actions.js';
import {createTrigger, type Trigger} from '../output/triggers/trigger.js';
import {parseRate} from '../output/token-bucket.js';
import {type KeyPath} from './config-lines.js';
import {filterProblem} from './usage-error.js';

/** Directors that back each other up, though they use several sync ids, or though no advert says so. */
export type DirectorPair = {readonly name: string; readonly directors: readonly string[]; readonly syncids: readonly number[]};

/** An option that may stand in the file as well, under its long name. */
export type Setting = {readonly type: 'string' | 'boolean'; readonly isMultiple: boolean};

/** What a configuration says. */
export type Config = {
	/** Values of options, as they would be typed; by long name. */
	readonly settings: ReadonlyMap<string, string | boolean | readonly string[]>;
	/** Addresses, networks and endpoints by alias; the keys in lower case. */
	readonly aliases: ReadonlyMap<string, readonly string[]>;
	readonly pairs: readonly DirectorPair[];
	/** Saved filters by name. */
	readonly filters: ReadonlyMap<string, string>;
	/** Fields of a session, undefined when nothing is said. */
	readonly columns: readonly string[] | undefined;
	/** Keys by action. */
	readonly keys: ReadonlyMap<string, readonly string[]>;
	readonly triggers: readonly Trigger[];
};

/** What is wrong, and with which key. */
export class ConfigProblem extends Error {
	readonly path: KeyPath;

	constructor(path: KeyPath, message: string) {
		super(message);
		this.path = path;
	}
}

/** What keys of the screen can ask for, and what its columns show. */
export type ScreenWords = {readonly actions: readonly string[]; readonly columns: readonly string[]};

/** What may stand in a configuration, known only to those who use it. */
type Vocabulary = ScreenWords & {readonly settings: ReadonlyMap<string, Setting>};

const bad = (path: KeyPath, message: string): never => {
	throw new ConfigProblem(path, message);
};

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

const tableOf = (value: unknown, path: KeyPath): Readonly<Record<string, unknown>> =>
	isTable(value) ? value : bad(path, `a table is needed: [${path.join('.')}]`);

const textOf = (value: unknown, path: KeyPath): string => typeof value === 'string' ? value : bad(path, 'a text in quotes is needed');

/** One text, or several. */
const textsOf = (value: unknown, path: KeyPath): string[] => Array.isArray(value) ? value.map((one, index) => textOf(one, [...path, index])) : [textOf(value, path)];

const checkKeys = (table: Readonly<Record<string, unknown>>, known: readonly string[], path: KeyPath) => {
	for (const key of Object.keys(table)) {
		if (!known.includes(key)) {
			bad([...path, key], `unknown key${meant(key, known)}`);
		}
	}
};

/** What is wrong with the name of an alias or a saved filter. */
export const nameProblem = (name: string): string | undefined => {
	if (!/^[a-z][\w.\-]{0,63}$/iv.test(name)) {
		return 'a name begins with a letter and goes on with letters, digits, . _ and -';
	}

	const parsed = parseFilter(name);
	return parsed.ok && parsed.expression.kind === 'name' ? undefined : 'this word already means something in filters; take another name';
};

/** What is wrong with one of the things that an alias stands for. */
export const targetProblem = (target: string): string | undefined => {
	const net = parseNet(target);
	return typeof net === 'object' ? undefined : net ?? `${target} is not an address; write 192.0.2.10, 192.0.2.10:443, [2001:db8::10]:443 or 10.0.0.0/8`;
};

export const columnProblem = (name: string, known: readonly string[]): string | undefined => known.includes(name) ? undefined : `unknown column ${name}${meant(name, known)}`;

/** Keys that are no single character, as the help of the screen calls them. */
const keyNames = ['Space', 'Tab', 'S-Tab', 'Enter', 'Esc', 'Backspace', 'Delete', 'Up', 'Down', 'Left', 'Right', 'PgUp', 'PgDn', 'Home', 'End'];

export const keyProblem = (action: string, key: string, actions: readonly string[]): string | undefined => {
	if (!actions.includes(action)) {
		return `unknown action${meant(action, actions)}`;
	}

	if (key === '^C') {
		return '^C always quits';
	}

	return /^(?:\S|\^[A-Z])$/v.test(key) || keyNames.includes(key) ? undefined : `${key} is not a key; write a character, ^X with Ctrl, or ${keyNames.join(' ')}`;
};

const check = (path: KeyPath, problem: string | undefined) => {
	if (problem !== undefined) {
		bad(path, problem);
	}
};

const settingOf = (value: unknown, {type, isMultiple}: Setting, path: KeyPath): string | boolean | readonly string[] => {
	if (type === 'boolean') {
		return typeof value === 'boolean' ? value : bad(path, 'true or false is needed');
	}

	const one = (single: unknown, at: KeyPath): string =>
		typeof single === 'string' || typeof single === 'number' ? String(single) : bad(at, 'a text in quotes or a number is needed');
	if (!isMultiple) {
		return one(value, path);
	}

	return Array.isArray(value) ? value.map((single, index) => one(single, [...path, index])) : [one(value, path)];
};

const aliasesOf = (value: unknown): Map<string, readonly string[]> => {
	const aliases = new Map<string, readonly string[]>();
	for (const [name, targets] of Object.entries(tableOf(value, ['aliases']))) {
		const path = ['aliases', name];
		check(path, nameProblem(name));
		if (aliases.has(name.toLowerCase())) {
			bad(path, 'this name stands here twice; capitals make no difference');
		}

		aliases.set(name.toLowerCase(), textsOf(targets, path));
		for (const target of textsOf(targets, path)) {
			check(path, targetProblem(target));
		}
	}

	return aliases;
};

const addressOf = (text: string, aliases: ReadonlyMap<string, readonly string[]>, path: KeyPath): string => {
	const [address = text, ...more] = aliases.get(text.toLowerCase()) ?? [];
	return isIP(address) > 0 && more.length === 0 ? address : bad(path, `${text} is not an address, nor the alias of one`);
};

/** A list of tables, as `[[name]]` makes it. */
const tablesOf = (value: unknown, name: string): Array<Readonly<Record<string, unknown>>> =>
	Array.isArray(value) ? value.map((one, index) => tableOf(one, [name, index])) : bad([name], `write [[${name}]] above each of them`);

const pairOf = (table: Readonly<Record<string, unknown>>, index: number, aliases: ReadonlyMap<string, readonly string[]>): DirectorPair => {
	const path = ['pairs', index];
	checkKeys(table, ['name', 'directors', 'syncids'], path);
	const directors = textsOf(table['directors'] ?? bad(path, 'directors = ["…", "…"] is missing'), [...path, 'directors'])
		.map(text => text.split('+').map(part => addressOf(part, aliases, [...path, 'directors'])).join('+'));
	const {syncids = [], name = `pair ${index + 1}`} = table;
	if (directors.length < 2) {
		bad([...path, 'directors'], 'two or more are needed');
	}

	const addresses = directors.flatMap(director => director.split('+'));
	const twice = addresses.find((address, at) => addresses.indexOf(address) < at);
	if (twice !== undefined) {
		bad([...path, 'directors'], `${twice} stands here twice`);
	}

	const ids = Array.isArray(syncids) ? syncids as unknown[] : bad([...path, 'syncids'], 'a list of numbers is needed');
	return {
		name: textOf(name, [...path, 'name']),
		directors,
		syncids: ids.map(id => Number.isInteger(id) && (id as number) >= 0 && (id as number) <= 255 ? id as number : bad([...path, 'syncids'], `${String(id)} is not a sync id, 0 to 255`)),
	};
};

/** Milliseconds; a text says what is wrong. */
export const timeoutOf = (text: string): number | string => {
	const ms = parseDuration(text);
	return ms === undefined || ms < 1 || ms > 86_400_000 ? `${text} is not a time limit; write seconds, or 500ms, 30s, 5m` : ms;
};

const actionsOf = (table: Readonly<Record<string, unknown>>, path: KeyPath): TriggerAction[] => {
	const actions = actionNames.filter(name => table[name] !== undefined).flatMap(name => {
		const key = [...path, name];
		const {isCommand} = actionKinds[name];
		const written = isCommand && Array.isArray(table[name])
			? [actionOf(name, textsOf(table[name], key))]
			: (isCommand ? [textOf(table[name], key)] : textsOf(table[name], key)).map(text => actionIn(name, text));
		return written.map(action => typeof action === 'string' ? bad(key, action) : action);
	});
	return actions.length > 0 ? actions : bad(path, `an action is missing: ${actionNames.map(name => `${name} = "…"`).join(' or ')}`);
};

/** Replaces each `@name` by the saved filter of that name. A text without any is returned as it is. */
export const withSaved = (text: string, filters: ReadonlyMap<string, string>): string | FilterError => {
	let error: FilterError | undefined;
	const replaced = text.replaceAll(/(?<=^|[\s\(!])@(?<name>[\w.\-]+)/gv, (whole, name: string, at: number) => {
		const saved = filters.get(name);
		if (saved === undefined) {
			error ??= {ok: false, message: `no saved filter is called ${name}${filters.size > 0 ? meant(name, [...filters.keys()]) : ''}`, column: at, length: whole.length};
		}

		return `(${saved})`;
	});
	return error ?? replaced;
};

const triggerOf = (table: Readonly<Record<string, unknown>>, index: number, filters: ReadonlyMap<string, string>): Trigger => {
	const path = ['triggers', index];
	checkKeys(table, ['name', 'on', ...actionNames, 'rate', 'timeout'], path);
	const on = textOf(table['on'] ?? bad(path, 'on = "…" is missing, the events that set it off'), [...path, 'on']);
	const {name = `trigger ${index + 1}`, rate, timeout} = table;
	const rateText = rate === undefined ? undefined : textOf(rate, [...path, 'rate']);
	if (rateText !== undefined && parseRate(rateText) === undefined) {
		bad([...path, 'rate'], `${rateText} is not a rate; write 10/m, 1/s or 100/h`);
	}

	const timeoutMs = timeout === undefined ? undefined : timeoutOf(typeof timeout === 'number' ? `${timeout}` : textOf(timeout, [...path, 'timeout']));
	const written = withSaved(on, filters);
	const trigger = typeof written === 'string'
		? createTrigger({
			name: textOf(name, [...path, 'name']), on: written, actions: actionsOf(table, path),
			...(rateText !== undefined && {rate: rateText}),
			...(timeoutMs !== undefined && {timeoutMs: typeof timeoutMs === 'string' ? bad([...path, 'timeout'], timeoutMs) : timeoutMs}),
		})
		: written;
	return 'ok' in trigger ? bad([...path, 'on'], filterProblem('this filter', on, trigger)) : trigger;
};

/** Checks a parsed file. Throws a `ConfigProblem`. */
export const readConfig = (file: Readonly<Record<string, unknown>>, {settings, actions, columns: knownColumns}: Vocabulary): Config => {
	checkKeys(file, [...settings.keys(), 'aliases', 'filters', 'columns', 'keys', 'pairs', 'triggers'], []);
	const {aliases: givenAliases = {}, filters: givenFilters = {}, columns, keys: givenKeys = {}, pairs: givenPairs = [], triggers: givenTriggers = []} = file;
	const aliases = aliasesOf(givenAliases);

	const filters = new Map<string, string>();
	for (const [name, text] of Object.entries(tableOf(givenFilters, ['filters']))) {
		const path = ['filters', name];
		check(path, /^[\w.\-]+$/v.test(name) ? undefined : 'a name has letters, digits, . _ and -');
		const filter = textOf(text, path);
		const parsed = parseFilter(filter);
		check(path, parsed.ok ? undefined : filterProblem('this filter', filter, parsed));
		filters.set(name, filter);
	}

	const keys = new Map<string, readonly string[]>();
	const taken = new Map<string, string>();
	for (const [action, given] of Object.entries(tableOf(givenKeys, ['keys']))) {
		const path = ['keys', action];
		const some = textsOf(given, path);
		for (const key of some) {
			check(path, keyProblem(action, key, actions));
			check(path, taken.has(key) ? `${key} is the key of ${taken.get(key)} already` : undefined);
			taken.set(key, action);
		}

		keys.set(action, some);
	}

	if (columns !== undefined) {
		for (const [index, name] of textsOf(columns, ['columns']).entries()) {
			check(['columns', index], columnProblem(name, knownColumns));
		}
	}

	const triggers = tablesOf(givenTriggers, 'triggers').map((table, index) => triggerOf(table, index, filters));
	const twice = triggers.findIndex(({name}, index) => triggers.findIndex(one => one.name === name) < index);
	if (twice !== -1) {
		bad(['triggers', twice, 'name'], `another trigger is called ${triggers[twice]!.name}`);
	}

	return {
		settings: new Map([...settings].filter(([name]) => file[name] !== undefined).map(([name, setting]) => [name, settingOf(file[name], setting, [name])])),
		aliases,
		pairs: tablesOf(givenPairs, 'pairs').map((table, index) => pairOf(table, index, aliases)),
		filters,
		columns: columns === undefined ? undefined : textsOf(columns, ['columns']),
		keys,
		triggers,
	};
};

export const emptyConfig: Config = {
	settings: new Map(), aliases: new Map(), pairs: [], filters: new Map(), columns: undefined, keys: new Map(), triggers: [],
};
