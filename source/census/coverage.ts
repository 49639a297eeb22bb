/*
What a new master knows of the open sessions, counted at the moment of a takeover; the sessions are marked so that the accounting finds
them again. Each function is one pass over the table.
*/
import {
	entryAnnouncedBy, entryDirector, entryExpiresMs, entryLastMs, entryMark, entryMarks, entryPath, entryRank, entrySent, entryWords, isEstablishedRank, isOpenRank, setEntryMarks,
} from '../table/entry.js';
import {controlAt, serviceAt, serviceWords, type TableArrays} from '../table/memory.js';
import {type PathReader} from '../table/path-info.js';
import {sharedBit} from '../desk/facts/director.js';
import {type Coverage} from '../desk/facts/failover.js';
import {isUdpService, serviceText} from '../desk/facts/pair-services.js';
import {isOverdue} from '../desk/facts/rhythm.js';
import {serviceRowsOf} from './rows.js';
import {type CoverageCounts, type FindOwner, type ServiceRow} from './counts.js';

/** The takeover before of an address: its new master, its moment, whether it was sure what that one did not know, and whether it is not shown that it received what it was sent. */
export type FormerTakeover = {readonly to: number; readonly atMs: number; readonly isSure: boolean; readonly isAtMost: boolean};

type CoverageQuestion = {
	readonly owners: ReadonlySet<number>;
	/** The new master's bit, and since when its daemon listens that was started anew: 0 when it was not. */
	readonly bit: number;
	readonly rejoinedMs: number;
	/** By owner, where there was one. */
	readonly former: ReadonlyMap<number, FormerTakeover>;
	readonly nowMs: number;
};

export const noCounts: CoverageCounts = {held: 0, sent: 0, earlier: 0, own: 0, both: 0, staleUnsent: 0, staleUnknown: 0, silentUnsent: 0, silentUnknown: 0};

/** `ownCounts`: what it announced itself is still in its kernel. `forgotten`: it may know up to so many more. */
export const coverageOf = ({held, sent, earlier, own, both, staleUnsent, staleUnknown, silentUnsent, silentUnknown}: CoverageCounts, ownCounts: boolean, forgotten = 0): Coverage => ({
	held, sent, earlier, own,
	known: ownCounts ? both : sent,
	best: Math.min(held, both + forgotten),
	stale: ownCounts ? staleUnknown : staleUnsent,
	silent: ownCounts ? silentUnknown : silentUnsent,
});

export const addCounts = (one: CoverageCounts, other: CoverageCounts): CoverageCounts => ({
	held: one.held + other.held, sent: one.sent + other.sent, earlier: one.earlier + other.earlier, own: one.own + other.own, both: one.both + other.both,
	staleUnsent: one.staleUnsent + other.staleUnsent, staleUnknown: one.staleUnknown + other.staleUnknown,
	silentUnsent: one.silentUnsent + other.silentUnsent, silentUnknown: one.silentUnknown + other.silentUnknown,
});

/** What was sent with a sync id that it does not take was not sent to it. */
export const withoutSent = ({held, own}: CoverageCounts): CoverageCounts => ({...noCounts, held, own, both: own});

const columns = 9;
const keptMarks = entryMark.held | entryMark.moved | entryMark.unknown | entryMark.own;

export const takeCoverage = (findOwner: FindOwner, arrays: TableArrays, reader: PathReader, {owners, bit, rejoinedMs, former, nowMs}: CoverageQuestion): ServiceRow[] => {
	const {entries, control, services} = arrays;
	const {rows, rowOfPath} = serviceRowsOf(findOwner, arrays, reader, owners);
	const sums = new Int32Array(rows.length * columns);
	const formerTo = Int32Array.from(rows, ({owner}) => former.get(owner)?.to ?? -1);
	const momentOf = (owner: number, isAsked: (one: FormerTakeover) => boolean): number => {
		const one = former.get(owner);
		return one && isAsked(one) ? one.atMs : -1;
	};

	const formerMs = Float64Array.from(rows, ({owner}) => momentOf(owner, one => one.isSure));
	const doubtfulMs = Float64Array.from(rows, ({owner}) => momentOf(owner, one => one.isAtMost));
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
		const isHeld = isOpenRank(entryRank(entries, at)) && entryExpiresMs(entries, at) > nowMs;
		if (!isHeld) {
			if ((marks & keptMarks) !== 0) {
				setEntryMarks(entries, at, marks & ~keptMarks);
			}

			continue;
		}

		const sent = (entrySent(entries, at) >>> bit) & 1;
		// The bit that strangers share says nothing of this one.
		const own = bit === sharedBit ? 0 : (entryAnnouncedBy(entries, at) >>> bit) & 1;
		const lastMs = entryLastMs(entries, at);
		const formerAtMs = formerMs[row - 1]!;
		// Unknown to the master before, too, and silent for longer than its rhythm.
		const isStale = formerAtMs >= 0 && (marks & entryMark.unknown) !== 0 && (entryDirector(entries, at) !== formerTo[row - 1] || lastMs < formerAtMs)
			&& isOverdue(entries, at, formerAtMs, nowMs);
		const doubtfulAtMs = doubtfulMs[row - 1]!;
		const isSilent = !isStale && lastMs < doubtfulAtMs;
		const sum = (row - 1) * columns;
		sums[sum]! += 1;
		sums[sum + 1]! += sent;
		sums[sum + 2]! += sent === 1 && lastMs < rejoinedMs ? 1 : 0;
		sums[sum + 3]! += own;
		sums[sum + 4]! += sent | own;
		sums[sum + 5]! += isStale && sent === 0 ? 1 : 0;
		sums[sum + 6]! += isStale && (sent | own) === 0 ? 1 : 0;
		sums[sum + 7]! += isSilent && sent === 0 ? 1 : 0;
		sums[sum + 8]! += isSilent && (sent | own) === 0 ? 1 : 0;
		setEntryMarks(entries, at, (marks & ~keptMarks) | entryMark.held | (isStale ? entryMark.unknown : 0) | (own === 1 && sent === 0 ? entryMark.own : 0));
	}

	return rows.map(({service, owner, syncid, reals}, row): ServiceRow => {
		const at = row * columns;
		const [held, sent, earlier, own, both, staleUnsent, staleUnknown, silentUnsent, silentUnknown] = Array.from({length: columns}, (_, place) => sums[at + place]!) as [number, number, number, number, number, number, number, number, number];
		return {service: service.id, owner, syncid, name: serviceText(service), udp: isUdpService(service), reals, counts: {held, sent, earlier, own, both, staleUnsent, staleUnknown, silentUnsent, silentUnknown}};
	}).filter(({counts}) => counts.held > 0);
};

/** Open TCP and SCTP sessions of these owners that were announced while the director of this bit listened, or may have. */
export const countSent = (findOwner: FindOwner, arrays: TableArrays, reader: PathReader, owners: ReadonlySet<number>, bit: number, nowMs: number): number => {
	const {entries, control} = arrays;
	const {rowOfPath} = serviceRowsOf(findOwner, arrays, reader, owners);
	const highWater = Atomics.load(control, controlAt.highWater);
	let count = 0;
	for (let slot = 1; slot <= highWater; slot++) {
		const at = slot * entryWords;
		const path = entryPath(entries, at);
		const isSent = path !== 0 && rowOfPath[path]! !== 0 && ((entrySent(entries, at) >>> bit) & 1) === 1;
		count += isSent && isEstablishedRank(entryRank(entries, at)) && entryExpiresMs(entries, at) > nowMs ? 1 : 0;
	}

	return count;
};

type MarkQuestion = {
	readonly owners: ReadonlySet<number>;
	readonly bit: number;
	readonly ownCounts: boolean;
	/** Sessions of this sync id were not sent to it: it takes others. */
	takes(syncid: number): boolean;
	/** The new master, and when it took over: those that it was heard with since are known anyway. */
	readonly to: number;
	readonly atMs: number;
};

/** Marks the sessions held that the new master does not know. */
export const markUnknown = (findOwner: FindOwner, arrays: TableArrays, reader: PathReader, {owners, bit, ownCounts, takes, to, atMs}: MarkQuestion): void => {
	const {entries, control} = arrays;
	const {rows, rowOfPath} = serviceRowsOf(findOwner, arrays, reader, owners);
	const isTaken = Uint8Array.from(rows, ({syncid}) => takes(syncid) ? 1 : 0);
	const highWater = Atomics.load(control, controlAt.highWater);
	for (let slot = 1; slot <= highWater; slot++) {
		const at = slot * entryWords;
		const path = entryPath(entries, at);
		const row = rowOfPath[path]!;
		const marks = entryMarks(entries, at);
		if (path === 0 || row === 0 || (marks & entryMark.held) === 0 || (entryDirector(entries, at) === to && entryLastMs(entries, at) >= atMs)) {
			continue;
		}

		const masks = (isTaken[row - 1] === 1 ? entrySent(entries, at) : 0) | (ownCounts ? entryAnnouncedBy(entries, at) : 0);
		// Who was thought to have lost them may have shown since that it did not: that they are its own is still marked.
		const isOwn = ownCounts && (marks & entryMark.own) !== 0;
		const isKnown = isOwn || ((masks >>> bit) & 1) === 1;
		if (!isKnown) {
			setEntryMarks(entries, at, marks | entryMark.unknown);
		} else if ((marks & entryMark.unknown) !== 0) {
			setEntryMarks(entries, at, marks & ~entryMark.unknown);
		}
	}
};
