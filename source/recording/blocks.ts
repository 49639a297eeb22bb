import {type Place} from '../capture/source.js';
import {encodeIpv4, encodeIpv6, encodeUdp, ipProtocol} from '../wire/link/encode-frame.js';
import {encodeComments, encodeInterface, encodeSection, encodeStatistics, packetBlockOctets, writePacket} from '../savefile/encode-pcapng.js';
import {type Datagram, type Packet} from '../wire/packet.js';

/** Whole blocks, to be written in one piece. */
export type RecordingChunk = {
	readonly octets: Uint8Array<ArrayBuffer>;
	readonly view: DataView;
	/** What is before it was written already. */
	start: number;
	end: number;
	/** Packets between `start` and `end`. */
	packets: number;
	/** Wall clock time of the first packet in microseconds, 0 without one. */
	firstUs: number;
	/** Interfaces that must have been described before it. */
	interfaces: number;
	/** It is about to be written: nothing is added any more. */
	sealed: boolean;
};

/** What is recorded, as blocks of pcapng in memory, bounded. */
export type RecordingBlocks = {
	packet(packet: Packet): void;
	/** A payload without a frame gets an IP and a UDP header; the interface says so. */
	datagram(datagram: Datagram): void;
	places(places: readonly Place[]): void;
	/** A remark, which becomes a comment of the next packet. */
	note(timeUs: number, text: string): void;
	/** The oldest chunk that has something in it, the same one until it is `release`d. */
	take(): RecordingChunk | undefined;
	release(chunk: RecordingChunk): void;
	/** The start of a file whose first chunk needs so many interfaces described. */
	header(interfaces: number): Uint8Array;
	/** Interfaces described so far. */
	interfaces(): number;
	/** Puts what was counted so far between the packets. */
	count(): void;
	/** The end of a file: what was counted on each interface, and remarks that no packet came after. */
	statistics(): Uint8Array;
	/** Packets taken in, and those that found no room. */
	taken(): number;
	lost(): number;
	/** Chunks that are full and wait. */
	waiting(): number;
};

type RecordingBlocksOptions = {
	/** Name and version of this program. */
	readonly application: string;
	readonly chunkOctets: number;
	/** Beyond this packets are dropped. */
	readonly mostChunks: number;
	/** From the timeline to the wall clock, in microseconds. */
	readonly toWallUs: (timeUs: number) => number;
};

const rawIp = 101;

type RecordedInterface = {readonly place: number; readonly block: Uint8Array; delivered: number};

const commentOf = (place: Place, synthesised: boolean): string | undefined => {
	if (synthesised) {
		return 'The IP and UDP headers are synthesised: a joined socket hears payloads and addresses only. TTL, IPv4 identification and whatever was below IP are unknown.';
	}

	if (place.kind === 'demo') {
		return 'Simulated by ipvstop --demo: these frames, headers included, are synthesised and were on no wire.';
	}

	return place.kind === 'ssh' || place.kind === 'command' ? `Heard through ${place.name} (${place.kind}).` : undefined;
};

const copyOf = ({view, offset, length}: Datagram): Uint8Array => new Uint8Array(view.buffer, view.byteOffset + offset, length);

export const framed = (datagram: Datagram): Uint8Array<ArrayBuffer> => {
	const {family, source, destination, hopLimit} = datagram;
	const udp = encodeUdp({...datagram, payload: copyOf(datagram)});
	const limit = hopLimit < 0 ? {} : {ttl: hopLimit, hopLimit};
	return family === 4
		? encodeIpv4({source, destination, protocol: ipProtocol.udp, payload: udp, ...limit})
		: encodeIpv6({source, destination, nextHeader: ipProtocol.udp, payload: udp, ...limit});
};

export const createRecordingBlocks = ({application, chunkOctets, mostChunks, toWallUs}: RecordingBlocksOptions): RecordingBlocks => {
	const described = new Map<number, number>();
	const interfaces: RecordedInterface[] = [];
	const queue: RecordingChunk[] = [];
	const spare: RecordingChunk[] = [];
	let places: readonly Place[] = [];
	let notes: string[] = [];
	let noteOptions: Uint8Array = new Uint8Array(0);
	let taken = 0;
	let lost = 0;
	let lastUs = 0;

	const chunkFor = (octets: number): RecordingChunk | undefined => {
		const last = queue.at(-1);
		if (last && !last.sealed && last.end + octets <= last.octets.length) {
			return last;
		}

		if (queue.length >= mostChunks) {
			return undefined;
		}

		let chunk = octets <= chunkOctets ? spare.pop() : undefined;
		if (!chunk) {
			const room = new Uint8Array(Math.max(chunkOctets, octets));
			chunk = {octets: room, view: new DataView(room.buffer), start: 0, end: 0, packets: 0, firstUs: 0, interfaces: 0, sealed: false};
		}

		Object.assign(chunk, {start: 0, end: 0, packets: 0, firstUs: 0, interfaces: interfaces.length, sealed: false});
		queue.push(chunk);
		return chunk;
	};

	/** Number of the interface of a place and link type; -1: there is no room to describe it. */
	const interfaceOf = (placeNumber: number, linkType: number, synthesised: boolean): number => {
		const key = (placeNumber * 0x1_00_00) + linkType;
		const known = described.get(key);
		if (known !== undefined) {
			return known;
		}

		const place = places[placeNumber];
		const block = encodeInterface({
			linkType,
			name: place?.name ?? `place ${placeNumber}`,
			description: place && [place.kind, place.address].filter(Boolean).join(' '),
			comment: place && commentOf(place, synthesised),
		});
		const chunk = chunkFor(block.length);
		if (!chunk) {
			return -1;
		}

		chunk.octets.set(block, chunk.end);
		chunk.end += block.length;
		described.set(key, interfaces.length);
		interfaces.push({place: placeNumber, block, delivered: 0});
		return interfaces.length - 1;
	};

	const statistics = (): Uint8Array => joined(interfaces.map(({place, delivered}, interfaceId) => {
		const dropped = places[place]?.drops ?? 0;
		const comments = interfaceId === 0 ? [...notes, ...(lost > 0 ? [`${lost} packets are not in this recording: they could not be written in time`] : [])] : [];
		return encodeStatistics({interfaceId, timeUs: lastUs, received: delivered + dropped, dropped, delivered, comments});
	}));

	const put = (packet: Packet, synthesised: boolean) => {
		const id = interfaceOf(packet.place, packet.linkType, synthesised);
		const chunk = id < 0 ? undefined : chunkFor(packetBlockOctets(packet.length, noteOptions.length));
		if (!chunk) {
			lost++;
			return;
		}

		const timeUs = toWallUs(packet.timeUs);
		lastUs = Math.max(lastUs, timeUs);
		chunk.end = writePacket(chunk.view, chunk.end, id, timeUs, packet, noteOptions);
		chunk.packets++;
		taken++;
		chunk.firstUs ||= timeUs;
		interfaces[id]!.delivered++;
		if (notes.length > 0) {
			notes = [];
			noteOptions = new Uint8Array(0);
		}
	};

	return {
		packet(packet) {
			put(packet, false);
		},
		datagram(datagram) {
			const frame = framed(datagram);
			put({
				view: new DataView(frame.buffer), offset: 0, length: frame.length, originalLength: frame.length,
				timeUs: datagram.timeUs, linkType: rawIp, place: datagram.place,
			}, true);
		},
		places(now) {
			places = now;
		},
		note(timeUs, text) {
			notes.push(`${new Date(toWallUs(timeUs) / 1000).toISOString()} ${text}`);
			noteOptions = encodeComments(notes);
		},
		take() {
			const [first] = queue;
			if (first) {
				first.sealed = true;
			}

			return first;
		},
		release(chunk) {
			queue.shift();
			if (chunk.octets.length === chunkOctets && spare.length < 4) {
				spare.push(chunk);
			}
		},
		header: count => joined([
			encodeSection({application}),
			...interfaces.slice(0, count).map(({block}) => block),
		]),
		interfaces: () => interfaces.length,
		count() {
			const octets = statistics();
			const chunk = chunkFor(octets.length);
			chunk?.octets.set(octets, chunk.end);
			if (chunk) {
				chunk.end += octets.length;
			}
		},
		statistics,
		taken: () => taken,
		lost: () => lost,
		waiting: () => Math.max(0, queue.length - 1),
	};
};

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
	const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}

	return whole;
};
