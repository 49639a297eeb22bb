import {type RecordBatch} from '../../wire/sync/record-batch.js';
import {entryExpiresMs} from '../entry.js';
import {createHashIndex} from '../hash-index.js';
import {layout} from '../layout.js';
import {openTableMemory, type TableArrays, type TableMemory} from '../memory.js';
import {createPePool} from '../pe-pool.js';
import {createPathTable} from './paths.js';
import {createMasks, type Masks} from './masks.js';
import {createChangeWriter} from './change-writer.js';
import {createPreparation} from './preparation.js';
import {createRefusals} from './refusals.js';
import {createSessionLookup} from './session-lookup.js';
import {createSessionUpdate} from './update.js';
import {createSessionHash} from './session-hash.js';
import {createSessions} from './sessions.js';
import {createShares} from './shares.js';
import {createSweep, type SweepOptions} from './sweep.js';
import {type TableMessage} from './table-message.js';
import {createTableState, type TableState} from './table-state.js';

export type TableWriterOptions = {
	/** Never overwrite changes that the reader which holds the writer has not consumed: block instead. */
	readonly waitForReader?: boolean;
	/** Makes the same hashes in each run: for tests and benchmarks. Without it they are random, as they must be where anything is heard. */
	readonly seed?: number;
	/** Goes on with a table that was restored into the memory, see `restoreTable`. */
	readonly restored?: TableState;
};

/** The one writer of a table. */
export type TableWriter = Masks & {
	/** The typed arrays. Only marks may be written to them from outside. */
	readonly arrays: TableArrays;
	/** All that it knows beside the memory. */
	readonly state: TableState;
	readonly memory: TableMemory;
	/** Applies the records of one message. The clock goes to its time, never back. */
	apply(batch: RecordBatch, message: TableMessage): void;
	/** Moves the clock on and removes what is due. False when `limit` stopped it before the end. */
	expire(nowUs: number, options?: SweepOptions): boolean;
	/** Counts something refused before it became a record. */
	refuse(fault: number, director: number, segment: number, nowUs: number): void;
	/** Puts a text in its place among the changes. False when it is too long to be kept. */
	aside(json: string, nowUs: number): boolean;
	/** Microseconds; never goes back. 0 before the first message. */
	now(): number;
};

export const createTableWriter = (memory: TableMemory, {waitForReader = false, seed, restored}: TableWriterOptions = {}): TableWriter => {
	const {connFlags, entryFlag, entryShift, numberAt, pathShift, recordAt, recordShift} = layout;
	const {maxSessions, maxPe} = memory.sizes;
	const arrays = openTableMemory(memory);
	const {numbers, entries, paths} = arrays;
	const state = restored ?? createTableState();
	const pathTable = createPathTable(arrays, memory.sizes, seed, state.paths);
	const pe = createPePool(arrays, maxPe, seed, state.pe);
	const changes = createChangeWriter(memory, arrays, pathTable, pe, waitForReader);
	const refusals = createRefusals(arrays, changes, state.refusals);
	const index = createHashIndex(maxSessions);
	const {wheel} = state;
	const hashSession = createSessionHash(seed);
	const lookup = createSessionLookup(arrays, index, hashSession, state.lookup);
	const shares = createShares(arrays, maxSessions, state.shares);
	const sessions = createSessions({arrays, maxSessions, pathTable, pe, changes, lookup, shares, index, wheel, slots: state.slots});
	const update = createSessionUpdate({arrays, pathTable, changes, refusals, lookup, shares, wheel});
	const sweep = createSweep({arrays, index, wheel, lookup, sessions});
	const {hashOfEntry, portOf, matches, find, findWithoutPort} = lookup;
	const {create, removeDue} = sessions;
	const {pathOf, hashOf, peOf, slotOf, timeoutOf, prepare} = createPreparation({arrays, hashSession, pathTable, pe, refusals, lookup, index});

	if (restored) {
		pathTable.reindex();
		pe.reindex();
		sessions.reindex();
	}

	/** Gives milliseconds since the origin. */
	const advance = (nowUs: number): number => {
		if (numbers[numberAt.originUs] === 0) {
			// Never 0, which stands for none, not even for a clock that has just been switched on.
			numbers[numberAt.originUs] = Math.max(1, Math.floor(nowUs / 1e6) * 1e6);
		}

		if (nowUs > numbers[numberAt.nowUs]!) {
			numbers[numberAt.nowUs] = nowUs;
		}

		return Math.floor((numbers[numberAt.nowUs]! - numbers[numberAt.originUs]!) / 1000);
	};

	const apply = (batch: RecordBatch, message: TableMessage) => {
		const nowMs = advance(message.nowUs);
		const second = Math.floor(nowMs / 1000);
		const {words, count} = batch;
		const {director} = message;
		if (batch.messageFault !== 0) {
			refusals.refuse(batch.messageFault, director, message.segment, nowMs);
		}

		if (batch.restFault !== 0) {
			refusals.refuse(batch.restFault, director, message.segment, nowMs);
		}

		shares.setKnown(director, message.known);
		prepare(batch, message, nowMs, second);
		let applied = 0;
		for (let record = 0; record < count; record += 1) {
			const path = pathOf[record]!;
			if (path === 0) {
				continue;
			}

			const from = record << recordShift;
			const wireFlags = words[from + recordAt.flags]!;
			const template = (wireFlags & connFlags.template) === 0 ? 0 : entryFlag.template;
			const hash = hashOf[record]!;
			const peId = peOf[record]!;
			const service = paths[path << pathShift]!;
			const cport = portOf(words, from, peId);
			const timeout = timeoutOf[record]!;

			// What was read ahead may be stale when an earlier record of this message changed the index.
			let slot = slotOf[record]!;
			if (slot === 0 || !matches(slot, service, words, from, cport, template, peId)) {
				slot = find(hash, service, words, from, cport, template, peId);
			}

			if (slot !== 0 && entryExpiresMs(entries, slot << entryShift) <= nowMs) {
				removeDue(slot, hash, second);
				slot = 0;
			}

			if (slot === 0 && cport !== 0 && template === 0) {
				slot = findWithoutPort(service, words, from);
				if (slot !== 0 && entryExpiresMs(entries, slot << entryShift) <= nowMs) {
					removeDue(slot, hashOfEntry(slot << entryShift), second);
					slot = 0;
				}
			}

			if (slot === 0) {
				create(words, from, path, hash, peId, timeout, message, nowMs, second);
			} else {
				update(slot, words, from, path, timeout, message, nowMs, second);
			}

			applied += 1;
		}

		numbers[numberAt.records]! += count;
		numbers[numberAt.applied]! += applied;
		pathTable.reclaim();
		pe.reclaim();
		sessions.publish();
		changes.flush();
	};

	return {
		...createMasks(arrays),
		arrays,
		state,
		memory,
		apply,
		expire(nowUs, options = {}) {
			const nowMs = advance(nowUs);
			const isDone = sweep(nowMs, Math.floor(nowMs / 1000), options);
			refusals.flush(nowMs);
			pathTable.reclaim();
			pe.reclaim();
			changes.flush();
			return isDone;
		},
		refuse(fault, director, segment, nowUs) {
			refusals.refuse(fault, director, segment, advance(nowUs));
			changes.flush();
		},
		aside(json, nowUs) {
			const isKept = changes.aside(json, advance(nowUs));
			changes.flush();
			return isKept;
		},
		now: () => numbers[numberAt.nowUs]!,
	};
};
