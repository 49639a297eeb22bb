import {CheckpointError} from '../../checkpoint/shape.js';
import {connFlags} from '../../wire/sync/conn-flags.js';
import {anomaly, recordAt} from '../../wire/sync/record-batch.js';
import {changeKind} from '../changes.js';
import {
	codeOfRank, entryDirector, entryExpiresMs, entryFirstMs, entryFlag, entryFlags, entryLastMs, entryLastPath, entryMark, entryMarks, entryNext, entryPath, entryPe, entryRank, entryShift,
	freeEntry, isEntryUsed, isEstablishedRank, isOpenRank, packFlags, rankOf, setEntryNext, setEntryPath, setEntryTimeout, startEntryHeard, startEntryLastPath, startEntryMasks, startEntryPortState,
	startEntryRhythm, startEntryUpdates, stateShift,
} from '../entry.js';
import {addToIndex, inHomeOrder, removeFromIndex, reserveIndex, type HashIndex} from '../hash-index.js';
import {controlAt, numberAt, pathAt, pathShift, serviceAt, serviceShift, type TableArrays} from '../memory.js';
import {type PePool} from '../pe-pool.js';
import {countRate} from '../rates.js';
import {type ChangeWriter} from './change-writer.js';
import {strangers} from './eviction.js';
import {type PathTable} from './paths.js';
import {type LookupState, type SessionLookup} from './session-lookup.js';
import {type Shares} from './shares.js';
import {setMoment, type Announcement, type Moment, type TableMessage} from './table-message.js';
import {linkEntry, unlinkEntry, type Wheel} from './wheel.js';

/** What the sessions are kept with. */
type SessionParts = {
	readonly arrays: TableArrays;
	readonly maxSessions: number;
	readonly slots: SlotState;
	readonly lookupState: LookupState;
	readonly pathTable: PathTable;
	readonly pe: PePool;
	readonly changes: ChangeWriter;
	readonly lookup: SessionLookup;
	readonly shares: Shares;
	readonly index: HashIndex;
	readonly wheel: Wheel;
};

/** Which slots are in use. */
export type SlotState = {
	/** The first of the free ones, which are linked through the word of the wheel; 0 for none. */
	freeSlot: number;
	/** Slots 1 to this one have been used at some time. */
	highWater: number;
	used: number;
};

export const createSlotState = (): SlotState => ({freeSlot: 0, highWater: 0, used: 0});

/** Where sessions begin and end: made, removed, evicted, with counters, index place, references and changes. */
export type Sessions = {
	create(announcement: Announcement, message: TableMessage, moment: Moment): void;
	/** Removes an entry whose time is up; `hash` is that of its identity. */
	removeDue(slot: number, hash: number, moment: Moment): void;
	/** Lets readers see the slots that were used for the first time: once a message, not once a session. */
	publish(): void;
	/** Finds again what the slots hold, after they were restored. Throws a `CheckpointError` when two hold one session. */
	reindex(): void;
};

const ranoutMs = 60_000;

export const createSessions = ({arrays, maxSessions, slots, lookupState, pathTable, pe, changes, lookup, shares, index, wheel}: SessionParts): Sessions => {
	const {control, numbers, entries, services, paths, counts, pathTotals, rates} = arrays;
	/** When an entry ended, which may be before now. */
	const ended: Moment = {nowMs: 0, second: 0, ms: 0};

	/** Takes an entry out, with a change and a copy among the departed. */
	const remove = (slot: number, hash: number, kind: number, endedMs: number, second: number) => {
		const at = slot << entryShift;
		const path = entryPath(entries, at);
		const rank = entryRank(entries, at);
		const flags = entryFlags(entries, at);
		setMoment(ended, endedMs);
		changes.change(kind, at, ended, 0, 0);
		changes.depart(kind, at, ended);
		counts[(path << stateShift) + codeOfRank(rank)]! -= 1;
		counts[codeOfRank(rank)]! -= 1;
		pathTotals[(path * 2) + 1]! += 1;
		countRate(rates, path, 1, second);
		countRate(rates, 0, 1, second);
		numbers[kind === changeKind.expired ? numberAt.expired : (kind === changeKind.ranout ? numberAt.ranout : numberAt.evicted)]! += 1;
		control[(flags & entryFlag.template) === 0 ? controlAt.connections : controlAt.templates]! -= 1;
		if ((flags & entryFlag.noCport) !== 0) {
			lookupState.withoutPort -= 1;
		}

		const marks = entryMarks(entries, at);
		if ((marks & entryMark.held) !== 0) {
			const end = (marks & entryMark.moved) === 0 ? (isOpenRank(rank) ? serviceAt.heldRanout : serviceAt.heldClosed) : serviceAt.heldMoved;
			services[(paths[path << pathShift]! << serviceShift) + end]! += 1;
		}

		shares.count(entryDirector(entries, at), -1);
		removeFromIndex(index, hash, slot);
		unlinkEntry(wheel, entries, slot);
		pathTable.release(path);
		pathTable.release(entryLastPath(entries, at));
		const peId = entryPe(entries, at);
		if (peId !== 0) {
			pe.release(peId);
		}

		freeEntry(entries, at);
		setEntryNext(entries, at, slots.freeSlot);
		slots.freeSlot = slot;
		slots.used -= 1;
	};

	const evict = (whose: number, {nowMs, second}: Moment) => {
		const victim = shares.choose(whose, slots.highWater);
		if (victim !== 0) {
			numbers[numberAt.evictedUnknown]! += whose === strangers ? 1 : 0;
			remove(victim, lookup.hashOfEntry(victim << entryShift), changeKind.evicted, nowMs, second);
		}
	};

	const makeRoom = (moment: Moment) => {
		if (slots.used >= maxSessions) {
			evict(shares.whoMustYield(), moment);
		}
	};

	const takeSlot = (): number => {
		const slot = slots.freeSlot;
		if (slot === 0) {
			slots.highWater += 1;
			return slots.highWater;
		}

		slots.freeSlot = entryNext(entries, slot << entryShift);
		return slot;
	};

	return {
		create({words, from, path, pe: peId, hash, cport, timeout}, message, moment) {
			makeRoom(moment);
			const {second, ms} = moment;
			const slot = takeSlot();
			const at = slot << entryShift;
			const wireFlags = words[from + recordAt.flags]!;
			const isTemplate = (wireFlags & connFlags.template) !== 0;
			const newState = words[from + recordAt.state]! & 0xff;
			const rank = rankOf(words[from + recordAt.protocol]!, newState, isTemplate);
			const flags = packFlags(wireFlags)
				| (words[from + recordAt.family] === 6 ? entryFlag.ipv6 : 0)
				| ((words[from + recordAt.anomalies]! & anomaly.portWithoutFlag) === 0 ? 0 : entryFlag.illFormed)
				| (message.partial ? entryFlag.partial : 0);
			entries[at] = words[from + recordAt.caddr]!;
			entries[at + 1] = words[from + recordAt.caddr + 1]!;
			entries[at + 2] = words[from + recordAt.caddr + 2]!;
			entries[at + 3] = words[from + recordAt.caddr + 3]!;
			startEntryPortState(entries, at, cport, newState, rank);
			startEntryLastPath(entries, at, path);
			setEntryTimeout(entries, at, timeout);
			startEntryHeard(entries, at, second, ms, flags);
			startEntryUpdates(entries, at);
			startEntryMasks(entries, at, message.sentMask, message.directorBit);
			startEntryRhythm(entries, at, peId);
			linkEntry(wheel, entries, slot, moment.nowMs + ((timeout >>> 0) * 1000));
			setEntryPath(entries, at, message.director, path);
			addToIndex(index, hash, slot);
			slots.used += 1;

			paths[(path << pathShift) + pathAt.references]! += 2;
			paths[(path << pathShift) + pathAt.lastNewSecond] = second;
			paths[(path << pathShift) + pathAt.lastNewMs] = ms;
			if (peId !== 0) {
				pe.refer(peId);
			}

			if ((flags & entryFlag.noCport) !== 0) {
				lookupState.withoutPort += 1;
			}

			if (!message.known) {
				shares.strange(slot);
			}

			shares.count(message.director, 1);
			control[isTemplate ? controlAt.templates : controlAt.connections]! += 1;
			counts[(path << stateShift) + codeOfRank(rank)]! += 1;
			counts[codeOfRank(rank)]! += 1;
			pathTotals[path * 2]! += 1;
			countRate(rates, path, 0, second);
			countRate(rates, 0, 0, second);
			numbers[numberAt.created]! += 1;
			changes.change(changeKind.new, at, moment, 0, 0);
		},
		removeDue(slot, hash, {second}) {
			const at = slot << entryShift;
			const ranOut = isEstablishedRank(entryRank(entries, at)) && entryLastMs(entries, at) - entryFirstMs(entries, at) >= ranoutMs;
			remove(slot, hash, ranOut ? changeKind.ranout : changeKind.expired, entryExpiresMs(entries, at), second);
		},
		publish() {
			Atomics.store(control, controlAt.highWater, slots.highWater);
		},
		reindex() {
			reserveIndex(index, slots.used);
			const hashes = new Int32Array(slots.used);
			const used = new Int32Array(slots.used);
			let count = 0;
			for (let slot = 1; slot <= slots.highWater; slot += 1) {
				const at = slot << entryShift;
				if (isEntryUsed(entries, at)) {
					hashes[count] = lookup.hashOfEntry(at);
					used[count] = slot;
					count += 1;
				}
			}

			inHomeOrder(hashes, used, (hash, slot) => {
				if (lookup.isTwin(hash, slot << entryShift)) {
					throw new CheckpointError('holds one session twice');
				}

				addToIndex(index, hash, slot);
			});
			Atomics.store(control, controlAt.highWater, slots.highWater);
		},
	};
};
