import {secondUs} from '../wire/second.js';

/** From the times of a log to those of this host, in microseconds. */
export type LogClock = {
	/** What its writer adds to its times to get the wall clock's. */
	beat(wallOffsetUs: number): void;
	/** Of an item of the past. */
	read(timeUs: number): number;
	/** Of an item that was written just now, or somewhat before. */
	arrived(timeUs: number, nowUs: number): number;
};

/** What comes later than that was on its way for long, or its clock is behind. */
const lateUs = 5 * secondUs;
/** If all that comes in such a time is late, it is the clock. */
const windowUs = 60 * secondUs;

/**
`differenceUs`: what to add to the wall clock of the writer to get that of this host, as far as it is known before. A stream that stood still brings
what it missed with its own times; a clock that goes wrong is noticed since everything it stamps comes from the future, or late, for a minute.
*/
export const createLogClock = (differenceUs: number): LogClock => {
	let wallOffsetUs = 0;
	let correctionUs = 0;
	let leastUs = Infinity;
	let windowEndUs = 0;

	return {
		beat(value) {
			wallOffsetUs = value;
		},
		read: timeUs => timeUs + wallOffsetUs + differenceUs + correctionUs,
		arrived(timeUs, nowUs) {
			const ageUs = nowUs - (timeUs + wallOffsetUs + differenceUs + correctionUs);
			if (ageUs < 0) {
				correctionUs += ageUs;
			}

			leastUs = Math.min(leastUs, Math.max(0, ageUs));
			if (nowUs >= windowEndUs) {
				if (leastUs > lateUs && windowEndUs > 0 && Number.isFinite(leastUs)) {
					correctionUs += leastUs;
				}

				leastUs = Infinity;
				windowEndUs = nowUs + windowUs;
			}

			return timeUs + wallOffsetUs + differenceUs + correctionUs;
		},
	};
};
