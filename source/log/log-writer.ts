import {closeSync, openSync, renameSync, rmSync, statSync, writeFileSync, writeSync} from 'node:fs';
import {open, rename, rm, type FileHandle} from 'node:fs/promises';
import {encodeValue} from '../checkpoint/shape.js';
import {type PacketSink, type Place} from '../capture/source.js';
import {events} from '../events/catalogue.js';
import {isName, type AnyTold} from '../events/told.js';
import {recordingReason} from '../recording/file.js';
import {secondUs} from '../wire/second.js';
import {indexShape, mostEvents, segmentFile, type SegmentIndex} from './folder.js';
import {type LogLock} from './lock.js';
import {createSegmentWriter, type SegmentWriter} from './segment.js';

/** Where to keep a log, and how much of it. */
export type LogTask = {
	/** Ends in a slash. */
	readonly folder: string;
	/** Name and version of this program, for the files. */
	readonly application: string;
	/** Of all files together. */
	readonly mostOctets: number;
	/** A segment that ended longer ago is deleted; infinite: none is. */
	readonly mostAgeUs: number;
	/** A segment ends after this time at the latest. */
	readonly spanUs: number;
	/** The source can wait: block until the disk has taken it, and lose nothing to a slow one. */
	readonly waits: boolean;
};

/** How a log fares. */
export type LogStatus = {
	readonly folder: string;
	readonly state: 'up' | 'failing';
	/** Why, '' when it can be written. */
	readonly detail: string;
	/** The oldest moment that is kept, on the timeline. */
	readonly sinceUs: number;
	readonly octets: number;
	readonly segments: number;
	/** Frames that are in no segment: there was no room to keep them until they could be written. */
	readonly lost: number;
};

/** What is written down of an engine at the head of each segment. */
export type Saver = {
	/** Makes room, for some 1 ms. True when there is enough. */
	prepare(): boolean;
	/** Cuts out what the engine knows now; gives the octets of that, in pieces. */
	cut(): Iterable<Uint8Array>;
	/** Totals so far. */
	totals(): {readonly records: number; readonly created: number; readonly sessions: number};
};

type LogWriter = {
	/** Hands everything on, and keeps it. */
	tee(sink: PacketSink): PacketSink;
	/** Something was told, for the index. */
	told(timeUs: number, told: AnyTold): void;
	note(timeUs: number, text: string): void;
	/** Nothing was heard since then, or the host slept. */
	missed(timeUs: number, what: {readonly gap?: number; readonly slept?: number}): void;
	/** Time passed: to be called several times a second. */
	tick(nowUs: number): void;
	status(): LogStatus;
	close(nowUs: number): Promise<void>;
};

type LogWriterOptions = {
	readonly task: LogTask;
	readonly lock: LogLock;
	readonly saver: Saver;
	/** The first segment to write, and what is kept before it, oldest first. */
	readonly next: number;
	readonly kept: ReadonlyArray<{readonly number: number; readonly octets: number; readonly firstUs: number; readonly lastUs: number}>;
	/** From the timeline to the wall clock. */
	wallOffsetUs(): number;
	/** Of this host, as far as it listens itself. */
	ownAddresses(): readonly string[];
	onChange(status: LogStatus): void;
};

/** What waits for a disk that is slow or full, at most. */
const mostWaiting = 32 * 1024 * 1024;
const beatUs = secondUs;
const indexUs = 10 * secondUs;
const retryMs = 1000;
/** A takeover ends the segment, so that one key leads back to it; but not more often than this. */
const leastSpanUs = 10 * secondUs;
/**
Records in a segment, at most, and for each session: who opens a log, or goes to a moment of it, reads as many again, a third of a second for
each 400 000. A checkpoint takes 64 octets a session and a record 49, so where there are many sessions half of a log is checkpoints.
*/
const recordsAtMost = 400_000;
const recordsPerSession = 1.5;
const fileMode = 0o640;

type Segment = {
	readonly number: number;
	readonly writer: SegmentWriter;
	readonly firstUs: number;
	lastUs: number;
	frames: number;
	readonly recordsBefore: number;
	readonly createdBefore: number;
	takeovers: number;
	events: Array<readonly [number, AnyTold]>;
	letters: string;
	octets: number;
	indexedUs: number;
	wantsEnd: boolean;
};

type Job = {readonly segment: Segment; readonly octets: Uint8Array; readonly isEnd: boolean};

const letters: ReadonlyMap<string, string> = new Map(Object.values(events).map(({name, mark}) => [name, mark?.letter ?? '']));

export const createLogWriter = ({task, lock, saver, next: firstNumber, kept: keptBefore, wallOffsetUs, ownAddresses, onChange}: LogWriterOptions): LogWriter => {
	const {folder, application} = task;
	const kept = [...keptBefore];
	const jobs: Job[] = [];
	let number = firstNumber;
	let segment: Segment | undefined;
	let places: readonly Place[] = [];
	let waiting = 0;
	let lost = 0;
	let toldLost = 0;
	let beatenUs = 0;
	let state: LogStatus['state'] = 'up';
	let detail = '';
	let retryAtMs = 0;
	let running: Promise<void> | undefined;
	let saving: Promise<void> | undefined;
	let handle: {file: FileHandle; number: number; position: number} | undefined;

	/** A log of a log keeps what that one says. */
	const withOwn = (now: readonly Place[]): Place[] => {
		const own = ownAddresses();
		return own.length === 0 ? [...now] : now.map(place => ({...place, own}));
	};

	const status = (): LogStatus => ({
		folder, state, detail, lost,
		sinceUs: kept[0]?.firstUs ?? segment?.firstUs ?? 0,
		octets: kept.reduce((sum, {octets}) => sum + octets, segment?.octets ?? 0),
		segments: kept.length + (segment ? 1 : 0),
	});

	const setState = (now: LogStatus['state'], why: string) => {
		if (now !== state || why !== detail || lost !== toldLost) {
			state = now;
			detail = why;
			toldLost = lost;
			onChange(status());
		}
	};

	const indexOf = (one: Segment): SegmentIndex => {
		const {records, created, sessions} = saver.totals();
		return {
			version: 1, firstUs: one.firstUs, lastUs: one.lastUs, frames: one.frames, records: Math.max(0, records - one.recordsBefore), sessions,
			born: Math.max(0, created - one.createdBefore), takeovers: one.takeovers, octets: one.octets, events: one.events, letters: one.letters, wallOffsetUs: wallOffsetUs(),
		};
	};

	/** Small, and rarely: some 0.1 ms. */
	const writeIndex = (one: Segment, index: SegmentIndex) => {
		const file = segmentFile(folder, one.number, 'json');
		try {
			writeFileSync(`${file}.part`, JSON.stringify(encodeValue(indexShape, index)), {mode: fileMode});
			renameSync(`${file}.part`, file);
		} catch {
			// A segment without an index is read as well; the pump says what is wrong with the disk.
		}
	};

	/** What the checkpoint of a segment takes on the disk. */
	const checkpointOctets = (one: number): number => statSync(segmentFile(folder, one, 'checkpoint'), {throwIfNoEntry: false})?.size ?? 0;

	const removeSegment = (one: number) => {
		for (const kind of ['checkpoint', 'json', 'pcapng'] as const) {
			rmSync(segmentFile(folder, one, kind), {force: true});
		}
	};

	/** Oldest first, by what this log knows of its segments. */
	const prune = (nowUs: number) => {
		let total = kept.reduce((sum, {octets}) => sum + octets, 0);
		while (kept.length > 0 && (total > task.mostOctets || nowUs - kept[0]!.lastUs > task.mostAgeUs)) {
			const oldest = kept.shift()!;
			total -= oldest.octets;
			try {
				removeSegment(oldest.number);
			} catch (error) {
				setState('failing', recordingReason(error));
				return;
			}
		}
	};

	const saveCheckpoint = async (one: number, pieces: Iterable<Uint8Array>): Promise<void> => {
		const file = segmentFile(folder, one, 'checkpoint');
		let target: FileHandle | undefined;
		try {
			target = await open(`${file}.part`, 'w', fileMode);
			for (const piece of pieces) {
				// Each piece is made when the one before is on its way: the capture has its turn in between.
				await (piece.length > 0
					? target.writeFile(piece)
					: new Promise(resolve => {
						setImmediate(resolve);
					}));
			}

			await target.close();
			target = undefined;
			await rename(`${file}.part`, file);
		} catch (error) {
			await target?.close().catch(() => undefined);
			await rm(`${file}.part`, {force: true}).catch(() => undefined);
			setState('failing', recordingReason(error));
		}
	};

	const writeJob = async ({segment: of, octets, isEnd}: Job): Promise<void> => {
		if (handle?.number !== of.number) {
			await handle?.file.close();
			handle = undefined;
			const file = await open(segmentFile(folder, of.number, 'pcapng'), 'w', fileMode);
			handle = {file, number: of.number, position: 0};
		}

		for (let at = 0; at < octets.length;) {
			const {bytesWritten} = await handle.file.write(octets, at, octets.length - at, handle.position + at);
			at += bytesWritten;
		}

		handle.position += octets.length;
		if (isEnd) {
			await handle.file.close();
			handle = undefined;
			close(of);
		}
	};

	const close = (one: Segment) => {
		kept.push({number: one.number, octets: one.octets + checkpointOctets(one.number), firstUs: one.firstUs, lastUs: one.lastUs});
		prune(one.lastUs);
	};

	/** The same where the source can wait for the disk. */
	const writeNow = (pieces: Iterable<Uint8Array>, file: string) => {
		const descriptor = openSync(file, 'a', fileMode);
		try {
			for (const piece of pieces) {
				for (let at = 0; at < piece.length;) {
					at += writeSync(descriptor, piece, at);
				}
			}
		} finally {
			closeSync(descriptor);
		}
	};

	const pump = async (): Promise<void> => {
		try {
			for (let job = jobs[0]; job; job = jobs[0]) {
				await writeJob(job);
				waiting -= job.octets.length;
				jobs.shift();
			}

			setState('up', '');
		} catch (error) {
			// What was begun is written again, over itself, when there is room.
			retryAtMs = performance.now() + retryMs;
			setState('failing', recordingReason(error));
		}
	};

	const write = () => {
		if (task.waits) {
			for (const {segment: of, octets, isEnd} of jobs.splice(0)) {
				writeNow([octets], segmentFile(folder, of.number, 'pcapng'));
				waiting -= octets.length;
				if (isEnd) {
					close(of);
				}
			}
		} else if (!running && jobs.length > 0 && (state === 'up' || performance.now() >= retryAtMs)) {
			running = pump().finally(() => {
				running = undefined;
			});
		}
	};

	const flush = (isEnd = false) => {
		const octets = segment?.writer.take();
		if (segment && (octets || isEnd)) {
			const some = octets ?? new Uint8Array(0);
			segment.octets += some.length;
			waiting += some.length;
			jobs.push({segment, octets: some, isEnd});
		}

		write();
	};

	const begin = (timeUs: number) => {
		const {records, created} = saver.totals();
		segment = {
			number, writer: createSegmentWriter(application, timeUs, withOwn(places)), firstUs: timeUs, lastUs: timeUs, frames: 0, recordsBefore: records, createdBefore: created,
			takeovers: 0, events: [], letters: '', octets: 0, indexedUs: timeUs, wantsEnd: false,
		};
		if (task.waits) {
			writeNow(saver.cut(), segmentFile(folder, number, 'checkpoint'));
		} else {
			saving = saveCheckpoint(number, saver.cut()).finally(() => {
				saving = undefined;
			});
		}

		number++;
	};

	const end = () => {
		if (segment) {
			const ended = segment;
			flush(true);
			writeIndex(ended, indexOf(ended));
			segment = undefined;
		}
	};

	const isDue = (one: Segment, timeUs: number): boolean => {
		const age = timeUs - one.firstUs;
		const {records, sessions} = saver.totals();
		return age >= task.spanUs || (one.wantsEnd && age >= leastSpanUs) || records - one.recordsBefore >= Math.max(recordsAtMost, sessions * recordsPerSession);
	};

	/** The segment for what comes now. A new one begins before the engine has heard it. */
	const current = (timeUs: number): Segment => {
		if (segment && !saving && isDue(segment, timeUs) && (saver.prepare() || task.waits)) {
			end();
		}

		if (!segment) {
			begin(timeUs);
		}

		segment!.lastUs = Math.max(segment!.lastUs, timeUs);
		return segment!;
	};

	/** Whether there is room for one more; asked before each frame. */
	const hasRoom = (): boolean => {
		const isRoom = waiting + (segment?.writer.waiting() ?? 0) < mostWaiting;
		lost += isRoom ? 0 : 1;
		return isRoom;
	};

	const flushOctets = 262_144;
	const keep = (timeUs: number, put: (writer: SegmentWriter) => void) => {
		const one = current(timeUs);
		if (hasRoom()) {
			put(one.writer);
			one.frames++;
			if (one.writer.waiting() >= flushOctets) {
				flush();
			}
		}
	};

	return {
		tee: sink => ({
			packet(packet) {
				keep(packet.timeUs, writer => {
					writer.packet(packet);
				});
				sink.packet(packet);
			},
			datagram(datagram) {
				keep(datagram.timeUs, writer => {
					writer.datagram(datagram);
				});
				sink.datagram(datagram);
			},
			advance: sink.advance,
			...(sink.clockJumped && {clockJumped: sink.clockJumped}),
			remarked(timeUs, text) {
				keep(timeUs, writer => {
					writer.aside(timeUs, {note: text});
				});
				sink.remarked?.(timeUs, text);
			},
			places(now) {
				places = [...now];
				segment?.writer.aside(segment.lastUs, {places: withOwn(now)});
				sink.places(now);
			},
		}),
		told(timeUs, told) {
			if (!segment || isName(told)) {
				return;
			}

			if (told.event === events.takeover.name) {
				segment.takeovers++;
				segment.wantsEnd = true;
			}

			if (segment.events.length < mostEvents) {
				segment.events.push([timeUs, told]);
				segment.letters += letters.get(told.event) ?? '';
			}
		},
		note(timeUs, text) {
			current(timeUs).writer.aside(timeUs, {note: text.slice(0, 4096)});
		},
		missed(timeUs, what) {
			current(timeUs).writer.aside(timeUs, what);
		},
		tick(nowUs) {
			saver.prepare();
			const one = current(nowUs);
			if (nowUs - beatenUs >= beatUs) {
				beatenUs = nowUs;
				one.writer.aside(nowUs, {beat: wallOffsetUs()});
				if (!lock.isHeld()) {
					setState('failing', 'its lock was taken away, or its folder deleted');
					retryAtMs = Infinity;
				}
			}

			if (lost !== toldLost) {
				setState(state, detail);
			}

			flush();
			if (nowUs - one.indexedUs >= indexUs) {
				one.indexedUs = nowUs;
				writeIndex(one, indexOf(one));
			}
		},
		status,
		async close(nowUs) {
			if (segment) {
				segment.lastUs = Math.max(segment.lastUs, nowUs);
				segment.writer.aside(nowUs, {beat: wallOffsetUs()});
				end();
			}

			retryAtMs = 0;
			await running;
			write();
			await running;
			await saving;
			await handle?.file.close().catch(() => undefined);
			lock.release();
		},
	};
};
