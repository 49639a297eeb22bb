import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {createDuplicates} from '../../source/engine/duplicates.js';
import {type Datagram} from '../../source/wire/packet.js';
import {datagramOf, messageV1, recordV1} from '../wire/build.js';

const payload = messageV1([recordV1(), recordV1({ports: [51_001, 443, 443]})]);
const startUs = 1_795_305_600_000_000;

const messageOf = (changes: Partial<Datagram> = {}, octets = payload): Datagram =>
	({...datagramOf(octets), identification: 7, sourcePort: 40_000, source: Int32Array.of(0x0a_00_00_01, 0, 0, 0), timeUs: startUs, ...changes});

test('the copy on another segment names the segment of the original, in either order of the capture', () => {
	const duplicates = createDuplicates();
	assert.equal(duplicates.originalOf(messageOf(), 3), -1);
	assert.equal(duplicates.originalOf(messageOf({timeUs: startUs + 40}), 5), 3);
	assert.equal(duplicates.originalOf(messageOf({timeUs: startUs - 40}), 4), 3, 'stamped earlier, read later');
});

test('a message told twice on one segment is a copy only where it has an identification', () => {
	const duplicates = createDuplicates();
	duplicates.originalOf(messageOf(), 3);
	assert.equal(duplicates.originalOf(messageOf(), 3), 3);
	for (const identification of [-1, 0]) {
		duplicates.originalOf(messageOf({identification}), 3);
		assert.equal(duplicates.originalOf(messageOf({identification}), 3), -1, 'IPv6, or a joined socket: equal messages are nothing special');
		assert.equal(duplicates.originalOf(messageOf({identification}), 4), 3);
	}
});

test('a second later it is a message of its own', () => {
	const duplicates = createDuplicates();
	duplicates.originalOf(messageOf(), 3);
	assert.equal(duplicates.originalOf(messageOf({timeUs: startUs + 1_000_001}), 5), -1);
	assert.equal(duplicates.originalOf(messageOf({timeUs: startUs + 1_000_002}), 3), 5);
});

test('whatever differs makes another message', () => {
	const others: Array<Partial<Datagram>> = [
		{identification: 8}, {sourcePort: 40_001}, {destinationPort: 8849}, {source: Int32Array.of(0x0a_00_00_02, 0, 0, 0)},
	];
	for (const change of others) {
		const duplicates = createDuplicates();
		duplicates.originalOf(messageOf(), 3);
		assert.equal(duplicates.originalOf(messageOf(change), 5), -1, JSON.stringify(change));
	}
});

test('without an identification, a different octet anywhere but in the last odd ones makes another message', () => {
	fc.assert(fc.property(fc.nat(payload.length - (payload.length % 4) - 1), fc.integer({min: 1, max: 255}), (at, change) => {
		const duplicates = createDuplicates();
		duplicates.originalOf(messageOf({identification: -1}), 3);
		const other = payload.slice();
		other[at]! ^= change;
		assert.equal(duplicates.originalOf(messageOf({identification: -1}, other), 5), -1);
	}));
});

test('a burst heard by a bridge and its port is paired whole, in any interleaving', () => {
	fc.assert(fc.property(fc.integer({min: 1, max: 60}), fc.integer({min: 1, max: 60}), (count, lag) => {
		const duplicates = createDuplicates();
		let copies = 0;
		for (let turn = 0; turn < count + lag; turn++) {
			if (turn < count) {
				assert.equal(duplicates.originalOf(messageOf({identification: turn + 1, timeUs: startUs + turn}), 0), -1);
			}

			if (turn >= lag) {
				copies += duplicates.originalOf(messageOf({identification: turn - lag + 1, timeUs: startUs + turn - lag}), 1) === 0 ? 1 : 0;
			}
		}

		// Messages that share a slot of the memory push each other out, rarely.
		assert.ok(copies >= count - 2, `${copies} of ${count}`);
	}), {seed: 1});
});
