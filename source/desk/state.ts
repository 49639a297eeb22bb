/*
All that the desk knows, as one plain value: numbers, text, arrays, maps and sets of those, typed arrays, no functions. `structuredClone`
copies it, a checkpoint can hold it; the functions of the other files work on it. Each part belongs to one file, named at its type.

Directors, routers, owners and takeovers name each other by their places in the lists here. Times in microseconds, 0 for never.
*/
import {type ServiceRow} from '../census/counts.js';
import {type Accounting, type CurvePoint, type Finding, type ListeningEvidence, type Moment, type OwnKept, type OwnWords, type ServingEvidence, type SplitBrain, type TakeoverKind} from './facts/failover.js';
import {type Director, type VrrpInstance} from './facts/director.js';

/** Of what forgers could use up, a place has shares of its own: senders believed by their word, bits of listeners known by a group report alone, bits of those of the configuration. */
export type Quota = {known: number; byReport: number; ofTrusted: number};

/** Who was heard, and who is believed (registry.ts). */
export type RegistryState = {
	readonly directors: Director[];
	/** Place of the one that stands for all that are not told apart, -1 while there are none. */
	others: number;
	/** By `segment word word word word`, and by `place MAC`. */
	readonly byAddress: Map<string, number>;
	readonly byMac: Map<string, number>;
	/** When interfaces came up of hosts of which nothing else is known yet, and hosts in the group of VRRP, by `place MAC`. */
	readonly upTimes: Map<string, number>;
	readonly vrrpMembers: Set<string>;
	/** By `index kind family`: the address from which a director says this kind of thing. */
	readonly said: Map<string, string>;
	/** In how many segments an address of the configuration was heard. */
	readonly trustedHeard: Map<string, number>;
	/** Nearly every frame comes from the sender of the one before it; that one is found again without making text. */
	readonly last: {director: number; segment: number; kind: string; family: number; macHigh: number; macLow: number; readonly words: number[]};
	/** Who spoke of late, by hash: made when there are more senders than are told apart at their first word. */
	secondWord: {readonly hashes: Int32Array; readonly times: Float64Array} | undefined;
	/** By place (source, site). */
	readonly quotas: Quota[];
	/** Joins of a director within some seconds. */
	readonly recentJoins: Map<number, {sinceUs: number; count: number}>;
	/** Messages and records up to the last count of rates, by director. */
	readonly counted: Array<{messages: number; records: number}>;
	countedUs: number;
};

/** One thread of one director's sync (streams.ts). */
export type Stream = {readonly director: number; readonly destinationPort: number; sourcePort: number; last: number};

/** A burst of lost messages (streams.ts). */
export type Loss = {readonly director: number; timeUs: number; lost: number};

/** A virtual router: directors that advertise one number in one segment and family, with addresses that overlap (routers.ts). */
export type RouterState = {
	readonly id: number;
	readonly segment: number;
	readonly family: 4 | 6;
	readonly vrid: number;
	/** Who was found to be master last; it may be silent or have resigned by now. */
	master: number;
	/** Directors that advertised it. */
	readonly speakers: number[];
	/** What a master that took over by its sync is judged by until its adverts come. */
	standIn: VrrpInstance | undefined;
	/** Since when the master is missed, 0 while it is heard. */
	missedUs: number;
	/** Several masters since then, 0 when there is one. */
	splitUs: number;
	/** Who advertised once with a higher priority than the reigning master's, and when: nothing else says yet that it is master. -1: nobody. */
	challenger: number;
	challengedUs: number;
};

/** Who announced sessions of an address (owners.ts). */
export type Announcer = {readonly director: number; readonly firstUs: number; lastUs: number; messages: number};

/** Who claimed an address last (owners.ts). */
export type ClaimState = {director: number; mac: string; timeUs: number; newsSinceUs: number; news: number; repeats: number};

/** Somebody else answers for an address (owners.ts). */
export type ConflictState = {readonly mac: string; director: number; readonly sinceUs: number; lastUs: number; readonly isReply: boolean; isTold: boolean};

/** A virtual address: who serves it is the desk's first fact (owners.ts). */
export type OwnerState = {
	readonly id: number;
	readonly segment: number;
	readonly family: 4 | 6;
	readonly address: string;
	/** Its four words, and the same as text. */
	readonly words: readonly number[];
	readonly key: string;
	/** Who serves it, -1 while that is unknown; since when, and by which evidence. */
	server: number;
	sinceUs: number;
	by: ServingEvidence;
	/** The takeover that moved it last, -1 when none did. */
	takeover: number;
	/** The virtual router in whose list it is, -1 when it is in none. */
	router: number;
	claim: ClaimState | undefined;
	conflict: ConflictState | undefined;
	readonly announcers: Announcer[];
	/** Two directors announce its sessions in turn: since when; and whether for long enough that both serve it. */
	bothSinceUs: number;
	isShared: boolean;
	unprotectedUs: number;
};

export type OwnersState = {
	readonly list: OwnerState[];
	/** By `segment key`. */
	readonly byKey: Map<string, number>;
	/** Of these, made by senders that are not known. */
	byStrangers: number;
};

/** What is remembered of directors that belong together, under the first of them (pairs.ts). */
export type PairMemory = {
	/** When changes of who serves were weighed, of late. */
	begunUs: number[];
	/** Since when several serve, and whether for long enough. */
	bothSinceUs: number;
	isActiveActive: boolean;
	/** Times of announcements of one session by two directors, by the later one. */
	contests: Array<{readonly timeUs: number; readonly director: number}>;
	/** Who sent last, where there are no adverts. */
	sender: number;
};

export type PairsState = {
	/** By director: another one it belongs to, or itself. */
	readonly parents: number[];
	readonly memories: Map<number, PairMemory>;
};

/** Whether a director's kernel still holds what it held before it was away, and by which sign. */
export type Survival = {readonly kept: Exclude<OwnKept, 'none'>; readonly evidence: string};

/** One takeover from its first sign until its figures settle (takeover.ts). */
export type TakeoverState = {
	readonly id: number;
	kind: TakeoverKind;
	readonly from: number;
	readonly to: number;
	readonly atUs: number;
	/** Addresses that moved. */
	readonly owners: number[];
	advertUs: number;
	messageUs: number;
	/** First claim of one of its addresses by the new master, and whether it was repeated. */
	claimedUs: number;
	isRepeated: boolean;
	/** Last sign of the old master: advert, or message where there are none. */
	fromLastUs: number;
	/** Last message of the old master before it. */
	readonly fromFormerSyncUs: number;
	readonly vrids: number[];
	fromPriority: number;
	toPriority: number;
	services: ServiceRow[];
	survival: Survival;
	readonly failBack: boolean;
	readonly evidence: string[];
	readonly listening: {readonly sinceUs: number; readonly untilUs: number; readonly evidence: ListeningEvidence};
	/** Open sessions it may know beyond those counted: sent to it before it joined anew. */
	readonly forgotten: number;
	readonly awaySinceUs: number;
	/** The new master was away, and nobody saw it listen since: what it was sent earlier may be gone. */
	readonly isSentVoid: boolean;
	/** And nothing tells for how long it has been back: it may have been sent much since. */
	readonly isSentOpen: boolean;
	/** Open sessions that it may have been sent since it was away, where nobody would have seen it listen. */
	readonly sentAtMost: number;
	fromSyncUs: number;
	readonly lostMessages: number;
	readonly blindBeforeUs: number;
	readonly isUnprotected: boolean;
	readonly isBlind: boolean;
	/** By `service syncid`. */
	accounts: Map<string, Accounting>;
	words: OwnWords;
	/** What they show, once they do. */
	finding: Finding;
	/** What those of its new master's words that came first and last tell apart: a single message proves nothing. */
	wordsFirstMs: number;
	wordsLastMs: number;
	/** Places of messages of the new master since. */
	messages: number;
	curve: CurvePoint[];
	/** Place in the list of moments at which it is counted. */
	step: number;
	/** What its new master had announced before was struck from the table. */
	isStruck: boolean;
	/** Its first message was heard and weighed. */
	isJudged: boolean;
	settled: boolean;
	/** What was told of it last, so that news are told. */
	told: string;
};

export type TakeoversState = {
	count: number;
	/** Oldest first. */
	list: TakeoverState[];
	/** Changes of the sender alone that are not sure yet. */
	pending: TakeoverState[];
};

/** Two masters at once, and of which virtual router: -1 by sync alone (splits.ts). */
export type SplitState = {split: SplitBrain; readonly router: number};

/** What was told of late (events.ts). */
export type ToldState = {
	readonly windows: Map<string, {sinceUs: number; count: number}>;
	readonly timeline: Moment[];
};

export type DeskState = {
	readonly registry: RegistryState;
	readonly streams: Stream[];
	readonly losses: Loss[];
	readonly routers: RouterState[];
	readonly owners: OwnersState;
	readonly pairs: PairsState;
	readonly takeovers: TakeoversState;
	readonly splits: SplitState[];
	readonly told: ToldState;
	/** Sessions announced by two directors in turn, up to the last message: the table's own count. */
	contested: number;
	/** Time of the packet at hand. */
	packetUs: number;
};

export const createDeskState = (): DeskState => ({
	registry: {
		directors: [], others: -1, byAddress: new Map(), byMac: new Map(), upTimes: new Map(), vrrpMembers: new Set(), said: new Map(), trustedHeard: new Map(),
		last: {director: -1, segment: -1, kind: '', family: 0, macHigh: -1, macLow: 0, words: [0, 0, 0, 0]},
		secondWord: undefined, quotas: [], recentJoins: new Map(), counted: [], countedUs: 0,
	},
	streams: [],
	losses: [],
	routers: [],
	owners: {list: [], byKey: new Map(), byStrangers: 0},
	pairs: {parents: [], memories: new Map()},
	takeovers: {count: 0, list: [], pending: []},
	splits: [],
	told: {windows: new Map(), timeline: []},
	contested: 0,
	packetUs: 0,
});
