import {createDissector} from '../../source/wire/dissect.js';
import {type Packet} from '../../source/wire/packet.js';
import {ethernet, hex, ipv4, ipv6, join, messageV0, messageV1, recordV0, recordV1, u16, u32, udp} from '../wire/build.js';
import {readCapture} from '../wire/read-capture.js';
import {bendFrames} from './bend-frames.js';
import {decodeFrames, encodeFrames, smallerFrames, type Frame, type Frames} from './frames.js';
import {createObserving, type Observing} from './observing.js';
import {must, type Target} from './target.js';

const frameOf = (octets: Uint8Array, timeUs = 1_795_305_600_000_000): Frame => ({octets, originalLength: octets.length, timeUs});

const fragments = (): Frames[] => {
	const datagram = udp(messageV1(Array.from({length: 100}, () => recordV1())));
	const parts = [0, 1480, 2960].map(at => ({at, part: datagram.subarray(at, at + 1480), more: at + 1480 < datagram.length}));
	return [
		{linkType: 1, frames: parts.map(({at, part, more}) => frameOf(ethernet(ipv4(part, {fragment: [at, more]}))))},
		{linkType: 1, frames: parts.map(({at, part, more}) => frameOf(ethernet(ipv6(join([17, 0], u16(at | Number(more)), u32(1), part), {next: 44}), 0x86_dd)))},
	];
};

/** A message in each kind of tunnel, and in two of them. */
const tunnelled = (): Frames[] => {
	const inner = ethernet(ipv4(udp(messageV1([recordV1()]))));
	const ends = {source: '192.0.2.1', destination: '192.0.2.2'} as const;
	const inGre = (header: string, frame: Uint8Array): Uint8Array => ethernet(ipv4(join(hex(header), frame), {...ends, protocol: 47}));
	const inUdp = (to: number, header: string): Uint8Array => ethernet(ipv4(udp(join(hex(header), inner), {to}), ends));
	const vxlan = inUdp(4789, '08000000 00002a00');
	return [
		inGre('0000 88be', inner), inGre('1000 88be 00000001 1000 0007 00000000', inner), inGre('1000 22eb 00000001 2000 03ff 00000000 0000 0001 0000000000000000', inner),
		inGre('b000 6558 00000000 00000005 00000001', inner), vxlan, inUdp(6081, '0200 6558 00002a00 0102030405060708'), inUdp(37_008, '01 00 0001 0a 01 2a 00 00 01'), inGre('0000 6558', vxlan),
	].map(octets => ({linkType: 1, frames: [frameOf(octets)]}));
};

const ofPackets = (packets: readonly Packet[]): Frames => ({
	linkType: packets[0]!.linkType,
	frames: packets.map(({view, offset, length, originalLength, timeUs}) =>
		({octets: new Uint8Array(view.buffer, view.byteOffset + offset, length).slice(), originalLength, timeUs})),
});

const captures = ['v0.pcap', 'ipv6-short.pcap', 'persistence.pcap', 'link.sll.pcap', 'link.sll2.pcap', 'link.snap96.pcap', 'link-vlan.vlan.pcap', 'failover-nopreempt.pcap'];

/** Real packets of every kind, `together` in one input and `most` inputs of each capture, and what the captures lack: fragments, options, sequence numbers. */
export const frameSeeds = (together: number, most = Infinity): Frames[] => {
	const sip = [[2, 3, 0x61, 0x62, 0x63], [3, 3, 0x73, 0x69, 0x70]];
	return [
		...captures.flatMap(name => {
			const packets = readCapture(name);
			return Array.from({length: Math.min(most, Math.ceil(packets.length / together))}, (_, index) => ofPackets(packets.slice(index * together, (index + 1) * together)));
		}),
		...fragments(),
		{linkType: 1, frames: [frameOf(ethernet(ipv4(udp(messageV1([recordV1({flags: 0x10_00, ports: [0, 1, 1], options: sip}), recordV1({type: 1})])))))]},
		{linkType: 1, frames: [frameOf(ethernet(ipv4(udp(messageV0([recordV0({flags: 0x06_00}), recordV0()])))))]},
		...tunnelled(),
	];
};

/** Packets stand in the middle of a larger view, as they do in a chunk of a file; `filler` lies around them. */
const createReader = (filler: number, margin: number, feature: (code: number) => void) => {
	const buffer = new Uint8Array(8192 + margin);
	const view = new DataView(buffer.buffer);
	const observing = createObserving(feature);
	const dissector = createDissector({}, observing.observer);
	const packet: Packet = {view, offset: margin, length: 0, originalLength: 0, timeUs: 0, linkType: 1, place: 0};
	return {
		observing,
		read({linkType, frames}: Frames): void {
			observing.clear();
			try {
				for (const {octets, originalLength, timeUs} of frames) {
					buffer.fill(filler);
					buffer.set(octets, margin);
					packet.length = octets.length;
					packet.originalLength = originalLength;
					packet.timeUs = timeUs;
					packet.linkType = linkType;
					const before = observing.deliveries();
					dissector.packet(packet);
					// The smallest thing that one can be told of is a group record of eight octets; waiting fragments give up beside it.
					must(observing.deliveries() - before <= 1024 + (octets.length / 8), 'more is delivered than a packet can hold');
				}
			} finally {
				// Whatever waits for its other fragments is given up, so that an input says the same whatever came before.
				dissector.expire(Infinity);
			}
		},
	};
};

export type WireTarget = Target<Frames> & {
	/** What the inputs so far were found to hold. */
	readonly observed: Pick<Observing, 'counts' | 'faults'>;
};

/** Frames, dissected: nothing is thrown, read outside a packet, or refused without a name; nothing is left over from packets before. */
export const createWireTarget = (): WireTarget => {
	let feature: (code: number) => void = () => undefined;
	const one = createReader(0x00, 0, code => {
		feature(code);
	});
	const two = createReader(0xff, 5, () => undefined);

	return {
		name: 'wire',
		covers: /\/source\/wire\/(?:[a-z]+\/)*(?!encode)[^\/]*\.ts/v,
		batch: 256,
		memoryLimit: 16 * 2 ** 20,
		observed: one.observing,
		seeds: () => frameSeeds(1),
		mutate: bendFrames,
		run(input, found) {
			feature = found;
			one.read(input);
			two.read(input);
			must(one.observing.digest() === two.observing.digest(), 'what lies outside a packet makes a difference');
		},
		examine(input) {
			const fresh = createReader(0x00, 0, () => undefined);
			fresh.read(input);
			one.read(input);
			must(fresh.observing.digest() === one.observing.digest(), 'what came before makes a difference');
		},
		shrink: smallerFrames,
		encode: encodeFrames,
		decode: decodeFrames,
	};
};
