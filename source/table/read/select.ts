import {entryWords} from '../entry.js';
import {controlAt, numberAt, type TableArrays} from '../memory.js';
import {collect, laterKey, planOf} from './collect.js';
import {createWindowScratch, ensureScratch, orderWindow} from './order-window.js';
import {type PathRanks} from './path-ranks.js';
import {type Predicate} from './predicates.js';
import {type SortKey} from './sort-key.js';

export type Query = {
	readonly predicate?: Predicate;
	readonly sort?: SortKey;
	readonly reverse?: boolean;
	/** First row wanted, counted from 0, and how many. */
	readonly offset?: number;
	readonly count?: number;
	/** Order of directors by number, when `sort` is `director`; their numbers otherwise. */
	readonly directorRank?: ArrayLike<number>;
	/** What comes first when `sort` is `open`. */
	readonly danger?: Predicate;
};

export type Selection = {
	/** The slots of the window, in order. */
	readonly slots: Int32Array;
	/** Entries that the predicate lets through. */
	readonly matched: number;
	/** Entries in the table whose time is not up, templates included. */
	readonly total: number;
};

export type Selector = (query: Query, nowUs: number) => Selection;

const noRanks = new Int32Array(0);

/** Finds the rows of a window: one pass over the entries collects what matches, then only the window is put in order. */
export const createSelector = ({control, numbers, entries}: TableArrays, ranksOf: (sort: 'virtual' | 'real' | 'protocol') => PathRanks): Selector => {
	const scratch = createWindowScratch();

	return ({predicate, sort = 'open', reverse = false, offset = 0, count = 60, directorRank, danger}, nowUs) => {
		const nowMs = Math.floor((nowUs - numbers[numberAt.originUs]!) / 1000);
		const highWater = Atomics.load(control, controlAt.highWater);
		ensureScratch(scratch, highWater);
		const plan = planOf[sort];
		const rankOfPath = sort === 'virtual' || sort === 'real' || sort === 'protocol' ? ranksOf(sort).rank : noRanks;
		const {matched, total} = collect({entries, highWater, nowMs, plan, predicate, rankOfPath, directorRank, danger}, scratch);

		const first = Math.max(0, Math.min(offset, matched));
		const last = Math.min(matched, first + Math.max(0, count));
		// Reversed, the window lies at the other end of the ascending order.
		const low = reverse ? matched - last : first;
		const high = reverse ? matched - first : last;
		const slots = orderWindow(scratch, matched, low, high, plan.levels, (level, slot) => laterKey(plan.kind, level, entries, slot * entryWords));
		if (reverse) {
			slots.reverse();
		}

		return {slots, matched, total};
	};
};
