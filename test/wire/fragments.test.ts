import {test} from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {createDatagram} from '../../source/wire/ip/datagram.js';
import {faultNames} from '../../source/wire/fault.js';
import {createReassembler} from '../../source/wire/ip/fragments.js';
import {createSpan, type Span} from '../../source/wire/span.js';
import {type Datagram} from '../../source/wire/packet.js';
import {
	dissect, ethernet, faultsOf, ipv4, ipv6, join, listen, messageV1, packetOf, recordV1, u16, u32, udp, viewOf, zeros,
} from './build.js';

const message = messageV1(Array.from({length: 222}, (_, index) => recordV1({ports: [index, 80, 80]})));
const datagram = udp(message);

/** Cuts `octets` into fragments of at most `size`. */
const cut = (octets: Uint8Array, size: number, wrap: (part: Uint8Array, at: number, more: boolean) => Uint8Array): Uint8Array[] => {
	const parts: Uint8Array[] = [];
	for (let at = 0; at < octets.length; at += size) {
		parts.push(wrap(octets.subarray(at, at + size), at, at + size < octets.length));
	}

	return parts;
};

const cut4 = (octets: Uint8Array, size = 1480, id = 1, source = '10.0.0.1') =>
	cut(octets, size, (part, at, more) => ethernet(ipv4(part, {id, source, fragment: [at, more]})));

const fragmentHeader = (next: number, at: number, more: boolean, id: number) => join([next, 0], u16(at | (more ? 1 : 0)), u32(id));

test('a message of 222 records in six IPv4 fragments is put together in any order', () => {
	fc.assert(fc.property(fc.shuffledSubarray(cut4(datagram), {minLength: 6}), frames => {
		const {messages, faults} = dissect(frames);

		assert.deepEqual([messages.length, faults], [1, []]);
		assert.deepEqual(messages[0]!.payload, message);
		assert.equal(messages[0]!.batch.count, 222);
		assert.equal(messages[0]!.datagram.fragmented, true);
	}), {numRuns: 20});
});

test('IPv6 fragments are put together, options behind the fragment header included', () => {
	const options = join([17, 0], zeros(6));
	const whole = join(options, datagram);
	const frames = cut(whole, 1232, (part, at, more) => ethernet(ipv6(join(fragmentHeader(60, at, more, 99), part), {next: 44}), 0x86_dd));

	assert.deepEqual(dissect(frames).messages[0]!.payload, message);
});

test('two senders, identifications and VLANs do not mix', () => {
	const others = [cut4(datagram, 1480, 1, '10.0.0.2'), cut4(datagram, 1480, 2)];
	const frames = cut4(datagram).flatMap((frame, index) => [frame, ...others.map(other => other[index]!)]);

	assert.deepEqual(dissect(frames).messages.map(({payload}) => payload), [message, message, message]);
	const [first, ...rest] = cut4(datagram);
	const tagged = join(first!.subarray(0, 12), [0x81, 0, 0, 42], first!.subarray(12));
	assert.equal(dissect([tagged, ...rest]).messages.length, 0);
});

test('a copy of a fragment is ignored, as a capture on all interfaces makes them', () => {
	const {messages, faults} = dissect(cut4(datagram).flatMap(frame => [frame, frame]).slice(0, -1));

	assert.deepEqual([messages.length, faults], [1, []]);
});

test('fragments for nobody\'s group are not kept', () => {
	const frames = cut(datagram, 1480, (part, at, more) => ethernet(ipv4(part, {destination: '10.0.0.2', fragment: [at, more]})));

	const {messages, faults} = dissect(frames);
	assert.deepEqual([messages.length, faults.length], [0, 0]);
});

test('a first fragment cut by the capture gives its complete records', () => {
	const [first] = cut4(datagram);
	const {messages} = dissect([packetOf(first!.subarray(0, 200), {originalLength: first!.length})]);

	assert.deepEqual([messages[0]!.batch.partial, messages[0]!.batch.count, messages[0]!.datagram.claimedLength], [true, 4, message.length]);
});

test('a set that stays unfinished for 30 seconds is given up', () => {
	const {dissector, heard} = listen();
	dissector.packet(packetOf(cut4(datagram)[0]!, {timeUs: 5_000_000}));
	dissector.expire(34_999_999);
	assert.equal(heard.faults.length, 0);

	dissector.expire(35_000_000);
	assert.deepEqual(faultsOf(heard), ['fragment-timeout']);
	assert.equal(heard.faults[0]!.frame.source[0], 0x0a_00_00_01);
});

const collector = () => {
	const faults: string[] = [];
	const reassembler = createReassembler(fault => {
		faults.push(faultNames[fault]!);
	});
	const headers = (source: number, timeUs = 0): Datagram => ({...createDatagram(), timeUs, source: Int32Array.of(source, 0, 0, 0)});
	const span = (octets: Uint8Array, at: number, more: boolean, id = 1): Span => ({
		...createSpan(), view: viewOf(octets), end: octets.length, claimedEnd: octets.length, protocol: 17, isFragment: true,
		fragmentOffset: at, moreFragments: more, fragmentId: id,
	});
	return {faults, reassembler, headers, span};
};

const refusals = [
	['overlap with the one before', [[0, 16, true], [8, 16, true]], 'fragment-overlap'],
	['overlap with the one behind', [[8, 16, true], [0, 16, true]], 'fragment-overlap'],
	['another length at the same place', [[0, 16, true], [0, 8, true]], 'fragment-overlap'],
	['octets behind the end', [[8, 8, false], [16, 8, true]], 'fragment-oversized'],
	['a second end', [[8, 8, false], [24, 8, false]], 'fragment-oversized'],
	['an end before what came', [[24, 8, true], [8, 8, false]], 'fragment-oversized'],
	['more than 65535 octets', [[65_528, 16, true]], 'fragment-oversized'],
	['a length that is no multiple of 8', [[0, 9, true]], 'ip-length'],
	['no octets at all', [[8, 0, false]], 'ip-length'],
] as const;

for (const [name, parts, fault] of refusals) {
	test(`refused, and nothing of it kept: ${name}`, () => {
		const {faults, reassembler, headers, span} = collector();
		for (const [at, length, more] of parts) {
			assert.equal(reassembler.add(headers(1), span(zeros(length), at, more)), false);
		}

		assert.deepEqual([faults, reassembler.pending, reassembler.cost], [[fault], 0, 0]);
	});
}

test('one source keeps at most 64 sets, all together 1024', () => {
	const {faults, reassembler, headers, span} = collector();
	for (let id = 0; id < 100; id++) {
		reassembler.add(headers(1), span(zeros(8), 0, true, id));
	}

	assert.deepEqual([reassembler.pending, faults.length], [64, 36]);
	for (let source = 2; source < 3000; source++) {
		reassembler.add(headers(source), span(zeros(8), 0, true));
	}

	assert.equal(reassembler.pending, 1024);
	assert.ok(faults.every(fault => fault === 'fragment-limit'));
});

test('what is held stays below 4 MiB, and a set below 512 fragments', () => {
	const {reassembler, headers, span} = collector();
	for (let source = 0; source < 1000; source++) {
		for (let at = 0; at < 24_000; at += 8000) {
			reassembler.add(headers(source), span(zeros(8000), at, true));
			assert.ok(reassembler.cost <= 4 * 1024 * 1024);
		}
	}

	const small = collector();
	for (let at = 0; at < 8 * 600; at += 8) {
		small.reassembler.add(small.headers(1), small.span(zeros(8), at, true));
	}

	assert.deepEqual(small.faults, ['fragment-limit']);
});

test('any pieces of any datagram, in any order, give it back', () => {
	const pieces = fc.tuple(fc.uint8Array({minLength: 1, maxLength: 400}), fc.array(fc.integer({min: 1, max: 6}), {minLength: 1}), fc.infiniteStream(fc.nat()));
	fc.assert(fc.property(pieces, ([octets, sizes, keys]) => {
		const {faults, reassembler, headers, span} = collector();
		const parts: Span[] = [];
		for (let at = 0, index = 0; at < octets.length; index++) {
			const end = Math.min(at + sizes[index % sizes.length]! * 8, octets.length);
			parts.push(span(octets.slice(at, end), at, end < octets.length));
			at = end;
		}

		const order = parts.map(part => ({part, key: keys.next().value as number})).toSorted((one, other) => one.key - other.key);
		const done = order.map(({part}) => reassembler.add(headers(1), part));
		const last = order.at(-1)!.part;

		assert.deepEqual(done, parts.map((_, index) => index === parts.length - 1));
		assert.deepEqual(new Uint8Array(last.view.buffer, last.offset, last.end - last.offset), octets);
		assert.deepEqual([faults, reassembler.pending, reassembler.cost], [[], 0, 0]);
	}));
});
