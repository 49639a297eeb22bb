/*
Several logs at once begin from no checkpoint: each holds what one engine knew, and two of those cannot be made one. They begin with the frames of some
time before the moment that is wanted instead. No session lasts longer than that without being announced again, but those with a timeout of its length.
*/
import {lstatSync} from 'node:fs';
import {secondUs} from '../wire/second.js';
import {indexesOf, segmentFile, type Log} from './folder.js';

/** So much of what was before is read. */
export const recentUs = 30 * 60 * secondUs;
/** Shorter spans for where much is heard. */
const spansUs = [30, 20, 10, 5, 2, 1].map(minutes => minutes * 60 * secondUs);
/** Of all logs together: a second or two to read. */
const mostOctets = 128 * 1024 * 1024;

/** A log, and what to add to its times to get this host's; microseconds. */
export type DatedLog = {readonly log: Log; readonly differenceUs: number};

/** About how many octets of frames there are between two moments of this host. */
const octetsBetween = ({log, differenceUs}: DatedLog, fromUs: number, toUs: number): number => {
	const indexes = indexesOf(log);
	let endUs = -Infinity;
	let octets = 0;
	for (const number of log.numbers) {
		const index = indexes.get(number);
		// The one that is written has no index yet, or one of some seconds ago.
		const size = lstatSync(segmentFile(log.folder, number, 'pcapng'), {throwIfNoEntry: false})?.size ?? 0;
		const offsetUs = differenceUs + (index?.wallOffsetUs ?? 0);
		const firstUs = index ? index.firstUs + offsetUs : Math.max(endUs, fromUs);
		endUs = index ? Math.max(firstUs, index.lastUs + offsetUs) : toUs;
		const sharedUs = Math.min(endUs, toUs) - Math.max(firstUs, fromUs);
		octets += sharedUs <= 0 ? 0 : size * Math.min(1, sharedUs / Math.max(1, endUs - firstUs));
	}

	return octets;
};

/** Where to begin for a picture of that moment. */
export const recentStart = (logs: readonly DatedLog[], momentUs: number): number => {
	const span = spansUs.find(one => logs.reduce((sum, log) => sum + octetsBetween(log, momentUs - one, momentUs), 0) <= mostOctets);
	return momentUs - (span ?? spansUs.at(-1)!);
};

/** The newest moment of logs that nobody writes, by this host's clock; undefined when there is none. */
export const newestMoment = (logs: readonly DatedLog[]): number | undefined => {
	const times = logs.flatMap(({log, differenceUs}) => [...indexesOf(log).values()].map(({lastUs, wallOffsetUs}) => lastUs + wallOffsetUs + differenceUs));
	return times.length === 0 ? undefined : times.reduce((one, other) => Math.max(one, other));
};

/** A clock that differs by less is right. */
const leastDifferenceUs = 5 * secondUs;

/** A clock's difference in words, '' where there is none. */
export const differenceText = (differenceUs: number): string => {
	const seconds = Math.round(Math.abs(differenceUs) / secondUs);
	const span = seconds < 120 ? `${seconds} s` : (seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`);
	return Math.abs(differenceUs) < leastDifferenceUs ? '' : `its clock is ${span} ${differenceUs > 0 ? 'behind' : 'ahead'}: its times are shown by this host's`;
};
