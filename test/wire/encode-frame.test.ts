import assert from 'node:assert/strict';
import {test} from 'node:test';
import {encodeGratuitousArp, encodeNeighbourAdvertisement} from '../../source/wire/claims/encode-claim.js';
import {
	broadcastMac,
	encodeEthernet,
	encodeIpv4,
	encodeIpv6,
	encodeUdp,
	etherType,
	groupMac,
	ipProtocol,
	type Mac,
} from '../../source/wire/link/encode-frame.js';
import {encodeIgmpReport, encodeMldReport, reportRecord} from '../../source/wire/groups/encode-report.js';
import {encodeAdvertV2, encodeAdvertV3} from '../../source/wire/encode-vrrp.js';

const octetsOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
const words = (...values: number[]): Int32Array => Int32Array.from({length: 4}, (_, index) => values[index] ?? 0);

const directorMac: Mac = [0x52, 0x54, 0x00, 0x0a, 0x00, 0x0b];
const director = words(0xc0_a8_0a_0b);
const virtual = words(0xc0_a8_0a_64);
const syncGroup = words(0xe0_00_00_51);
const vrrpGroup = words(0xe0_00_00_12);
const reportGroup = words(0xe0_00_00_16);

test('an IGMPv3 join is, octet for octet, the frame of a Linux 6.1 backup that joins both groups', () => {
	const report = encodeIgmpReport([syncGroup, vrrpGroup].map(group => ({type: reportRecord.changeToExclude, group})));
	const packet = encodeIpv4({
		source: director,
		destination: reportGroup,
		protocol: ipProtocol.igmp,
		payload: report,
		typeOfService: 0xc0,
		dontFragment: true,
		options: octetsOf('94 04 00 00'),
	});

	assert.deepEqual(encodeEthernet({
		source: directorMac,
		destination: groupMac(4, reportGroup),
		etherType: etherType.ipv4,
		payload: packet,
	}), octetsOf(`
		01 00 5e 00 00 16 52 54 00 0a 00 0b 08 00 46 c0
		00 30 00 00 40 00 01 02 39 3e c0 a8 0a 0b e0 00
		00 16 94 04 00 00 22 00 15 99 00 00 00 02 04 00
		00 00 e0 00 00 51 04 00 00 00 e0 00 00 12`));
});

test('an IGMPv3 leave is that of a backup that stops listening', () => {
	assert.deepEqual(
		encodeIgmpReport([{type: reportRecord.changeToInclude, group: syncGroup}]),
		octetsOf('22 00 fa ac 00 00 00 01 03 00 00 00 e0 00 00 51'),
	);
});

test('a gratuitous ARP is the frame that keepalived sends for its address', () => {
	assert.deepEqual(encodeEthernet({
		source: directorMac,
		destination: broadcastMac,
		etherType: etherType.arp,
		payload: encodeGratuitousArp(directorMac, virtual),
	}), octetsOf(`
		ff ff ff ff ff ff 52 54 00 0a 00 0b 08 06 00 01
		08 00 06 04 00 01 52 54 00 0a 00 0b c0 a8 0a 64
		ff ff ff ff ff ff c0 a8 0a 64`));
});

test('an unsolicited neighbour advertisement is the frame that keepalived sends for its IPv6 address', () => {
	const address = words(0xfd_00_00_10, 0, 0, 0x1_00);
	const allNodes = words(0xff_02_00_00, 0, 0, 1);

	assert.deepEqual(encodeEthernet({
		source: directorMac,
		destination: groupMac(6, allNodes),
		etherType: etherType.ipv6,
		payload: encodeIpv6({
			source: address,
			destination: allNodes,
			nextHeader: ipProtocol.icmpv6,
			hopLimit: 255,
			payload: encodeNeighbourAdvertisement(directorMac, address, allNodes, address),
		}),
	}), octetsOf(`
		33 33 00 00 00 01 52 54 00 0a 00 0b 86 dd 60 00
		00 00 00 20 3a ff fd 00 00 10 00 00 00 00 00 00
		00 00 00 00 01 00 ff 02 00 00 00 00 00 00 00 00
		00 00 00 00 00 01 88 00 88 14 a0 00 00 00 fd 00
		00 10 00 00 00 00 00 00 00 00 00 00 01 00 02 01
		52 54 00 0a 00 0b`));
});

test('the checksum of a version 3 advert counts the pseudo-header, as keepalived has it', () => {
	const advert = encodeAdvertV3({
		family: 4,
		source: words(0x0a_00_00_01),
		destination: vrrpGroup,
		vrid: 53,
		priority: 150,
		intervalCentiseconds: 50,
		addresses: [words(0xcb_00_71_35), words(0xcb_00_71_36)],
	});

	assert.deepEqual(advert, octetsOf('31 35 96 02 00 32 d5 94 cb 00 71 35 cb 00 71 36'));
});

test('the checksum of a version 2 advert counts nothing around it', () => {
	// The real advert minus its password: the sums differ by the eight octets alone
	const advert = encodeAdvertV2({vrid: 51, priority: 150, intervalSeconds: 1, addresses: [words(0xcb_00_71_32)]});
	const sum = new DataView(advert.buffer);
	let total = 0;
	for (let at = 0; at < advert.length; at += 2) {
		total += sum.getUint16(at);
	}

	assert.equal(advert.length, 20);
	assert.equal(total % 0xff_ff, 0);
	assert.deepEqual(advert.subarray(0, 6), octetsOf('21 33 96 01 00 01'));
});

test('an MLD report has a checksum over its pseudo-header', () => {
	const source = words(0xfe_80_00_00, 0, 0x50_54_00_ff, 0xfe_0a_00_0b);
	const destination = words(0xff_02_00_00, 0, 0, 0x16);
	const report = encodeMldReport(source, destination, [{type: reportRecord.changeToExclude, group: words(0xff_02_00_00, 0, 1, 0xff_0a_00_0b)}]);
	const pseudo = new Uint8Array(40 + report.length);
	const view = new DataView(pseudo.buffer);
	for (let word = 0; word < 4; word++) {
		view.setInt32(word * 4, source[word]!);
		view.setInt32(16 + (word * 4), destination[word]!);
	}

	view.setUint32(32, report.length);
	view.setUint8(39, ipProtocol.icmpv6);
	pseudo.set(report, 40);
	let total = 0;
	for (let at = 0; at < pseudo.length; at += 2) {
		total += view.getUint16(at);
	}

	assert.equal(report[0], 143);
	assert.equal(total % 0xff_ff, 0);
});

test('a datagram of odd length has a checksum that adds up with its pseudo-header', () => {
	const udp = encodeUdp({
		family: 4,
		source: director,
		destination: syncGroup,
		sourcePort: 40_793,
		destinationPort: 8848,
		payload: octetsOf('01 02 03'),
	});
	const view = new DataView(new ArrayBuffer(12));
	let total = (0xc0_a8 + 0x0a_0b + 0xe0_00 + 0x00_51) + 17 + 11;
	for (const [index, octet] of udp.entries()) {
		view.setUint8(index, octet);
	}

	for (let at = 0; at < 12; at += 2) {
		total += view.getUint16(at);
	}

	assert.equal(total % 0xff_ff, 0);
	assert.equal(new DataView(udp.buffer).getUint16(4), 11);
});

test('of two tags the outer one is a service tag', () => {
	const frame = encodeEthernet({
		source: directorMac,
		destination: broadcastMac,
		etherType: etherType.arp,
		payload: new Uint8Array(0),
		tags: [100, 20],
	});

	assert.deepEqual(frame.subarray(12), octetsOf('88 a8 00 64 81 00 00 14 08 06'));
});

test('a fragment says where it belongs in units of eight octets', () => {
	const fragment = encodeIpv4({
		source: director,
		destination: syncGroup,
		protocol: ipProtocol.udp,
		identification: 0x93_31,
		payload: new Uint8Array(16),
		fragmentOffset: 1480,
		moreFragments: true,
	});

	assert.deepEqual(fragment.subarray(4, 9), octetsOf('93 31 20 b9 01'));
});
