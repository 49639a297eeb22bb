import {entryAnnouncedBy, entryDirector, entryExpiresMs, entryGeneration, entryMark, entryMarks, entryPath, entryRank, entrySent, entryWords, isOpenRank, setEntryMarks} from '../table/entry.js';
import {controlAt, serviceAt, serviceWords, type TableArrays} from '../table/memory.js';
import {type ServiceInfo} from '../table/path-info.js';
import {sharedBit} from './facts/director.js';
import {type Coverage} from './facts/failover.js';
import {createServiceRows, isUdpService, type Selection} from './facts/pair-services.js';

/** Counts of one virtual service at a takeover. `both`: sent or own. */
export type CoverageCounts = {
	readonly held: number;
	readonly sent: number;
	readonly own: number;
	readonly both: number;
	/** Of those not sent, and of those neither sent nor own: unknown to the master before, too, and silent since. */
	readonly staleUnsent: number;
	readonly staleUnknown: number;
};

export type ServiceCoverage = {readonly service: ServiceInfo; readonly udp: boolean; readonly counts: CoverageCounts};

export type CoverageQuestion = {
	readonly selection: Selection;
	/** The new master's bit. */
	readonly bit: number;
	/** Only sessions announced last by this director; -1: all. */
	readonly from: number;
	/** Of the takeover before, -1 when there was none. */
	readonly generation: number;
	readonly nowMs: number;
};

export const noCounts: CoverageCounts = {held: 0, sent: 0, own: 0, both: 0, staleUnsent: 0, staleUnknown: 0};

/** `ownCounts`: what it announced itself is still in its kernel. `forgotten`: it may know up to so many more. */
export const coverageOf = ({held, sent, own, both, staleUnsent, staleUnknown}: CoverageCounts, ownCounts: boolean, forgotten = 0): Coverage => ({
	held, sent, own,
	known: ownCounts ? both : sent,
	best: Math.min(held, both + forgotten),
	stale: ownCounts ? staleUnknown : staleUnsent,
});

export const addCounts = (one: CoverageCounts, other: CoverageCounts): CoverageCounts => ({
	held: one.held + other.held, sent: one.sent + other.sent, own: one.own + other.own, both: one.both + other.both,
	staleUnsent: one.staleUnsent + other.staleUnsent, staleUnknown: one.staleUnknown + other.staleUnknown,
});

const columns = 6;
const keptMarks = entryMark.held | entryMark.moved | entryMark.unknown;

/**
Counts, at the moment of a takeover, what the new master knows of the open sessions, by virtual service, and marks those sessions so
that the accounting finds them again. One pass over the table.
*/
export const takeCoverage = (arrays: TableArrays) => {
	const serviceRows = createServiceRows(arrays);
	const {entries, control, services} = arrays;

	return ({selection, bit, from, generation, nowMs}: CoverageQuestion): ServiceCoverage[] => {
		const {rows, rowOfPath} = serviceRows([selection]);
		const sums = new Int32Array(rows.length * columns);
		for (const {service} of rows) {
			services.fill(0, (service.id * serviceWords) + serviceAt.heldMoved, (service.id * serviceWords) + serviceAt.heldRanout + 1);
		}

		const highWater = Atomics.load(control, controlAt.highWater);
		for (let slot = 1; slot <= highWater; slot++) {
			const at = slot * entryWords;
			const path = entryPath(entries, at);
			const row = rowOfPath[path]!;
			if (path === 0 || row === 0) {
				continue;
			}

			const marks = entryMarks(entries, at);
			const isHeld = isOpenRank(entryRank(entries, at)) && entryExpiresMs(entries, at) > nowMs && (from === -1 || entryDirector(entries, at) === from);
			if (!isHeld) {
				if ((marks & keptMarks) !== 0) {
					setEntryMarks(entries, at, marks & ~keptMarks);
				}

				continue;
			}

			const sent = (entrySent(entries, at) >>> bit) & 1;
			// The bit that strangers share says nothing of this one.
			const own = bit === sharedBit ? 0 : (entryAnnouncedBy(entries, at) >>> bit) & 1;
			const isStale = generation !== -1 && (marks & entryMark.unknown) !== 0 && entryGeneration(entries, at) !== generation;
			const sum = (row - 1) * columns;
			sums[sum]! += 1;
			sums[sum + 1]! += sent;
			sums[sum + 2]! += own;
			sums[sum + 3]! += sent | own;
			sums[sum + 4]! += isStale && sent === 0 ? 1 : 0;
			sums[sum + 5]! += isStale && (sent | own) === 0 ? 1 : 0;
			setEntryMarks(entries, at, (marks & ~keptMarks) | entryMark.held | (isStale ? entryMark.unknown : 0));
		}

		return rows.map(({service}, row) => {
			const [held, sent, own, both, staleUnsent, staleUnknown] = sums.subarray(row * columns, (row + 1) * columns) as unknown as [number, number, number, number, number, number];
			return {service, udp: isUdpService(service), counts: {held, sent, own, both, staleUnsent, staleUnknown}};
		}).filter(({counts}) => counts.held > 0);
	};
};

/** Marks the sessions held that the new master does not know. `generation`: those it was heard with since are known anyway. */
export const markUnknown = (arrays: TableArrays) => {
	const serviceRows = createServiceRows(arrays);
	const {entries, control} = arrays;

	return (selection: Selection, bit: number, ownCounts: boolean, generation: number) => {
		const {rowOfPath} = serviceRows([selection]);
		const highWater = Atomics.load(control, controlAt.highWater);
		for (let slot = 1; slot <= highWater; slot++) {
			const at = slot * entryWords;
			const path = entryPath(entries, at);
			const marks = entryMarks(entries, at);
			if (path === 0 || rowOfPath[path] === 0 || (marks & entryMark.held) === 0 || entryGeneration(entries, at) === generation) {
				continue;
			}

			const knows = entrySent(entries, at) | (ownCounts ? entryAnnouncedBy(entries, at) : 0);
			if (((knows >>> bit) & 1) === 0) {
				setEntryMarks(entries, at, marks | entryMark.unknown);
			} else if ((marks & entryMark.unknown) !== 0) {
				setEntryMarks(entries, at, marks & ~entryMark.unknown);
			}
		}
	};
};
