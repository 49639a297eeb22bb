/*
What the failover desk knows, as the capturing thread hands it over a few times a second: finished values, no clock.
Times are microseconds of the timeline, 0 for never. Directors are numbers: places in `Status.directors`.
Figures count open sessions (TCP and SCTP in ESTABLISHED) unless they say UDP. The sentences about them are made in verdict.ts.
*/

/** Announced priority 0; its adverts stopped; a higher priority spoke up while it still advertised; only the sender of sync changed. */
export type TakeoverKind = 'planned' | 'crash' | 'preempt' | 'sync';

/** Whether what a director announced itself is still in its kernel. `none`: it never announced any of what is held. */
export type OwnKept = 'yes' | 'likely' | 'unlikely' | 'no' | 'none' | 'unknown';

/** What a director knew of the sessions that were open at one moment. */
export type Coverage = {
	/** Open sessions, all of which it should know. */
	readonly held: number;
	/** Announced by others while it listened: an upper bound, loss at the receiver is invisible. */
	readonly sent: number;
	/** Announced by itself. */
	readonly own: number;
	/** `sent`, or `own` if its kernel's table survived (`ownKept` yes or likely). */
	readonly known: number;
	/** `sent` or `own`, whether or not the table survived: `known` at best. */
	readonly best: number;
	/** Of those not known: were not known to the master before either and have been silent since, so they are most likely gone already. */
	readonly stale: number;
};

/** What became of the open sessions held at a takeover; the six sum to `held`. */
export type Accounting = {
	/** Again, from the new master. */
	readonly heard: number;
	readonly closed: number;
	readonly ranout: number;
	readonly moved: number;
	/** Not heard again yet: normal, an inherited flow is announced after 50 client packets. */
	readonly waiting: number;
	/** Silent for longer than its own earlier rhythm needs for 50 client packets. */
	readonly overdue: number;
};

/** One virtual service of a pair. TCP and SCTP count ESTABLISHED, UDP all flows. */
export type ServiceTakeover = {
	/** Id of the service in the table, and its text as in `192.0.2.10:443/tcp`. */
	readonly service: number;
	readonly name: string;
	readonly udp: boolean;
	readonly coverage: Coverage;
	readonly accounting: Accounting;
};

export type CurvePoint = Accounting & {readonly timeUs: number};

export type Takeover = {
	/** Counts up over all pairs. */
	readonly id: number;
	readonly kind: TakeoverKind;
	readonly from: number;
	readonly to: number;
	/** First advert of the new master, or its first message when that came first. */
	readonly atUs: number;
	/** The two, 0 as long as it was not heard. */
	readonly advertUs: number;
	readonly messageUs: number;
	/** Since the last advert of the old master, or its last message when there are no adverts. */
	readonly gapUs: number;
	/** From the last message of the old master to the first of the new; 0 until then. */
	readonly syncGapUs: number;
	readonly vrids: readonly number[];
	readonly fromPriority: number;
	readonly toPriority: number;
	readonly coverage: Coverage;
	/** UDP flows: not reset, but scheduled anew, when they are not known. */
	readonly udp: Coverage;
	readonly ownKept: OwnKept;
	/** What `ownKept` is judged by, in words. */
	readonly ownEvidence: string;
	/** `to` was the master before. */
	readonly failBack: boolean;
	/** What `kind` is judged by, in words. */
	readonly evidence: readonly string[];
	/** The new master's listening: since when, 0 when never; and how that is known. */
	readonly listenedSinceUs: number;
	readonly listenedUs: number;
	readonly listeningEvidence: ListeningEvidence;
	/** Silence of the new master before it came back, 0 when it had not been away. */
	readonly awayUs: number;
	/** Its last sign before this silence. */
	readonly awaySinceUs: number;
	/** Last message of the old master that was heard since, 0 when none: its kernel still forwards. */
	readonly fromSyncUs: number;
	readonly fromLastAdvertUs: number;
	/** Sync messages lost on the way or inside the old master while the new one listened: each may hold 40 records. */
	readonly lostMessages: number;
	/** Since when we listen, where that limits what can be said (a monitor that started less than two minutes before); else 0. */
	readonly blindBeforeUs: number;
	/** First claim of a virtual address by the new master after the takeover (gratuitous ARP, neighbour advertisement); 0: none heard. */
	readonly claimedUs: number;
	/** Of open TCP and SCTP sessions. */
	readonly accounting: Accounting;
	readonly udpAccounting: Accounting;
	/** With most sessions held first, at most 64. */
	readonly services: readonly ServiceTakeover[];
	/** The accounting over time, at most 64 points, oldest first. */
	readonly curve: readonly CurvePoint[];
	/** The accounting is final: another takeover followed, or the longest timeout is over. */
	readonly settled: boolean;
};

export type ListeningEvidence = 'none' | 'igmp' | 'mld' | 'vrrp' | 'assumed';

/** Coverage of one listener now, as if the master died. */
export type Forecast = {
	readonly director: number;
	readonly listeningSinceUs: number;
	readonly evidence: ListeningEvidence;
	readonly coverage: Coverage;
	readonly ownKept: OwnKept;
	readonly ownEvidence: string;
	/** It was the master before the last takeover, and not by giving way: its takeover would be a fail-back. */
	readonly failBack: boolean;
	/** Known to it, but expected to run out before the next announcement is due. */
	readonly runningOut: number;
	/** With most open sessions first, at most 64; their accounting is of the last takeover. */
	readonly services: ReadonlyArray<{readonly service: number; readonly name: string; readonly udp: boolean; readonly coverage: Coverage}>;
};

export type SplitBrain = {
	readonly sinceUs: number;
	/** 0 while it lasts. */
	readonly endUs: number;
	/** By adverts of two directors, or by sync messages alone. */
	readonly by: 'vrrp' | 'sync';
	readonly vrid: number;
	readonly directors: readonly number[];
	readonly priorities: readonly number[];
	/** Open sessions announced since by this director that the others do not know, in the order of `directors`. */
	readonly onlyBy: readonly number[];
	/** Who claimed a virtual address last, -1 when nobody was heard to, and when. */
	readonly claimant: number;
	readonly claimUs: number;
	/** Who is left after the end, -1 before. */
	readonly winner: number;
};

/** Something that deserves a look but is no takeover. */
export type Warning = {
	readonly kind: 'silent-master' | 'sync-goes-on' | 'version-clash' | 'syncid-clash' | 'oversized' | 'wrapped' | 'deaf-backup' | 'no-listener' | 'stranger' | 'wire-loss' | 'active-active' | 'claimed-elsewhere';
	/** `note`: worth knowing, nothing is wrong. */
	readonly level: 'warning' | 'note';
	readonly sinceUs: number;
	readonly director: number;
	/** Plain words; directors are named by their address. */
	readonly text: string;
};

/** Directors that back each other up: a segment, a group, a base port, and sync ids. */
export type Pair = {
	readonly id: number;
	readonly segment: number;
	/** '' while no sync message was heard. */
	readonly group: string;
	readonly port: number;
	readonly syncids: readonly number[];
	readonly vrids: readonly number[];
	/** All that are or were part of it, in the order in which they were heard. */
	readonly directors: readonly number[];
	/** Master by VRRP, else who sends; -1 when nobody does. */
	readonly master: number;
	readonly masterSinceUs: number;
	readonly masterBy: 'advert' | 'sync' | 'none';
	/** Both send for good, by their own adverts or by disjoint sessions. */
	readonly activeActive: boolean;
	/** Who claimed a virtual address last, -1 when nobody was heard to. */
	readonly claimant: number;
	readonly claimUs: number;
	/** Open sessions now. */
	readonly open: number;
	readonly udp: number;
	/** One for each listener, the likeliest successor first: fate is judged by that one. */
	readonly forecasts: readonly Forecast[];
	/** Oldest first, at most 8. */
	readonly takeovers: readonly Takeover[];
	/** The last one; `endUs` tells whether it is over. */
	readonly splitBrain: SplitBrain | undefined;
	readonly warnings: readonly Warning[];
};

/** What the main thread needs to judge single entries, one for each segment and sync id of a pair. */
export type Ground = {
	readonly segment: number;
	/** Sync ids it covers; empty: all of the segment. */
	readonly syncids: readonly number[];
	/** The likeliest successor's bit in the masks of an entry, -1 when no listener is known. */
	readonly successorBit: number;
	/** What the successor announced itself counts. */
	readonly successorOwn: boolean;
	/** The last takeover: -1 when there was none. */
	readonly takeover: number;
	/** Its number in the entries (`takeoverGeneration`), and its moment. */
	readonly generation: number;
	readonly atUs: number;
	/** The new master's bit, and whether what it had announced before counted. */
	readonly toBit: number;
};

/** A line of the timeline. */
export type Moment = {
	readonly timeUs: number;
	/** Name of the event as in the stream of changes. */
	readonly event: string;
	/** Directors it is about. */
	readonly directors: readonly number[];
	readonly level: 'alarm' | 'warning' | 'note';
	/** A few words without time and name. */
	readonly text: string;
};

export type Failover = {
	/** With most open sessions first. */
	readonly pairs: readonly Pair[];
	readonly grounds: readonly Ground[];
	/** Oldest first, at most 128. */
	readonly timeline: readonly Moment[];
	/** When the figures above were counted; takeovers are counted at once. */
	readonly countedUs: number;
};

export const emptyFailover: Failover = {pairs: [], grounds: [], timeline: [], countedUs: 0};
