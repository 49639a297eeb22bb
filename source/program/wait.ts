import {type Monitor} from '../engine/monitor.js';

/** Exit code when nothing was captured within --wait. */
const nothingHeardCode = 3;

/** The longest that a timer can wait. */
const longestTimerMs = 2_147_483_647;

export const delay = async (seconds: number): Promise<void> => {
	for (let leftMs = seconds * 1000; leftMs > 0; leftMs -= longestTimerMs) {
		await new Promise(resolve => {
			setTimeout(resolve, Math.min(leftMs, longestTimerMs));
		});
	}
};

/** Sync messages and adverts: what shows that there are load balancers. */
const heardAnything = (monitor: Monitor): boolean => {
	const tally = monitor.status()?.tally;
	return tally !== undefined && tally.messages + tally.adverts > 0;
};

/** Calls back with the exit code and what to say when nothing was heard within that time of a source that has not ended. */
export const watchForSilence = async (monitor: Monitor, seconds: number, onSilence: (code: number, problem: string) => void): Promise<void> => {
	await delay(seconds);
	if (!heardAnything(monitor) && !monitor.hasEnded()) {
		onSilence(nothingHeardCode, `nothing captured within ${seconds} s. Is this host on the load balancers' segment, and sync on?`);
	}
};
