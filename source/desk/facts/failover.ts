/*
What the failover desk knows, as the capturing thread hands it over a few times a second: finished values, no clock.
Times are microseconds of the timeline, 0 for never. Directors are numbers: places in `Status.directors`.
Figures count open sessions (TCP and SCTP in ESTABLISHED) unless they say UDP. The sentences about them are made in verdict.ts.
*/

/**
Announced priority 0; its adverts stopped; a higher priority spoke up while it still advertised, or it gave way in order; its addresses were
claimed by another (ARP, neighbour advertisement), no adverts heard; only the sender of sync changed.
*/
export type TakeoverKind = 'planned' | 'crash' | 'preempt' | 'move' | 'sync';

/** How it is known who serves an address. `none`: it is not. */
export type ServingEvidence = 'none' | 'advert' | 'claim' | 'sync';

/** Whether what a director announced itself is still in its kernel. `none`: it never announced any of what is held. */
export type OwnKept = 'yes' | 'likely' | 'unlikely' | 'no' | 'none' | 'unknown';

/** What a director knew of the sessions that were open at one moment. */
export type Coverage = {
	/** Open sessions, all of which it should know. */
	readonly held: number;
	/** Announced by others while it listened: an upper bound, loss at the receiver is invisible. */
	readonly sent: number;
	/** Of those sent: before its daemon was started anew, with no sign that its host was down, so they are likely kept. */
	readonly earlier: number;
	/** Announced by itself. */
	readonly own: number;
	/** `sent`, or `own` if its kernel's table survived (`ownKept` yes or likely). */
	readonly known: number;
	/** `sent` or `own`, whether or not the table survived: `known` at best. */
	readonly best: number;
	/** Of those not known: were not known to the master before either and have been silent since, so they are most likely gone already. */
	readonly stale: number;
	/** Of those not known, beside these: not heard since a takeover before, of which nothing showed that its new master received what it was sent: they may be gone already. */
	readonly silent: number;
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

/**
What the new master's own words tell since: of the sessions held that it was not sent, it can announce only what its kernel kept. Rebuilt:
it announces far more of them than a kept table would by their rhythm, so it makes connections of what it does not know (sysctl sloppy_tcp).
*/
export type OwnWords = {
	/** Its messages since, that had sessions. */
	readonly messages: number;
	/** Announced since, of those that it was not sent but had announced itself before; and how many are due by their rhythm if it kept them. */
	readonly ownHeard: number;
	readonly ownDue: number;
	/** The same of those that it can know from nobody. */
	readonly otherHeard: number;
	readonly otherDue: number;
	/** Of those that it is said to know, and that are due by now: how many, and how many of them were not heard. */
	readonly due: number;
	readonly silent: number;
	/** Real servers among which sessions are spread. */
	readonly reals: number;
};

/** What is to be told of a takeover beyond its numbers, by its new master's own words. */
export type Finding = 'none' | 'kept' | 'gone' | 'rebuilt' | 'lossy';

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
	/** Virtual addresses that moved. */
	readonly vips: readonly string[];
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
	/** The signs by which it is known, each with its name: `advert: …`. */
	readonly evidence: readonly string[];
	readonly words: OwnWords;
	readonly finding: Finding;
	/** Nothing of these addresses was ever announced though others' were: their sessions, if there are any, are unknown to all. */
	readonly isUnprotected: boolean;
	/** We had listened for too short a time to know what was open. */
	readonly isBlind: boolean;
	/** It was away and may have been back, and been sent sessions, for long: nothing here would have shown it. */
	readonly isSentOpen: boolean;
	/** So many further ones may have been sent to it since then. */
	readonly sentAtMost: number;
	/** Of those that it is said to know for having been sent them, nothing shows yet that they arrived: they are so many at most. */
	readonly isAtMost: boolean;
	/** Its words do not show yet whether it makes connections of what it does not know (sysctl sloppy_tcp): if it does, so many resets are to be expected; -1 where that does not matter. */
	readonly ifRebuilt: number;
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
	/** Whose death it is about, and the virtual addresses it serves. */
	readonly from: number;
	readonly vips: readonly string[];
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
	/** Why the adverts of one are nothing to the other, in words; '' when they agree. */
	readonly reason: string;
};

/** Something that deserves a look but is no takeover. */
export type Warning = {
	readonly kind: 'silent-master' | 'sync-goes-on' | 'version-clash' | 'syncid-clash' | 'oversized' | 'wrapped' | 'deaf-backup' | 'no-listener' | 'stranger' | 'wire-loss' | 'active-active' | 'claimed-elsewhere' | 'vip-conflict' | 'unprotected' | 'same-vrid' | 'syncid-deaf';
	/** `note`: worth knowing, nothing is wrong. */
	readonly level: 'warning' | 'note';
	readonly sinceUs: number;
	readonly director: number;
	/** Plain words; directors are named by their address. */
	readonly text: string;
};

/** A virtual address, and who serves it. */
export type Vip = {
	readonly address: string;
	readonly family: 4 | 6;
	readonly segment: number;
	/** -1: unknown. */
	readonly server: number;
	readonly sinceUs: number;
	readonly by: ServingEvidence;
	/** The takeover that moved it last, -1 when none did. */
	readonly takeover: number;
	/** Open TCP and SCTP sessions. */
	readonly open: number;
	/** Another host answers for it: its MAC, and since when; '' and 0 when none does. */
	readonly conflictMac: string;
	readonly conflictUs: number;
	/** Since when it is served and nothing of it was announced, while other addresses are; 0 otherwise. */
	readonly unprotectedUs: number;
};

/** Directors that back each other up: addresses move between them, or the configuration says so. */
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
	/** Virtual addresses that its directors serve, and who serves each. */
	readonly vips: readonly Vip[];
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

/** What the main thread needs to judge single entries: one for each set of addresses with the same server, successor and last takeover. */
export type Ground = {
	readonly segment: number;
	/** The addresses, each as `vipKey` writes it. */
	readonly vips: readonly string[];
	/** The likeliest successor's bit in the masks of an entry, -1 when no listener is known. */
	readonly successorBit: number;
	/** Joins are seen here, and nobody's was: a master that died would leave an empty table. */
	readonly isUnheard: boolean;
	/** What the successor announced itself counts. */
	readonly successorOwn: boolean;
	/** The last takeover of these addresses: -1 when there was none; its moment, and its new master. */
	readonly takeover: number;
	readonly atUs: number;
	readonly to: number;
	/** Nothing tells what the new master knew. */
	readonly isUnsure: boolean;
};

/** Names an address within its segment: its four words. */
export const vipKey = (words: ArrayLike<number>, offset: number): string => `${words[offset]} ${words[offset + 1]} ${words[offset + 2]} ${words[offset + 3]}`;

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
