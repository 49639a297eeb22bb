/*
One writer for each log. The lock is a socket in its folder on which the writer listens: it answers as long as the writer lives, in
whatever container, and nobody answers when that was killed. (A file with a process number would outlive it, and the number is given to
others; Node has no flock.) The folder can be written to by its owner only.
*/
import {randomUUID} from 'node:crypto';
import {closeSync, constants, linkSync, lstatSync, openSync, unlinkSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import process from 'node:process';

export type LogLock = {
	/** Whether the lock is still this writer's: the folder may have been deleted, or the lock taken after it was. */
	isHeld(): boolean;
	release(): void;
};

const answerMs = 1000;

/** Addresses of sockets are short, paths are not: the folder is named by its descriptor. */
const withFolder = async <T>(folder: string, use: (short: string) => Promise<T>): Promise<T> => {
	const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
	try {
		return await use(`/proc/self/fd/${descriptor}`);
	} finally {
		closeSync(descriptor);
	}
};

/** What the writer of a log says of itself; undefined when nobody writes. */
export const writerOf = async (folder: string): Promise<string | undefined> => withFolder(folder, async short => new Promise(resolve => {
	const socket = net.connect(`${short}/lock`);
	let said = '';
	const done = (answer: string | undefined) => {
		socket.destroy();
		resolve(answer);
	};

	socket.setTimeout(answerMs, () => {
		// It listens, and is too busy to say who it is.
		done('a process that does not answer');
	});
	socket.on('data', octets => {
		said += octets.toString('utf8').slice(0, 200);
	});
	socket.on('end', () => {
		done(said.replaceAll(/[^\u{20}-\u{7E}]/gv, '?') || 'a process');
	});
	socket.on('error', (error: NodeJS.ErrnoException) => {
		// Refused: whoever listened has gone. Not permitted: somebody may well write.
		done(error.code === 'ECONNREFUSED' || error.code === 'ENOENT' || error.code === 'ENOTSOCK' ? undefined : 'a process that may not be asked');
	});
}));

/** Takes the lock of a log. Gives who holds it when somebody does. Throws the system's errors. */
export const takeLock = async (folder: string): Promise<LogLock | string> => {
	const holder = await writerOf(folder);
	if (holder !== undefined) {
		return holder;
	}

	const own = `.lock-${randomUUID()}`;
	const server = net.createServer(socket => {
		socket.on('error', () => undefined);
		socket.end(`process ${process.pid} since ${new Date(Date.now() - (process.uptime() * 1000)).toISOString().slice(0, 19)}Z`);
	});
	server.unref();
	const lock = path.join(folder, 'lock');
	const temporary = path.join(folder, own);
	await withFolder(folder, async short => new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen({path: `${short}/${own}`, writableAll: true}, () => {
			resolve();
		});
	}));
	const {ino} = lstatSync(temporary);
	try {
		// Whoever was there does not answer any more.
		unlinkSync(lock);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
			throw error;
		}
	}

	const isHeld = (): boolean => lstatSync(lock, {throwIfNoEntry: false})?.ino === ino;
	try {
		linkSync(temporary, lock);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
			throw error;
		}
	} finally {
		unlinkSync(temporary);
	}

	if (!isHeld()) {
		server.close();
		return 'another process, since just now';
	}

	return {
		isHeld,
		release() {
			if (isHeld()) {
				unlinkSync(lock);
			}

			server.close();
		},
	};
};
