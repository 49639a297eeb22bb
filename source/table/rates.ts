/*
How many sessions were created and ended, per path and (path 0) over all: a ring of 16 counts of one second and one of 64
counts of five seconds, each for new and ended. Seconds are those of the table's clock since its origin. Buckets are cleared
when their path is counted again, so an idle path costs nothing; a reader ignores those that are older than a ring.
*/
import {rateWords} from './memory.js';

const fine = 16;
const coarse = 64;
const coarseSeconds = 5;

/** Word 0: second of the last count plus one, unsigned, 0 for never. Then fine new, fine ended, coarse new, coarse ended. */
const at = {stamp: 0, fine: 1, coarse: 1 + (2 * fine)} as const;

/**
The count of five seconds that a second is in. A product, since code that is compiled while all quotients are whole is no good for those that are not; it is never
less than the quotient, for a fifth as a double is more than a fifth.
*/
const coarseOf = (second: number): number => Math.floor(second * (1 / coarseSeconds));

/** The second of the last count, -1 for none. */
const lastOf = (rates: Int32Array, base: number): number => (rates[base + at.stamp]! >>> 0) - 1;

const clear = (rates: Int32Array, base: number, second: number) => {
	const last = lastOf(rates, base);
	const from = base + at.fine;
	for (let bucket = Math.max(last + 1, second - fine + 1); bucket <= second; bucket += 1) {
		rates[from + (bucket & (fine - 1))] = 0;
		rates[from + fine + (bucket & (fine - 1))] = 0;
	}

	const coarseSecond = coarseOf(second);
	const coarseFrom = base + at.coarse;
	for (let bucket = Math.max(last < 0 ? 0 : coarseOf(last) + 1, coarseSecond - coarse + 1); bucket <= coarseSecond; bucket += 1) {
		rates[coarseFrom + (bucket & (coarse - 1))] = 0;
		rates[coarseFrom + coarse + (bucket & (coarse - 1))] = 0;
	}

	rates[base + at.stamp] = second + 1;
};

/** Counts one session created (`kind` 0) or ended (`kind` 1). */
export const countRate = (rates: Int32Array, path: number, kind: 0 | 1, second: number) => {
	const base = path * rateWords;
	if (lastOf(rates, base) !== second) {
		clear(rates, base, second);
	}

	rates[base + at.fine + (kind * fine) + (second & (fine - 1))]! += 1;
	rates[base + at.coarse + (kind * coarse) + (coarseOf(second) & (coarse - 1))]! += 1;
};

/** Forgets a path's counts, for its id to be given to another. */
export const forgetRates = (rates: Int32Array, path: number) => {
	rates.fill(0, path * rateWords, (path + 1) * rateWords);
};

/** Sessions per second over the last 10 seconds, minute and five minutes. */
export type Rates = {readonly tenSeconds: number; readonly minute: number; readonly fiveMinutes: number};

/** Adds up counts of one path: `into` is counts over 10 s, 1 min, 5 min. */
const addCounts = (rates: Int32Array, path: number, kind: 0 | 1, second: number, into: Float64Array) => {
	const base = path * rateWords;
	const last = lastOf(rates, base);
	if (last < 0) {
		return;
	}

	const fineFrom = base + at.fine + (kind * fine);
	for (let bucket = Math.max(second - 9, last - fine + 1, 0); bucket <= Math.min(second, last); bucket += 1) {
		into[0]! += rates[fineFrom + (bucket & (fine - 1))]!;
	}

	const coarseNow = Math.floor(second / coarseSeconds);
	const coarseLast = Math.floor(last / coarseSeconds);
	const coarseFrom = base + at.coarse + (kind * coarse);
	for (let bucket = Math.max(coarseNow - 59, coarseLast - coarse + 1, 0); bucket <= Math.min(coarseNow, coarseLast); bucket += 1) {
		const count = rates[coarseFrom + (bucket & (coarse - 1))]!;
		into[2]! += count;
		if (bucket > coarseNow - 12) {
			into[1]! += count;
		}
	}
};

/** Rates of several paths together at `nowMs` since the origin, whose start is where counting began. */
export const readRates = (rates: Int32Array, paths: Iterable<number>, kind: 0 | 1, nowMs: number): Rates => {
	const second = Math.floor(nowMs / 1000);
	const counts = new Float64Array(3);
	for (const path of paths) {
		addCounts(rates, path, kind, second, counts);
	}

	// The running second and the running five seconds are not full yet.
	const elapsed = Math.max(1, nowMs / 1000);
	const running = nowMs / 1000;
	const coarseRunning = running - (Math.floor(second / coarseSeconds) * coarseSeconds);
	return {
		tenSeconds: counts[0]! / Math.min(elapsed, 9 + (running - second)),
		minute: counts[1]! / Math.min(elapsed, 55 + coarseRunning),
		fiveMinutes: counts[2]! / Math.min(elapsed, 295 + coarseRunning),
	};
};

/** Counts per five seconds of several paths together, oldest first, the running one last; at most 64. */
export const readTrend = (rates: Int32Array, paths: Iterable<number>, kind: 0 | 1, nowMs: number, length: number): number[] => {
	const now = Math.floor(nowMs / 1000 / coarseSeconds);
	const wanted = Math.min(length, coarse);
	const trend = Array.from({length: wanted}, () => 0);
	for (const path of paths) {
		const base = path * rateWords;
		const last = Math.floor(lastOf(rates, base) / coarseSeconds);
		for (let index = 0; index < wanted; index += 1) {
			const bucket = now - wanted + 1 + index;
			if (bucket >= 0 && bucket <= last && bucket > last - coarse) {
				trend[index]! += rates[base + at.coarse + (kind * coarse) + (bucket & (coarse - 1))]!;
			}
		}
	}

	return trend;
};
