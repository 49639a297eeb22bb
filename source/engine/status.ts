import {type Place} from '../capture/source.js';
import {type Director} from '../desk/facts/director.js';
import {type Failover} from '../desk/facts/failover.js';
import {type LimitCount} from '../desk/facts/limits.js';
import {type LogStatus} from '../log/log-writer.js';
import {type RecordingStatus} from '../recording/recording.js';
import {type Tally} from './tally.js';

/** What the capturing thread tells the main thread beside the shared table: small, sent a few times a second. */
export type Status = {
	/** One line that names the source. */
	readonly description: string;
	/** Timeline time at which listening began (live) or of the first packet (files); 0 before. */
	readonly sinceUs: number;
	/** Add to a timeline time to get the wall clock's. */
	readonly wallOffsetUs: number;
	readonly places: readonly Place[];
	readonly segments: readonly string[];
	readonly directors: readonly Director[];
	/** Pairs, takeovers, split brains, and what a takeover now would cost. */
	readonly failover: Failover;
	readonly tally: Tally;
	/** What found no room so far. */
	readonly limits: readonly LimitCount[];
	/** Times of the first and the latest packet, 0 before them. */
	readonly span: {readonly firstUs: number; readonly lastUs: number};
	/** The share of the files that was read, 0 to 1; undefined where there is no telling. */
	readonly progress?: number | undefined;
	/** Where a capture file stands that can be steered; undefined for all other sources. */
	readonly replay: ReplayStatus | undefined;
	/** Undefined when no log is kept. */
	readonly log?: LogStatus | undefined;
	/** A log that is looked at: `isLive` while it is followed and somebody writes it. `isMerged`: several, or one with live sources beside it. */
	readonly past?: {readonly isMerged: boolean; readonly isLive: boolean; readonly problems: readonly string[]} | undefined;
	/** Undefined when nothing is published. */
	readonly publishing?: Publishing | undefined;
	/** Undefined when nothing is recorded. */
	readonly recording: RecordingStatus | undefined;
};

/** How it goes to publish what is heard for viewers elsewhere; the main thread does it. */
export type Publishing = {
	readonly site: string;
	readonly state: 'connecting' | 'connected' | 'away' | 'refused';
	/** Frames and octets that were taken so far, and times that something was sent again. */
	readonly frames: number;
	readonly octets: number;
	readonly repeats: number;
	/** Octets of the log that wait. */
	readonly waiting: number;
	/** Segments of the log that were deleted before they could be published. */
	readonly lost: number;
};

export type ReplayStatus = {
	readonly isPaused: boolean;
	/** Capture seconds per second, infinite for as fast as possible. */
	readonly speed: number;
	/** It stands where it was asked to go, or was asked nothing. */
	readonly isSettled: boolean;
	readonly firstUs: number;
};

/** What an engine knew at one moment of a file, so that whoever goes there need not read what comes before. */
export type Bookmark = {
	/** Of the latest packet. */
	readonly timeUs: number;
	/** So many had been delivered. */
	readonly packets: number;
	/** As `saveEngine` gives it. */
	readonly checkpoint: SharedArrayBuffer;
};

/** Messages from the capturing thread. */
export type FromWorker =
	| {readonly type: 'started'; readonly status: Status}
	| {readonly type: 'status'; readonly status: Status}
	| {readonly type: 'bookmark'; readonly bookmark: Bookmark}
	/** The source will deliver nothing more; everything is applied. */
	| {readonly type: 'ended'; readonly status: Status; readonly problems: readonly string[]; readonly remarks: readonly string[]}
	/** It could not start, or broke. */
	| {readonly type: 'failed'; readonly message: string; readonly exitCode: number};

/** Messages to the capturing thread. */
export type ToWorker =
	| {readonly type: 'stop' | 'pause' | 'resume'}
	/** Privileges are given back: files may be opened. */
	| {readonly type: 'released'}
	/** The recording goes on in a new file. */
	| {readonly type: 'reopen'}
	| {readonly type: 'speed'; readonly speed: number}
	/** To a later moment of a capture file. */
	| {readonly type: 'seek'; readonly timeUs: number}
	/** A remark of the person at the screen, for the stream of changes. */
	| {readonly type: 'note'; readonly timeUs: number; readonly text: string}
	/** How a link fares that this thread does not hold. */
	| {readonly type: 'publishing'; readonly publishing: Publishing}
	/** Something happened to such a link. */
	| {readonly type: 'link'; readonly segment: string; readonly state: 'up' | 'failed'; readonly detail: string};
