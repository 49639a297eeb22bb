import {entryAnnouncedBy, entryDirector, entryExpiresMs, entryFlag, entryFlags, entryGeneration, entryLastSecond, entryMark, entryMarks, entryPath, entryRank, entryRhythmSeconds, entrySent, entryTimeout, entryWords, isOpenRank} from '../table/entry.js';
import {controlAt, serviceAt, serviceWords, type TableArrays} from '../table/memory.js';
import {type ServiceInfo} from '../table/path-info.js';
import {noCounts, type CoverageCounts} from './coverage.js';
import {sharedBit} from './facts/director.js';
import {type Accounting} from './facts/failover.js';
import {createServiceRows, isUdpService, type Selection} from './facts/pair-services.js';
import {isOverdue} from './facts/rhythm.js';

/** The most listeners of one pair that are counted. */
export const maxListeners = 4;

export type CensusQuestion = {
	readonly selection: Selection;
	/** Bits of the listeners, at most `maxListeners`. */
	readonly listeners: readonly number[];
	/** Number of the last takeover in the entries, -1 when there was none, and its moment. */
	readonly generation: number;
	readonly takeoverMs: number;
	/** Directors of a split brain by number, and their bits: sessions announced since `splitMs` by one of them that the others do not know are counted for each. Empty otherwise. */
	readonly split: readonly number[];
	readonly splitBits: readonly number[];
	readonly splitMs: number;
};

export type ServiceCensus = {
	readonly service: ServiceInfo;
	readonly udp: boolean;
	/** Open now. */
	readonly open: number;
	/** For each listener, what it knows of those. */
	readonly listeners: readonly CoverageCounts[];
	/** Expected to run out before the next announcement is due. */
	readonly runningOut: number;
	/** Of those open at the last takeover. */
	readonly accounting: Accounting;
	/** For each director of the split: open, announced since by it last, and neither sent to the others nor announced by them before. */
	readonly split: readonly number[];
};

export const noAccounting: Accounting = {heard: 0, closed: 0, ranout: 0, moved: 0, waiting: 0, overdue: 0};

export const addAccounting = (one: Accounting, other: Accounting): Accounting => ({
	heard: one.heard + other.heard, closed: one.closed + other.closed, ranout: one.ranout + other.ranout,
	moved: one.moved + other.moved, waiting: one.waiting + other.waiting, overdue: one.overdue + other.overdue,
});

const column = {open: 0, runningOut: 1, heard: 2, closed: 3, moved: 4, waiting: 5, overdue: 6, ranout: 7, split: 8, listeners: 12} as const;
const perListener = 5;
const columns = column.listeners + (maxListeners * perListener);
const maxSplit = 4;

/** Bits of the other directors of a split brain; those that have none of their own cannot be told apart. */
const rivalsOf = (bits: readonly number[], index: number): number => bits.reduce((mask, bit, other) => other === index || bit === sharedBit ? mask : mask | (1 << bit), 0);

/** One pass over the table for all pairs: what listeners know now, and what became of the sessions held at the last takeover. */
export const createCensus = (arrays: TableArrays) => {
	const serviceRows = createServiceRows(arrays);
	const {entries, control, services} = arrays;

	return (questions: readonly CensusQuestion[], nowMs: number): ServiceCensus[][] => {
		const {rows, rowOfPath} = serviceRows(questions.map(({selection}) => selection));
		const sums = new Int32Array(rows.length * columns);
		const highWater = Atomics.load(control, controlAt.highWater);
		// Plain numbers for the loop: with objects it takes ten times as long.
		const questionOfRow = Int32Array.from(rows, ({selection}) => selection);
		const generations = Int32Array.from(questions, ({generation}) => generation);
		const takeoverMs = Float64Array.from(questions, question => question.takeoverMs);
		const listenerCounts = Int32Array.from(questions, ({listeners}) => Math.min(maxListeners, listeners.length));
		const bits = Int32Array.from({length: questions.length * maxListeners}, (_, index) => questions[Math.floor(index / maxListeners)]!.listeners[index % maxListeners] ?? 0);
		const splits = Int32Array.from({length: questions.length * maxSplit}, (_, index) => questions[Math.floor(index / maxSplit)]!.split[index % maxSplit] ?? -1);
		const splitMs = Float64Array.from(questions, question => question.split.length > 0 ? question.splitMs : Infinity);
		const rivals = Int32Array.from({length: questions.length * maxSplit}, (_, index) => rivalsOf(questions[Math.floor(index / maxSplit)]!.splitBits, index % maxSplit));
		for (let slot = 1; slot <= highWater; slot++) {
			const at = slot * entryWords;
			const path = entryPath(entries, at);
			const row = path === 0 ? 0 : rowOfPath[path]!;
			if (row === 0 || (entryFlags(entries, at) & entryFlag.template) !== 0) {
				continue;
			}

			const question = questionOfRow[row - 1]!;
			const sum = (row - 1) * columns;
			const isOpen = isOpenRank(entryRank(entries, at));
			const marks = entryMarks(entries, at);
			const isDue = entryExpiresMs(entries, at) <= nowMs;
			const isHeard = entryGeneration(entries, at) === generations[question]!;
			if ((marks & entryMark.held) !== 0) {
				let account: number = column.closed;
				if ((marks & entryMark.moved) !== 0) {
					account = column.moved;
				} else if (isOpen && isDue) {
					// Its time is up, the sweeper has not come to it.
					account = column.ranout;
				} else if (isOpen && isHeard) {
					account = column.heard;
				} else if (isOpen) {
					account = isOverdue(entries, at, takeoverMs[question]!, nowMs) ? column.overdue : column.waiting;
				}

				sums[sum + account] = sums[sum + account]! + 1;
			}

			if (!isOpen || isDue) {
				continue;
			}

			sums[sum] = sums[sum]! + 1;
			if (entryRhythmSeconds(entries, at) > entryTimeout(entries, at)) {
				sums[sum + column.runningOut] = sums[sum + column.runningOut]! + 1;
			}

			const sent = entrySent(entries, at);
			const own = entryAnnouncedBy(entries, at);
			const stale = (marks & entryMark.unknown) !== 0 && !isHeard ? 1 : 0;
			const listeners = listenerCounts[question]!;
			for (let index = 0; index < listeners; index++) {
				const bit = bits[(question * maxListeners) + index]!;
				const wasSent = (sent >>> bit) & 1;
				const known = wasSent | ((own >>> bit) & 1);
				const to = sum + column.listeners + (index * perListener);
				sums[to] = sums[to]! + wasSent;
				sums[to + 1] = sums[to + 1]! + ((own >>> bit) & 1);
				sums[to + 2] = sums[to + 2]! + known;
				sums[to + 3] = sums[to + 3]! + (stale & ~wasSent);
				sums[to + 4] = sums[to + 4]! + (stale & ~known);
			}

			if (entryLastSecond(entries, at) * 1000 >= splitMs[question]!) {
				const director = entryDirector(entries, at);
				for (let index = 0; index < maxSplit; index++) {
					if (splits[(question * maxSplit) + index] === director && ((sent | own) & rivals[(question * maxSplit) + index]!) === 0) {
						sums[sum + column.split + index] = sums[sum + column.split + index]! + 1;
					}
				}
			}
		}

		const result: ServiceCensus[][] = questions.map(() => []);
		for (const [row, {selection, service}] of rows.entries()) {
			const question = questions[selection]!;
			const at = row * columns;
			const of = (offset: number) => sums[at + offset]!;
			const left = (service.id * serviceWords);
			const isAsked = question.generation !== -1;
			result[selection]!.push({
				service,
				udp: isUdpService(service),
				open: of(column.open),
				runningOut: of(column.runningOut),
				listeners: question.listeners.slice(0, maxListeners).map((_bit, index) => {
					const from = column.listeners + (index * perListener);
					return {...noCounts, held: of(column.open), sent: of(from), own: of(from + 1), both: of(from + 2), staleUnsent: of(from + 3), staleUnknown: of(from + 4)};
				}),
				accounting: isAsked
					? {
						heard: of(column.heard), closed: of(column.closed) + services[left + serviceAt.heldClosed]!, ranout: of(column.ranout) + services[left + serviceAt.heldRanout]!,
						moved: of(column.moved) + services[left + serviceAt.heldMoved]!, waiting: of(column.waiting), overdue: of(column.overdue),
					}
					: noAccounting,
				split: question.split.slice(0, maxSplit).map((_director, index) => of(column.split + index)),
			});
		}

		return result;
	};
};
