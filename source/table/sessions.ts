import {faultCode} from '../wire/fault.js';
import {type ChangeWriter} from './change-writer.js';
import {
	codeOfRank, entryDirector, entryExpiresMs, entryFirstMs, entryLastMs, entryMarks, isEstablishedRank, isOpenRank, packFlags, rankOf,
} from './entry.js';
import {createEviction, strangers} from './eviction.js';
import {addToIndex, removeFromIndex, type HashIndex} from './hash-index.js';
import {layout} from './layout.js';
import {directorLimit, type TableArrays} from './memory.js';
import {type PathTable} from './paths.js';
import {type PePool} from './pe-pool.js';
import {countRate} from './rates.js';
import {type Refusals} from './refusals.js';
import {hashSession} from './session-hash.js';
import {type TableMessage} from './table-message.js';
import {linkEntry, unlinkEntry, type Wheel} from './wheel.js';

/** What the sessions are kept with. */
export type SessionParts = {
	readonly arrays: TableArrays;
	readonly maxSessions: number;
	readonly seed: number;
	readonly pathTable: PathTable;
	readonly pe: PePool;
	readonly changes: ChangeWriter;
	readonly refusals: Refusals;
	readonly index: HashIndex;
	readonly wheel: Wheel;
};

/**
The life of one session: made, renewed, moved, removed, evicted, with its counters, index place, references and changes.
Records are given as words of a batch, the record's first being `words[from]`; times in milliseconds since the origin with
their whole second.
*/
export type Sessions = {
	/** Hash of the entry at word `at`. */
	hashOfEntry(at: number): number;
	/** The client port that identifies a record: a template with persistence engine data has none. */
	portOf(words: Int32Array, from: number, peId: number): number;
	/** Whether an entry has the identity of a record; `template` is 0 or the entry flag. */
	matches(slot: number, service: number, words: Int32Array, from: number, cport: number, template: number, peId: number): boolean;
	/** The slot of a record's identity, 0 when there is none. */
	find(hash: number, service: number, words: Int32Array, from: number, cport: number, template: number, peId: number): number;
	/** The slot of a connection announced before its client port was known, 0 when there is none. */
	findWithoutPort(service: number, words: Int32Array, from: number): number;
	create(words: Int32Array, from: number, path: number, hash: number, peId: number, timeout: number, message: TableMessage, nowMs: number, second: number): void;
	update(slot: number, words: Int32Array, from: number, path: number, timeout: number, message: TableMessage, nowMs: number, second: number): void;
	/** Lets readers see the slots that were used for the first time: once a message, not once a session. */
	publish(): void;
	/** Removes an entry whose time is up. */
	removeDue(slot: number, hash: number, second: number): void;
	/** Whether a director has a share of its own, or shares one with all unknown senders. */
	setKnown(director: number, known: boolean): void;
	/** Changes the masks of all entries (word 14). */
	mapMasks(change: (masks: number, segment: number, director: number) => number): void;
};

const unknownShare = 10;
const ranoutMs = 60_000;
const contestedMs = 10_000;
const rhythmUnitMs = 250;
const rhythmLeastMs = 1000;
const maxRhythm = 0xf_ff;
const inactiveOnWire = 0x1_00;
const templateOnWire = 0x10_00;

export const createSessions = ({arrays, maxSessions, seed, pathTable, pe, changes, refusals, index, wheel}: SessionParts): Sessions => {
	const {anomaly, changeKind, controlAt, entryAt, entryFlag, entryMark, entryShift, maxUpdates, numberAt, pathAt, pathMask, pathShift, recordAt, serviceAt, serviceShift, stateShift, updatedFlags} = layout;
	const {control, numbers, entries, services, paths, counts, pathTotals, rates} = arrays;
	const directorKnown = new Uint8Array(directorLimit).fill(1);
	const eviction = createEviction(entries, directorKnown);
	const unknownQuota = Math.max(1, Math.floor(maxSessions / unknownShare));

	let freeSlot = 0;
	let highWater = 0;
	let used = 0;
	let noCport = 0;
	let unknownEntries = 0;

	const hashOfEntry = (at: number): number => {
		const isTemplate = entries[at + entryAt.fractions]! & entryFlag.template;
		return hashSession(
			seed, paths[(entries[at + entryAt.path]! & pathMask) << pathShift]!,
			entries[at]!, entries[at + 1]!, entries[at + 2]!, entries[at + 3]!, entries[at + entryAt.portState]! >>> 16,
			isTemplate === 0 ? 0 : 1 | ((entries[at + entryAt.rhythm]! & 0xf_ff_ff) << 1),
		);
	};

	const countDirector = (director: number, difference: 1 | -1) => {
		control[controlAt.directorEntries + director]! += difference;
		if (directorKnown[director] === 0) {
			unknownEntries += difference;
			control[controlAt.unknownEntries] = unknownEntries;
		}
	};

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
			noCport -= 1;
		}

		const marks = entries[at + entryAt.lastPath]!;
		if ((marks & entryMark.held) !== 0) {
			const end = (marks & entryMark.moved) === 0 ? (isOpenRank(rank) ? serviceAt.heldRanout : serviceAt.heldClosed) : serviceAt.heldMoved;
			services[(paths[path << pathShift]! << serviceShift) + end]! += 1;
		}

		countDirector((entries[at + entryAt.path]! >>> 20) & 0xff, -1);
		removeFromIndex(index, hash, slot);
		unlinkEntry(wheel, entries, slot);
		pathTable.release(path);
		pathTable.release(entries[at + entryAt.lastPath]! & pathMask);
		const peId = entries[at + entryAt.rhythm]! & 0xf_ff_ff;
		if (peId !== 0) {
			pe.release(peId);
		}

		entries[at + entryAt.path] = 0;
		entries[at + entryAt.next] = freeSlot;
		freeSlot = slot;
		used -= 1;
	};

	const removeDue = (slot: number, hash: number, second: number) => {
		const at = slot << entryShift;
		const ranOut = isEstablishedRank(entries[at + entryAt.portState]! & 0xff) && entryLastMs(entries, at) - entryFirstMs(entries, at) >= ranoutMs;
		remove(slot, hash, ranOut ? changeKind.ranout : changeKind.expired, entryExpiresMs(entries, at), second);
	};

	const evict = (whose: number, nowMs: number, second: number) => {
		const owned = whose === strangers ? unknownEntries : control[controlAt.directorEntries + whose]!;
		const victim = eviction.choose(whose, owned, highWater);
		if (victim !== 0) {
			numbers[numberAt.evictedUnknown]! += whose === strangers ? 1 : 0;
			remove(victim, hashOfEntry(victim << entryShift), changeKind.evicted, nowMs, second);
		}
	};

	const directorWithMost = (): number => {
		let most = 0;
		for (let director = 1; director < directorLimit; director += 1) {
			if (control[controlAt.directorEntries + director]! > control[controlAt.directorEntries + most]!) {
				most = director;
			}
		}

		return most;
	};

	const makeRoom = (known: boolean, nowMs: number, second: number) => {
		if (!known && unknownEntries >= unknownQuota) {
			evict(strangers, nowMs, second);
		}

		if (used >= maxSessions) {
			evict(unknownEntries > 0 ? strangers : directorWithMost(), nowMs, second);
		}
	};

	const portOf = (words: Int32Array, from: number, peId: number): number =>
		peId !== 0 && (words[from + recordAt.flags]! & templateOnWire) !== 0 ? 0 : words[from + recordAt.cport]!;

	const matches = (slot: number, service: number, words: Int32Array, from: number, cport: number, template: number, peId: number): boolean => {
		const at = slot << entryShift;
		return entries[at] === words[from + recordAt.caddr]
			&& entries[at + entryAt.portState]! >>> 16 === cport
			&& paths[(entries[at + entryAt.path]! & pathMask) << pathShift] === service
			&& (entries[at + entryAt.fractions]! & entryFlag.template) === template
			&& entries[at + 1] === words[from + recordAt.caddr + 1]
			&& entries[at + 2] === words[from + recordAt.caddr + 2]
			&& entries[at + 3] === words[from + recordAt.caddr + 3]
			&& (template === 0 || (entries[at + entryAt.rhythm]! & 0xf_ff_ff) === peId);
	};

	const find = (hash: number, service: number, words: Int32Array, from: number, cport: number, template: number, peId: number): number => {
		const {pairs, mask, shift} = index;
		for (let pair = (hash >>> shift) << 1; pairs[pair + 1] !== 0; pair = (pair + 2) & mask) {
			if (pairs[pair] === hash && matches(pairs[pair + 1]!, service, words, from, cport, template, peId)) {
				return pairs[pair + 1]!;
			}
		}

		return 0;
	};

	/** Linux ip_vs_conn_in_get tries port 0 after a miss, as long as there is any such connection. */
	const findWithoutPort = (service: number, words: Int32Array, from: number): number => {
		if (noCport === 0) {
			return 0;
		}

		const hash = hashSession(
			seed, service, words[from + recordAt.caddr]!, words[from + recordAt.caddr + 1]!,
			words[from + recordAt.caddr + 2]!, words[from + recordAt.caddr + 3]!, 0, 0,
		);
		const slot = find(hash, service, words, from, 0, 0, 0);
		return slot !== 0 && (entries[(slot << entryShift) + entryAt.fractions]! & entryFlag.noCport) !== 0 ? slot : 0;
	};

	const create = (words: Int32Array, from: number, path: number, hash: number, peId: number, timeout: number, message: TableMessage, nowMs: number, second: number) => {
		makeRoom(message.known, nowMs, second);
		let slot = freeSlot;
		if (slot === 0) {
			highWater += 1;
			slot = highWater;
		} else {
			freeSlot = entries[(slot << entryShift) + entryAt.next]!;
		}

		const at = slot << entryShift;
		const wireFlags = words[from + recordAt.flags]!;
		const isTemplate = (wireFlags & templateOnWire) !== 0;
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
		entries[at + entryAt.portState] = (portOf(words, from, peId) << 16) | (state << 8) | rank;
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
		used += 1;

		paths[(path << pathShift) + pathAt.references]! += 2;
		paths[(path << pathShift) + pathAt.lastNewSecond] = second;
		paths[(path << pathShift) + pathAt.lastNewMs] = fraction;
		if (peId !== 0) {
			pe.refer(peId);
		}

		if ((flags & entryFlag.noCport) !== 0) {
			noCport += 1;
		}

		if (!message.known) {
			eviction.strange(slot);
		}

		countDirector(message.director, 1);
		control[isTemplate ? controlAt.templates : controlAt.connections]! += 1;
		counts[(path << stateShift) + codeOfRank(rank)]! += 1;
		counts[codeOfRank(rank)]! += 1;
		pathTotals[path * 2]! += 1;
		countRate(rates, path, 0, second);
		countRate(rates, 0, 0, second);
		numbers[numberAt.created]! += 1;
		changes.change(changeKind.new, at, nowMs, 0, 0);
	};

	const sameDestination = (one: number, other: number): boolean => {
		const a = one << pathShift;
		const b = other << pathShift;
		return paths[a + pathAt.daddr] === paths[b + pathAt.daddr]
			&& paths[a + pathAt.dport] === paths[b + pathAt.dport]
			&& paths[a + pathAt.daddr + 1] === paths[b + pathAt.daddr + 1]
			&& paths[a + pathAt.daddr + 2] === paths[b + pathAt.daddr + 2]
			&& paths[a + pathAt.daddr + 3] === paths[b + pathAt.daddr + 3];
	};

	const rememberLastPath = (at: number, path: number) => {
		const last = entries[at + entryAt.lastPath]! & pathMask;
		if (last !== path) {
			paths[(path << pathShift) + pathAt.references]! += 1;
			entries[at + entryAt.lastPath] = entryMarks(entries, at) | path;
			pathTable.release(last);
		}
	};

	const markMoved = (at: number) => {
		if ((entries[at + entryAt.lastPath]! & entryMark.held) !== 0) {
			entries[at + entryAt.lastPath]! |= entryMark.moved;
		}
	};

	/** Applies a record to the entry of its identity, as Linux ip_vs_proc_conn does. */
	const update = (slot: number, words: Int32Array, from: number, path: number, timeout: number, message: TableMessage, nowMs: number, second: number) => {
		const at = slot << entryShift;
		const wireFlags = words[from + recordAt.flags]!;
		const fractions = entries[at + entryAt.fractions]!;
		const isTemplate = (fractions & entryFlag.template) !== 0;
		const pathWord = entries[at + entryAt.path]!;
		const oldPath = pathWord & pathMask;
		const moves = path !== oldPath && !isTemplate && !sameDestination(path, oldPath);
		if (moves && (wireFlags & inactiveOnWire) !== 0) {
			rememberLastPath(at, path);
			markMoved(at);
			refusals.refuse(faultCode['destination-inactive'], message.director, message.segment, nowMs);
			return;
		}

		const oldPortState = entries[at + entryAt.portState]!;
		const oldRank = oldPortState & 0xff;
		const oldState = (oldPortState >>> 8) & 0xff;
		const state = words[from + recordAt.state]! & 0xff;
		const oldLastMs = (entries[at + entryAt.last]! * 1000) + (fractions >>> 22);
		const oldTimeout = entries[at + entryAt.timeout]!;
		const newFlags = packFlags(wireFlags);
		let flags = fractions & 0xf_ff;
		flags = moves
			? newFlags | (flags & (entryFlag.ipv6 | entryFlag.illFormed))
			: (flags & ~(updatedFlags | entryFlag.partial)) | (newFlags & updatedFlags);
		flags |= ((words[from + recordAt.anomalies]! & anomaly.portWithoutFlag) === 0 ? 0 : entryFlag.illFormed) | (message.partial ? entryFlag.partial : 0);
		entries[at + entryAt.last] = second;
		entries[at + entryAt.fractions] = ((nowMs - (second * 1000)) << 22) | (fractions & (0x3_ff << 12)) | flags;
		entries[at + entryAt.timeout] = timeout;
		const updates = entries[at + entryAt.updates]! & maxUpdates;
		entries[at + entryAt.updates] = (message.takeoverGeneration << 24) | (updates < maxUpdates ? updates + 1 : updates);
		entries[at + entryAt.masks] = entries[at + entryAt.masks]! | (message.sentMask << 16) | (1 << message.directorBit);
		const interval = nowMs - oldLastMs;
		if (interval >= rhythmLeastMs) {
			const rhythm = entries[at + entryAt.rhythm]!;
			const mean = rhythm >>> 20;
			const heard = Math.min(maxRhythm, Math.round(interval / rhythmUnitMs));
			entries[at + entryAt.rhythm] = ((mean === 0 ? heard : mean + ((heard - mean) >> 2)) << 20) | (rhythm & 0xf_ff_ff);
		}

		// A postponed expiry leaves the entry where it stands in the wheel.
		if (nowMs + ((timeout >>> 0) * 1000) < oldLastMs + ((oldTimeout >>> 0) * 1000)) {
			unlinkEntry(wheel, entries, slot);
			linkEntry(wheel, entries, slot, nowMs + ((timeout >>> 0) * 1000));
		}

		const oldDirector = (pathWord >>> 20) & 0xff;
		if (oldDirector !== message.director) {
			numbers[numberAt.contested]! += interval < contestedMs ? 1 : 0;
			countDirector(oldDirector, -1);
			countDirector(message.director, 1);
		}

		entries[at + entryAt.path] = (message.director << 20) | (moves ? path : oldPath);
		rememberLastPath(at, path);
		if (moves || state !== oldState) {
			const rank = rankOf(words[from + recordAt.protocol]!, state, isTemplate);
			entries[at + entryAt.portState] = (oldPortState & ~0xff_ff) | (state << 8) | rank;
			counts[(oldPath << stateShift) + codeOfRank(oldRank)]! -= 1;
			counts[((moves ? path : oldPath) << stateShift) + codeOfRank(rank)]! += 1;
			counts[codeOfRank(oldRank)]! -= 1;
			counts[codeOfRank(rank)]! += 1;
			if (moves) {
				paths[(path << pathShift) + pathAt.references]! += 1;
				noCport += ((flags & entryFlag.noCport) === 0 ? 0 : 1) - ((fractions & entryFlag.noCport) === 0 ? 0 : 1);
				numbers[numberAt.moved]! += 1;
				markMoved(at);
				changes.change(changeKind.moved, at, nowMs, oldState, oldPath);
				pathTable.release(oldPath);
			}

			if (state !== oldState) {
				numbers[numberAt.stateChanges]! += 1;
				changes.change(changeKind.state, at, nowMs, oldState, 0);
			}
		}
	};

	return {
		hashOfEntry,
		portOf,
		matches,
		find,
		findWithoutPort,
		create,
		update,
		publish() {
			Atomics.store(control, controlAt.highWater, highWater);
		},
		removeDue,
		setKnown(director, known) {
			if ((directorKnown[director] === 1) !== known) {
				directorKnown[director] = known ? 1 : 0;
				const owned = control[controlAt.directorEntries + director]!;
				unknownEntries += known ? -owned : owned;
				control[controlAt.unknownEntries] = unknownEntries;
			}
		},
		mapMasks(change) {
			for (let slot = 1; slot <= highWater; slot += 1) {
				const at = slot << entryShift;
				const service = paths[(entries[at + entryAt.path]! & pathMask) << pathShift]!;
				entries[at + entryAt.masks] = change(entries[at + entryAt.masks]!, services[(service << serviceShift) + serviceAt.segment]!, entryDirector(entries, at));
			}
		},
	};
};
