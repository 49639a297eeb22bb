import {uptime} from 'node:os';
import {type CaptureClock} from '../capture/clock.js';
import {secondUs} from '../wire/second.js';

/** Microseconds that never go back; only differences mean anything. */
type MonotonicClock = () => number;

/**
The timeline of a live capture: wall clock time at the start plus what the monotonic clock counted since, so that a
step of the wall clock changes no expiry. Linux does not count suspended time on that clock; `noticeSuspend` adds it.
*/
export type Timeline = Pick<CaptureClock, 'nowUs' | 'wallUs'> & {
	/** Compares with a clock that counts suspended time. Gives the microseconds that were just found missing, or 0. */
	noticeSuspend(): number;
	/** What to add to a time of this timeline to get the wall clock's, in microseconds. */
	wallOffset(): number;
};

type TimelineClocks = {
	readonly monotonicUs: MonotonicClock;
	/** Counts suspended time too (CLOCK_BOOTTIME). */
	readonly bootUs: MonotonicClock;
	readonly wallUs: () => number;
};

/** Less than this is the coarseness of the two clocks, not a suspended machine. */
const leastSuspendUs = 2 * secondUs;

/** `leastUs`: it does not begin before, though the wall clock may have been set back since. */
export const createTimeline = ({monotonicUs, bootUs, wallUs}: TimelineClocks, leastUs = 0): Timeline => {
	const anchorUs = Math.max(wallUs(), leastUs) - monotonicUs();
	let asleepUs = 0;
	let bootLeadUs = bootUs() - monotonicUs();

	const nowUs = () => Math.floor(anchorUs + asleepUs + monotonicUs());

	return {
		nowUs,
		wallUs,
		noticeSuspend() {
			const leadUs = bootUs() - monotonicUs();
			const missingUs = leadUs - bootLeadUs;
			if (missingUs < leastSuspendUs) {
				return 0;
			}

			bootLeadUs = leadUs;
			asleepUs += missingUs;
			return missingUs;
		},
		wallOffset: () => Math.round(wallUs() - nowUs()),
	};
};

/** Less than this is how exactly the two clocks can be read, not a step of one of them. */
const leastStepUs = 20_000;

/** An offset between two clocks without the noise of reading them: it changes only when one of them was set. */
export const createSteadyOffset = (offset: () => number): () => number => {
	let steady = 0;
	return () => {
		const now = offset();
		if (Math.abs(now - steady) >= leastStepUs) {
			steady = now;
		}

		return steady;
	};
};

/** The clocks of this machine. `os.uptime` counts suspended time, to the hundredth of a second. */
export const systemClocks: TimelineClocks = {
	monotonicUs: () => performance.now() * 1000,
	bootUs: () => uptime() * secondUs,
	wallUs: () => Date.now() * 1000,
};
