import {type Random} from '../../source/demo/random.js';

/** Values at the edges of 8-, 16- and 32-bit fields, and lengths that formats begin or end with. */
const edges = [
	0, 1, 2, 3, 4, 7, 8, 12, 16, 20, 24, 28, 32, 35, 36, 37, 40, 71, 72, 127, 128, 254, 255, 256, 1500, 4095, 4096, 0x7f_ff, 0x80_00, 0xff_fe, 0xff_ff,
	0x1_00_00, 0x7f_ff_ff_ff, 0x80_00_00_00, 0xff_ff_ff_fc, 0xff_ff_ff_ff,
];

const viewOf = (octets: Uint8Array): DataView => new DataView(octets.buffer, octets.byteOffset, octets.byteLength);

/** Puts octets in the place of `count` others. */
export const spliced = (octets: Uint8Array, at: number, count: number, inserted: Uint8Array | readonly number[]): Uint8Array => {
	const result = new Uint8Array(octets.length - count + inserted.length);
	result.set(octets.subarray(0, at));
	result.set(inserted, at);
	result.set(octets.subarray(at + count), at + inserted.length);
	return result;
};

/** Writes into a field that lies whole inside the octets, if there is one at the place. */
const setField = (octets: Uint8Array, at: number, size: number, littleEndian: boolean, change: (value: number) => number): void => {
	const view = viewOf(octets);
	if (at + size > octets.length) {
		return;
	}

	if (size === 1) {
		view.setUint8(at, change(view.getUint8(at)));
	} else if (size === 2) {
		view.setUint16(at, change(view.getUint16(at, littleEndian)), littleEndian);
	} else {
		view.setUint32(at, change(view.getUint32(at, littleEndian)), littleEndian);
	}
};

/** Changes octets in one of the ways that know nothing of their format. Both arrays stay as they are. */
export const bendOctets = (octets: Uint8Array, other: Uint8Array, random: Random, known: readonly number[] = []): Uint8Array => {
	const at = random.below(octets.length + 1);
	const bent = octets.slice();
	const size = 1 << random.below(3);
	const littleEndian = random.below(2) === 0;
	switch (random.below(12)) {
		case 0:
		case 1: {
			setField(bent, at, 1, false, value => value ^ (1 << random.below(8)));
			return bent;
		}

		case 2: {
			setField(bent, at, 1, false, () => random.below(256));
			return bent;
		}

		case 3: {
			setField(bent, at, size, littleEndian, () => random.pick(edges));
			return bent;
		}

		case 4: {
			setField(bent, at, size, littleEndian, value => value + random.below(71) - 35);
			return bent;
		}

		case 5: {
			setField(bent, at, size, littleEndian, () => known.length > 0 ? random.pick(known) : octets.length - at);
			return bent;
		}

		case 6: {
			// The other byte order.
			const part = bent.subarray(at, at + size);
			part.reverse();
			return bent;
		}

		case 7: {
			return octets.slice(0, at);
		}

		case 8: {
			// The end of another one takes the place of this one's.
			return spliced(octets, at, octets.length - at, other.subarray(random.below(other.length + 1)));
		}

		case 9: {
			// A stretch of another one, or of this one, comes in between.
			const from = random.below(2) === 0 ? octets : other;
			const start = random.below(from.length + 1);
			return spliced(octets, at, 0, from.subarray(start, start + random.below(64)));
		}

		case 10: {
			return spliced(octets, at, Math.min(octets.length - at, 1 + random.below(40)), []);
		}

		default: {
			// A stretch is repeated further on.
			bent.copyWithin(random.below(octets.length + 1), at, Math.min(octets.length, at + random.below(64)));
			return bent;
		}
	}
};
