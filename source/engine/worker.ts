import {readlinkSync} from 'node:fs';
import {constants, getPriority, setPriority} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {type MessagePort, parentPort, workerData} from 'node:worker_threads';
import {events} from '../events/catalogue.js';
import {CaptureError} from '../capture/source.js';
import {createRecordRingWriter} from '../ring/record-ring.js';
import {createRecorder, type RecordingStatus} from '../recording/recording.js';
import {type LogSource} from '../log/log-source.js';
import {createLogWriter} from '../log/log-writer.js';
import {complaintsOf} from '../log/folder.js';
import {secondUs} from '../wire/second.js';
import {type Choice} from './choice.js';
import {createSteadyOffset, createTimeline, systemClocks} from './timeline.js';
import {createEngine, type Engine, type EngineOptions} from './engine.js';
import {markingSink} from './bookmarks.js';
import {restoreEngine} from './checkpoint/checkpoint.js';
import {engineOfLog, readRest, saverOf} from './log-engine.js';
import {type FromWorker, type Publishing, type Status, type ToWorker} from './status.js';
import {openKeeping, openPast, openMerged, openTask, sinceThen, tableWriter} from './opening.js';
import {type WorkerTask} from './task.js';

/** What costs most while next to nothing comes is to wake up. */
const tickMs = 200;
const statusTicks = 2;
/** A writer that was away for less heard nearly all: two adverts may be missing. */
const leastGapUs = 3 * secondUs;

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

/** The one thread that captures, decodes and writes the table. */
const run = async (port: MessagePort, task: WorkerTask) => {
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
		ownAddresses: () => ownAddresses(),
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
		past: logSource && {isMerged: merged !== undefined, isLive: logSource.isFollowing(), problems: (past ? [past] : merged!).flatMap(one => complaintsOf(one.log, undefined))},
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
	const tasks = workerData as MessagePort;
	tasks.once('message', (task: WorkerTask) => {
		tasks.close();
		run(port, task).catch((error: unknown) => {
			const failure: FromWorker = error instanceof CaptureError
				? {type: 'failed', message: error.message, exitCode: error.exitCode}
				: {type: 'failed', message: `Internal error: ${error instanceof Error ? error.stack ?? error.message : String(error)}`, exitCode: 1};
			port.postMessage(failure);
			port.close();
		});
	});
}
