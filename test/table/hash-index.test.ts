import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {addToIndex, afterPair, createHashIndex, homeOf, removeFromIndex, type HashIndex} from '../../source/table/hash-index.js';

/** The values that a look-up of a hash passes, from its home to the first empty place. */
const reached = ({pairs, end, factor, shift}: HashIndex, hash: number): number[] => {
	const values: number[] = [];
	for (let at = homeOf(hash, factor, shift); pairs[at + 1] !== 0; at = afterPair(at, end)) {
		if (pairs[at] === hash) {
			values.push(pairs[at + 1]!);
		}
	}

	return values;
};

const assertHolds = (index: HashIndex, held: ReadonlyMap<number, number>) => {
	for (const [value, hash] of held) {
		assert.ok(reached(index, hash).includes(value), `${value} is not reached from its home`);
	}

	const stored = Array.from({length: index.end / 2}, (_, place) => index.pairs[(place * 2) + 1]!).filter(value => value !== 0);
	assert.equal(stored.length, held.size);
	assert.equal(index.count, held.size);
};

// Near both ends of the places, where pairs wrap around and where growing has the least room, and few enough to collide.
const hashes = fc.oneof(
	{weight: 3, arbitrary: fc.integer()},
	fc.integer({min: 0, max: 40}),
	fc.integer({min: -40, max: -1}),
	fc.constantFrom(0, -1, 0x7f_ff_ff_ff, -0x80_00_00_00),
);

test('every pair is found from its home after any sequence of additions and removals, however often the index grew', () => {
	fc.assert(fc.property(fc.array(hashes, {minLength: 1, maxLength: 400}), fc.integer({min: 0, max: 5}), (some, removalEvery) => {
		const index = createHashIndex(10_000);
		const held = new Map<number, number>();
		let value = 0;
		for (let round = 0; round < 6; round++) {
			for (const hash of some) {
				value++;
				addToIndex(index, hash + (round * 7), value);
				held.set(value, (hash + (round * 7)) | 0);
				if (removalEvery > 0 && value % (removalEvery + 1) === 0) {
					const [first] = held;
					removeFromIndex(index, first![1], first![0]);
					held.delete(first![0]);
				}
			}
		}

		assertHolds(index, held);
	}), {numRuns: 60});
});

test('it holds as many pairs as it was made for, all with the same home at either end', () => {
	for (const hash of [0, -1]) {
		const index = createHashIndex(3000);
		const held = new Map<number, number>();
		for (let value = 1; value <= 3000; value++) {
			addToIndex(index, hash, value);
			held.set(value, hash);
		}

		assertHolds(index, held);
	}
});
