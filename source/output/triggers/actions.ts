import {commandWords} from '../../text/command-words.js';
import {type Runner} from './run.js';

/*
What a trigger can start, by the name of its option and of its key in the configuration file. To add one: an entry here, its
runner beside it, its option in the table of options.
*/
type ActionKind = {
	/** Its words are a command: cut out of a text by quotes; a list in the file is one command instead of several actions. */
	readonly isCommand: boolean;
	/** Why these words are none, undefined when they are one. */
	problem(words: readonly string[]): string | undefined;
	/** How it is called in lines and on the screen. */
	text(words: readonly string[]): string;
	run(words: readonly string[], given: ActionGround): Runner;
};

type ActionGround = {
	/** Of one run, or one attempt. */
	readonly timeoutMs: number;
	/** Words before each command. */
	readonly through: readonly string[];
};

/** Why a webhook cannot be used, undefined when it can. */
export const webhookProblem = (url: string): string | undefined => {
	const parsed = URL.canParse(url) ? new URL(url) : undefined;
	if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
		return 'an http or https URL is needed';
	}

	return parsed.username || parsed.password ? 'a name or password in the URL would be sent in the clear; use a token in the path' : undefined;
};

/** Not waited for as yet: its failure ends nothing, and whoever runs hears of it. */
const unawaited = <T extends Promise<unknown>>(loaded: T): T => {
	loaded.catch(() => undefined);
	return loaded;
};

/**
What runs them is loaded where there is a trigger for it, and not when that fires: there may be no descriptor left by then, and a module
that failed to load fails for ever. Nothing in the words is ever expanded or given to a shell.
*/
export const actionKinds = {
	exec: {
		isCommand: true,
		problem: ([program]) => program ? undefined : 'there is no program in it',
		text: words => words.join(' '),
		run(words, {timeoutMs, through}) {
			const loaded = unawaited(import('./exec.js'));
			return async (event, signal) => {
				const {createExec} = await loaded;
				return createExec({argv: [...through, ...words], timeoutMs})(event, signal);
			};
		},
	},
	webhook: {
		isCommand: false,
		problem: ([url = '']) => webhookProblem(url),
		// The path may be its secret, so only the host is said.
		text: ([url]) => `POST ${new URL(url!).origin}`,
		run([url], {timeoutMs}) {
			const loaded = unawaited(import('./webhook.js'));
			return async (event, signal) => {
				const {createWebhook} = await loaded;
				return createWebhook({url: url!, timeoutMs})(event, signal);
			};
		},
	},
} as const satisfies Readonly<Record<string, ActionKind>>;

export type ActionName = keyof typeof actionKinds;
export const actionNames = Object.keys(actionKinds) as readonly ActionName[];

export type TriggerAction = {readonly kind: ActionName; readonly words: readonly string[]};

const kindOf = (name: ActionName): ActionKind => actionKinds[name];

export const isCommand = ({kind}: TriggerAction): boolean => kindOf(kind).isCommand;
export const actionText = ({kind, words}: TriggerAction): string => kindOf(kind).text(words);
export const runnerOf = ({kind, words}: TriggerAction, ground: ActionGround): Runner => kindOf(kind).run(words, ground);

/** An action of these words; a text says what is wrong. */
export const actionOf = (kind: ActionName, words: readonly string[]): TriggerAction | string => kindOf(kind).problem(words) ?? {kind, words};

/** An action as a text has it; a text says what is wrong. */
export const actionIn = (kind: ActionName, text: string): TriggerAction | string => {
	const words = kindOf(kind).isCommand ? commandWords(text) : [text];
	return words === undefined ? 'a quote is not closed' : actionOf(kind, words);
};
