import {entryDirector, entryMasks, entryPath, entryWords, setEntryMasks} from '../entry.js';
import {controlAt, pathWords, serviceAt, serviceWords, type TableArrays} from '../memory.js';

/** Changes who was sent what, and who announced what (word 14), in all entries at once: each a walk through the table. */
export type Masks = {
	/** A director starts to listen anew: forgets what was announced while it listened before, by owners whose entries have this bit for it. */
	clearSent(bit: number, isIts: (owner: number) => boolean): void;
	/**
	A director comes to light that may have listened all along: what was sent to `from` in its segment was sent to `to`. But what
	`director` announced last is its own.
	*/
	copySent(from: number, to: number, segment: number, director?: number): void;
	/** A director's kernel has lost its table: what it announced before counts no more. */
	clearAnnounced(bit: number, isIts: (owner: number) => boolean): void;
};

const sentBit = (bit: number): number => 1 << (16 + bit);
const announcedBit = (bit: number): number => 1 << bit;

export const createMasks = ({control, entries, services, paths}: TableArrays): Masks => {
	const change = (changed: (masks: number, at: number) => number) => {
		const highWater = Atomics.load(control, controlAt.highWater);
		for (let slot = 1; slot <= highWater; slot += 1) {
			const at = slot * entryWords;
			setEntryMasks(entries, at, changed(entryMasks(entries, at), at));
		}
	};

	const segmentOf = (at: number): number => services[(paths[entryPath(entries, at) * pathWords]! * serviceWords) + serviceAt.segment]!;

	return {
		clearSent(bit, isIts) {
			change((masks, at) => (masks & sentBit(bit)) !== 0 && isIts(entryDirector(entries, at)) ? masks & ~sentBit(bit) : masks);
		},
		copySent(from, to, segment, director = -1) {
			change((masks, at) => {
				if (segmentOf(at) !== segment) {
					return masks;
				}

				const others = masks & ~sentBit(to);
				if (entryDirector(entries, at) === director) {
					return others | announcedBit(to);
				}

				return (masks & sentBit(from)) === 0 ? others : others | sentBit(to);
			});
		},
		clearAnnounced(bit, isIts) {
			change((masks, at) => (masks & announcedBit(bit)) !== 0 && isIts(entryDirector(entries, at)) ? masks & ~announcedBit(bit) : masks);
		},
	};
};
