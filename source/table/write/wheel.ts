/*
A timing wheel of 4096 buckets of 256 ms: doubly linked lists through two words of each entry.

An entry stands in the bucket of its expiry or an earlier one, never a later one. So a renewal that postpones the expiry, which
nearly all do, leaves the entry where it stands and touches no neighbour; the sweep moves it on when it comes by.
*/
import {entryNext, entryPrevious, entryShift, setEntryNext, setEntryPrevious} from '../entry.js';

export const tickMs = 256;
const buckets = 4096;
/** Words of `heads`. */
export const wheelHeads = buckets + 1;
/** The list of the bucket being swept. */
const sweeping = buckets;

export type Wheel = {
	/** First slot of each bucket, 0 for none; the last is the list being swept. */
	readonly heads: Int32Array;
	/** Ticks before this one have been swept, or are in the list being swept. */
	nextTick: number;
};

export const createWheel = (): Wheel => ({heads: new Int32Array(wheelHeads), nextTick: 0});

/** A negative previous link names the bucket whose first entry this is. */
export const bucketLink = (bucket: number): number => -1 - bucket;

export const linkEntry = (wheel: Wheel, entries: Int32Array, slot: number, expiresMs: number) => {
	const bucket = Math.floor(expiresMs / tickMs) & (buckets - 1);
	const {heads} = wheel;
	const next = heads[bucket]!;
	const at = slot << entryShift;
	setEntryNext(entries, at, next);
	setEntryPrevious(entries, at, bucketLink(bucket));
	if (next !== 0) {
		setEntryPrevious(entries, next << entryShift, slot);
	}

	heads[bucket] = slot;
};

export const unlinkEntry = (wheel: Wheel, entries: Int32Array, slot: number) => {
	const at = slot << entryShift;
	const next = entryNext(entries, at);
	const previous = entryPrevious(entries, at);
	if (previous < 0) {
		wheel.heads[-1 - previous] = next;
	} else {
		setEntryNext(entries, previous << entryShift, next);
	}

	if (next !== 0) {
		setEntryPrevious(entries, next << entryShift, previous);
	}
};

/** The next slot to look at of the buckets before `nowTick`, 0 when all were seen. The caller unlinks it. */
export const nextSwept = (wheel: Wheel, entries: Int32Array, nowTick: number): number => {
	const {heads} = wheel;
	// After a leap of more than a round every bucket is due once.
	wheel.nextTick = Math.max(wheel.nextTick, nowTick - buckets);
	while (heads[sweeping] === 0) {
		if (wheel.nextTick >= nowTick) {
			return 0;
		}

		takeBucket(wheel, entries, wheel.nextTick);
		wheel.nextTick += 1;
	}

	return heads[sweeping]!;
};

/** Moves the bucket of a tick into the list being swept, which must be empty. */
export const takeBucket = (wheel: Wheel, entries: Int32Array, tick: number) => {
	const {heads} = wheel;
	const bucket = tick & (buckets - 1);
	const first = heads[bucket]!;
	heads[bucket] = 0;
	heads[sweeping] = first;
	if (first !== 0) {
		setEntryPrevious(entries, first << entryShift, bucketLink(sweeping));
	}
};

export const firstSwept = (wheel: Wheel): number => wheel.heads[sweeping]!;
