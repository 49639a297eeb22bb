import {entryShift} from '../entry.js';
import {controlAt, numberAt, type TableArrays} from '../memory.js';
import {collect, laterKey, planOf, unbounded, type Bounds, type Collecting} from './collect.js';
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

type Selector = (query: Query, nowUs: number) => Selection;

const noRanks = new Int32Array(0);

/** One entry in so many is looked at before the pass, of tables that are worth it: their keys tell where the window must lie. */
const samples = 4096;
const worthSampling = 32_768;
/** Fewer that match tell too little, and then so few match that all can be kept. */
const leastMatched = 512;
/** Where more than this share of the entries lies between the bounds, a branch that keeps them would be guessed wrong too often. */
const wideShare = 0.1;
/** More than four standard deviations of a rank within the sample. */
const sampleMargin = 136;

/**
Finds the rows of a window. Where the window must lie is told by a sample, so that one pass over the entries keeps but a twentieth of them;
only that is put in order. When the sample was wrong, all that matches is kept.
*/
export const createSelector = ({control, numbers, entries}: TableArrays, ranksOf: (sort: 'virtual' | 'real' | 'protocol') => PathRanks): Selector => {
	const scratch = createWindowScratch();

	/** Between which keys the ranks `from` to `to` - 1 most likely lie, counted from the end where `reverse`. */
	const guessBounds = (collecting: Collecting, from: number, to: number, reverse: boolean): Bounds => {
		const {highWater, plan, predicate} = collecting;
		// What a filter lets through is kept for less than it costs to compare it, but for keys that many may share the beginning of.
		if (highWater < worthSampling || (predicate !== undefined && plan.levels < 3)) {
			return unbounded;
		}

		const rate = Math.ceil(highWater / samples);
		let {within} = collect(collecting, scratch, unbounded, {from: (rate + 1) >> 1, to: highWater, step: rate});
		if (within < leastMatched) {
			return unbounded;
		}

		const [first, last] = [Math.floor(from / rate) - sampleMargin, Math.ceil(to / rate) + sampleMargin];
		let [low, high] = reverse ? [within - 1 - last, within - 1 - first] : [first, last];
		const tie: number[] = [];
		for (;;) {
			const sample = scratch.keys.slice(0, within).sort();
			const least = low < 0 ? -Infinity : sample[Math.min(low, within - 1)]!;
			const most = high >= within ? Infinity : sample[Math.max(high, 0)]!;
			if (least !== most || tie.length + 1 >= plan.levels) {
				const share = sample.filter(key => key >= least && key <= most).length / samples;
				return {tie, least, most, isWide: share > wideShare};
			}

			// So many share this number of the key that the next one decides.
			tie.push(least);
			const before = sample.indexOf(least);
			[low, high] = [low - before, high - before];
			let tied = 0;
			for (let index = 0; index < within; index += 1) {
				if (scratch.keys[index] === least) {
					const slot = scratch.slots[index]!;
					scratch.slots[tied] = slot;
					scratch.keys[tied] = laterKey(plan.kind, tie.length, entries, slot << entryShift);
					tied += 1;
				}
			}

			within = tied;
		}
	};

	return ({predicate, sort = 'open', reverse = false, offset = 0, count = 60, directorRank, danger}, nowUs) => {
		const nowMs = Math.floor((nowUs - numbers[numberAt.originUs]!) / 1000);
		const highWater = Atomics.load(control, controlAt.highWater);
		ensureScratch(scratch, highWater);
		const plan = planOf[sort];
		const rankOfPath = sort === 'virtual' || sort === 'real' || sort === 'protocol' ? ranksOf(sort).rank : noRanks;
		const collecting = {entries, highWater, nowMs, plan, predicate, rankOfPath, directorRank, danger};

		const wanted = Math.max(0, count);
		const window = (bounds: Bounds) => {
			const {within, below, matched, total} = collect(collecting, scratch, bounds);
			const first = Math.max(0, Math.min(offset, matched));
			const last = Math.min(matched, first + wanted);
			// Reversed, the window lies at the other end of the ascending order.
			const low = reverse ? matched - last : first;
			const high = reverse ? matched - first : last;
			return {within, below, matched, total, low, high, isEnclosed: below <= low && high <= below + within};
		};

		let bounds = guessBounds(collecting, Math.max(0, offset), Math.max(0, offset) + wanted, reverse);
		let found = window(bounds);
		if (!found.isEnclosed) {
			bounds = unbounded;
			found = window(bounds);
		}

		const {within, below, matched, total, low, high} = found;
		const slots = orderWindow(
			scratch, within, low - below, high - below, plan.levels, (level, slot) => laterKey(plan.kind, level, entries, slot << entryShift), bounds.tie.length,
		);
		if (reverse) {
			slots.reverse();
		}

		return {slots, matched, total};
	};
};
