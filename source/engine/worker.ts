import {readlinkSync} from 'node:fs';
import {constants, getPriority, setPriority} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {parentPort, workerData} from 'node:worker_threads';
import {events} from '../events/catalogue.js';
import {createCaptureClock} from '../capture/clock.js';
import {combineSources} from '../capture/combine.js';
import {openSource, type OpenedSource, type SourceOptions} from '../capture/open-source.js';
import {CaptureError, type PacketSink} from '../capture/source.js';
import {createDemo} from '../demo/demo.js';
import {createTableWriter} from '../table/write/writer.js';
import {tableMemoryProblem, type TableMemory} from '../table/memory.js';
import {createRecordRingWriter} from '../ring/record-ring.js';
import {type DissectorOptions} from '../wire/dissect.js';
import {type RingMemory} from '../ring/shared-ring.js';
import {ago} from '../text/format.js';
import {createRecorder, type RecordingStatus} from '../recording/recording.js';
import {groupOf, indexesOf, LogError, openLog, segmentOctets} from '../log/folder.js';
import {takeLock, writerOf} from '../log/lock.js';
import {createLogSource, type LogSource} from '../log/log-source.js';
import {createMergedSource, type MergedLog} from '../log/merged-source.js';
import {newestMoment, recentStart} from '../log/recent.js';
import {createLogWriter, type LogTask} from '../log/log-writer.js';
import {recordingReason, type RecordingTask} from '../recording/file.js';
import {secondUs} from '../wire/second.js';
import {type Choice, type ChoiceTask} from './choice.js';
import {createSteadyOffset, createTimeline, systemClocks, type Timeline} from './timeline.js';
import {createEngine, type Engine, type EngineOptions} from './engine.js';
import {markingSink} from './bookmarks.js';
import {restoreEngine} from './checkpoint/checkpoint.js';
import {engineOfLog, hearAside, readRest, saverOf} from './log-engine.js';
import {type Bookmark, type FromWorker, type Publishing, type Status, type ToWorker} from './status.js';

/** What one thread is to do; passed as it starts. */
export type WorkerTask = {
	readonly memory: TableMemory;
	readonly source: SourceOptions;
	/** Simulated directors in its place. */
	readonly demo: {readonly seed: number} | undefined;
	readonly dissector: DissectorOptions;
	readonly syncids: readonly number[];
	readonly from: readonly string[];
	/** Rebuild the table. */
	readonly applyRecords: boolean;
	/** Pass on every record here. */
	readonly records: RingMemory | undefined;
	/** Wait for the reader rather than overwrite changes and records that it has not read. */
	readonly lossless: boolean;
	/** Files may be opened only when `released` is told: privileges are given back then. */
	readonly awaitsRelease: boolean;
	/** Write down what is captured. */
	readonly recording: RecordingTask | undefined;
	/** Only the frames that a filter lets through. */
	readonly choice?: ChoiceTask | undefined;
	/** Keep a log of what is captured. */
	readonly log?: LogTask | undefined;
	/** Look at a log; there is no other source then. */
	readonly past?: LogReading | undefined;
	/** Look at several, or at one with live sources beside it. */
	readonly merged?: MergedReading | undefined;
	/** Make a bookmark after so many records; none by default. */
	readonly bookmarkEvery?: number | undefined;
	/** Go on from there; `source.known` says as many packets. */
	readonly bookmark?: Bookmark | undefined;
	/** Addresses of directors that are known, and pairs, by the configuration. */
	readonly pairs: ReadonlyArray<readonly string[]>;
	/** What is read can wait: whoever draws and answers keys comes first. Never where packets are captured. */
	readonly givesWay?: boolean | undefined;
};

/** Which part of a log to look at. */
export type LogReading = {
	readonly folder: string;
	/** What it is called on the screen. */
	readonly title: string;
	/** Where to begin: at the nearest checkpoint before. */
	readonly fromUs: number;
	/** Where to stop, or to stand first on the screen. */
	readonly untilUs: number;
	/** Follow it where it is being written. */
	readonly follows: boolean;
	/** On the screen: what is not followed goes at a pace. */
	readonly isOnScreen: boolean;
};

/** Which part of several logs to look at. */
export type MergedReading = Pick<LogReading, 'follows' | 'isOnScreen' | 'untilUs'> & {
	readonly logs: ReadonlyArray<{
		readonly folder: string;
		readonly name: string;
		/** Add this to the times of its writer to get this host's; microseconds. */
		readonly differenceUs: number;
	}>;
	/** Where to begin: some time before, so that what was open then is known. Infinite: now, or where they end. */
	readonly fromUs: number;
	/** Live sources are listened to as well. */
	readonly isBeside: boolean;
};

const tickMs = 100;
const statusTicks = 3;
/** A writer that was away for less heard nearly all: two adverts may be missing. */
const leastGapUs = 3 * secondUs;

/** Takes a log to write to. Throws a `CaptureError` when somebody else writes it, or nobody may. */
const openKeeping = async ({folder}: LogTask) => {
	try {
		const lock = await takeLock(folder);
		if (typeof lock === 'string') {
			throw new CaptureError(`The log ${folder} is being written by ${lock}. Look at it with -r ${folder}, or keep another one.`, 2);
		}

		const log = openLog(folder);
		const indexes = indexesOf(log);
		const sizes = log.numbers.map(number => segmentOctets(log, number));
		const kept = log.numbers.map((number, place) => {
			const index = indexes.get(number);
			return {number, octets: sizes[place]!, firstUs: index?.firstUs ?? 0, lastUs: index?.lastUs ?? 0};
		});
		return {lock, log, kept};
	} catch (error) {
		throw error instanceof CaptureError ? error : new CaptureError(`Cannot keep a log in ${folder}: ${recordingReason(error)}. Give -w a folder that you may write to.`, 2);
	}
};

/** Opens a log to look at. Throws a `CaptureError`. */
const openPast = async ({folder, follows}: Pick<LogReading, 'folder' | 'follows'>) => {
	try {
		const log = openLog(folder);
		const writer = follows || log.numbers.length === 0 ? await writerOf(folder) : undefined;
		if (log.numbers.length === 0 && writer === undefined) {
			throw new CaptureError(`Cannot read ${folder}: it is a directory, and no log: there is no segment in it, and nobody writes one. Give -r a file, or the folder that -w keeps a log in.`, 2);
		}

		return {log, isWritten: follows && writer !== undefined};
	} catch (error) {
		throw error instanceof LogError
			? new CaptureError(`Cannot read the log ${error.message}. It is read by the members of the group ${groupOf(folder)}.`, 2)
			: error;
	}
};

/** Opens several logs to look at together. Throws a `CaptureError`. */
const openMerged = async ({logs, follows}: MergedReading): Promise<MergedLog[]> => Promise.all(logs.map(async ({folder, name, differenceUs}) => {
	const {log, isWritten} = await openPast({folder, follows});
	return {log, name, differenceUs, isWritten: isWritten ? async () => await writerOf(folder) !== undefined : undefined};
}));

/** What several logs say, and what is heard live beside them. */
const openMergedSource = ({task, timeline, released, engine}: SourceParts, logs: readonly MergedLog[]): LogSource => {
	const {fromUs, untilUs, isOnScreen, isBeside} = task.merged!;
	const clock = {...createCaptureClock(), ...timeline};
	const isLive = isBeside || logs.some(({isWritten}) => isWritten);
	const wantedUs = Math.min(fromUs, untilUs);
	const momentUs = Number.isFinite(wantedUs) ? wantedUs : (isLive ? clock.nowUs() : newestMoment(logs) ?? clock.nowUs());
	return createMergedSource({
		logs, untilUs, speed: task.source.speed, clock,
		fromUs: wantedUs <= 0 ? 0 : recentStart(logs, momentUs),
		isPaced: isOnScreen && !isLive,
		wallOffsetUs: timeline.wallOffset,
		beside: isBeside ? combineSources([openSource({...task.source, isBeside: true}, timeline, released)], clock) : undefined,
		onAside(timeUs, log, {note, gap, slept}) {
			// What one of them missed says nothing of the others.
			const detail = [
				...(note === undefined ? [] : [`note: ${note}`]),
				...(gap === undefined ? [] : [`not heard for ${ago((timeUs - gap) / secondUs)}`]),
				...(slept === undefined ? [] : [`its host slept ${ago(slept / secondUs)}`]),
			];
			if (detail.length > 0) {
				engine.note(timeUs, events.source, {segment: log, state: 'up', detail: detail.join('; ')});
			}
		},
	});
};

type SourceParts = {
	readonly task: WorkerTask;
	readonly timeline: Timeline;
	readonly released: Promise<void>;
	readonly past: Awaited<ReturnType<typeof openPast>> | undefined;
	readonly merged: readonly MergedLog[] | undefined;
	/** The segment that the engine stands at. */
	readonly first: number | undefined;
	readonly engine: Engine;
};

/** What is listened to or read. */
const openTask = (parts: SourceParts): OpenedSource | LogSource => {
	const {task, timeline, released, past, merged, first, engine} = parts;
	if (merged) {
		return openMergedSource(parts, merged);
	}

	const clock = {...createCaptureClock(), ...timeline};
	if (past) {
		const {folder, title, untilUs, isOnScreen} = task.past!;
		return createLogSource({
			log: past.log, title, first, untilUs, speed: task.source.speed, clock,
			isWritten: past.isWritten ? async () => await writerOf(folder) !== undefined : undefined,
			isPaced: isOnScreen && !past.isWritten,
			onAside(timeUs, aside) {
				hearAside(engine, timeUs, aside);
			},
		});
	}

	return task.demo ? createDemo({seed: task.demo.seed, clock}) : openSource(task.source, timeline, released);
};

/** Hands to one sink what comes from that time on, and to another what comes before: a log is opened from a checkpoint before the moment that is wanted. */
const sinceThen = (to: PacketSink, before: PacketSink, fromUs: number): PacketSink => Number.isFinite(fromUs) && fromUs > 0
	? {
		...to,
		packet(packet) {
			(packet.timeUs < fromUs ? before : to).packet(packet);
		},
		datagram(datagram) {
			(datagram.timeUs < fromUs ? before : to).datagram(datagram);
		},
	}
	: to;

/** Throws a `CaptureError` when there is no memory for the index. */
const tableWriter = ({memory, lossless}: WorkerTask) => {
	try {
		return createTableWriter(memory, {waitForReader: lossless});
	} catch (error) {
		throw error instanceof RangeError ? new CaptureError(tableMemoryProblem(memory.sizes.maxSessions), 2) : error;
	}
};

/** The one thread that captures, decodes and writes the table. */
/**
Lowers the priority of this thread alone: on Linux each has its own (setpriority(2)). A screen on a file has two threads that read it, and with the
third that draws two cores to share: a key then waited for whichever had the core.
*/
const giveWay = () => {
	try {
		setPriority(Number(path.basename(readlinkSync('/proc/thread-self'))), Math.min(constants.priority.PRIORITY_LOW, getPriority() + constants.priority.PRIORITY_BELOW_NORMAL));
	} catch {
		// Elsewhere, or where /proc is hidden, all are alike.
	}
};

const run = async (port: NonNullable<typeof parentPort>, task: WorkerTask) => {
	if (task.givesWay) {
		giveWay();
	}

	const post = (message: FromWorker) => {
		port.postMessage(message);
	};

	const keeping = task.log && await openKeeping(task.log);
	const past = task.past && await openPast(task.past);
	const merged = task.merged && await openMerged(task.merged);
	let mayOpen = !task.awaitsRelease;
	const released = Promise.withResolvers<void>();
	if (mayOpen) {
		released.resolve();
	}

	let toWallUs = (timeUs: number): number => timeUs;
	/** Of this host; none before there is a source. */
	let ownAddresses = (): readonly string[] => [];
	// A filter is loaded where there is one.
	const {createChoice} = task.choice ? await import('./choice.js') : {};
	const choice: Choice | undefined = task.choice && createChoice?.(task.choice, {
		segment: index => engine.segments.names()[index],
		director(index) {
			const director = engine.directors.all()[index];
			return director && [director.address];
		},
	});
	const options: Omit<EngineOptions, 'table'> = {
		dissector: task.dissector,
		applyRecords: task.applyRecords,
		records: task.records && createRecordRingWriter(task.records, {waitForReader: task.lossless}),
		syncids: task.syncids,
		from: task.from,
		groups: task.source.groups,
		ownAddresses: () => ownAddresses(),
		pairs: task.pairs,
		choice,
		toWallUs: timeUs => toWallUs(timeUs),
	};
	// What is looked at goes on from its own past; a log that is kept meanwhile is one of what is read.
	const goesOn = past || merged ? undefined : keeping;
	const log = past?.log ?? goesOn?.log;
	const fresh = (): Engine => createEngine({...options, table: tableWriter(task)});
	const restored = log && engineOfLog(log, past ? Math.min(task.past!.fromUs, task.past!.untilUs) : Infinity, {...options, memory: task.memory, waitForReader: task.lossless}, fresh);
	const engine: Engine = restored?.engine ?? (task.bookmark ? restoreEngine(new Uint8Array(task.bookmark.checkpoint), {...options, memory: task.memory, waitForReader: task.lossless}) : fresh());
	if (goesOn && restored) {
		readRest(goesOn.log, restored);
	}

	const timeline = createTimeline(systemClocks, log ? engine.state.nowUs : 0);
	const wallOffset = createSteadyOffset(timeline.wallOffset);
	const source = openTask({task, timeline, released: released.promise, past, merged, first: restored?.first, engine});
	ownAddresses = () => source.ownAddresses;
	const isLive = source.pace === 'monotonic';
	if (isLive) {
		toWallUs = timeUs => timeUs + wallOffset();
	}

	const logSource = past || merged ? source as LogSource : undefined;
	let startedUs = 0;

	const noteRecording = ({file, state, detail, lost}: RecordingStatus) => {
		engine.note(isLive ? timeline.nowUs() : engine.lastPacketUs(), events.source, {recording: file, state, detail, lost});
		if (state === 'closed') {
			source.close();
		}
	};

	const recorder = task.recording && createRecorder({
		...task.recording,
		toWallUs,
		mayOpen: () => mayOpen,
		onChange: noteRecording,
	});

	const logWriter = keeping && createLogWriter({
		task: task.log!,
		lock: keeping.lock,
		saver: saverOf(engine),
		next: (keeping.log.numbers.at(-1) ?? 0) + 1,
		kept: keeping.kept,
		wallOffsetUs: () => isLive ? wallOffset() : 0,
		onChange({folder, state, detail, lost}) {
			engine.note(isLive ? timeline.nowUs() : engine.state.nowUs, events.source, {recording: folder, state, detail, lost});
		},
	});
	if (logWriter) {
		engine.tell(logWriter.told);
	}

	let publishing: Publishing | undefined;
	const status = (): Status => ({
		description: source.description,
		// A demo has heard its past already.
		sinceUs: isLive ? Math.min(startedUs, engine.firstUs() || startedUs) : engine.firstUs(),
		wallOffsetUs: isLive ? wallOffset() : (logSource?.wallOffsetUs() ?? 0),
		log: logWriter?.status(),
		past: logSource && {isMerged: merged !== undefined, isLive: logSource.isFollowing(), problems: past?.log.problems ?? merged!.flatMap(({log: {problems}}) => problems)},
		places: engine.places(),
		segments: engine.segments.names(),
		directors: engine.directors.all(),
		failover: engine.failover(),
		tally: engine.tally,
		limits: engine.limits(),
		span: {firstUs: engine.firstUs(), lastUs: engine.lastPacketUs()},
		progress: 'progress' in source ? source.progress?.() : undefined,
		replay: source.controls && {
			isPaused: source.controls.paused, speed: source.controls.speed, isSettled: source.controls.settled, firstUs: engine.firstUs(),
		},
		recording: recorder?.status(),
		publishing,
	});

	let ticks = 0;
	let lastPacketUs = 0;
	let lastPacketReadUs = 0;
	/** A stream's time is its last packet's plus what has passed here since, so that expiries go on when it falls silent. */
	const advanceStream = () => {
		const packetUs = engine.lastPacketUs();
		if (packetUs !== lastPacketUs) {
			lastPacketUs = packetUs;
			lastPacketReadUs = timeline.nowUs();
		}

		if (packetUs > 0) {
			engine.sink.advance(packetUs + timeline.nowUs() - lastPacketReadUs);
		}
	};

	const tick = () => {
		const asleepUs = timeline.noticeSuspend();
		if (logWriter && mayOpen && startedUs > 0) {
			if (asleepUs > 0) {
				logWriter.missed(timeline.nowUs(), {slept: asleepUs});
			}

			logWriter.tick(isLive ? timeline.nowUs() : engine.state.nowUs);
		}

		if (isLive) {
			engine.sink.advance(timeline.nowUs());
			if (asleepUs > 0) {
				engine.note(timeline.nowUs(), events.suspend, {seconds: asleepUs / secondUs});
			}
		}

		if (source.pace === 'stream') {
			advanceStream();
		}

		recorder?.tick(performance.now());

		if (ticks++ % statusTicks === 0) {
			post({type: 'status', status: status()});
		}
	};

	const timer = setInterval(tick, tickMs);
	const stop = async () => {
		clearInterval(timer);
		source.close();
		await recorder?.close();
		await logWriter?.close(isLive ? timeline.nowUs() : engine.state.nowUs);
		post({type: 'status', status: status()});
		port.close();
		// A handle of libpcap may keep the thread's loop alive until the next packet.
		process.exit(0);
	};

	port.on('message', (message: ToWorker) => {
		switch (message.type) {
			case 'stop': {
				void stop();
				return;
			}

			case 'pause': {
				source.controls?.pause();
				break;
			}

			case 'resume': {
				source.controls?.resume();
				break;
			}

			case 'speed': {
				source.controls?.setSpeed(message.speed);
				break;
			}

			case 'seek': {
				void source.controls?.seek(message.timeUs).then(() => {
					post({type: 'status', status: status()});
				});
				break;
			}

			case 'released': {
				mayOpen = true;
				released.resolve();
				break;
			}

			case 'reopen': {
				recorder?.reopen();
				break;
			}

			case 'note': {
				engine.note(message.timeUs, events.note, {text: message.text});
				recorder?.note(message.timeUs, message.text);
				logWriter?.note(message.timeUs, message.text);
				break;
			}

			case 'publishing': {
				({publishing} = message);
				break;
			}

			case 'link': {
				const {segment, state, detail} = message;
				engine.note(isLive ? timeline.nowUs() : engine.state.nowUs, events.source, {segment, state, detail});
				break;
			}
		}

		post({type: 'status', status: status()});
	});

	if (goesOn && engine.state.nowUs > 0) {
		const fromUs = engine.state.nowUs;
		const toUs = timeline.nowUs();
		if (toUs - fromUs > leastGapUs) {
			engine.missed(fromUs, toUs);
			logWriter?.missed(toUs, {gap: fromUs});
		}
	}

	const applied = task.bookmarkEvery === undefined
		? engine.sink
		: markingSink(engine, task.bookmarkEvery, bookmark => {
			post({type: 'bookmark', bookmark});
		});
	const recorded = recorder ? sinceThen(recorder.tee(applied, choice), applied, task.past?.fromUs ?? -Infinity) : applied;
	await source.start(logWriter ? logWriter.tee(recorded) : recorded);
	startedUs = timeline.nowUs();
	post({type: 'started', status: status()});
	void source.controls?.whenSettled().then(() => {
		post({type: 'status', status: status()});
	});
	const {problems, remarks = []} = await source.ended;
	engine.settle();
	clearInterval(timer);
	await recorder?.close();
	await logWriter?.close(engine.state.nowUs);
	post({type: 'ended', status: status(), problems, remarks});
};

if (parentPort) {
	const port = parentPort;
	run(port, workerData as WorkerTask).catch((error: unknown) => {
		const failure: FromWorker = error instanceof CaptureError
			? {type: 'failed', message: error.message, exitCode: error.exitCode}
			: {type: 'failed', message: `Internal error: ${error instanceof Error ? error.stack ?? error.message : String(error)}`, exitCode: 1};
		port.postMessage(failure);
		port.close();
	});
}
