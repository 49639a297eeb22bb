import {entryDirector, entryExpiresMs, entryShift, isEntryUsed} from '../entry.js';

/** Who must give up an entry: all unknown senders together, or one director by its number. */
export const strangers = -1;

type Eviction = {
	/** Remembers an entry that an unknown sender made. */
	strange(slot: number): void;
	/** The slot to evict of those that `whose` announced last, 0 when there is none. `owned`: how many there are. */
	choose(whose: number, owned: number, highWater: number): number;
};

/** How many entries are weighed, and how far it is looked for more than one. */
const candidatesWanted = 8;
const stepsForMore = 256;
/** Entries of strangers are looked for among those made last when fewer than one in this many is theirs. */
const rare = 64;
export const remembered = 1024;

/**
Finds what to evict: of the next few entries in the order of slots the one that would expire first. That is near enough to the
one that would expire first of all, and takes no order to be kept.
*/
export type EvictionState = {
	/** Slots of the entries that unknown senders made last, a ring. */
	readonly recent: Int32Array;
	recentAt: number;
	/** The slot that was weighed last. */
	hand: number;
};

export const createEvictionState = (): EvictionState => ({recent: new Int32Array(remembered), recentAt: 0, hand: 0});

export const createEviction = (entries: Int32Array, directorKnown: Uint8Array, state: EvictionState): Eviction => {
	const {recent} = state;

	const isOwned = (slot: number, whose: number): boolean => {
		const at = slot << entryShift;
		const owner = entryDirector(entries, at);
		return isEntryUsed(entries, at) && (whose === strangers ? directorKnown[owner] === 0 : owner === whose);
	};

	return {
		strange(slot) {
			recent[state.recentAt] = slot;
			state.recentAt = (state.recentAt + 1) % remembered;
		},
		choose(whose, owned, highWater) {
			if (owned === 0) {
				return 0;
			}

			// A trickle of strangers' sessions into a full table must not cost a walk through it for each.
			if (whose === strangers && owned * rare < highWater) {
				for (const slot of recent) {
					if (slot !== 0 && isOwned(slot, whose)) {
						return slot;
					}
				}
			}

			let victim = 0;
			let victimExpires = Infinity;
			let candidates = 0;
			for (let step = 0; step < highWater && candidates < candidatesWanted && (victim === 0 || step < stepsForMore); step += 1) {
				state.hand = state.hand >= highWater ? 1 : state.hand + 1;
				if (isOwned(state.hand, whose)) {
					candidates += 1;
					const expires = entryExpiresMs(entries, state.hand << entryShift);
					if (expires < victimExpires) {
						victim = state.hand;
						victimExpires = expires;
					}
				}
			}

			return victim;
		},
	};
};
