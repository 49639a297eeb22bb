import {type Runner, type RunResult, type TriggerEvent} from './run.js';

/** As many runs of one action at a time; more would help no one who is told. */
const mostRunning = 4;
/** As many events may wait for one action. */
const mostWaiting = 256;

export type TriggerQueue = {
	/** False when too many wait already. */
	push(event: TriggerEvent): boolean;
	running(): number;
	waiting(): number;
	/** Resolves when nothing runs and nothing waits. */
	idle(): Promise<void>;
	/** Ends what runs and forgets what waits; gives how many waited. */
	kill(): number;
};

export type TriggerQueueOptions = {
	readonly run: Runner;
	readonly done: (event: TriggerEvent, result: RunResult, seconds: number) => void;
	/** Milliseconds that never go back. */
	readonly clock: () => number;
};

/** The events of one action: a few run, some wait, the rest is refused, so that an action that hangs costs a known amount. */
export const createTriggerQueue = ({run, done, clock}: TriggerQueueOptions): TriggerQueue => {
	const abort = new AbortController();
	const waiting: TriggerEvent[] = [];
	let whenIdle: Array<() => void> = [];
	let running = 0;

	const begin = async (event: TriggerEvent) => {
		running++;
		const startedMs = clock();
		const result = await run(event, abort.signal);
		running--;
		done(event, result, (clock() - startedMs) / 1000);
		next();
	};

	const next = () => {
		while (running < mostRunning && waiting.length > 0) {
			void begin(waiting.shift()!);
		}

		if (running === 0) {
			const tell = whenIdle;
			whenIdle = [];
			for (const resolve of tell) {
				resolve();
			}
		}
	};

	return {
		push(event) {
			if (abort.signal.aborted || waiting.length >= mostWaiting) {
				return false;
			}

			waiting.push(event);
			next();
			return true;
		},
		running: () => running,
		waiting: () => waiting.length,
		idle: async () => new Promise(resolve => {
			whenIdle.push(resolve);
			next();
		}),
		kill() {
			const left = waiting.length;
			waiting.length = 0;
			abort.abort();
			return left;
		},
	};
};
