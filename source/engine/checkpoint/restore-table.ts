/*
A table from the head and the sections of a checkpoint, into memory that is still empty. Everything is checked before the writer
relies on it, since a checkpoint may have been made by anybody: each number that leads to a place, each link of the lists, and
whatever is said twice. What can be worked out is: counts, references and indexes are those of the entries that are there.
*/
import {secondUs} from '../../wire/second.js';
import {entryWords, longestSeconds, stateShift} from '../../table/entry.js';
import {numberAt, openTableMemory, pathAt, pathWords, peAt, peSlotOctets, peWords, rateWords, serviceAt, serviceWords, type TableArrays, type TableMemory} from '../../table/memory.js';
import {remembered} from '../../table/write/eviction.js';
import {createTableState, type TableState} from '../../table/write/table-state.js';
import {check, sectionOf, type TableParts} from './restore-checks.js';
import {checkWheel, placeEntries, restoreDeparted, restoreEntries} from './restore-entries.js';
import {countUnknown, holdRest, queueRest, restorePaths, restorePe, restoreServices, takeClaims} from './restore-paths.js';
import {keptNumbers, type TableHead} from './save-table.js';

const restoreNumbers = (arrays: TableArrays, parts: TableParts): void => {
	const octets = new Uint8Array(keptNumbers * 8);
	octets.set(sectionOf(parts.sections, 'numbers', octets.length));
	const kept = new Float64Array(octets.buffer);
	for (const [index, value] of kept.entries()) {
		// Clocks are those of packets, which may have fractions of a microsecond.
		check(Number.isFinite(value) && value >= 0 && value <= Number.MAX_SAFE_INTEGER && (index === numberAt.nowUs || Number.isInteger(value)), `has a total ${index} of ${value}`);
	}

	const nowUs = kept[numberAt.nowUs]!;
	const originUs = kept[numberAt.originUs]!;
	check(originUs === 0 ? nowUs === 0 : (nowUs >= originUs && (nowUs - originUs) / secondUs <= longestSeconds), 'has a clock before its start');
	arrays.numbers.set(kept);
};

/** Empties memory that a table was restored into, or begun to be. */
export const wipeTable = (memory: TableMemory, head: TableHead): void => {
	const {entries, services, paths, counts, pathTotals, rates, peWords: pe, peOctets, control, numbers} = openTableMemory(memory);
	entries.fill(0, 0, (head.slots.highWater + 1) * entryWords);
	services.fill(0, 0, (head.serviceHighWater + 1) * serviceWords);
	paths.fill(0, 0, (head.pathHighWater + 1) * pathWords);
	counts.fill(0, 0, (head.pathHighWater + 1) << stateShift);
	pathTotals.fill(0, 0, (head.pathHighWater + 1) * 2);
	rates.fill(0, 0, (head.pathHighWater + 1) * rateWords);
	pe.fill(0, 0, (head.peHighWater + 1) * peWords);
	peOctets.fill(0, 0, (head.peHighWater + 1) * peSlotOctets);
	control.fill(0);
	numbers.fill(0);
	new Int32Array(memory.departed.control).fill(0);
	new Int32Array(memory.departed.words).fill(0, 0, Math.min(head.departed, memory.departed.capacity) * entryWords);
	const held = Math.min(memory.changes.capacity, head.pathHighWater + head.peHighWater + 1);
	new Int32Array(memory.changes.words).fill(0, (memory.changes.capacity - held) * entryWords);
};

/**
Fills empty memory with the table of a checkpoint, and gives what its writer is to go on with. Throws a `CheckpointError` when it is
not one that a writer could have left; the memory is empty again then.
*/
export const restoreTable = (memory: TableMemory, parts: TableParts): TableState => {
	try {
		return fillTable(memory, parts);
	} catch (error) {
		wipeTable(memory, parts.head);
		throw error;
	}
};

const fillTable = (memory: TableMemory, parts: TableParts): TableState => {
	const arrays = openTableMemory(memory);
	const {head} = parts;
	const state = createTableState();
	restoreNumbers(arrays, parts);
	restoreServices(arrays, memory, parts);
	restorePaths(arrays, memory, parts);
	const isFreePe = restorePe(arrays, memory, parts);
	const claimed = takeClaims(arrays, parts);
	placeEntries(arrays, memory, parts);
	const {shares, refusals, lookup} = state;
	for (const director of head.strangers) {
		shares.directorKnown[director] = 0;
	}

	const {withoutPort, unknown} = restoreEntries(arrays, parts, isFreePe, shares.directorKnown);
	checkWheel(arrays, parts, state.wheel.heads);
	restoreDeparted(arrays, memory, parts, isFreePe);
	holdRest(arrays, memory, parts, claimed);
	check(head.recent.length === remembered && [...head.recent, head.hand].every(slot => slot <= head.slots.highWater), 'has a slot to evict that is none');
	shares.unknownEntries = unknown;
	shares.eviction.recent.set(head.recent);
	shares.eviction.recentAt = head.recentAt;
	shares.eviction.hand = head.hand;
	lookup.withoutPort = withoutPort;
	for (const [key, lastMs, held, segment] of head.refusals) {
		check(!Number.isNaN(lastMs) && lastMs !== Infinity, 'has a refusal at no time');
		refusals.lastMs[key] = lastMs;
		refusals.held[key] = held;
		refusals.segments[key] = segment;
	}

	refusals.waiting = [...head.refusalsWaiting];
	Object.assign(state.slots, head.slots);
	state.wheel.nextTick = head.nextTick;
	Object.assign(state.paths, {
		freePaths: [...head.freePaths],
		freeServices: [...head.freeServices],
		unreferred: [...head.unreferredPaths],
		pathHighWater: head.pathHighWater,
		serviceHighWater: head.serviceHighWater,
		unknownPaths: countUnknown(arrays.paths, head.pathHighWater, pathWords, pathAt.service, pathAt.unknown),
		unknownServices: countUnknown(arrays.services, head.serviceHighWater, serviceWords, serviceAt.family, serviceAt.unknown),
	});
	let unknownUsed = 0;
	for (let id = 1; id <= head.peHighWater; id += 1) {
		unknownUsed += isFreePe[id] === 1 ? 0 : arrays.peWords[(id * peWords) + peAt.unknown]!;
	}

	Object.assign(state.pe, {free: [...head.freePe], unreferred: [...head.unreferredPe], highWater: head.peHighWater, unknownUsed});
	queueRest(arrays, state, isFreePe);
	return state;
};
