/*
Open addressing with linear probing over (hash, value) pairs of 32 bits; value 0 is an empty place. The home of a pair goes up with the upper bits
of its hash, so that growing goes through the pairs in order: 1 M of them move in some 10 ms instead of 45. Removal shifts
back, so there are no tombstones. Private to the thread that writes the table.

There are 3 or 4 times a power of two places, so that one step of growth makes half as many more, or a third: with powers of two alone, full to a half,
a session took 16 to 32 octets of the index, now 12 to 18.

All places that can ever be needed are reserved, and none is resident before it is used: so the index grows where it stands.
Each growth into a new array left the former one resident with the C library: 16 octets for each of 1 M sessions.
*/
export type HashIndex = {
	/** Pairs of hash and value: the first `end` words are in use, the others are reserved. */
	readonly pairs: Int32Array;
	end: number;
	/** See `homeOf`; a factor of 3 or 4. */
	factor: number;
	shift: number;
	count: number;
	/** Grows beyond this count: two thirds of the places. */
	limit: number;
};

/** The word where a hash is looked for first, in an index of this factor and shift. */
export const homeOf = (hash: number, factor: number, shift: number): number => (Math.imul(hash >>> 2, factor) >>> shift) << 1;

/** The word of the pair after the one at `at`, in an index that ends at `end`. */
export const afterPair = (at: number, end: number): number => at + 2 === end ? 0 : at + 2;

type Size = Pick<HashIndex, 'end' | 'factor' | 'shift' | 'limit'>;

const sizeOf = (factor: number, shift: number): Size => {
	const places = factor << (30 - shift);
	return {factor, shift, end: 2 * places, limit: Math.floor((places * 2) / 3)};
};

const smallest = sizeOf(4, 22);
const larger = ({factor, shift}: Size): Size => factor === 4 ? sizeOf(3, shift - 1) : sizeOf(4, shift);

/** For at most `maxCount` pairs. */
export const createHashIndex = (maxCount: number): HashIndex => {
	let largest = smallest;
	while (largest.limit < maxCount) {
		largest = larger(largest);
	}

	// Shared only because the garbage collector is not told of its size: 32 MiB never touched would hasten it.
	return {pairs: new Int32Array(new SharedArrayBuffer(4 * largest.end)), ...smallest, count: 0};
};

const place = ({pairs, end, factor, shift}: HashIndex, hash: number, value: number) => {
	let at = homeOf(hash, factor, shift);
	while (pairs[at + 1] !== 0) {
		at = afterPair(at, end);
	}

	pairs[at] = hash;
	pairs[at + 1] = value;
};

/*
More places: the home of a pair is now its former home, or further. From the last pair down, a pair finds its place above
all that have not moved yet. The few that would not (near the start, or past the end) wait until all others have.
*/
const grow = (index: HashIndex) => {
	const {pairs, end: formerEnd} = index;
	Object.assign(index, larger(index));
	const {end, factor, shift} = index;
	// Pages that are written before they are read are faulted in once, not twice.
	pairs.fill(0, formerEnd, end);
	const waiting: number[] = [];
	for (let from = formerEnd - 2; from >= 0; from -= 2) {
		const value = pairs[from + 1]!;
		if (value === 0) {
			continue;
		}

		const hash = pairs[from]!;
		pairs[from + 1] = 0;
		let to = homeOf(hash, factor, shift);
		while (to >= from && to < end && pairs[to + 1] !== 0) {
			to += 2;
		}

		if (to < from || to >= end) {
			waiting.push(hash, value);
		} else {
			pairs[to] = hash;
			pairs[to + 1] = value;
		}
	}

	for (let next = 0; next < waiting.length; next += 2) {
		place(index, waiting[next]!, waiting[next + 1]!);
	}
};

const canGrow = (index: HashIndex): boolean => larger(index).end <= index.pairs.length;

/** Makes an empty index large enough for so many pairs, so that it does not grow while they are added. */
export const reserveIndex = (index: HashIndex, count: number) => {
	while (index.limit <= count && canGrow(index)) {
		Object.assign(index, larger(index));
	}
};

/** Adds a pair that is not there yet. */
export const addToIndex = (index: HashIndex, hash: number, value: number) => {
	if (index.count >= index.limit && canGrow(index)) {
		grow(index);
	}

	place(index, hash, value);
	index.count += 1;
};

const groupBits = 10;

/**
Hands over pairs, in the order of their homes as far as the upper bits of the hash tell it: whoever adds them then goes through the index once, where
in any other order each of a million waits for memory of its own.
*/
export const inHomeOrder = (hashes: Int32Array, values: Int32Array, add: (hash: number, value: number) => void) => {
	const ends = new Int32Array((1 << groupBits) + 1);
	for (const hash of hashes) {
		ends[(hash >>> (32 - groupBits)) + 1]! += 1;
	}

	for (let group = 1; group <= 1 << groupBits; group += 1) {
		ends[group]! += ends[group - 1]!;
	}

	const pairs = new Int32Array(2 * hashes.length);
	for (const [from, hash_] of hashes.entries()) {
		const hash = hash_!;
		const to = ends[hash >>> (32 - groupBits)]!;
		ends[hash >>> (32 - groupBits)] = to + 1;
		pairs[2 * to] = hash;
		pairs[(2 * to) + 1] = values[from]!;
	}

	for (let at = 0; at < pairs.length; at += 2) {
		add(pairs[at]!, pairs[at + 1]!);
	}
};

/** How far a word lies before another one, around the end. */
const before = (at: number, word: number, end: number): number => at >= word ? at - word : (at - word) + end;

/** Removes a pair; nothing happens when it is not there. */
export const removeFromIndex = (index: HashIndex, hash: number, value: number) => {
	const {pairs, end, factor, shift} = index;
	let hole = homeOf(hash, factor, shift);
	while (pairs[hole + 1] !== value) {
		if (pairs[hole + 1] === 0) {
			return;
		}

		hole = afterPair(hole, end);
	}

	index.count -= 1;
	let at = afterPair(hole, end);
	while (pairs[at + 1] !== 0) {
		// A pair may fill the hole when its home does not lie between the hole and itself.
		const home = homeOf(pairs[at]!, factor, shift);
		if (before(at, home, end) >= before(at, hole, end)) {
			pairs[hole] = pairs[at]!;
			pairs[hole + 1] = pairs[at + 1]!;
			hole = at;
		}

		at = afterPair(at, end);
	}

	pairs[hole + 1] = 0;
};
