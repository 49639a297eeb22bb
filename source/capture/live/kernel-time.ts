import {secondUs} from '../../wire/second.js';

/** Maps the kernel's timestamps, which are of the wall clock, onto a timeline that never steps. */
export type KernelTime = {
	/** Compares both clocks; call it before the packets of one turn are read. */
	beginTurn(nowUs: number, wallUs: number): void;
	/** Time on the timeline of a packet that was read in this turn. */
	toTimeline(seconds: number, microseconds: number): number;
};

/** `Date.now` counts whole milliseconds, so one look at it is up to this much too early. */
const wallResolutionUs = 1000;
/** A difference beyond that is a step of the wall clock; below, it is its resolution or slewing by NTP. */
const slackUs = 1100;
/** Packets were received since the turn before, or lay in the ring for its timeout and some scheduling. */
const ringDelayUs = 250_000;

export const createKernelTime = (): KernelTime => {
	// The wall clock minus the timeline, the largest look being nearest to the truth.
	let leadUs = -Infinity;
	let earliestUs = -Infinity;
	let latestUs = 0;

	return {
		beginTurn(nowUs, wallUs) {
			const seenUs = wallUs - nowUs;
			if (seenUs > leadUs || leadUs - seenUs > slackUs) {
				leadUs = seenUs;
			}

			earliestUs = latestUs === 0 ? nowUs - ringDelayUs : latestUs - ringDelayUs;
			latestUs = nowUs;
		},
		toTimeline(seconds, microseconds) {
			const timeUs = Math.round((seconds * secondUs) + microseconds - leadUs);
			// A packet that was stamped before the wall clock stepped would seem to come from another time. One that
			// arrives while the turn goes on is later than its beginning, but not by a second.
			return Math.min(Math.max(timeUs, earliestUs), latestUs + secondUs + wallResolutionUs);
		},
	};
};
