import {CheckpointError} from '../../checkpoint/shape.js';
import {changeKind, changeKinds} from '../../table/changes.js';
import {changeKindOf, entryAt, entryDirector, entryExpiresMs, entryFirstMs, entryFlag, entryLastMs, entryPath, entryShift, entryWords, maxUpdates, pathMask, rankOf, stateShift} from '../../table/entry.js';
import {
	controlAt, numberAt, openTableMemory, pathAt, pathShift, pathWords, peAt, peNameOctets, peSlotOctets, peWords, rateWords, serviceAt, serviceShift, serviceWords,
	type TableArrays, type TableMemory,
} from '../../table/memory.js';
import {remembered} from '../../table/write/eviction.js';
import {createTableState, type TableState} from '../../table/write/table-state.js';
import {bucketLink, tickMs, wheelHeads} from '../../table/write/wheel.js';
import {keptNumbers, type TableHead} from './save-table.js';

/*
A table from the head and the sections of a checkpoint, into memory that is still empty. Everything is checked before the writer
relies on it, since a checkpoint may have been made by anybody: each number that leads to a place, each link of the lists, and
whatever is said twice. What can be worked out is: counts, references and indexes are those of the entries that are there.
*/
export type TableParts = {
	readonly head: TableHead;
	readonly sections: ReadonlyMap<string, Uint8Array>;
	/** Segments that have a name. */
	readonly segments: number;
};

const refuse = (problem: string): never => {
	throw new CheckpointError(problem);
};

const check = (isRight: boolean, problem: string): void => {
	if (!isRight) {
		refuse(problem);
	}
};

const isIn = (value: number, least: number, most: number): boolean => value >= least && value <= most;

/** The octets of a section, of which there must be exactly so many. */
const sectionOf = (sections: TableParts['sections'], name: string, octets: number): Uint8Array => {
	const section = sections.get(name);
	return section?.length === octets ? section : refuse(`has ${section ? `${section.length} octets` : 'nothing'} of ${name}, not ${octets}`);
};

/** Ids 1 to `most` that are not in use, each once. */
const markFree = (free: readonly number[], most: number, what: string): Uint8Array => {
	const isFree = new Uint8Array(most + 1);
	for (const one of free) {
		check(isIn(one, 1, most) && isFree[one] === 0, `has ${what} ${one} free twice, or none`);
		isFree[one] = 1;
	}

	return isFree;
};

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
	check(originUs === 0 ? nowUs === 0 : (nowUs >= originUs && (nowUs - originUs) / 1000 < 2 ** 40), 'has a clock before its start');
	arrays.numbers.set(kept);
};

const restoreServices = ({services}: TableArrays, memory: TableMemory, {head, sections, segments}: TableParts): void => {
	const {serviceHighWater} = head;
	check(serviceHighWater <= memory.sizes.maxServices, 'has more virtual services than there is room for');
	const octets = sectionOf(sections, 'services', (serviceHighWater + 1) * serviceWords * 4);
	new Uint8Array(services.buffer).set(octets);
	const isFree = markFree(head.freeServices, serviceHighWater, 'service');
	for (let id = 1; id <= serviceHighWater; id += 1) {
		const at = id << serviceShift;
		const of = (word: number): number => services[at + word]!;
		const family = of(serviceAt.family);
		check(isFree[id] === 1 ? family === 0 : family === 4 || family === 6, `has service ${id} of family ${family}`);
		if (family !== 0) {
			check(isIn(of(serviceAt.protocol), 0, 255) && isIn(of(serviceAt.vport), 0, 65_535) && isIn(of(serviceAt.segment), 0, segments - 1)
				&& isIn(of(serviceAt.syncid), -1, 255) && isIn(of(serviceAt.unknown), 0, 1)
				&& of(serviceAt.heldMoved) >= 0 && of(serviceAt.heldClosed) >= 0 && of(serviceAt.heldRanout) >= 0, `has service ${id} out of bounds`);
		}

		services[at + serviceAt.references] = 0;
	}
};

const restorePaths = (arrays: TableArrays, memory: TableMemory, {head, sections}: TableParts): void => {
	const {paths, services, pathTotals, rates} = arrays;
	const {pathHighWater} = head;
	check(pathHighWater <= memory.sizes.maxPaths, 'has more paths than there is room for');
	new Uint8Array(paths.buffer).set(sectionOf(sections, 'paths', (pathHighWater + 1) * pathWords * 4));
	new Uint8Array(pathTotals.buffer).set(sectionOf(sections, 'pathTotals', (pathHighWater + 1) * 16));
	new Uint8Array(rates.buffer).set(sectionOf(sections, 'rates', (pathHighWater + 1) * rateWords * 4));
	const isFree = markFree(head.freePaths, pathHighWater, 'path');
	const isQueued = markFree(head.unreferredPaths, pathHighWater, 'path');
	for (let id = 1; id <= pathHighWater; id += 1) {
		const at = id << pathShift;
		const of = (word: number): number => paths[at + word]!;
		const service = of(pathAt.service);
		check(isFree[id] === 1 ? service === 0 : isIn(service, 1, head.serviceHighWater) && services[(service << serviceShift) + serviceAt.family] !== 0, `has path ${id} of no service`);
		check(of(pathAt.queued) === isQueued[id] && (isFree[id] === 0 || isQueued[id] === 0), `has path ${id} waiting or not`);
		if (service !== 0) {
			check(isIn(of(pathAt.dport), 0, 65_535) && isIn(of(pathAt.forward), 0, 7) && isIn(of(pathAt.origin), 0, 0x1_ff) && isIn(of(pathAt.unknown), 0, 1)
				&& of(pathAt.lastNewSecond) >= -1 && isIn(of(pathAt.lastNewMs), 0, 999), `has path ${id} out of bounds`);
			services[(service << serviceShift) + serviceAt.references]! += 1;
		}
	}

	for (let index = 0; index < (pathHighWater + 1) * 2; index += 1) {
		check(Number.isSafeInteger(pathTotals[index]) && pathTotals[index]! >= 0, 'has a total of a path that is none');
	}

	for (let index = 0; index < (pathHighWater + 1) * rateWords; index += 1) {
		check(rates[index]! >= 0, 'has a rate below zero');
	}

	for (let id = 1; id <= head.serviceHighWater; id += 1) {
		const at = id << serviceShift;
		check(services[at + serviceAt.family] === 0 || services[at + serviceAt.references]! > 0, `has service ${id} that nothing leads to`);
	}
};

const restorePe = ({peWords: words, peOctets}: TableArrays, memory: TableMemory, {head, sections}: TableParts): Uint8Array => {
	const {peHighWater} = head;
	check(peHighWater <= memory.sizes.maxPe, 'has more persistence data than there is room for');
	new Uint8Array(words.buffer).set(sectionOf(sections, 'peWords', (peHighWater + 1) * peWords * 4));
	peOctets.set(sectionOf(sections, 'peOctets', (peHighWater + 1) * peSlotOctets));
	const isFree = markFree(head.freePe, peHighWater, 'persistence data');
	const isQueued = markFree(head.unreferredPe, peHighWater, 'persistence data');
	for (let id = 1; id <= peHighWater; id += 1) {
		const at = id * peWords;
		check(isIn(words[at + peAt.nameLength]!, 0, peNameOctets) && isIn(words[at + peAt.dataLength]!, 0, 255) && isIn(words[at + peAt.unknown]!, 0, 1)
			&& words[at + peAt.queued] === isQueued[id] && (isFree[id] === 0 || isQueued[id] === 0), `has persistence data ${id} out of bounds`);
	}

	return isFree;
};

/** Takes the places that the free list names, and puts the entries in between. */
const placeEntries = ({entries}: TableArrays, memory: TableMemory, {head, sections}: TableParts): void => {
	const {freeSlot, highWater, used} = head.slots;
	check(highWater <= memory.sizes.maxSessions, `has room for ${highWater} sessions: give --max-sessions ${highWater} or more`);
	check(used <= highWater && (highWater === used ? freeSlot === 0 : freeSlot !== 0), 'has slots that do not add up');
	const freeOctets = new Uint8Array((highWater - used) * 4);
	freeOctets.set(sectionOf(sections, 'free', freeOctets.length));
	const free = new Int32Array(freeOctets.buffer);
	const isFree = new Uint8Array(highWater + 2);
	for (const [index, slot] of free.entries()) {
		check(isIn(slot, 1, highWater) && isFree[slot] === 0 && (index > 0 || slot === freeSlot), 'has a free slot twice, or none');
		isFree[slot] = 1;
		entries[(slot << entryShift) + entryAt.next] = free[index + 1] ?? 0;
	}

	const from = sectionOf(sections, 'entries', used * entryWords * 4);
	const to = new Uint8Array(entries.buffer, entries.byteOffset);
	const entryOctets = entryWords * 4;
	isFree[highWater + 1] = 1;
	let taken = 0;
	for (let slot = 1; slot <= highWater;) {
		if (isFree[slot] === 1) {
			slot += 1;
			continue;
		}

		const after = isFree.indexOf(1, slot);
		const octets = (after - slot) * entryOctets;
		to.set(from.subarray(taken, taken + octets), slot * entryOctets);
		taken += octets;
		slot = after;
	}
};

/** Checks a word of an entry or a copy of one that names a path in use. */
const isPath = (paths: Int32Array, path: number, pathHighWater: number): boolean =>
	isIn(path, 1, pathHighWater) && paths[path << pathShift] !== 0;

/** Checks all entries by themselves, and counts what there is. */
const restoreEntries = (arrays: TableArrays, {head}: TableParts, isFreePe: Uint8Array, directorKnown: Uint8Array): {withoutPort: number; unknown: number} => {
	const {control, numbers, entries, services, paths, counts, peWords: pe} = arrays;
	const {pathHighWater, peHighWater} = head;
	const nowMs = Math.floor((numbers[numberAt.nowUs]! - numbers[numberAt.originUs]!) / 1000);
	let used = 0;
	let withoutPort = 0;
	let unknown = 0;
	for (let slot = 1; slot <= head.slots.highWater; slot += 1) {
		const at = slot << entryShift;
		if (entries[at + entryAt.path] === 0) {
			continue;
		}

		used += 1;
		const path = entryPath(entries, at);
		const lastPath = entries[at + entryAt.lastPath]! & pathMask;
		if (!isPath(paths, path, pathHighWater) || !isPath(paths, lastPath, pathHighWater)) {
			refuse(`has the session in slot ${slot} on no path`);
		}

		const service = paths[path << pathShift]! << serviceShift;
		const flags = entries[at + entryAt.fractions]!;
		const isIpv6 = services[service + serviceAt.family] === 6;
		const portState = entries[at + entryAt.portState]!;
		const isTemplate = (flags & entryFlag.template) !== 0;
		const peId = entries[at + entryAt.rhythm]! & 0xf_ff_ff;
		if (((flags & entryFlag.ipv6) !== 0) !== isIpv6
			|| (!isIpv6 && (entries[at + 1]! | entries[at + 2]! | entries[at + 3]!) !== 0)
			|| (portState & 0xff) !== rankOf(services[service + serviceAt.protocol]!, (portState >>> 8) & 0xff, isTemplate)
			|| (flags >>> 22) > 999 || ((flags >>> 12) & 0x3_ff) > 999
			|| entries[at + entryAt.first]! < 0 || entryFirstMs(entries, at) > entryLastMs(entries, at) || entryLastMs(entries, at) > nowMs
			|| (entries[at + entryAt.updates]! & maxUpdates) === 0
			|| (peId !== 0 && (peId > peHighWater || isFreePe[peId] === 1))) {
			refuse(`has the session in slot ${slot} out of bounds`);
		}

		const director = entryDirector(entries, at);
		const code = portState & 15;
		counts[(path << stateShift) + code]! += 1;
		counts[code]! += 1;
		paths[(path << pathShift) + pathAt.references]! += 1;
		paths[(lastPath << pathShift) + pathAt.references]! += 1;
		control[isTemplate ? controlAt.templates : controlAt.connections]! += 1;
		control[controlAt.directorEntries + director]! += 1;
		unknown += directorKnown[director] === 0 ? 1 : 0;
		withoutPort += (flags & entryFlag.noCport) === 0 ? 0 : 1;
		if (peId !== 0) {
			pe[(peId * peWords) + peAt.references]! += 1;
		}
	}

	check(used === head.slots.used, 'has fewer sessions than it says');
	control[controlAt.unknownEntries] = unknown;
	return {withoutPort, unknown};
};

/**
Follows all lists of the wheel at once, so that the reading of one entry need not wait for another's. Each entry names the one before
it, so that none can be met twice; and as many must be met as there are.
*/
const checkWheel = ({entries, numbers}: TableArrays, {head, sections}: TableParts, heads: Int32Array): void => {
	const octets = sectionOf(sections, 'heads', wheelHeads * 4);
	new Uint8Array(heads.buffer).set(octets);
	const sweeping = wheelHeads - 1;
	const {highWater, used} = head.slots;
	const nowTick = Math.floor((numbers[numberAt.nowUs]! - numbers[numberAt.originUs]!) / 1000 / tickMs);
	check(heads[sweeping] === 0 && head.nextTick <= nowTick + 1, 'has a wheel that is being turned');
	const cursors = heads.slice();
	const before = Int32Array.from(heads, (_, bucket) => bucketLink(bucket));
	let lists = [...cursors.keys()].filter(bucket => cursors[bucket] !== 0);
	let met = 0;
	while (lists.length > 0) {
		const left: number[] = [];
		for (const bucket of lists) {
			const slot = cursors[bucket]!;
			const at = slot << entryShift;
			if (!isIn(slot, 1, highWater) || entries[at + entryAt.path] === 0 || entries[at + entryAt.previous] !== before[bucket]) {
				refuse('has a list of expiries that leads nowhere');
			}

			// The bucket's next turn is not after the entry's time is up.
			const turn = head.nextTick + ((bucket - head.nextTick) & (sweeping - 1));
			if (turn > Math.max(head.nextTick, Math.floor(entryExpiresMs(entries, at) / tickMs))) {
				refuse(`has the session in slot ${slot} leaving too late`);
			}

			met += 1;
			before[bucket] = slot;
			cursors[bucket] = entries[at + entryAt.next]!;
			if (cursors[bucket] !== 0) {
				left.push(bucket);
			}
		}

		lists = left;
	}

	check(met === used, 'has sessions that would never expire');
};

const departedKinds: ReadonlySet<number> = new Set(['expired', 'ranout', 'evicted'].map(name => changeKinds.indexOf(name as 'expired')));

const restoreDeparted = (arrays: TableArrays, memory: TableMemory, {head, sections}: TableParts, isFreePe: Uint8Array): void => {
	const {paths, peWords: pe} = arrays;
	const {departed} = memory;
	const all = sectionOf(sections, 'departed', head.departed * entryWords * 4);
	const count = Math.min(head.departed, departed.capacity);
	new Uint8Array(departed.words).set(all.subarray(all.length - (count * entryWords * 4)));
	const words = new Int32Array(departed.words);
	for (let index = 0; index < count; index += 1) {
		const at = index * entryWords;
		const path = words[at + entryAt.path]! & pathMask;
		const lastPath = words[at + entryAt.lastPath]! & pathMask;
		const wasPath = words[at + entryAt.previous]! & pathMask;
		const peId = words[at + entryAt.rhythm]! & 0xf_ff_ff;
		check(departedKinds.has(changeKindOf(words, at)) && isPath(paths, path, head.pathHighWater) && isPath(paths, lastPath, head.pathHighWater)
			&& wasPath === 0 && (peId === 0 || (peId <= head.peHighWater && isFreePe[peId] === 0)), 'has a departed session on no path');
		paths[(path << pathShift) + pathAt.references]! += 1;
		paths[(lastPath << pathShift) + pathAt.references]! += 1;
		if (peId !== 0) {
			pe[(peId * peWords) + peAt.references]! += 1;
		}
	}

	Atomics.store(new Int32Array(departed.control), 0, count);
};

/**
The changes are not in a checkpoint, but what they refer to is kept as long as they are: it is what a list of virtual services shows of
those that have no sessions at the moment. So records that nobody reads hold it, where the ring is overwritten last.
*/
const holdRest = ({paths, peWords: pe}: TableArrays, memory: TableMemory, {head}: TableParts, claimed: {readonly paths: Int32Array; readonly pe: Int32Array}): void => {
	const words = new Int32Array(memory.changes.words);
	let record = memory.changes.capacity;
	const hold = (path: number, peId: number): void => {
		record -= 1;
		const at = record * entryWords;
		words[at + entryAt.path] = (changeKind.held << 28) | path;
		words[at + entryAt.lastPath] = path;
		words[at + entryAt.rhythm] = peId;
	};

	let somePath = 0;
	for (let id = 1; id <= head.pathHighWater; id += 1) {
		const at = (id << pathShift) + pathAt.references;
		if (paths[id << pathShift] !== 0) {
			somePath = id;
			if (claimed.paths[id]! > paths[at]! && record > 1) {
				paths[at]! += 2;
				hold(id, 0);
			}
		}
	}

	for (let id = 1; id <= head.peHighWater; id += 1) {
		const at = (id * peWords) + peAt.references;
		if (claimed.pe[id]! > pe[at]! && somePath !== 0 && record > 1) {
			paths[(somePath << pathShift) + pathAt.references]! += 2;
			pe[at]! += 1;
			hold(somePath, id);
		}
	}
};

/** What nothing refers to any more, and is not waiting to be freed either, waits now. */
const queueRest = ({paths, peWords: pe}: TableArrays, state: TableState, isFreePe: Uint8Array): void => {
	for (let id = 1; id <= state.paths.pathHighWater; id += 1) {
		const at = id << pathShift;
		if (paths[at] !== 0 && paths[at + pathAt.references] === 0 && paths[at + pathAt.queued] === 0) {
			paths[at + pathAt.queued] = 1;
			state.paths.unreferred.push(id);
		}
	}

	for (let id = 1; id <= state.pe.highWater; id += 1) {
		const at = id * peWords;
		if (isFreePe[id] === 0 && pe[at + peAt.references] === 0 && pe[at + peAt.queued] === 0) {
			pe[at + peAt.queued] = 1;
			state.pe.unreferred.push(id);
		}
	}
};

/** Takes the references that a checkpoint claims out of the words, so that they can be counted. */
const takeClaims = ({paths, peWords: pe}: TableArrays, {head}: TableParts) => {
	const claimed = {paths: new Int32Array(head.pathHighWater + 1), pe: new Int32Array(head.peHighWater + 1)};
	for (let id = 1; id <= head.pathHighWater; id += 1) {
		claimed.paths[id] = paths[(id << pathShift) + pathAt.references]!;
		paths[(id << pathShift) + pathAt.references] = 0;
	}

	for (let id = 1; id <= head.peHighWater; id += 1) {
		claimed.pe[id] = pe[(id * peWords) + peAt.references]!;
		pe[(id * peWords) + peAt.references] = 0;
	}

	return claimed;
};

const countUnknown = (words: Int32Array, highWater: number, stride: number, usedAt: number, unknownAt: number): number => {
	let count = 0;
	for (let id = 1; id <= highWater; id += 1) {
		count += words[(id * stride) + usedAt] === 0 ? 0 : words[(id * stride) + unknownAt]!;
	}

	return count;
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
