import {MessageChannel, Worker, type MessagePort} from 'node:worker_threads';
import {type TableMemory} from '../table/memory.js';
import {type RingMemory, stopRing} from '../ring/shared-ring.js';
import {type Bookmark, type FromWorker, type Status, type ToWorker} from './status.js';
import {type WorkerTask} from './task.js';

export type MonitorEnd = {
	/** 0 fine; else what the process should exit with. */
	readonly exitCode: number;
	/** One line each. */
	readonly problems: readonly string[];
	/** What is to be known of the source, though nothing failed. */
	readonly remarks?: readonly string[];
};

/** The main thread's handle on the thread that captures. The table itself is read from the shared memory. */
export type Monitor = {
	readonly memory: TableMemory;
	/** Where records come, when they were asked for. */
	readonly records: RingMemory | undefined;
	/** Resolves when the source is open. Never rejects: a failed start is an end. */
	readonly started: Promise<void>;
	/** Resolves when the source has delivered everything, failed, or was closed. */
	readonly ended: Promise<MonitorEnd>;
	hasEnded(): boolean;
	/** How it ended, undefined before. */
	end(): MonitorEnd | undefined;
	/** The last word of the capturing thread, undefined before the first. */
	status(): Status | undefined;
	/** Calls back at each new status and at the end; the result unsubscribes. */
	subscribe(listener: () => void): () => void;
	/** Calls back with each bookmark, where they are made. */
	onBookmark(listener: (bookmark: Bookmark) => void): void;
	/** Steers the capturing thread; without effect once that has gone. */
	send(message: ToWorker): void;
	/** Stops capturing and ends the thread. */
	close(): Promise<void>;
};

/** After this the thread is ended by force. */
const stopGraceMs = 500;
/** What is being recorded goes to the disk first. */
const recordingGraceMs = 5000;

/** The source tree runs through a loader, the package as a bundle: the worker lies beside this file in both. */
const workerFile = new URL(import.meta.resolve(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'));

/** A thread that waits for its task. */
type Thread = {
	readonly worker: Worker;
	readonly tasks: MessagePort;
	/** Why it broke before it got one. */
	failure?: Error;
};

const openThread = (): Thread => {
	const {port1: tasks, port2} = new MessageChannel();
	// The thread may close stdin, which it did not open: no reason for Node to warn.
	const worker = new Worker(workerFile, {workerData: port2, transferList: [port2], name: 'ipvstop capture', stdin: false, trackUnmanagedFds: false});
	const thread: Thread = {worker, tasks};
	worker.once('error', (error: Error) => {
		thread.failure = error;
	});
	return thread;
};

let prepared: Thread | undefined;

/** Starts the thread of the next monitor already: it takes some 70 ms until it can be given its task, which can be found out meanwhile. */
export const prepareMonitor = (): void => {
	prepared ??= openThread();
};

export const startMonitor = (task: WorkerTask): Monitor => {
	const thread = prepared ?? openThread();
	prepared = undefined;
	const {worker, tasks} = thread;
	const listeners = new Set<() => void>();
	let hearBookmark: (bookmark: Bookmark) => void = () => undefined;
	let status: Status | undefined;
	let end: MonitorEnd | undefined;
	let closing = false;
	const started = Promise.withResolvers<void>();
	const ended = Promise.withResolvers<MonitorEnd>();

	const tell = () => {
		for (const listener of listeners) {
			listener();
		}
	};

	const finish = (result: MonitorEnd) => {
		if (!end) {
			end = result;
			started.resolve();
			ended.resolve(result);
			tell();
		}
	};

	worker.on('message', (message: FromWorker) => {
		switch (message.type) {
			case 'started': {
				({status} = message);
				started.resolve();
				break;
			}

			case 'status': {
				({status} = message);
				break;
			}

			case 'bookmark': {
				hearBookmark(message.bookmark);
				return;
			}

			case 'ended': {
				({status} = message);
				finish({exitCode: message.problems.length > 0 ? 1 : 0, problems: message.problems, remarks: message.remarks});
				break;
			}

			case 'failed': {
				finish({exitCode: message.exitCode, problems: [message.message]});
				break;
			}
		}

		tell();
	});
	const breakDown = (error: NodeJS.ErrnoException) => {
		const isStarved = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
		finish({
			exitCode: 1,
			problems: [`The capturing thread broke: ${error.message}. The table is as it was; ${isStarved ? 'give a smaller number to --max-sessions, or this process more memory' : 'please report this'}.`],
		});
	};

	worker.on('error', breakDown);
	if (thread.failure) {
		breakDown(thread.failure);
	}

	worker.on('exit', code => {
		finish(closing
			? {exitCode: 0, problems: []}
			: {exitCode: 1, problems: [`The capturing thread ended by itself (code ${code}). The table is as it was; please report this.`]});
	});
	tasks.postMessage(task);
	tasks.close();

	return {
		memory: task.memory,
		records: task.records,
		started: started.promise,
		ended: ended.promise,
		hasEnded: () => end !== undefined,
		end: () => end,
		status: () => status,
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		onBookmark(listener) {
			hearBookmark = listener;
		},
		send(message) {
			worker.postMessage(message);
		},
		async close() {
			closing = true;
			stopRing(task.memory.changes);
			if (task.records) {
				stopRing(task.records);
			}

			const exited = new Promise<void>(resolve => {
				worker.once('exit', () => {
					resolve();
				});
			});
			worker.postMessage({type: 'stop'} satisfies ToWorker);
			const timer = setTimeout(() => {
				void worker.terminate();
			}, task.recording ? recordingGraceMs : stopGraceMs);
			if (worker.threadId !== -1) {
				await exited;
			}

			clearTimeout(timer);
			finish({exitCode: 0, problems: []});
		},
	};
};
