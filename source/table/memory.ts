import {faultNames} from '../wire/fault.js';
import {createRingMemory, type RingMemory} from '../ring/shared-ring.js';
import {entryWords, stateCodes} from './entry.js';

export type TableSizes = {
	/** Connections and templates together; evicted beyond. */
	readonly maxSessions: number;
	/** Changes kept for readers. */
	readonly changeCapacity: number;
	/** Departed sessions kept. */
	readonly departedCapacity: number;
	/** Distinct ways (virtual service, real server, forwarding, mark, sync id). At most 2^20 - 1. */
	readonly maxPaths: number;
	readonly maxServices: number;
	/** Distinct data of persistence engines. At most 2^20 - 1. */
	readonly maxPe: number;
};

/**
All the table holds, as shared memory: one thread writes, others read. It can be posted to a worker. Reserved whole, but
nothing of it is resident until it is used.
*/
export type TableMemory = {
	readonly sizes: TableSizes;
	readonly control: SharedArrayBuffer;
	readonly numbers: SharedArrayBuffer;
	readonly entries: SharedArrayBuffer;
	readonly services: SharedArrayBuffer;
	readonly paths: SharedArrayBuffer;
	readonly counts: SharedArrayBuffer;
	readonly pathTotals: SharedArrayBuffer;
	readonly rates: SharedArrayBuffer;
	readonly peWords: SharedArrayBuffer;
	readonly peOctets: SharedArrayBuffer;
	readonly changes: RingMemory;
	readonly departed: RingMemory;
};

/** What to say where the system does not give that much memory (a `RangeError`), for the table itself or for its index. */
export const tableMemoryProblem = (maxSessions: number): string =>
	`There is no memory for a table of ${maxSessions} sessions. Give a smaller number to --max-sessions, or raise the limit of this process (ulimit -v).`;

/** Words of `control`, read and written by Atomics. */
export const controlAt = {
	/** Slots 1 to this one have been used at some time. */
	highWater: 0,
	/** Connections held, without templates. */
	connections: 1,
	templates: 2,
	pathHighWater: 3,
	serviceHighWater: 4,
	pathsUsed: 5,
	servicesUsed: 6,
	peUsed: 7,
	/** Grows whenever a path is made or freed. */
	pathChanges: 8,
	/** Entries whose last announcement came from an unknown sender. */
	unknownEntries: 9,
	/** Entries by director, 256 words. */
	directorEntries: 16,
} as const;

/** Doubles of `numbers`: the clock in microseconds since the Unix epoch, then totals since the start. */
export const numberAt = {
	nowUs: 0,
	originUs: 1,
	created: 2,
	expired: 3,
	ranout: 4,
	evicted: 5,
	moved: 6,
	stateChanges: 7,
	/** Announcements that made or updated an entry. */
	applied: 8,
	records: 9,
	/** Announcements by another director than the last one, less than ten seconds after it. */
	contested: 10,
	/** Of the evicted ones, those that unknown senders had announced last. */
	evictedUnknown: 11,
	/** Refused records by code of the fault. */
	refused: 16,
} as const;

const refusedFaults = 256;
if (faultNames.length > refusedFaults) {
	throw new RangeError('More faults than the table counts');
}

export const directorLimit = 256;

/** A path in shared memory. */
export const pathWords = 16;
export const pathShift = 4;
export const pathAt = {
	/** 0: free. */
	service: 0,
	daddr: 1,
	dport: 5,
	forward: 6,
	fwmark: 7,
	/** Sync id, and 8 bits up the version of the message. */
	origin: 8,
	/** Grows whenever the id is given to another path. */
	generation: 9,
	references: 10,
	/** Milliseconds since the origin of the last session created, in two words: seconds, unsigned, and rest; -1, which is no second (`longestSeconds`), when never. */
	lastNewSecond: 11,
	lastNewMs: 12,
	hash: 13,
	/** Made by an unknown sender; counts against its quota. */
	unknown: 14,
	/** Stands in the list of those that may be free. */
	queued: 15,
} as const;

/** A virtual service in shared memory. */
export const serviceWords = 16;
export const serviceShift = 4;
export const serviceAt = {
	/** 4 or 6; 0: free. */
	family: 0,
	protocol: 1,
	vaddr: 2,
	vport: 6,
	segment: 7,
	/** Of fwmark templates only, else -1. */
	syncid: 8,
	generation: 9,
	references: 10,
	hash: 11,
	unknown: 12,
	/** Of the sessions that were open at the last takeover, those that left since: after a move, closing, or still open. */
	heldMoved: 13,
	heldClosed: 14,
	heldRanout: 15,
} as const;

/** Persistence engine data: NAME and DATA octets each in a slot of 16 + 256 octets. */
export const peWords = 8;
export const peAt = {references: 0, nameLength: 1, dataLength: 2, hash: 3, generation: 4, unknown: 5, queued: 6} as const;
export const peNameOctets = 16;
export const peSlotOctets = peNameOctets + 256;

/** Two rings of counts by path, new and ended: 16 of a second, 64 of five seconds; before them the second of the last count. */
export const rateWords = 1 + ((16 + 64) * 2);

const textOctets = 2 ** 22;

/**
A large block from malloc begins 16 octets after a page, which would spread each entry over two cache lines: a second
cache miss in every update, a fifth to a half of its time. Elsewhere the offset does no harm.
*/
const lineOffset = 48;

/** Changes kept where nobody reads them: the ring then stays in the cache and takes 1 MB, not 64. */
export const unreadChanges = 16_384;

export const createTableMemory = (given: Partial<TableSizes> = {}): TableMemory => {
	const sizes: TableSizes = {
		maxSessions: 2_000_000,
		changeCapacity: 1_048_576,
		departedCapacity: 65_536,
		// More than any site has, and no more than the screen can add up in a moment: whoever forges the address of a director can fill them.
		maxPaths: 2 ** 17 - 1,
		maxServices: 2 ** 14 - 1,
		maxPe: 2 ** 17 - 1,
		...given,
	};
	const reserve = (octets: number) => new SharedArrayBuffer(octets);
	// Number 0 of everything stands for "none"; path 0 also keeps the rates of all paths together.
	return {
		sizes,
		control: reserve((controlAt.directorEntries + directorLimit) * 4),
		numbers: reserve((numberAt.refused + refusedFaults) * 8),
		entries: reserve(lineOffset + ((sizes.maxSessions + 1) * entryWords * 4)),
		services: reserve((sizes.maxServices + 1) * serviceWords * 4),
		paths: reserve((sizes.maxPaths + 1) * pathWords * 4),
		counts: reserve((sizes.maxPaths + 1) * stateCodes * 4),
		pathTotals: reserve((sizes.maxPaths + 1) * 2 * 8),
		rates: reserve((sizes.maxPaths + 1) * rateWords * 4),
		peWords: reserve((sizes.maxPe + 1) * peWords * 4),
		peOctets: reserve((sizes.maxPe + 1) * peSlotOctets),
		changes: createRingMemory(sizes.changeCapacity, entryWords, textOctets),
		departed: createRingMemory(sizes.departedCapacity, entryWords, 4),
	};
};

/** The same memory as typed arrays. */
export type TableArrays = {
	readonly control: Int32Array;
	readonly numbers: Float64Array;
	readonly entries: Int32Array;
	readonly services: Int32Array;
	readonly paths: Int32Array;
	/** By path: entries in each of 16 state codes. */
	readonly counts: Int32Array;
	/** By path: sessions created, sessions ended. */
	readonly pathTotals: Float64Array;
	readonly rates: Int32Array;
	readonly peWords: Int32Array;
	readonly peOctets: Uint8Array;
};

export const openTableMemory = (memory: TableMemory): TableArrays => ({
	control: new Int32Array(memory.control),
	numbers: new Float64Array(memory.numbers),
	entries: new Int32Array(memory.entries, lineOffset),
	services: new Int32Array(memory.services),
	paths: new Int32Array(memory.paths),
	counts: new Int32Array(memory.counts),
	pathTotals: new Float64Array(memory.pathTotals),
	rates: new Int32Array(memory.rates),
	peWords: new Int32Array(memory.peWords),
	peOctets: new Uint8Array(memory.peOctets),
});
