import {test} from 'node:test';
import assert from 'node:assert/strict';
import {linkType} from '../../source/wire/link/frame.js';
import {type Packet} from '../../source/wire/packet.js';
import {
	dissect, ethernet, faultsOf, hex, ipv4, ipv6, join, messageV1, packetOf, recordV1, u16, udp, zeros,
} from './build.js';

const message = messageV1([recordV1()]);
const packet4 = ipv4(udp(message));
const packet6 = ipv6(udp(message));

/** Tags and MAC of the only message heard. */
const only = (frame: Uint8Array | Packet) => {
	const {messages, faults} = dissect([frame]);
	assert.deepEqual([faults, messages.length], [[], 1]);
	const {datagram, payload} = messages[0]!;
	assert.deepEqual(payload, message);
	return datagram;
};

const tagsOf = (frame: Uint8Array | Packet): number[] => {
	const {tags, tagCount} = only(frame);
	return [...tags.subarray(0, tagCount)];
};

const tagged = (...types: ReadonlyArray<readonly [type: number, tci: number]>) =>
	join(zeros(12), types.flatMap(([type, tci]) => [...u16(type), ...u16(tci)]), [0x08, 0x00], packet4);

test('an Ethernet frame says who sent it, from where to where', () => {
	const datagram = only(ethernet(packet4));

	assert.deepEqual(
		[datagram.sourceMacHigh, datagram.sourceMacLow, datagram.source[0], datagram.destination[0]! >>> 0, datagram.sourcePort, datagram.destinationPort],
		[0x02_00, 10, 0x0a_00_00_01, 0xe0_00_00_51, 40_793, 8848],
	);
	assert.deepEqual([datagram.hopLimit, datagram.identification, datagram.family, datagram.fragmented, datagram.outgoing], [1, 7, 4, false, false]);
});

test('VLAN tags are read outermost first', () => {
	assert.deepEqual(tagsOf(tagged([0x81_00, 0xe0_2a])), [42]);
	assert.deepEqual(tagsOf(tagged([0x88_a8, 100], [0x81_00, 42])), [100, 42]);
	assert.deepEqual(tagsOf(tagged([0x91_00, 1], [0x91_00, 2], [0x81_00, 3], [0x81_00, 4])), [1, 2, 3, 4]);
});

test('a priority tag belongs to no VLAN', () => {
	assert.deepEqual(tagsOf(tagged([0x81_00, 0xe0_00])), []);
});

test('a fifth tag is one too many', () => {
	const tag = [0x81_00, 1] as const;
	assert.deepEqual(faultsOf(dissect([tagged(tag, tag, tag, tag, tag)])), ['link-type']);
});

test('the tags of one frame are not those of the next', () => {
	const {messages} = dissect([tagged([0x81_00, 42]), ethernet(packet4)]);

	assert.deepEqual(messages.map(({datagram}) => datagram.tagCount), [1, 0]);
});

const sll = (type: number, tag: readonly number[] = []) =>
	join(u16(type), [0, 1, 0, 6], hex('02 00 00 00 00 0b'), [0, 0], tag, [0x08, 0x00], packet4);

test('a Linux cooked frame tells what the capturing host sent itself', () => {
	const heard = only(packetOf(sll(1), {linkType: linkType.linuxSll}));
	const sent = only(packetOf(sll(4), {linkType: linkType.linuxSll}));

	assert.deepEqual([heard.outgoing, heard.sourceMacHigh, heard.sourceMacLow], [false, 0x02_00, 11]);
	assert.equal(sent.outgoing, true);
});

test('a Linux cooked frame may carry a tag that libpcap put back', () => {
	assert.deepEqual(tagsOf(packetOf(sll(1, [0x81, 0x00, 0x00, 0x2a]), {linkType: linkType.linuxSll})), [42]);
});

test('a Linux cooked frame of version 2 has its protocol in front', () => {
	const frame = join([0x08, 0x00], zeros(2), [0, 0, 0, 3], [0, 1], [4, 6], hex('02 00 00 00 00 0c'), zeros(2), packet4);
	const datagram = only(packetOf(frame, {linkType: linkType.linuxSll2}));

	assert.deepEqual([datagram.outgoing, datagram.sourceMacLow], [true, 12]);
});

test('raw IP comes in six kinds', () => {
	for (const type of [linkType.raw, linkType.rawBsd, linkType.rawOpenBsd]) {
		only(packetOf(packet4, {linkType: type}));
		only(packetOf(packet6, {linkType: type}));
	}

	only(packetOf(packet4, {linkType: linkType.ipv4}));
	const datagram = only(packetOf(packet6, {linkType: linkType.ipv6}));
	assert.deepEqual([datagram.sourceMacHigh, datagram.family, datagram.identification], [-1, 6, -1]);
});

test('BSD loopback has the address family in either order, OpenBSD loopback in one', () => {
	for (const [type, family, packet] of [
		[linkType.null, '02 00 00 00', packet4], [linkType.null, '00 00 00 02', packet4], [linkType.loop, '00 00 00 02', packet4],
		[linkType.null, '1e 00 00 00', packet6], [linkType.null, '1c 00 00 00', packet6], [linkType.null, '00 00 00 18', packet6],
		[linkType.null, '0a 00 00 00', packet6], [linkType.loop, '00 00 00 18', packet6],
	] as const) {
		only(packetOf(join(hex(family), packet), {linkType: type}));
	}

	assert.equal(dissect([packetOf(join(hex('02 00 00 00'), packet4), {linkType: linkType.loop})]).messages.length, 0);
});

test('an unknown link type is a fault', () => {
	assert.deepEqual(faultsOf(dissect([packetOf(packet4, {linkType: 9})])), ['link-type']);
});

test('frames shorter than their link header are faults', () => {
	for (const [type, length] of [[1, 13], [113, 15], [276, 19], [0, 3], [101, 0]] as const) {
		assert.deepEqual(faultsOf(dissect([packetOf(zeros(length), {linkType: type})])), ['link-truncated'], `${type}`);
	}

	assert.deepEqual(faultsOf(dissect([tagged([0x81_00, 1]).subarray(0, 16)])), ['link-truncated']);
});

test('padding of a short frame is not part of the packet', () => {
	only(join(ethernet(packet4), zeros(46)));
});

test('IPv4 options are stepped over', () => {
	only(ethernet(ipv4(udp(message), {options: [0x94, 4, 0, 0, 1, 1, 1, 0]})));
});

test('an IPv4 packet that lies about its length is refused', () => {
	const lies = [
		ethernet(ipv4(udp(message), {totalLength: 19})),
		ethernet(ipv4(udp(message), {totalLength: 2000})),
		ethernet(join([0x44], packet4.subarray(1))),
		ethernet(join([0x4f], ipv4(zeros(8)).subarray(1))),
	];

	assert.deepEqual(faultsOf(dissect(lies)), ['ip-length', 'ip-length', 'ip-length', 'ip-length']);
	assert.deepEqual(faultsOf(dissect([ethernet(packet4.subarray(0, 19)), ethernet(join([0x55], packet4.subarray(1)))])), ['ip-truncated', 'ip-version']);
});

test('a fault names the sender as far as it was read', () => {
	const {faults} = dissect([ethernet(packet4), ethernet(packet4.subarray(0, 19)), ethernet(ipv4(udp(message, {length: 3}), {source: '10.0.0.9'}))]);

	assert.deepEqual(faults.map(({frame}) => frame.source[0]), [0, 0x0a_00_00_09]);
});

const extension = (next: number, octets = 8) => join([next, octets / 8 - 1], zeros(octets - 2));

test('IPv6 extension headers are stepped over', () => {
	const chain = join(extension(43, 8), extension(60, 24), extension(44, 16), [17, 0, 0, 0, 0, 0, 0, 1], udp(message));

	only(ethernet(ipv6(chain, {next: 0}), 0x86_dd));
});

test('an endless or broken chain of extension headers is refused', () => {
	const endless = join(...Array.from({length: 100}, () => extension(60)));
	const frames = [
		ethernet(ipv6(endless, {next: 60}), 0x86_dd),
		ethernet(ipv6(join([17, 200], zeros(6)), {next: 0}), 0x86_dd),
		ethernet(ipv6(zeros(4), {next: 0}), 0x86_dd),
	];

	assert.deepEqual(faultsOf(dissect(frames)), ['extension-header', 'extension-header', 'extension-header']);
});

test('an IPv6 packet that lies about its length is refused', () => {
	assert.deepEqual(faultsOf(dissect([ethernet(ipv6(udp(message), {payloadLength: 2000}), 0x86_dd)])), ['ip-length']);
	assert.deepEqual(faultsOf(dissect([ethernet(packet6.subarray(0, 39), 0x86_dd)])), ['ip-truncated']);
});

test('IPv6 sync has no default group, so every multicast address is taken', () => {
	assert.equal(dissect([ethernet(ipv6(udp(message), {destination: 'ff15::1234'}), 0x86_dd)]).messages.length, 1);
	assert.equal(dissect([ethernet(ipv6(udp(message), {destination: 'fe80::2'}), 0x86_dd)]).messages.length, 0);
});

test('a capture cut inside the message keeps what is whole', () => {
	const frame = ethernet(ipv4(udp(messageV1([recordV1(), recordV1()]))));
	const {messages} = dissect([packetOf(frame.subarray(0, 96), {originalLength: frame.length})]);

	assert.deepEqual([messages[0]!.batch.count, messages[0]!.batch.partial, messages[0]!.batch.restFault], [1, true, 0]);
});
