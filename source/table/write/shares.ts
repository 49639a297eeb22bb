import {controlAt, directorLimit, type TableArrays} from '../memory.js';
import {createEviction, createEvictionState, strangers, type EvictionState} from './eviction.js';

/**
How many entries each director announced last, and whose must make room once the table is full. Until then nobody's share matters: a session
that fits is never thrown away. Unknown senders yield first, before any known one does.
*/
export type Shares = {
	count(director: number, difference: 1 | -1): void;
	/** Whether a director has a share of its own, or shares one with all unknown senders. */
	setKnown(director: number, known: boolean): void;
	/** Remembers an entry that an unknown sender made. */
	strange(slot: number): void;
	/** Who must give up an entry of a full table: unknown senders first, then who has most. */
	whoMustYield(): number;
	/** The slot that `whose` must give up, 0 when there is none. */
	choose(whose: number, highWater: number): number;
};

export type ShareState = {
	/** By director: 1 when it has a share of its own. */
	readonly directorKnown: Uint8Array;
	/** Entries announced last by those that have none. */
	unknownEntries: number;
	readonly eviction: EvictionState;
};

export const createShareState = (): ShareState =>
	({directorKnown: new Uint8Array(directorLimit).fill(1), unknownEntries: 0, eviction: createEvictionState()});

export const createShares = ({control, entries}: TableArrays, state = createShareState()): Shares => {
	const {directorKnown} = state;
	const eviction = createEviction(entries, directorKnown, state.eviction);

	const countUnknown = (difference: number) => {
		state.unknownEntries += difference;
		control[controlAt.unknownEntries] = state.unknownEntries;
	};

	const directorWithMost = (): number => {
		let most = 0;
		for (let director = 1; director < directorLimit; director += 1) {
			if (control[controlAt.directorEntries + director]! > control[controlAt.directorEntries + most]!) {
				most = director;
			}
		}

		return most;
	};

	return {
		count(director, difference) {
			control[controlAt.directorEntries + director]! += difference;
			if (directorKnown[director] === 0) {
				countUnknown(difference);
			}
		},
		setKnown(director, known) {
			if ((directorKnown[director] === 1) !== known) {
				directorKnown[director] = known ? 1 : 0;
				const owned = control[controlAt.directorEntries + director]!;
				countUnknown(known ? -owned : owned);
			}
		},
		strange: eviction.strange,
		whoMustYield: () => state.unknownEntries > 0 ? strangers : directorWithMost(),
		choose: (whose, highWater) => eviction.choose(whose, whose === strangers ? state.unknownEntries : control[controlAt.directorEntries + whose]!, highWater),
	};
};
