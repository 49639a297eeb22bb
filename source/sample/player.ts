import {type Monitor} from '../engine/monitor.js';
import {type Bookmark, type ToWorker} from '../engine/status.js';
import {secondUs} from '../wire/second.js';
import {readReplayIndex, type ReplayIndex} from './replay-index.js';

/** A remark of the person at the screen. */
export type Note = {readonly timeUs: number; readonly text: string};

/** `speed`: packet time per time, `Infinity` as fast as it can be read. */
export type Pace = {readonly speed: number; readonly isPaused: boolean};

/** Starts capturing threads: for a jump back in a file, and for a look at all of it. */
export type Openers = {
	/** The file again, standing at a moment. */
	readonly reopen: (timeUs: number, bookmark?: Bookmark) => Monitor;
	/** The thread of the next monitor is going to be needed. */
	readonly prepare?: () => void;
	/** The file at full speed, its changes held until they are read; it makes bookmarks on its way. */
	readonly survey: () => Monitor;
	/** What a log holds, looked at again; where a log is looked at, nothing is surveyed. */
	readonly past?: (() => Promise<ReplayIndex | undefined>) | undefined;
};

/**
The monitor on the screen. A capture file can be gone through in both directions: forwards in the thread that reads it,
backwards by another one that reads it from the start and takes over once it is there.
*/
export type Player = {
	readonly monitor: () => Monitor;
	/** Grows whenever another monitor takes over: everything made from its memory is to be made anew. */
	readonly generation: () => number;
	/** Called when the monitor, its status or the index changed. */
	readonly subscribe: (listener: () => void) => () => void;
	/** Where takeovers and bursts are, once the whole file has been read. */
	readonly index: () => ReplayIndex | undefined;
	readonly notes: () => readonly Note[];
	/** It can be gone through in both directions. */
	readonly hasPast: () => boolean;
	/** From the past of a log back to its present. Nothing where it is the present already, or there is none. */
	goLive(): void;
	/** A jump is under way. */
	readonly isSeeking: () => boolean;
	/** How much of the file was read, 0 to 1, by whoever is waited for; undefined when nobody is, or there is no telling. */
	readonly progress: () => number | undefined;
	/** How a capture file is gone through, as it was asked for last; undefined where there is none. */
	readonly pace: () => Pace | undefined;
	pause(): void;
	resume(): void;
	setSpeed(speed: number): void;
	/** Goes to a moment; later than `nowUs` forwards, else from the start. Gives why not, when it cannot. */
	seek(timeUs: number, nowUs: number): string | undefined;
	note(note: Note): void;
	close(): Promise<void>;
};

/** What bookmarks may take together. */
const mostBookmarkOctets = 256 * 1024 * 1024;

/** Bookmarks of a file, evenly: where they take too much room, every other one goes. */
const createBookmarks = () => {
	let bookmarks: Bookmark[] = [];
	let every = 1;
	let count = 0;
	return {
		add(bookmark: Bookmark) {
			if (count++ % every !== 0) {
				return;
			}

			bookmarks.push(bookmark);
			while (bookmarks.length > 1 && bookmarks.reduce((sum, {checkpoint}) => sum + checkpoint.byteLength, 0) > mostBookmarkOctets) {
				bookmarks = bookmarks.filter((_, index) => index % 2 === 0);
				every *= 2;
			}
		},
		/** The last one before a moment. */
		before: (timeUs: number): Bookmark | undefined => bookmarks.findLast(bookmark => bookmark.timeUs < timeUs),
	};
};

/** A jump on in a log by more than this begins at a checkpoint. */
const farUs = 30 * secondUs;
/** How often is looked what is new in a log. */
const lookMs = 5000;

export const createPlayer = (first: Monitor, {reopen, survey, past, prepare}: Openers): Player => {
	/** The present of a log, which goes on while its past is looked at. */
	const present = past && first.status()?.past?.isLive ? first : undefined;
	const listeners = new Set<() => void>();
	const notes: Note[] = [];
	const bookmarks = createBookmarks();
	let current = first;
	let next: Monitor | undefined;
	let generation = 0;
	let index: ReplayIndex | undefined;
	let surveyor: Monitor | undefined;
	let isClosed = false;
	let forwardUs = -1;
	/** A status tells of it later. */
	let asked: {-readonly [Key in keyof Pace]?: Pace[Key]} = {};

	const tell = () => {
		for (const listener of listeners) {
			listener();
		}
	};

	const onNews = () => {
		if (forwardUs >= 0 && (current.hasEnded() || current.status()?.replay?.isSettled)) {
			forwardUs = -1;
		}

		tell();
	};

	let unsubscribe = current.subscribe(onNews);
	const send = (message: ToWorker) => {
		current.send(message);
	};

	/** Another monitor is where it should be: it takes over. */
	const takeOver = (monitor: Monitor, wasPlaying: boolean) => {
		if (monitor !== next || isClosed) {
			return;
		}

		const former = current;
		unsubscribe();
		current = monitor;
		next = undefined;
		generation++;
		unsubscribe = current.subscribe(onNews);
		if (wasPlaying) {
			send({type: 'resume'});
		}

		if (former !== present) {
			void former.close();
		}

		tell();
	};

	const pace = (): Pace | undefined => {
		const replay = current.status()?.replay;
		return replay && {speed: replay.speed, isPaused: replay.isPaused, ...asked};
	};

	const isSeeking = (): boolean => next !== undefined || forwardUs >= 0 || current.status()?.replay?.isSettled === false;

	const goBack = (timeUs: number) => {
		const {speed, isPaused} = pace() ?? {speed: 1, isPaused: true};
		const wasPlaying = !isPaused && !current.hasEnded();
		void next?.close();
		const monitor = reopen(timeUs, bookmarks.before(timeUs));
		next = monitor;
		const stop = monitor.subscribe(() => {
			if (monitor.status()?.replay?.isSettled || monitor.hasEnded()) {
				stop();
				monitor.send({type: 'speed', speed});
				takeOver(monitor, wasPlaying);
				if (!isClosed) {
					prepare?.();
				}
			}
		});
	};

	const look = () => {
		if (isClosed) {
			return;
		}

		surveyor = survey();
		surveyor.onBookmark(bookmarks.add);
		void readReplayIndex(surveyor, () => isClosed).then(async found => {
			index = found;
			await surveyor?.close();
			surveyor = undefined;
			tell();
		});
	};

	const lookAtLog = async () => {
		index = await past!();
		if (!isClosed) {
			tell();
			timer = setTimeout(() => {
				void lookAtLog();
			}, lookMs);
		}
	};

	let timer: NodeJS.Timeout | undefined;

	const goLive = () => {
		if (present && current !== present) {
			void next?.close();
			next = present;
			asked = {};
			takeOver(present, false);
		}
	};

	// A file that is read as fast as can be is not read by two at once.
	if (past) {
		void lookAtLog();
		if (prepare) {
			// After the first frame.
			setImmediate(prepare);
		}
	} else if (first.status()?.replay?.speed === Infinity) {
		void first.ended.then(look);
	} else if (first.status()?.replay) {
		// After the first frame: a thread takes 14 ms to be made.
		setImmediate(look);
	}

	return {
		monitor: () => current,
		generation: () => generation,
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		index: () => index,
		notes: () => notes,
		pace,
		hasPast: () => past !== undefined || current.status()?.replay !== undefined,
		goLive,
		isSeeking,
		progress: () => (next ?? (isSeeking() || pace()?.speed === Infinity ? current : undefined))?.status()?.progress,
		pause() {
			asked.isPaused = true;
			send({type: 'pause'});
		},
		resume() {
			asked.isPaused = false;
			send({type: 'resume'});
		},
		setSpeed(speed) {
			asked.speed = speed;
			send({type: 'speed', speed});
		},
		seek(timeUs, nowUs) {
			const replay = current.status()?.replay;
			if (!replay && !past) {
				return 'this is no capture file: it cannot be gone through again';
			}

			const targetUs = Math.max(timeUs, past ? index?.firstUs ?? 0 : replay!.firstUs);
			if (present && (current === present ? targetUs > nowUs : targetUs >= (index?.lastUs ?? Infinity))) {
				goLive();
				return current === present && targetUs < Number.MAX_SAFE_INTEGER ? 'this is the present' : undefined;
			}

			if (targetUs > nowUs && !(past && targetUs - nowUs > farUs && targetUs <= (index?.lastUs ?? 0))) {
				if (!current.hasEnded()) {
					forwardUs = targetUs;
					send({type: 'seek', timeUs: targetUs});
				}
			} else {
				goBack(targetUs);
			}

			return undefined;
		},
		note(note) {
			notes.push(note);
			send({type: 'note', ...note});
			tell();
		},
		async close() {
			isClosed = true;
			clearTimeout(timer);
			unsubscribe();
			await Promise.all([current.close(), current === present ? undefined : present?.close(), next?.close(), surveyor?.close()]);
		},
	};
};
