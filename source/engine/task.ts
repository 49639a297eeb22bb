import {type SourceOptions} from '../capture/open-source.js';
import {type TableMemory} from '../table/memory.js';
import {type DissectorOptions} from '../wire/dissect.js';
import {type RingMemory} from '../ring/shared-ring.js';
import {type LogTask} from '../log/log-writer.js';
import {type RecordingTask} from '../recording/file.js';
import {type ChoiceTask} from './choice.js';
import {type Bookmark} from './status.js';

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
