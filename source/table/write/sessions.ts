import {CheckpointError} from '../../checkpoint/shape.js';
import {codeOfRank, entryExpiresMs, entryFirstMs, entryLastMs, isEstablishedRank, isOpenRank, packFlags, rankOf} from '../entry.js';
import {addToIndex, removeFromIndex, reserveIndex, type HashIndex} from '../hash-index.js';
import {layout} from '../layout.js';
import {type TableArrays} from '../memory.js';
import {type PePool} from '../pe-pool.js';
import {countRate} from '../rates.js';
import {type PathTable} from './paths.js';
import {strangers} from './eviction.js';
import {type ChangeWriter} from './change-writer.js';
import {type SessionLookup} from './session-lookup.js';
import {type Shares} from './shares.js';
import {type TableMessage} from './table-message.js';
import {linkEntry, unlinkEntry, type Wheel} from './wheel.js';

/** What the sessions are kept with. */
export type SessionParts = {
	readonly arrays: TableArrays;
	readonly maxSessions: number;
	readonly pathTable: PathTable;
	readonly pe: PePool;
	readonly changes: ChangeWriter;
	readonly lookup: SessionLookup;
	readonly shares: Shares;
	readonly index: HashIndex;
	readonly wheel: Wheel;
	readonly slots: SlotState;
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

/**
Where sessions begin and end: made, removed, evicted, with counters, index place, references and changes. Records are given as words
of a batch, the record's first being `words[from]`; times in milliseconds since the origin with their whole second.
*/
export type Sessions = {
	create(words: Int32Array, from: number, path: number, hash: number, peId: number, timeout: number, message: TableMessage, nowMs: number, second: number): void;
	/** Removes an entry whose time is up. */
	removeDue(slot: number, hash: number, second: number): void;
	/** Lets readers see the slots that were used for the first time: once a message, not once a session. */
	publish(): void;
	/** Finds again what the slots hold, after they were restored. Throws a `CheckpointError` when two hold one session. */
	reindex(): void;
};

const ranoutMs = 60_000;

export const createSessions = ({arrays, maxSessions, pathTable, pe, changes, lookup, shares, index, wheel, slots}: SessionParts): Sessions => {
	const {anomaly, changeKind, connFlags, controlAt, entryAt, entryFlag, entryMark, entryShift, numberAt, pathAt, pathMask, pathShift, recordAt, serviceAt, serviceShift, stateShift} = layout;
	const {control, numbers, entries, services, paths, counts, pathTotals, rates} = arrays;

	/** Takes an entry out, with a change and a copy among the departed. */
	const remove = (slot: number, hash: number, kind: number, timeMs: number, second: number) => {
		const at = slot << entryShift;
		const path = entries[at + entryAt.path]! & pathMask;
		const rank = entries[at + entryAt.portState]! & 0xff;
		const flags = entries[at + entryAt.fractions]!;
		changes.change(kind, at, timeMs, 0, 0);
		changes.depart(kind, at, timeMs);
		counts[(path << stateShift) + codeOfRank(rank)]! -= 1;
		counts[codeOfRank(rank)]! -= 1;
		pathTotals[(path * 2) + 1]! += 1;
		countRate(rates, path, 1, second);
		countRate(rates, 0, 1, second);
		numbers[kind === changeKind.expired ? numberAt.expired : (kind === changeKind.ranout ? numberAt.ranout : numberAt.evicted)]! += 1;
		control[(flags & entryFlag.template) === 0 ? controlAt.connections : controlAt.templates]! -= 1;
		if ((flags & entryFlag.noCport) !== 0) {
			lookup.countWithoutPort(-1);
		}

		const marks = entries[at + entryAt.lastPath]!;
		if ((marks & entryMark.held) !== 0) {
			const end = (marks & entryMark.moved) === 0 ? (isOpenRank(rank) ? serviceAt.heldRanout : serviceAt.heldClosed) : serviceAt.heldMoved;
			services[(paths[path << pathShift]! << serviceShift) + end]! += 1;
		}

		shares.count((entries[at + entryAt.path]! >>> 20) & 0xff, -1);
		removeFromIndex(index, hash, slot);
		unlinkEntry(wheel, entries, slot);
		pathTable.release(path);
		pathTable.release(entries[at + entryAt.lastPath]! & pathMask);
		const peId = entries[at + entryAt.rhythm]! & 0xf_ff_ff;
		if (peId !== 0) {
			pe.release(peId);
		}

		entries[at + entryAt.path] = 0;
		entries[at + entryAt.next] = slots.freeSlot;
		slots.freeSlot = slot;
		slots.used -= 1;
	};

	const evict = (whose: number, nowMs: number, second: number) => {
		const victim = shares.choose(whose, slots.highWater);
		if (victim !== 0) {
			numbers[numberAt.evictedUnknown]! += whose === strangers ? 1 : 0;
			remove(victim, lookup.hashOfEntry(victim << entryShift), changeKind.evicted, nowMs, second);
		}
	};

	const makeRoom = (known: boolean, nowMs: number, second: number) => {
		if (!known && shares.areStrangersFull()) {
			evict(strangers, nowMs, second);
		}

		if (slots.used >= maxSessions) {
			evict(shares.whoMustYield(), nowMs, second);
		}
	};

	return {
		create(words, from, path, hash, peId, timeout, message, nowMs, second) {
			makeRoom(message.known, nowMs, second);
			let slot = slots.freeSlot;
			if (slot === 0) {
				slots.highWater += 1;
				slot = slots.highWater;
			} else {
				slots.freeSlot = entries[(slot << entryShift) + entryAt.next]!;
			}

			const at = slot << entryShift;
			const wireFlags = words[from + recordAt.flags]!;
			const isTemplate = (wireFlags & connFlags.template) !== 0;
			const state = words[from + recordAt.state]! & 0xff;
			const rank = rankOf(words[from + recordAt.protocol]!, state, isTemplate);
			const fraction = nowMs - (second * 1000);
			const flags = packFlags(wireFlags)
				| (words[from + recordAt.family] === 6 ? entryFlag.ipv6 : 0)
				| ((words[from + recordAt.anomalies]! & anomaly.portWithoutFlag) === 0 ? 0 : entryFlag.illFormed)
				| (message.partial ? entryFlag.partial : 0);
			entries[at] = words[from + recordAt.caddr]!;
			entries[at + 1] = words[from + recordAt.caddr + 1]!;
			entries[at + 2] = words[from + recordAt.caddr + 2]!;
			entries[at + 3] = words[from + recordAt.caddr + 3]!;
			entries[at + entryAt.portState] = (lookup.portOf(words, from, peId) << 16) | (state << 8) | rank;
			entries[at + entryAt.lastPath] = path;
			entries[at + entryAt.timeout] = timeout;
			entries[at + entryAt.last] = second;
			entries[at + entryAt.first] = second;
			entries[at + entryAt.fractions] = (fraction << 22) | (fraction << 12) | flags;
			entries[at + entryAt.updates] = (message.takeoverGeneration << 24) | 1;
			entries[at + entryAt.masks] = (message.sentMask << 16) | (1 << message.directorBit);
			entries[at + entryAt.rhythm] = peId;
			linkEntry(wheel, entries, slot, nowMs + ((timeout >>> 0) * 1000));
			// Written last: a reader takes a path for an entry that is there.
			entries[at + entryAt.path] = (message.director << 20) | path;
			addToIndex(index, hash, slot);
			slots.used += 1;

			paths[(path << pathShift) + pathAt.references]! += 2;
			paths[(path << pathShift) + pathAt.lastNewSecond] = second;
			paths[(path << pathShift) + pathAt.lastNewMs] = fraction;
			if (peId !== 0) {
				pe.refer(peId);
			}

			if ((flags & entryFlag.noCport) !== 0) {
				lookup.countWithoutPort(1);
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
			changes.change(changeKind.new, at, nowMs, 0, 0);
		},
		removeDue(slot, hash, second) {
			const at = slot << entryShift;
			const ranOut = isEstablishedRank(entries[at + entryAt.portState]! & 0xff) && entryLastMs(entries, at) - entryFirstMs(entries, at) >= ranoutMs;
			remove(slot, hash, ranOut ? changeKind.ranout : changeKind.expired, entryExpiresMs(entries, at), second);
		},
		publish() {
			Atomics.store(control, controlAt.highWater, slots.highWater);
		},
		reindex() {
			reserveIndex(index, slots.used);
			for (let slot = 1; slot <= slots.highWater; slot += 1) {
				const at = slot << entryShift;
				if (entries[at + entryAt.path] !== 0) {
					const hash = lookup.hashOfEntry(at);
					if (lookup.isTwin(hash, at)) {
						throw new CheckpointError('holds one session twice');
					}

					addToIndex(index, hash, slot);
				}
			}

			Atomics.store(control, controlAt.highWater, slots.highWater);
		},
	};
};
