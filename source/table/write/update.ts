import {faultCode} from '../../wire/fault.js';
import {codeOfRank, entryMarks, packFlags, rankOf} from '../entry.js';
import {layout} from '../layout.js';
import {type TableArrays} from '../memory.js';
import {type ChangeWriter} from './change-writer.js';
import {type PathTable} from './paths.js';
import {type Refusals} from './refusals.js';
import {type SessionLookup} from './session-lookup.js';
import {type Shares} from './shares.js';
import {type TableMessage} from './table-message.js';
import {linkEntry, unlinkEntry, type Wheel} from './wheel.js';

export type UpdateParts = {
	readonly arrays: TableArrays;
	readonly pathTable: PathTable;
	readonly changes: ChangeWriter;
	readonly refusals: Refusals;
	readonly lookup: SessionLookup;
	readonly shares: Shares;
	readonly wheel: Wheel;
};

/**
Applies a record to the entry of its identity, as Linux ip_vs_proc_conn does. The record's first word is `words[from]`; times are
milliseconds since the origin, with their whole second.
*/
export type SessionUpdate = (slot: number, words: Int32Array, from: number, path: number, timeout: number, message: TableMessage, nowMs: number, second: number) => void;

const contestedMs = 10_000;
const rhythmUnitMs = 250;
const rhythmLeastMs = 1000;
const maxRhythm = 0xf_ff;

export const createSessionUpdate = ({arrays, pathTable, changes, refusals, lookup, shares, wheel}: UpdateParts): SessionUpdate => {
	const {anomaly, changeKind, connFlags, entryAt, entryFlag, entryMark, entryShift, maxUpdates, numberAt, pathAt, pathMask, pathShift, recordAt, stateShift, updatedFlags} = layout;
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

	return (slot, words, from, path, timeout, message, nowMs, second) => {
		const at = slot << entryShift;
		const wireFlags = words[from + recordAt.flags]!;
		const fractions = entries[at + entryAt.fractions]!;
		const isTemplate = (fractions & entryFlag.template) !== 0;
		const pathWord = entries[at + entryAt.path]!;
		const oldPath = pathWord & pathMask;
		const moves = path !== oldPath && !isTemplate && !sameDestination(path, oldPath);
		if (moves && (wireFlags & connFlags.inactive) !== 0) {
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
			shares.count(oldDirector, -1);
			shares.count(message.director, 1);
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
				lookup.countWithoutPort(((flags & entryFlag.noCport) === 0 ? 0 : 1) - ((fractions & entryFlag.noCport) === 0 ? 0 : 1));
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
};
