import {setTimeout as pause} from 'node:timers/promises';
import {type Runner, type RunResult} from './run.js';

/** Milliseconds before the second, third and fourth attempt. */
const backoffMs = [1000, 4000, 16_000] as const;

/** What may be better in a moment: asked to wait, overloaded, broken. */
const isPassing = (status: number): boolean => status === 408 || status === 425 || status === 429 || status >= 500;

type WebhookOptions = {
	readonly url: string;
	/** Of each attempt. */
	readonly timeoutMs: number;
	/** Waits; ends early, by rejecting, on the signal. */
	readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
};

type Attempt = RunResult & {readonly isFinal: boolean};

/** Why a request failed, which the error's cause knows better than the error. */
const problemOf = (error: unknown): string => {
	const {cause} = error as {cause?: {code?: string; message?: string}};
	return cause?.code ?? cause?.message ?? (error as Error).message;
};

const post = async (url: string, body: string, timeoutMs: number, signal: AbortSignal): Promise<Attempt> => {
	const timeout = AbortSignal.timeout(timeoutMs);
	try {
		const response = await fetch(url, {
			method: 'POST',
			headers: {'content-type': 'application/json', 'user-agent': 'ipvstop'},
			body,
			// The next address may be anyone's.
			redirect: 'manual',
			signal: AbortSignal.any([signal, timeout]),
		});
		await response.body?.cancel();
		const isOk = response.status >= 200 && response.status < 300;
		return {outcome: isOk ? 'ok' : 'failed', detail: isOk ? '' : `HTTP ${response.status}`, isFinal: !isPassing(response.status)};
	} catch (error) {
		return signal.aborted
			? {outcome: 'killed', detail: '', isFinal: true}
			: (timeout.aborted ? {outcome: 'timeout', detail: `after ${timeoutMs / 1000} s`, isFinal: false} : {outcome: 'failed', detail: problemOf(error), isFinal: false});
	}
};

const sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
	await pause(ms, undefined, {signal});
};

/** Posts an event as JSON, again after a while when it failed in a way that may pass. */
export const createWebhook = ({url, timeoutMs, wait = sleep}: WebhookOptions): Runner => async ({json}, signal) => {
	for (let attempt = 0; ; attempt++) {
		const {isFinal, ...result} = await post(url, json, timeoutMs, signal);
		const ms = backoffMs[attempt];
		if (isFinal || ms === undefined) {
			return attempt > 0 && result.outcome !== 'ok' ? {...result, detail: `${result.detail}, ${attempt + 1} attempts`} : result;
		}

		try {
			await wait(ms, signal);
		} catch {
			return {outcome: 'killed', detail: ''};
		}
	}
};
