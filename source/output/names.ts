import {sharedBit} from '../desk/facts/director.js';
import {type Status} from '../engine/status.js';

/**
Names of segments and directors by number. They come in the stream of changes ahead of the first change that needs them,
and in each status, which may be later.
*/
export type Names = {
	segment(index: number): string;
	/** Address of a director. */
	director(index: number): string;
	/** Addresses of the directors whose bits are set. The bit that strangers share names nobody. */
	directors(mask: number): string[];
	/** Takes a name out of an aside; false when it is an event. What begins with `@` is none. */
	learn(aside: Readonly<Record<string, unknown>>): boolean;
	update(status: Status): void;
};

export const createNames = (): Names => {
	const segments: string[] = [];
	const addresses: string[] = [];
	const bits: string[] = [];

	return {
		segment: index => segments[index] ?? '?',
		director: index => addresses[index] ?? '?',
		directors: mask => bits.filter((address, bit) => address !== undefined && (mask & (1 << bit)) !== 0),
		learn(aside) {
			const {event, index} = aside;
			if (event === '@segment') {
				segments[index as number] = aside['name'] as string;
				return true;
			}

			if (event === '@director') {
				addresses[index as number] = aside['address'] as string;
				return true;
			}

			if (event === '@bit') {
				bits[aside['bit'] as number] = aside['address'] as string;
				return true;
			}

			return String(event).startsWith('@');
		},
		update(status) {
			for (const [index, name] of status.segments.entries()) {
				segments[index] = name;
			}

			for (const {index, address, bit} of status.directors) {
				addresses[index] = address;
				if (bit !== sharedBit) {
					bits[bit] = address;
				}
			}
		},
	};
};
