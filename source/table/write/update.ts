import {faultCode} from '../../wire/fault.js';
import {connFlags} from '../../wire/sync/conn-flags.js';
import {anomaly, recordAt, recordShift, type RecordBatch} from '../../wire/sync/record-batch.js';
import {changeKind} from '../changes.js';
import {
	addEntryMasks, codeOfRank, countEntryUpdate, entryCport, entryDirector, entryFlag, entryFlags, entryLastFraction, entryLastMs, entryLastPath, entryLastSecondWord, entryMark, entryMarks, entryPath, entryRank, entryRhythm, entryShift,
	entryState, entryTimeout, entryTimeoutWord, isEntryOf, packFlags, packUpdatedFlags, rankOf, setEntryHeard, setEntryLastPath, setEntryMarks, setEntryPath, setEntryRhythm, setEntryState, setEntryTimeout, stateShift, updatedFlags,
} from '../entry.js';
import {numberAt, pathAt, pathShift, type TableArrays} from '../memory.js';
import {type ChangeWriter} from './change-writer.js';
import {type PathTable} from './paths.js';
import {type Prepared} from './preparation.js';
import {type Refusals} from './refusals.js';
import {type LookupState, type SessionLookup} from './session-lookup.js';
import {type Shares} from './shares.js';
import {type Announcement, type Moment, type TableMessage} from './table-message.js';
import {linkEntry, unlinkEntry, type Wheel} from './wheel.js';

type UpdateParts = {
	readonly arrays: TableArrays;
	readonly lookup: Pick<SessionLookup, 'rekey'>;
	readonly lookupState: LookupState;
	readonly pathTable: PathTable;
	readonly changes: ChangeWriter;
	readonly refusals: Refusals;
	readonly shares: Shares;
	readonly wheel: Wheel;
};

/** Applies a record to the entry of its identity, as Linux ip_vs_proc_conn does. */
type SessionUpdate = {
	update(slot: number, announcement: Announcement, message: TableMessage, moment: Moment): void;
	/**
	The same from record `first` of a batch on, as long as they are what nearly all records are: a connection is announced again by its director, on the path that
	it has, well before its time is up. Gives the first one that is not, with which nothing was done: `update` decides about that.
	*/
	renew(batch: RecordBatch, first: number, prepared: Prepared, message: TableMessage, moment: Moment): number;
};

/** Another director's word sooner than this after the last one is a sign of two masters. */
const contestedMs = 10_000;
/** Announcements closer than this belong together and say nothing of a rhythm. */
const rhythmLeastMs = 1000;
const maxRhythm = 0xf_ff;
/** Seconds that add up, and intervals that count milliseconds, without leaving 32 bits. */
const farSeconds = 2 ** 30;
const longIntervalSeconds = 1_000_000;

/** The mean interval, quarter seconds, after one more of `intervalMs`: a new one counts a quarter. */
const meanRhythm = (mean: number, intervalMs: number): number => {
	// Rounded. Not more than 32 bits, so that it is no division of doubles.
	const heard = ((Math.min(maxRhythm * 250, intervalMs) + 125) / 250) >>> 0;
	const moved = mean + ((heard - mean) >> 2);
	return mean === 0 ? heard : moved;
};

export const createSessionUpdate = ({arrays, lookup, lookupState, pathTable, changes, refusals, shares, wheel}: UpdateParts): SessionUpdate => {
	const {numbers, entries, paths, counts} = arrays;

	const sameDestination = (one: number, other: number): boolean => {
		const a = one << pathShift;
		const b = other << pathShift;
		return paths[a + pathAt.daddr] === paths[b + pathAt.daddr]
			&& paths[a + pathAt.dport] === paths[b + pathAt.dport]
			&& paths[a + pathAt.daddr + 1] === paths[b + pathAt.daddr + 1]
			&& paths[a + pathAt.daddr + 2] === paths[b + pathAt.daddr + 2]
			&& paths[a + pathAt.daddr + 3] === paths[b + pathAt.daddr + 3];
	};

	/** Where the last announcement pointed, whether the entry went there or not. */
	const followLastPath = (at: number, path: number) => {
		const last = entryLastPath(entries, at);
		if (last !== path) {
			paths[(path << pathShift) + pathAt.references]! += 1;
			setEntryLastPath(entries, at, path);
			pathTable.release(last);
		}
	};

	const markMoved = (at: number) => {
		const marks = entryMarks(entries, at);
		if ((marks & entryMark.held) !== 0) {
			setEntryMarks(entries, at, marks | entryMark.moved);
		}
	};

	/** The flags that it has from now on: what a backup takes over of those of the record. */
	const flagsRenewed = (flags: number, announced: number, isIllFormed: boolean, isPartial: boolean): number =>
		(flags & ~(updatedFlags | entryFlag.partial)) | announced | (isIllFormed ? entryFlag.illFormed : 0) | (isPartial ? entryFlag.partial : 0);

	/** The same to another destination: those of the record. */
	const flagsMoved = (flags: number, announced: number, isIllFormed: boolean, isPartial: boolean): number =>
		announced | (flags & (entryFlag.ipv6 | entryFlag.illFormed)) | (isIllFormed ? entryFlag.illFormed : 0) | (isPartial ? entryFlag.partial : 0);

	/** A postponed expiry leaves the entry where it stands in the wheel. */
	const reschedule = (slot: number, wasMs: number, expiresMs: number) => {
		if (expiresMs < wasMs) {
			unlinkEntry(wheel, entries, slot);
			linkEntry(wheel, entries, slot, expiresMs);
		}
	};

	const countState = (path: number, rank: number, difference: 1 | -1) => {
		counts[(path << stateShift) + codeOfRank(rank)]! += difference;
		counts[codeOfRank(rank)]! += difference;
	};

	/** Another state on the same path. */
	const changeState = (at: number, path: number, protocol: number, oldState: number, newState: number, moment: Moment) => {
		countState(path, entryRank(entries, at), -1);
		const rank = rankOf(protocol, newState, false);
		setEntryState(entries, at, newState, rank);
		countState(path, rank, 1);
		numbers[numberAt.stateChanges]! += 1;
		changes.change(changeKind.state, at, moment, oldState, 0);
	};

	const update = (slot: number, announcement: Announcement, message: TableMessage, moment: Moment) => {
		const {words, from, path, cport, timeout} = announcement;
		const at = slot << entryShift;
		const {director} = message;
		const {nowMs} = moment;
		const wireFlags = words[from + recordAt.flags]!;
		const flags = entryFlags(entries, at);
		const isTemplate = (flags & entryFlag.template) !== 0;
		const oldPath = entryPath(entries, at);
		const moves = path !== oldPath && !isTemplate && !sameDestination(path, oldPath);
		if (moves && (wireFlags & connFlags.inactive) !== 0) {
			followLastPath(at, path);
			markMoved(at);
			refusals.refuse(faultCode['destination-inactive'], director, message.segment, nowMs);
			return;
		}

		// An entry without a client port that goes to another real server is expired there, and made anew with the port of the record.
		if (moves && entryCport(entries, at) !== cport) {
			lookup.rekey(slot, announcement);
		}

		const oldLastMs = entryLastMs(entries, at);
		const oldExpiresMs = oldLastMs + (entryTimeout(entries, at) * 1000);
		const isIllFormed = (words[from + recordAt.anomalies]! & anomaly.portWithoutFlag) !== 0;
		const newFlags = moves ? flagsMoved(flags, packFlags(wireFlags), isIllFormed, message.partial) : flagsRenewed(flags, packUpdatedFlags(wireFlags), isIllFormed, message.partial);
		setEntryHeard(entries, at, moment.second, moment.ms, newFlags);
		setEntryTimeout(entries, at, timeout);
		countEntryUpdate(entries, at);
		addEntryMasks(entries, at, message.sentMask, message.directorBit);
		const interval = nowMs - oldLastMs;
		if (interval >= rhythmLeastMs) {
			setEntryRhythm(entries, at, meanRhythm(entryRhythm(entries, at), interval));
		}

		reschedule(slot, oldExpiresMs, nowMs + ((timeout >>> 0) * 1000));
		const oldDirector = entryDirector(entries, at);
		if (oldDirector !== director) {
			numbers[numberAt.contested]! += interval < contestedMs ? 1 : 0;
			shares.count(oldDirector, -1);
			shares.count(director, 1);
		}

		setEntryPath(entries, at, director, moves ? path : oldPath);
		followLastPath(at, path);
		const oldState = entryState(entries, at);
		const newState = words[from + recordAt.state]! & 0xff;
		if (moves || newState !== oldState) {
			countState(oldPath, entryRank(entries, at), -1);
			const rank = rankOf(words[from + recordAt.protocol]!, newState, isTemplate);
			setEntryState(entries, at, newState, rank);
			countState(moves ? path : oldPath, rank, 1);
		}

		if (moves) {
			paths[(path << pathShift) + pathAt.references]! += 1;
			lookupState.withoutPort += ((newFlags & entryFlag.noCport) === 0 ? 0 : 1) - ((flags & entryFlag.noCport) === 0 ? 0 : 1);
			numbers[numberAt.moved]! += 1;
			markMoved(at);
			changes.change(changeKind.moved, at, moment, oldState, oldPath);
			pathTable.release(oldPath);
		}

		if (newState !== oldState) {
			numbers[numberAt.stateChanges]! += 1;
			changes.change(changeKind.state, at, moment, oldState, 0);
		}
	};

	const renew = (batch: RecordBatch, first: number, {pathOf, slotOf, timeoutOf}: Prepared, message: TableMessage, moment: Moment): number => {
		const {words, count} = batch;
		const {director, directorBit, sentMask, partial} = message;
		const {second, ms} = moment;
		let record = first;
		for (; record < count; record += 1) {
			const slot = slotOf[record]!;
			const path = pathOf[record]!;
			const at = slot << entryShift;
			const from = record << recordShift;
			const wireFlags = words[from + recordAt.flags]!;
			const flags = entryFlags(entries, at);
			// The path is of one virtual service.
			if (path === 0
				|| !isEntryOf(entries, at, director, path)
				|| entries[at] !== words[from + recordAt.caddr]
				|| entryCport(entries, at) !== words[from + recordAt.cport]
				|| ((wireFlags & connFlags.template) | (flags & entryFlag.template)) !== 0
				|| entries[at + 1] !== words[from + recordAt.caddr + 1]
				|| entries[at + 2] !== words[from + recordAt.caddr + 2]
				|| entries[at + 3] !== words[from + recordAt.caddr + 3]) {
				break;
			}

			const timeout = timeoutOf[record]!;
			const last = entryLastSecondWord(entries, at);
			const oldTimeout = entryTimeoutWord(entries, at);
			const dueSecond = last + oldTimeout;
			// Whole numbers of 32 bits from here on: a third of the time that milliseconds in doubles take.
			if (((second | timeout | last | oldTimeout) >>> 0) >= farSeconds || dueSecond <= second || second - last > longIntervalSeconds) {
				break;
			}

			const lastFraction = entryLastFraction(entries, at);
			const isIllFormed = (words[from + recordAt.anomalies]! & anomaly.portWithoutFlag) !== 0;
			setEntryHeard(entries, at, second, ms, flagsRenewed(flags, packUpdatedFlags(wireFlags), isIllFormed, partial));
			setEntryTimeout(entries, at, timeout);
			countEntryUpdate(entries, at);
			addEntryMasks(entries, at, sentMask, directorBit);
			const interval = ((second - last) * 1000) + (ms - lastFraction);
			const rhythm = entryRhythm(entries, at);
			// Reckoned in any case: what runs for the first time a second after the start would have all of this compiled again.
			const mean = meanRhythm(rhythm, interval);
			setEntryRhythm(entries, at, interval >= rhythmLeastMs ? mean : rhythm);
			if (second + timeout < dueSecond || (second + timeout === dueSecond && ms < lastFraction)) {
				unlinkEntry(wheel, entries, slot);
				linkEntry(wheel, entries, slot, moment.nowMs + (timeout * 1000));
			}

			const oldState = entryState(entries, at);
			const newState = words[from + recordAt.state]! & 0xff;
			if (newState !== oldState) {
				changeState(at, path, words[from + recordAt.protocol]!, oldState, newState, moment);
			}
		}

		return record;
	};

	return {update, renew};
};
