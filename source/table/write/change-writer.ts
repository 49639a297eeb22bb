import {entryWords} from '../entry.js';
import {layout} from '../layout.js';
import {type TableArrays, type TableMemory} from '../memory.js';
import {type PePool} from '../pe-pool.js';
import {createRingWriter, type RingWriter} from '../shared-ring.js';
import {type PathTable} from './paths.js';

/*
The writing end of the changes and of the departed sessions. Each record refers to paths and persistence engine data; what a
record refers to cannot be freed until it is overwritten.
*/
export type ChangeWriter = {
	/** Records a change of the entry at word `at` as it is now. */
	change(kind: number, at: number, timeMs: number, wasState: number, wasPath: number): void;
	/** Keeps a copy of the entry at word `at`, which is about to go. */
	depart(kind: number, at: number, timeMs: number): void;
	refused(fault: number, director: number, segment: number, count: number, timeMs: number): void;
	/** Lets readers see all of it: once a message, not once a change. */
	flush(): void;
	/** False when the text was too long to be kept. */
	aside(json: string, timeMs: number): boolean;
};

export const createChangeWriter = (memory: TableMemory, arrays: TableArrays, pathTable: PathTable, pe: PePool, waitForReader: boolean): ChangeWriter => {
	const {changeKind, entryAt, pathAt, pathMask, pathShift} = layout;
	const {entries, paths} = arrays;
	const changes = createRingWriter(memory.changes, {waitForReader});
	const departed = createRingWriter(memory.departed);
	const encoder = new TextEncoder();

	const release = (ring: Int32Array, at: number) => {
		const kind = ring[at + entryAt.path]! >>> 28;
		if (kind === changeKind.none || kind === changeKind.refused || kind === changeKind.aside) {
			return;
		}

		pathTable.release(ring[at + entryAt.path]! & pathMask);
		pathTable.release(ring[at + entryAt.lastPath]! & pathMask);
		const wasPath = ring[at + entryAt.previous]! & pathMask;
		if (wasPath !== 0) {
			pathTable.release(wasPath);
		}

		const peId = ring[at + entryAt.rhythm]! & 0xf_ff_ff;
		if (peId !== 0) {
			pe.release(peId);
		}
	};

	const stamp = (ring: Int32Array, to: number, timeMs: number, wasPath: number) => {
		const second = Math.floor(timeMs / 1000);
		ring[to + entryAt.next] = second;
		ring[to + entryAt.previous] = ((timeMs - (second * 1000)) << 22) | wasPath;
	};

	const copy = (writer: RingWriter, kind: number, at: number, timeMs: number, wasState: number, wasPath: number) => {
		const to = writer.reserve();
		const ring = writer.words;
		release(ring, to);
		for (let word = 0; word < entryWords; word += 1) {
			ring[to + word] = entries[at + word]!;
		}

		const path = entries[at + entryAt.path]! & pathMask;
		const lastPath = entries[at + entryAt.lastPath]! & pathMask;
		ring[to + entryAt.path]! |= kind << 28;
		ring[to + entryAt.lastPath]! |= wasState << 20;
		stamp(ring, to, timeMs, wasPath);
		paths[(path << pathShift) + pathAt.references]! += 1;
		paths[(lastPath << pathShift) + pathAt.references]! += 1;
		if (wasPath !== 0) {
			paths[(wasPath << pathShift) + pathAt.references]! += 1;
		}

		const peId = entries[at + entryAt.rhythm]! & 0xf_ff_ff;
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
		ring[to + entryAt.path] = (kind << 28) | (director << 20);
		stamp(ring, to, timeMs, 0);
		changes.defer();
	};

	return {
		change(kind, at, timeMs, wasState, wasPath) {
			copy(changes, kind, at, timeMs, wasState, wasPath);
		},
		depart(kind, at, timeMs) {
			copy(departed, kind, at, timeMs, 0, 0);
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
			if (position === -1) {
				return false;
			}

			note(changeKind.aside, 0, timeMs, position, octets.length, 0);
			return true;
		},
	};
};
