/** How one run ended. */
export type RunResult = {readonly outcome: 'ok' | 'failed' | 'timeout' | 'killed'; readonly detail: string};

/** An event on its way to an action. */
export type TriggerEvent = {
	readonly timeUs: number;
	readonly event: string;
	/** One line of JSON, as `--events --json` prints it. */
	readonly json: string;
	readonly fields: Readonly<Record<string, unknown>>;
};

/** Runs an action once. Never rejects; the signal ends it at once. */
export type Runner = (event: TriggerEvent, signal: AbortSignal) => Promise<RunResult>;
