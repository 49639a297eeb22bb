import {optionTable} from './option-table.js';
import {cutWords} from './option-words.js';
import {UsageError} from './usage-error.js';

/** Shells that there is a completion for. */
export type Shell = (typeof optionTable.completion.completes)[number];

/** What is printed, and nothing else is done. */
export type Print = {readonly kind: 'help' | 'version' | 'schema'} | {readonly kind: 'completion'; readonly shell: Shell};

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
	const shell = words.find(({name}) => name === 'completion')?.value;
	return kind ? {kind} : (typeof shell === 'string' ? {kind: 'completion', shell: shellOf(shell)} : undefined);
};
