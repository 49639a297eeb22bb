/*
One pass over the table for all addresses that are followed: what the listeners know now, what became of the sessions held at the last
takeover of each address, and what the new master's own words tell.
*/
import {
	entryAnnouncedBy, entryDirector, entryExpiresMs, entryFlag, entryFlags, entryLastMs, entryLastSecond, entryMark, entryMarks, entryPath, entryRank, entryRhythmSeconds,
	entrySent, entryTimeout, entryWords, isOpenRank,
} from '../table/entry.js';
import {controlAt, serviceAt, serviceWords, type TableArrays} from '../table/memory.js';
import {type PathReader} from '../table/path-info.js';
import {sharedBit} from '../desk/facts/director.js';
import {type Accounting} from '../desk/facts/failover.js';
import {isUdpService} from '../desk/facts/pair-services.js';
import {isOverdue} from '../desk/facts/rhythm.js';
import {thresholds} from '../desk/facts/thresholds.js';
import {noCounts} from './coverage.js';
import {serviceRowsOf} from './rows.js';
import {type FindOwner, type ServiceCensus} from './counts.js';

/** The most listeners of one master that are counted. */
export const maxListeners = 4;

/** A listener whose knowledge is counted: its bit, and when its daemon was started anew, 0 when it was not. */
export type Listener = {readonly bit: number; readonly rejoinedMs: number};

/** What is asked of the sessions of one address. */
export type CensusQuestion = {
	/** At most `maxListeners`. */
	readonly listeners: readonly Listener[];
	/** The last takeover: its moment, -1 when there was none, its new master, and the last message of that one. */
	readonly takeoverMs: number;
	readonly to: number;
	readonly messageMs: number;
	/** It is sure what that one did not know. */
	readonly isSure: boolean;
	/** Directors of a split brain, and their bits: sessions announced since `splitMs` by one of them that the others do not know are counted for each. Empty otherwise. */
	readonly split: readonly number[];
	readonly splitBits: readonly number[];
	readonly splitMs: number;
};

export const noAccounting: Accounting = {heard: 0, closed: 0, ranout: 0, moved: 0, waiting: 0, overdue: 0};

export const addAccounting = (one: Accounting, other: Accounting): Accounting => ({
	heard: one.heard + other.heard, closed: one.closed + other.closed, ranout: one.ranout + other.ranout,
	moved: one.moved + other.moved, waiting: one.waiting + other.waiting, overdue: one.overdue + other.overdue,
});

const column = {open: 0, runningOut: 1, heard: 2, closed: 3, moved: 4, waiting: 5, overdue: 6, ranout: 7, ownHeard: 8, ownDue: 9, otherHeard: 10, otherDue: 11, due: 12, silent: 13, split: 14, unsent: 18, paced: 19, listeners: 20} as const;
const perListener = 6;
const columns = column.listeners + (maxListeners * perListener);
const maxSplit = 4;
/** Dues are means: counted in thousandths. */
const dueUnit = 1000;

/** Bits of the other directors of a split brain; those that have none of their own cannot be told apart. */
const rivalsOf = (bits: readonly number[], index: number): number => bits.reduce((mask, bit, other) => other === index || bit === sharedBit ? mask : mask | (1 << bit), 0);

const nothingAsked: CensusQuestion = {listeners: [], takeoverMs: -1, to: -1, messageMs: 0, isSure: false, split: [], splitBits: [], splitMs: 0};

/** `questions`: by owner. */
export const takeCensus = (findOwner: FindOwner, arrays: TableArrays, reader: PathReader, questions: ReadonlyMap<number, CensusQuestion>, nowMs: number): ServiceCensus[] => {
	const {entries, control, services} = arrays;
	const {rows, rowOfPath} = serviceRowsOf(findOwner, arrays, reader);
	const asked = rows.map(({owner}) => questions.get(owner) ?? nothingAsked);
	const sums = new Int32Array(rows.length * columns);
	const firstMs = new Float64Array(rows.length);
	const lastHeardMs = new Float64Array(rows.length);
	const highWater = Atomics.load(control, controlAt.highWater);
	// Plain numbers for the loop: with objects it takes ten times as long.
	const takeoverMs = Float64Array.from(asked, one => one.takeoverMs);
	const messageMs = Float64Array.from(asked, one => one.messageMs);
	const isSure = Uint8Array.from(asked, one => one.isSure ? 1 : 0);
	const successor = Int32Array.from(asked, ({to}) => to);
	const listenerCounts = Int32Array.from(asked, ({listeners}) => Math.min(maxListeners, listeners.length));
	const ofListeners = <T extends Int32Array | Float64Array>(kind: {from(given: {length: number}, map: (value: unknown, index: number) => number): T}, value: (listener: Listener) => number): T =>
		kind.from({length: rows.length * maxListeners}, (_, index) => {
			const listener = asked[Math.floor(index / maxListeners)]!.listeners[index % maxListeners];
			return listener ? value(listener) : 0;
		});
	const bits = ofListeners(Int32Array, ({bit}) => bit);
	const rejoinedMs = ofListeners(Float64Array, listener => listener.rejoinedMs);
	const splits = Int32Array.from({length: rows.length * maxSplit}, (_, index) => asked[Math.floor(index / maxSplit)]!.split[index % maxSplit] ?? -1);
	const splitMs = Float64Array.from(asked, one => one.split.length > 0 ? one.splitMs : Infinity);
	const rivals = Int32Array.from({length: rows.length * maxSplit}, (_, index) => rivalsOf(asked[Math.floor(index / maxSplit)]!.splitBits, index % maxSplit));
	for (let slot = 1; slot <= highWater; slot++) {
		const at = slot * entryWords;
		const path = entryPath(entries, at);
		const row = path === 0 ? 0 : rowOfPath[path]!;
		if (row === 0 || (entryFlags(entries, at) & entryFlag.template) !== 0) {
			continue;
		}

		const question = row - 1;
		const sum = question * columns;
		const isOpen = isOpenRank(entryRank(entries, at));
		const marks = entryMarks(entries, at);
		const isDue = entryExpiresMs(entries, at) <= nowMs;
		const atMs = takeoverMs[question]!;
		const lastMs = entryLastMs(entries, at);
		const isHeard = atMs >= 0 && entryDirector(entries, at) === successor[question] && lastMs >= atMs;
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
				account = isOverdue(entries, at, atMs, nowMs) ? column.overdue : column.waiting;
			}

			sums[sum + account] = sums[sum + account]! + 1;
			const rhythmMs = entryRhythmSeconds(entries, at) * 1000;
			const isUnsent = (marks & (entryMark.own | entryMark.unknown)) !== 0;
			if (isUnsent) {
				const heardAt = sum + ((marks & entryMark.own) === 0 ? column.otherHeard : column.ownHeard);
				if (isOpen && isHeard) {
					sums[heardAt] = sums[heardAt]! + 1;
					firstMs[question] = firstMs[question] === 0 ? lastMs : Math.min(firstMs[question]!, lastMs);
					lastHeardMs[question] = Math.max(lastHeardMs[question]!, lastMs);
				}

				sums[sum + column.unsent] = sums[sum + column.unsent]! + 1;
				if (rhythmMs > 0) {
					sums[sum + column.paced] = sums[sum + column.paced]! + 1;
					sums[heardAt + 1] = sums[heardAt + 1]! + Math.round(Math.min(1, Math.max(0, messageMs[question]! - atMs) / rhythmMs) * dueUnit);
				}
			} else if (isOpen && rhythmMs > 0 && !isDue) {
				// Silent before the takeover already: it may have ended.
				const isIdle = !isHeard && atMs - lastMs > rhythmMs * thresholds.pace.rhythms;
				if (!isIdle && nowMs - atMs > (rhythmMs * thresholds.pace.rhythms) + (thresholds.pace.graceUs / 1000)) {
					sums[sum + column.due] = sums[sum + column.due]! + 1;
					sums[sum + column.silent] = sums[sum + column.silent]! + (isHeard ? 0 : 1);
				}
			}
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
		const stale = isSure[question] === 1 && (marks & entryMark.unknown) !== 0 && !isHeard && isOverdue(entries, at, atMs, nowMs) ? 1 : 0;
		const listeners = listenerCounts[question]!;
		for (let index = 0; index < listeners; index++) {
			const place = (question * maxListeners) + index;
			const bit = bits[place]!;
			const wasSent = (sent >>> bit) & 1;
			const known = wasSent | ((own >>> bit) & 1);
			const to = sum + column.listeners + (index * perListener);
			sums[to] = sums[to]! + wasSent;
			sums[to + 1] = sums[to + 1]! + ((own >>> bit) & 1);
			sums[to + 2] = sums[to + 2]! + known;
			sums[to + 3] = sums[to + 3]! + (stale & ~wasSent);
			sums[to + 4] = sums[to + 4]! + (stale & ~known);
			sums[to + 5] = sums[to + 5]! + (wasSent === 1 && lastMs < rejoinedMs[place]! ? 1 : 0);
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

	return rows.map(({service, owner, syncid, reals}, row): ServiceCensus => {
		const at = row * columns;
		const of = (offset: number) => sums[at + offset]!;
		const left = service.id * serviceWords;
		const question = asked[row]!;
		// Sessions of several sync ids share the counters of those that left.
		const isFirst = rows.findIndex(one => one.service === service) === row;
		// Those without a rhythm of their own are like the others.
		const share = of(column.paced) === 0 ? 0 : of(column.unsent) / (of(column.paced) * dueUnit);
		const gone = (place: number) => isFirst ? services[left + place]! : 0;
		return {
			service, owner, syncid, reals,
			udp: isUdpService(service),
			open: of(column.open),
			runningOut: of(column.runningOut),
			listeners: question.listeners.slice(0, maxListeners).map((_listener, index) => {
				const from = column.listeners + (index * perListener);
				return {...noCounts, held: of(column.open), sent: of(from), earlier: of(from + 5), own: of(from + 1), both: of(from + 2), staleUnsent: of(from + 3), staleUnknown: of(from + 4)};
			}),
			accounting: question.takeoverMs === -1
				? noAccounting
				: {
					heard: of(column.heard), closed: of(column.closed) + gone(serviceAt.heldClosed), ranout: of(column.ranout) + gone(serviceAt.heldRanout),
					moved: of(column.moved) + gone(serviceAt.heldMoved), waiting: of(column.waiting), overdue: of(column.overdue),
				},
			words: {
				ownHeard: of(column.ownHeard), ownDue: of(column.ownDue) * share, otherHeard: of(column.otherHeard), otherDue: of(column.otherDue) * share,
				due: of(column.due), silent: of(column.silent), firstMs: firstMs[row]!, lastMs: lastHeardMs[row]!,
			},
			split: question.split.slice(0, maxSplit).map((_director, index) => of(column.split + index)),
		};
	});
};
