import {entryAt, entryCport, entryExpiresMs, entryMark, entryShift, isEntryIpv6, maxUpdates, pathMask} from '../entry.js';
import {type WindowScratch} from './order-window.js';
import {type Predicate} from './predicates.js';
import {type SortKey} from './sort-key.js';

const twoTo16 = 2 ** 16;
const twoTo32 = 2 ** 32;
/** Above any number of milliseconds since the table's origin at which an entry expires; leaves 10 bits of a double. */
const twoTo43 = 2 ** 43;

/**
How keys are made. `byRank`: some bits of the low byte of word 4, then what expires first. `byDanger`: the same after what is in danger.
*/
const keyKind = {byRank: 0, byPathThenExpires: 1, byDirector: 2, age: 3, idle: 4, updates: 5, client: 6, byPath: 7, byDanger: 8} as const;

type KeyPlan = {
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

/** The first number of a client's key: family, then as many bits of address (and port) as fit. Without a branch, which where families mix would be guessed wrong. */
const clientKey = (entries: Int32Array, at: number): number => {
	const isIpv6 = Number(isEntryIpv6(entries, at));
	const rest = (-isIpv6 & (entries[at + 1]! >>> 16)) | ((isIpv6 - 1) & entryCport(entries, at));
	return (isIpv6 * twoTo32 * twoTo16) + ((entries[at]! >>> 0) * twoTo16) + rest;
};

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

/** What is looked for: entries whose key begins with the numbers of `tie`, and whose next number lies from `least` to `most`. */
export type Bounds = {
	readonly tie: readonly number[];
	readonly least: number;
	readonly most: number;
	/** A good part of all lies between them. */
	readonly isWide: boolean;
};

export const unbounded: Bounds = {tie: [], least: -Infinity, most: Infinity, isWide: true};

/** `within`: how many went into the scratch; `below`: how many of those that match come before the bounds. */
type Collected = {readonly within: number; readonly below: number; readonly matched: number; readonly total: number};

type Loop = (words: Int32Array, from: number, step: number, to: number, nowMs: number, rankOfPath: Int32Array, directorRank: ArrayLike<number> | undefined,
	danger: Predicate | undefined, slots: Int32Array, keys: Float64Array, tie: readonly number[], least: number, most: number) => Collected;

/** How a loop says when an entry was heard last, and when its time is up: milliseconds since the origin, so that a key is the same at every moment. */
type Moments = {readonly heardMs: string; readonly expires: string};

const grantedText = `(words[at + ${entryAt.timeout}] >>> 0) * 1000`;
const heardText = `((words[at + ${entryAt.last}] >>> 0) * 1000 + (words[at + ${entryAt.fractions}] >>> 22))`;
const spelled: Moments = {heardMs: heardText, expires: `(${heardText} + ${grantedText})`};
/** By constants of the loop. */
const named: Moments = {heardMs: 'heardMs', expires: 'expires'};

/** The first number of a key as text. */
const keyText = ({kind, shift, mask}: KeyPlan, {heardMs, expires}: Moments): string => {
	switch (kind) {
		case keyKind.byRank: {
			return mask === 0 ? expires : `${expires} + (words[at + ${entryAt.portState}] >>> ${shift} & ${mask}) * ${twoTo43}`;
		}

		case keyKind.byDanger: {
			// Only what was marked at a takeover can be in danger: the others are not asked.
			const isInDanger = `(danger !== undefined && (words[at + ${entryAt.lastPath}] & ${entryMark.unknown}) !== 0 && danger(words, at))`;
			return `${expires} + (${isInDanger} ? 0 : 1 + (words[at + ${entryAt.portState}] >>> ${shift} & ${mask})) * ${twoTo43}`;
		}

		case keyKind.byPathThenExpires: {
			return `${expires} + (rankOfPath[pathWord & ${pathMask}] ?? 0) * ${twoTo43}`;
		}

		case keyKind.byDirector: {
			return `${expires} + (directorRank === undefined ? pathWord >>> 20 & 255 : directorRank[pathWord >>> 20 & 255] ?? 0) * ${twoTo43}`;
		}

		case keyKind.age: {
			return `-((words[at + ${entryAt.first}] >>> 0) * 1000 + (words[at + ${entryAt.fractions}] >>> 12 & 0x3ff))`;
		}

		case keyKind.idle: {
			return `-${heardMs}`;
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

const numberText = (plan: KeyPlan, level: number, moments: Moments): string => level === 0 ? keyText(plan, moments) : `laterKey(${plan.kind}, ${level}, words, at)`;

/*
The loop is made from text, as the filters are, with both the key and the filter written into it, and what matches is kept
without a branch, which would be guessed wrong half of the time; between narrow bounds with one, which hardly ever is taken, and whole
seconds tell there of nearly all that their time is not up, without a double. With one loop for all, which calls the filter and then switches
on the kind of key, a query of 1 M sessions takes up to 34 ms instead of 16.
*/
const createLoop = (plan: KeyPlan, predicate: Predicate | undefined, isBounded: boolean, isWide: boolean, tied: number): Loop => {
	const source = predicate === undefined ? {text: 'true', given: {}} : predicate.source ?? {text: 'predicate(words, at)', given: {predicate}};
	const given = {...source.given, clientKey, laterKey};
	const keep = (key: string): string => {
		if (!isBounded) {
			return `
				slots[within] = slot;
				keys[within] = ${key};
				within += matches;`;
		}

		return `
				const key = ${key};
				const isNotBelow = Number(key >= least);
				below += matches & (1 - isNotBelow);
				const isWithin = matches & isNotBelow & Number(key <= most);
				${isWide ? '' : 'if (isWithin === 0) continue;'}
				slots[within] = slot;
				keys[within] = key;
				within += isWithin;`;
	};

	const skip = isBounded
		? `if (pathWord === 0 || ((words[at + ${entryAt.last}] - nowSecond + words[at + ${entryAt.timeout}] | 0) < surely && ${spelled.expires} <= nowMs)) continue;`
		: `const heardMs = ${spelled.heardMs};
				const expires = heardMs + ${grantedText};
				if (pathWord === 0 || expires <= nowMs) continue;`;
	const text = `'use strict';
		return (words, from, step, to, nowMs, rankOfPath, directorRank, danger, slots, keys, tie, least, most) => {
			let within = 0, below = 0, matched = 0, total = 0, id = 0, answer = 0;
			const nowSecond = Math.floor(nowMs / 1000);
			// Beyond 34 years the difference of two of these words may not fit.
			const surely = nowSecond < ${2 ** 30} ? 1 : ${2 ** 31};
			for (let slot = from; slot <= to; slot += step) {
				const at = slot << ${entryShift};
				const pathWord = words[at + ${entryAt.path}];
				${skip}
				total++;
				const matches = Number(${source.text});
				${isBounded ? 'matched += matches;' : ''}${Array.from({length: tied}, (_, level) => `
				const number${level} = ${numberText(plan, level, spelled)};
				if (number${level} !== tie[${level}]) {
					below += matches & Number(number${level} < tie[${level}]);
					continue;
				}`).join('')}${keep(numberText(plan, tied, isBounded ? spelled : named))}
			}
			return {within, below, matched: ${isBounded ? 'matched' : 'within'}, total};
		};`;
	// eslint-disable-next-line no-new-func -- measured above; nothing stands in the text but numbers and names made in this program
	const make = new Function(...Object.keys(given), text) as (...values: unknown[]) => Loop;
	return make(...Object.values(given));
};

/** Loops by key; of each the one without bounds, then those with bounds by how many of its numbers are tied, narrow and wide ones. */
type Loops = Map<KeyPlan, Array<Loop | undefined>>;

/** Those of a filter go with it. */
const plainLoops: Loops = new Map();
const loopsOf = new WeakMap<Predicate, Loops>();

const loopOf = (plan: KeyPlan, predicate: Predicate | undefined, isBounded: boolean, isWide: boolean, tied: number): Loop => {
	let loops = predicate === undefined ? plainLoops : loopsOf.get(predicate);
	if (loops === undefined) {
		loops = new Map();
		loopsOf.set(predicate!, loops);
	}

	let made = loops.get(plan);
	if (made === undefined) {
		made = [];
		loops.set(plan, made);
	}

	return made[isBounded ? 1 + (2 * tied) + Number(isWide) : 0] ??= createLoop(plan, predicate, isBounded, isWide, tied);
};

/** Which slots are looked at: from one to another, every so many. */
export type Slots = {readonly from: number; readonly to: number; readonly step: number};

/**
Puts the slots that match and lie within the bounds into the scratch, in ascending order, each with the number of its key that the bounds
are about. The scratch has room for one more. Looks at all slots unless told otherwise.
*/
export const collect = (
	{entries, highWater, nowMs, plan, predicate, rankOfPath, directorRank, danger}: Collecting, {slots, keys}: WindowScratch, {tie, least, most, isWide}: Bounds,
	only?: Slots,
): Collected => loopOf(plan, predicate, tie.length > 0 || least !== -Infinity || most !== Infinity, isWide, tie.length)(entries, only?.from ?? 1, only?.step ?? 1, only?.to ?? highWater, nowMs, rankOfPath, directorRank, danger, slots, keys, tie, least, most);
