import {type Random} from '../../source/demo/random.js';
import {join, u16, u32, zeros} from '../wire/build.js';
import {bendOctets, spliced} from './bend-octets.js';
import {bounded, type Frame, type Frames} from './frames.js';
import {layersOf, linkHeader, linkTypes, repair, syncAt} from './headers.js';

/** Types, protocols and ports that open a way further in. */
const known = [
	0x08_00, 0x86_dd, 0x08_06, 0x81_00, 0x88_a8, 0x88_64, 0, 2, 17, 43, 44, 51, 58, 60, 112, 131, 132, 136, 143, 0x11, 0x12, 0x16, 0x17, 0x22, 0x21, 0x31, 47, 0x65_58, 0x88_be, 0x22_eb, 4789, 6081, 37_008, 8848, 8849, 8911,
];

const withOctets = (frame: Frame, octets: Uint8Array): Frame => {
	const cut = frame.originalLength - frame.octets.length;
	return {...frame, octets, originalLength: octets.length + cut};
};

/** Another VLAN tag around all others. */
const tagged = (octets: Uint8Array, random: Random): Uint8Array =>
	spliced(octets, Math.min(12, octets.length), 0, [...u16(random.pick([0x81_00, 0x88_a8])), ...u16(random.below(0x1_00_00))]);

/** An extension header, or AH, before all others; IPv4 knows AH only, and options. */
const extended = (octets: Uint8Array, linkType: number, random: Random): Uint8Array => {
	const layers = layersOf(octets, linkType);
	if (!layers) {
		return octets;
	}

	const {network, version, transport, protocol} = layers;
	const isAh = random.below(4) === 0;
	const units = random.below(3);
	const nextAt = network + (version === 4 ? 9 : 6);
	if (version === 4 && !isAh) {
		const grown = spliced(octets, transport, 0, zeros(4 * (1 + units)));
		grown[network]! += 1 + units;
		return grown;
	}

	const header = isAh
		? join([protocol, 1 + units, 0, 0], u32(random.below(9)), u32(random.below(9)), zeros(4 * units))
		: join([protocol, units, 0, random.below(2)], zeros(4 + (8 * units)));
	const grown = spliced(octets, transport, 0, header);
	grown[nextAt] = isAh ? 51 : random.pick([0, 43, 44, 60]);
	return grown;
};

/** The payload of a frame in fragments, in any order, at times one of them twice or not at all. */
const fragmented = (frame: Frame, linkType: number, random: Random): Frame[] => {
	const layers = layersOf(frame.octets, linkType);
	if (!layers || frame.octets.length - layers.transport < 16) {
		return [frame];
	}

	const {network, version, transport, protocol} = layers;
	const header = frame.octets.subarray(0, transport);
	const payload = frame.octets.subarray(transport);
	const step = Math.max(8, Math.ceil(payload.length / (2 + random.below(4)) / 8) * 8);
	const identification = random.below(4);
	const pieces: Frame[] = [];
	for (let at = 0; at < payload.length; at += step) {
		const piece = payload.subarray(at, at + step);
		const isLast = at + step >= payload.length;
		const octets = version === 4 ? join(header, piece) : join(header, [protocol, 0], u16(at | Number(!isLast)), u32(identification), piece);
		if (version === 4) {
			octets.set([...u16(identification), ...u16((at / 8) | (isLast ? 0 : 0x20_00))], network + 4);
			octets.set(u16(octets.length - network), network + 2);
		} else {
			octets[network + 6] = 44;
			octets.set(u16(octets.length - network - 40), network + 4);
		}

		pieces.push(withOctets(frame, octets));
	}

	const from = random.below(pieces.length);
	const to = random.below(pieces.length);
	[pieces[from], pieces[to]] = [pieces[to]!, pieces[from]!];
	return random.below(4) === 0 ? pieces.toSpliced(random.below(pieces.length), random.below(2), random.pick(pieces)) : pieces;
};

/** A sync message with a record more or less, an option more, or another count. Its records are taken to be of one length. */
const withOtherRecords = (octets: Uint8Array, linkType: number, random: Random): Uint8Array => {
	const sync = syncAt(octets, linkType);
	if (sync < 0) {
		return octets;
	}

	const isV1 = octets[sync] === 0 && octets[sync + 5] === 1;
	const first = sync + (isV1 ? 8 : 4);
	const size = isV1 ? ((octets[first + 2]! & 0x0f) << 8) | octets[first + 3]! : 24;
	const record = octets.slice(first, first + size);
	switch (random.below(4)) {
		case 0: {
			const more = spliced(octets, first, 0, record);
			more[isV1 ? sync + 4 : sync]! += 1;
			return more;
		}

		case 1: {
			const one = [random.pick([1, 2, 3, 4, 0x41, 0x42, 0x43, 0x44]), 0];
			const data = random.pick([[0x73, 0x69, 0x70], [0x73, 0x69, 0x70, 0], [0x61], zeros(24), zeros(17), []]);
			one[1] = data.length;
			if (!isV1 || first + 4 > octets.length) {
				return octets;
			}

			const more = spliced(octets, Math.min(octets.length, first + size), 0, join(one, data));
			more.set(u16(size + 2 + data.length), first + 2);
			return more;
		}

		case 2: {
			const other = octets.slice();
			other[isV1 ? sync + 4 : sync] = random.below(8);
			return other;
		}

		default: {
			// Another session: client port, or the flags and the state.
			const other = octets.slice();
			other[first + random.below(Math.min(24, octets.length - first))] = random.below(256);
			return other;
		}
	}
};

const relinked = ({frames, linkType}: Frames, to: number): Frames => ({
	linkType: to,
	frames: frames.map(frame => {
		const layers = layersOf(frame.octets, linkType);
		return layers ? withOctets(frame, join(linkHeader(to, layers.version), frame.octets.subarray(layers.network))) : frame;
	}),
});

/** Steps of the clock: none, some, across the timeouts of sessions and fragments, and back. */
const stepsUs = [0, 1, 1000, 250_000, 1e6, 3e6, 29_999_999, 30e6, 31e6, 61e6, 120e6, 901e6, 86_400e6, -1e6, -40e6];

const bendOne = (frame: Frame, linkType: number, other: Frame, random: Random): Frame[] => {
	const {octets} = frame;
	switch (random.below(10)) {
		case 0: {
			return [withOctets(frame, tagged(octets, random))];
		}

		case 1: {
			return [withOctets(frame, extended(octets, linkType, random))];
		}

		case 2: {
			return fragmented(frame, linkType, random);
		}

		case 3:
		case 4: {
			return [withOctets(frame, withOtherRecords(octets, linkType, random))];
		}

		case 5: {
			return [{...frame, originalLength: octets.length + random.pick([0, 1, 36, 1000, 70_000])}];
		}

		default: {
			return [withOctets(frame, bendOctets(octets, other.octets, random, known))];
		}
	}
};

/** Changes frames in one to four ways. `other` is taken to be of the same link type: where it is not, that is one more way. */
export const bendFrames = (input: Frames, other: Frames, random: Random): Frames => {
	let {linkType} = input;
	let frames = [...input.frames];
	for (let changes = random.below(4); changes >= 0; changes--) {
		if (frames.length === 0) {
			frames.push(...other.frames.slice(0, 1));
			continue;
		}

		const at = random.below(frames.length);
		switch (random.below(12)) {
			case 0: {
				const start = random.below(other.frames.length);
				frames.splice(at, 0, ...other.frames.slice(start, start + 1 + random.below(8)));
				break;
			}

			case 1: {
				frames.splice(at, random.below(2), random.pick(frames));
				break;
			}

			case 2: {
				frames.splice(at, 1 + random.below(4));
				break;
			}

			case 3: {
				const stepUs = random.pick(stepsUs);
				frames = frames.map((frame, index) => index < at ? frame : {...frame, timeUs: frame.timeUs + stepUs});
				break;
			}

			case 4: {
				const to = random.pick(linkTypes);
				if (random.below(4) === 0) {
					linkType = random.below(300);
				} else {
					({linkType, frames} = {...relinked({linkType, frames}, to), frames: [...relinked({linkType, frames}, to).frames]});
				}

				break;
			}

			default: {
				const otherFrame = other.frames.length > 0 ? random.pick(other.frames) : frames[at]!;
				const bent = bendOne(frames[at]!, linkType, otherFrame, random);
				if (random.below(2) === 0 && bent.length === 1) {
					const octets = bent[0]!.octets.slice();
					repair(octets, linkType);
					bent[0] = {...bent[0]!, octets};
				}

				frames.splice(at, 1, ...bent);
			}
		}
	}

	return bounded({linkType, frames});
};
