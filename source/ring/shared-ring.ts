/*
A ring of fixed-size records in shared memory, written by one thread and read by any number of others. A record's number
is a wrapping 32-bit sequence; a reader that was overtaken counts what it lost. One reader may hold the writer back instead:
then nothing is lost, and the writer waits until that reader has consumed.
*/
export type RingMemory = {
	readonly capacity: number;
	readonly recordWords: number;
	readonly words: SharedArrayBuffer;
	readonly control: SharedArrayBuffer;
	/** Octets that records refer to by position. */
	readonly text: SharedArrayBuffer;
};

const controlAt = {written: 0, consumed: 1, textConsumed: 2, stop: 3, textWritten: 4} as const;

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(Math.max(2, least)));

/** Capacities are rounded up to a power of two. Nothing is resident until it is written. */
export const createRingMemory = (capacity: number, recordWords: number, textOctets: number): RingMemory => ({
	capacity: powerOfTwo(capacity),
	recordWords,
	words: new SharedArrayBuffer(powerOfTwo(capacity) * recordWords * 4),
	control: new SharedArrayBuffer(32),
	text: new SharedArrayBuffer(powerOfTwo(textOctets)),
});

export type RingWriter = {
	readonly words: Int32Array;
	/** Where the next record goes in `words`; its old content is still there. In lossless mode this may block. */
	reserve(): number;
	/** Makes the reserved record visible. */
	publish(): void;
	/** The same, but soon: with `flush`, a `publish` or the end of a lot of records. Half the time of an Atomics.store for each. */
	defer(): void;
	/** Makes visible what was deferred. */
	flush(): void;
	/** Copies octets into the text ring. Gives their position, wrapping, or nothing when they are too many ever to fit. May block like `reserve`. */
	putText(octets: Uint8Array): number | undefined;
	/** Records written so far, wrapping. */
	written(): number;
};

const waitMs = 50;

/** The most records that a writer may have written and not made visible; a reader keeps that far from what it may overwrite. */
const lotOf = (capacity: number): number => Math.min(64, capacity >> 5);

/** `waitForReader`: block rather than overwrite what the holding reader has not consumed; `stopRing` ends the waiting. */
export const createRingWriter = (memory: RingMemory, {waitForReader = false} = {}): RingWriter => {
	const words = new Int32Array(memory.words);
	const control = new Int32Array(memory.control);
	const text = new Uint8Array(memory.text);
	const {capacity, recordWords} = memory;
	const lot = lotOf(capacity);
	let sequence = Atomics.load(control, controlAt.written);
	let visible = sequence;
	let textPosition = Atomics.load(control, controlAt.textWritten);

	const publish = () => {
		visible = sequence;
		Atomics.store(control, controlAt.written, sequence);
	};

	/** Waits until the holding reader's counter at `which` leaves room up to `position`. */
	const wait = (which: number, position: number, room: number) => {
		for (;;) {
			const consumed = Atomics.load(control, which);
			if (((position - consumed) | 0) <= room || Atomics.load(control, controlAt.stop) !== 0) {
				return;
			}

			// Its reader cannot consume what it does not see.
			publish();
			Atomics.wait(control, which, consumed, waitMs);
		}
	};

	return {
		words,
		reserve() {
			if (waitForReader) {
				wait(controlAt.consumed, sequence + 1, capacity);
			}

			return (sequence & (capacity - 1)) * recordWords;
		},
		publish() {
			sequence = (sequence + 1) | 0;
			publish();
		},
		defer() {
			sequence = (sequence + 1) | 0;
			if (((sequence - visible) | 0) > lot) {
				publish();
			}
		},
		flush() {
			if (sequence !== visible) {
				publish();
			}
		},
		putText(octets) {
			if (octets.length > text.length) {
				return undefined;
			}

			if (waitForReader) {
				wait(controlAt.textConsumed, textPosition + octets.length, text.length);
			}

			const start = textPosition & (text.length - 1);
			const first = Math.min(octets.length, text.length - start);
			text.set(octets.subarray(0, first), start);
			text.set(octets.subarray(first), 0);
			const position = textPosition;
			textPosition = (textPosition + octets.length) | 0;
			Atomics.store(control, controlAt.textWritten, textPosition);
			return position;
		},
		written: () => sequence,
	};
};

/** Lets a waiting writer go on for good; from then on it overwrites. */
export const stopRing = (memory: RingMemory) => {
	const control = new Int32Array(memory.control);
	Atomics.store(control, controlAt.stop, 1);
	Atomics.notify(control, controlAt.consumed);
	Atomics.notify(control, controlAt.textConsumed);
};

/** Whether that was done: the one who listens is about to end. */
export const isStopped = ({control}: RingMemory): boolean => Atomics.load(new Int32Array(control), controlAt.stop) !== 0;

export type RingReader = {
	/**
	Hands up to `limit` records to `each`, oldest first; `record` is borrowed. Gives how many it looked at. `isWanted` sees a record where it lies,
	from word `at` on, and spares the copy of most; it may see one that is just being overwritten.
	*/
	read(each: (record: Int32Array) => void, limit?: number, isWanted?: (words: Int32Array, at: number) => boolean): number;
	/** Octets at a position, or undefined when they were overwritten. A reader that holds the writer back must call it for each record that has text. */
	text(position: number, length: number): Uint8Array | undefined;
	/** Records that were overwritten before this reader came to them. */
	lost(): number;
	/** Records written that this reader has not read. */
	pending(): number;
};

/** Records passed over before the writer is asked again how far it is: asking at each, of a line that it keeps writing to, took most of the time. */
const passedAtOnce = 256;

export type RingReaderOptions = {
	/** This reader holds the writer back (the writer must have been told so). */
	readonly holdsWriter?: boolean;
	/** Start with the next record written rather than with the oldest kept. */
	readonly fromNow?: boolean;
};

export const createRingReader = (memory: RingMemory, {holdsWriter = false, fromNow = false}: RingReaderOptions = {}): RingReader => {
	const words = new Int32Array(memory.words);
	const control = new Int32Array(memory.control);
	const text = new Uint8Array(memory.text);
	const {capacity, recordWords} = memory;
	const record = new Int32Array(recordWords);
	let cursor = fromNow ? Atomics.load(control, controlAt.written) : 0;
	let textCursor = 0;
	let lost = 0;
	// What is about to be overwritten is given up in time, so that ids in a record still resolve while it is handled.
	const usable = holdsWriter ? capacity : capacity - Math.max(1, capacity >> 4);

	const consume = () => {
		if (holdsWriter) {
			Atomics.store(control, controlAt.textConsumed, textCursor);
			Atomics.notify(control, controlAt.textConsumed);
			Atomics.store(control, controlAt.consumed, cursor);
			Atomics.notify(control, controlAt.consumed);
		}
	};

	const skipOvertaken = () => {
		const behind = (Atomics.load(control, controlAt.written) - cursor) >>> 0;
		if (behind > usable) {
			lost += behind - usable;
			cursor = (cursor + behind - usable) | 0;
		}

		return Math.min(behind, usable);
	};

	/** Moves on to the next one that is wanted, over at most so many. Gives over how many. */
	const passOver = (most: number, isWanted: (words: Int32Array, at: number) => boolean): number => {
		let passed = 0;
		while (passed < most && !isWanted(words, (cursor & (capacity - 1)) * recordWords)) {
			cursor = (cursor + 1) | 0;
			passed += 1;
		}

		return passed;
	};

	return {
		read(each, limit, isWanted) {
			const most = limit ?? Infinity;
			let handed = 0;
			while (handed < most) {
				const there = Math.min(most - handed, skipOvertaken(), passedAtOnce);
				if (there === 0) {
					break;
				}

				if (isWanted) {
					const passed = passOver(there, isWanted);
					handed += passed;
					if (passed === there) {
						consume();
						continue;
					}
				}

				const at = (cursor & (capacity - 1)) * recordWords;
				for (let word = 0; word < recordWords; word += 1) {
					record[word] = words[at + word]!;
				}

				const behind = (Atomics.load(control, controlAt.written) - cursor) >>> 0;
				cursor = (cursor + 1) | 0;
				if (behind > (holdsWriter ? capacity : capacity - 1 - lotOf(capacity))) {
					lost += 1; // Overwritten while it was copied.
					continue;
				}

				each(record);
				handed += 1;
				if ((handed & 0xff) === 0) {
					consume();
				}
			}

			consume();
			return handed;
		},
		text(position, length) {
			textCursor = (position + length) | 0;
			const octets = new Uint8Array(length);
			const start = position & (text.length - 1);
			const first = Math.min(length, text.length - start);
			octets.set(text.subarray(start, start + first));
			octets.set(text.subarray(0, length - first), first);
			const behind = (Atomics.load(control, controlAt.textWritten) - position) >>> 0;
			return behind > text.length ? undefined : octets;
		},
		lost: () => lost,
		pending: () => (Atomics.load(control, controlAt.written) - cursor) >>> 0,
	};
};
