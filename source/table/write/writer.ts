import {connFlags} from '../../wire/sync/conn-flags.js';
import {recordAt, recordShift, type RecordBatch} from '../../wire/sync/record-batch.js';
import {entryExpiresMs, entryFlag, entryShift, longestSeconds} from '../entry.js';
import {createHashIndex} from '../hash-index.js';
import {numberAt, openTableMemory, pathShift, type TableArrays, type TableMemory} from '../memory.js';
import {createPePool} from '../pe-pool.js';
import {secondUs} from '../../wire/second.js';
import {createChangeWriter} from './change-writer.js';
import {createMasks, type Masks} from './masks.js';
import {createPathTable} from './paths.js';
import {createPreparation} from './preparation.js';
import {createRefusals} from './refusals.js';
import {createSessionHash} from './session-hash.js';
import {createSessionLookup, identifyingPort} from './session-lookup.js';
import {createSessions} from './sessions.js';
import {createShares} from './shares.js';
import {createSweep, type SweepOptions} from './sweep.js';
import {createTableState, type TableState} from './table-state.js';
import {setMoment, type Announcement, type Moment, type TableMessage} from './table-message.js';
import {createSessionUpdate} from './update.js';

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
	const {maxSessions, maxPe} = memory.sizes;
	const arrays = openTableMemory(memory);
	const {numbers, entries, paths} = arrays;
	const state = restored ?? createTableState();
	const {wheel} = state;
	const pathTable = createPathTable(arrays, memory.sizes, seed, state.paths);
	const pe = createPePool(arrays, maxPe, seed, state.pe);
	const changes = createChangeWriter(memory, arrays, pathTable, pe, waitForReader);
	const refusals = createRefusals(arrays, changes, state.refusals);
	const index = createHashIndex(maxSessions);
	const hashSession = createSessionHash(seed);
	const lookup = createSessionLookup(arrays, index, state.lookup, hashSession);
	const shares = createShares(arrays, state.shares);
	const sessions = createSessions({arrays, maxSessions, slots: state.slots, lookupState: state.lookup, pathTable, pe, changes, lookup, shares, index, wheel});
	const {update, renew} = createSessionUpdate({arrays, lookup, lookupState: state.lookup, pathTable, changes, refusals, shares, wheel});
	const sweep = createSweep({arrays, index, wheel, lookup, sessions});
	const {prepared, prepare} = createPreparation({arrays, hashSession, pathTable, pe, refusals, index});
	const {pathOf, hashOf, peOf, slotOf, timeoutOf} = prepared;
	/** The clock as of the last call. */
	const moment: Moment = {nowMs: 0, second: 0, ms: 0};
	/** The record at hand. */
	const announcement: Announcement = {words: new Int32Array(0), from: 0, path: 0, service: 0, pe: 0, hash: 0, cport: 0, template: 0, timeout: 0};

	if (restored) {
		pathTable.reindex();
		pe.reindex();
		sessions.reindex();
	}

	const advance = (nowUs: number) => {
		if (numbers[numberAt.originUs] === 0) {
			// Never 0, which stands for none, not even for a clock that has just been switched on.
			numbers[numberAt.originUs] = Math.max(1, Math.floor(nowUs / secondUs) * secondUs);
		}

		if (nowUs > numbers[numberAt.nowUs]!) {
			numbers[numberAt.nowUs] = Math.min(nowUs, numbers[numberAt.originUs]! + (longestSeconds * secondUs));
		}

		setMoment(moment, Math.floor((numbers[numberAt.nowUs]! - numbers[numberAt.originUs]!) / 1000));
	};

	/** Fills in what is known of record number `record`, which was not refused. */
	const announce = (words: Int32Array, record: number) => {
		const from = record << recordShift;
		const path = pathOf[record]!;
		announcement.words = words;
		announcement.from = from;
		announcement.path = path;
		announcement.service = paths[path << pathShift]!;
		announcement.pe = peOf[record]!;
		announcement.hash = hashOf[record]!;
		announcement.cport = identifyingPort(words, from, peOf[record]!);
		announcement.template = (words[from + recordAt.flags]! & connFlags.template) === 0 ? 0 : entryFlag.template;
		announcement.timeout = timeoutOf[record]!;
	};

	/** The slot of the announced session, 0 when there is none whose time is not up. `likely`: what was read ahead. */
	const findSession = (likely: number): number => {
		// It may be stale when an earlier record of this message changed the index.
		const slot = likely === 0 || !lookup.matches(likely, announcement) ? lookup.find(announcement) : likely;
		if (slot !== 0) {
			if (entryExpiresMs(entries, slot << entryShift) > moment.nowMs) {
				return slot;
			}

			sessions.removeDue(slot, announcement.hash, moment);
		}

		if (announcement.cport === 0 || announcement.template !== 0) {
			return 0;
		}

		// Linux ip_vs_conn_in_get tries port 0 after a miss, as long as there is any such connection.
		const portless = lookup.findWithoutPort(announcement);
		if (portless !== 0 && entryExpiresMs(entries, portless << entryShift) <= moment.nowMs) {
			sessions.removeDue(portless, lookup.hashOfEntry(portless << entryShift), moment);
			return 0;
		}

		return portless;
	};

	const apply = (batch: RecordBatch, message: TableMessage) => {
		advance(message.nowUs);
		const {words, count} = batch;
		if (batch.messageFault !== 0) {
			refusals.refuse(batch.messageFault, message.director, message.segment, moment.nowMs);
		}

		if (batch.restFault !== 0) {
			refusals.refuse(batch.restFault, message.director, message.segment, moment.nowMs);
		}

		shares.setKnown(message.director, message.known);
		prepare(batch, message, moment.nowMs, moment.second);
		let applied = 0;
		for (let record = 0; record < count; record += 1) {
			const renewed = renew(batch, record, prepared, message, moment);
			applied += renewed - record;
			record = renewed;
			if (record === count || pathOf[record] === 0) {
				continue;
			}

			applied += 1;
			announce(words, record);
			const slot = findSession(slotOf[record]!);
			if (slot === 0) {
				sessions.create(announcement, message, moment);
			} else {
				update(slot, announcement, message, moment);
			}
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
			advance(nowUs);
			const isDone = sweep(moment, options);
			refusals.flush(moment.nowMs);
			pathTable.reclaim();
			pe.reclaim();
			changes.flush();
			return isDone;
		},
		refuse(fault, director, segment, nowUs) {
			advance(nowUs);
			refusals.refuse(fault, director, segment, moment.nowMs);
			changes.flush();
		},
		aside(json, nowUs) {
			advance(nowUs);
			const isKept = changes.aside(json, moment.nowMs);
			changes.flush();
			return isKept;
		},
		now: () => numbers[numberAt.nowUs]!,
	};
};
