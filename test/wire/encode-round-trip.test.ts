import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {createDissector} from '../../source/wire/dissect.js';
import {encodeEthernet, encodeIpv4, encodeIpv6, encodeUdp, etherType, groupMac, ipProtocol} from '../../source/wire/link/encode-frame.js';
import {encodeSyncV0, encodeSyncV1, type SentRecord} from '../../source/wire/sync/encode-sync.js';
import {encodeAdvertV2, encodeAdvertV3} from '../../source/wire/encode-vrrp.js';
import {faultNames} from '../../source/wire/fault.js';
import {type Observer} from '../../source/wire/observation.js';
import {type Packet} from '../../source/wire/packet.js';
import {recordAt, recordWords, type RecordBatch} from '../../source/wire/sync/record-batch.js';

const director4 = Int32Array.of(0x0a_ff_00_02, 0, 0, 0);
const group4 = Int32Array.of(0xe0_00_00_51, 0, 0, 0);
const director6 = Int32Array.of(0xfe_80_00_00, 0, 0, 2);
const group6 = Int32Array.of(0xff_02_00_00, 0, 0, 0x81);
const mac = [0, 0, 0x5e, 0, 0x53, 2] as const;

const word = fc.integer({min: -(2 ** 31), max: (2 ** 31) - 1});
const port = fc.integer({min: 0, max: 65_535});
const address4 = word.map(first => Int32Array.of(first, 0, 0, 0));
const address6 = fc.tuple(word, word, word, word).map(words => Int32Array.from(words));
const peOctets = fc.uint8Array({minLength: 1, maxLength: 40});

/** Records as a master may send them: of IPv4 or IPv6, now and then with the data of a persistence engine. */
const record: fc.Arbitrary<SentRecord> = fc.boolean().chain(isIpv6 => fc.record({
	family: fc.constant(isIpv6 ? 6 : 4),
	protocol: fc.constant(6),
	flags: fc.integer({min: 0, max: 0x1_ff}),
	state: fc.integer({min: 0, max: 10}),
	cport: port,
	vport: port,
	dport: port,
	fwmark: word.map(mark => mark >>> 0),
	timeoutSeconds: word.map(seconds => seconds >>> 0),
	caddr: isIpv6 ? address6 : address4,
	vaddr: isIpv6 ? address6 : address4,
	daddr: isIpv6 ? address6 : address4,
}));
const template: fc.Arbitrary<SentRecord> = fc.tuple(record, peOctets).map(([base, peData]) =>
	({...base, flags: 0x10_00, state: 1, cport: 0, peData, peName: new TextEncoder().encode('sip')}));

const nothing: Observer = {sync() {}, advert() {}, report() {}, claim() {}, fault: code => assert.fail(faultNames[code])};

const dissect = (frame: Uint8Array<ArrayBuffer>, observer: Partial<Observer>): void => {
	const packet: Packet = {
		view: new DataView(frame.buffer),
		offset: 0,
		length: frame.length,
		originalLength: frame.length,
		timeUs: 0,
		linkType: 1,
		place: 0,
	};
	createDissector({}, {...nothing, ...observer}).packet(packet);
};

const syncFrame4 = (payload: Uint8Array, tags: number[] = []) => encodeEthernet({
	source: mac,
	destination: groupMac(4, group4),
	etherType: etherType.ipv4,
	tags,
	payload: encodeIpv4({
		source: director4,
		destination: group4,
		protocol: ipProtocol.udp,
		identification: 7,
		payload: encodeUdp({family: 4, source: director4, destination: group4, sourcePort: 4000, destinationPort: 8848, payload}),
	}),
});

const syncFrame6 = (payload: Uint8Array) => encodeEthernet({
	source: mac,
	destination: groupMac(6, group6),
	etherType: etherType.ipv6,
	payload: encodeIpv6({
		source: director6,
		destination: group6,
		nextHeader: ipProtocol.udp,
		payload: encodeUdp({family: 6, source: director6, destination: group6, sourcePort: 4000, destinationPort: 8848, payload}),
	}),
});

const recordOf = ({words}: RecordBatch, index: number) => {
	const at = index * recordWords;
	return {
		family: words[at + recordAt.family],
		protocol: words[at + recordAt.protocol],
		flags: words[at + recordAt.flags],
		state: words[at + recordAt.state],
		cport: words[at + recordAt.cport],
		vport: words[at + recordAt.vport],
		dport: words[at + recordAt.dport],
		fwmark: words[at + recordAt.fwmark]! >>> 0,
		timeoutSeconds: words[at + recordAt.timeoutSeconds]! >>> 0,
		caddr: words.slice(at + recordAt.caddr, at + recordAt.caddr + 4),
		vaddr: words.slice(at + recordAt.vaddr, at + recordAt.vaddr + 4),
		daddr: words.slice(at + recordAt.daddr, at + recordAt.daddr + 4),
	};
};

const connectionOf = ({peData: _data, peName: _name, sequences: _sequences, ...connection}: SentRecord) => connection;

test('what is written as version 1 is read back the same, over IPv4, IPv6 and VLANs', () => {
	const records = fc.array(fc.oneof({weight: 3, arbitrary: record}, template), {minLength: 1, maxLength: 20});
	fc.assert(fc.property(records, fc.array(fc.integer({min: 0, max: 4095}), {maxLength: 2}), (sent, tags) => {
		const payload = encodeSyncV1(51, sent);
		for (const frame of [syncFrame4(payload, tags), syncFrame6(payload)]) {
			let heard = 0;
			dissect(frame, {
				sync(datagram, batch) {
					heard++;
					assert.equal(batch.messageFault, 0);
					assert.equal(batch.syncid, 51);
					assert.equal(batch.count, sent.length);
					assert.equal(datagram.sourcePort, 4000);
					for (const [index, expected] of sent.entries()) {
						assert.deepEqual(recordOf(batch, index), connectionOf(expected));
						const at = index * recordWords;
						const start = datagram.offset + batch.words[at + recordAt.peDataOffset]!;
						const length = batch.words[at + recordAt.peDataLength]!;
						assert.deepEqual(
							expected.peData && new Uint8Array(datagram.view.buffer.slice(start, start + length)),
							expected.peData,
						);
					}
				},
			});
			assert.equal(heard, 1);
		}
	}));
});

test('what is written as version 0 is read back the same but for the fields that it lacks', () => {
	const ipv4Record = record.filter(({family}) => family === 4);
	fc.assert(fc.property(fc.array(ipv4Record, {minLength: 1, maxLength: 60}), sent => {
		let heard = 0;
		dissect(syncFrame4(encodeSyncV0(51, sent)), {
			sync(_datagram, batch) {
				heard += batch.count;
				assert.equal(batch.version, 0);
				for (const [index, expected] of sent.entries()) {
					assert.deepEqual(recordOf(batch, index), {...connectionOf(expected), fwmark: 0, timeoutSeconds: 0});
				}
			},
		});
		assert.equal(heard, sent.length);
	}));
});

test('adverts of both versions are read back the same', () => {
	const destination = Int32Array.of(0xe0_00_00_12, 0, 0, 0);
	const addresses = [Int32Array.of(0xc0_00_02_0a, 0, 0, 0), Int32Array.of(0xc0_00_02_35, 0, 0, 0)];
	const adverts = [
		encodeAdvertV2({vrid: 51, priority: 150, intervalSeconds: 2, addresses}),
		encodeAdvertV3({family: 4, source: director4, destination, vrid: 51, priority: 150, intervalCentiseconds: 200, addresses}),
	];
	for (const [index, payload] of adverts.entries()) {
		let heard = 0;
		dissect(encodeEthernet({
			source: mac,
			destination: groupMac(4, destination),
			etherType: etherType.ipv4,
			payload: encodeIpv4({source: director4, destination, protocol: ipProtocol.vrrp, ttl: 255, payload}),
		}), {
			advert(_frame, advert) {
				heard++;
				assert.deepEqual(
					[advert.version, advert.vrid, advert.priority, advert.intervalMs, advert.addressCount],
					[index + 2, 51, 150, 2000, 2],
				);
				assert.equal(advert.checksum, index === 0 ? 'plain' : 'pseudo-header');
			},
		});
		assert.equal(heard, 1);
	}
});
