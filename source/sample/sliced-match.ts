import {entryWords, isEntryUsed} from '../table/entry.js';
import {controlAt, type TableArrays} from '../table/memory.js';
import {type Predicate} from '../table/read/predicates.js';

/** Entries tested between two turns of the loop: some 3 ms for a pattern on the text of addresses. */
const slice = 20_000;

export type SlicedMatch = {
	/** Looks up what the last pass found. Quick. */
	readonly predicate: Predicate;
	/** Whether a first pass over the whole table is done: until then rows are missing. */
	isComplete(): boolean;
	close(): void;
};

/**
A filter that makes text of every entry takes 0.1 s or more for a million, longer than a key may wait. Here it goes over the table
in slices, again and again; the screen looks up the answers.
*/
export const createSlicedMatch = ({entries, control}: TableArrays, test: Predicate, onPass: () => void): SlicedMatch => {
	let answers = new Uint8Array(0);
	let slot = 1;
	let isComplete = false;
	let isClosed = false;

	const work = () => {
		if (isClosed) {
			return;
		}

		const highWater = Atomics.load(control, controlAt.highWater);
		if (answers.length <= highWater) {
			const wider = new Uint8Array(Math.ceil((highWater + 1) * 1.25));
			wider.set(answers);
			answers = wider;
		}

		const end = Math.min(highWater + 1, slot + slice);
		for (; slot < end; slot++) {
			const at = slot * entryWords;
			answers[slot] = isEntryUsed(entries, at) && test(entries, at) ? 1 : 0;
		}

		if (slot <= highWater) {
			setImmediate(work);
			return;
		}

		slot = 1;
		const isFirst = !isComplete;
		isComplete = true;
		if (isFirst) {
			onPass();
		}

		setTimeout(work, 500).unref();
	};

	setImmediate(work);
	return {
		predicate: (words, at) => words === entries ? answers[at / entryWords] === 1 : test(words, at),
		isComplete: () => isComplete,
		close() {
			isClosed = true;
		},
	};
};
