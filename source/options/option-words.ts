import {nearest} from '../filter/suggest.js';
import {options, type Option, type OptionName} from './option-table.js';
import {UsageError} from './usage-error.js';

/** An option as it stands on the command line. */
export type OptionWord = {
	readonly name: OptionName;
	/** Of a switch whether it is switched on. */
	readonly value: string | boolean;
};

/** The command line, cut into options in their order and the words of the filter. */
type CommandWords = {readonly options: readonly OptionWord[]; readonly filter: readonly string[]};

const byTyped = new Map<string, Option>(options.map(option => [option.typed, option]));
const byLetter = new Map<string, Option>(options.flatMap(option => option.letter ? [[option.letter, option]] : []));
const switches = new Map<string, Option>(options.filter(({argument}) => !argument).map(option => [option.name, option]));

const unknown = (word: string, where = ''): UsageError => {
	const near = word.startsWith('--') ? nearest(word.slice(2), options.map(({typed}) => typed.slice(2))) : undefined;
	return new UsageError(`unknown option ${word}${where}${near ? `; did you mean --${near}?` : '.'} See ipvstop --help`);
};

/** What `--list`, `--no-list` or `--color` says about a switch. */
const switchOf = (typed: string): OptionWord | undefined => {
	const exact = switches.get(typed.slice(2));
	const negated = exact ? undefined : switches.get(typed.replace(/^--no-/v, ''));
	const option = exact ?? negated;
	return option && {name: option.name, value: exact !== undefined};
};

/** A value that stands for itself: text, `-` or a negative number, not another option. */
const isValue = (word: string | undefined): word is string => Boolean(word) && !/^-\D/v.test(word!);

/** `ipvsadm -Lnc` is in the fingers: to list (-L, -l), numbers for names (-n) and connections (-c), which is all that there is here. */
const ipvsadmWord = /^-[Llnc]+$/v;

/**
Cuts a command line as getopt does: a value is the next word, or follows `=` or the letter of its option; after `--` there
are no options. Throws a `UsageError`.
*/
export const cutWords = (argv: readonly string[]): CommandWords => {
	const found: OptionWord[] = [];
	const filter: string[] = [];
	const add = ({name, argument, repeatable}: Option, typed: string, value: string | undefined) => {
		if (!value) {
			throw new UsageError(`${typed} needs a value, ${argument}. See ipvstop --help`);
		}

		if (!repeatable && found.some(word => word.name === name)) {
			throw new UsageError(`--${name}: can be given only once`);
		}

		found.push({name, value});
	};

	const isIpvsadm = argv.some(word => ipvsadmWord.test(word) && /L/iv.test(word));
	let index = 0;
	const next = (): string | undefined => {
		index++;
		return isValue(argv[index]) ? argv[index] : undefined;
	};

	const addLetters = (word: string) => {
		for (let at = 1; at < word.length; at++) {
			const option = byLetter.get(word[at]!);
			if (!option) {
				throw unknown(`-${word[at]}`, word.length > 2 ? ` in ${word}` : '');
			}

			if (option.argument) {
				const attached = word.slice(at + 1).replace(/^=/v, '');
				add(option, `-${option.letter}`, at + 1 < word.length ? attached : next());
				return;
			}

			found.push({name: option.name, value: true});
		}
	};

	for (; index < argv.length; index++) {
		const word = argv[index]!;
		if (word === '--') {
			filter.push(...argv.slice(index + 1));
			break;
		}

		if (!word.startsWith('-') || word === '-') {
			filter.push(word);
			continue;
		}

		if (isIpvsadm && ipvsadmWord.test(word)) {
			found.push({name: 'list', value: true});
			continue;
		}

		if (!word.startsWith('--')) {
			addLetters(word);
			continue;
		}

		const end = word.indexOf('=');
		const typed = end === -1 ? word : word.slice(0, end);
		const option = byTyped.get(typed);
		if (option?.argument) {
			add(option, typed, end === -1 ? next() : word.slice(end + 1));
			continue;
		}

		const switched = switchOf(typed);
		if (!switched) {
			throw unknown(typed);
		}

		if (end !== -1) {
			throw new UsageError(`${typed} takes no value: leave out ${word.slice(end)}`);
		}

		found.push(switched);
	}

	return {options: found, filter};
};
