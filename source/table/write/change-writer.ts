import {changeKind} from '../changes.js';
import {changeKindOf, changeWasPath, entryLastPath, entryPath, entryPe, entryWords, setChange, setEntryPath} from '../entry.js';
import {pathAt, pathShift, type TableArrays, type TableMemory} from '../memory.js';
import {type PePool} from '../pe-pool.js';
import {createRingWriter, type RingWriter} from '../../ring/shared-ring.js';
import {setMoment, type Moment} from './table-message.js';
import {type PathTable} from './paths.js';

/*
The writing end of the changes and of the departed sessions. Each record refers to paths and persistence engine data; what a
record refers to cannot be freed until it is overwritten.
*/
export type ChangeWriter = {
	/** Records a change of the entry at word `at` as it is now. */
	change(kind: number, at: number, moment: Moment, wasState: number, wasPath: number): void;
	/** Keeps a copy of the entry at word `at`, which is about to go. */
	depart(kind: number, at: number, moment: Moment): void;
	refused(fault: number, director: number, segment: number, count: number, timeMs: number): void;
	/** Lets readers see all of it: once a message, not once a change. */
	flush(): void;
	/** False when the text was too long to be kept. */
	aside(json: string, timeMs: number): boolean;
};

export const createChangeWriter = (memory: TableMemory, arrays: TableArrays, pathTable: PathTable, pe: PePool, waitForReader: boolean): ChangeWriter => {
	const {entries, paths} = arrays;
	const changes = createRingWriter(memory.changes, {waitForReader});
	const departed = createRingWriter(memory.departed);
	const encoder = new TextEncoder();
	/** When a note was made. */
	const noted: Moment = {nowMs: 0, second: 0, ms: 0};

	const release = (ring: Int32Array, at: number) => {
		const kind = changeKindOf(ring, at);
		if (kind === changeKind.none || kind === changeKind.refused || kind === changeKind.aside) {
			return;
		}

		pathTable.release(entryPath(ring, at));
		pathTable.release(entryLastPath(ring, at));
		const wasPath = changeWasPath(ring, at);
		if (wasPath !== 0) {
			pathTable.release(wasPath);
		}

		const peId = entryPe(ring, at);
		if (peId !== 0) {
			pe.release(peId);
		}
	};

	const copy = (writer: RingWriter, kind: number, at: number, {second, ms}: Moment, wasState: number, wasPath: number) => {
		const to = writer.reserve();
		const ring = writer.words;
		release(ring, to);
		for (let word = 0; word < entryWords; word += 1) {
			ring[to + word] = entries[at + word]!;
		}

		const path = entryPath(entries, at);
		const lastPath = entryLastPath(entries, at);
		setChange(ring, to, kind, second, ms, wasState, wasPath);
		paths[(path << pathShift) + pathAt.references]! += 1;
		paths[(lastPath << pathShift) + pathAt.references]! += 1;
		if (wasPath !== 0) {
			paths[(wasPath << pathShift) + pathAt.references]! += 1;
		}

		const peId = entryPe(entries, at);
		if (peId !== 0) {
			pe.refer(peId);
		}

		writer.defer();
	};

	/** A record that is not about a session. */
	const note = (kind: number, director: number, timeMs: number, first: number, second: number, third: number) => {
		const to = changes.reserve();
		const ring = changes.words;
		release(ring, to);
		ring.fill(0, to, to + entryWords);
		ring[to] = first;
		ring[to + 1] = second;
		ring[to + 2] = third;
		setEntryPath(ring, to, director, 0);
		setMoment(noted, timeMs);
		setChange(ring, to, kind, noted.second, noted.ms, 0, 0);
		changes.defer();
	};

	return {
		change(kind, at, moment, wasState, wasPath) {
			copy(changes, kind, at, moment, wasState, wasPath);
		},
		depart(kind, at, moment) {
			copy(departed, kind, at, moment, 0, 0);
		},
		refused(fault, director, segment, count, timeMs) {
			note(changeKind.refused, director, timeMs, fault, count, segment);
		},
		flush() {
			changes.flush();
			departed.flush();
		},
		aside(json, timeMs) {
			const octets = encoder.encode(json);
			const position = changes.putText(octets);
			if (position === undefined) {
				return false;
			}

			note(changeKind.aside, 0, timeMs, position, octets.length, 0);
			return true;
		},
	};
};
