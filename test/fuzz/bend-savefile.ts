import {type Random} from '../../source/demo/random.js';
import {join} from '../wire/build.js';
import {bendOctets} from './bend-octets.js';
import {partsOf} from './savefile-parts.js';

/** Magic numbers, block types, option codes, and lengths at the limits of the reader. */
const known = [
	0xa1_b2_c3_d4, 0xd4_c3_b2_a1, 0xa1_b2_3c_4d, 0x4d_3c_b2_a1, 0x0a_0d_0d_0a, 0x1a_2b_3c_4d, 0x4d_3c_2b_1a, 1, 2, 3, 5, 6, 9, 14, 0x80, 0x86, 12, 16, 28, 32,
	262_144, 262_145, 262_176, 327_680, 327_684, 0x7f_ff_ff_fc, 0xff_ff_ff_fc,
];

/** Reading octet by octet has to stay quick. */
const longestFile = 2048;

/** A block of pcapng, bent inside, with lengths at both ends that are those of what it has become. */
const withTrueLengths = (part: Uint8Array, littleEndian: boolean): Uint8Array => {
	const whole = part.slice(0, part.length & ~3);
	if (whole.length < 12) {
		return part;
	}

	const view = new DataView(whole.buffer);
	view.setUint32(4, whole.length, littleEndian);
	view.setUint32(whole.length - 4, whole.length, littleEndian);
	return whole;
};

/** Changes a file in one to four ways: whole blocks or records are repeated, lost, exchanged and taken from another file, or octets in them bent. */
export const bendSavefile = (input: Uint8Array, other: Uint8Array, random: Random): Uint8Array => {
	let octets = input;
	for (let changes = random.below(4); changes >= 0; changes--) {
		const parts = partsOf(octets);
		const at = random.below(parts.length + 1);
		const part = parts[at];
		switch (random.below(8)) {
			case 0: {
				const others = partsOf(other);
				parts.splice(at, random.below(2), ...others.slice(random.below(others.length + 1)).slice(0, 1 + random.below(3)));
				break;
			}

			case 1: {
				parts.splice(at, 0, ...parts.slice(random.below(parts.length + 1)).slice(0, 1 + random.below(4)));
				break;
			}

			case 2: {
				parts.splice(at, 1 + random.below(2));
				break;
			}

			case 3:
			case 4:
			case 5: {
				if (part) {
					const isPcapng = octets[0] === 0x0a;
					const bent = bendOctets(part, other, random, known);
					parts[at] = isPcapng && random.below(3) > 0 ? withTrueLengths(bent, random.below(8) > 0 === (octets[8] === 0x4d)) : bent;
				}

				break;
			}

			default: {
				octets = bendOctets(octets, other, random, known);
				continue;
			}
		}

		octets = join(...parts);
	}

	return octets.slice(0, longestFile);
};
