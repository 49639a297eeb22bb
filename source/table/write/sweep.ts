import {entryExpiresMs, entryNext, entryShift} from '../entry.js';
import {homeOf, type HashIndex} from '../hash-index.js';
import {type TableArrays} from '../memory.js';
import {type SessionLookup} from './session-lookup.js';
import {type Sessions} from './sessions.js';
import {type Moment} from './table-message.js';
import {firstSwept, linkEntry, nextSwept, takeBucket, tickMs, unlinkEntry, type Wheel} from './wheel.js';

export type SweepOptions = {
	/** Sweep up to this very millisecond; otherwise entries may stand up to 256 ms over, unseen by readers. */
	readonly finish?: boolean;
	/** Entries looked at, at most. */
	readonly limit?: number;
};

type SweepParts = {
	readonly arrays: TableArrays;
	readonly index: HashIndex;
	readonly wheel: Wheel;
	readonly lookup: SessionLookup;
	readonly sessions: Sessions;
};

/** Removes what is due by now. False when `limit` stopped it before the end. */
type Sweep = (moment: Moment, options: SweepOptions) => boolean;

/** Entries whose index places are read ahead: their cache misses then overlap. */
const batch = 64;

export const createSweep = ({arrays, index, wheel, lookup, sessions}: SweepParts): Sweep => {
	const {entries} = arrays;
	const slots = new Int32Array(batch);
	const hashes = new Int32Array(batch);
	/** Keeps the reading ahead from being optimised away. */
	const touched = new Int32Array(1);

	/** Looks at the first entries of the list being swept: removes those that are due, moves the others on. Gives how many. */
	const sweepBatch = (moment: Moment): number => {
		let found = 0;
		for (let slot = firstSwept(wheel); slot !== 0 && found < batch; slot = entryNext(entries, slot << entryShift)) {
			slots[found] = slot;
			hashes[found] = lookup.hashOfEntry(slot << entryShift);
			found += 1;
		}

		let sum = 0;
		for (let place = 0; place < found; place += 1) {
			sum += index.pairs[homeOf(hashes[place]!, index.factor, index.shift)]!;
		}

		touched[0] = sum;
		for (let place = 0; place < found; place += 1) {
			const slot = slots[place]!;
			const expiresMs = entryExpiresMs(entries, slot << entryShift);
			if (expiresMs <= moment.nowMs) {
				sessions.removeDue(slot, hashes[place]!, moment);
			} else {
				unlinkEntry(wheel, entries, slot);
				linkEntry(wheel, entries, slot, expiresMs);
			}
		}

		return found;
	};

	return (moment, {finish = false, limit = Infinity}) => {
		const nowTick = Math.floor(moment.nowMs / tickMs);
		let left = limit;
		while (left > 0 && nextSwept(wheel, entries, nowTick) !== 0) {
			left -= sweepBatch(moment);
		}

		const isDone = nextSwept(wheel, entries, nowTick) === 0;
		if (isDone && finish) {
			takeBucket(wheel, entries, nowTick);
			while (firstSwept(wheel) !== 0) {
				sweepBatch(moment);
			}
		}

		return isDone;
	};
};
