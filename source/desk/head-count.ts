import {controlAt, numberAt, type TableArrays} from '../table/memory.js';
import {createCensus, maxListeners, type CensusQuestion, type ServiceCensus} from './census.js';
import {sharedBit, type Director} from './facts/director.js';
import {type SplitBrain} from './facts/failover.js';
import {type Selection} from './facts/pair-services.js';
import {type Pairs, type PairState} from './pairs.js';
import {account} from './takeover-state.js';

/** The counts of the table by pair: when they were made, and what they found. */
export type HeadCount = {
	/** Counts the whole table, for all pairs; takeovers and split brains that are not over get their figures. */
	count(nowUs: number): void;
	/** The same when something happened since the last count, or that is too old. */
	refresh(nowUs: number): void;
	/** 0: something happened since the last count. */
	countedUs(): number;
	/** What was counted is out of date. */
	invalidate(): void;
	of(pair: PairState): readonly ServiceCensus[];
	selectionOf(pair: PairState): Selection;
	/** The master may be among them: both daemons can run on one director. */
	listenersOf(pair: PairState): Director[];
	/** Milliseconds since the table's origin. */
	sinceOriginMs(timeUs: number): number;
};

const us = 1_000_000;

/** Counting takes some 40 ms per million entries: at most a fiftieth of the time. */
const refreshUs = (entries: number): number => entries < 50_000 ? us : (entries < 250_000 ? 2 * us : 5 * us);

export const createHeadCount = (arrays: TableArrays, pairs: Pairs): HeadCount => {
	const census = createCensus(arrays);
	let countedUs = 0;
	let counts: ReadonlyMap<PairState, readonly ServiceCensus[]> = new Map();

	const sinceOriginMs = (timeUs: number): number => Math.floor((timeUs - arrays.numbers[numberAt.originUs]!) / 1000);

	const selectionOf = (pair: PairState): Selection => {
		const isAlone = pairs.all().filter(one => one.segment === pair.segment && one.syncids.length > 0).length < 2;
		return {segment: pair.segment, syncids: isAlone ? [] : pair.syncids};
	};

	/** The likeliest successor first: of the highest priority heard, else in the group of VRRP, else listening longest. */
	const listenersOf = (pair: PairState): Director[] => [...pair.directors, ...pairs.listenersBeside(pair)]
		.filter(director => director.listeningSinceUs > 0 && director.bit !== sharedBit)
		.toSorted((one, other) => (other.priority - one.priority) || (Number(other.joinsVrrp) - Number(one.joinsVrrp)) || (one.listeningSinceUs - other.listeningSinceUs))
		.slice(0, maxListeners);

	const onlyBy = ({directors: rivals}: SplitBrain, services: readonly ServiceCensus[]): number[] =>
		rivals.map((_director, index) => services.filter(({udp}) => !udp).reduce((sum, {split}) => sum + (split[index] ?? 0), 0));

	const count = (nowUs: number) => {
		const nowMs = sinceOriginMs(nowUs);
		const all = pairs.all();
		const questions = all.map((one): CensusQuestion => {
			const last = one.takeovers.at(-1);
			const split = one.split?.endUs === 0 ? one.split.directors : [];
			return {
				selection: selectionOf(one),
				listeners: listenersOf(one).map(({bit}) => bit),
				generation: last ? one.generation : -1,
				takeoverMs: last ? sinceOriginMs(last.atUs) : 0,
				split,
				splitBits: split.map(index => one.directors.find(director => director.index === index)?.bit ?? sharedBit),
				splitMs: one.split ? sinceOriginMs(one.split.sinceUs) : 0,
			};
		});
		const found = census(questions, nowMs);
		counts = new Map(all.map((one, index) => [one, found[index]!]));
		countedUs = nowUs;
		for (const one of all) {
			const last = one.takeovers.at(-1);
			if (last && !last.settled) {
				account(last, counts.get(one)!);
			}

			if (one.split?.endUs === 0) {
				one.split = {...one.split, onlyBy: onlyBy(one.split, counts.get(one)!)};
			}
		}
	};

	return {
		count,
		refresh(nowUs) {
			const isOld = countedUs === 0 || nowUs - countedUs >= refreshUs(Atomics.load(arrays.control, controlAt.highWater));
			if (isOld && pairs.all().length > 0) {
				count(nowUs);
			}
		},
		countedUs: () => countedUs,
		invalidate() {
			countedUs = 0;
		},
		of: pair => counts.get(pair) ?? [],
		selectionOf,
		listenersOf,
		sinceOriginMs,
	};
};
