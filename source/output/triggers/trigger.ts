import {type FilterError} from '../../filter/expression.js';
import {parseRate, type Rate} from '../token-bucket.js';
import {type TriggerAction} from './actions.js';
import {parseCondition, type TriggerCondition} from './condition.js';

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
const defaultTimeoutMs = 30_000;

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
