/*
What a captured frame says of addresses and masters, read without any code of the program: what its desk is graded by must not come from it.
Ethernet only, with VLAN tags skipped; RFC 826 (ARP), RFC 4861 (neighbour advertisements), RFC 5798 and 3768 (VRRP, in AH too).
*/
import fs from 'node:fs';
import net from 'node:net';
import zlib from 'node:zlib';

export type Frame = {
	/** Since the Unix epoch. */
	readonly timeUs: number;
	readonly octets: Buffer;
};

/** Every frame of a pcap file, of microseconds or nanoseconds, in either byte order; what is cut at its end is left out. */
export const readFrames = (path: string): Frame[] => {
	const raw = fs.readFileSync(path);
	const file = raw.readUInt16BE(0) === 0x1f_8b ? zlib.gunzipSync(raw) : raw;
	const isLittle = [0xa1_b2_c3_d4, 0xa1_b2_3c_4d].includes(file.readUInt32LE(0));
	const at = (offset: number): number => isLittle ? file.readUInt32LE(offset) : file.readUInt32BE(offset);
	const divisor = at(0) === 0xa1_b2_3c_4d ? 1000 : 1;
	const frames: Frame[] = [];
	for (let offset = 24; offset + 16 <= file.length;) {
		const length = at(offset + 8);
		if (offset + 16 + length > file.length) {
			break;
		}

		frames.push({timeUs: (at(offset) * 1_000_000) + Math.floor(at(offset + 4) / divisor), octets: file.subarray(offset + 16, offset + 16 + length)});
		offset += 16 + length;
	}

	return frames;
};

export type Fact = {readonly mac: string} & (
	/** Somebody says that an address is its own: gratuitous ARP, or a neighbour advertisement that nobody asked for. */
	| {readonly kind: 'claim'; readonly address: string}
	/** Any other ARP message of an address. */
	| {readonly kind: 'arp'; readonly address: string; readonly asks: string | undefined}
	| {readonly kind: 'advert'; readonly source: string; readonly isUnicast: boolean; readonly vrid: number; readonly priority: number; readonly version: number; readonly intervalSeconds: number; readonly addresses: readonly string[]}
	| {readonly kind: 'sync'; readonly source: string; readonly records: number}
	/** IGMP, or MLD. */
	| {readonly kind: 'report'; readonly source: string; readonly of: 'igmp' | 'mld'}
);

const macText = (octets: Buffer, offset: number): string => octets.toString('hex', offset, offset + 6).replaceAll(/..(?!$)/gv, '$&:');

const address4 = (octets: Buffer, offset: number): string => octets.subarray(offset, offset + 4).join('.');

/** As a person writes it, so that it can be compared. */
export const plainAddress = (text: string): string => net.isIPv6(text) ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text;

const address6 = (octets: Buffer, offset: number): string =>
	plainAddress(Array.from({length: 8}, (_, index) => octets.readUInt16BE(offset + (2 * index)).toString(16)).join(':'));

const syncPort = 8848;

/** As the header of a message says: version 1 begins with 0 and has its count further on. */
const recordsAt = (octets: Buffer, at: number): number => octets.readUInt8(at) === 0 ? octets.readUInt8(at + 4) : octets.readUInt8(at);

const readAdvert = (octets: Buffer, at: number, source: string, mac: string, isUnicast: boolean): Fact | undefined => {
	const version = octets.readUInt8(at) >> 4;
	if ((octets.readUInt8(at) & 15) !== 1) {
		return undefined;
	}

	const isSix = source.includes(':');
	const count = octets.readUInt8(at + 3);
	const intervalSeconds = version === 2 ? octets.readUInt8(at + 5) : (octets.readUInt16BE(at + 4) & 0x0f_ff) / 100;
	const addresses = Array.from({length: count}, (_, index) => isSix ? address6(octets, at + 8 + (16 * index)) : address4(octets, at + 8 + (4 * index)));
	return {kind: 'advert', mac, source, isUnicast, version, vrid: octets.readUInt8(at + 1), priority: octets.readUInt8(at + 2), intervalSeconds, addresses};
};

const readIpv4 = (octets: Buffer, start: number, mac: string): Fact | undefined => {
	const source = address4(octets, start + 12);
	const at = start + ((octets.readUInt8(start) & 15) * 4);
	const isUnicast = octets.readUInt8(start + 16) < 224;
	const protocol = octets.readUInt8(start + 9);
	switch (protocol) {
		case 112: {
			return readAdvert(octets, at, source, mac, isUnicast);
		}

		case 51: {
			return octets.readUInt8(at) === 112 ? readAdvert(octets, at + ((octets.readUInt8(at + 1) + 2) * 4), source, mac, isUnicast) : undefined;
		}

		case 17: {
			return octets.readUInt16BE(at + 2) === syncPort ? {kind: 'sync', mac, source, records: recordsAt(octets, at + 8)} : undefined;
		}

		case 2: {
			return {kind: 'report', mac, source, of: 'igmp'};
		}

		default: {
			return undefined;
		}
	}
};

const readIpv6 = (octets: Buffer, start: number, mac: string): Fact | undefined => {
	const source = address6(octets, start + 8);
	let next = octets.readUInt8(start + 6);
	let at = start + 40;
	if (next === 0) {
		next = octets.readUInt8(at);
		at += 8 * (1 + octets.readUInt8(at + 1));
	}

	if (next === 112) {
		return readAdvert(octets, at, source, mac, octets.readUInt8(start + 24) !== 0xff);
	}

	if (next === 17 && octets.readUInt16BE(at + 2) === syncPort) {
		return {kind: 'sync', mac, source, records: recordsAt(octets, at + 8)};
	}

	if (next === 58 && [131, 143].includes(octets.readUInt8(at))) {
		return {kind: 'report', mac, source, of: 'mld'};
	}

	// A neighbour advertisement to all nodes, with the override flag.
	return next === 58 && octets.readUInt8(at) === 136 && octets.readUInt8(start + 24) === 0xff
		? {kind: 'claim', mac, address: address6(octets, at + 8)}
		: undefined;
};

/** Undefined for what says nothing of all this, or is cut before it does. */
export const readFact = ({octets}: Frame): Fact | undefined => {
	let start = 14;
	let type = octets.readUInt16BE(12);
	while (type === 0x81_00 || type === 0x88_a8) {
		type = octets.readUInt16BE(start + 2);
		start += 4;
	}

	const mac = macText(octets, 6);
	try {
		switch (type) {
			case 0x08_06: {
				const sender = address4(octets, start + 14);
				const target = address4(octets, start + 24);
				const claimant = macText(octets, start + 8);
				return sender === target && sender !== '0.0.0.0'
					? {kind: 'claim', mac: claimant, address: sender}
					: {kind: 'arp', mac: claimant, address: sender, asks: octets.readUInt16BE(start + 6) === 1 ? target : undefined};
			}

			case 0x08_00: {
				return readIpv4(octets, start, mac);
			}

			case 0x86_dd: {
				return readIpv6(octets, start, mac);
			}

			default: {
				return undefined;
			}
		}
	} catch (error) {
		if (error instanceof RangeError) {
			return undefined;
		}

		throw error;
	}
};

export type DatedFact = Fact & {readonly timeUs: number};

export const readFacts = (path: string): DatedFact[] => readFrames(path).flatMap(frame => {
	const fact = readFact(frame);
	return fact ? [{...fact, timeUs: frame.timeUs}] : [];
});
