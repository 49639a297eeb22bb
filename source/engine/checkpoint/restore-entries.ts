/* Sessions of a checkpoint in their slots, on their paths and in the wheel, and those that departed. */
import {changeKinds} from '../../table/changes.js';
import {
	changeKindOf, changeWasPath, entryCode, entryDirector, entryExpiresMs, entryFirstMs, entryFirstSecond, entryFlag, entryFlags, entryLastMs, entryLastPath, entryLastSecond, entryNext, entryPath, entryPe, entryPrevious, entryRank, entryShift, entryState, entryUpdates, entryWords, isEntryIpv6, isEntryTemplate, isEntryUsed, rankOf, setEntryNext, stateShift,
} from '../../table/entry.js';
import {controlAt, numberAt, pathAt, pathShift, peAt, peWords, serviceAt, serviceShift, type TableArrays, type TableMemory} from '../../table/memory.js';
import {bucketLink, tickMs, wheelHeads} from '../../table/write/wheel.js';
import {check, isIn, refuse, sectionOf, type TableParts} from './restore-checks.js';

/** Takes the places that the free list names, and puts the entries in between. */
export const placeEntries = ({entries}: TableArrays, memory: TableMemory, {head, sections}: TableParts): void => {
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
		setEntryNext(entries, slot << entryShift, free[index + 1] ?? 0);
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
export const restoreEntries = (arrays: TableArrays, {head}: TableParts, isFreePe: Uint8Array, directorKnown: Uint8Array): {withoutPort: number; unknown: number} => {
	const {control, numbers, entries, services, paths, counts, peWords: pe} = arrays;
	const {pathHighWater, peHighWater} = head;
	const nowMs = Math.floor((numbers[numberAt.nowUs]! - numbers[numberAt.originUs]!) / 1000);
	let used = 0;
	let withoutPort = 0;
	let unknown = 0;
	for (let slot = 1; slot <= head.slots.highWater; slot += 1) {
		const at = slot << entryShift;
		if (!isEntryUsed(entries, at)) {
			continue;
		}

		used += 1;
		const path = entryPath(entries, at);
		const lastPath = entryLastPath(entries, at);
		if (!isPath(paths, path, pathHighWater) || !isPath(paths, lastPath, pathHighWater)) {
			refuse(`has the session in slot ${slot} on no path`);
		}

		const service = paths[path << pathShift]! << serviceShift;
		const isIpv6 = services[service + serviceAt.family] === 6;
		const isTemplate = isEntryTemplate(entries, at);
		const peId = entryPe(entries, at);
		if (isEntryIpv6(entries, at) !== isIpv6
			|| (!isIpv6 && (entries[at + 1]! | entries[at + 2]! | entries[at + 3]!) !== 0)
			|| entryRank(entries, at) !== rankOf(services[service + serviceAt.protocol]!, entryState(entries, at), isTemplate)
			|| entryLastMs(entries, at) - (entryLastSecond(entries, at) * 1000) > 999 || entryFirstMs(entries, at) - (entryFirstSecond(entries, at) * 1000) > 999
			|| entryFirstMs(entries, at) > entryLastMs(entries, at) || entryLastMs(entries, at) > nowMs
			|| entryUpdates(entries, at) === 0
			|| (peId !== 0 && (peId > peHighWater || isFreePe[peId] === 1))) {
			refuse(`has the session in slot ${slot} out of bounds`);
		}

		const director = entryDirector(entries, at);
		const code = entryCode(entries, at);
		counts[(path << stateShift) + code]! += 1;
		counts[code]! += 1;
		paths[(path << pathShift) + pathAt.references]! += 1;
		paths[(lastPath << pathShift) + pathAt.references]! += 1;
		control[isTemplate ? controlAt.templates : controlAt.connections]! += 1;
		control[controlAt.directorEntries + director]! += 1;
		unknown += directorKnown[director] === 0 ? 1 : 0;
		withoutPort += (entryFlags(entries, at) & entryFlag.noCport) === 0 ? 0 : 1;
		if (peId !== 0) {
			pe[(peId * peWords) + peAt.references]! += 1;
		}
	}

	check(used === head.slots.used, 'has fewer sessions than it says');
	control[controlAt.unknownEntries] = unknown;
	return {withoutPort, unknown};
};

/** Keeps the reading ahead from being optimised away. */
const readAhead = new Int32Array(1);

/**
Follows all lists of the wheel at once, and reads their next entries ahead: none then waits for another's to come from memory. Each entry names the one before
it, so that none can be met twice; and as many must be met as there are.
*/
export const checkWheel = ({entries, numbers}: TableArrays, {head, sections}: TableParts, heads: Int32Array): void => {
	const octets = sectionOf(sections, 'heads', wheelHeads * 4);
	new Uint8Array(heads.buffer).set(octets);
	const sweeping = wheelHeads - 1;
	const {highWater, used} = head.slots;
	const nowTick = Math.floor((numbers[numberAt.nowUs]! - numbers[numberAt.originUs]!) / 1000 / tickMs);
	check(heads[sweeping] === 0 && head.nextTick <= nowTick + 1, 'has a wheel that is being turned');
	const cursors = heads.slice();
	const before = Int32Array.from(heads, (_, bucket) => bucketLink(bucket));
	const lists = new Int32Array(wheelHeads).map((_, bucket) => bucket).filter(bucket => cursors[bucket] !== 0);
	let count = lists.length;
	let met = 0;
	while (count > 0) {
		let sum = 0;
		for (let index = 0; index < count; index += 1) {
			sum += entryFlags(entries, cursors[lists[index]!]! << entryShift);
		}

		readAhead[0] = sum;
		let left = 0;
		for (let index = 0; index < count; index += 1) {
			const bucket = lists[index]!;
			const slot = cursors[bucket]!;
			const at = slot << entryShift;
			if (!isIn(slot, 1, highWater) || !isEntryUsed(entries, at) || entryPrevious(entries, at) !== before[bucket]) {
				refuse('has a list of expiries that leads nowhere');
			}

			// The bucket's next turn is not after the entry's time is up.
			const turn = head.nextTick + ((bucket - head.nextTick) & (sweeping - 1));
			if (turn > Math.max(head.nextTick, Math.floor(entryExpiresMs(entries, at) / tickMs))) {
				refuse(`has the session in slot ${slot} leaving too late`);
			}

			met += 1;
			before[bucket] = slot;
			cursors[bucket] = entryNext(entries, at);
			if (cursors[bucket] !== 0) {
				lists[left] = bucket;
				left += 1;
			}
		}

		count = left;
	}

	check(met === used, 'has sessions that would never expire');
};

const departedKinds: ReadonlySet<number> = new Set(['expired', 'ranout', 'evicted'].map(name => changeKinds.indexOf(name as 'expired')));

export const restoreDeparted = (arrays: TableArrays, memory: TableMemory, {head, sections}: TableParts, isFreePe: Uint8Array): void => {
	const {paths, peWords: pe} = arrays;
	const {departed} = memory;
	const all = sectionOf(sections, 'departed', head.departed * entryWords * 4);
	const count = Math.min(head.departed, departed.capacity);
	new Uint8Array(departed.words).set(all.subarray(all.length - (count * entryWords * 4)));
	const words = new Int32Array(departed.words);
	for (let index = 0; index < count; index += 1) {
		const at = index * entryWords;
		const path = entryPath(words, at);
		const lastPath = entryLastPath(words, at);
		const peId = entryPe(words, at);
		check(departedKinds.has(changeKindOf(words, at)) && isPath(paths, path, head.pathHighWater) && isPath(paths, lastPath, head.pathHighWater)
			&& changeWasPath(words, at) === 0 && (peId === 0 || (peId <= head.peHighWater && isFreePe[peId] === 0)), 'has a departed session on no path');
		paths[(path << pathShift) + pathAt.references]! += 1;
		paths[(lastPath << pathShift) + pathAt.references]! += 1;
		if (peId !== 0) {
			pe[(peId * peWords) + peAt.references]! += 1;
		}
	}

	Atomics.store(new Int32Array(departed.control), 0, count);
};
