import {stateTimeoutSeconds} from '../wire/conn-state.js';
import {faultCode} from '../wire/fault.js';
import {maxRecords, type RecordBatch} from '../wire/record-batch.js';
import {createChangeWriter} from './change-writer.js';
import {entryExpiresMs} from './entry.js';
import {createHashIndex} from './hash-index.js';
import {layout} from './layout.js';
import {openTableMemory, type TableArrays, type TableMemory} from './memory.js';
import {createPathTable} from './paths.js';
import {createPePool} from './pe-pool.js';
import {createRefusals} from './refusals.js';
import {hashSession} from './session-hash.js';
import {createSessions} from './sessions.js';
import {type TableMessage} from './table-message.js';
import {createWheel, firstSwept, linkEntry, nextSwept, takeBucket, tickMs, unlinkEntry} from './wheel.js';

export type TableWriterOptions = {
	/** Never overwrite changes that the reader which holds the writer has not consumed: block instead. */
	readonly waitForReader?: boolean;
	/** Secret of the hashes; random unless given. */
	readonly seed?: number;
};

export type ExpireOptions = {
	/** Sweep up to this very millisecond; otherwise entries may stand up to 256 ms over, unseen by readers. */
	readonly finish?: boolean;
	/** Entries looked at, at most. */
	readonly limit?: number;
};

/** The one writer of a table. */
export type TableWriter = {
	/** The typed arrays. Only marks may be written to them from outside. */
	readonly arrays: TableArrays;
	/** Applies the records of one message. The clock goes to its time, never back. */
	apply(batch: RecordBatch, message: TableMessage): void;
	/** Moves the clock on and removes what is due. False when `limit` stopped it before the end. */
	expire(nowUs: number, options?: ExpireOptions): boolean;
	/** Counts something refused before it became a record. */
	refuse(fault: number, director: number, segment: number, nowUs: number): void;
	/** Puts a text in its place among the changes. False when it is too long to be kept. */
	aside(json: string, nowUs: number): boolean;
	/** A director starts to listen anew: forgets what was announced while it listened before. */
	clearSent(bit: number): void;
	/**
	A director comes to light that may have listened all along: what was sent to `from` in its segment was sent to `to`. But what
	`director` announced last is its own.
	*/
	copySent(from: number, to: number, segment: number, director?: number): void;
	/** A director's kernel has lost its table: what it announced before counts no more. */
	clearAnnounced(bit: number): void;
	/** Microseconds; never goes back. 0 before the first message. */
	now(): number;
};

/** Entries whose index places are read ahead while sweeping: their cache misses then overlap. */
const sweepBatch = 64;
const templateOnWire = 0x10_00;

export const createTableWriter = (memory: TableMemory, {waitForReader = false, seed = Math.trunc(Math.random() * (2 ** 32))}: TableWriterOptions = {}): TableWriter => {
	const {entryAt, entryFlag, entryShift, numberAt, pathShift, recordAt, recordShift} = layout;
	const arrays = openTableMemory(memory);
	const {numbers, entries, paths} = arrays;
	const pathTable = createPathTable(arrays, memory.sizes, seed);
	const pe = createPePool(arrays, memory.sizes.maxPe, seed);
	const changes = createChangeWriter(memory, arrays, pathTable, pe, waitForReader);
	const refusals = createRefusals(arrays, changes);
	const index = createHashIndex(memory.sizes.maxSessions);
	const wheel = createWheel();
	const sessions = createSessions({arrays, maxSessions: memory.sizes.maxSessions, seed, pathTable, pe, changes, refusals, index, wheel});
	const {hashOfEntry, portOf, matches, find, findWithoutPort, create, update, removeDue} = sessions;

	// Scratch for one message, by record; `maxRecords` is also more than a batch of the sweep.
	const pathOf = new Int32Array(maxRecords);
	const hashOf = new Int32Array(maxRecords);
	const peOf = new Int32Array(maxRecords);
	const slotOf = new Int32Array(maxRecords);
	const timeoutOf = new Int32Array(maxRecords);
	/** Keeps the reading ahead from being optimised away. */
	const touched = new Int32Array(1);

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

	/** Phase 1: paths, hashes and timeouts of all records; a path of 0 marks one that is refused. */
	const prepare = (batch: RecordBatch, message: TableMessage, nowMs: number) => {
		const {words, count, version} = batch;
		for (let record = 0; record < count; record += 1) {
			const from = record << recordShift;
			pathOf[record] = 0;
			peOf[record] = 0;
			hashOf[record] = 0;
			const fault = words[from + recordAt.fault]!;
			if (fault !== 0) {
				refusals.refuse(fault, message.director, message.segment, nowMs);
				continue;
			}

			const path = pathTable.intern(words, record, message.segment, batch.syncid, message.known);
			if (path === 0) {
				refusals.refuse(faultCode['path-limit'], message.director, message.segment, nowMs);
				continue;
			}

			let peId = 0;
			if (words[from + recordAt.peDataOffset]! >= 0) {
				peId = pe.intern(
					message.view, message.offset + words[from + recordAt.peNameOffset]!, words[from + recordAt.peNameLength]!,
					message.offset + words[from + recordAt.peDataOffset]!, words[from + recordAt.peDataLength]!, message.known,
				);
				if (peId === 0) {
					refusals.refuse(faultCode['pe-limit'], message.director, message.segment, nowMs);
					continue;
				}

				peOf[record] = peId;
			}

			const isTemplate = (words[from + recordAt.flags]! & templateOnWire) !== 0;
			let timeout = version === 0 ? 0 : words[from + recordAt.timeoutSeconds]!;
			if (timeout === 0) {
				timeout = stateTimeoutSeconds(words[from + recordAt.protocol]!, words[from + recordAt.state]!, isTemplate);
			}

			timeoutOf[record] = timeout;
			pathOf[record] = path;
			hashOf[record] = hashSession(
				seed, paths[path << pathShift]!, words[from + recordAt.caddr]!, words[from + recordAt.caddr + 1]!,
				words[from + recordAt.caddr + 2]!, words[from + recordAt.caddr + 3]!, portOf(words, from, peId),
				isTemplate ? 1 | (peId << 1) : 0,
			);
		}
	};

	/**
	Phases 2 to 4: reads the index places, then the entries, of a whole message, so that cache misses overlap, which halves the
	time of an update; then the neighbours in the wheel of those that will leave their place for an earlier one: 5 % less.
	Loops without branches and with whole numbers only reach the farthest ahead, another 5 %.
	*/
	const readAhead = (count: number, second: number) => {
		const {pairs, mask, shift} = index;
		let sum = 0;
		for (let record = 0; record < count; record += 1) {
			sum ^= pairs[(hashOf[record]! >>> shift) << 1]!;
		}

		touched[0] = sum;
		for (let record = 0; record < count; record += 1) {
			const hash = hashOf[record]!;
			let pair = (hash >>> shift) << 1;
			while (pairs[pair + 1] !== 0 && pairs[pair] !== hash) {
				pair = (pair + 2) & mask;
			}

			slotOf[record] = pairs[pair + 1]!;
		}

		for (let record = 0; record < count; record += 1) {
			sum ^= entries[(slotOf[record]! << entryShift) + entryAt.portState]!;
		}

		for (let record = 0; record < count; record += 1) {
			const at = slotOf[record]! << entryShift;
			// Wrapping arithmetic will do, and slot 0 stands for nothing: a branch would be guessed wrong.
			const isSooner = -Number(second + timeoutOf[record]! < entries[at + entryAt.last]! + entries[at + entryAt.timeout]!);
			sum ^= entries[(entries[at + entryAt.next]! & isSooner) << entryShift]!;
			sum ^= entries[Math.max(0, entries[at + entryAt.previous]! & isSooner) << entryShift]!;
		}

		touched[0] = sum;
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

		sessions.setKnown(director, message.known);
		prepare(batch, message, nowMs);
		readAhead(count, second);
		let applied = 0;
		for (let record = 0; record < count; record += 1) {
			const path = pathOf[record]!;
			if (path === 0) {
				continue;
			}

			const from = record << recordShift;
			const wireFlags = words[from + recordAt.flags]!;
			const template = (wireFlags & templateOnWire) === 0 ? 0 : entryFlag.template;
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

	/** Looks at the first entries of the list being swept: removes those that are due, moves the others on. Gives how many. */
	const sweep = (nowMs: number, second: number): number => {
		let found = 0;
		for (let slot = firstSwept(wheel); slot !== 0 && found < sweepBatch; slot = entries[(slot << entryShift) + entryAt.next]!) {
			slotOf[found] = slot;
			hashOf[found] = hashOfEntry(slot << entryShift);
			found += 1;
		}

		let sum = 0;
		for (let place = 0; place < found; place += 1) {
			sum += index.pairs[(hashOf[place]! >>> index.shift) << 1]!;
		}

		touched[0] = sum;
		for (let place = 0; place < found; place += 1) {
			const slot = slotOf[place]!;
			const expiresMs = entryExpiresMs(entries, slot << entryShift);
			if (expiresMs <= nowMs) {
				removeDue(slot, hashOf[place]!, second);
			} else {
				unlinkEntry(wheel, entries, slot);
				linkEntry(wheel, entries, slot, expiresMs);
			}
		}

		return found;
	};

	const expire = (nowUs: number, {finish = false, limit = Infinity}: ExpireOptions = {}): boolean => {
		const nowMs = advance(nowUs);
		const second = Math.floor(nowMs / 1000);
		const nowTick = Math.floor(nowMs / tickMs);
		let left = limit;
		while (left > 0 && nextSwept(wheel, entries, nowTick) !== 0) {
			left -= sweep(nowMs, second);
		}

		const isDone = nextSwept(wheel, entries, nowTick) === 0;
		if (isDone && finish) {
			takeBucket(wheel, entries, nowTick);
			while (firstSwept(wheel) !== 0) {
				sweep(nowMs, second);
			}
		}

		refusals.flush(nowMs);
		pathTable.reclaim();
		pe.reclaim();
		changes.flush();
		return isDone;
	};

	return {
		arrays,
		apply,
		expire,
		refuse(fault, director, segment, nowUs) {
			refusals.refuse(fault, director, segment, advance(nowUs));
			changes.flush();
		},
		aside(json, nowUs) {
			const isKept = changes.aside(json, advance(nowUs));
			changes.flush();
			return isKept;
		},
		clearSent(bit) {
			sessions.mapMasks(masks => masks & ~(1 << (16 + bit)));
		},
		copySent(from, to, segment, director = -1) {
			sessions.mapMasks((masks, itsSegment, announcedBy) => {
				if (itsSegment !== segment) {
					return masks;
				}

				return announcedBy === director
					? (masks & ~(1 << (16 + to))) | (1 << to)
					: (masks & ~(1 << (16 + to))) | (((masks >>> (16 + from)) & 1) << (16 + to));
			});
		},
		clearAnnounced(bit) {
			sessions.mapMasks(masks => masks & ~(1 << bit));
		},
		now: () => numbers[numberAt.nowUs]!,
	};
};
