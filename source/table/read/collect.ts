import {entryAt, entryCport, entryExpiresMs, entryMark, entryWords, isEntryIpv6, maxUpdates, pathMask} from '../entry.js';
import {type WindowScratch} from './order-window.js';
import {type Predicate} from './predicates.js';
import {type SortKey} from './sort-key.js';

const twoTo16 = 2 ** 16;
const twoTo32 = 2 ** 32;
/** Above any number of milliseconds that an entry can be from expiring; leaves 10 bits of a double. */
const twoTo43 = 2 ** 43;

/**
How keys are made. `byRank`: some bits of the low byte of word 4, then what expires first. `byDanger`: the same after what is in danger.
*/
const keyKind = {byRank: 0, byPathThenExpires: 1, byDirector: 2, age: 3, idle: 4, updates: 5, client: 6, byPath: 7, byDanger: 8} as const;

export type KeyPlan = {
	readonly kind: number;
	/** Bits of the rank for `byRank`, shifted down. */
	readonly shift: number;
	readonly mask: number;
	/** How many numbers, one after the other, make up the key; a later one is looked at only among equals. */
	readonly levels: number;
};

const keyPlan = (kind: number, levels: number, shift = 0, mask = 0): KeyPlan => ({kind, levels, shift, mask});

export const planOf: Readonly<Record<SortKey, KeyPlan>> = {
	open: keyPlan(keyKind.byDanger, 1, 4, 15),
	expires: keyPlan(keyKind.byRank, 1),
	state: keyPlan(keyKind.byRank, 1, 0, 0xff),
	protocol: keyPlan(keyKind.byPathThenExpires, 1),
	director: keyPlan(keyKind.byDirector, 1),
	age: keyPlan(keyKind.age, 1),
	idle: keyPlan(keyKind.idle, 1),
	updates: keyPlan(keyKind.updates, 1),
	client: keyPlan(keyKind.client, 3),
	virtual: keyPlan(keyKind.byPath, 2),
	real: keyPlan(keyKind.byPath, 2),
};

/** The first number of a client's key: family, then as many bits of address (and port) as fit. */
const clientKey = (entries: Int32Array, at: number): number => isEntryIpv6(entries, at)
	? (twoTo32 * twoTo16) + ((entries[at]! >>> 0) * twoTo16) + (entries[at + 1]! >>> 16)
	: ((entries[at]! >>> 0) * twoTo16) + entryCport(entries, at);

/** A later number of a key. Every number is whole and below 2^53, so doubles hold it exactly. */
export const laterKey = (kind: number, level: number, entries: Int32Array, at: number): number => {
	if (kind !== keyKind.client) {
		return entryExpiresMs(entries, at);
	}

	if (!isEntryIpv6(entries, at)) {
		return 0;
	}

	return level === 1
		? ((entries[at + 1]! & 0xff_ff) * twoTo32) + (entries[at + 2]! >>> 0)
		: ((entries[at + 3]! >>> 0) * twoTo16) + entryCport(entries, at);
};

export type Collecting = {
	readonly entries: Int32Array;
	readonly highWater: number;
	readonly nowMs: number;
	readonly plan: KeyPlan;
	readonly predicate: Predicate | undefined;
	/** Places of paths in the order asked for; empty for other keys. */
	readonly rankOfPath: Int32Array;
	readonly directorRank: ArrayLike<number> | undefined;
	readonly danger: Predicate | undefined;
};

type Collected = {matched: number; total: number};
type Loop = (words: Int32Array, highWater: number, nowMs: number, rankOfPath: Int32Array, directorRank: ArrayLike<number> | undefined, danger: Predicate | undefined, slots: Int32Array, keys: Float64Array) => Collected;

/** The first number of a key as text; `left` and `heardMs` are milliseconds. */
const keyText = ({kind, shift, mask}: KeyPlan): string => {
	switch (kind) {
		case keyKind.byRank: {
			return mask === 0 ? 'left' : `left + (words[at + ${entryAt.portState}] >>> ${shift} & ${mask}) * ${twoTo43}`;
		}

		case keyKind.byDanger: {
			// Only what was marked at a takeover can be in danger: the others are not asked.
			const isInDanger = `(danger !== undefined && (words[at + ${entryAt.lastPath}] & ${entryMark.unknown}) !== 0 && danger(words, at))`;
			return `left + (${isInDanger} ? 0 : 1 + (words[at + ${entryAt.portState}] >>> ${shift} & ${mask})) * ${twoTo43}`;
		}

		case keyKind.byPathThenExpires: {
			return `left + (rankOfPath[pathWord & ${pathMask}] ?? 0) * ${twoTo43}`;
		}

		case keyKind.byDirector: {
			return `left + (directorRank === undefined ? pathWord >>> 20 & 255 : directorRank[pathWord >>> 20 & 255] ?? 0) * ${twoTo43}`;
		}

		case keyKind.age: {
			return `-(words[at + ${entryAt.first}] * 1000 + (words[at + ${entryAt.fractions}] >>> 12 & 0x3ff))`;
		}

		case keyKind.idle: {
			return '-heardMs';
		}

		case keyKind.updates: {
			return `words[at + ${entryAt.updates}] & ${maxUpdates}`;
		}

		case keyKind.client: {
			return 'clientKey(words, at)';
		}

		default: {
			return `rankOfPath[pathWord & ${pathMask}] ?? 0`;
		}
	}
};

/*
The loop is made from text, as the filters are, with both the key and the filter written into it, and what matches is kept
without a branch, which would be guessed wrong half of the time. With one loop for all, which calls the filter and then switches
on the kind of key, a query of 1 M sessions takes up to 34 ms instead of 16.
*/
const createLoop = (plan: KeyPlan, predicate: Predicate | undefined): Loop => {
	const source = predicate === undefined ? {text: 'true', given: {}} : predicate.source ?? {text: 'predicate(words, at)', given: {predicate}};
	const given = {...source.given, clientKey};
	const text = `'use strict';
		return (words, highWater, nowMs, rankOfPath, directorRank, danger, slots, keys) => {
			let matched = 0, total = 0, id = 0, answer = 0;
			for (let slot = 1, at = ${entryWords}; slot <= highWater; slot++, at += ${entryWords}) {
				const pathWord = words[at + ${entryAt.path}];
				const heardMs = words[at + ${entryAt.last}] * 1000 + (words[at + ${entryAt.fractions}] >>> 22);
				const left = heardMs + (words[at + ${entryAt.timeout}] >>> 0) * 1000 - nowMs;
				if (pathWord === 0 || left <= 0) continue;
				total++;
				slots[matched] = slot;
				keys[matched] = ${keyText(plan)};
				matched += Number(${source.text});
			}
			return {matched, total};
		};`;
	// eslint-disable-next-line no-new-func -- measured above; nothing stands in the text but numbers and names made in this program
	const make = new Function(...Object.keys(given), text) as (...values: unknown[]) => Loop;
	return make(...Object.values(given));
};

/** By key; those of a filter go with it. */
const plainLoops = new Map<KeyPlan, Loop>();
const loopsOf = new WeakMap<Predicate, Map<KeyPlan, Loop>>();

const loopOf = (plan: KeyPlan, predicate: Predicate | undefined): Loop => {
	let loops = predicate === undefined ? plainLoops : loopsOf.get(predicate);
	if (loops === undefined) {
		loops = new Map();
		loopsOf.set(predicate!, loops);
	}

	const made = loops.get(plan);
	if (made !== undefined) {
		return made;
	}

	const loop = createLoop(plan, predicate);
	loops.set(plan, loop);
	return loop;
};

/** Puts the slots that match into the scratch, in ascending order, with the first number of their key. The scratch has room for one more. */
export const collect = ({entries, highWater, nowMs, plan, predicate, rankOfPath, directorRank, danger}: Collecting, {slots, keys}: WindowScratch): Collected =>
	loopOf(plan, predicate)(entries, highWater, nowMs, rankOfPath, directorRank, danger, slots, keys);
