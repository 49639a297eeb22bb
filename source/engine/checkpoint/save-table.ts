import {type Section} from '../../checkpoint/container.js';
import {arrayOf, integer, real, struct, tuple, type Shape} from '../../checkpoint/shape.js';
import {faultNames} from '../../wire/fault.js';
import {entryAt, entryShift, entryWords} from '../../table/entry.js';
import {directorLimit, numberAt, pathWords, peSlotOctets, peWords, rateWords, serviceWords, type TableMemory} from '../../table/memory.js';
import {remembered} from '../../table/write/eviction.js';
import {refusalKeys} from '../../table/write/refusals.js';
import {type TableState} from '../../table/write/table-state.js';
import {wheelHeads} from '../../table/write/wheel.js';

/*
A table as it is at one moment, for a checkpoint. What can be worked out again is left out: counts, references, indexes. Entries
lie in the order of their slots, free slots left out; the links of the timing wheel among them keep the order in which they leave.

The capture waits for one copy of what is in use: 3.5 ms for a million sessions, when the room for it has been touched before. The rest
is done on the copy.
*/

/** What the head of a checkpoint says of the table. */
export type TableHead = {
	slots: {freeSlot: number; highWater: number; used: number};
	nextTick: number;
	pathHighWater: number;
	serviceHighWater: number;
	freePaths: number[];
	freeServices: number[];
	unreferredPaths: number[];
	peHighWater: number;
	freePe: number[];
	unreferredPe: number[];
	strangers: number[];
	recent: number[];
	recentAt: number;
	hand: number;
	/** Key, when it was told last (milliseconds), how many are held back, segment. */
	refusals: Array<readonly [key: number, lastMs: number, held: number, segment: number]>;
	refusalsWaiting: number[];
	departed: number;
};

const slot = integer(0, 2 ** 26);
const id = integer(0, (2 ** 20) - 1);
const ids = arrayOf(id, 2 ** 20);

export const tableHeadShape: Shape<TableHead> = struct<TableHead>({
	slots: struct<TableHead['slots']>({freeSlot: slot, highWater: slot, used: slot}),
	nextTick: integer(0),
	pathHighWater: id,
	serviceHighWater: id,
	freePaths: ids,
	freeServices: ids,
	unreferredPaths: ids,
	peHighWater: id,
	freePe: ids,
	unreferredPe: ids,
	strangers: arrayOf(integer(0, directorLimit - 1), directorLimit),
	recent: arrayOf(slot, remembered),
	recentAt: integer(0, remembered - 1),
	hand: slot,
	refusals: arrayOf(tuple(integer(0, refusalKeys - 1), real, integer(0, 0x7f_ff_ff_ff), integer(0, 0xff_ff)), refusalKeys),
	refusalsWaiting: arrayOf(integer(0, refusalKeys - 1), refusalKeys),
	departed: integer(0, 2 ** 26),
});

/** Doubles that are kept of `numbers`. */
export const keptNumbers = numberAt.refused + faultNames.length;

/** What a checkpoint's words depend on, beside the shapes of its head. */
export const tableLayoutText = [
	entryWords, serviceWords, pathWords, rateWords, peWords, peSlotOctets, wheelHeads, keptNumbers, faultNames.join(' '), JSON.stringify(entryAt), JSON.stringify(numberAt),
].join('|');

/** Room for the copy of a table, used again for the next one. */
export type TableRoom = {
	octets: Uint8Array;
	/** So much of it has been touched: the system gives memory when it is written first, which takes longer than the copy. */
	touched: number;
};

export const createTableRoom = (): TableRoom => ({octets: new Uint8Array(0), touched: 0});

/** Some 1 ms. */
const touchOctets = 2 ** 21;

/** Makes room for a table as large as it is now and somewhat more, a slice at a time. True when there is enough. */
export const prepareRoom = (room: TableRoom, state: TableState): boolean => {
	const wanted = state.slots.highWater * entryWords * 4;
	if (room.octets.length < wanted) {
		// Shared only because the garbage collector is not told of its size.
		room.octets = new Uint8Array(new SharedArrayBuffer(Math.ceil(wanted * 1.125) + touchOctets));
		room.touched = 0;
	}

	if (room.touched < room.octets.length) {
		room.octets.fill(0, room.touched, room.touched + touchOctets);
		room.touched = Math.min(room.octets.length, room.touched + touchOctets);
	}

	return room.touched >= wanted;
};

/** A table that was cut out at one moment. It uses the room until its sections are written. */
type TableCut = {
	readonly head: TableHead;
	readonly sections: readonly Section[];
};

const octetsOf = (buffer: SharedArrayBuffer, octets: number): Uint8Array => new Uint8Array(buffer, 0, octets).slice();

/** The newest departed sessions, oldest first. */
const copyDeparted = ({departed}: TableMemory): Uint8Array => {
	const octets = new Uint8Array(departed.words);
	const control = new Int32Array(departed.control);
	const written = Atomics.load(control, 0);
	const recordOctets = departed.recordWords * 4;
	// A sequence that has wrapped is of a full ring.
	const isFull = (written >>> 0) >= departed.capacity;
	const end = (written & (departed.capacity - 1)) * recordOctets;
	const copy = new Uint8Array(isFull ? octets.length : end);
	if (isFull) {
		copy.set(octets.subarray(end));
	}

	copy.set(octets.subarray(0, end), copy.length - end);
	return copy;
};

/** Entries looked at in one go: some 1 ms. */
const sliceSlots = 32_768;

/** Moves the entries in use together, over the free slots. Yields between slices. */
function * compact(words: Int32Array, highWater: number): Generator<void, void> {
	let to = 0;
	for (let first = 0; first < highWater; first += sliceSlots) {
		const end = Math.min(highWater, first + sliceSlots);
		for (let run = first; run < end;) {
			if (words[(run << entryShift) + entryAt.path] === 0) {
				run += 1;
				continue;
			}

			let after = run + 1;
			while (after < end && words[(after << entryShift) + entryAt.path] !== 0) {
				after += 1;
			}

			if (to !== run) {
				words.copyWithin(to << entryShift, run << entryShift, after << entryShift);
			}

			to += after - run;
			run = after;
		}

		yield;
	}
}

/** Cuts the table out as it is now. This is what a capture waits for. */
export const cutTable = (memory: TableMemory, entries: Int32Array, state: TableState, room: TableRoom): TableCut => {
	const {slots, wheel, paths, pe, shares, refusals} = state;
	const {freeSlot: firstFree, highWater, used} = slots;
	while (!prepareRoom(room, state)) {
		// Nobody prepared it before.
	}

	const words = new Int32Array(room.octets.buffer, 0, highWater * entryWords);
	words.set(entries.subarray(entryWords, (highWater + 1) * entryWords));
	const free = new Int32Array(highWater - used);
	const departed = copyDeparted(memory);
	const whole = (name: string, octets: Uint8Array): Section => ({name, octets: octets.length, pieces: () => [octets]});
	const kept: TableHead['refusals'] = [];
	for (const [key, lastMs] of refusals.lastMs.entries()) {
		if (lastMs > -Infinity || refusals.held[key] !== 0) {
			kept.push([key, lastMs, refusals.held[key]!, refusals.segments[key]!]);
		}
	}

	return {
		head: {
			slots: {...slots},
			nextTick: wheel.nextTick,
			pathHighWater: paths.pathHighWater,
			serviceHighWater: paths.serviceHighWater,
			freePaths: [...paths.freePaths],
			freeServices: [...paths.freeServices],
			unreferredPaths: [...paths.unreferred],
			peHighWater: pe.highWater,
			freePe: [...pe.free],
			unreferredPe: [...pe.unreferred],
			strangers: [...shares.directorKnown.keys()].filter(director => shares.directorKnown[director] === 0),
			recent: [...shares.eviction.recent],
			recentAt: shares.eviction.recentAt,
			hand: shares.eviction.hand,
			refusals: kept,
			refusalsWaiting: [...refusals.waiting],
			departed: departed.length / (entryWords * 4),
		},
		sections: [
			whole('numbers', octetsOf(memory.numbers, keptNumbers * 8)),
			whole('heads', new Uint8Array(wheel.heads.slice().buffer)),
			whole('services', octetsOf(memory.services, (paths.serviceHighWater + 1) * serviceWords * 4)),
			whole('paths', octetsOf(memory.paths, (paths.pathHighWater + 1) * pathWords * 4)),
			whole('pathTotals', octetsOf(memory.pathTotals, (paths.pathHighWater + 1) * 2 * 8)),
			whole('rates', octetsOf(memory.rates, (paths.pathHighWater + 1) * rateWords * 4)),
			whole('peWords', octetsOf(memory.peWords, (pe.highWater + 1) * peWords * 4)),
			whole('peOctets', octetsOf(memory.peOctets, (pe.highWater + 1) * peSlotOctets)),
			whole('departed', departed),
			{
				name: 'free',
				octets: free.byteLength,
				* pieces() {
					let next = firstFree;
					for (let index = 0; index < free.length; index += 1) {
						free[index] = next;
						next = words[((next - 1) << entryShift) + entryAt.next]!;
						if ((index & 0x3f_ff) === 0) {
							yield new Uint8Array(0);
						}
					}

					yield new Uint8Array(free.buffer);
				},
			},
			{
				name: 'entries',
				octets: used * entryWords * 4,
				* pieces() {
					if (used < highWater) {
						for (const _ of compact(words, highWater)) {
							yield new Uint8Array(0);
						}
					}

					yield room.octets.subarray(0, used * entryWords * 4);
				},
			},
		],
	};
};
