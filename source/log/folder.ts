/*
A log as a folder:

    00000042.pcapng       a segment
    00000042.checkpoint   what the engine knew when it began; missing when it could not be written
    00000042.json         its index, once it is complete; of the one that is written, as of some seconds ago
    lock                  the socket of whoever writes

Numbers only grow. Everything in it is input from another user: what is not a plain file of the folder's owner, or of root, is refused
file by file, and so is what does not hold what its name promises.
*/
import {closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readFileSync, readSync, statSync} from 'node:fs';
import path from 'node:path';
import {arrayOf, data, decodeValue, integer, real, struct, text, tuple, type Of} from '../checkpoint/shape.js';

/** Why something in a log is left out. */
export class LogError extends Error {
	override readonly name = 'LogError';
}

/** An event of a segment: when, and its fields. */
export const mostEvents = 500;

export const indexShape = struct<{
	version: number; firstUs: number; lastUs: number; frames: number; records: number; sessions: number; born: number; takeovers: number; octets: number;
	events: Array<readonly [timeUs: number, told: Readonly<Record<string, unknown>>]>; letters: string; wallOffsetUs: number;
}>({
	version: integer(1, 1),
	/** Times of the timeline. */
	firstUs: real,
	lastUs: real,
	frames: integer(),
	records: integer(),
	/** At the end, and how many were new in it. */
	sessions: integer(),
	born: integer(),
	takeovers: integer(),
	/** Of the segment's file. */
	octets: integer(),
	/** What is not about single sessions, at most so many. */
	events: arrayOf(tuple(real, data(65_536)), mostEvents),
	/** A letter for each event that has one on the time line. */
	letters: text(mostEvents),
	wallOffsetUs: real,
});
export type SegmentIndex = Of<typeof indexShape>;

const segmentName = (number: number): string => String(number).padStart(8, '0');

export const segmentFile = (folder: string, number: number, kind: 'pcapng' | 'checkpoint' | 'json'): string => path.join(folder, `${segmentName(number)}.${kind}`);

const mostIndexOctets = 64 * 1024 * 1024;

const isFolder = (file: string): boolean => {
	try {
		return statSync(file, {throwIfNoEntry: false})?.isDirectory() ?? false;
	} catch {
		return false; // Opening it will say why.
	}
};

/** Whether `-r` or `-w` means a log: the path ends in a slash, or is a folder. */
export const isLogPath = (given: string): boolean => given !== '-' && (given.endsWith('/') || isFolder(given));

const reasonOf = (error: unknown): string => {
	const {code, message} = error as NodeJS.ErrnoException;
	return {ENOENT: 'there is no such file', EACCES: 'permission denied', ELOOP: 'it is a symbolic link', ENXIO: 'it is no file'}[code ?? ''] ?? message;
};

/** The group of a file; where a folder above it may not be entered, of that one: its members may. */
const gidOf = (file: string): number | undefined => {
	try {
		return lstatSync(file, {throwIfNoEntry: false})?.gid;
	} catch (error) {
		const above = path.dirname(file);
		if ((error as NodeJS.ErrnoException).code !== 'EACCES' || above === file) {
			throw error;
		}

		return gidOf(above);
	}
};

/** The group that may read a file, by name where the system knows one. */
export const groupOf = (file: string): string => {
	const gid = gidOf(file);
	try {
		return readFileSync('/etc/group', 'utf8').split('\n').map(line => line.split(':')).find(fields => Number(fields[2]) === gid)?.[0] ?? String(gid);
	} catch {
		return String(gid);
	}
};

/** Why a folder cannot be read; where that is a matter of membership, of which group. */
const folderProblem = (folder: string, error: unknown): LogError => {
	const isForbidden = (error as NodeJS.ErrnoException).code === 'EACCES';
	return new LogError(`${folder}: ${reasonOf(error)}${isForbidden ? `. It is read by the members of the group ${groupOf(folder)}` : ''}`);
};

/** Who may have written a log: the owner of its folder, and root. Throws a `LogError` when it is no folder that can be read. */
export const ownerOf = (folder: string): number => {
	try {
		const stat = lstatSync(folder);
		if (!stat.isDirectory() && !lstatSync(`${folder}/.`).isDirectory()) {
			throw new LogError(`${folder}: it is no folder`);
		}

		return lstatSync(`${folder}/.`).uid;
	} catch (error) {
		throw error instanceof LogError ? error : folderProblem(folder, error);
	}
};

/** Opens a file of a log for reading. A symbolic link, a FIFO, a device, a file of somebody else is refused with a `LogError`. */
export const openLogFile = (file: string, owner: number): number => {
	let descriptor: number;
	try {
		descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
	} catch (error) {
		throw new LogError(`${path.basename(file)}: ${reasonOf(error)}`);
	}

	const stat = fstatSync(descriptor);
	const problem = stat.isFile() ? (stat.uid === owner || stat.uid === 0 ? undefined : `belongs to user ${stat.uid}, the log to ${owner}`) : 'is no file';
	if (problem !== undefined) {
		closeSync(descriptor);
		throw new LogError(`${path.basename(file)} ${problem}`);
	}

	return descriptor;
};

/** A whole file of a log. Throws a `LogError`. */
export const readLogFile = (file: string, owner: number, most: number): Uint8Array => {
	const descriptor = openLogFile(file, owner);
	try {
		const {size} = fstatSync(descriptor);
		if (size > most) {
			throw new LogError(`${path.basename(file)} is longer than ${most} octets`);
		}

		const octets = new Uint8Array(size);
		let at = 0;
		for (let count = -1; count !== 0 && at < size; at += count) {
			count = readSync(descriptor, octets, at, size - at, at);
		}

		return octets.subarray(0, at);
	} finally {
		closeSync(descriptor);
	}
};

/** Numbers of the segments of a log, oldest first. Throws a `LogError` when the folder cannot be read. */
export const listSegments = (folder: string): number[] => {
	try {
		return readdirSync(folder)
			.flatMap(file => /^(\d{8,15})\.pcapng$/v.exec(file)?.[1] ?? [])
			.map(Number)
			.filter(number => Number.isSafeInteger(number))
			.sort((one, other) => one - other);
	} catch (error) {
		throw folderProblem(folder, error);
	}
};

/** The index of a segment; undefined where it has none that can be believed. */
export const readIndex = (folder: string, number: number, owner: number): SegmentIndex | undefined => {
	try {
		return decodeValue(indexShape, JSON.parse(new TextDecoder().decode(readLogFile(segmentFile(folder, number, 'json'), owner, mostIndexOctets))));
	} catch {
		return undefined;
	}
};

/** A log that is looked at. */
export type Log = {
	readonly folder: string;
	readonly owner: number;
	/** Oldest first, at the time of looking. */
	readonly numbers: readonly number[];
	/** What could not be used, and why: one line each. */
	readonly problems: string[];
};

/** What is to be said once a log has been read: what could not be used, and why it ended where it did, if that is not its end. */
export const complaintsOf = ({folder, problems}: Log, gone: string | undefined): readonly string[] =>
	[...problems, ...(gone === undefined ? [] : [gone])].map(problem => `${problem.startsWith(folder) ? '' : `${folder}: `}${problem}. What could be read was read.`);

/** Throws a `LogError` when the folder cannot be read. */
export const openLog = (folder: string): Log => ({folder, owner: ownerOf(folder), numbers: listSegments(folder), problems: []});

/** What the indexes say, as far as there are any, by number. */
export const indexesOf = ({folder, owner, numbers}: Log): Map<number, SegmentIndex> =>
	new Map(numbers.flatMap(number => {
		const index = readIndex(folder, number, owner);
		return index ? [[number, index] as const] : [];
	}));

/** What the files of a segment take on the disk. */
export const segmentOctets = ({folder}: Log, number: number): number => (['pcapng', 'checkpoint', 'json'] as const)
	.reduce((sum, kind) => sum + (lstatSync(segmentFile(folder, number, kind), {throwIfNoEntry: false})?.size ?? 0), 0);
