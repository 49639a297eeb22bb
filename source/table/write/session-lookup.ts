import {type HashIndex} from '../hash-index.js';
import {layout} from '../layout.js';
import {type TableArrays} from '../memory.js';
import {type SessionHash} from './session-hash.js';

/**
From the identity of a session to its slot. Records are given as words of a batch, the record's first being `words[from]`;
`template` is 0 or the entry flag.
*/
export type SessionLookup = {
	/** Hash of the entry at word `at`. */
	hashOfEntry(at: number): number;
	/** The client port that identifies a record: a template with persistence engine data has none. */
	portOf(words: Int32Array, from: number, peId: number): number;
	/** Whether an entry has the identity of a record. */
	matches(slot: number, service: number, words: Int32Array, from: number, cport: number, template: number, peId: number): boolean;
	/** The slot of a record's identity, 0 when there is none. */
	find(hash: number, service: number, words: Int32Array, from: number, cport: number, template: number, peId: number): number;
	/** The slot of a connection announced before its client port was known, 0 when there is none. */
	findWithoutPort(service: number, words: Int32Array, from: number): number;
	/** Whether the index has another entry with the hash and the identity of the one at word `at`. */
	isTwin(hash: number, at: number): boolean;
	/** There are more, or fewer, connections without a client port: none is looked for while there are none. */
	countWithoutPort(difference: number): void;
};

export type LookupState = {
	/** Connections without a client port. */
	withoutPort: number;
};

export const createSessionLookup = ({entries, paths}: TableArrays, index: HashIndex, hashSession: SessionHash, state: LookupState): SessionLookup => {
	const {connFlags, entryAt, entryFlag, entryShift, pathMask, pathShift, recordAt} = layout;

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

	const isSameSession = (one: number, other: number): boolean => {
		const template = entries[one + entryAt.fractions]! & entryFlag.template;
		return entries[one] === entries[other]
			&& entries[one + entryAt.portState]! >>> 16 === entries[other + entryAt.portState]! >>> 16
			&& paths[(entries[one + entryAt.path]! & pathMask) << pathShift] === paths[(entries[other + entryAt.path]! & pathMask) << pathShift]
			&& template === (entries[other + entryAt.fractions]! & entryFlag.template)
			&& entries[one + 1] === entries[other + 1]
			&& entries[one + 2] === entries[other + 2]
			&& entries[one + 3] === entries[other + 3]
			&& (template === 0 || (entries[one + entryAt.rhythm]! & 0xf_ff_ff) === (entries[other + entryAt.rhythm]! & 0xf_ff_ff));
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

	return {
		hashOfEntry(at) {
			const isTemplate = entries[at + entryAt.fractions]! & entryFlag.template;
			return hashSession(
				paths[(entries[at + entryAt.path]! & pathMask) << pathShift]!,
				entries[at]!, entries[at + 1]!, entries[at + 2]!, entries[at + 3]!, entries[at + entryAt.portState]! >>> 16,
				isTemplate === 0 ? 0 : 1 | ((entries[at + entryAt.rhythm]! & 0xf_ff_ff) << 1),
			);
		},
		portOf: (words, from, peId) => peId !== 0 && (words[from + recordAt.flags]! & connFlags.template) !== 0 ? 0 : words[from + recordAt.cport]!,
		matches,
		find,
		// Linux ip_vs_conn_in_get tries port 0 after a miss, as long as there is any such connection.
		findWithoutPort(service, words, from) {
			if (state.withoutPort === 0) {
				return 0;
			}

			const hash = hashSession(
				service, words[from + recordAt.caddr]!, words[from + recordAt.caddr + 1]!,
				words[from + recordAt.caddr + 2]!, words[from + recordAt.caddr + 3]!, 0, 0,
			);
			const slot = find(hash, service, words, from, 0, 0, 0);
			return slot !== 0 && (entries[(slot << entryShift) + entryAt.fractions]! & entryFlag.noCport) !== 0 ? slot : 0;
		},
		isTwin(hash, at) {
			const {pairs, mask, shift} = index;
			for (let pair = (hash >>> shift) << 1; pairs[pair + 1] !== 0; pair = (pair + 2) & mask) {
				if (pairs[pair] === hash && isSameSession(pairs[pair + 1]! << entryShift, at)) {
					return true;
				}
			}

			return false;
		},
		countWithoutPort(difference) {
			state.withoutPort += difference;
		},
	};
};
