import {optionTable} from './option-table.js';
import {cutWords} from './option-words.js';
import {UsageError} from './usage-error.js';

/** Shells that there is a completion for. */
export type Shell = (typeof optionTable.completion.completes)[number];

/** What is printed, or put beside the program, and nothing else is done. */
export type Print = {readonly kind: 'help' | 'version' | 'schema'} | {readonly kind: 'completion'; readonly shell: Shell} | {readonly kind: 'extras'; readonly prefix: string};

const shellOf = (text: string): Shell => {
	const shells = optionTable.completion.completes;
	const shell = shells.find(one => one === text);
	if (!shell) {
		throw new UsageError(`--completion ${text}: not a shell that is known here; write one of ${shells.join(' ')}`);
	}

	return shell;
};

/**
What a command line wants printed, undefined when it wants something done. Needs neither the configuration nor the values of
other options. Throws a `UsageError`.
*/
export const printOf = (argv: readonly string[]): Print | undefined => {
	const words = cutWords(argv).options;
	const isOn = (name: string): boolean => words.findLast(word => word.name === name)?.value === true;
	const kind = ([['help', 'help'], ['version', 'version'], ['json-schema', 'schema']] as const).find(([name]) => isOn(name))?.[1];
	if (kind) {
		return {kind};
	}

	const valueOf = (name: string): string | undefined => {
		const value = words.find(word => word.name === name)?.value;
		return typeof value === 'string' ? value : undefined;
	};

	const [shell, prefix] = [valueOf('completion'), valueOf('install-extras')];
	if (shell !== undefined) {
		return {kind: 'completion', shell: shellOf(shell)};
	}

	return prefix === undefined ? undefined : {kind: 'extras', prefix};
};
