import {faultCode} from '../../wire/fault.js';
import {connFlags} from '../../wire/sync/conn-flags.js';
import {stateTimeoutSeconds} from '../../wire/sync/conn-state.js';
import {maxRecords, recordAt, recordShift, type RecordBatch} from '../../wire/sync/record-batch.js';
import {entryLastSecondWord, entryNext, entryPrevious, entryShift, entryTimeoutWord} from '../entry.js';
import {afterPair, homeOf, type HashIndex} from '../hash-index.js';
import {pathShift, type TableArrays} from '../memory.js';
import {type PePool} from '../pe-pool.js';
import {type PathTable} from './paths.js';
import {type Refusals} from './refusals.js';
import {type SessionHash} from './session-hash.js';
import {identifyingPort} from './session-lookup.js';
import {type TableMessage} from './table-message.js';

type PreparationParts = {
	readonly arrays: TableArrays;
	readonly hashSession: SessionHash;
	readonly pathTable: PathTable;
	readonly pe: PePool;
	readonly refusals: Refusals;
	readonly index: HashIndex;
};

/** What is needed of all records of a message before the first of them is applied, by record. */
export type Prepared = {
	/** 0 marks a record that is refused. */
	readonly pathOf: Int32Array;
	readonly hashOf: Int32Array;
	/** Persistence engine data, 0 for none. */
	readonly peOf: Int32Array;
	/** The slot in the first index place with its hash, 0 for none: not sure to be the session's, and an earlier record may change it. */
	readonly slotOf: Int32Array;
	/** Seconds, unsigned. */
	readonly timeoutOf: Int32Array;
};

type Preparation = {
	readonly prepared: Prepared;
	/** Fills all of that in. `second`: the whole second of `nowMs`. */
	prepare(batch: RecordBatch, message: TableMessage, nowMs: number, second: number): void;
};

export const createPreparation = ({arrays, hashSession, pathTable, pe, refusals, index}: PreparationParts): Preparation => {
	const {entries, paths} = arrays;
	const pathOf = new Int32Array(maxRecords);
	const hashOf = new Int32Array(maxRecords);
	const peOf = new Int32Array(maxRecords);
	const slotOf = new Int32Array(maxRecords);
	const timeoutOf = new Int32Array(maxRecords);
	/** First words of the entries that leave their place in the wheel for an earlier one. */
	const soonerAt = new Int32Array(maxRecords);
	/** Keeps the reading ahead from being optimised away. */
	const touched = new Int32Array(1);

	/** The id of a record's persistence engine data; 0 when there is no room for it. */
	const internPe = (words: Int32Array, from: number, message: TableMessage): number => pe.intern(
		message.view, message.offset + words[from + recordAt.peNameOffset]!, words[from + recordAt.peNameLength]!,
		message.offset + words[from + recordAt.peDataOffset]!, words[from + recordAt.peDataLength]!, message.known,
	);

	/** Phase 2: persistence engine data, timeouts and hashes; tells what is refused. */
	const identify = (batch: RecordBatch, message: TableMessage, nowMs: number) => {
		const {words, count, version} = batch;
		for (let record = 0; record < count; record += 1) {
			const from = record << recordShift;
			const path = pathOf[record]!;
			peOf[record] = 0;
			hashOf[record] = 0;
			if (path === 0) {
				refusals.refuse(words[from + recordAt.fault]! || faultCode['path-limit'], message.director, message.segment, nowMs);
				continue;
			}

			let peId = 0;
			if (words[from + recordAt.peDataOffset]! >= 0) {
				peId = internPe(words, from, message);
				if (peId === 0) {
					pathOf[record] = 0;
					refusals.refuse(faultCode['pe-limit'], message.director, message.segment, nowMs);
					continue;
				}

				peOf[record] = peId;
			}

			const isTemplate = (words[from + recordAt.flags]! & connFlags.template) !== 0;
			const timeout = version === 0 ? 0 : words[from + recordAt.timeoutSeconds]!;
			timeoutOf[record] = timeout === 0 ? stateTimeoutSeconds(words[from + recordAt.protocol]!, words[from + recordAt.state]!, isTemplate) : timeout;
			hashOf[record] = hashSession(
				paths[path << pathShift]!, words[from + recordAt.caddr]!, words[from + recordAt.caddr + 1]!,
				words[from + recordAt.caddr + 2]!, words[from + recordAt.caddr + 3]!, identifyingPort(words, from, peId),
				isTemplate ? 1 | (peId << 1) : 0,
			);
		}
	};

	/**
	Phases 3 to 6: reads the index places, then the entries, of a whole message, so that cache misses overlap, which halves the
	time of an update; then the neighbours in the wheel of those that will leave their place for an earlier one: 5 % less.
	Loops without branches and with whole numbers only reach the farthest ahead, another 5 %.
	*/
	const readAhead = (count: number, second: number) => {
		const {pairs, end, factor, shift} = index;
		let sum = 0;
		for (let record = 0; record < count; record += 1) {
			sum ^= pairs[homeOf(hashOf[record]!, factor, shift)]!;
		}

		touched[0] = sum;
		for (let record = 0; record < count; record += 1) {
			const hash = hashOf[record]!;
			let pair = homeOf(hash, factor, shift);
			while (pairs[pair + 1] !== 0 && pairs[pair] !== hash) {
				pair = afterPair(pair, end);
			}

			slotOf[record] = pairs[pair + 1]!;
		}

		for (let record = 0; record < count; record += 1) {
			sum ^= entries[slotOf[record]! << entryShift]!;
		}

		let sooner = 0;
		for (let record = 0; record < count; record += 1) {
			const at = slotOf[record]! << entryShift;
			soonerAt[sooner] = at;
			// Wrapping arithmetic will do, and slot 0 stands for nothing: a branch would be guessed wrong.
			sooner += Number(((second + timeoutOf[record]!) | 0) < ((entryLastSecondWord(entries, at) + entryTimeoutWord(entries, at)) | 0));
		}

		for (let place = 0; place < sooner; place += 1) {
			const at = soonerAt[place]!;
			sum ^= entries[entryNext(entries, at) << entryShift]!;
			sum ^= entries[Math.max(0, entryPrevious(entries, at)) << entryShift]!;
		}

		touched[0] = sum;
	};

	return {
		prepared: {pathOf, hashOf, peOf, slotOf, timeoutOf},
		prepare(batch, message, nowMs, second) {
			pathTable.intern(batch, message.segment, message.known, pathOf);
			identify(batch, message, nowMs);
			readAhead(batch.count, second);
		},
	};
};
