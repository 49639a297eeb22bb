import {type Datagram} from '../wire/packet.js';

/** How long a copy may come after its original. */
const windowUs = 1_000_000;

/**
Powers of two. Messages of one hash share a set of places, of which the oldest is given up: an interface hands over a batch
before the other one hands over its copies, so that with single places some hundred messages were enough to miss a copy.
*/
const sets = 4096;
const ways = 4;

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

/** The messages that were heard last, by place. */
export type DuplicateState = {
	readonly hashes: Int32Array;
	/** -1 where there is none. */
	readonly segments: Int32Array;
	readonly times: Float64Array;
};

export const createDuplicateState = (): DuplicateState => ({
	hashes: new Int32Array(sets * ways),
	segments: new Int32Array(sets * ways).fill(-1),
	times: new Float64Array(sets * ways),
});

export const createDuplicates = (state = createDuplicateState()): Duplicates => {
	const {hashes, segments, times} = state;

	return {
		originalOf(datagram, segment) {
			const hash = hashOf(datagram);
			const first = (hash & (sets - 1)) * ways;
			// Without an identification (IPv6, joined sockets) two messages of one segment may well be equal.
			const isTellable = datagram.identification > 0;
			let place = first;
			for (let at = first; at < first + ways; at++) {
				const original = segments[at]!;
				if (hashes[at] === hash && original !== -1 && Math.abs(datagram.timeUs - times[at]!) <= windowUs) {
					if (isTellable || original !== segment) {
						return original;
					}

					place = at;
					break;
				}

				place = times[at]! < times[place]! ? at : place;
			}

			hashes[place] = hash;
			segments[place] = segment;
			times[place] = datagram.timeUs;
			return -1;
		},
	};
};
