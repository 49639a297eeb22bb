import {sharedBit} from '../desk/facts/director.js';
import {isKind, isName, nameKinds, type AnyTold} from '../events/told.js';
import {type Status} from '../engine/status.js';
import {type BitHolder} from '../filter/names.js';

/**
Names of segments and directors by number. They come in the stream of changes ahead of the first change that needs them,
and in each status, which may be later.
*/
export type Names = {
	segment(index: number): string;
	/** Address of a director. */
	director(index: number): string;
	/** Addresses of the directors whose bits are set in a mask of an entry that this owner announced last. The bit that strangers share names nobody. */
	directors(mask: number, owner: number): string[];
	/** Where a director was heard first. */
	place(index: number): number;
	/** Who has which bit, by place. */
	holders(): readonly BitHolder[];
	/** Takes in what is a name; false when it is an event. */
	learn(told: AnyTold): boolean;
	update(status: Status): void;
};

export const createNames = (): Names => {
	const segments: string[] = [];
	const addresses: string[] = [];
	const places: number[] = [];
	const holders: Array<BitHolder & {readonly index: number; readonly address: string}> = [];
	const learnBit = ({index, address, bit, place}: {readonly index: number; readonly address: string; readonly bit: number; readonly place: number}) => {
		if (!holders.some(one => one.bit === bit && one.place === place)) {
			holders.push({index, bit, place, address, names: [address]});
			holders.sort((one, other) => one.index - other.index);
		}
	};

	return {
		segment: index => segments[index] ?? '?',
		director: index => addresses[index] ?? '?',
		place: index => places[index] ?? 0,
		holders: () => holders,
		directors(mask, owner) {
			const at = places[owner] ?? 0;
			return holders.filter(({bit, place}) => place === at && (mask & (1 << bit)) !== 0).map(({address}) => address);
		},
		learn(told) {
			if (isKind(told, nameKinds.segment)) {
				segments[told.index] = told.name;
			} else if (isKind(told, nameKinds.director)) {
				addresses[told.index] = told.address;
				places[told.index] = told.place;
			} else if (isKind(told, nameKinds.bit)) {
				learnBit(told);
			}

			return isName(told);
		},
		update(status) {
			for (const [index, name] of status.segments.entries()) {
				segments[index] = name;
			}

			for (const director of status.directors) {
				const {index, address, bit, place} = director;
				addresses[index] = address;
				places[index] = place;
				if (bit !== sharedBit) {
					learnBit(director);
				}
			}
		},
	};
};
