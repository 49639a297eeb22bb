import assert from 'node:assert/strict';
import process from 'node:process';
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
		{destination: Int32Array.of(1, 0, 0, 0)}, {hopLimit: 9}, {claimedLength: 9000},
	];
	for (const change of others) {
		const duplicates = createDuplicates();
		duplicates.originalOf(messageOf(), 3);
		assert.equal(duplicates.originalOf(messageOf(change), 5), -1, JSON.stringify(change));
	}
});

test('a different octet anywhere makes another message, whatever the identification', () => {
	fc.assert(fc.property(fc.nat(payload.length - 1), fc.integer({min: 1, max: 255}), fc.constantFrom(-1, 0, 7), (at, change, identification) => {
		const duplicates = createDuplicates();
		duplicates.originalOf(messageOf({identification}), 3);
		const other = payload.slice();
		other[at]! ^= change;
		assert.equal(duplicates.originalOf(messageOf({identification}, other), 5), -1);
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

/** Messages, all different, of which so many come within a second that every place is taken again and again: MESSAGES=10000000 by hand. */
const messages = Number(process.env['MESSAGES'] ?? 300_000);

test(`of ${messages} messages that are all different none is taken for the copy of another`, () => {
	const duplicates = createDuplicates();
	const octets = payload.slice();
	const view = new DataView(octets.buffer);
	const message = messageOf({}, octets);
	let copies = 0;
	for (let number = 0; number < messages; number++) {
		// As one director's connections differ: a client's port and address, and the identification that counts on and comes around.
		view.setUint16(18, number & 0xff_ff);
		view.setUint32(32, Math.trunc(number / 7));
		view.setUint32(100 % (octets.length - 4), number);
		message.identification = 1 + (number % 65_535);
		message.timeUs = startUs + Math.trunc(number / 100);
		copies += duplicates.originalOf(message, 1 + (number & 1)) === -1 ? 0 : 1;
	}

	assert.equal(copies, 0);
});

test(`nor of ${messages} of one identification that differ in one word, whichever it is`, () => {
	const duplicates = createDuplicates();
	const octets = payload.slice();
	const view = new DataView(octets.buffer);
	const message = messageOf({}, octets);
	let copies = 0;
	for (let number = 1; number <= messages; number++) {
		const at = 8 + (4 * (number % Math.trunc((octets.length - 8) / 4)));
		const former = view.getUint32(at);
		// Low bits, high bits, and the highest alone.
		view.setUint32(at, former ^ (number % 3 === 0 ? number : (number % 3 === 1 ? number << 8 : Math.imul(number, 0x9e_37_79_b1))));
		message.timeUs = startUs + Math.trunc(number / 100);
		copies += duplicates.originalOf(message, 1 + (number & 1)) === -1 ? 0 : 1;
	}

	assert.equal(copies, 0);
});
