import {type FilterError} from '../../filter/expression.js';
import {parseRate, type Rate} from '../token-bucket.js';
import {parseCondition, type TriggerCondition} from './condition.js';

/** What a trigger starts. Nothing in it is ever expanded or given to a shell. */
export type TriggerAction =
	| {readonly kind: 'exec'; readonly argv: readonly string[]}
	| {readonly kind: 'webhook'; readonly url: string};

export type Trigger = {
	/** Unique. */
	readonly name: string;
	/** As it was written. */
	readonly on: string;
	readonly condition: TriggerCondition;
	readonly actions: readonly TriggerAction[];
	readonly rate: Rate;
	/** Of one run of a command, or one attempt of a webhook. */
	readonly timeoutMs: number;
};

export const defaultRate = '60/m';
export const defaultTimeoutMs = 30_000;

/** Why a webhook cannot be used, undefined when it can. */
export const webhookProblem = (url: string): string | undefined => {
	const parsed = URL.canParse(url) ? new URL(url) : undefined;
	if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
		return 'an http or https URL is needed';
	}

	return parsed.username || parsed.password ? 'a name or password in the URL would be sent in the clear; use a token in the path' : undefined;
};

/** How an action is called in lines and on the screen. The path of a webhook may be its secret, so only its host is said. */
export const actionText = (action: TriggerAction): string => action.kind === 'exec' ? action.argv.join(' ') : `POST ${new URL(action.url).origin}`;

export type TriggerText = {
	readonly name: string;
	readonly on: string;
	readonly actions: readonly TriggerAction[];
	readonly rate?: string;
	readonly timeoutMs?: number;
};

/** Makes a trigger of what was written; the error is one of its `on`. The rate must be a good one. */
export const createTrigger = ({name, on, actions, rate = defaultRate, timeoutMs = defaultTimeoutMs}: TriggerText): Trigger | FilterError => {
	const condition = parseCondition(on);
	return 'ok' in condition ? condition : {name, on, condition, actions, rate: parseRate(rate)!, timeoutMs};
};
