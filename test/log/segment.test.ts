import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import {fullSight, type Place} from '../../source/capture/source.js';
import {createSegmentReader, createSegmentWriter, type SegmentItem} from '../../source/log/segment.js';
import {replayInto} from '../support/replay-engine.js';

const capture = path.join(import.meta.dirname, '../captures/v0.pcap');
const place: Place = {name: 'eth0', state: 'up', detail: '', drops: 0, sight: fullSight, kind: 'libpcap', address: '192.168.10.5/24'};

/** A segment of all frames of a capture, and what was in it. */
const segmentOf = async () => {
	const frames: Array<{timeUs: number; octets: Uint8Array}> = [];
	const writer = createSegmentWriter('test', 1_000_000, [place]);
	await replayInto({
		packet(packet) {
			frames.push({timeUs: packet.timeUs, octets: new Uint8Array(packet.view.buffer, packet.view.byteOffset + packet.offset, packet.length).slice()});
			writer.packet(packet);
		},
		datagram() {},
		advance() {},
		places() {},
	}, capture);
	writer.aside(2e15, {beat: 12.5});
	return {frames, octets: writer.take()!};
};

/** All items, given in chunks of some size. */
const readAll = (octets: Uint8Array, chunk: number) => {
	const reader = createSegmentReader();
	const items: Array<{kind: SegmentItem['kind']; timeUs: number; octets?: Uint8Array}> = [];
	let problem: string | undefined;
	for (let at = 0; at < octets.length && problem === undefined; at += chunk) {
		reader.push(octets.slice(at, at + chunk));
		for (let item = reader.next(); item !== 'more'; item = reader.next()) {
			if (typeof item === 'string') {
				problem = item;
				break;
			}

			items.push({kind: item.kind, timeUs: item.timeUs, ...(item.kind === 'packet' && {
				octets: new Uint8Array(item.packet.view.buffer, item.packet.view.byteOffset + item.packet.offset, item.packet.length).slice(),
			})});
		}
	}

	return {items, problem, offset: reader.offset()};
};

test('what is written to a segment is read from it, in chunks of any size', async () => {
	const {frames, octets} = await segmentOf();
	for (const chunk of [octets.length, 4096, 37]) {
		const {items, problem, offset} = readAll(octets, chunk);
		assert.equal(problem, undefined);
		assert.equal(offset, octets.length);
		assert.deepEqual(items.filter(({kind}) => kind === 'packet').map(({timeUs}) => timeUs), frames.map(({timeUs}) => timeUs));
		assert.equal(items.map(({kind}) => kind).filter(kind => kind === 'aside').length, 2);
	}
});

test('a joined socket\'s payload is read as it was heard', () => {
	const writer = createSegmentWriter('test', 1, [{...place, kind: 'joined'}]);
	const payload = Uint8Array.from({length: 41}, (_, index) => index);
	writer.datagram({
		timeUs: 5_000_000, place: 0, tags: new Int32Array(4), tagCount: 0, family: 6, source: Int32Array.of(1, 2, 3, -4), destination: Int32Array.of(-5, 6, 7, 8), sourcePort: 5, destinationPort: 8848,
		hopLimit: -1, identification: -1, sourceMacHigh: -1, sourceMacLow: 0, view: new DataView(payload.buffer), offset: 0, length: 41, claimedLength: 41, outgoing: false, fragmented: false,
	});
	const reader = createSegmentReader();
	reader.push(writer.take()!);
	reader.next();
	const item = reader.next();
	assert.ok(typeof item === 'object' && item.kind === 'datagram');
	const {view, offset, length, source, destination, ...rest} = item.datagram;
	assert.deepEqual(new Uint8Array(view.buffer, view.byteOffset + offset, length), payload);
	assert.deepEqual([[...source], [...destination]], [[1, 2, 3, -4], [-5, 6, 7, 8]]);
	assert.deepEqual([rest.identification, rest.hopLimit, rest.family, rest.sourcePort, rest.destinationPort, rest.claimedLength], [-1, -1, 6, 5, 8848, 41]);
});

test('no octets make the reader throw, or give it more than they hold', async () => {
	const {octets} = await segmentOf();
	fc.assert(fc.property(fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), {maxLength: 4}), fc.nat(4000), (bends, length) => {
		const bent = octets.slice(0, length);
		for (const [at, value] of bends) {
			if (at < bent.length) {
				bent[at] = value;
			}
		}

		assert.ok(readAll(bent, 512).items.length <= bent.length / 20);
	}), {numRuns: 2000});
});

test('passwords of adverts are blanked, and the adverts say the same', async () => {
	const {frames, octets} = await segmentOf();
	const after = readAll(octets, octets.length).items.filter(({kind}) => kind === 'packet');
	let blanked = 0;
	for (const [index, {octets: kept}] of after.entries()) {
		const {octets: heard} = frames[index]!;
		if (Buffer.compare(kept!, heard) === 0) {
			continue;
		}

		blanked++;
		// Ethernet and IPv4 without options in these captures: protocol 112, version 2, authentication type 1.
		const vrrp = heard.subarray(14 + ((heard[14]! & 15) * 4));
		assert.deepEqual([heard[23], vrrp[0]! >> 4, vrrp[4]], [112, 2, 1]);
		const message = kept!.subarray(14 + ((heard[14]! & 15) * 4));
		const addresses = message[3]! * 4;
		assert.ok(message.subarray(8 + addresses, 16 + addresses).every(octet => octet === 0));
		let sum = 0;
		for (let at = 0; at < 16 + addresses; at += 2) {
			sum += (message[at]! << 8) + message[at + 1]!;
		}

		while (sum > 0xff_ff) {
			sum = (sum & 0xff_ff) + (sum >>> 16);
		}

		assert.equal(sum, 0xff_ff);
	}

	assert.ok(blanked > 0, 'the capture has adverts with a password');
});
