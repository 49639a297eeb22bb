import {closeSync, readSync} from 'node:fs';
import {listSegments, LogError, openLogFile, readIndex, readLogFile, segmentFile, type Log} from './folder.js';
import {createSegmentReader, type SegmentItem, type SegmentReader} from './segment.js';

/**
Segments from which a moment may be reached, the nearest first: the last one that begins before it, then those before that. Each
begins with a checkpoint, as far as it has one.
*/
export const segmentsBefore = (log: Log, momentUs: number): number[] => {
	const {folder, owner, numbers} = log;
	if (momentUs === Infinity) {
		return numbers.toReversed();
	}

	// Few indexes are read: the times in them grow with the numbers.
	let low = 0;
	let high = numbers.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		const index = readIndex(folder, numbers[middle]!, owner);
		// One without an index is the one that is written, or was being written last.
		if (index && index.firstUs <= momentUs) {
			low = middle + 1;
		} else if (index) {
			high = middle;
		} else {
			const first = firstTimeOf(log, numbers[middle]!);
			if (first !== undefined && first <= momentUs) {
				low = middle + 1;
			} else {
				high = middle;
			}
		}
	}

	return numbers.slice(0, low).toReversed();
};

const mostCheckpointOctets = 2 ** 32;

/** The checkpoint at the head of a segment; undefined where there is none that can be read. */
export const checkpointOf = ({folder, owner, problems}: Log, number: number): Uint8Array | undefined => {
	try {
		return readLogFile(segmentFile(folder, number, 'checkpoint'), owner, mostCheckpointOctets);
	} catch (error) {
		if (!(error instanceof LogError)) {
			throw error;
		}

		if (!error.message.endsWith('there is no such file')) {
			problems.push(error.message);
		}

		return undefined;
	}
};

/** What is read at once, of all logs: fifty that are followed are asked fifty times as often as something came. */
const chunk = new Uint8Array(1_048_576);

/** When a segment begins; undefined when it cannot be read so far. */
const firstTimeOf = ({folder, owner}: Log, number: number): number | undefined => {
	let descriptor: number | undefined;
	try {
		descriptor = openLogFile(segmentFile(folder, number, 'pcapng'), owner);
		const octets = new Uint8Array(65_536);
		const reader = createSegmentReader();
		reader.push(octets.subarray(0, readSync(descriptor, octets, 0, octets.length, 0)));
		const item = reader.next();
		return typeof item === 'object' ? item.timeUs : undefined;
	} catch {
		return undefined;
	} finally {
		if (descriptor !== undefined) {
			closeSync(descriptor);
		}
	}
};

/** What a log says from one segment on. */
export type LogItems = {
	/** The next item; borrowed. 'wait': nothing more has been written yet. */
	next(): SegmentItem | 'wait';
	/** Whether the segments go on behind what was read: a later one was there at the last look. */
	number(): number;
	close(): void;
};

/** A segment that is damaged is left where it is damaged; its successor goes on. */
export const createLogItems = (log: Log, first: number): LogItems => {
	const {folder, owner, problems} = log;
	let number = first;
	let descriptor: number | undefined;
	let reader: SegmentReader | undefined;
	let position = 0;
	let isBroken = false;
	/** The end was reached once before with a later segment there: what was written in between has been read. */
	let isSure = false;

	const leave = () => {
		if (descriptor !== undefined) {
			closeSync(descriptor);
		}

		descriptor = undefined;
		reader = undefined;
	};

	const open = (): boolean => {
		try {
			descriptor = openLogFile(segmentFile(folder, number, 'pcapng'), owner);
			isBroken = false;
		} catch (error) {
			if (!(error instanceof LogError)) {
				throw error;
			}

			problems.push(error.message);
			isBroken = true;
		}

		reader = createSegmentReader();
		position = 0;
		isSure = false;
		return descriptor !== undefined;
	};

	const read = (): boolean => {
		if (descriptor === undefined || !reader) {
			return false;
		}

		const count = readSync(descriptor, chunk, 0, chunk.length, position);
		if (count === 0) {
			return false;
		}

		position += count;
		reader.push(chunk.slice(0, count));
		return true;
	};

	/** Goes on to the next segment, when there is one and this one is read. */
	const goOn = (): boolean => {
		const later = listSegments(folder).find(one => one > number);
		if (later === undefined) {
			return false;
		}

		if (!isSure && !isBroken) {
			isSure = true;
			return true;
		}

		if (reader && !isBroken && reader.offset() < position) {
			problems.push(`segment ${number} ends inside a block`);
		}

		leave();
		number = later;
		return true;
	};

	return {
		next() {
			for (;;) {
				if (!reader) {
					open();
				}

				const item = isBroken ? 'more' : reader!.next();
				if (typeof item === 'object') {
					return item;
				}

				if (item !== 'more') {
					problems.push(`segment ${number} ${item}`);
					isBroken = true;
				}

				if ((isBroken || !read()) && !goOn()) {
					return 'wait';
				}
			}
		},
		number: () => number,
		close: leave,
	};
};
