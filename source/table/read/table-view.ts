import {faultNames, type Fault} from '../../wire/fault.js';
import {connectionOf, type Connection} from '../connection.js';
import {changeKinds, type SessionChangeKind} from '../changes.js';
import {changeKindOf, changeMs, entryAt, entryExpiresMs, entryPath, entryWords, isEntryUsed, stateCodes} from '../entry.js';
import {controlAt, directorLimit, numberAt, openTableMemory, type TableArrays, type TableMemory} from '../memory.js';
import {createPathReader, type PathReader} from '../path-info.js';
import {readRates, readTrend, type Rates} from '../rates.js';
import {createPathRanks} from './path-ranks.js';
import {createRanker} from './rank.js';
import {createSelector, type Query, type Selection} from './select.js';
import {readServices, type ServiceView} from './services.js';

/** Figures over the whole table. `connections` and `templates` may count entries up to 256 ms over their time. */
export type TableTotals = {
	readonly connections: number;
	readonly templates: number;
	/** Entries by state code, all protocols together. */
	readonly counts: Int32Array;
	readonly created: number;
	readonly expired: number;
	readonly ranout: number;
	readonly evicted: number;
	/** Of these, announced last by unknown senders. */
	readonly evictedUnknown: number;
	readonly moved: number;
	readonly stateChanges: number;
	/** Records heard, and those that made or updated an entry. */
	readonly records: number;
	readonly applied: number;
	readonly refused: ReadonlyMap<Fault, number>;
	/** Entries by the director that announced them last. */
	readonly directorEntries: Int32Array;
	readonly unknownEntries: number;
	readonly paths: number;
	readonly services: number;
	/** Departed sessions so far, kept or not. */
	readonly departed: number;
	readonly newRates: Rates;
	readonly endRates: Rates;
};

/** A session that left, newest first in lists. */
export type Departed = {
	readonly type: SessionChangeKind;
	/** When its time was up, or when it was evicted. */
	readonly timeUs: number;
	readonly connection: Connection;
};

export type TableView = {
	/** The typed arrays, for predicates. */
	readonly arrays: TableArrays;
	readonly paths: PathReader;
	/** The table's clock, microseconds since the Unix epoch; 0 before the first message. */
	now(): number;
	totals(): TableTotals;
	/** `nowUs`: hides what is due by then; the table's clock by default. */
	select(query: Query, nowUs?: number): Selection;
	/** Where the session in a slot stands among the rows of a query, from 0; -1: it is not among them. */
	rank(query: Query, slot: number, nowUs?: number): number;
	/** The session in a slot; undefined when it left or its time is up, or when it was being written. */
	row(slot: number, nowUs?: number): Connection | undefined;
	services(nowUs?: number): ServiceView[];
	/** New (0) or ended (1) sessions per five seconds over some paths (all of the table: [0]), oldest first, at most 64. */
	trend(paths: Iterable<number>, kind: 0 | 1, length: number): number[];
	/** Departed sessions, newest first, that the predicate lets through (it sees copies of entries). */
	departed(limit: number, predicate?: (words: Int32Array, at: number) => boolean): Departed[];
	/** Calls for every entry whose time is not up. `words[at]` is its first word; make no changes. */
	each(visit: (words: Int32Array, at: number, slot: number) => void, nowUs?: number): void;
};

export const createTableView = (memory: TableMemory): TableView => {
	const arrays = openTableMemory(memory);
	const {control, numbers, entries, counts, rates} = arrays;
	const reader = createPathReader(arrays);
	const ranksOf = createPathRanks(arrays, reader);
	const select = createSelector(arrays, ranksOf);
	const rank = createRanker(arrays, ranksOf);
	const departedWords = new Int32Array(memory.departed.words);
	const departedControl = new Int32Array(memory.departed.control);
	const copy = new Int32Array(entryWords);

	const now = (): number => numbers[numberAt.nowUs]!;
	const sinceOriginMs = (nowUs: number): number => Math.floor((nowUs - numbers[numberAt.originUs]!) / 1000);

	return {
		arrays,
		paths: reader,
		now,
		totals() {
			const nowMs = sinceOriginMs(now());
			const refused = new Map<Fault, number>();
			for (const [code, name] of faultNames.entries()) {
				const count = numbers[numberAt.refused + code]!;
				if (count > 0) {
					refused.set(name, count);
				}
			}

			return {
				connections: Atomics.load(control, controlAt.connections),
				templates: Atomics.load(control, controlAt.templates),
				counts: counts.slice(0, stateCodes),
				created: numbers[numberAt.created]!,
				expired: numbers[numberAt.expired]!,
				ranout: numbers[numberAt.ranout]!,
				evicted: numbers[numberAt.evicted]!,
				evictedUnknown: numbers[numberAt.evictedUnknown]!,
				moved: numbers[numberAt.moved]!,
				stateChanges: numbers[numberAt.stateChanges]!,
				records: numbers[numberAt.records]!,
				applied: numbers[numberAt.applied]!,
				refused,
				directorEntries: control.slice(controlAt.directorEntries, controlAt.directorEntries + directorLimit),
				unknownEntries: control[controlAt.unknownEntries]!,
				paths: Atomics.load(control, controlAt.pathsUsed),
				services: Atomics.load(control, controlAt.servicesUsed),
				departed: numbers[numberAt.expired]! + numbers[numberAt.ranout]! + numbers[numberAt.evicted]!,
				newRates: readRates(rates, [0], 0, nowMs),
				endRates: readRates(rates, [0], 1, nowMs),
			};
		},
		select: (query, nowUs = now()) => select(query, nowUs),
		rank: (query, slot, nowUs = now()) => rank(query, slot, nowUs),
		row(slot, nowUs = now()) {
			const at = slot * entryWords;
			if (slot < 1 || slot > Atomics.load(control, controlAt.highWater)) {
				return undefined;
			}

			copy.set(entries.subarray(at, at + entryWords));
			if (entryPath(copy, 0) === 0 || entryExpiresMs(copy, 0) <= sinceOriginMs(nowUs)) {
				return undefined;
			}

			const connection = connectionOf(arrays, reader, copy, 0, slot);
			for (let word = 0; word < entryAt.next; word += 1) {
				if (Atomics.load(entries, at + word) !== copy[word]) {
					return undefined;
				}
			}

			return connection;
		},
		services: (nowUs = now()) => readServices(arrays, reader, sinceOriginMs(nowUs)),
		trend: (paths, kind, length) => readTrend(rates, paths, kind, sinceOriginMs(now()), length),
		departed(limit, predicate) {
			const list: Departed[] = [];
			const {capacity} = memory.departed;
			const written = Atomics.load(departedControl, 0);
			for (let back = 1; back <= capacity && list.length < limit; back += 1) {
				const at = ((written - back) & (capacity - 1)) * entryWords;
				const type = changeKinds[changeKindOf(departedWords, at)];
				if (type !== 'expired' && type !== 'ranout' && type !== 'evicted') {
					break;
				}

				if (predicate === undefined || predicate(departedWords, at)) {
					const connection = connectionOf(arrays, reader, departedWords, at, 0);
					if (connection) {
						list.push({type, timeUs: numbers[numberAt.originUs]! + (changeMs(departedWords, at) * 1000), connection});
					}
				}
			}

			return list;
		},
		each(visit, nowUs = now()) {
			const nowMs = sinceOriginMs(nowUs);
			const highWater = Atomics.load(control, controlAt.highWater);
			for (let slot = 1; slot <= highWater; slot += 1) {
				const at = slot * entryWords;
				if (isEntryUsed(entries, at) && entryExpiresMs(entries, at) > nowMs) {
					visit(entries, at, slot);
				}
			}
		},
	};
};
