import {fillRandom} from '../table/keyed-hash.js';
import {type Datagram} from '../wire/packet.js';
import {secondUs} from '../wire/second.js';

/** How long a copy may come after its original. */
const windowUs = secondUs;

/**
Powers of two. Messages of one hash share a set of places, of which the oldest is given up: an interface hands over a batch
before the other one hands over its copies, so that with single places some hundred messages were enough to miss a copy.
*/
const sets = 4096;
const ways = 4;

/**
Recognises the copies that stacked devices make of one message: a VLAN device and its parent, a bridge and its port.
They are alike in everything, and are heard within a second of each other.
*/
type Duplicates = {
	/** The segment where this message was first heard, when it is a copy; else -1. */
	originalOf(datagram: Datagram, segment: number): number;
};

/** Two multiplications: after one, a change of the highest bit would be the same under every key, and another change could undo it. */
const fold = (word: number, key: number): number => {
	const product = Math.imul(word, key);
	return Math.imul(product ^ (product >>> 16), key);
};

/** Keeps a number from being even, so that nothing is lost by multiplying with it. */
const odd = (word: number): number => word | 1;

/*
Two hashes of all that a copy has in common with its original: addresses, ports, identification, hop limit, length and every octet. One hash
left 20 bits beside the place before: in a file of 125 000 messages one was lost as the copy of another. Every octet counts though the
identification tells most apart: 16 bits of it come round within a second where 65 536 messages do.
*/
let one = 0;
let other = 0;

const hashMessage = (datagram: Datagram, key: Int32Array): void => {
	const {view, offset, length, source, destination} = datagram;
	const keyA = odd(key[0]!);
	const keyB = odd(key[1]!);
	const keyC = odd(Math.imul(key[0]! ^ (key[1]! >>> 15), 0x9e_37_79_b1));
	const keyD = odd(Math.imul(key[1]! ^ (key[0]! >>> 13), 0x85_eb_ca_6b));
	let a = fold(keyC ^ ((datagram.identification << 8) ^ datagram.hopLimit), keyA);
	let b = fold(keyD ^ ((datagram.sourcePort << 16) | datagram.destinationPort), keyB);
	let c = fold(b ^ length, keyC);
	let d = fold(a ^ ((datagram.claimedLength << 1) ^ datagram.family), keyD);
	for (let word = 0; word < 4; word++) {
		a = fold(a ^ source[word]!, keyA);
		b = fold(b ^ destination[word]!, keyB);
		c = fold(c ^ destination[word]!, keyC);
		d = fold(d ^ source[word]!, keyD);
	}

	// Four lanes that take turns, since a chain of multiplications waits for itself: 0.25 us for 1304 octets, or 7 ns a record.
	const end = offset + length;
	let at = offset;
	for (; at < end - 15; at += 16) {
		a = fold(a ^ view.getInt32(at), keyA);
		b = fold(b ^ view.getInt32(at + 4), keyB);
		c = fold(c ^ view.getInt32(at + 8), keyC);
		d = fold(d ^ view.getInt32(at + 12), keyD);
	}

	for (; at < end; at++) {
		a = fold(a ^ view.getUint8(at), keyA);
		d = fold(d ^ view.getUint8(at), keyD);
	}

	one = fold(fold(fold(fold(a, keyB) ^ b, keyC) ^ c, keyD) ^ d, keyA);
	other = fold(fold(fold(fold(d, keyC) ^ c, keyB) ^ b, keyA) ^ a, keyD);
};

/** The messages that were heard last, by place. */
export type DuplicateState = {
	readonly hashes: Int32Array;
	/** The second hash. */
	readonly checks: Int32Array;
	/** -1 where there is none. */
	readonly segments: Int32Array;
	readonly times: Float64Array;
	/** Secret of the hashes, so that nobody can make a message that looks like another one. */
	readonly key: Int32Array;
};

export const createDuplicateState = (): DuplicateState => ({
	hashes: new Int32Array(sets * ways),
	checks: new Int32Array(sets * ways),
	segments: new Int32Array(sets * ways).fill(-1),
	times: new Float64Array(sets * ways),
	key: fillRandom(new Int32Array(2)),
});

export const createDuplicates = (state = createDuplicateState()): Duplicates => {
	const {hashes, checks, segments, times, key} = state;

	return {
		originalOf(datagram, segment) {
			hashMessage(datagram, key);
			const first = (one & (sets - 1)) * ways;
			// Without an identification (IPv6, joined sockets) two messages of one segment may well be equal.
			const isTellable = datagram.identification > 0;
			let place = first;
			for (let at = first; at < first + ways; at++) {
				const original = segments[at]!;
				if (hashes[at] === one && checks[at] === other && original !== -1 && Math.abs(datagram.timeUs - times[at]!) <= windowUs) {
					if (isTellable || original !== segment) {
						return original;
					}

					place = at;
					break;
				}

				place = times[at]! < times[place]! ? at : place;
			}

			hashes[place] = one;
			checks[place] = other;
			segments[place] = segment;
			times[place] = datagram.timeUs;
			return -1;
		},
	};
};
