import {readTold, type AnyTold} from '../../events/told.js';

/** How one run ended. */
export type RunResult = {readonly outcome: 'ok' | 'failed' | 'timeout' | 'killed'; readonly detail: string};

/** An event on its way to an action. */
export type TriggerEvent = {
	readonly timeUs: number;
	readonly event: string;
	/** One line of JSON, as `--events --json` prints it. */
	readonly json: string;
	readonly fields: AnyTold;
};

/** The event of a line of `--events --json`, which is '' for what is no event. */
export const triggerEventOf = (json: string, timeUs: number): TriggerEvent | undefined => {
	if (json === '') {
		return undefined;
	}

	const fields = readTold(json);
	return {timeUs, event: fields.event, json, fields};
};

/** Runs an action once. Never rejects; the signal ends it at once. */
export type Runner = (event: TriggerEvent, signal: AbortSignal) => Promise<RunResult>;
