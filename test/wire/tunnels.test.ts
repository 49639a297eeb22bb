/* Sync messages as mirror ports, agents and overlays wrap them, built here octet by octet. */
import assert from 'node:assert/strict';
import test from 'node:test';
import {createDissector} from '../../source/wire/dissect.js';
import {faultNames} from '../../source/wire/fault.js';
import {tagText} from '../../source/wire/link/tunnels.js';
import {ethernet, hex, ipv4, ipv6, join, messageV1, recordV1, udp, zeros} from './build.js';
import {readCapture} from './read-capture.js';

const inner = ethernet(ipv4(udp(messageV1([recordV1(), recordV1({ports: [51_001, 443, 443]})]))));
const tagged = ethernet(ipv4(udp(messageV1([recordV1()]))), 0x08_00, [12]);
const unicast = {source: '192.0.2.1', destination: '192.0.2.2'} as const;
const inGre = (...parts: ReadonlyArray<Uint8Array | number[]>): Uint8Array => ethernet(ipv4(join(...parts), {...unicast, protocol: 47}));
const inUdp = (port: number, ...parts: ReadonlyArray<Uint8Array | number[]>): Uint8Array => ethernet(ipv4(udp(join(...parts), {to: port}), unicast));

type Found = {records: number; tags: string[]; faults: string[]; source: number};

const dissect = (...frames: readonly Uint8Array[]): Found => {
	const found: Found = {records: 0, tags: [], faults: [], source: 0};
	const ignore = () => undefined;
	const dissector = createDissector({}, {
		sync({tags, tagCount, source}, {count}) {
			found.records += count;
			found.source = source[0]!;
			found.tags.push([...tags.subarray(0, tagCount)].map(tag => tagText(tag)).join('.'));
		},
		advert: ignore, report: ignore, claim: ignore,
		fault(fault) {
			found.faults.push(faultNames[fault]!);
		},
	});
	for (const octets of frames) {
		dissector.packet({view: new DataView(octets.buffer, octets.byteOffset, octets.length), offset: 0, length: octets.length, originalLength: octets.length, timeUs: 1e6, linkType: 1, place: 0});
	}

	return found;
};

const header = {
	erspan1: hex('0000 88be'),
	erspan2: join(hex('1000 88be 00000001'), hex('1000 0007 00000000')),
	erspan3: join(hex('1000 22eb 00000001'), hex('2000 0007 00000000 0000 0000')),
	erspan3WithPlatform: join(hex('1000 22eb 00000001'), hex('2000 03ff 00000000 0000 0001'), zeros(8)),
	gre: hex('0000 6558'),
	greAll: hex('b000 6558 00000000 00000005 00000001'),
	greKey: hex('2000 6558 00138801'),
	nvgre: hex('2000 6558 13880001'),
	vxlan: hex('08000000 00002a00'),
	geneve: hex('0200 6558 00002a00 0102030405060708'),
	tzsp: hex('01 00 0001 0a 01 2a 00 00 01'),
} as const;

const tunnels: ReadonlyArray<readonly [name: string, frame: Uint8Array, tag: string]> = [
	['ERSPAN I', inGre(header.erspan1, inner), 'erspan0'],
	['ERSPAN II', inGre(header.erspan2, inner), 'erspan7'],
	['ERSPAN III', inGre(header.erspan3, inner), 'erspan7'],
	['ERSPAN III with what its platform adds', inGre(header.erspan3WithPlatform, inner), 'erspan1023'],
	['GRE', inGre(header.gre, inner), 'gre'],
	['GRE with checksum, key and sequence', inGre(header.greAll, inner), 'gre5'],
	['GRE with a key of 24 bits', inGre(header.greKey, inner), 'gre1280001'],
	['NVGRE', inGre(header.nvgre, inner), 'nvgre1280000'],
	['VXLAN', inUdp(4789, header.vxlan, inner), 'vxlan42'],
	['VXLAN on the old port', inUdp(8472, header.vxlan, inner), 'vxlan42'],
	['VXLAN to a group', ethernet(ipv4(udp(join(header.vxlan, inner), {to: 4789}), {destination: '239.1.1.1'})), 'vxlan42'],
	['VXLAN over IPv6', ethernet(ipv6(udp(join(header.vxlan, inner), {to: 4789}), {destination: 'fd00::2'}), 0x86_dd), 'vxlan42'],
	['GENEVE with options', inUdp(6081, header.geneve, inner), 'geneve42'],
	['TZSP with tags', inUdp(37_008, header.tzsp, inner), 'tzsp'],
	['ERSPAN in VXLAN', inUdp(4789, header.vxlan, inGre(header.erspan2, inner)), 'vxlan42.erspan7'],
];

test('what a tunnel carries is decoded, and the tunnel stands among the tags', () => {
	for (const [name, frame, tag] of tunnels) {
		assert.deepEqual(dissect(frame), {records: 2, tags: [tag], faults: [], source: 0x0a_00_00_01}, name);
	}
});

test('VLAN tags stand where they are: outside the tunnel or in it', () => {
	assert.deepEqual(dissect(inGre(header.erspan2, tagged)).tags, ['erspan7.12']);
	assert.deepEqual(dissect(ethernet(ipv4(join(header.erspan2, tagged), {...unicast, protocol: 47}), 0x08_00, [5])).tags, ['5.erspan7.12']);
});

test('the third tunnel within another is not opened', () => {
	assert.deepEqual(dissect(inGre(header.gre, inGre(header.gre, inGre(header.gre, inner)))), {records: 0, tags: [], faults: [], source: 0});
});

test('what is no tunnel is passed over without a word, what is cut with its name', () => {
	const silent: ReadonlyArray<readonly [string, Uint8Array]> = [
		['GRE with IP', inGre(hex('0000 0800'), ipv4(udp(messageV1([recordV1()]))))],
		['GRE of version 1 (PPTP)', inGre(hex('2001 880b 00000000'), inner)],
		['VXLAN without a network', inUdp(4789, zeros(8), inner)],
		['GENEVE of another version', inUdp(6081, hex('4000 6558 00002a00'), inner)],
		['GENEVE with IP', inUdp(6081, hex('0000 0800 00002a00'), inner)],
		['TZSP of another medium', inUdp(37_008, hex('01 00 0012 01'), inner)],
		['ERSPAN III with bare IP', inGre(hex('1000 22eb 00000001 2000 0007 00000000 0000 0800'), inner)],
	];
	for (const [name, frame] of silent) {
		assert.deepEqual(dissect(frame), {records: 0, tags: [], faults: [], source: 0}, name);
	}

	for (const [name, frame] of tunnels) {
		const whole = frame.length;
		for (let cut = whole - inner.length - 3; cut < whole - inner.length + 14; cut++) {
			// As a packet of its own, whose outer headers say so.
			const short = Uint8Array.from(frame.subarray(0, cut));
			const {records} = dissect(short);
			assert.equal(records, 0, `${name} cut at ${cut}`);
		}
	}
});

test('fragments of a tunnel are put together, and so are those within', () => {
	const whole = join(header.erspan2, inner);
	const fragment = (octets: Uint8Array, offset: number, more: boolean, protocol: number): Uint8Array =>
		ethernet(ipv4(octets, {...unicast, protocol, fragment: [offset, more]}));
	const outer = [fragment(whole.subarray(0, 64), 0, true, 47), fragment(whole.subarray(64), 64, false, 47)];
	assert.deepEqual(dissect(...outer).tags, ['erspan7']);

	const message = udp(messageV1([recordV1(), recordV1()]));
	const innerFragments = [ethernet(ipv4(message.subarray(0, 48), {fragment: [0, true]})), ethernet(ipv4(message.subarray(48), {fragment: [48, false]}))];
	assert.equal(dissect(...innerFragments.map(octets => inGre(header.erspan2, octets))).records, 2);

	// A UDP tunnel shows its port in the first fragment only.
	const datagram = udp(join(header.vxlan, inner), {to: 4789});
	const first = fragment(datagram.subarray(0, 64), 0, true, 17);
	const last = fragment(datagram.subarray(64), 64, false, 17);
	assert.equal(dissect(first, last).records, 2);
	assert.equal(dissect(last, first).records, 0);
	const other = udp(join(header.vxlan, inner), {to: 2049});
	assert.deepEqual(dissect(fragment(other.subarray(0, 64), 0, true, 17), fragment(other.subarray(64), 64, false, 17)), {records: 0, tags: [], faults: [], source: 0});
});

test('the captures of mirror ports hold 60 records each', () => {
	for (const name of ['f-erspan2', 'f-gretap']) {
		const frames = readCapture(`files/${name}.pcap`).map(({view, offset, length}) => new Uint8Array(view.buffer, view.byteOffset + offset, length).slice());
		const {records} = dissect(...frames);
		assert.equal(records, 60, name);
	}
});
