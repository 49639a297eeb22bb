/* What a task names is opened: logs to write and to look at, sources, the table. */
import {events} from '../events/catalogue.js';
import {createCaptureClock} from '../capture/clock.js';
import {combineSources} from '../capture/combine.js';
import {openSource, type OpenedSource} from '../capture/open-source.js';
import {CaptureError, type PacketSink} from '../capture/source.js';
import {createDemo} from '../demo/demo.js';
import {isStopped} from '../ring/shared-ring.js';
import {createTableWriter} from '../table/write/writer.js';
import {tableMemoryProblem} from '../table/memory.js';
import {ago} from '../text/format.js';
import {indexesOf, LogError, openLog, segmentOctets} from '../log/folder.js';
import {takeLock, writerOf} from '../log/lock.js';
import {createLogSource, type LogSource} from '../log/log-source.js';
import {createMergedSource, type MergedLog} from '../log/merged-source.js';
import {newestMoment, recentStart} from '../log/recent.js';
import {type LogTask} from '../log/log-writer.js';
import {recordingReason} from '../recording/file.js';
import {secondUs} from '../wire/second.js';
import {type Timeline} from './timeline.js';
import {type Engine} from './engine.js';
import {hearAside} from './log-engine.js';
import {type LogReading, type MergedReading, type WorkerTask} from './task.js';

/** The other thread says in shared memory that it ends: a message of it waits until a turn of capturing is over. */
const endingOf = ({memory}: WorkerTask) => (): boolean => isStopped(memory.changes);

/** Takes a log to write to. Throws a `CaptureError` when somebody else writes it, or nobody may. */
export const openKeeping = async ({folder}: LogTask) => {
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
export const openPast = async ({folder, follows}: Pick<LogReading, 'folder' | 'follows'>) => {
	try {
		const log = openLog(folder);
		const writer = follows || log.numbers.length === 0 ? await writerOf(folder) : undefined;
		if (log.numbers.length === 0 && writer === undefined) {
			throw new CaptureError(`Cannot read ${folder}: it is a directory, and no log: there is no segment in it, and nobody writes one. Give -r a file, or the folder that -w keeps a log in.`, 2);
		}

		return {log, isWritten: follows && writer !== undefined};
	} catch (error) {
		throw error instanceof LogError
			? new CaptureError(`Cannot read the log ${error.message}.`, 2)
			: error;
	}
};

/** Opens several logs to look at together. Throws a `CaptureError`. */
export const openMerged = async ({logs, follows}: MergedReading): Promise<MergedLog[]> => Promise.all(logs.map(async ({folder, name, differenceUs}) => {
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
		beside: isBeside ? combineSources([openSource({...task.source, isBeside: true, isEnding: endingOf(task)}, timeline, released)], clock) : undefined,
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
export const openTask = (parts: SourceParts): OpenedSource | LogSource => {
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

	return task.demo ? createDemo({seed: task.demo.seed, clock}) : openSource({...task.source, isEnding: endingOf(task)}, timeline, released);
};

/** Hands to one sink what comes from that time on, and to another what comes before: a log is opened from a checkpoint before the moment that is wanted. */
export const sinceThen = (to: PacketSink, before: PacketSink, fromUs: number): PacketSink => Number.isFinite(fromUs) && fromUs > 0
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
export const tableWriter = ({memory, lossless}: WorkerTask) => {
	try {
		return createTableWriter(memory, {waitForReader: lossless});
	} catch (error) {
		throw error instanceof RangeError ? new CaptureError(tableMemoryProblem(memory.sizes.maxSessions), 2) : error;
	}
};
