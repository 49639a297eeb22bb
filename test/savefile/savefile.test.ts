import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import {createSavefileReader} from '../../source/savefile/savefile.js';
import {type SavefileProblem} from '../../source/savefile/savefile-problem.js';
import {timestampConverter} from '../../source/savefile/timestamp.js';

type Seen = {timeUs: number; linkType: number; originalLength: number; octets: string};

/** Reads `file` in chunks of `chunkSize`, which are scribbled over as soon as the reader may not look at them any more. */
const readAll = (file: Uint8Array, chunkSize = file.length + 1): {packets: Seen[]; problem: SavefileProblem | undefined; format: string | undefined} => {
	const reader = createSavefileReader();
	const packets: Seen[] = [];
	let offset = 0;
	let previous: Uint8Array | undefined;
	for (;;) {
		const found = reader.next();
		if (found === 'packet') {
			const {view, offset: start, length, timeUs, linkType, originalLength} = reader.packet;
			const octets = Buffer.from(view.buffer, view.byteOffset + start, length).toString('hex');
			packets.push({timeUs, linkType, originalLength, octets});
		} else if (found === 'need') {
			if (offset >= file.length) {
				reader.end();
			} else {
				const chunk = file.slice(offset, offset + chunkSize);
				offset += chunkSize;
				reader.push(chunk);
				previous?.fill(0xee);
				previous = chunk;
			}
		} else {
			return {packets, problem: found === 'end' ? undefined : found, format: reader.format};
		}
	}
};

type Record = {seconds?: number; fraction?: number; octets?: number[]; capturedLength?: number; originalLength?: number};

const pcapOf = (records: Record[], {littleEndian = true, nanoseconds = false, snapLength = 65_535, linkType = 1} = {}): Uint8Array => {
	const parts: Uint8Array[] = [];
	const header = new DataView(new ArrayBuffer(24));
	header.setUint32(0, nanoseconds ? 0xa1_b2_3c_4d : 0xa1_b2_c3_d4, littleEndian);
	header.setUint16(4, 2, littleEndian);
	header.setUint16(6, 4, littleEndian);
	header.setUint32(16, snapLength, littleEndian);
	header.setUint32(20, linkType, littleEndian);
	parts.push(new Uint8Array(header.buffer));
	for (const {seconds = 0, fraction = 0, octets = [], capturedLength = octets.length, originalLength = octets.length} of records) {
		const view = new DataView(new ArrayBuffer(16 + octets.length));
		view.setUint32(0, seconds, littleEndian);
		view.setUint32(4, fraction, littleEndian);
		view.setUint32(8, capturedLength, littleEndian);
		view.setUint32(12, originalLength, littleEndian);
		new Uint8Array(view.buffer).set(octets, 16);
		parts.push(new Uint8Array(view.buffer));
	}

	return new Uint8Array(Buffer.concat(parts));
};

/** Builds blocks of pcapng in one byte order. */
const blocks = (littleEndian: boolean) => {
	const u16 = (value: number): number[] => littleEndian ? [value & 0xff, value >> 8] : [value >> 8, value & 0xff];
	const u32 = (value: number): number[] => {
		const octets = [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
		return littleEndian ? octets.toReversed() : octets;
	};

	const pad = (octets: number[]): number[] => [...octets, ...Array.from({length: (4 - (octets.length % 4)) % 4}, () => 0)];
	const block = (type: number, body: number[], total = 12 + pad(body).length, trailer = total): number[] =>
		[...u32(type), ...u32(total), ...pad(body), ...u32(trailer)];
	const option = (code: number, value: number[]): number[] => [...u16(code), ...u16(value.length), ...pad(value)];
	return {
		u32,
		block,
		option,
		section: () => block(0x0a_0d_0d_0a, [...u32(0x1a_2b_3c_4d), ...u16(1), ...u16(0), ...u32(0xff_ff_ff_ff), ...u32(0xff_ff_ff_ff)]),
		interface: (linkType = 1, options: number[] = [], snapLength = 0) => block(1, [...u16(linkType), ...u16(0), ...u32(snapLength), ...options]),
		enhanced: (id: number, high: number, low: number, octets: number[], captured = octets.length, original = octets.length) =>
			block(6, [...u32(id), ...u32(high), ...u32(low), ...u32(captured), ...u32(original), ...pad(octets)]),
		simple: (original: number, octets: number[]) => block(3, [...u32(original), ...pad(octets)]),
		obsolete: (id: number, high: number, low: number, octets: number[]) =>
			block(2, [...u16(id), ...u16(7), ...u32(high), ...u32(low), ...u32(octets.length), ...u32(octets.length), ...pad(octets)]),
	};
};

const times = ({packets}: {packets: Seen[]}): number[] => packets.map(({timeUs}) => timeUs);

test('the four magics of pcap give the same packets', () => {
	for (const littleEndian of [true, false]) {
		for (const nanoseconds of [true, false]) {
			const record = {seconds: 1_795_362_325, fraction: nanoseconds ? 701_262_999 : 701_262, octets: [1, 2, 3], originalLength: 90};
			const {packets, problem} = readAll(pcapOf([record], {littleEndian, nanoseconds}));
			assert.equal(problem, undefined);
			assert.deepEqual(packets, [{timeUs: 1_795_362_325_701_262, linkType: 1, originalLength: 90, octets: '010203'}]);
		}
	}
});

test('the link type is the low half of its word, the rest may say how long the checksum is', () => {
	assert.equal(readAll(pcapOf([{octets: [1]}], {linkType: 0x24_00_01_14})).packets[0]!.linkType, 276);
});

test('one run captured in five ways gives the same first time in each', () => {
	for (const name of ['link.eth.pcap', 'link.nano.pcap', 'link.sll.pcap', 'link.sll2.pcap', 'link.dumpcap.pcapng']) {
		assert.equal(times(readAll(readFileSync(`test/captures/${name}`)))[0], 1_795_362_325_701_262, name);
	}
});

test('how the octets are cut into chunks makes no difference', () => {
	for (const name of ['link.nano.pcap', 'link.dumpcap.pcapng']) {
		const file = new Uint8Array(readFileSync(`test/captures/${name}`));
		const whole = readAll(file);
		for (const chunkSize of [1, 2, 7, 16, 97, 1000, 4096]) {
			assert.deepEqual(readAll(file, chunkSize), whole, `${name} in chunks of ${chunkSize}`);
		}
	}
});

test('a file that is cut anywhere gives the packets before the cut, and where it was cut', () => {
	for (const file of [
		pcapOf([{octets: [1]}, {octets: [2, 2]}, {octets: [3, 3, 3]}]),
		Uint8Array.from([...blocks(true).section(), ...blocks(true).interface(), ...blocks(true).enhanced(0, 0, 9, [1]), ...blocks(true).block(77, [1, 2, 3, 4]), ...blocks(true).enhanced(0, 0, 10, [2])]),
	]) {
		const {packets} = readAll(file);
		for (let length = 4; length < file.length; length++) {
			const cut = readAll(file.slice(0, length));
			assert.deepEqual(cut.packets, packets.slice(0, cut.packets.length));
			if (cut.problem) {
				assert.equal(cut.problem.kind, 'cut', `${length} octets`);
				assert.ok(cut.problem.offset < length);
				assert.match(cut.problem.problem, new RegExp(`^ends at octet ${length}, inside`));
			}
		}
	}
});

test('a captured length beyond all reason stops at its record, one beyond the snapshot length does not', () => {
	const good = {octets: [1, 2, 3, 4]};
	assert.deepEqual(readAll(pcapOf([good, {octets: [5, 6, 7]}], {snapLength: 2})).packets.map(({octets}) => octets), ['01020304', '050607']);
	for (const [capturedLength, snapLength] of [[262_145, 0], [0xff_ff_ff_ff, 0xff_ff_ff_ff]] as const) {
		const {packets, problem} = readAll(pcapOf([good, {octets: [5], capturedLength}], {snapLength}));
		assert.equal(packets.length, 1);
		assert.equal(problem?.kind, 'corrupt');
		assert.equal(problem?.offset, 24 + 20);
		assert.match(problem!.problem, new RegExp(`frame of ${capturedLength} octets at octet 44`));
	}
});

test('an original length below the captured one is not believed', () => {
	assert.equal(readAll(pcapOf([{octets: [1, 2, 3], originalLength: 1}])).packets[0]!.originalLength, 3);
});

test('what is no capture is named by its first octets', () => {
	const {problem} = readAll(new TextEncoder().encode('#!/bin/sh\necho'));
	assert.equal(problem?.kind, 'alien');
	assert.match(problem!.problem, /starts with 23 21 2f 62 69 6e 2f 73 \(text\)/);
	assert.match(readAll(new Uint8Array(0)).problem!.problem, /empty/);
	assert.match(readAll(Uint8Array.of(0xd4, 0xc3)).problem!.problem, /starts with d4 c3/);
	assert.equal(readAll(Uint8Array.of(0xd4, 0xc3, 0xb2, 0xa1, 2)).problem?.kind, 'cut');
});

test('each section of pcapng has its own byte order and its own interfaces', () => {
	const file = [true, false].flatMap((littleEndian, index) => {
		const {section, interface: describe, enhanced} = blocks(littleEndian);
		return [...section(), ...describe(1), ...describe(113 + index), ...enhanced(1, 0x00_06_60_d5, 0x91_f6_f6_ae, [1, 2, 3])];
	});
	const {packets, problem, format} = readAll(Uint8Array.from(file));
	assert.equal(problem, undefined);
	assert.equal(format, 'pcapng');
	const timeUs = (0x00_06_60_d5 * (2 ** 32)) + 0x91_f6_f6_ae;
	assert.deepEqual(packets, [
		{timeUs, linkType: 113, originalLength: 3, octets: '010203'},
		{timeUs, linkType: 114, originalLength: 3, octets: '010203'},
	]);
	const {section, enhanced} = blocks(true);
	assert.match(readAll(Uint8Array.from([...file, ...section(), ...enhanced(0, 0, 0, [])])).problem!.problem, /interface 0, which was not described/);
});

test('interfaces count time in units of their own', () => {
	const {section, interface: describe, enhanced, option} = blocks(true);
	const nanoseconds = 1_795_362_325_701_262_999n;
	const offset = [...new Uint8Array(new BigInt64Array([100n]).buffer)];
	const file = [
		...section(),
		...describe(1, option(9, [9])),
		...describe(1, option(9, [0x80 | 20])),
		...describe(1, [...option(2, [101, 116, 104, 48, 49]), ...option(9, [3]), ...option(14, offset), ...option(0, [])]),
		...enhanced(0, Number(nanoseconds >> 32n), Number(nanoseconds & 0xff_ff_ff_ffn), []),
		...enhanced(1, 0, 3 << 19, []),
		...enhanced(2, 0, 5, []),
	];
	assert.deepEqual(times(readAll(Uint8Array.from(file))), [1_795_362_325_701_262, 1_500_000, 100_005_000]);
});

test('a converted timestamp is the exact quotient, rounded down, as long as it is a safe number', () => {
	fc.assert(fc.property(fc.bigInt({min: 0n, max: (2n ** 64n) - 1n}), fc.integer({min: 0, max: 255}), (units, resolution) => {
		const perSecond = resolution > 127 ? 2n ** BigInt(resolution & 127) : 10n ** BigInt(resolution);
		const exact = (units * 1_000_000n) / perSecond;
		const timeUs = timestampConverter(resolution, 0n)(Number(units >> 32n), Number(units & 0xff_ff_ff_ffn));
		assert.equal(timeUs, exact > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(exact));
	}));
});

test('simple, obsolete and unknown blocks stand beside enhanced ones', () => {
	const {section, interface: describe, enhanced, simple, obsolete, block} = blocks(false);
	const file = [
		...section(), ...describe(1, [], 2), ...block(5, [1, 2, 3, 4]), ...enhanced(0, 0, 77, [9]),
		...simple(60, [1, 2]), ...block(0x0b_ad, Array.from({length: 300_000}, () => 1)), ...obsolete(0, 0, 78, [3]),
	];
	for (const chunkSize of [undefined, 5, 1000]) {
		const {packets, problem} = readAll(Uint8Array.from(file), chunkSize);
		assert.equal(problem, undefined);
		assert.deepEqual(packets.map(({timeUs, originalLength, octets}) => [timeUs, originalLength, octets]), [
			[77, 1, '09'], [77, 60, '0102'], [78, 1, '03'],
		]);
	}
});

test('block lengths that lie stop at their block', () => {
	const {section, interface: describe, enhanced, block, u32} = blocks(true);
	const start = [...section(), ...describe()];
	const body = [...u32(0), ...u32(0), ...u32(0), ...u32(0), ...u32(0)];
	const cases: Array<[string, number[]]> = [
		['shorter than its own frame', block(6, body, 8)],
		['no multiple of four', block(6, body, 33)],
		['a packet block without room for its fields', block(6, [], 12)],
		['a packet block that is far too long', block(6, body, 0x7f_ff_ff_fc)],
		['another length at the end', block(6, body, 32, 36)],
		['another length at the end of an unknown block', block(99, body, 32, 36)],
		['a frame longer than its block', enhanced(0, 0, 0, [1, 2], 5)],
		['a frame of four thousand million octets', enhanced(0, 0, 0, [1, 2], 0xff_ff_ff_ff)],
		['a section without byte order', block(0x0a_0d_0d_0a, body)],
	];
	for (const [name, octets] of cases) {
		const {packets, problem} = readAll(Uint8Array.from([...start, ...enhanced(0, 0, 1, [1]), ...octets]));
		assert.equal(packets.length, 1, name);
		assert.equal(problem?.kind, 'corrupt', name);
		assert.equal(problem?.offset, start.length + enhanced(0, 0, 1, [1]).length, name);
	}
});

test('no octets make the reader throw, hang or claim a frame outside of its view', () => {
	const starts = [[], [...pcapOf([])], [...blocks(true).section(), ...blocks(true).interface()]];
	fc.assert(fc.property(fc.constantFrom(...starts), fc.uint8Array({maxLength: 400}), fc.integer({min: 1, max: 64}), (start, octets, chunkSize) => {
		const reader = createSavefileReader();
		const file = Uint8Array.from([...start, ...octets]);
		let offset = 0;
		for (let steps = 0; ; steps++) {
			assert.ok(steps < 2000);
			const found = reader.next();
			if (found === 'packet') {
				const {view, offset: from, length} = reader.packet;
				assert.ok(from + length <= view.byteLength);
			} else if (found !== 'need') {
				return;
			} else if (offset < file.length) {
				reader.push(file.subarray(offset, offset + chunkSize));
				offset += chunkSize;
			} else {
				reader.end();
			}
		}
	}));
});
