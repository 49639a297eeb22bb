import {closeSync, openSync, writeSync} from 'node:fs';
import {encodeEthernet, encodeIpv4, encodeUdp, etherType, groupMac, ipProtocol} from '../../source/wire/link/encode-frame.js';
import {encodeSyncV1, type SentRecord} from '../../source/wire/sync/encode-sync.js';
import {encodeAdvertV2} from '../../source/wire/encode-vrrp.js';
import {type AddressWords} from '../../source/wire/packet.js';

export type Load = {
	readonly records: number;
	/** Open at once; none of them ends or expires. */
	readonly sessions: number;
	/** Of the sessions, 0 to 100. */
	readonly ipv6Percent: number;
	/** Messages in a second; 10 000 by default. */
	readonly packetsPerSecond?: number;
	/** Its director announces that it is master; else it is known by what it sends alone. */
	readonly adverts?: boolean;
};

const maxPayloadOctets = 1472;
const recordOctets = {4: 36, 6: 72} as const;
const virtualServices = 32;
const realServersEach = 8;
const startSeconds = 1_795_000_000;
/** Sessions are born evenly over this share of the records; the others update one that exists. */
const birthShare = 0.6;

const source = Int32Array.of(0x0a_ff_00_02, 0, 0, 0);
const syncGroup = Int32Array.of(0xe0_00_00_51, 0, 0, 0);
const vrrpGroup = Int32Array.of(0xe0_00_00_12, 0, 0, 0);

/** A bijection of 32-bit numbers that scatters neighbours (the finalizer of MurmurHash3). */
const scatter = (number: number): number => {
	let hash = number | 0;
	hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
	return hash ^ (hash >>> 16);
};

const states = [1, 1, 1, 1, 4, 5, 7] as const;
/** Too long to run out within a capture. */
const timeoutSeconds: Readonly<Record<number, number>> = {1: 900, 4: 120, 5: 120, 7: 60};

type MutableRecord = {-readonly [Key in keyof SentRecord]: SentRecord[Key]};

const createRecord = (): MutableRecord => ({
	family: 4,
	protocol: 6,
	flags: 0x83,
	state: 1,
	cport: 0,
	vport: 443,
	dport: 8443,
	fwmark: 0,
	timeoutSeconds: 900,
	caddr: new Int32Array(4),
	vaddr: new Int32Array(4),
	daddr: new Int32Array(4),
});

/** Everything about a session follows from its number, so that nothing of it is remembered. */
const describe = (record: MutableRecord, session: number, state: number, ipv6Percent: number): void => {
	const hash = scatter(session);
	const service = (hash >>> 8) % virtualServices;
	const server = (service * realServersEach) + ((hash >>> 16) % realServersEach);
	record.family = (hash >>> 20) % 100 < ipv6Percent ? 6 : 4;
	record.cport = 1024 + ((hash >>> 3) % 60_000);
	record.state = state;
	record.flags = state === 1 ? 0x83 : 0x1_83;
	record.timeoutSeconds = timeoutSeconds[state]!;
	if (record.family === 4) {
		record.caddr[0] = hash;
		record.vaddr[0] = 0xc0_00_02_00 | (service + 1);
		record.daddr[0] = 0x0a_09_00_00 | (server + 1);
		return;
	}

	record.caddr.set([0x20_01_0d_b8, 0xc0_00_00, 0, hash]);
	record.vaddr.set([0x20_01_0d_b8, 0, 0, service + 1]);
	record.daddr.set([0x20_01_0d_b8, 0x09_00_00, 0, server + 1]);
};

/** Writes a classic pcap file of one director's adverts and sync messages. Gives the number of messages. The same load is the same file. */
export const generateCapture = (path: string, {records, sessions, ipv6Percent, packetsPerSecond = 10_000, adverts = true}: Load): number => {
	const file = openSync(path, 'w');
	const chunk = Buffer.alloc(4 * 1024 * 1024);
	let filled = 0;
	const flush = (): void => {
		for (let written = 0; written < filled;) {
			written += writeSync(file, chunk, written, filled - written);
		}

		filled = 0;
	};

	chunk.writeUInt32LE(0xa1_b2_c3_d4, 0);
	chunk.writeUInt16LE(2, 4);
	chunk.writeUInt16LE(4, 6);
	chunk.writeUInt32LE(65_535, 16);
	chunk.writeUInt32LE(1, 20);
	filled = 24;

	const pool = Array.from({length: 40}, createRecord);
	let packets = 0;
	const writeFrame = (destination: AddressWords, packet: Pick<Parameters<typeof encodeIpv4>[0], 'protocol' | 'payload' | 'ttl'>): void => {
		const frame = encodeEthernet({
			source: [0, 0, 0x5e, 0, 0x53, 2],
			destination: groupMac(4, destination),
			etherType: etherType.ipv4,
			payload: encodeIpv4({...packet, source, destination, identification: packets & 0xff_ff}),
		});
		if (filled + 16 + frame.length > chunk.length) {
			flush();
		}

		chunk.writeUInt32LE(startSeconds + Math.floor(packets / packetsPerSecond), filled);
		chunk.writeUInt32LE((packets % packetsPerSecond) * (1_000_000 / packetsPerSecond), filled + 4);
		chunk.writeUInt32LE(frame.length, filled + 8);
		chunk.writeUInt32LE(frame.length, filled + 12);
		chunk.set(frame, filled + 16);
		filled += 16 + frame.length;
	};

	const writeMessage = (message: readonly SentRecord[]): void => {
		// A master advertises; a sender without adverts would not be trusted with a large share of a table
		if (adverts && packets % packetsPerSecond === 0) {
			const payload = encodeAdvertV2({vrid: 51, priority: 150, intervalSeconds: 1, addresses: [Int32Array.of(0xc0_00_02_01, 0, 0, 0)]});
			writeFrame(vrrpGroup, {protocol: ipProtocol.vrrp, payload, ttl: 255});
		}

		const payload = encodeSyncV1(51, message);
		writeFrame(syncGroup, {
			protocol: ipProtocol.udp,
			payload: encodeUdp({family: 4, source, destination: syncGroup, sourcePort: 40_793, destinationPort: 8848, payload}),
		});
		packets++;
	};

	const birthEvery = (records * birthShare) / sessions;
	let born = 0;
	let seed = 0x2a_2a_2a_2a;
	let count = 0;
	let octets = 8;
	for (let index = 0; index < records; index++) {
		seed ^= seed << 13;
		seed ^= seed >>> 17;
		seed ^= seed << 5;
		const isBirth = born < sessions && index >= born * birthEvery;
		const session = isBirth ? born++ : (seed >>> 0) % born;
		const record = pool[count]!;
		describe(record, session, isBirth ? 1 : states[(seed >>> 7) % states.length]!, ipv6Percent);
		octets += recordOctets[record.family];
		count++;
		// The longest record must fit after it
		if (count === pool.length || octets + recordOctets[6] > maxPayloadOctets + (ipv6Percent === 0 ? recordOctets[4] : 0)) {
			writeMessage(pool.slice(0, count));
			count = 0;
			octets = 8;
		}
	}

	if (count > 0) {
		writeMessage(pool.slice(0, count));
	}

	flush();
	closeSync(file);
	return packets;
};
