/*
Open addressing with linear probing over (hash, value) pairs of 32 bits; value 0 is an empty place. The place of a hash is
its upper bits, so that growing goes through the pairs in order: 1 M of them move in some 10 ms instead of 45. Removal shifts
back, so there are no tombstones. Private to the thread that writes the table.

All places that can ever be needed are reserved, and none is resident before it is used: so the index grows where it stands.
Each growth into a new array left the former one resident with the C library: 16 octets for each of 1 M sessions.
*/
export type HashIndex = {
	/** Pairs of hash and value: `mask + 1` words are in use, the others are reserved. */
	readonly pairs: Int32Array;
	mask: number;
	/** A hash's home is `hash >>> shift`. */
	shift: number;
	count: number;
	/** Grows beyond this count: half of the places. */
	limit: number;
};

const initialBits = 10;

/** For at most `maxCount` pairs. */
export const createHashIndex = (maxCount: number): HashIndex => {
	const bits = Math.max(initialBits, 1 + Math.ceil(Math.log2(maxCount)));
	return {
		// Shared only because the garbage collector is not told of its size: 32 MiB never touched would hasten it.
		pairs: new Int32Array(new SharedArrayBuffer(8 * (2 ** bits))),
		mask: (2 << initialBits) - 1,
		shift: 32 - initialBits,
		count: 0,
		limit: 1 << (initialBits - 1),
	};
};

const place = ({pairs, mask, shift}: HashIndex, hash: number, value: number) => {
	let at = (hash >>> shift) << 1;
	while (pairs[at + 1] !== 0) {
		at = (at + 2) & mask;
	}

	pairs[at] = hash;
	pairs[at + 1] = value;
};

/*
Twice as many places: the home of a pair is now at twice its former home, or one further. From the last pair down, a pair
finds its place above all that have not moved yet. The few that would not (near the start, or past the end) wait until all others have.
*/
const grow = (index: HashIndex) => {
	const {pairs, mask: lastWord} = index;
	const words = lastWord + 1;
	// Pages that are written before they are read are faulted in once, not twice.
	pairs.fill(0, words, 2 * words);
	index.mask = (2 * words) - 1;
	index.shift -= 1;
	index.limit *= 2;
	const {mask, shift} = index;
	const waiting: number[] = [];
	for (let from = words - 2; from >= 0; from -= 2) {
		const value = pairs[from + 1]!;
		if (value === 0) {
			continue;
		}

		const hash = pairs[from]!;
		pairs[from + 1] = 0;
		let to = (hash >>> shift) << 1;
		while (to >= from && to < mask && pairs[to + 1] !== 0) {
			to += 2;
		}

		if (to < from || to > mask) {
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

/** Makes an empty index large enough for so many pairs, so that it does not grow while they are added. */
export const reserveIndex = (index: HashIndex, count: number) => {
	while (index.limit <= count && 2 * index.mask < index.pairs.length) {
		index.mask = (2 * (index.mask + 1)) - 1;
		index.shift -= 1;
		index.limit *= 2;
	}
};

/** Adds a pair that is not there yet. */
export const addToIndex = (index: HashIndex, hash: number, value: number) => {
	if (index.count >= index.limit && 2 * index.mask < index.pairs.length) {
		grow(index);
	}

	place(index, hash, value);
	index.count += 1;
};

/** Removes a pair; nothing happens when it is not there. */
export const removeFromIndex = (index: HashIndex, hash: number, value: number) => {
	const {pairs, mask, shift} = index;
	let hole = (hash >>> shift) << 1;
	while (pairs[hole + 1] !== value) {
		if (pairs[hole + 1] === 0) {
			return;
		}

		hole = (hole + 2) & mask;
	}

	index.count -= 1;
	let at = (hole + 2) & mask;
	while (pairs[at + 1] !== 0) {
		// A pair may fill the hole when its home does not lie between the hole and itself.
		const home = (pairs[at]! >>> shift) << 1;
		if (((at - home) & mask) >= ((at - hole) & mask)) {
			pairs[hole] = pairs[at]!;
			pairs[hole + 1] = pairs[at + 1]!;
			hole = at;
		}

		at = (at + 2) & mask;
	}

	pairs[hole + 1] = 0;
};
