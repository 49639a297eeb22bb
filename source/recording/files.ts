import {statSync, unlinkSync} from 'node:fs';
import {wholeBlocks} from '../savefile/encode-pcapng.js';
import {secondUs} from '../wire/second.js';
import {type RecordingBlocks, type RecordingChunk} from './blocks.js';
import {adoptRecordingFile, earlierFiles, isRotating, openRecordingFile, rotatedName, type RecordingFile, type RecordingTask} from './file.js';
import {writerOf} from './holder.js';
import {type Steps} from './steps.js';

/** The files of a recording, one after the other. What fails throws within the steps, and leaves whole blocks. */
type RecordingFiles = {
	/** The one that is written now, or is to be. */
	name(): string;
	/** So far, over all files. */
	readonly written: {readonly packets: number; readonly octets: number; readonly files: number};
	/** Begins a file, with the interfaces that what is written next refers to. */
	open(): Steps;
	/** Writes the rest of a chunk, into a new file where the present one has had its share, and gives it back. */
	write(chunk: RecordingChunk): Steps;
	/** Ends the present file, if any, with what was counted. */
	finish(): Steps;
	/** Lets go of the present file as it is. */
	release(): void;
};

type RecordingFilesParts = {
	readonly task: RecordingTask;
	readonly blocks: RecordingBlocks;
	/** Wall clock time of the latest packet in microseconds: it names the next file. */
	readonly latestWallUs: () => number;
};

/** A file that was made before the rights of root were given up may stand where nothing can be removed any more; then it stays. */
const removeIfAllowed = (file: string): void => {
	try {
		unlinkSync(file);
	} catch {}
};

export const createRecordingFiles = ({task, blocks, latestWallUs}: RecordingFilesParts): RecordingFiles => {
	const {path, fileOctets, fileSeconds, files, waits} = task;
	const rotating = isRotating(task) && path !== '-';
	const written = {packets: 0, octets: 0, files: 0};
	let file: RecordingFile | undefined;
	let name = task.firstFile;
	let {firstDescriptor} = task;
	/** What names the present file of a rotation. */
	let nameUs = task.firstNamedUs;
	let serial = 1;
	/** Files of this run, in the order in which they were written, without the present one; and of earlier runs, looked for once. */
	const own: string[] = [];
	let earlier: string[] | undefined;
	let position = 0;
	/** Octets of the section header, which alone make no file. */
	let emptyOctets = 0;
	/** Time of its first packet, 0 before that. */
	let firstUs = 0;

	const release = () => {
		file?.close();
		file = undefined;
	};

	// Writes all of `piece`. What a failing device took of it is cut back to whole blocks. `done` is told how far it came.
	function * writeAll(piece: Uint8Array, done?: (count: number) => void): Steps {
		const target = file!;
		const start = position;
		let count = 0;
		const settle = (whole: number) => {
			position = start + whole;
			written.octets += whole;
			done?.(whole);
		};

		try {
			while (count < piece.length) {
				count += (yield target.write(piece.subarray(count), target.octets < 0 ? -1 : start + count)) as number;
			}

			settle(count);
		} catch (error) {
			if (target.octets < 0) {
				// The next reader of a pipe starts with a file of its own.
				release();
			} else {
				const whole = wholeBlocks(piece, count);
				target.truncate(start + whole);
				settle(whole);
			}

			throw error;
		}
	}

	function * finish(): Steps {
		if (file) {
			try {
				yield * writeAll(blocks.statistics());
			} finally {
				release();
			}
		}
	}

	/** Deletes the oldest so that there are at most `keep` beside the present one. What somebody else writes is left alone. */
	const prune = (keep: number) => {
		earlier ??= earlierFiles(path).filter(other => other !== name);
		const old = [...earlier, ...own];
		for (const gone of old.slice(0, Math.max(0, old.length - keep))) {
			const stat = statSync(gone, {throwIfNoEntry: false});
			if (stat && writerOf(stat) === undefined) {
				unlinkSync(gone);
			}
		}

		earlier = earlier.slice(Math.max(0, old.length - keep));
		own.splice(0, own.length - Math.min(own.length, keep));
	};

	// The next file in turn: of a name that nobody else has taken.
	function * openNext(): Steps {
		// Never before the file before it, whatever the packets say of the time: sorted by name is sorted by age.
		nameUs = Math.max(nameUs, latestWallUs());
		for (;;) {
			serial++;
			name = rotatedName(path, nameUs, serial);
			try {
				file = (yield openRecordingFile(name, waits, true)) as RecordingFile;
				return;
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
					throw error;
				}
			}
		}
	}

	function * open(): Steps {
		if (firstDescriptor !== undefined) {
			file = adoptRecordingFile(name, firstDescriptor, waits);
			firstDescriptor = undefined;
		} else if (rotating && written.files > 0) {
			own.push(name);
			yield * openNext();
		} else {
			file = (yield openRecordingFile(name, waits, false)) as RecordingFile;
		}

		if (rotating && Number.isFinite(files)) {
			prune(files - 1);
		}

		position = Math.max(0, file!.octets);
		firstUs = 0;
		try {
			yield * writeAll(blocks.header(blocks.take()?.interfaces ?? blocks.interfaces()));
			emptyOctets = position;
			written.files++;
		} catch (error) {
			const wasEmpty = file?.octets === 0;
			release();
			if (wasEmpty) {
				removeIfAllowed(name);
			}

			throw error;
		}
	}

	const isFull = (chunk: RecordingChunk): boolean =>
		rotating && file !== undefined && position > emptyOctets && chunk.start === 0
		&& (position + chunk.end - chunk.start > fileOctets
			|| (firstUs > 0 && chunk.firstUs > 0 && chunk.firstUs - firstUs >= fileSeconds * secondUs));

	function * write(chunk: RecordingChunk): Steps {
		if (isFull(chunk)) {
			yield * finish();
		}

		if (!file) {
			yield * open();
		}

		firstUs ||= chunk.firstUs;
		yield * writeAll(chunk.octets.subarray(chunk.start, chunk.end), count => {
			chunk.start += count;
		});
		written.packets += chunk.packets;
		blocks.release(chunk);
	}

	return {name: () => name, written, open, write, finish, release};
};
