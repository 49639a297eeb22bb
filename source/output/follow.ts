import {type Monitor} from '../engine/monitor.js';
import {type TextOutput} from './text-output.js';

/** How many changes or records are handed over before the reader of the output is waited for. */
export const batch = 2048;

const idleMs = 10;

/** Resolves at the next news of the monitor, or after a moment. */
const idle = async (monitor: Monitor): Promise<void> => new Promise(resolve => {
	const wake = () => {
		clearTimeout(timer);
		unsubscribe();
		resolve();
	};

	const unsubscribe = monitor.subscribe(wake);
	const timer = setTimeout(wake, idleMs);
});

const turn = async (): Promise<void> => new Promise(resolve => {
	setImmediate(resolve);
});

/**
Calls `drain` again and again until the source has ended and nothing is left, or `isDone`. `drain` writes up to `batch`
lines and gives how many it took.
*/
export const follow = async (monitor: Monitor, output: TextOutput, drain: () => number, isDone: () => boolean): Promise<void> => {
	for (;;) {
		// Asked before draining: what was written before the end must not be missed.
		const ended = monitor.hasEnded();
		const taken = drain();
		await output.flush();
		if (output.isClosed() || isDone() || (taken === 0 && ended)) {
			return;
		}

		// An output that is a file never waits: signals, triggers and the monitor's news need a turn of their own.
		await (taken === 0 ? idle(monitor) : turn());
	}
};
