import {entryShift} from '../entry.js';
import {controlAt, numberAt, type TableArrays} from '../memory.js';
import {collect, laterKey, planOf, unbounded} from './collect.js';
import {createWindowScratch, ensureScratch} from './order-window.js';
import {type PathRanks} from './path-ranks.js';
import {type Query} from './select.js';

/** Where a session stands among those that a query lets through, counted from 0; -1 when it is not among them. */
type Ranker = (query: Query, slot: number, nowUs: number) => number;

/** Makes the counterpart of the selector: from a row to its place. One pass, which keeps only those that share the first number of its key. */
export const createRanker = ({control, numbers, entries}: TableArrays, ranksOf: (sort: 'virtual' | 'real' | 'protocol') => PathRanks): Ranker => {
	const scratch = createWindowScratch();

	return ({predicate, sort = 'open', reverse = false, directorRank, danger}, slot, nowUs) => {
		const nowMs = Math.floor((nowUs - numbers[numberAt.originUs]!) / 1000);
		const highWater = Atomics.load(control, controlAt.highWater);
		ensureScratch(scratch, highWater);
		const plan = planOf[sort];
		const rankOfPath = sort === 'virtual' || sort === 'real' || sort === 'protocol' ? ranksOf(sort).rank : new Int32Array(0);
		const collecting = {entries, highWater, nowMs, plan, predicate, rankOfPath, directorRank, danger};
		if (slot < 1 || slot > highWater || collect(collecting, scratch, unbounded, {from: slot, to: slot, step: 1}).within === 0) {
			return -1;
		}

		const [key] = scratch.keys;
		const {below, within, matched} = collect(collecting, scratch, {tie: [], least: key!, most: key!, isWide: false});
		const {slots} = scratch;
		/** Whether another one with the same first number of the key comes before. */
		const isBefore = (other: number): boolean => {
			for (let level = 1; level < plan.levels; level += 1) {
				const difference = laterKey(plan.kind, level, entries, other << entryShift) - laterKey(plan.kind, level, entries, slot << entryShift);
				if (difference !== 0) {
					return difference < 0;
				}
			}

			return other < slot;
		};

		let before = below;
		for (let index = 0; index < within; index += 1) {
			before += slots[index] !== slot && isBefore(slots[index]!) ? 1 : 0;
		}

		return reverse ? matched - 1 - before : before;
	};
};
