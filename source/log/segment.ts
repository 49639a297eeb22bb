/*
A segment of a log: a pcapng file that tcpdump, tshark and Wireshark read, and in it all that an engine was given in that time, in the
order in which it got it. Octets in, octets out: who carries them, a file or a message, is not its business.

Times are those of the writer's timeline, which never go back; what the wall clock said is in the beats. An interface is a place where
frames were heard; one whose description begins with "joined" has frames made for payloads that a socket heard.

Besides frames there are blocks of a type that is free for local use (its highest bit is set), which other programs pass over:

   0  block type 0x80495053 (32)
   4  total length (32)
   8  time, upper and lower half (32, 32)
  16  JSON of an aside, padded with spaces
   n  total length (32)

The checkpoint at the head of a segment lies beside it, not in it: libpcap refuses files with a block of more than 16 MiB, and a
checkpoint is finished only when the segment has begun.
*/
import {Buffer} from 'node:buffer';
import {arrayOf, CheckpointError, decodeValue, encodeValue, flag, integer, oneOf, optional, real, struct, text, type Shape} from '../checkpoint/shape.js';
import {type Place} from '../capture/source.js';
import {framed} from '../recording/blocks.js';
import {encodeInterface, encodeSection, packetBlockOctets, writePacket} from '../savefile/encode-pcapng.js';
import {createDatagram} from '../wire/ip/datagram.js';
import {type Datagram, type Packet} from '../wire/packet.js';
import {blankPassword} from './blank-password.js';

const asideBlock = 0x80_49_50_53;
const sectionBlock = 0x0a_0d_0d_0a;
const interfaceBlock = 1;
const packetBlock = 6;
const rawIp = 101;
const name = text(1024);

/** What an engine was given beside frames. */
export type Aside = {
	/** All places, because one of them changed. */
	places?: Place[] | undefined;
	/** A remark of the person at the screen. */
	note?: string | undefined;
	/** Time passed: what to add to the timeline to get the wall clock's, in microseconds. */
	beat?: number | undefined;
	/** Nothing was heard since that time. */
	gap?: number | undefined;
	/** The host slept for so many microseconds. */
	slept?: number | undefined;
};

export const placeShape: Shape<Place> = struct<Place>({
	name,
	state: oneOf('opening', 'up', 'down', 'gone', 'ended', 'failed'),
	detail: text(65_536),
	drops: integer(0),
	sight: struct<Place['sight']>({sync: flag, vrrp: flag, arp: flag, groupReports: flag}),
	kind: name,
	address: name,
	own: optional(arrayOf(name, 1024)),
});

export const mostPlaces = 4096;

const asideShape = struct<Aside>({places: optional(arrayOf(placeShape, mostPlaces)), note: optional(text(4096)), beat: optional(real), gap: optional(real), slept: optional(real)});

/** The longest aside and the longest frame: each is far above what is heard. */
const mostBlockOctets = 4 * 1024 * 1024;
const mostFrameOctets = 262_144;

/** Makes the octets of a segment. */
export type SegmentWriter = {
	/** A frame that was captured; passwords are blanked in the copy. */
	packet(packet: Packet): void;
	datagram(datagram: Datagram): void;
	aside(timeUs: number, aside: Aside): void;
	/** Octets since the last call, whole blocks; undefined when there are none. They are the caller's. */
	take(): Uint8Array<ArrayBuffer> | undefined;
	/** Octets that wait to be taken. */
	waiting(): number;
};

const encodeAside = (timeUs: number, aside: Aside): Uint8Array => {
	const json = Buffer.from(JSON.stringify(encodeValue(asideShape, aside)));
	const total = 20 + (Math.ceil(json.length / 4) * 4);
	const octets = Buffer.alloc(total, 0x20);
	octets.writeUInt32LE(asideBlock, 0);
	octets.writeUInt32LE(total, 4);
	octets.writeUInt32LE(Math.floor(timeUs / 0x1_00_00_00_00), 8);
	octets.writeUInt32LE(Math.floor(timeUs) % 0x1_00_00_00_00, 12);
	json.copy(octets, 16);
	octets.writeUInt32LE(total, total - 4);
	return octets;
};

/** Begins a segment. `places`: as they are; each may be told again by `aside`. */
export const createSegmentWriter = (application: string, timeUs: number, places: readonly Place[]): SegmentWriter => {
	const interfaces = new Map<number, number>();
	let now = places;
	let room = Buffer.alloc(65_536);
	let end = 0;

	const reserve = (octets: number): number => {
		if (end + octets > room.length) {
			const larger = Buffer.alloc(Math.max(end + octets, room.length * 2));
			room.copy(larger, 0, 0, end);
			room = larger;
		}

		end += octets;
		return end - octets;
	};

	const put = (octets: Uint8Array): void => {
		// Making room may replace it.
		const at = reserve(octets.length);
		room.set(octets, at);
	};

	const interfaceOf = (place: number, linkType: number, isJoined: boolean): number => {
		const key = (((place * 2) + Number(isJoined)) * 0x1_00_00) + linkType;
		const known = interfaces.get(key);
		if (known !== undefined) {
			return known;
		}

		const heard = now[place];
		put(encodeInterface({
			linkType, name: `${place} ${heard?.name ?? '?'}`, description: `${isJoined ? 'joined ' : ''}${heard?.kind ?? ''} ${heard?.address ?? ''}`.trim(),
			comment: isJoined ? 'The IP and UDP headers are synthesised: a joined socket hears payloads and addresses only.' : undefined,
		}));
		interfaces.set(key, interfaces.size);
		return interfaces.size - 1;
	};

	const write = (packet: Packet, isJoined: boolean): void => {
		const id = interfaceOf(packet.place, packet.linkType, isJoined);
		const at = reserve(packetBlockOctets(packet.length, 0));
		const view = new DataView(room.buffer, room.byteOffset, room.byteLength);
		writePacket(view, at, id, packet.timeUs, packet, new Uint8Array(0));
		blankPassword({...packet, view, offset: at + 28});
	};

	const aside = (timeUs_: number, value: Aside): void => {
		now = value.places ?? now;
		put(encodeAside(timeUs_, value));
	};

	put(encodeSection({application, comment: 'A segment of a log of ipvstop. Passwords in VRRP adverts are blanked, their checksums mended.'}));
	aside(timeUs, {places: [...places]});
	return {
		packet(packet) {
			write(packet, false);
		},
		datagram(datagram) {
			const frame = framed(datagram);
			write({
				view: new DataView(frame.buffer), offset: 0, length: frame.length, originalLength: frame.length, timeUs: datagram.timeUs, linkType: rawIp, place: datagram.place,
			}, true);
		},
		aside,
		take() {
			if (end === 0) {
				return undefined;
			}

			const taken = new Uint8Array(end);
			taken.set(room.subarray(0, end));
			end = 0;
			return taken;
		},
		waiting: () => end,
	};
};

/** What a segment says next. Frames and payloads are borrowed until the next call. */
export type SegmentItem =
	| {readonly kind: 'packet'; readonly timeUs: number; readonly packet: Packet}
	| {readonly kind: 'datagram'; readonly timeUs: number; readonly datagram: Datagram}
	| {readonly kind: 'aside'; readonly timeUs: number; readonly aside: Aside};

export type SegmentReader = {
	/** Gives the octets that follow; they are the reader's. */
	push(octets: Uint8Array): void;
	/** 'more': the next block is not whole yet. A text says why nothing of the rest can be believed, and is final. Never throws. */
	next(): SegmentItem | 'more' | string;
	/** Octets of whole blocks so far. */
	offset(): number;
};

/** Undoes what was put in front of a payload that a socket heard. Gives false when that is not there. */
const unframe = ({view, offset, length, timeUs, place}: Packet, datagram: Datagram): boolean => {
	const isIpv6 = length > 0 && view.getUint8(offset) >> 4 === 6;
	const headers = isIpv6 ? 48 : 28;
	if (length < headers) {
		return false;
	}

	const addressAt = offset + (isIpv6 ? 8 : 12);
	const count = isIpv6 ? 4 : 1;
	datagram.source.fill(0);
	datagram.destination.fill(0);
	for (let word = 0; word < count; word++) {
		datagram.source[word] = view.getInt32(addressAt + (word * 4));
		datagram.destination[word] = view.getInt32(addressAt + ((count + word) * 4));
	}

	datagram.timeUs = timeUs;
	datagram.place = place;
	datagram.family = isIpv6 ? 6 : 4;
	datagram.sourcePort = view.getUint16(offset + headers - 8);
	datagram.destinationPort = view.getUint16(offset + headers - 6);
	datagram.view = view;
	datagram.offset = offset + headers;
	datagram.length = length - headers;
	datagram.claimedLength = Math.max(0, view.getUint16(offset + headers - 4) - 8);
	return datagram.claimedLength >= datagram.length;
};

type Interface = {readonly place: number; readonly linkType: number; readonly isJoined: boolean};

/** Reads an interface as `createSegmentWriter` writes it: its name begins with the number of its place. */
const readInterface = (block: Buffer): Interface | undefined => {
	let place: number | undefined;
	let isJoined = false;
	for (let at = 16; at + 4 <= block.length - 4;) {
		const code = block.readUInt16LE(at);
		const length = block.readUInt16LE(at + 2);
		if (code === 0 || at + 4 + length > block.length - 4) {
			break;
		}

		const value = block.toString('utf8', at + 4, at + 4 + length);
		if (code === 2) {
			const number = Number(/^(\d{1,4}) /v.exec(value)?.[1] ?? -1);
			place = number >= 0 && number < mostPlaces ? number : undefined;
		} else if (code === 3) {
			isJoined = value.startsWith('joined');
		}

		at += 4 + (Math.ceil(length / 4) * 4);
	}

	return place === undefined ? undefined : {place, linkType: block.readUInt16LE(8), isJoined};
};

export const createSegmentReader = (): SegmentReader => {
	const packet: Packet = {view: new DataView(new ArrayBuffer(0)), offset: 0, length: 0, originalLength: 0, timeUs: 0, linkType: 0, place: 0};
	const datagram = createDatagram();
	let interfaces: Interface[] = [];
	let octets: Buffer = Buffer.alloc(0);
	let at = 0;
	let passed = 0;
	let problem: string | undefined;

	const fail = (what: string): string => {
		problem = `${what} at octet ${passed + at}`;
		return problem;
	};

	const takePacket = (block: Buffer): SegmentItem | string => {
		const heard = interfaces[block.readUInt32LE(8)];
		const length = block.readUInt32LE(20);
		if (!heard || length > block.length - 32 || length > mostFrameOctets) {
			return fail('has a frame of no interface, or longer than its block');
		}

		packet.view = new DataView(block.buffer, block.byteOffset, block.byteLength);
		packet.offset = 28;
		packet.length = length;
		packet.originalLength = Math.max(length, block.readUInt32LE(24));
		packet.timeUs = (block.readUInt32LE(12) * 0x1_00_00_00_00) + block.readUInt32LE(16);
		packet.linkType = heard.linkType;
		packet.place = heard.place;
		if (!heard.isJoined) {
			return {kind: 'packet', timeUs: packet.timeUs, packet};
		}

		return unframe(packet, datagram) ? {kind: 'datagram', timeUs: packet.timeUs, datagram} : fail('has a payload without its headers');
	};

	const takeAside = (block: Buffer): SegmentItem | string => {
		try {
			const aside = decodeValue(asideShape, JSON.parse(block.toString('utf8', 16, block.length - 4)));
			return {kind: 'aside', timeUs: (block.readUInt32LE(8) * 0x1_00_00_00_00) + block.readUInt32LE(12), aside};
		} catch (error) {
			return fail(error instanceof CheckpointError ? `has an aside that ${error.message}` : 'has an aside that is no JSON');
		}
	};

	const take = (type: number, block: Buffer): SegmentItem | string | undefined => {
		switch (type) {
			case sectionBlock: {
				if (block.length < 28 || block.readUInt32LE(8) !== 0x1a_2b_3c_4d) {
					return fail('has a section of another byte order');
				}

				interfaces = [];
				return undefined;
			}

			case interfaceBlock: {
				const heard = block.length >= 20 && interfaces.length < mostPlaces * 4 ? readInterface(block) : undefined;
				if (!heard) {
					return fail('has an interface that is no place');
				}

				interfaces.push(heard);
				return undefined;
			}

			case packetBlock: {
				return block.length < 32 ? fail('has a frame without its block') : takePacket(block);
			}

			case asideBlock: {
				return block.length < 20 ? fail('has an aside without its time') : takeAside(block);
			}

			default: {
				return undefined;
			}
		}
	};

	return {
		push(more) {
			octets = at === octets.length ? Buffer.from(more.buffer, more.byteOffset, more.byteLength) : Buffer.concat([octets.subarray(at), more]);
			passed += at;
			at = 0;
		},
		next() {
			while (problem === undefined) {
				if (octets.length - at < 8) {
					return 'more';
				}

				const type = octets.readUInt32LE(at);
				const total = octets.readUInt32LE(at + 4);
				if (total < 12 || total % 4 !== 0 || total > mostBlockOctets || (passed + at === 0 && type !== sectionBlock)) {
					return fail(passed + at === 0 ? 'is no segment,' : 'has no block');
				}

				if (octets.length - at < total) {
					return 'more';
				}

				const block = octets.subarray(at, at + total);
				if (block.readUInt32LE(total - 4) !== total) {
					return fail('has a block with two lengths');
				}

				const item = take(type, block);
				if (typeof item === 'string') {
					return item;
				}

				at += total;
				if (item) {
					return item;
				}
			}

			return problem;
		},
		offset: () => passed + at,
	};
};
