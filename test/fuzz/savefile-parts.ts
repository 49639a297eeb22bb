import {join} from '../wire/build.js';

/* Capture files by their parts, in either byte order. Written apart from the reader and the writer of the program. */

const number = (value: number, size: 2 | 4, littleEndian: boolean): Uint8Array => {
	const octets = new Uint8Array(size);
	const view = new DataView(octets.buffer);
	if (size === 2) {
		view.setUint16(0, value, littleEndian);
	} else {
		view.setUint32(0, value, littleEndian);
	}

	return octets;
};

const padding = (length: number): Uint8Array => new Uint8Array((4 - (length % 4)) % 4);

export const pcapFile = (frames: readonly Uint8Array[], littleEndian: boolean, nanoseconds: boolean, linkType = 1): Uint8Array => {
	const words = (...values: readonly number[]) => join(...values.map(value => number(value, 4, littleEndian)));
	return join(
		words(nanoseconds ? 0xa1_b2_3c_4d : 0xa1_b2_c3_d4), number(2, 2, littleEndian), number(4, 2, littleEndian), words(0, 0, 65_535, linkType),
		...frames.map((frame, index) => join(words(1_795_305_600 + index, 500_000, frame.length, frame.length + (index % 2)), frame)),
	);
};

/** A block whose length fields are true. */
export const block = (type: number, body: Uint8Array, littleEndian: boolean): Uint8Array => {
	const length = number(12 + body.length + padding(body.length).length, 4, littleEndian);
	return join(number(type, 4, littleEndian), length, body, padding(body.length), length);
};

export type PcapngOptions = {readonly littleEndian: boolean; readonly resolution?: number; readonly linkType?: number};

/** A section with one interface and packets in blocks of every kind, and one block that says nothing to a reader of packets. */
export const pcapngFile = (frames: readonly Uint8Array[], {littleEndian, resolution = 6, linkType = 1}: PcapngOptions): Uint8Array => {
	const word = (value: number) => number(value, 4, littleEndian);
	const half = (value: number) => number(value, 2, littleEndian);
	const option = (code: number, data: Uint8Array) => join(half(code), half(data.length), data, padding(data.length));
	const options = join(option(9, Uint8Array.of(resolution)), option(14, new Uint8Array(8)), half(0), half(0));
	return join(
		block(0x0a_0d_0d_0a, join(word(0x1a_2b_3c_4d), half(1), half(0), word(0xff_ff_ff_ff), word(0xff_ff_ff_ff)), littleEndian),
		block(1, join(half(linkType), half(0), word(262_144), options), littleEndian),
		...frames.map((frame, index) => {
			const lengths = [word(frame.length), word(frame.length + (index % 2))];
			switch (index % 4) {
				case 0:
				case 1: {
					return block(6, join(word(0), word(0x6_60_d6), word(index * 1000), ...lengths, frame, padding(frame.length), option(1, frame.slice(0, 5))), littleEndian);
				}

				case 2: {
					return block(3, join(word(frame.length), frame), littleEndian);
				}

				default: {
					return block(2, join(half(0), half(0), word(0x6_60_d6), word(index * 1000), ...lengths, frame), littleEndian);
				}
			}
		}),
		block(5, join(word(0), word(0), word(0)), littleEndian),
	);
};

/** Where the blocks or records of a file lie, as far as their lengths lead; the last part is the rest. */
export const partsOf = (octets: Uint8Array): Uint8Array[] => {
	const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
	const parts: Uint8Array[] = [];
	let at = 0;
	const take = (length: number): void => {
		parts.push(octets.subarray(at, at + length));
		at += length;
	};

	if (octets.length >= 24 && view.getUint32(0) !== 0x0a_0d_0d_0a) {
		const littleEndian = view.getUint32(0) === 0xd4_c3_b2_a1 || view.getUint32(0) === 0x4d_3c_b2_a1;
		take(24);
		while (at + 16 <= octets.length && view.getUint32(at + 8, littleEndian) <= octets.length - at - 16) {
			take(16 + view.getUint32(at + 8, littleEndian));
		}
	} else if (octets.length >= 24) {
		let littleEndian = true;
		while (at + 12 <= octets.length) {
			if (view.getUint32(at) === 0x0a_0d_0d_0a) {
				littleEndian = view.getUint32(at + 8) === 0x4d_3c_2b_1a;
			}

			const length = view.getUint32(at + 4, littleEndian);
			if (length < 12 || length > octets.length - at) {
				break;
			}

			take(length);
		}
	}

	if (at < octets.length) {
		take(octets.length - at);
	}

	return parts;
};
