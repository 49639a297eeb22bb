import process from 'node:process';
import {parentPort, workerData} from 'node:worker_threads';
import {events} from '../events/catalogue.js';
import {createCaptureClock} from '../capture/clock.js';
import {openSource, type OpenedSource, type SourceOptions} from '../capture/open-source.js';
import {CaptureError} from '../capture/source.js';
import {createDemo} from '../demo/demo.js';
import {createTableWriter} from '../table/write/writer.js';
import {tableMemoryProblem, type TableMemory} from '../table/memory.js';
import {createRecordRingWriter} from '../ring/record-ring.js';
import {type DissectorOptions} from '../wire/dissect.js';
import {type RingMemory} from '../ring/shared-ring.js';
import {createRecorder, type RecordingStatus} from '../recording/recording.js';
import {type RecordingTask} from '../recording/file.js';
import {createSteadyOffset, createTimeline, systemClocks} from './timeline.js';
import {createEngine} from './engine.js';
import {type FromWorker, type Status, type ToWorker} from './status.js';

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
	/** Addresses of directors that are known, and pairs, by the configuration. */
	readonly pairs: ReadonlyArray<readonly string[]>;
};

const tickMs = 100;
const statusTicks = 3;

/** Throws a `CaptureError` when there is no memory for the index. */
const tableWriter = ({memory, lossless}: WorkerTask) => {
	try {
		return createTableWriter(memory, {waitForReader: lossless});
	} catch (error) {
		throw error instanceof RangeError ? new CaptureError(tableMemoryProblem(memory.sizes.maxSessions), 2) : error;
	}
};

/** The one thread that captures, decodes and writes the table. */
const run = async (port: NonNullable<typeof parentPort>, task: WorkerTask) => {
	const post = (message: FromWorker) => {
		port.postMessage(message);
	};

	const timeline = createTimeline(systemClocks);
	let mayOpen = !task.awaitsRelease;
	const released = Promise.withResolvers<void>();
	if (mayOpen) {
		released.resolve();
	}

	const source: OpenedSource = task.demo
		? createDemo({seed: task.demo.seed, clock: {...createCaptureClock(), ...timeline}})
		: openSource(task.source, timeline, released.promise);
	const isLive = source.pace === 'monotonic';
	const wallOffset = createSteadyOffset(timeline.wallOffset);
	const toWallUs = (timeUs: number): number => isLive ? timeUs + wallOffset() : timeUs;
	const engine = createEngine({
		dissector: task.dissector,
		table: tableWriter(task),
		applyRecords: task.applyRecords,
		records: task.records && createRecordRingWriter(task.records, {waitForReader: task.lossless}),
		syncids: task.syncids,
		from: task.from,
		groups: task.source.groups,
		ownAddresses: () => source.ownAddresses,
		pairs: task.pairs,
		toWallUs,
	});
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

	const status = (): Status => ({
		description: source.description,
		// A demo has heard its past already.
		sinceUs: isLive ? Math.min(startedUs, engine.firstUs() || startedUs) : engine.firstUs(),
		wallOffsetUs: isLive ? wallOffset() : 0,
		places: engine.places(),
		segments: engine.segments.names(),
		directors: engine.directors.all(),
		failover: engine.failover(),
		tally: engine.tally,
		limits: engine.limits(),
		span: {firstUs: engine.firstUs(), lastUs: engine.lastPacketUs()},
		replay: source.controls && {
			isPaused: source.controls.paused, speed: source.controls.speed, isSettled: source.controls.settled, firstUs: engine.firstUs(),
		},
		recording: recorder?.status(),
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
		if (isLive) {
			engine.sink.advance(timeline.nowUs());
			if (asleepUs > 0) {
				engine.note(timeline.nowUs(), events.suspend, {seconds: asleepUs / 1_000_000});
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
				break;
			}
		}

		post({type: 'status', status: status()});
	});

	await source.start(recorder ? recorder.tee(engine.sink) : engine.sink);
	startedUs = timeline.nowUs();
	post({type: 'started', status: status()});
	void source.controls?.whenSettled().then(() => {
		post({type: 'status', status: status()});
	});
	const {problems} = await source.ended;
	engine.settle();
	clearInterval(timer);
	await recorder?.close();
	post({type: 'ended', status: status(), problems});
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
