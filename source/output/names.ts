import {sharedBit} from '../desk/facts/director.js';
import {isKind, isName, nameKinds, type AnyTold} from '../events/told.js';
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
	/** Takes in what is a name; false when it is an event. */
	learn(told: AnyTold): boolean;
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
		learn(told) {
			if (isKind(told, nameKinds.segment)) {
				segments[told.index] = told.name;
			} else if (isKind(told, nameKinds.director)) {
				addresses[told.index] = told.address;
			} else if (isKind(told, nameKinds.bit)) {
				bits[told.bit] = told.address;
			}

			return isName(told);
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
