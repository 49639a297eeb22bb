/*
What the failover desk knows, described for checkpoints field by field; the compiler wants each of them here. Numbers that name directors,
routers, owners and takeovers are checked when the whole is there.
*/
import {type CoverageCounts, type ServiceRow} from '../../census/counts.js';
import {
	arrayOf, CheckpointError, doubles, flag, integer, map, oneOf, optional, real, set, struct, text, words, type Shape,
} from '../../checkpoint/shape.js';
import {maxDirectors, ownBits, type Director, type VrrpInstance} from '../../desk/facts/director.js';
import {type Accounting, type CurvePoint, type Moment, type OwnWords, type SplitBrain} from '../../desk/facts/failover.js';
import {secondWords} from '../../desk/registry.js';
import {
	type Announcer, type ClaimState, type ConflictState, type DeskState, type Loss, type OwnersState, type OwnerState, type PairMemory, type PairsState, type Quota, type RegistryState,
	type RouterState, type SplitState, type Stream, type Survival, type TakeoverState, type TakeoversState, type ToldState,
} from '../../desk/state.js';

/** Above the bounds that the desk itself keeps to. */
const most = 65_536;
const name = text(65_536);
const reals = arrayOf(real, most);
const names = arrayOf(name, most);
const family = oneOf(4, 6);
const listOf = <T>(shape: Shape<T>): Shape<T[]> => arrayOf(shape, most);
const index = integer(-1, most);
const indices = arrayOf(index, most);
const listeningEvidence = oneOf('none', 'igmp', 'mld', 'vrrp', 'assumed');

const vrrpInstance = struct<VrrpInstance>({
	segment: real, family, vrid: real, isUnicast: flag, priority: real, intervalMs: real, saidIntervalMs: real, version: oneOf(2, 3), auth: oneOf('none', 'pass', 'ah', 'unknown'),
	addressWords: reals, addresses: names, saidWords: reals, lastUs: real, identification: real, reignUs: real, adverts: real, previousUs: real, reignIdentification: real,
	formerUs: real, formerIdentification: real, formerPriority: real,
});

const director = struct<Director>({
	index: integer(0, maxDirectors - 1), segment: integer(), place: integer(), address: name, family, otherAddresses: names, mac: name, macHigh: real, macLow: real,
	bit: integer(0, ownBits), known: flag, firstUs: real, lastUs: real, messages: real, records: real, messagesPerSecond: real, recordsPerSecond: real, lostMessages: real,
	restarts: real, firstSyncUs: real, lastSyncUs: real, previousSyncUs: real, formerSyncUs: real, version: real, syncid: real, syncids: reals, versions: reals, port: real,
	group: name, sourcePort: real, sourcePortSinceUs: real, largestMessage: real, fragmentedMessages: real, wrappedMessages: real, strangeAdvertUs: real, lastAdvertUs: real,
	vrid: real, priority: real, intervalMs: real, instances: listOf(vrrpInstance), masterSinceUs: real, servedUntilUs: real, gaveWayUs: real, floodedUs: real,
	listeningSinceUs: real, listeningEvidence, rejoinedUs: real, listenedSinceUs: real, listenedUntilUs: real, listenedEvidence: listeningEvidence, joinSeen: flag,
	joinsVrrp: flag, interfaceUpUs: real, heardFromStart: flag, forgotten: real,
});

const registry = struct<RegistryState>({
	directors: arrayOf(director, maxDirectors), others: index, byAddress: map(name, index, most), byMac: map(name, index, most), upTimes: map(name, real, most),
	vrrpMembers: set(name, most), said: map(name, name, most), trustedHeard: map(name, real, most),
	last: struct<RegistryState['last']>({director: index, segment: real, kind: name, family: real, macHigh: real, macLow: real, words: reals}),
	secondWord: optional(struct<NonNullable<RegistryState['secondWord']>>({hashes: words(secondWords), times: doubles(secondWords)})),
	quotas: arrayOf(struct<Quota>({known: integer(), byReport: integer(), ofTrusted: integer()}), most),
	recentJoins: map(index, struct<{sinceUs: number; count: number}>({sinceUs: real, count: real}), most),
	counted: arrayOf(struct<RegistryState['counted'][number]>({messages: real, records: real}), maxDirectors), countedUs: real,
});

const stream = struct<Stream>({director: index, destinationPort: real, sourcePort: real, last: real});
const loss = struct<Loss>({director: index, timeUs: real, lost: real});

const router = struct<RouterState>({
	id: index, segment: real, family, vrid: real, master: index, speakers: indices, standIn: optional(vrrpInstance), missedUs: real, splitUs: real, challenger: index, challengedUs: real,
});

const owner = struct<OwnerState>({
	id: index, segment: real, family, address: name, words: reals, key: name, server: index, sinceUs: real, by: oneOf('none', 'advert', 'claim', 'sync'), takeover: index, router: index,
	claim: optional(struct<ClaimState>({director: index, mac: name, timeUs: real, newsSinceUs: real, news: real, repeats: real})),
	conflict: optional(struct<ConflictState>({mac: name, director: index, sinceUs: real, lastUs: real, isReply: flag, isTold: flag})),
	announcers: listOf(struct<Announcer>({director: index, firstUs: real, lastUs: real, messages: real})), bothSinceUs: real, isShared: flag, unprotectedUs: real,
});

const owners = struct<OwnersState>({list: listOf(owner), byKey: map(name, index, most), byStrangers: real});

const pairMemory = struct<PairMemory>({
	begunUs: reals, bothSinceUs: real, isActiveActive: flag, contests: listOf(struct<PairMemory['contests'][number]>({timeUs: real, director: index})), sender: index,
});

const pairs = struct<PairsState>({parents: indices, memories: map(index, pairMemory, most)});

const serviceRow = struct<ServiceRow>({
	service: real, owner: index, syncid: real, name, udp: flag, reals: real,
	counts: struct<CoverageCounts>({held: real, sent: real, earlier: real, own: real, both: real, staleUnsent: real, staleUnknown: real, silentUnsent: real, silentUnknown: real}),
});

const counts = {heard: real, closed: real, ranout: real, moved: real, waiting: real, overdue: real} as const;

const takeover = struct<TakeoverState>({
	id: index, kind: oneOf('planned', 'crash', 'preempt', 'move', 'sync'), from: index, to: index, atUs: real, owners: indices, advertUs: real, messageUs: real, claimedUs: real,
	isRepeated: flag, fromLastUs: real, fromFormerSyncUs: real, vrids: reals, fromPriority: real, toPriority: real, services: listOf(serviceRow),
	survival: struct<Survival>({kept: oneOf('yes', 'likely', 'unlikely', 'no', 'unknown'), evidence: name}), failBack: flag, evidence: names,
	listening: struct<TakeoverState['listening']>({sinceUs: real, untilUs: real, evidence: listeningEvidence}), forgotten: real, awaySinceUs: real, fromSyncUs: real,
	lostMessages: real, blindBeforeUs: real, isUnprotected: flag, isBlind: flag, isSentVoid: flag, isSentOpen: flag, sentAtMost: real, accounts: map(name, struct<Accounting>(counts), most),
	words: struct<OwnWords>({messages: real, ownHeard: real, ownDue: real, otherHeard: real, otherDue: real, due: real, silent: real, reals: real}),
	finding: oneOf('none', 'kept', 'gone', 'rebuilt', 'lossy'), wordsFirstMs: real, wordsLastMs: real, messages: real, curve: listOf(struct<CurvePoint>({timeUs: real, ...counts})),
	step: integer(), isStruck: flag, isJudged: flag, settled: flag, told: name,
});

const takeovers = struct<TakeoversState>({count: integer(), list: listOf(takeover), pending: listOf(takeover)});

const split = struct<SplitState>({
	split: struct<SplitBrain>({
		sinceUs: real, endUs: real, by: oneOf('vrrp', 'sync'), vrid: real, directors: indices, priorities: reals, onlyBy: reals, claimant: index, claimUs: real, winner: index, reason: name,
	}),
	router: index,
});

const moment = struct<Moment>({timeUs: real, event: name, directors: indices, level: oneOf('alarm', 'warning', 'note'), text: name});

const told = struct<ToldState>({
	windows: map(name, struct<{sinceUs: number; count: number}>({sinceUs: real, count: real}), most),
	timeline: listOf(moment),
});

export const deskShape: Shape<DeskState> = struct<DeskState>({
	registry, streams: listOf(stream), losses: listOf(loss), routers: listOf(router), owners, pairs, takeovers, splits: listOf(split), told, contested: real, packetUs: real,
});

/** Throws a `CheckpointError` when something is named that is not there. `segments`: how many have a name. */
export const checkDesk = ({registry: {directors, byAddress, byMac, others, last}, streams, losses, routers, owners: {list, byKey}, pairs: {parents, memories}, takeovers: {list: all, pending}, splits, told: {timeline}}: DeskState, segments: number): void => {
	const within = (what: string, limit: number, numbers: Iterable<number>, least = -1): void => {
		for (const one of numbers) {
			if (one < least || one >= limit) {
				throw new CheckpointError(`names a ${what} ${one} of ${limit}`);
			}
		}
	};

	const ofDirectors = (numbers: Iterable<number>, least = -1): void => {
		within('director', directors.length, numbers, least);
	};

	const inOrder = (what: string, ids: readonly number[]): void => {
		if (ids.some((id, place) => id !== place)) {
			throw new CheckpointError(`has a ${what} in the place of another`);
		}
	};

	inOrder('director', directors.map(one => one.index));
	inOrder('router', routers.map(({id}) => id));
	inOrder('owner', list.map(({id}) => id));
	within('segment', segments, [...directors, ...routers, ...list].map(({segment}) => segment), 0);
	ofDirectors([...byAddress.values(), ...byMac.values()], 0);
	ofDirectors([others, last.director, ...routers.flatMap(({master, challenger}) => [master, challenger])]);
	ofDirectors([...streams, ...losses].map(one => one.director), 0);
	ofDirectors([...routers.flatMap(({speakers}) => speakers), ...parents, ...memories.keys()], 0);
	ofDirectors([...memories.values()].flatMap(({contests, sender}) => [sender, ...contests.map(one => one.director)]));
	ofDirectors(list.flatMap(({server, claim, conflict, announcers}) => [server, claim?.director ?? -1, conflict?.director ?? -1, ...announcers.map(one => one.director)]));
	within('router', routers.length, [...list.map(one => one.router), ...splits.map(one => one.router)]);
	within('owner', list.length, [...byKey.values()], 0);
	for (const {from, to, owners: moved, services} of [...all, ...pending]) {
		ofDirectors([from, to], 0);
		within('owner', list.length, moved, 0);
		within('owner', list.length, services.map(one => one.owner));
	}

	for (const {split: {directors: members, claimant, winner}} of splits) {
		ofDirectors(members, 0);
		ofDirectors([claimant, winner]);
	}

	ofDirectors(timeline.flatMap(one => one.directors));
};
