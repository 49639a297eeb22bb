import {test} from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {recordAt, recordWords, maxRecords, type RecordBatch} from '../../source/wire/sync/record-batch.js';
import {readPlainV4, readRecordV1} from '../../source/wire/sync/sync-v1.js';
import {
	decode, dissect, ethernet, hex, ipv4, ipv6, join, listen, messageV0, messageV1, packetOf, recordV0, recordV1, udp, viewOf, wordOf,
} from './build.js';

const octets = fc.uint8Array({maxLength: 300});

/** Every offset in the batch lies within the payload. */
const assertInside = (batch: RecordBatch, length: number) => {
	assert.ok(batch.count <= maxRecords);
	for (let index = 0; index < batch.count; index++) {
		assert.ok(wordOf(batch, index, 'recordOffset') + wordOf(batch, index, 'recordLength') <= length);
		assert.ok(wordOf(batch, index, 'peDataOffset') + wordOf(batch, index, 'peDataLength') <= length);
		assert.ok(wordOf(batch, index, 'peNameOffset') + wordOf(batch, index, 'peNameLength') <= length);
	}
};

test('no octets make the message decoder throw or read past the end', () => {
	fc.assert(fc.property(octets, fc.nat({max: 400}), (payload, claimedLength) => {
		assertInside(decode(payload, claimedLength), payload.length);
	}), {numRuns: 3000});
});

test('no octets behind a good header make the message decoder throw or read past the end', () => {
	fc.assert(fc.property(octets, fc.boolean(), fc.nat({max: 20}), (body, first, count) => {
		const message = first ? messageV0([body], {count}) : messageV1([body], {count});
		const batch = decode(message);

		assert.equal(batch.size, message.length);
		assertInside(batch, message.length);
	}), {numRuns: 3000});
});

test('no options make the message decoder throw or read past the end', () => {
	const option = fc.tuple(fc.constantFrom(0, 1, 2, 3, 4, 0x41, 0x42, 0x43, 0x44, 0x81), fc.integer({min: 0, max: 30}), fc.uint8Array({maxLength: 30}))
		.map(([type, length, data]) => join([type, length], data));
	fc.assert(fc.property(fc.array(option, {maxLength: 5}), options => {
		const message = messageV1([recordV1({options})]);

		assertInside(decode(message), message.length);
	}), {numRuns: 3000});
});

test('no frame makes the dissector throw, whatever the link layer', () => {
	const linkTypes = fc.constantFrom(0, 1, 12, 14, 101, 108, 113, 228, 229, 276, 9);
	fc.assert(fc.property(octets, linkTypes, fc.nat({max: 2000}), (frame, linkType, originalLength) => {
		dissect([packetOf(frame, {linkType, originalLength})]);
	}), {numRuns: 3000});
});

test('no payload of any protocol makes the dissector throw', () => {
	const protocols = fc.constantFrom(0, 2, 17, 43, 44, 51, 58, 60, 112);
	fc.assert(fc.property(octets, protocols, fc.boolean(), (payload, protocol, isIpv6) => {
		dissect([isIpv6
			? ethernet(ipv6(payload, {next: protocol, hopLimit: 255}), 0x86_dd)
			: ethernet(ipv4(payload, {protocol, ttl: 255})), ethernet(payload, 0x08_06)]);
	}), {numRuns: 3000});
});

test('octets around a packet in its buffer have no influence', () => {
	const frames = [
		ethernet(ipv4(udp(messageV1([recordV1({options: [[2, 3, 1, 2, 3], [3, 3, 0x73, 0x69, 0x70]]}), recordV1({type: 1})])))),
		ethernet(ipv4(udp(messageV0([recordV0(), recordV0({flags: 0x02_00})])))),
		ethernet(ipv4(hex('21 33 96 01 01 01 9e 4a cb 00 71 32 73 33 63 72 65 74 31 32'), {protocol: 112, ttl: 255})),
	];
	fc.assert(fc.property(fc.constantFrom(...frames), fc.nat({max: 200}), fc.nat({max: 50}), fc.integer({min: 0, max: 255}), (frame, cut, before, filler) => {
		const kept = frame.subarray(0, Math.min(cut + 20, frame.length));
		const buffer = new Uint8Array(before + kept.length + 100).fill(filler);
		buffer.set(kept, before);
		const {dissector, heard} = listen();
		dissector.packet({...packetOf(kept), view: viewOf(buffer), offset: before, originalLength: frame.length});

		const expected = dissect([packetOf(kept, {originalLength: frame.length})]);
		assert.deepEqual(heard.adverts, expected.adverts);
		assert.deepEqual(heard.faults.map(({fault}) => fault), expected.faults.map(({fault}) => fault));
		assert.deepEqual(heard.messages.map(({batch, payload}) => [batch.count, payload, batch.words.subarray(0, batch.count * recordWords)]),
			expected.messages.map(({batch, payload}) => [batch.count, payload, batch.words.subarray(0, batch.count * recordWords)]));
	}), {numRuns: 300});
});

test('cutting a message anywhere leaves the same records, only fewer of them', () => {
	const records = [recordV1(), recordV1({type: 1}), recordV1({protocol: 17, state: 0}), recordV1({options: [[0x44, 1, 7]]}), recordV1({state: 6})];
	const message = messageV1(records);
	const whole = decode(message);
	fc.assert(fc.property(fc.integer({min: 8, max: message.length - 1}), length => {
		const batch = decode(message.subarray(0, length), message.length);

		assert.ok(batch.count < whole.count);
		assert.deepEqual([batch.partial, batch.restFault], [true, 0]);
		assert.deepEqual(batch.words.subarray(0, batch.count * recordWords), whole.words.subarray(0, batch.count * recordWords));
		assert.ok(batch.count === 0 || wordOf(batch, batch.count - 1, 'recordOffset') + wordOf(batch, batch.count - 1, 'recordLength') <= length);
	}));
});

test('a record carries nothing over from the one that lay in the batch before', () => {
	const kinds = [
		messageV1([recordV1({type: 1, flags: 0x10_00, ports: [0, 1, 1], options: [[2, 1, 0x61], [3, 3, 0x73, 0x69, 0x70]]})]),
		messageV1([recordV1()]), messageV0([recordV0()]), messageV1([recordV1({state: 99})]),
	];
	const {dissector, heard} = listen();
	const order = [0, 1, 0, 2, 0, 3, 1, 2, 3];
	for (const kind of order) {
		dissector.packet(packetOf(ethernet(ipv4(udp(kinds[kind]!)))));
	}

	for (const [index, kind] of order.entries()) {
		assert.deepEqual(heard.messages[index]!.batch.words.subarray(0, recordAt.scratch), decode(kinds[kind]!).words.subarray(0, recordAt.scratch));
	}
});

test('what the loop over plain records reads, the reader of any record reads alike', () => {
	const odd = (usual: fc.Arbitrary<number>, max: number) => fc.oneof({weight: 6, arbitrary: usual}, {weight: 1, arbitrary: fc.nat({max})});
	const record = fc.record({
		type: odd(fc.constant(0), 255),
		protocol: odd(fc.constantFrom(6, 17, 132), 255),
		size: odd(fc.constant(36), 0xf_ff),
		version: odd(fc.constant(0), 15),
		flags: fc.oneof(fc.constantFrom(0x83, 0x1_83, 0x8_00, 0x10_00, 0x20_00), fc.nat({max: 2 ** 17}), fc.nat({max: 0xff_ff_ff_ff})),
		state: odd(fc.nat({max: 13}), 0xff_ff),
		ports: fc.tuple(odd(fc.constant(0), 0xff_ff), fc.nat({max: 0xff_ff}), fc.nat({max: 0xff_ff})),
		fwmark: fc.nat({max: 0xff_ff_ff_ff}),
		timeout: fc.nat({max: 0xff_ff_ff_ff}),
		addresses: fc.tuple(fc.ipV4(), fc.ipV4(), fc.ipV4()),
	}).map(({type, addresses, ...rest}) => recordV1({...rest, type, addresses: (type & 1) === 0 ? addresses : undefined}));
	fc.assert(fc.property(fc.array(record, {minLength: 1, maxLength: 4}), records => {
		const message = messageV1(records);
		const view = viewOf(message);
		const end = message.length;
		const plain = new Int32Array(4 * recordWords);
		const any = new Int32Array(4 * recordWords);
		const count = readPlainV4(view, 8, end, plain, 0, records.length, 0);
		for (let index = 0; index < count; index++) {
			assert.equal(readRecordV1(view, 8 + (36 * index), end, end, any, index * recordWords, 0), 36);
		}

		assert.deepEqual(plain, any);
	}), {numRuns: 2000});
});
