/*
The rows of a window in order, without ordering the others. Many entries are narrowed down in two ways: a sample of the keys
gives bounds between which the window must lie, so that one pass leaves a tenth of them; then buckets of keys are told apart
only where the window lies. A million keys take some 3 ms at any offset; a full sort takes 80 to 400.
*/
export type WindowScratch = {
	/** What is to be ordered: slots in ascending order, and the first number of the key of each. */
	slots: Int32Array;
	keys: Float64Array;
	spareSlots: Int32Array;
	spareKeys: Float64Array;
};

export const createWindowScratch = (): WindowScratch => ({
	slots: new Int32Array(0), keys: new Float64Array(0), spareSlots: new Int32Array(0), spareKeys: new Float64Array(0),
});

/** Makes room for `length` entries. */
export const ensureScratch = (scratch: WindowScratch, length: number) => {
	if (scratch.slots.length < length) {
		const size = Math.ceil(length * 1.25);
		scratch.slots = new Int32Array(size);
		scratch.keys = new Float64Array(size);
		scratch.spareSlots = new Int32Array(size);
		scratch.spareKeys = new Float64Array(size);
	}
};

const buckets = 4096;
const histogram = new Int32Array(buckets + 1);
/** At most this many are sorted by comparison. */
const few = 256;
const samples = 2048;
/** Four standard deviations of a rank within the sample. */
const sampleMargin = 96;
/** From this many on a sample pays. */
const many = 16_384;
const sample = new Float64Array(samples);

/** A further number of a slot's key, looked at only among equals: level 1, 2, … */
type LaterKey = (level: number, slot: number) => number;

/**
Ranks `low` to `high` - 1 of the first `matched` slots of `scratch`, ascending by key of `levels` numbers, then by slot. The keys in the
scratch are those of `firstLevel`; those before are the same for all. The scratch is used up.
*/
export const orderWindow = (scratch: WindowScratch, matched: number, low: number, high: number, levels: number, later: LaterKey, firstLevel = 0): Int32Array => {
	const out = new Int32Array(high - low);
	let written = 0;

	const compareSort = (slots: Int32Array, keys: Float64Array, start: number, length: number, level: number, from: number, to: number) => {
		const places = Array.from({length}, (_, place) => start + place);
		places.sort((a, b) => {
			let difference = keys[a]! - keys[b]!;
			for (let next = level + 1; difference === 0 && next < levels; next += 1) {
				difference = later(next, slots[a]!) - later(next, slots[b]!);
			}

			return difference === 0 ? slots[a]! - slots[b]! : difference;
		});
		for (const place of places.slice(from, to)) {
			out[written] = slots[place]!;
			written += 1;
		}
	};

	/** Of `length` entries from `start` on, equal in the levels before, writes those of rank `from` to `to` - 1. */
	const order = (slots: Int32Array, keys: Float64Array, start: number, length: number, level: number, from: number, to: number): void => {
		if (from >= to) {
			return;
		}

		if (length <= few) {
			compareSort(slots, keys, start, length, level, from, to);
			return;
		}

		// What leaves these arrays goes to the other pair, at the same places.
		const [otherSlots, otherKeys] = slots === scratch.slots ? [scratch.spareSlots, scratch.spareKeys] : [scratch.slots, scratch.keys];
		if (length >= many && to - from <= length / 16) {
			const {below, within} = gatherBySample(slots, keys, start, length, from, to, otherSlots, otherKeys);
			if (within < length / 2 && below <= from && to <= below + within) {
				order(otherSlots, otherKeys, start, within, level, from - below, to - below);
				return;
			}
		}

		let least = keys[start]!;
		let most = least;
		for (let place = start + 1; place < start + length; place += 1) {
			const value = keys[place]!;
			least = value < least ? value : least;
			most = value > most ? value : most;
		}

		if (least === most) {
			if (level + 1 < levels) {
				for (let place = start; place < start + length; place += 1) {
					keys[place] = later(level + 1, slots[place]!);
				}

				order(slots, keys, start, length, level + 1, from, to);
				return;
			}

			// They came in the order of slots, and every step keeps it.
			out.set(slots.subarray(start + from, start + to), written);
			written += to - from;
			return;
		}

		const scale = (buckets - 1) / (most - least);
		histogram.fill(0);
		for (let place = start; place < start + length; place += 1) {
			histogram[Math.trunc((keys[place]! - least) * scale)]! += 1;
		}

		let before = 0;
		let firstBucket = 0;
		while (before + histogram[firstBucket]! <= from) {
			before += histogram[firstBucket]!;
			firstBucket += 1;
		}

		let lastBucket = firstBucket;
		for (let through = before + histogram[firstBucket]!; through < to; through += histogram[lastBucket]!) {
			lastBucket += 1;
		}

		const sizes = Array.from(histogram.subarray(firstBucket, lastBucket + 1));
		let into = start;
		for (const [index, size] of sizes.entries()) {
			histogram[firstBucket + index] = into;
			into += size;
		}

		for (let place = start; place < start + length; place += 1) {
			const value = keys[place]!;
			const bucket = Math.trunc((value - least) * scale);
			if (bucket >= firstBucket && bucket <= lastBucket) {
				const target = histogram[bucket]!;
				histogram[bucket] = target + 1;
				otherSlots[target] = slots[place]!;
				otherKeys[target] = value;
			}
		}

		into = start;
		for (const size of sizes) {
			order(otherSlots, otherKeys, into, size, level, Math.max(0, from - before), Math.min(size, to - before));
			before += size;
			into += size;
		}
	};

	order(scratch.slots, scratch.keys, 0, matched, firstLevel, low, high);
	return out;
};

/** Copies what lies between two keys that most likely enclose the ranks `from` to `to`. Gives how many lie below, and within. */
const gatherBySample = (
	slots: Int32Array, keys: Float64Array, start: number, length: number, from: number, to: number, otherSlots: Int32Array, otherKeys: Float64Array,
): {below: number; within: number} => {
	for (let index = 0; index < samples; index += 1) {
		sample[index] = keys[start + Math.floor((index * length) / samples)]!;
	}

	sample.sort();
	const lowSample = Math.floor((from / length) * samples) - sampleMargin;
	const highSample = Math.ceil((to / length) * samples) + sampleMargin;
	const least = lowSample < 0 ? -Infinity : sample[lowSample]!;
	const most = highSample >= samples ? Infinity : sample[highSample]!;
	let below = 0;
	let within = 0;
	for (let place = start; place < start + length; place += 1) {
		const value = keys[place]!;
		// Without a branch, which would be guessed wrong half of the time: 2.8 instead of 6.9 ms for a million.
		otherSlots[start + within] = slots[place]!;
		otherKeys[start + within] = value;
		const isNotBelow = Number(value >= least);
		below += 1 - isNotBelow;
		within += isNotBelow & Number(value <= most);
	}

	return {below, within};
};
