import {CaptureError} from '../source.js';
import {secondUs} from '../../wire/second.js';

/** Where a replay stops (text output) or opens (screen). */
export type Moment =
	| {readonly kind: 'absolute'; readonly timeUs: number}
	/** Seconds after the first packet. */
	| {readonly kind: 'relative'; readonly seconds: number};

const formatTime = (timeUs: number): string => {
	const date = new Date(timeUs / 1000);
	return Number.isNaN(date.getTime()) ? `${timeUs} µs` : date.toISOString();
};

/** The moment in microseconds, given the time of the first packet, if there is any. Throws a `CaptureError` for one that nothing is known of. */
export const timeOfMoment = (moment: Moment, firstUs: number | undefined): number => {
	if (firstUs === undefined) {
		throw new CaptureError('There is no moment to go to: the capture holds no packets. Leave out --at.', 2);
	}

	const timeUs = moment.kind === 'absolute' ? moment.timeUs : firstUs + Math.round(moment.seconds * secondUs);
	if (timeUs < firstUs) {
		throw new CaptureError(`Nothing is known at ${formatTime(timeUs)}: the first packet is of ${formatTime(firstUs)}. Give a later --at, or +SECONDS from the first packet.`, 2);
	}

	return timeUs;
};
