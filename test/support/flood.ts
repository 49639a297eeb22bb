/*
Traffic of forgers as a capture: a real pair of directors goes on as it does, and between its frames come forged ones of every
kind, each from a source of its own or from one of a few, all by a seed.
*/
import {addressOctets, checksum, ethernet, hex, ipv4, ipv6, join, messageV1, pseudoHeader, recordV1, u16, u32, udp, withChecksum} from '../wire/build.js';

/** Numbers that look like chance, the same for a seed. */
export const createChance = (seed: number) => {
	let state = seed | 1;
	const next = (): number => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return state >>> 0;
	};

	return {word: next, below: (limit: number): number => next() % limit};
};

export type Chance = ReturnType<typeof createChance>;

/** A frame that is used again and again with other octets in some places. */
type Template = {readonly octets: Uint8Array; alter(octets: Uint8Array, chance: Chance): void};

const ipAt = 14;
const sourceAt = ipAt + 12;

const put = (octets: Uint8Array, at: number, parts: ArrayLike<number>) => {
	octets.set(parts, at);
};

/** Any unicast IPv4 address; or one of `10.66.0.0/16` where there are to be few. */
const anySource = (octets: Uint8Array, chance: Chance, at = sourceAt) => {
	put(octets, at, [1 + chance.below(222), ...u32(chance.word()).slice(1)]);
};

const anyMac = (octets: Uint8Array, chance: Chance) => {
	put(octets, 6, [2, ...u32(chance.word()), chance.below(256)]);
};

export const syncFrame = ({source = '10.0.0.1', id = 1, from = 40_793, syncid = 7, records = [recordV1()], mac = '02 00 00 00 00 0a'}: {
	source?: string; id?: number; from?: number; syncid?: number; records?: readonly Uint8Array[]; mac?: string;
} = {}): Uint8Array => {
	const frame = ethernet(ipv4(udp(messageV1(records, {syncid}), {from}), {source, id}));
	frame.set(hex(mac), 6);
	return frame;
};

export const advertFrame = ({source = '10.0.0.1', vrid = 51, priority = 100, address = '203.0.113.10', id = 0, mac = '02 00 00 00 00 0a'}: {
	source?: string; vrid?: number; priority?: number; address?: string; id?: number; mac?: string;
} = {}): Uint8Array => {
	const advert = withChecksum(join([0x21, vrid, priority, 1, 0, 1, 0, 0], addressOctets(address), new Uint8Array(8)), 6);
	const frame = ethernet(ipv4(advert, {source, destination: '224.0.0.18', protocol: 112, ttl: 255, id}));
	frame.set(hex(mac), 6);
	return frame;
};

/** An IGMPv3 report: joins (4) or leaves (3) the sync group. */
export const reportFrame = ({source = '10.0.0.1', type = 4, group = '224.0.0.81', mac = '02 00 00 00 00 0a'}: {
	source?: string; type?: number; group?: string; mac?: string;
} = {}): Uint8Array => {
	const report = withChecksum(join([0x22, 0, 0, 0, 0, 0, 0, 1, type, 0, 0, 0], addressOctets(group)), 2);
	const frame = ethernet(ipv4(report, {source, destination: '224.0.0.22', protocol: 2, options: [0x94, 4, 0, 0]}));
	frame.set(hex(mac), 6);
	return frame;
};

/** A gratuitous ARP request. */
export const claimFrame = (address: string, mac: string): Uint8Array => join(
	hex('ff ff ff ff ff ff'), hex(mac), [8, 6, 0, 1, 8, 0, 6, 4, 0, 1], hex(mac), addressOctets(address), new Uint8Array(6), addressOctets(address),
);

const mldFrame = (): Uint8Array => {
	const body = join([143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0], addressOctets('ff02::1:ff00:1'));
	const message = withChecksum(body, 2, pseudoHeader('fe80::1', 'ff02::16', 58, body.length));
	return ethernet(ipv6(join([58, 0, 5, 2, 0, 0, 1, 0], message), {destination: 'ff02::16', next: 0}), 0x86_dd);
};

const udpAt = ipAt + 20;
const messageAt = udpAt + 8;
const recordAtOctet = messageAt + 8;

/** The IPv4 header's checksum is not checked by a listener behind the network card; VRRP's own is. */
const fixAdvert = (octets: Uint8Array) => {
	const at = ipAt + 20;
	put(octets, at + 6, [0, 0]);
	put(octets, at + 6, u16(checksum(octets.subarray(at))));
};

const alterRecord = (octets: Uint8Array, chance: Chance, at: number) => {
	put(octets, at + 8, u16(chance.below(12)));
	put(octets, at + 10, u16(1 + chance.below(65_535)));
	put(octets, at + 20, u32(1 + chance.below(100_000)));
	put(octets, at + 24, u32(chance.word()));
	put(octets, at + 28, u32(chance.word()));
	put(octets, at + 32, u32(chance.word()));
};

const sync: Template = {
	octets: syncFrame(),
	alter(octets, chance) {
		anyMac(octets, chance);
		anySource(octets, chance);
		put(octets, ipAt + 4, u16(chance.below(65_536)));
		put(octets, udpAt, u16(1024 + chance.below(60_000)));
		octets[messageAt + 1] = chance.below(256);
		alterRecord(octets, chance, recordAtOctet);
	},
};

const peRecord = recordV1({flags: 0x10_00, ports: [0, 5060, 5060], protocol: 17, options: [[0x02, 24, ...new Uint8Array(24).fill(0x41)], [0x03, 3, 0x73, 0x69, 0x70]]});

/** What forgers send, by name. */
export const forgeries = {
	sync,
	/** With the address of the real master. */
	fromKnown: {octets: syncFrame({source: '192.0.2.1'}), alter(octets, chance) {
		sync.alter(octets, chance);
		put(octets, sourceAt, [192, 0, 2, 1]);
	}},
	persistence: {octets: syncFrame({records: [peRecord]}), alter(octets, chance) {
		sync.alter(octets, chance);
		put(octets, recordAtOctet + 10, [0, 0]);
		for (let octet = 0; octet < 24; octet += 4) {
			put(octets, recordAtOctet + 38 + octet, u32(chance.word()));
		}
	}},
	tagged: {octets: ethernet(ipv4(udp(messageV1([recordV1()]))), 0x08_00, [1, 2]), alter(octets, chance) {
		anyMac(octets, chance);
		put(octets, 14, u16(1 + chance.below(4094)));
		put(octets, 18, u16(1 + chance.below(4094)));
		anySource(octets, chance, sourceAt + 8);
		alterRecord(octets, chance, recordAtOctet + 8);
	}},
	advert: {octets: advertFrame(), alter(octets, chance) {
		anyMac(octets, chance);
		anySource(octets, chance);
		octets[ipAt + 21] = 1 + chance.below(255);
		octets[ipAt + 22] = chance.below(256);
		put(octets, ipAt + 28, u32(chance.word()));
		fixAdvert(octets);
	}},
	report: {octets: reportFrame(), alter(octets, chance) {
		anyMac(octets, chance);
		anySource(octets, chance);
	}},
	mld: {octets: mldFrame(), alter: anyMac},
	claim: {octets: claimFrame('203.0.113.10', '02 00 00 00 00 0a'), alter(octets, chance) {
		anyMac(octets, chance);
		put(octets, 22, octets.subarray(6, 12));
		// The real VIP, or any other.
		const address = chance.below(2) === 0 ? [203, 0, 113, 10] : u32(chance.word());
		put(octets, 28, address);
		put(octets, 38, address);
	}},
	fragment: {octets: ethernet(ipv4(new Uint8Array(64), {fragment: [8, true]})), alter(octets, chance) {
		anyMac(octets, chance);
		anySource(octets, chance);
		put(octets, ipAt + 4, u16(chance.below(65_536)));
		put(octets, ipAt + 6, u16(0x20_00 | chance.below(8000)));
	}},
	noise: {octets: syncFrame({records: [recordV1(), recordV1()]}), alter(octets, chance) {
		sync.alter(octets, chance);
		for (let count = 0; count < 6; count++) {
			octets[ipAt + chance.below(octets.length - ipAt)] = chance.below(256);
		}
	}},
} as const satisfies Readonly<Record<string, Template>>;

export type Forgery = keyof typeof forgeries;

/** What the real pair says in a second, given the second's number: an advert and some sessions announced again. */
export const realPair = {master: '192.0.2.1', backup: '192.0.2.2', vip: '203.0.113.10', sessions: 8, syncid: 51, vrid: 51} as const;

export const realSecond = (second: number): Uint8Array[] => [
	...(second === 0 ? [reportFrame({source: realPair.backup, mac: '52 54 00 00 00 02'})] : []),
	advertFrame({source: realPair.master, vrid: realPair.vrid, priority: 150, address: realPair.vip, mac: '52 54 00 00 00 01', id: second + 1}),
	syncFrame({
		source: realPair.master, mac: '52 54 00 00 00 01', syncid: realPair.syncid, id: second + 1, from: 40_793,
		records: Array.from({length: realPair.sessions}, (_, index) => recordV1({ports: [50_000 + index, 443, 443], addresses: ['198.51.100.7', realPair.vip, '10.0.0.21'], flags: 0x1})),
	}),
];

export type FloodOptions = {
	readonly kinds: readonly Forgery[];
	/** Forged frames in each second, and for how many seconds. */
	readonly perSecond: number;
	readonly seconds: number;
	/** The second of the first forged frame. */
	readonly from?: number;
	readonly seed?: number;
	/** Whether there is a real pair. */
	readonly real?: boolean;
	readonly startUs?: number;
};

const startOf2026Us = 1_767_225_600_000_000;

/**
The flood as pieces of a little-endian pcap file, header first.

@yields A second of it.
*/
export function * floodFile({kinds, perSecond, seconds, from = 0, seed = 1, real = true, startUs = startOf2026Us}: FloodOptions): Generator<Uint8Array> {
	const chance = createChance(seed);
	const header = new DataView(new ArrayBuffer(24));
	header.setUint32(0, 0xa1_b2_c3_d4, true);
	header.setUint16(4, 2, true);
	header.setUint16(6, 4, true);
	header.setUint32(16, 262_144, true);
	header.setUint32(20, 1, true);
	yield new Uint8Array(header.buffer);
	const templates = kinds.map(kind => ({octets: Uint8Array.from(forgeries[kind].octets), alter: forgeries[kind].alter}));
	for (let second = 0; second < from + seconds; second++) {
		const piece = new Uint8Array(real ? 4096 : 0);
		const forged = second < from ? 0 : perSecond;
		const room = new Uint8Array(piece.length + (forged * 400));
		const view = new DataView(room.buffer);
		let at = 0;
		const write = (octets: Uint8Array, timeUs: number) => {
			view.setUint32(at, Math.floor(timeUs / 1e6), true);
			view.setUint32(at + 4, timeUs % 1e6, true);
			view.setUint32(at + 8, octets.length, true);
			view.setUint32(at + 12, octets.length, true);
			room.set(octets, at + 16);
			at += 16 + octets.length;
		};

		const secondUs = startUs + (second * 1e6);
		for (const frame of real ? realSecond(second) : []) {
			write(frame, secondUs);
		}

		for (let index = 0; index < forged; index++) {
			const {octets, alter} = templates[index % templates.length]!;
			alter(octets, chance);
			write(octets, secondUs + 1 + Math.floor(index * 999_998 / forged));
		}

		yield room.subarray(0, at);
	}
}
