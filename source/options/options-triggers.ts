import {isIP} from 'node:net';
import {parseFilter} from '../filter/parser.js';
import {actionIn, actionKinds, actionNames, type ActionName, type TriggerAction} from '../output/triggers/actions.js';
import {createTrigger, defaultRate, type Trigger} from '../output/triggers/trigger.js';
import {parseRate} from '../output/token-bucket.js';
import {type OptionWord} from './option-words.js';
import {columnProblem, keyProblem, nameProblem, targetProblem, timeoutOf, withSaved, type Config, type DirectorPair} from './config.js';
import {filterProblem, UsageError} from './usage-error.js';

type Word = {readonly name: 'on' | ActionName; readonly value: string};

/** `--on` and the actions, in the order in which they stand. */
const isTriggerWord = (word: OptionWord): word is Word => word.name === 'on' || Object.hasOwn(actionKinds, word.name);

type TriggerOptions = {readonly rate: string | undefined; readonly timeout: string | undefined; readonly saved: ReadonlyMap<string, string>; readonly taken: readonly string[]};

/** The triggers of a command line: each action belongs to the nearest `--on` before it. Throws a `UsageError`. */
export const triggersOf = (words: readonly OptionWord[], {rate = defaultRate, timeout, saved, taken}: TriggerOptions): Trigger[] => {
	if (!parseRate(rate)) {
		throw new UsageError(`--on-rate ${rate}: write 10/m, 1/s or 100/h`);
	}

	const timeoutMs = timeout === undefined ? undefined : timeoutOf(timeout);
	if (typeof timeoutMs === 'string') {
		throw new UsageError(`--on-timeout ${timeoutMs}`);
	}

	const found: Array<{on: string; actions: TriggerAction[]}> = [];
	for (const word of words.filter(one => isTriggerWord(one))) {
		if (word.name === 'on') {
			found.push({on: word.value, actions: []});
			continue;
		}

		const trigger = found.at(-1);
		if (!trigger) {
			throw new UsageError(`--${word.name} ${word.value}: an --on before it must say when`);
		}

		const action = actionIn(word.name, word.value);
		if (typeof action === 'string') {
			throw new UsageError(`--${word.name} ${word.value}: ${action}`);
		}

		trigger.actions.push(action);
	}

	return found.map(({on, actions}, index) => {
		if (actions.length === 0) {
			throw new UsageError(`--on '${on}': ${actionNames.map(name => `--${name}`).join(' or ').replace('--', 'an --')} after it must say what to do`);
		}

		const written = withSaved(on, saved);
		let number = taken.length + index + 1;
		while (taken.includes(`trigger ${number}`)) {
			number += found.length;
		}

		const trigger = typeof written === 'string' ? createTrigger({name: `trigger ${number}`, on: written, actions, rate, ...(timeoutMs !== undefined && {timeoutMs})}) : written;
		if ('ok' in trigger) {
			throw new UsageError(filterProblem('--on', on, trigger));
		}

		return trigger;
	});
};

const refuse = (option: string, text: string, problem: string | undefined) => {
	if (problem !== undefined) {
		throw new UsageError(`--${option} ${text}: ${problem}`);
	}
};

/** `NAME=REST`. */
const namedOf = (option: string, text: string, example: string): [name: string, rest: string] => {
	const at = text.indexOf('=');
	refuse(option, text, at > 0 && at < text.length - 1 ? undefined : `write ${example}`);
	return [text.slice(0, at), text.slice(at + 1)];
};

export const aliasesOf = (texts: readonly string[]): Array<[string, readonly string[]]> => texts.map(text => {
	const [name, rest] = namedOf('alias', text, 'NAME=ADDRESS[,ADDRESS]');
	const targets = rest.split(',');
	refuse('alias', text, nameProblem(name));
	for (const target of targets) {
		refuse('alias', text, targetProblem(target));
	}

	return [name.toLowerCase(), targets];
});

/** `ADDRESS,ADDRESS[,SYNCID]`, in any order; addresses of one director are joined by `+`. */
export const pairsOf = (texts: readonly string[], aliases: Config['aliases'], count: number): DirectorPair[] => texts.map((text, index) => {
	const [, name, list] = /^(?:([^=]+)=)?(.*)$/sv.exec(text)!;
	const words = list!.split(',').map(word => word.split('+').map(part => aliases.get(part.toLowerCase())?.[0] ?? part).join('+'));
	const directors = words.filter(word => word.split('+').every(part => isIP(part) > 0));
	const addresses = directors.flatMap(word => word.split('+'));
	const twice = addresses.find((address, at) => addresses.indexOf(address) < at);
	refuse('pair', text, twice === undefined ? undefined : `${twice} stands there twice`);
	const syncids = words.filter(word => /^\d{1,3}$/v.test(word) && Number(word) <= 255).map(Number);
	refuse('pair', text, directors.length >= 2 && directors.length + syncids.length === words.length
		? undefined
		: 'write two or more addresses of directors, and sync ids if you like, as in 10.255.0.2,10.255.0.3,51; several of one director with +, as in 10.255.0.2+10.254.0.2,10.255.0.3');
	return {name: name ?? `pair ${count + index + 1}`, directors, syncids};
});

export const savedOf = (texts: readonly string[]): Array<[string, string]> => texts.map(text => {
	const [name, filter] = namedOf('saved', text, 'NAME=FILTER');
	refuse('saved', text, /^[\w.\-]+$/v.test(name) ? undefined : 'a name has letters, digits, . _ and -');
	const parsed = parseFilter(filter);
	if (!parsed.ok) {
		throw new UsageError(filterProblem('--saved', filter, parsed));
	}

	return [name, filter];
});

export const columnsOf = (text: string, known: readonly string[]): readonly string[] => text.split(',').map(name => {
	refuse('columns', text, columnProblem(name, known));
	return name;
});

/** `ACTION=KEY`, several for one action if it stands there again. */
export const keysOf = (texts: readonly string[], actions: readonly string[]): Map<string, readonly string[]> => {
	const keys = new Map<string, readonly string[]>();
	for (const text of texts) {
		const [action, key] = namedOf('key', text, 'ACTION=KEY');
		refuse('key', text, keyProblem(action, key, actions));
		keys.set(action, [...keys.get(action) ?? [], key]);
	}

	return keys;
};
