import {connFlags} from '../../wire/sync/conn-flags.js';
import {recordAt} from '../../wire/sync/record-batch.js';
import {entryCport, entryFlag, entryFlags, entryPath, entryPe, entryShift, setEntryCport} from '../entry.js';
import {addToIndex, afterPair, homeOf, removeFromIndex, type HashIndex} from '../hash-index.js';
import {pathShift, type TableArrays} from '../memory.js';
import {type SessionHash} from './session-hash.js';
import {type Announcement} from './table-message.js';

export type LookupState = {
	/** Connections announced before their client port was known: none is looked for while there are none. */
	withoutPort: number;
};

/** From the identity of a session to its slot. */
export type SessionLookup = {
	/** Hash of the entry at word `at`. */
	hashOfEntry(at: number): number;
	/** Whether an entry has the identity of a record. */
	matches(slot: number, announcement: Announcement): boolean;
	/** The slot of a record's identity, 0 when there is none. */
	find(announcement: Announcement): number;
	/** The slot of a connection announced before its client port was known, 0 when there is none. */
	findWithoutPort(announcement: Announcement): number;
	/** Gives an entry that was found without a client port the port, and the place in the index, of a record. */
	rekey(slot: number, announcement: Announcement): void;
	/** Whether the index has another entry with the hash and the identity of the one at word `at`. */
	isTwin(hash: number, at: number): boolean;
};

/** The client port that identifies a record, whose first word is `words[from]`: a template with persistence engine data has none. */
export const identifyingPort = (words: Int32Array, from: number, pe: number): number =>
	pe !== 0 && (words[from + recordAt.flags]! & connFlags.template) !== 0 ? 0 : words[from + recordAt.cport]!;

export const createSessionLookup = ({entries, paths}: TableArrays, index: HashIndex, state: LookupState, hashSession: SessionHash): SessionLookup => {
	const matchesAt = (at: number, {words, from, service, template, pe}: Announcement, cport: number): boolean =>
		entries[at] === words[from + recordAt.caddr]
		&& entryCport(entries, at) === cport
		&& paths[entryPath(entries, at) << pathShift] === service
		&& (entryFlags(entries, at) & entryFlag.template) === template
		&& entries[at + 1] === words[from + recordAt.caddr + 1]
		&& entries[at + 2] === words[from + recordAt.caddr + 2]
		&& entries[at + 3] === words[from + recordAt.caddr + 3]
		&& (template === 0 || entryPe(entries, at) === pe);

	const isSameSession = (one: number, other: number): boolean => {
		const template = entryFlags(entries, one) & entryFlag.template;
		return entries[one] === entries[other]
			&& entryCport(entries, one) === entryCport(entries, other)
			&& paths[entryPath(entries, one) << pathShift] === paths[entryPath(entries, other) << pathShift]
			&& template === (entryFlags(entries, other) & entryFlag.template)
			&& entries[one + 1] === entries[other + 1]
			&& entries[one + 2] === entries[other + 2]
			&& entries[one + 3] === entries[other + 3]
			&& (template === 0 || entryPe(entries, one) === entryPe(entries, other));
	};

	const findBy = (hash: number, announcement: Announcement, cport: number): number => {
		const {pairs, end, factor, shift} = index;
		for (let pair = homeOf(hash, factor, shift); pairs[pair + 1] !== 0; pair = afterPair(pair, end)) {
			if (pairs[pair] === hash && matchesAt(pairs[pair + 1]! << entryShift, announcement, cport)) {
				return pairs[pair + 1]!;
			}
		}

		return 0;
	};

	return {
		hashOfEntry(at) {
			const isTemplate = entryFlags(entries, at) & entryFlag.template;
			return hashSession(
				paths[entryPath(entries, at) << pathShift]!,
				entries[at]!, entries[at + 1]!, entries[at + 2]!, entries[at + 3]!, entryCport(entries, at),
				isTemplate === 0 ? 0 : 1 | (entryPe(entries, at) << 1),
			);
		},
		matches: (slot, announcement) => matchesAt(slot << entryShift, announcement, announcement.cport),
		find: announcement => findBy(announcement.hash, announcement, announcement.cport),
		findWithoutPort(announcement) {
			if (state.withoutPort === 0) {
				return 0;
			}

			const {words, from, service} = announcement;
			const hash = hashSession(
				service, words[from + recordAt.caddr]!, words[from + recordAt.caddr + 1]!, words[from + recordAt.caddr + 2]!, words[from + recordAt.caddr + 3]!, 0, 0,
			);
			const slot = findBy(hash, announcement, 0);
			return slot !== 0 && (entryFlags(entries, slot << entryShift) & entryFlag.noCport) !== 0 ? slot : 0;
		},
		rekey(slot, {hash, cport}) {
			const at = slot << entryShift;
			removeFromIndex(index, this.hashOfEntry(at), slot);
			setEntryCport(entries, at, cport);
			addToIndex(index, hash, slot);
		},
		isTwin(hash, at) {
			const {pairs, end, factor, shift} = index;
			for (let pair = homeOf(hash, factor, shift); pairs[pair + 1] !== 0; pair = afterPair(pair, end)) {
				if (pairs[pair] === hash && isSameSession(pairs[pair + 1]! << entryShift, at)) {
					return true;
				}
			}

			return false;
		},
	};
};
