/*
Virtual services, paths and persistence data of a checkpoint, and what refers to them: references are those of the entries that are there.
*/
import {changeKind} from '../../table/changes.js';
import {entryWords, setChange, setEntryPath, startEntryLastPath, startEntryRhythm} from '../../table/entry.js';
import {pathAt, pathShift, pathWords, peAt, peNameOctets, peSlotOctets, peWords, rateWords, serviceAt, serviceShift, serviceWords, type TableArrays, type TableMemory} from '../../table/memory.js';
import {type TableState} from '../../table/write/table-state.js';
import {check, isIn, markFree, sectionOf, type TableParts} from './restore-checks.js';

export const restoreServices = ({services}: TableArrays, memory: TableMemory, {head, sections, segments}: TableParts): void => {
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

export const restorePaths = (arrays: TableArrays, memory: TableMemory, {head, sections}: TableParts): void => {
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
				&& isIn(of(pathAt.lastNewMs), 0, 999), `has path ${id} out of bounds`);
			services[(service << serviceShift) + serviceAt.references]! += 1;
		}
	}

	for (let index = 0; index < (pathHighWater + 1) * 2; index += 1) {
		check(Number.isSafeInteger(pathTotals[index]) && pathTotals[index]! >= 0, 'has a total of a path that is none');
	}

	for (let index = 0; index < (pathHighWater + 1) * rateWords; index += 1) {
		check(rates[index]! >= 0 || index % rateWords === 0, 'has a rate below zero');
	}

	for (let id = 1; id <= head.serviceHighWater; id += 1) {
		const at = id << serviceShift;
		check(services[at + serviceAt.family] === 0 || services[at + serviceAt.references]! > 0, `has service ${id} that nothing leads to`);
	}
};

export const restorePe = ({peWords: words, peOctets}: TableArrays, memory: TableMemory, {head, sections}: TableParts): Uint8Array => {
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

/**
The changes are not in a checkpoint, but what they refer to is kept as long as they are: it is what a list of virtual services shows of
those that have no sessions at the moment. So records that nobody reads hold it, where the ring is overwritten last.
*/
export const holdRest = ({paths, peWords: pe}: TableArrays, memory: TableMemory, {head}: TableParts, claimed: {readonly paths: Int32Array; readonly pe: Int32Array}): void => {
	const words = new Int32Array(memory.changes.words);
	let record = memory.changes.capacity;
	const hold = (path: number, peId: number): void => {
		record -= 1;
		const at = record * entryWords;
		setEntryPath(words, at, 0, path);
		startEntryLastPath(words, at, path);
		startEntryRhythm(words, at, peId);
		setChange(words, at, changeKind.held, 0, 0, 0, 0);
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
export const queueRest = ({paths, peWords: pe}: TableArrays, state: TableState, isFreePe: Uint8Array): void => {
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
export const takeClaims = ({paths, peWords: pe}: TableArrays, {head}: TableParts) => {
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

export const countUnknown = (words: Int32Array, highWater: number, stride: number, usedAt: number, unknownAt: number): number => {
	let count = 0;
	for (let id = 1; id <= highWater; id += 1) {
		count += words[(id * stride) + usedAt] === 0 ? 0 : words[(id * stride) + unknownAt]!;
	}

	return count;
};
