import {closeSync, constants, fchmodSync, fstatSync, ftruncateSync, open, openSync, readdirSync, statSync, write, writeSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {promisify} from 'node:util';
import {identityOf, isSameFile, writerOf} from './holder.js';

const openLater = promisify(open);
const writeLater = promisify(write);

/** What to record, and into how many files of which size. */
export type RecordingTask = FirstFile & {
	/** As given; `-` is stdout. */
	readonly path: string;
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

/** Files that recordings of this name have left, of this run and of others, oldest first by name. */
export const rotatedFiles = (file: string): string[] => {
	const {folder, name, extension} = partsOf(file);
	return readdirSync(folder)
		.filter(other => other.startsWith(`${name}_`) && other.endsWith(extension)
			&& /^\d{8}T\d{6}Z_\d{5,}$/v.test(other.slice(name.length + 1, other.length - extension.length)))
		.sort()
		.map(other => path.join(folder, other));
};

/** Files of earlier runs, that written last at the end: by the file system's clock, whatever clock once named them. */
export const earlierFiles = (file: string): string[] => rotatedFiles(file)
	.flatMap(name => {
		const stat = statSync(name, {throwIfNoEntry: false});
		return stat ? [{name, stat}] : [];
	})
	.sort((one, other) => one.stat.mtimeMs - other.stat.mtimeMs)
	.map(({name}) => name);

const stdout = 1;

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

/** What a recording begins with: a file that is open, so that no other program takes it for free, or a path that is none. */
type FirstFile = {
	readonly firstFile: string;
	readonly firstDescriptor: number | undefined;
	/** Wall clock time in microseconds by which it is named where files take turns. */
	readonly firstNamedUs: number;
};

const refuse = (file: string, why: string, next = 'Give another name'): never => {
	throw new RecordingError(`Cannot record to ${file}: ${why}. ${next}.`);
};

/** Opens a file that is there, to be written anew, unless it is read here or written by somebody else. */
const openFormer = (file: string, read: readonly string[]): number => {
	const descriptor = openSync(file, constants.O_WRONLY | constants.O_NOCTTY);
	try {
		const stat = fstatSync(descriptor);
		if (read.some(other => isSameFile(stat, identityOf(other)))) {
			refuse(file, 'it is being read');
		}

		const holder = writerOf(stat);
		if (holder !== undefined) {
			refuse(file, `${holder} writes it`, 'Stop that, or give another name');
		}

		if (isSameFile(stat, fstatSync(stdout))) {
			refuse(file, 'the output of this program goes there');
		}

		ftruncateSync(descriptor);
		return descriptor;
	} catch (error) {
		closeSync(descriptor);
		throw error;
	}
};

/** Makes a file and opens it; undefined when there is one. */
const openNewOnly = (file: string): number | undefined => {
	try {
		return openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
			return undefined;
		}

		throw error;
	}
};

/**
Makes the first file of a recording, empty, and checks that it is none of those that are read (`-` is stdin), and that nobody else
writes it. Pipes and devices are left alone. Throws a `RecordingError`.
*/
export const createFirstFile = (task: Pick<RecordingTask, 'path' | 'fileOctets' | 'fileSeconds' | 'files'>, read: readonly string[], wallUs: number): FirstFile => {
	const first = {firstFile: task.path, firstDescriptor: undefined, firstNamedUs: wallUs};
	if (task.path === '-') {
		return first;
	}

	let file = task.path;
	try {
		if (isRotating(task)) {
			let serial = 1;
			let descriptor: number | undefined;
			for (; descriptor === undefined; serial++) {
				file = rotatedName(task.path, wallUs, serial);
				descriptor = openNewOnly(file);
			}

			return {...first, firstFile: file, firstDescriptor: descriptor};
		}

		const former = statSync(file, {throwIfNoEntry: false});
		if (former && !former.isFile() && !former.isDirectory()) {
			return first;
		}

		// Another program may make it just now.
		const descriptor = (former ? undefined : openNewOnly(file)) ?? openFormer(file, read);
		fchmodSync(descriptor, mode);
		return {...first, firstDescriptor: descriptor};
	} catch (error) {
		throw error instanceof RecordingError ? error : new RecordingError(`Cannot record to ${file}: ${recordingReason(error)}. Give -w a file in a directory that you may write to.`);
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

/** Takes over a file that is open. */
export const adoptRecordingFile = fileOf;

/** A file that was moved away may have been made anew by somebody else. */
const unheld = (file: string, descriptor: number, waits: boolean): RecordingFile => {
	const stat = fstatSync(descriptor);
	const holder = stat.isFile() ? writerOf(stat) : undefined;
	if (holder !== undefined) {
		closeSync(descriptor);
		throw new Error(`${holder} writes it`);
	}

	return fileOf(file, descriptor, waits);
};

/**
Opens a file, to be written behind what it holds; `isNew`: it must not be there yet. `waits`: calls block instead of giving promises.
Throws or rejects with the system's error, or when somebody else writes it.
*/
export const openRecordingFile = (file: string, waits: boolean, isNew: boolean): RecordingFile | Promise<RecordingFile> => {
	if (file === '-') {
		return fileOf(file, stdout, waits);
	}

	const flags = openFlags | (isNew ? constants.O_EXCL : 0);
	return waits
		? unheld(file, openSync(file, flags, mode), true)
		: openLater(file, flags, mode).then(descriptor => unheld(file, descriptor, false));
};
