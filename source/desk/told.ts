/*
What the failover desk tells: in the stream of changes, and in a few words on the timeline; within the bounds of what anyone on the link
can make it tell.
*/
import {type EventKind, type ValuesOfKind} from '../events/describe.js';
import {type Note} from '../events/told.js';
import {type PathReader} from '../table/path-info.js';
import {type TableWriter} from '../table/write/writer.js';
import {type ServiceCensus} from '../census/counts.js';
import {secondUs} from '../wire/second.js';
import {type Director} from './facts/director.js';
import {type Limits} from './facts/limits.js';
import {type NearOwners} from './near-owners.js';
import {type DeskState} from './state.js';

/** What the desk works with: its state, and the ways out of it. Every function of the desk gets it first. */
export type DeskContext = {
	readonly state: DeskState;
	readonly table: TableWriter;
	readonly limits: Limits;
	readonly note: Note;
	/** Time of the first packet. */
	firstUs(): number;
	/** The name of a segment where several are told apart, for what is told. */
	segmentName(segment: number): string | undefined;
	/** The wall clock's time, for what is told. */
	toWallUs(timeUs: number): number;
	/** Addresses of directors that are known, and pairs, by the configuration. */
	readonly configured: ReadonlyArray<readonly string[]>;
	/** The same addresses, each by itself. */
	readonly trusted: ReadonlySet<string>;
	/** A director's first address in the configuration by each further one. */
	readonly aliases: ReadonlyMap<string, string>;
	readonly reader: PathReader;
	/** Virtual addresses that messages named of late, to find them sooner: no part of the state. */
	readonly near: NearOwners;
	/** The last count of the table: made anew when it is too old, no part of the state. `countedUs` 0: something happened since. */
	readonly counted: {countedUs: number; rows: readonly ServiceCensus[]};
};

/** Beside the bound of a kind: on the timeline there is room for some hundred. */
const mostOnTimeline = 16;

/** All senders that are not known count as one subject, so there are not many of these. */
const maxSubjects = 1024;
const maxMoments = 128;
/** All senders that are not known share what may be told of one. */
const strangers = -1;

/** Gives whether there is room for it on the timeline. */
const admit = <Kind extends EventKind>({state: {told}, limits, note, segmentName}: DeskContext, timeUs: number, kind: Kind, director: Director | undefined, values: ValuesOfKind<Kind>): boolean => {
	const {name, bound, optional} = kind;
	const {windows} = told;
	const key = `${name} ${director?.known ? director.index : strangers}`;
	let window = windows.get(key);
	if (!window) {
		if (windows.size >= maxSubjects) {
			windows.clear();
		}

		window = {sinceUs: timeUs, count: 0};
		windows.set(key, window);
	}

	if (Math.abs(timeUs - window.sinceUs) >= (bound?.seconds ?? 0) * secondUs) {
		window.sinceUs = timeUs;
		window.count = 0;
	}

	window.count++;
	const isTold = window.count <= (bound?.most ?? Infinity);
	if (isTold) {
		// Sites may well use the same addresses.
		const segment = director && 'segment' in optional ? segmentName(director.segment) : undefined;
		note(timeUs, kind, segment === undefined ? values : {segment, ...values});
	} else {
		limits.hit('events');
	}

	return isTold && window.count <= mostOnTimeline;
};

/** Tells an event of these directors in the stream of changes and, in a few words, on the timeline. `brief`: instead of the kind's own. */
export const tell = <Kind extends EventKind>(desk: DeskContext, timeUs: number, kind: Kind, directors: readonly Director[], values: ValuesOfKind<Kind>, brief = kind.brief(values)): void => {
	if (admit(desk, timeUs, kind, directors[0], values)) {
		const {timeline} = desk.state.told;
		timeline.push({timeUs, event: kind.name, directors: directors.map(({index}) => index), level: kind.level(values), text: brief});
		if (timeline.length > maxMoments) {
			timeline.shift();
		}
	}
};

/** The same without the timeline. */
export const tellQuietly = <Kind extends EventKind>(desk: DeskContext, timeUs: number, kind: Kind, director: Director, values: ValuesOfKind<Kind>): void => {
	admit(desk, timeUs, kind, director, values);
};
