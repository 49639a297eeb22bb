import {accessSync, chmodSync, constants, mkdirSync, statSync} from 'node:fs';
import path from 'node:path';
import {type Bookmark} from '../engine/status.js';
import {startMonitor, type Monitor} from '../engine/monitor.js';
import {groupOf, indexesOf, isLogPath, LogError, openLog} from '../log/folder.js';
import {writerOf} from '../log/lock.js';
import {type LogTask} from '../log/log-writer.js';
import {type LogReading} from '../engine/worker.js';
import {isNatsUrl} from '../nats/target.js';
import {createFirstFile, RecordingError, recordingReason, type RecordingTask} from '../recording/file.js';
import {type Options} from '../options/options.js';
import {createLogIndex} from '../sample/log-index.js';
import {type Openers} from '../sample/player.js';
import {createTableMemory, tableMemoryProblem, type TableMemory} from '../table/memory.js';
import {createRecordRing} from '../ring/record-ring.js';
import {UsageError} from '../options/usage-error.js';
import {parseAddress} from '../wire/address.js';
import {secondUs} from '../wire/second.js';
import {isUnderSudo} from './privileges.js';

/** Where the kernel sends unless told otherwise (Linux ip_vs_sync.c, IP_VS_SYNC_GROUP). */
export const defaultGroup = '224.0.0.81';

/** A file that is not stdin ends and can wait for a slow reader; nothing of it need be dropped. */
export const isLossless = (options: Options): boolean => options.mode !== 'screen' && readsOnly(options);

/** Nothing is listened to: what was captured before, or comes through a pipe, is read to its end. */
export const readsOnly = ({read, via, interfaces, join}: Options): boolean =>
	read.length > 0 && via.length === 0 && interfaces.length === 0 && !join;

/**
Whether something is opened that takes root or a capability: an interface. Files are read, hosts are reached and groups are joined
with the rights of whoever called sudo.
*/
export const mayNeedRoot = (options: Options): boolean =>
	!readsOnly(options) && !options.join && !options.demo && (options.via.length === 0 || options.interfaces.length > 0);

/** Makes the file that a recording starts with. Throws a `UsageError`. */
export const prepareRecording = (options: Options, version: string): RecordingTask | undefined => {
	if (options.write === undefined || isLogPath(options.write)) {
		return undefined;
	}

	const task = {
		path: options.write, application: `ipvstop ${version}`, fileOctets: options.writeOctets, fileSeconds: options.writeSeconds, files: options.writeFiles,
		waits: isLossless(options),
	};
	try {
		return {...task, ...createFirstFile(task, options.read.map(one => one.path), Date.now() * 1000)};
	} catch (error) {
		throw error instanceof RecordingError ? new UsageError(error.message) : error;
	}
};

/** A checkpoint each ten minutes, and where there was a takeover or much was heard. */
const segmentUs = 600 * secondUs;

/** What is made in the folder belongs to its group. Where systemd forbids to say so, its state directory says it. */
const keepGroup = (folder: string): void => {
	try {
		chmodSync(folder, 0o2750);
	} catch {}
};

/** Makes the folder of a log. Throws a `UsageError`. */
export const prepareLog = (options: Options, version: string): LogTask | undefined => {
	if (options.write === undefined || !isLogPath(options.write)) {
		return undefined;
	}

	if (isUnderSudo()) {
		throw new UsageError('a log is not kept under sudo: give ipvstop the capability alone, as its unit does (setpriv --ambient-caps +net_raw --inh-caps +net_raw), or record to a file');
	}

	const folder = options.write.endsWith('/') ? options.write : `${options.write}/`;
	try {
		if (mkdirSync(folder, {recursive: true, mode: 0o750}) !== undefined && !statSync(folder).mode.toString(8).endsWith('2750')) {
			keepGroup(folder);
		}
	} catch (error) {
		throw new UsageError(`Cannot keep a log in ${folder}: ${recordingReason(error)}. Give -w a folder that you may write to.`);
	}

	return {
		folder, application: `ipvstop ${version}`, mostOctets: options.writeOctets, mostAgeUs: options.writeAgeUs, spanUs: segmentUs, waits: isLossless(options) || readsOnly(options),
	};
};

/** Where the unit keeps its log. */
const serviceLog = '/var/lib/ipvstop/log/';

/**
Without a source, the log of the service, where it is being written and may be read. `hint`: why it is not, where it is there and
membership of a group would do.
*/
export const withServiceLog = async (options: Options): Promise<{readonly options: Options; readonly hint?: string}> => {
	const {read, via, interfaces, join, demo, write, mode, log} = options;
	if (read.length > 0 || via.length > 0 || interfaces.length > 0 || join || demo || write !== undefined || log === 'none') {
		return {options};
	}

	const folder = log ?? serviceLog;
	try {
		if (!statSync(folder, {throwIfNoEntry: false})?.isDirectory()) {
			return {options};
		}

		accessSync(folder, constants.R_OK | constants.X_OK);
	} catch {
		const group = groupOf(path.dirname(`${folder}.`));
		return {options, hint: `the log of the service (${folder}) is read by the members of the group ${group}; this listens anew`};
	}

	const isWritten = await writerOf(folder) !== undefined;
	// A list is of the present: it is complete at once.
	return isWritten ? {options: {...options, read: [{name: 'log', path: folder}], durationSeconds: mode === 'list' ? undefined : options.durationSeconds}} : {options};
};

/** The log that is looked at, if one is. */
const logOf = ({read}: Options): string | undefined => read.length === 1 && isLogPath(read[0]!.path) ? read[0]!.path : undefined;

/** What the log holds that is looked at. */
export const pastOf = (options: Options): Openers['past'] => {
	const folder = logOf(options);
	return folder === undefined ? undefined : createLogIndex(folder).read;
};

export const sinceUs = ({since}: Options): number | undefined => since?.kind === 'span' ? (Date.now() * 1000) - since.us : since?.timeUs;

/** Which part of a log to look at. Throws a `UsageError`. */
const readingOf = (options: Options): LogReading | undefined => {
	const folder = logOf(options);
	if (folder === undefined) {
		return undefined;
	}

	const {at, mode} = options;
	const isOnScreen = mode === 'screen';
	try {
		const first = at?.kind === 'relative' ? [...indexesOf(openLog(folder)).values()][0] : undefined;
		const untilUs = at === undefined ? Infinity : (at.kind === 'absolute' ? at.timeUs : (first?.firstUs ?? 0) + (at.seconds * secondUs));
		const {name} = options.read[0]!;
		return {folder, title: isNatsUrl(name) ? name : folder, isOnScreen, untilUs, fromUs: mode === 'report' ? 0 : sinceUs(options) ?? (isOnScreen || mode === 'list' ? Infinity : 0), follows: at === undefined && mode !== 'list'};
	} catch (error) {
		throw error instanceof LogError ? new UsageError(`Cannot read the log ${error.message}. It is read by the members of the group ${groupOf(folder)}.`) : error;
	}
};

/** What a recording lacks, in words, once it is over; undefined when nothing. */
export const recordingProblem = (monitor: Monitor): string | undefined => {
	const recording = monitor.status()?.recording;
	const missing = recording && recording.state !== 'closed' ? recording.lost + recording.waiting : 0;
	return recording && (missing > 0 || recording.state === 'failing')
		? `the recording to ${recording.file} is not complete (${missing} packets are missing)${recording.detail ? `: ${recording.detail}` : ''}`
		: undefined;
};

/** Changes kept where nobody reads them: the ring then stays in the cache and takes 1 MB, not 64. */
const unreadChanges = 16_384;

/** Throws a `UsageError` when the system gives that much memory to no process, or not to this one. */
const tableMemory = ({mode, triggers, metrics, maxSessions}: Options): TableMemory => {
	try {
		return createTableMemory({maxSessions, ...(mode === 'list' && triggers.length === 0 && metrics === undefined && {changeCapacity: unreadChanges})});
	} catch (error) {
		throw error instanceof RangeError ? new UsageError(tableMemoryProblem(maxSessions)) : error;
	}
};

/** Records between two bookmarks of a file: what is read anew after a jump, at most. */
export const recordsOfBookmark = 1_000_000;

/** What a thread is given beside the options. */
export type EngineParts = {
	readonly recording?: RecordingTask | undefined;
	readonly log?: LogTask | undefined;
	/** Words before each command that it starts. */
	readonly through: readonly string[];
	/** See `WorkerTask`. */
	readonly bookmarkEvery?: number | undefined;
	readonly bookmark?: Bookmark | undefined;
};

/** Starts the capturing thread as the options say. */
export const startEngine = (options: Options, {recording, log, through, bookmarkEvery, bookmark}: EngineParts): Monitor => startMonitor({
	memory: tableMemory(options),
	source: {
		screen: options.mode === 'screen',
		interfaces: options.interfaces,
		join: options.join,
		passive: options.passive,
		read: options.read,
		via: options.via,
		through,
		groups: options.groups.length > 0 ? options.groups : [defaultGroup],
		ports: Array.from({length: options.ports.to - options.ports.from + 1}, (_, index) => options.ports.from + index),
		until: options.at,
		known: bookmark?.packets,
		speed: options.speed,
	},
	demo: options.demo ? {seed: options.seed} : undefined,
	dissector: {
		groups: options.groups.map(text => parseAddress(text)!),
		...(!(options.ports.from === 8848 && options.ports.to === 8848) && {ports: options.ports}),
	},
	syncids: options.syncids,
	from: options.from,
	pairs: options.pairs.map(({directors}) => directors),
	applyRecords: options.mode !== 'records' || options.metrics !== undefined || options.triggers.length > 0,
	records: options.mode === 'records' ? createRecordRing() : undefined,
	// Nobody reads the changes for a list, nor where there is no text: nobody can be waited for.
	lossless: isLossless(options) && (options.mode === 'events' || options.mode === 'records' || options.mode === 'report'),
	awaitsRelease: mayNeedRoot(options),
	recording,
	choice: recording && readsOnly(options) && options.filter !== '' ? {filter: options.filter, aliases: options.aliases} : undefined,
	log,
	past: readingOf(options),
	bookmarkEvery,
	bookmark,
});
