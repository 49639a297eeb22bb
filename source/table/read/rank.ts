import {entryWords} from '../entry.js';
import {controlAt, numberAt, type TableArrays} from '../memory.js';
import {collect, laterKey, planOf} from './collect.js';
import {createWindowScratch, ensureScratch} from './order-window.js';
import {type PathRanks} from './path-ranks.js';
import {type Query} from './select.js';

/** Where a session stands among those that a query lets through, counted from 0; -1 when it is not among them. */
export type Ranker = (query: Query, slot: number, nowUs: number) => number;

/** Makes the counterpart of the selector: from a row to its place. One pass, without ordering anything. */
export const createRanker = ({control, numbers, entries}: TableArrays, ranksOf: (sort: 'virtual' | 'real' | 'protocol') => PathRanks): Ranker => {
	const scratch = createWindowScratch();

	return ({predicate, sort = 'open', reverse = false, directorRank, danger}, slot, nowUs) => {
		const nowMs = Math.floor((nowUs - numbers[numberAt.originUs]!) / 1000);
		const highWater = Atomics.load(control, controlAt.highWater);
		ensureScratch(scratch, highWater);
		const plan = planOf[sort];
		const rankOfPath = sort === 'virtual' || sort === 'real' || sort === 'protocol' ? ranksOf(sort).rank : new Int32Array(0);
		const {matched} = collect({entries, highWater, nowMs, plan, predicate, rankOfPath, directorRank, danger}, scratch);
		const {slots, keys} = scratch;
		// The slots were collected in ascending order.
		let low = 0;
		let high = matched;
		while (low < high) {
			const middle = (low + high) >>> 1;
			if (slots[middle]! < slot) {
				low = middle + 1;
			} else {
				high = middle;
			}
		}

		if (low >= matched || slots[low] !== slot) {
			return -1;
		}

		const place = low;
		const key = keys[place]!;
		const isBefore = (other: number): boolean => {
			for (let level = 1; level < plan.levels; level += 1) {
				const difference = laterKey(plan.kind, level, entries, slots[other]! * entryWords) - laterKey(plan.kind, level, entries, slot * entryWords);
				if (difference !== 0) {
					return difference < 0;
				}
			}

			return other < place;
		};

		let before = 0;
		for (let other = 0; other < matched; other += 1) {
			if (keys[other]! < key || (keys[other] === key && other !== place && isBefore(other))) {
				before += 1;
			}
		}

		return reverse ? matched - 1 - before : before;
	};
};
