import {type FrameInfo} from '../wire/observation.js';

const bits = 18;
/** A copy by another interface is no second word; after a minute it counts as a first one again. */
const leastUs = 100_000;
const longestUs = 60_000_000;
/** A first word keeps its place for so long: two adverts of the default interval. */
const keptUs = 2_000_000;

/**
Whether a sender has spoken before, of late. A flood from addresses that never come again is told by that from a director that
has just come up, however many there are: 3 MB remember some 100 000 senders a second.
*/
export type SecondWord = (frame: FrameInfo, segment: number) => boolean;

export const createSecondWord = (): SecondWord => {
	const hashes = new Int32Array(2 ** bits);
	const times = new Float64Array(2 ** bits);

	return ({source, timeUs}, segment) => {
		let hash = Math.imul(segment + 1, 0x9e_37_79_b1);
		for (const word of source) {
			hash = Math.imul(hash ^ (hash >>> 15) ^ word, 0x85_eb_ca_6b);
		}

		hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
		const place = hash >>> (32 - bits);
		const age = Math.abs(timeUs - times[place]!);
		if (hashes[place] === hash && age < longestUs) {
			return age >= leastUs;
		}

		if (age >= keptUs) {
			hashes[place] = hash;
			times[place] = timeUs;
		}

		return false;
	};
};
