import {close, closeSync, constants, fstat as statCallback, fstatSync, statSync, open as openCallback, read as readCallback, type Stats} from 'node:fs';
import {Socket} from 'node:net';
import {type Readable} from 'node:stream';
import {promisify} from 'node:util';
import {CaptureError} from '../source.js';
import {type Chunks} from './chunk-source.js';
import {magicOctets, MissingProgramError, unpacked} from './unpacking.js';

const openDescriptor = promisify(openCallback) as (path: string, flags: number) => Promise<number>;
const readDescriptor = promisify(readCallback);
const statDescriptor = promisify(statCallback) as (fd: number) => Promise<Stats>;

/** Large enough that the cost of a read does not matter, small enough to stay in the cache of the processor. */
const chunkSize = 1_048_576;

/** A regular file, read into two buffers that are used in turn. */
const fileChunks = (fd: number, size: number): Chunks => {
	const buffers = [new Uint8Array(chunkSize), new Uint8Array(chunkSize)] as const;
	let turn = 0;
	let reading = false;
	let closed = false;
	let position = 0;
	const release = (): void => {
		// Nobody waits for it, and a file that cannot be closed takes nothing with it.
		close(fd, () => undefined);
	};

	return {
		progress: () => ({read: position, size}),
		async read() {
			if (closed) {
				return undefined;
			}

			const buffer = buffers[turn % 2]!;
			turn++;
			reading = true;
			try {
				const {bytesRead} = await readDescriptor(fd, buffer, 0, chunkSize, null);
				if (bytesRead > 0) {
					position += bytesRead;
					return buffer.subarray(0, bytesRead);
				}

				// Log rotation does so (copytruncate): the end of what is left is not the end of what was captured.
				const stat = await statDescriptor(fd);
				if (stat.isFile() && stat.size < position) {
					throw new Error(`it was shortened to ${stat.size} octets when ${position} had been read`);
				}

				return undefined;
			} finally {
				reading = false;
				if (closed) {
					release();
				}
			}
		},
		close() {
			if (!closed) {
				closed = true;
				// Under a read that is under way the number must not come to mean another file.
				if (!reading) {
					release();
				}
			}
		},
	};
};

/** Octets of any stream, for example the output of a command. */
export const chunksOfStream = (stream: Readable): Chunks => {
	const iterator = stream.iterator({destroyOnReturn: true})[Symbol.asyncIterator]();
	return {
		async read() {
			try {
				const {value, done} = await iterator.next() as IteratorResult<Uint8Array, undefined>;
				return done ? undefined : value;
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE') {
					return undefined;
				}

				throw error;
			}
		},
		close() {
			stream.destroy();
		},
	};
};

/** Puts what was read already in front of the rest. */
const withStart = (start: Uint8Array, rest: Chunks): Chunks => {
	let pending: Uint8Array | undefined = start;
	return {
		async read() {
			if (pending) {
				const chunk = pending;
				pending = undefined;
				return chunk;
			}

			return rest.read();
		},
		close() {
			rest.close();
		},
	};
};

/** Unpacks what the first octets say is compressed. */
const unpack = async (chunks: Chunks, through: readonly string[]): Promise<Chunks> => {
	let start = await chunks.read();
	while (start && start.length < magicOctets) {
		const more = await chunks.read();
		if (!more) {
			break;
		}

		const joined = new Uint8Array(start.length + more.length);
		joined.set(start);
		joined.set(more, start.length);
		start = joined;
	}

	return start ? unpacked(start, withStart(start, chunks), through) : chunks;
};

const reasons: Readonly<Record<string, string>> = {
	ENOENT: 'there is no such file',
	EACCES: 'permission denied',
	EPERM: 'permission denied',
	EISDIR: 'it is a directory',
	ENOTDIR: 'a part of its path is no directory',
	ELOOP: 'its symbolic links lead round in a circle',
	EMFILE: 'too many files are open',
	ENXIO: 'it is a device without data',
	EAGAIN: 'it has no data to give',
};

/** What an error of the system means, for people. */
export const reasonOf = (error: unknown): string => {
	const {code, message} = error as NodeJS.ErrnoException;
	return reasons[code ?? ''] ?? message ?? String(error);
};

const kindOf = (stat: Stats): 'file' | 'pipe' | 'directory' | 'terminal' => {
	if (stat.isDirectory()) {
		return 'directory';
	}

	if (stat.isFIFO() || stat.isSocket()) {
		return 'pipe';
	}

	// Character devices other than terminals, like /dev/null, are read as files are.
	return stat.isCharacterDevice() && stat.rdev >> 8 !== 1 ? 'terminal' : 'file';
};

/** Whether a path, or '-' for stdin, may still be written to while it is read. Never throws. */
export const isPipe = (path: string): boolean => {
	try {
		return kindOf(path === '-' ? fstatSync(0) : statSync(path)) === 'pipe';
	} catch {
		return false;
	}
};

const cannotRead = (what: string, why: string, next: string): CaptureError =>
	new CaptureError(`Cannot read ${what}: ${why}. ${next}`, 2);

/**
Opens a file, or stdin for '-', and unpacks it; `through`: words before a program that does. Rejects with a `CaptureError` that
says what, why and what next. A pipe is read by readiness instead of a blocking read, which would keep the process from leaving.
*/
export const openChunks = async (path: string, through: readonly string[] = []): Promise<Chunks> => {
	const stdin = path === '-';
	const what = stdin ? 'stdin' : path;
	const next = stdin
		? 'Pipe a capture into it: tcpdump -U -w - | ipvstop -r -'
		: 'Give a capture file made by tcpdump or dumpcap, or - for stdin.';

	let fd: number;
	let stat: Stats;
	try {
		// A named pipe without a writer yet would otherwise block here, and the process could not even leave.
		fd = stdin ? 0 : await openDescriptor(path, constants.O_RDONLY | constants.O_NONBLOCK);
		stat = fstatSync(fd);
	} catch (error) {
		throw cannotRead(what, reasonOf(error), next);
	}

	const kind = kindOf(stat);
	if (kind === 'directory' || kind === 'terminal') {
		if (!stdin) {
			closeSync(fd);
		}

		throw cannotRead(what, kind === 'directory' ? 'it is a directory' : 'it is a terminal', next);
	}

	const chunks = kind === 'pipe' ? chunksOfStream(new Socket({fd, readable: true, writable: false})) : fileChunks(fd, stat.size);
	try {
		const whole = await unpack(chunks, through);
		return {read: async () => whole.read(), close: whole.close, progress: chunks.progress};
	} catch (error) {
		chunks.close();
		if (error instanceof MissingProgramError) {
			const program = error.message;
			throw cannotRead(what, `it is compressed by ${program}, which is not installed`, `Install ${program}, or unpack it elsewhere: ${program} -dc ${stdin ? 'FILE' : path} | ipvstop -r -`);
		}

		throw cannotRead(what, reasonOf(error), next);
	}
};
