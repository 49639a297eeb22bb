import {type Datagram} from '../wire/packet.js';

/** How long a copy may come after its original. */
const windowUs = 1_000_000;

/** A power of two. One message per slot: 4096 messages within the window are told apart. */
const slots = 4096;

/**
Recognises the copies that stacked devices make of one message: a VLAN device and its parent, a bridge and its port.
They carry the same source, ports, identification and octets, and are heard within a second of each other.
*/
export type Duplicates = {
	/** The segment where this message was first heard, when it is a copy; else -1. */
	originalOf(datagram: Datagram, segment: number): number;
};

const mix = (hash: number, word: number) => {
	const product = Math.imul(hash ^ word, 0x9e_37_79_b1);
	return product ^ (product >>> 15);
};

const hashOf = (datagram: Datagram) => {
	const {view, offset, length, source} = datagram;
	let hash = mix(mix(datagram.identification, (datagram.sourcePort << 16) | datagram.destinationPort), length);
	for (let word = 0; word < 4; word++) {
		hash = mix(hash, source[word]!);
	}

	// Where there is no identification (IPv6), the whole payload: some 360 words without fragments, 0.6 us. Else a few of its words will do.
	const step = datagram.identification > 0 ? 64 : 4;
	const end = offset + length - 3;
	for (let at = offset; at < end; at += step) {
		hash = mix(hash, view.getInt32(at));
	}

	return hash;
};

export const createDuplicates = (): Duplicates => {
	const hashes = new Int32Array(slots);
	const segments = new Int32Array(slots).fill(-1);
	const times = new Float64Array(slots);

	return {
		originalOf(datagram, segment) {
			const hash = hashOf(datagram);
			const slot = hash & (slots - 1);
			const original = segments[slot]!;
			// Without an identification (IPv6, joined sockets) two messages of one segment may well be equal.
			const tellable = original !== segment || datagram.identification > 0;
			if (hashes[slot] === hash && original !== -1 && tellable && Math.abs(datagram.timeUs - times[slot]!) <= windowUs) {
				return original;
			}

			hashes[slot] = hash;
			segments[slot] = segment;
			times[slot] = datagram.timeUs;
			return -1;
		},
	};
};
