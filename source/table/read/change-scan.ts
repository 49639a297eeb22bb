import {changeKinds, type SessionChangeKind} from '../changes.js';
import {connectionOf, type Connection} from '../connection.js';
import {changeKindOf, changeMs, changeWasPath, changeWasState, entryCport, entryFirstSecond, entryPath, entryWords} from '../entry.js';
import {numberAt, openTableMemory, pathAt, pathWords, type TableMemory} from '../memory.js';
import {createPathReader, type PathInfo} from '../path-info.js';
import {type Predicate} from './predicates.js';

/** A change of a session as it is shown: everything copied. */
export type PastChange = {
	readonly type: SessionChangeKind;
	readonly timeUs: number;
	/** As it was after the change. */
	readonly connection: Connection;
	/** For `state`: the earlier state. */
	readonly wasState: number;
	/** For `moved`: the earlier way. */
	readonly wasPath: PathInfo | undefined;
};

type ScanOptions = {
	/** At most so many changes are given. */
	readonly limit: number;
	/** At most so many are looked at, newest first. */
	readonly most: number;
	/** None that came later than this, microseconds since the Unix epoch. */
	readonly untilUs?: number;
};

export type ChangeScan = {
	/** Newest first. `complete`: everything that is kept was looked at. */
	find(test: Predicate | undefined, options: ScanOptions): {readonly changes: readonly PastChange[]; readonly complete: boolean};
	/** A test for the changes of one session: same client, port, virtual service and protocol, and begun at the same time. */
	ofSession(connection: Connection): Predicate;
};

/** Reads the ring of changes backwards, which no reader of its own has to keep up with. */
export const createChangeScan = (memory: TableMemory): ChangeScan => {
	const arrays = openTableMemory(memory);
	const paths = createPathReader(arrays);
	const words = new Int32Array(memory.changes.words);
	const control = new Int32Array(memory.changes.control);
	const {capacity} = memory.changes;

	return {
		find(test, {limit, most, untilUs = Infinity}) {
			const originUs = arrays.numbers[numberAt.originUs]!;
			const written = Atomics.load(control, 0);
			// The oldest sixteenth may be overwritten while it is read.
			const kept = capacity - (capacity >> 4);
			const reach = Math.min(most, kept);
			const changes: PastChange[] = [];
			for (let back = 1; back <= reach && changes.length < limit; back += 1) {
				const at = ((written - back) & (capacity - 1)) * entryWords;
				const kind = changeKindOf(words, at);
				if (kind === 0) {
					return {changes, complete: true};
				}

				const type = changeKinds[kind];
				if (type === 'refused' || type === 'aside' || type === 'held' || type === 'none' || type === undefined) {
					continue;
				}

				const timeUs = originUs + (changeMs(words, at) * 1000);
				if (timeUs > untilUs || (test !== undefined && !test(words, at))) {
					continue;
				}

				const connection = connectionOf(arrays, paths, words, at, 0);
				if (connection) {
					changes.push({type, timeUs, connection, wasState: changeWasState(words, at), wasPath: paths.path(changeWasPath(words, at))});
				}
			}

			return {changes, complete: changes.length < limit && most >= kept};
		},
		ofSession({caddr, cport, path, firstUs}) {
			const [c0, c1, c2, c3] = caddr;
			const service = path.service.id;
			const firstMs = Math.round((firstUs - arrays.numbers[numberAt.originUs]!) / 1000);
			const firstSecond = Math.floor(firstMs / 1000);
			return (change, at) => change[at] === c0 && entryCport(change, at) === cport
				&& change[at + 1] === c1 && change[at + 2] === c2 && change[at + 3] === c3
				&& entryFirstSecond(change, at) === firstSecond
				&& arrays.paths[(entryPath(change, at) * pathWords) + pathAt.service] === service;
		},
	};
};
