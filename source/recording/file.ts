import {closeSync, constants, existsSync, fchmodSync, fstatSync, ftruncateSync, open, openSync, readdirSync, statSync, unlinkSync, write, writeSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {promisify} from 'node:util';

const openLater = promisify(open);
const writeLater = promisify(write);

/** What to record, and into how many files of which size. */
export type RecordingTask = {
	/** As given; `-` is stdout. */
	readonly path: string;
	/** The file that was made for the start; that of `path` where files do not take turns. */
	readonly firstFile: string;
	/** Name and version of this program, for the files. */
	readonly application: string;
	/** A file of this size is followed by another; infinite: never. */
	readonly fileOctets: number;
	/** So is one that began this long ago by the time of its packets; infinite: never. */
	readonly fileSeconds: number;
	/** The newest so many are kept; infinite: all. */
	readonly files: number;
	/** The source can wait: block until the disk has taken it, and lose nothing to a slow one. */
	readonly waits: boolean;
};

/** A recording cannot be started: one line that says what, why and what next. */
export class RecordingError extends Error {
	override readonly name = 'RecordingError';
}

/** Whether files take turns, each named by the moment it was begun. */
export const isRotating = ({fileOctets, fileSeconds, files}: Pick<RecordingTask, 'fileOctets' | 'fileSeconds' | 'files'>): boolean =>
	Number.isFinite(fileOctets) || Number.isFinite(fileSeconds) || Number.isFinite(files);

const partsOf = (file: string) => {
	const {dir, name, ext} = path.parse(file);
	return {folder: dir || '.', name, extension: ext || '.pcapng'};
};

/** `name_20261122T143000Z_00001.pcapng`: sorted by name is sorted by age. */
export const rotatedName = (file: string, wallUs: number, serial: number): string => {
	const {folder, name, extension} = partsOf(file);
	const time = new Date(wallUs / 1000).toISOString().replaceAll(/[\-:]|\.\d+/gv, '');
	return path.join(folder, `${name}_${time}_${String(serial).padStart(5, '0')}${extension}`);
};

/** Files that such a recording has left, of this run and of earlier ones, oldest first. */
export const rotatedFiles = (file: string): string[] => {
	const {folder, name, extension} = partsOf(file);
	return readdirSync(folder)
		.filter(other => other.startsWith(`${name}_`) && other.endsWith(extension)
			&& /^\d{8}T\d{6}Z_\d{5,}$/v.test(other.slice(name.length + 1, other.length - extension.length)))
		.sort()
		.map(other => path.join(folder, other));
};

/** Deletes the oldest so that at most `keep` are left besides the present one. */
export const pruneRotated = (file: string, keep: number, present: string): void => {
	const files = rotatedFiles(file).filter(other => other !== present);
	for (const old of files.slice(0, Math.max(0, files.length - keep))) {
		unlinkSync(old);
	}
};

/** Adverts carry passwords: nobody else is to read them. */
const mode = 0o600;

const reasons: Readonly<Record<string, string>> = {
	ENOSPC: 'no space left on the device',
	EDQUOT: 'the quota is used up',
	EACCES: 'permission denied',
	EPERM: 'permission denied',
	EROFS: 'the file system is read-only',
	ENOENT: 'there is no such directory',
	EISDIR: 'it is a directory',
	EIO: 'the device fails',
	EFBIG: 'it is larger than files may be',
	EPIPE: 'its reader went away',
};

/** What an error of the system means, for people. */
export const recordingReason = (error: unknown): string => {
	const {code, message} = error as NodeJS.ErrnoException;
	return reasons[code ?? ''] ?? message;
};

/**
Makes the first file of a recording, empty, and checks that it is none of those that are read. Pipes and devices are left
alone. Throws a `RecordingError`.
*/
export const createFirstFile = (task: Omit<RecordingTask, 'firstFile'>, read: readonly string[], wallUs: number): string => {
	if (task.path === '-') {
		return '-';
	}

	let file = isRotating(task) ? rotatedName(task.path, wallUs, 1) : task.path;
	for (let serial = 2; isRotating(task) && existsSync(file); serial++) {
		file = rotatedName(task.path, wallUs, serial);
	}

	let descriptor: number | undefined;
	try {
		const former = statSync(file, {throwIfNoEntry: false});
		if (former && !former.isFile() && !former.isDirectory()) {
			return file;
		}

		const same = former && read.find(other => {
			const stat = statSync(other, {throwIfNoEntry: false});
			return stat?.ino === former.ino && stat.dev === former.dev;
		});
		if (same !== undefined) {
			throw new RecordingError(`Cannot record to ${file}: it is being read. Give another name.`);
		}

		descriptor = openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, mode);
		fchmodSync(descriptor, mode);
		return file;
	} catch (error) {
		throw error instanceof RecordingError ? error : new RecordingError(`Cannot record to ${file}: ${recordingReason(error)}. Give -w a file in a directory that you may write to.`);
	} finally {
		if (descriptor !== undefined) {
			closeSync(descriptor);
		}
	}
};

/** An open file of a recording. What is written comes back as a promise, or at once where the caller can wait for the disk. */
export type RecordingFile = {
	readonly path: string;
	/** What it holds already; -1 when it is a pipe or a device, which has no positions. */
	readonly octets: number;
	/** Writes some of the octets; a negative `position` is none. Gives how many. */
	write(octets: Uint8Array, position: number): Promise<number> | number;
	/** Cuts off what is beyond. */
	truncate(octets: number): void;
	close(): void;
};

const stdout = 1;
const openFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOCTTY;

/** A pipe that is full may say so instead of waiting: the runtime sets it up like that for text. */
const isFullPipe = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EAGAIN';
const fullPipeMs = 2;
const never = new Int32Array(new SharedArrayBuffer(4));

const writeNow = (descriptor: number, octets: Uint8Array, position: number | null): number => {
	for (;;) {
		try {
			return writeSync(descriptor, octets, 0, octets.length, position);
		} catch (error) {
			if (!isFullPipe(error)) {
				throw error;
			}

			Atomics.wait(never, 0, 0, fullPipeMs);
		}
	}
};

const writeSoon = async (descriptor: number, octets: Uint8Array, position: number | null): Promise<number> => {
	for (;;) {
		try {
			const {bytesWritten} = await writeLater(descriptor, octets, 0, octets.length, position);
			return bytesWritten;
		} catch (error) {
			if (!isFullPipe(error)) {
				throw error;
			}

			await pause(fullPipeMs);
		}
	}
};

const fileOf = (file: string, descriptor: number, waits: boolean): RecordingFile => {
	const stat = fstatSync(descriptor);
	return {
		path: file,
		octets: stat.isFile() ? stat.size : -1,
		write(octets, position): Promise<number> | number {
			const where = position < 0 ? null : position;
			return waits ? writeNow(descriptor, octets, where) : writeSoon(descriptor, octets, where);
		},
		truncate(octets) {
			ftruncateSync(descriptor, octets);
		},
		close() {
			if (descriptor !== stdout) {
				closeSync(descriptor);
			}
		},
	};
};

/**
Opens a file, to be written behind what it holds. `waits`: calls block instead of giving promises. Throws or rejects with
the system's error.
*/
export const openRecordingFile = (file: string, waits: boolean): RecordingFile | Promise<RecordingFile> => {
	if (file === '-') {
		return fileOf(file, stdout, waits);
	}

	return waits
		? fileOf(file, openSync(file, openFlags, mode), true)
		: openLater(file, openFlags, mode).then(descriptor => fileOf(file, descriptor, false));
};
