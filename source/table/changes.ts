import {faultNames, type Fault} from '../wire/fault.js';
import {createRingReader, type RingReaderOptions} from '../ring/shared-ring.js';
import {connectionOf, type Connection} from './connection.js';
import {changeKindOf, changeMs, changeWasPath, changeWasState, entryDirector, entryPath} from './entry.js';
import {numberAt, openTableMemory, type TableMemory} from './memory.js';
import {createPathReader, type PathInfo} from './path-info.js';

/** `held` is no change: it holds paths that a restored table had, until it is overwritten. */
export const changeKind = {none: 0, new: 1, state: 2, moved: 3, expired: 4, ranout: 5, evicted: 6, refused: 7, aside: 8, held: 9} as const;
type ChangeKind = keyof typeof changeKind;
/** The number of a kind is its place in this list. */
export const changeKinds = Object.keys(changeKind) as readonly ChangeKind[];
export type SessionChangeKind = Exclude<ChangeKind, 'none' | 'refused' | 'aside' | 'held'>;

/** Records refused from one director for one reason are one change, at most so often. */
export const refusedEveryMs = 1000;

/** Where a record of kind `refused` or `aside` holds what it says. */
const refusedAt = {fault: 0, count: 1, segment: 2} as const;
export const asideAt = {position: 0, length: 1} as const;

/** A change of one session. Borrowed: `words` are overwritten by the next, and ids in them may mean something else later. */
export type SessionChange = {
	readonly type: SessionChangeKind;
	readonly timeUs: number;
	/** Laid out as an entry, at offset 0: predicates work on it. */
	readonly words: Int32Array;
	readonly pathId: number;
	/** The session as it was after the change; undefined when its path is already gone, which only a reader far behind sees. */
	connection(): Connection | undefined;
	/** For `state`: the earlier state. */
	readonly wasState: number;
	/** For `moved`: the earlier path. */
	wasPath(): PathInfo | undefined;
};

type RefusedChange = {
	readonly type: 'refused';
	readonly timeUs: number;
	readonly fault: Fault;
	readonly director: number;
	readonly segment: number;
	/** Records refused for this reason since the last such change. */
	readonly count: number;
};

/** Something that is not about one session, in its place among the changes; undefined text: overwritten. */
type AsideChange = {readonly type: 'aside'; readonly timeUs: number; readonly json: string | undefined};

export type Change = SessionChange | RefusedChange | AsideChange;

export type ChangeReader = {
	/** Hands changes over, oldest first, at most `limit`. Gives how many. */
	read(each: (change: Change) => void, limit?: number): number;
	/** Changes overwritten before this reader came to them. */
	lost(): number;
	pending(): number;
};

export const createChangeReader = (memory: TableMemory, options: RingReaderOptions = {}): ChangeReader => {
	const arrays = openTableMemory(memory);
	const paths = createPathReader(arrays);
	const ring = createRingReader(memory.changes, options);
	const decoder = new TextDecoder();

	const changeOf = (words: Int32Array): Change => {
		const timeUs = arrays.numbers[numberAt.originUs]! + (changeMs(words, 0) * 1000);
		const type = changeKinds[changeKindOf(words, 0)] ?? 'none';
		if (type === 'aside') {
			const octets = ring.text(words[asideAt.position]!, words[asideAt.length]!);
			return {type, timeUs, json: octets && decoder.decode(octets)};
		}

		if (type === 'refused' || type === 'none' || type === 'held') {
			return {
				type: 'refused',
				timeUs,
				fault: faultNames[words[refusedAt.fault]!] ?? 'none',
				director: entryDirector(words, 0),
				segment: words[refusedAt.segment]!,
				count: words[refusedAt.count]!,
			};
		}

		return {
			type,
			timeUs,
			words,
			pathId: entryPath(words, 0),
			connection: () => connectionOf(arrays, paths, words, 0, 0),
			wasState: changeWasState(words, 0),
			wasPath: () => paths.path(changeWasPath(words, 0)),
		};
	};

	return {
		read: (each, limit) => ring.read(words => {
			each(changeOf(words));
		}, limit),
		lost: ring.lost,
		pending: ring.pending,
	};
};
