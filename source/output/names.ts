import {ownersOfBit, sharedBit, type BitOwner} from '../desk/facts/director.js';
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
	/** Who has which bit. */
	holders(): readonly BitHolder[];
	/** Takes in what is a name; false when it is an event. */
	learn(told: AnyTold): boolean;
	update(status: Status): void;
};

type Named = BitOwner & {readonly address: string};

export const createNames = (): Names => {
	const segments: string[] = [];
	const directors: Named[] = [];
	let holders: ReadonlyArray<BitHolder & {readonly address: string}> = [];
	const learnDirector = (director: Omit<Named, 'bit'> & {readonly bit?: number}) => {
		directors[director.index] = {bit: directors[director.index]?.bit ?? sharedBit, ...director};
		const known = directors.filter(Boolean);
		holders = known.filter(({bit}) => bit !== sharedBit).map(holder => {
			const isIts = ownersOfBit(holder, known);
			return {bit: holder.bit, address: holder.address, names: [holder.address], isIn: owner => isIts(directors[owner])};
		});
	};

	return {
		segment: index => segments[index] ?? '?',
		director: index => directors[index]?.address ?? '?',
		holders: () => holders,
		directors: (mask, owner) => holders.filter(({bit, isIn}) => (mask & (1 << bit)) !== 0 && isIn(owner)).map(({address}) => address),
		learn(told) {
			if (isKind(told, nameKinds.segment)) {
				segments[told.index] = told.name;
			} else if (isKind(told, nameKinds.director) || isKind(told, nameKinds.bit)) {
				const {event, ...director} = told;
				learnDirector(director);
			}

			return isName(told);
		},
		update(status) {
			for (const [index, name] of status.segments.entries()) {
				segments[index] = name;
			}

			for (const {index, address, segment, place, bit} of status.directors) {
				const known = directors[index];
				if (known?.bit !== bit || known.segment !== segment) {
					learnDirector({index, address, segment, place, bit});
				}
			}
		},
	};
};
