import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {
	encodeSyncV0,
	encodeSyncV1,
	recordOctetsV1,
	type SentRecord,
	type SequenceAdjustment,
} from '../../source/wire/sync/encode-sync.js';

const octetsOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
const words = (...values: number[]): Int32Array => Int32Array.from({length: 4}, (_, index) => values[index] ?? 0);
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

const record = (changes: Partial<SentRecord> = {}): SentRecord => ({
	family: 4,
	protocol: 6,
	flags: 0x83,
	state: 1,
	cport: 51_000,
	vport: 443,
	dport: 443,
	fwmark: 0,
	timeoutSeconds: 900,
	caddr: words(0xc6_33_64_07),
	vaddr: words(0xcb_00_71_0a),
	daddr: words(0x0a_00_00_15),
	...changes,
});
const closedRecord = record({
	flags: 0x1_00,
	state: 6,
	cport: 51_003,
	timeoutSeconds: 10,
	caddr: words(0xc6_33_64_09),
	daddr: words(0x0a_00_00_16),
});
const sequences: [SequenceAdjustment, SequenceAdjustment] = [
	{initial: 0x11_22_33_44, delta: 5, previousDelta: 0},
	{initial: 0x55_66_77_88, delta: 7, previousDelta: 5},
];

test('a version 0 message carries its sequence numbers in the byte order of the director', () => {
	const records = [
		record({vport: 80, dport: 80}),
		record({
			flags: 0x6_20,
			cport: 51_001,
			vport: 21,
			dport: 21,
			caddr: words(0xc6_33_64_08),
			daddr: words(0x0a_00_00_16),
			sequences,
		}),
	];

	assert.deepEqual(encodeSyncV0(1, records), octetsOf(`
		02 01 00 4c 00 06 c7 38 00 50 00 50 c6 33 64 07
		cb 00 71 0a 0a 00 00 15 00 83 00 01 00 06 c7 39
		00 15 00 15 c6 33 64 08 cb 00 71 0a 0a 00 00 16
		06 20 00 01 44 33 22 11 05 00 00 00 00 00 00 00
		88 77 66 55 07 00 00 00 05 00 00 00`));
	const bigEndian = encodeSyncV0(1, records, {littleEndian: false});
	assert.deepEqual(bigEndian.subarray(52, 60), octetsOf('11 22 33 44 00 00 00 05'));
});

test('a version 1 message of two IPv4 records is written as kernels accept it', () => {
	const records = [
		record(),
		record({
			flags: 0x1_00,
			state: 4,
			cport: 51_002,
			dport: 8443,
			timeoutSeconds: 120,
			caddr: words(0xc6_33_64_09),
			daddr: words(0x0a_00_00_16),
		}),
	];

	assert.deepEqual(encodeSyncV1(7, records), octetsOf(`
		00 07 00 50 02 01 00 00 00 06 00 24 00 00 00 83
		00 01 c7 38 01 bb 01 bb 00 00 00 00 00 00 03 84
		c6 33 64 07 cb 00 71 0a 0a 00 00 15 00 06 00 24
		00 00 01 00 00 04 c7 3a 01 bb 20 fb 00 00 00 00
		00 00 00 78 c6 33 64 09 cb 00 71 0a 0a 00 00 16`));
});

test('a SIP template with an odd length is padded before the next record, not counted in its own length', () => {
	const template = record({
		protocol: 17,
		flags: 0x10_00,
		cport: 0,
		vport: 5060,
		dport: 5060,
		timeoutSeconds: 300,
		peData: ascii('abc123@h'),
		peName: ascii('sip'),
	});

	assert.equal(recordOctetsV1(template), 51);
	assert.deepEqual(encodeSyncV1(7, [template, closedRecord]), octetsOf(`
		00 07 00 60 02 01 00 00 00 11 00 33 00 00 10 00
		00 01 00 00 13 c4 13 c4 00 00 00 00 00 00 01 2c
		c6 33 64 07 cb 00 71 0a 0a 00 00 15 02 08 61 62
		63 31 32 33 40 68 03 03 73 69 70 00 00 06 00 24
		00 00 01 00 00 06 c7 3b 01 bb 01 bb 00 00 00 00
		00 00 00 0a c6 33 64 09 cb 00 71 0a 0a 00 00 16`));
});

test('IPv6 records have type 1, and a fwmark template has its mark in the first word of the address', () => {
	const daddr = words(0xfd_00_00_00, 0, 0, 0x21);
	const records = [
		record({
			family: 6,
			cport: 51_004,
			caddr: words(0x20_01_0d_b8, 0, 0, 7),
			vaddr: words(0x20_01_0d_b8, 0x00_01_00_00, 0, 0x10),
			daddr,
		}),
		record({
			family: 6,
			protocol: 0,
			flags: 0x10_00,
			cport: 0,
			vport: 0,
			dport: 0,
			fwmark: 5,
			timeoutSeconds: 360,
			caddr: words(0x20_01_0d_b8),
			vaddr: words(5),
			daddr,
		}),
	];

	assert.deepEqual(encodeSyncV1(7, records), octetsOf(`
		00 07 00 98 02 01 00 00 01 06 00 48 00 00 00 83
		00 01 c7 3c 01 bb 01 bb 00 00 00 00 00 00 03 84
		20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 07
		20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 10
		fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 21
		01 00 00 48 00 00 10 00 00 01 00 00 00 00 00 00
		00 00 00 05 00 00 01 68 20 01 0d b8 00 00 00 00
		00 00 00 00 00 00 00 00 00 00 00 05 00 00 00 00
		00 00 00 00 00 00 00 00 fd 00 00 00 00 00 00 00
		00 00 00 00 00 00 00 21`));
});

test('sequence numbers of version 1 are an option in network order', () => {
	const records = [
		record({flags: 0x4_00, cport: 51_005, vport: 21, dport: 21, sequences}),
		record({
			protocol: 17,
			flags: 0,
			state: 0,
			cport: 53_000,
			vport: 53,
			dport: 53,
			timeoutSeconds: 300,
			caddr: words(0xc6_33_64_09),
			daddr: words(0x0a_00_00_16),
		}),
	];

	assert.deepEqual(encodeSyncV1(7, records), octetsOf(`
		00 07 00 6c 02 01 00 00 00 06 00 3e 00 00 04 00
		00 01 c7 3d 00 15 00 15 00 00 00 00 00 00 03 84
		c6 33 64 07 cb 00 71 0a 0a 00 00 15 01 18 11 22
		33 44 00 00 00 05 00 00 00 00 55 66 77 88 00 00
		00 07 00 00 00 05 00 00 00 11 00 24 00 00 00 00
		00 00 cf 08 00 35 00 35 00 00 00 00 00 00 01 2c
		c6 33 64 09 cb 00 71 0a 0a 00 00 16`));
});

test('the first announcement of a real Linux 6.1 master is reproduced', () => {
	const announced = record({flags: 0, cport: 34_060, vport: 80, dport: 80, caddr: words(0xc6_33_64_64)});

	assert.deepEqual(encodeSyncV1(7, [announced]), octetsOf(`
		00 07 00 2c 01 01 00 00 00 06 00 24 00 00 00 00
		00 01 85 0c 00 50 00 50 00 00 00 00 00 00 03 84
		c6 33 64 64 cb 00 71 0a 0a 00 00 15`));
});

test('the size field is the length of the message and every record starts on four octets', () => {
	const peData = fc.uint8Array({minLength: 1, maxLength: 20});
	fc.assert(fc.property(fc.array(peData, {minLength: 1, maxLength: 30}), allData => {
		const records = allData.map(data => record({flags: 0x10_00, cport: 0, peData: data, peName: ascii('sip')}));
		const message = encodeSyncV1(1, records);
		const view = new DataView(message.buffer);

		assert.equal(view.getUint16(2), message.length);
		let at = 8;
		for (const sent of records) {
			assert.equal(at % 4, 0);
			assert.equal(view.getUint16(at + 2), recordOctetsV1(sent));
			at += Math.ceil(recordOctetsV1(sent) / 4) * 4;
		}
	}));
});

test('the count of records wraps at 256, as that of a kernel with a large maximum does', () => {
	assert.equal(encodeSyncV1(1, Array.from({length: 400}, () => record()))[4], 144);
});
