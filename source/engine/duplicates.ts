import {getRandomValues} from 'node:crypto';
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
export type Duplicates = {
	/** The segment where this message was first heard, when it is a copy; else -1. */
	originalOf(datagram: Datagram, segment: number): number;
};

const mix = (hash: number, word: number) => {
	const product = Math.imul(hash ^ word, 0x9e_37_79_b1);
	return product ^ (product >>> 15);
};

/*
Two hashes of what a copy has in common with its original: addresses, ports, identification, hop limit, length and octets. One hash left
20 bits beside the place before: in a file of 125 000 messages one was lost as the copy of another.
*/
let one = 0;
let other = 0;

/** Of the second hash, a polynomial, whose steps hide behind those of the first. */
const multiplier = 0x5b_d1_e9_95;

const hashMessage = (datagram: Datagram, key: Int32Array): void => {
	const {view, offset, length, source, destination} = datagram;
	let first = mix(mix(key[0]!, (datagram.identification << 8) ^ datagram.hopLimit), (datagram.sourcePort << 16) | datagram.destinationPort);
	first = mix(mix(first, length), (datagram.claimedLength << 1) ^ datagram.family);
	for (let word = 0; word < 4; word++) {
		first = mix(mix(first, source[word]!), destination[word]!);
	}

	let second = first ^ key[1]!;
	const end = offset + length;
	let at = offset;
	// Who numbers its datagrams sends no two alike in the rest within a second, so that some words of each record will do: 0.2 us instead of 0.8.
	const step = datagram.identification > 0 ? 16 : 4;
	for (; at < end - 3; at += step) {
		const word = view.getInt32(at);
		first = mix(first, word);
		second = (Math.imul(second, multiplier) + word) | 0;
	}

	for (; at < end; at++) {
		first = mix(first, view.getUint8(at));
		second = (Math.imul(second, multiplier) + view.getUint8(at)) | 0;
	}

	one = first;
	other = second;
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
	key: getRandomValues(new Int32Array(2)),
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
