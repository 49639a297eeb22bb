import {accessSync, chmodSync, constants, mkdirSync, readdirSync, statSync} from 'node:fs';
import path from 'node:path';
import {type Bookmark} from '../engine/status.js';
import {startMonitor, type Monitor} from '../engine/monitor.js';
import {groupOf, indexesOf, isLogPath, listSegments, LogError, openLog} from '../log/folder.js';
import {writerOf} from '../log/lock.js';
import {type LogTask} from '../log/log-writer.js';
import {type LogReading, type MergedReading} from '../engine/task.js';
import {isNatsUrl} from '../nats/target.js';
import {createFirstFile, RecordingError, recordingReason, type RecordingTask} from '../recording/file.js';
import {type Options} from '../options/options.js';
import {type NamedFile} from '../options/option-values.js';
import {createLogIndex, mergeIndexes} from '../sample/log-index.js';
import {type Openers} from '../sample/player.js';
import {createTableMemory, tableMemoryProblem, unreadChanges, type TableMemory} from '../table/memory.js';
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

/** Where the unit keeps its log; a sensor (`-w nats://…`) keeps one for each site beside it. */
const serviceState = '/var/lib/ipvstop/';
const serviceLog = `${serviceState}log/`;

/** The log that was asked for, or those of the service. */
const logsThere = (log: string | undefined): readonly string[] => {
	if (log !== undefined) {
		return [log];
	}

	try {
		return [serviceLog, ...readdirSync(serviceState).filter(name => name.startsWith('sensor-')).sort().map(name => `${serviceState}${name}/`)];
	} catch {
		return [serviceLog];
	}
};

/**
Without a source, the log of the service, where it is being written and may be read. `hint`: why it is not, where it is there and
membership of a group would do, or nobody writes it.
*/
export const withServiceLog = async (options: Options): Promise<{readonly options: Options; readonly hint?: string}> => {
	const {read, via, interfaces, join, demo, write, mode, log} = options;
	if (read.length > 0 || via.length > 0 || interfaces.length > 0 || join || demo || write !== undefined || log === 'none') {
		return {options};
	}

	let hint: string | undefined;
	for (const folder of logsThere(log)) {
		try {
			if (!statSync(folder, {throwIfNoEntry: false})?.isDirectory()) {
				continue;
			}

			accessSync(folder, constants.R_OK | constants.X_OK);
		} catch {
			const group = groupOf(path.dirname(`${folder}.`));
			return {options, hint: `the log of the service (${folder}) is read by the members of the group ${group}; this listens anew`};
		}

		if (await writerOf(folder) !== undefined) {
			// A list is of the present: it is complete at once.
			return {options: {...options, read: [{name: 'log', path: folder}], durationSeconds: mode === 'list' ? undefined : options.durationSeconds}};
		}

		if (listSegments(folder).length > 0) {
			hint ??= `the log of the service (${folder}) is not being written; -r ${folder} opens what it holds; this listens anew`;
		}
	}

	return {options, ...(hint !== undefined && {hint})};
};

/** The logs among what is read. */
const logsOf = ({read}: Options): readonly NamedFile[] => read.filter(({path: one}) => isLogPath(one));

/** Names of logs, each its own: two of one name would be one segment. */
const namesOf = (logs: readonly NamedFile[]): string[] => {
	const names: string[] = [];
	for (const {name} of logs) {
		let own = name;
		for (let serial = 2; names.includes(own); serial++) {
			own = `${name}#${serial}`;
		}

		names.push(own);
	}

	return names;
};

/** Whether several sources are looked at as one, logs among them. */
const isMerged = (options: Options): boolean => logsOf(options).length > 0 && (options.read.length > 1 || !readsOnly(options));

/** What the log holds that is looked at, or the logs. */
export const pastOf = (options: Options): Openers['past'] => {
	const logs = logsOf(options);
	if (logs.length === 0) {
		return undefined;
	}

	const indexes = logs.map(({path: folder, differenceUs = 0}) => createLogIndex(folder, isMerged(options) ? differenceUs : undefined));
	return indexes.length === 1 ? indexes[0]!.read : async () => mergeIndexes(await Promise.all(indexes.map(async ({read}) => read())));
};

export const sinceUs = ({since}: Options): number | undefined => since?.kind === 'span' ? (Date.now() * 1000) - since.us : since?.timeUs;

/** Up to which moment to look at logs; infinite for all. Throws a `LogError`. */
const untilOf = ({at}: Options, folders: readonly string[]): number => {
	if (at?.kind !== 'relative') {
		return at?.timeUs ?? Infinity;
	}

	const first = Math.min(...folders.flatMap(folder => [...indexesOf(openLog(folder)).values()][0]?.firstUs ?? []));
	return (Number.isFinite(first) ? first : 0) + (at.seconds * secondUs);
};

/** Which part of a log to look at, or of several. Throws a `UsageError`. */
const readingOf = (options: Options): {readonly past?: LogReading; readonly merged?: MergedReading} => {
	const logs = logsOf(options);
	const [first] = logs;
	if (!first) {
		return {};
	}

	const {at, mode} = options;
	const isOnScreen = mode === 'screen';
	try {
		const untilUs = untilOf(options, logs.map(({path: folder}) => folder));
		const fromUs = mode === 'report' ? 0 : sinceUs(options) ?? (isOnScreen || mode === 'list' ? Infinity : 0);
		if (isMerged(options)) {
			const isBeside = at === undefined && (options.read.length > logs.length || !readsOnly(options));
			return {merged: {
				logs: namesOf(logs).map((name, index) => ({folder: logs[index]!.path, name, differenceUs: logs[index]!.differenceUs ?? 0})),
				isOnScreen, isBeside, untilUs, fromUs: isBeside && mode !== 'screen' && options.since === undefined ? Infinity : fromUs,
				follows: at === undefined && mode !== 'report' && (mode !== 'list' || isBeside),
			}};
		}

		return {past: {folder: first.path, title: isNatsUrl(first.name) ? first.name : first.path, isOnScreen, untilUs, fromUs, follows: at === undefined && mode !== 'list' && mode !== 'report'}};
	} catch (error) {
		throw error instanceof LogError ? new UsageError(`Cannot read the log ${error.message}.`) : error;
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
type EngineParts = {
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
		read: options.read.filter(({path: one}) => !isLogPath(one)),
		via: options.via,
		pastSeconds: options.since === undefined ? undefined : Math.max(0, ((Date.now() * 1000) - sinceUs(options)!) / secondUs),
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
	...readingOf(options),
	bookmarkEvery,
	bookmark,
	givesWay: readsOnly(options) && (options.mode === 'screen' || bookmarkEvery !== undefined),
});
