import {type Datagram} from '../packet.js';

/** Adds up 16-bit words, big-endian; an odd last octet counts as the upper half. Folded to 16 bits later. */
export const sumOctets = (view: DataView, offset: number, end: number): number => {
	let sum = 0;
	let at = offset;
	for (; at + 1 < end; at += 2) {
		sum += view.getUint16(at);
	}

	return at < end ? sum + (view.getUint8(at) << 8) : sum;
};

const sumAddress = (words: Int32Array, count: number): number => {
	let sum = 0;
	for (let index = 0; index < count; index++) {
		const word = words[index]!;
		sum += (word >>> 16) + (word & 0xff_ff);
	}

	return sum;
};

/**
Sum of the pseudo-header in front of a payload of `length` octets (RFC 1071, RFC 793 3.1, RFC 8200 8.1).
`destination` may differ from the frame's: some senders computed it with another.
*/
export const sumPseudoHeader = (frame: Pick<Datagram, 'family' | 'source'>, destination: Int32Array, protocol: number, length: number): number => {
	const words = frame.family === 4 ? 1 : 4;
	return sumAddress(frame.source, words) + sumAddress(destination, words) + protocol + length;
};

/** A sum that includes the checksum field holds when it folds to all ones. */
export const isWhole = (sum: number): boolean => {
	let folded = sum;
	while (folded > 0xff_ff) {
		folded = (folded & 0xff_ff) + Math.floor(folded / 0x1_00_00);
	}

	return folded === 0xff_ff;
};
