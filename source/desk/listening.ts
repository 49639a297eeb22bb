/*
Since when each director listens to the sync group, and by which evidence. Listening ends with a leave, with the daemon, with a boot: not
with mastership, for both daemons may run on one director.
*/
import {events} from '../events/catalogue.js';
import {entryDirector, entryExpiresMs, entryPath, entryRank, entrySent, entryWords, isEstablishedRank} from '../table/entry.js';
import {controlAt, numberAt, type TableArrays} from '../table/memory.js';
import {type FrameInfo, type GroupReport} from '../wire/observation.js';
import {secondUs} from '../wire/second.js';
import {hasGivenWay, mayHoldMore, missesAdverts, sharedBit, type Director} from './facts/director.js';
import {type ListeningEvidence} from './facts/failover.js';
import {thresholds} from './facts/thresholds.js';
import {entriesOf, giveBit, trustByReport} from './registry.js';
import {type DeskState, type TakeoverState} from './state.js';
import {tell, tellQuietly, type DeskContext} from './told.js';

/** Joins that follow a leave, or an interface that came up, so often in ten seconds: each costs a walk through the table. */
const maxJoins = 8;
const joinsWithinUs = 10 * secondUs;

/** How many open TCP and SCTP sessions of these owners were sent to the director of this bit. One pass over the table. */
const countSent = ({entries, control, numbers}: TableArrays, bit: number, isIts: (owner: number) => boolean): number => {
	let count = 0;
	const nowMs = Math.floor((numbers[numberAt.nowUs]! - numbers[numberAt.originUs]!) / 1000);
	const highWater = Atomics.load(control, controlAt.highWater);
	for (let slot = 1; slot <= highWater; slot++) {
		const at = slot * entryWords;
		const wasSent = entryPath(entries, at) !== 0 && ((entrySent(entries, at) >>> bit) & 1) === 1;
		if (wasSent && isEstablishedRank(entryRank(entries, at)) && entryExpiresMs(entries, at) > nowMs && isIts(entryDirector(entries, at))) {
			count++;
		}
	}

	return count;
};

/** What was announced before was not sent to it. Gives how many open sessions had been sent to it earlier. */
const clearSent = ({table, state}: DeskContext, director: Director): number => {
	const {bit} = director;
	if (bit === sharedBit) {
		return 0;
	}

	const isIts = entriesOf(state, director);
	const count = countSent(table.arrays, bit, isIts);
	table.clearSent(bit, isIts);
	return count;
};

/** It advertised or announced until a moment ago, so it runs and its kernel keeps what it holds. */
const isUnbroken = ({priority, lastAdvertUs, intervalMs, lastSyncUs, interfaceUpUs, gaveWayUs}: Director, timeUs: number): boolean =>
	(priority !== 0 && lastAdvertUs > 0 && timeUs - lastAdvertUs <= thresholds.silentIntervals * intervalMs * 1000)
	|| (gaveWayUs > 0 && timeUs - gaveWayUs <= thresholds.gaveWayUs)
	|| (lastSyncUs > 0 && timeUs - lastSyncUs <= thresholds.messageDelayUs && interfaceUpUs < lastSyncUs);

/**
It listened, said no more than that since, and joins anew; its interface did not come up meanwhile. So its daemon was started anew on a host
that ran on: what it was sent before is likely still there.
*/
const isRestart = ({interfaceUpUs, listenedUntilUs, listenedSinceUs, lastSyncUs, lastAdvertUs}: Director): boolean =>
	listenedUntilUs > 0 && lastSyncUs <= listenedSinceUs && lastAdvertUs <= listenedSinceUs && interfaceUpUs <= listenedSinceUs;

/** It left the group, or nothing is known of it from now on. */
export const endListening = (director: Director, timeUs: number): void => {
	if (director.listeningSinceUs > 0) {
		director.listenedSinceUs = director.listeningSinceUs;
		director.listenedUntilUs = timeUs;
		director.listenedEvidence = director.listeningEvidence;
	}

	director.listeningSinceUs = 0;
	director.listeningEvidence = 'none';
};

/** `keeps`: its kernel still holds what it was sent before. */
const begins = (desk: DeskContext, director: Director, timeUs: number, evidence: ListeningEvidence, keeps: boolean): void => {
	const isAnew = !keeps && isRestart(director);
	director.forgotten = keeps || isAnew ? 0 : clearSent(desk, director);
	director.rejoinedUs = isAnew ? timeUs : (keeps ? director.rejoinedUs : 0);
	director.listeningSinceUs = timeUs;
	director.listeningEvidence = evidence;
	tell(desk, timeUs, events.director, [director], {address: director.address, what: 'listening', evidence});
};

/** Several joins in a short time: each costs a walk through the table. */
const isHasty = ({state}: DeskContext, {index}: Director, timeUs: number): boolean => {
	const {recentJoins} = state.registry;
	const recent = recentJoins.get(index);
	if (!recent || Math.abs(timeUs - recent.sinceUs) >= joinsWithinUs) {
		recentJoins.set(index, {sinceUs: timeUs, count: 1});
		return false;
	}

	recent.count++;
	return recent.count > maxJoins;
};

/** It reports that it is a member of the group. */
export const noteJoin = (desk: DeskContext, director: Director, {timeUs}: FrameInfo, report: GroupReport): void => {
	const isNew = director.firstUs === timeUs && !director.joinSeen;
	trustByReport(desk, director, timeUs);
	const since = director.listeningSinceUs;
	if (since > director.interfaceUpUs && (director.listeningEvidence === 'vrrp' || director.listeningEvidence === 'assumed') && timeUs - since <= thresholds.sameJoinUs) {
		// What was concluded is confirmed.
		director.listeningEvidence = report.protocol;
	} else if (since > 0 && report.protocol === 'mld' && director.masterSinceUs > since && timeUs - director.masterSinceUs <= thresholds.gaveWayUs) {
		// A new master adds its virtual addresses: Linux reports all of its groups anew.
		director.heardFromStart ||= report.change && director.lastAdvertUs === 0 && director.firstSyncUs === 0;
	} else if (since === 0 || (report.change && (timeUs - since > thresholds.sameJoinUs || director.interfaceUpUs > since))) {
		if (isHasty(desk, director, timeUs)) {
			desk.limits.hit('joins');
			return;
		}

		// An answer to a query, from a host not heard before, says nothing of when it began.
		const keeps = isUnbroken(director, timeUs) || (!report.change && isNew);
		if (since > 0) {
			endListening(director, timeUs);
		}

		begins(desk, director, timeUs, !report.change && isNew ? 'assumed' : report.protocol, keeps);
		if (isNew) {
			director.forgotten = 0; // It was taken for a listener for this moment only.
		}
	}

	director.heardFromStart ||= report.change && director.lastAdvertUs === 0 && director.firstSyncUs === 0;
	director.joinSeen = true;
};

/** It reports that it left the group. */
export const noteLeave = (desk: DeskContext, director: Director, timeUs: number, {protocol: evidence}: GroupReport): void => {
	director.joinSeen = true;
	if (director.listeningSinceUs > 0) {
		endListening(director, timeUs);
		const fields = {address: director.address, what: 'left', evidence} as const;
		// A new master leaves at once: that is said already.
		if (director.masterSinceUs > 0 && timeUs - director.masterSinceUs <= thresholds.gaveWayUs) {
			tellQuietly(desk, timeUs, events.director, director, fields);
		} else {
			tell(desk, timeUs, events.director, [director], fields);
		}
	}
};

/** It gave way to another master without a break: it listens from then, and what it knew it still knows. */
export const noteGaveWay = (desk: DeskContext, director: Director, timeUs: number): void => {
	director.gaveWayUs = timeUs;
	if (director.listeningSinceUs === 0) {
		giveBit(desk, director, timeUs);
		begins(desk, director, timeUs, 'vrrp', true);
	}
};

/** A director that gave way, and whose joins are seen otherwise, but did not join: it does not listen. */
export const findDeaf = (desk: DeskContext, nowUs: number): void => {
	for (const director of desk.state.registry.directors) {
		if (director.listeningEvidence === 'vrrp' && director.joinSeen && nowUs - director.listeningSinceUs > thresholds.deafUs) {
			director.listeningSinceUs = 0;
			director.listeningEvidence = 'none';
			tell(desk, nowUs, events.director, [director], {address: director.address, what: 'deaf', evidence: 'it gave way, but joined no sync group'});
		}
	}
};

/** A backup takes messages of its own sync id only, or all when that is 0 (Linux ip_vs_sync.c). Which id it is is known once it has sent itself: keepalived gives both daemons the same. */
export const takesId = ({syncids}: Pick<Director, 'syncids'>, syncid: number): boolean => syncids.length === 0 || syncids.includes(syncid) || syncids.includes(0);

/** Those of the directors that hear what `sender` announces now, as bits. */
export const listenersOf = ({registry: {directors}, splits}: DeskState, sender: Director): number => {
	// Whoever was never seen may listen all the same: the shared bit keeps what it would have been sent.
	let mask = 1 << sharedBit;
	for (const director of directors) {
		// Whose joins are not seen here may listen, too: what that means is judged when it takes over.
		const mayListen = director.listeningSinceUs > 0 || (!director.joinSeen && !splits.some(({split}) => split.endUs === 0 && split.directors.includes(director.index)));
		if (mayListen && director !== sender && director.segment === sender.segment && director.bit !== sharedBit && takesId(director, sender.syncid)) {
			mask |= 1 << director.bit;
		}
	}

	return mask;
};

type Listening = TakeoverState['listening'];

/** What a new master had heard of the sessions before its takeover, by the time it listened. */
export type Listened = Pick<TakeoverState, 'listening' | 'forgotten' | 'awaySinceUs' | 'isSentVoid' | 'isSentOpen'>;

const any = Number.MAX_SAFE_INTEGER;

const listeningOf = (director: Director, atUs: number): Listening => {
	if (director.listeningSinceUs > 0) {
		return {sinceUs: director.listeningSinceUs, untilUs: atUs, evidence: director.listeningEvidence};
	}

	// It left the group a moment before its first advert was heard, or before it was clear that it is the master.
	if (director.listenedUntilUs > 0 && atUs - director.listenedUntilUs < thresholds.noAdvertUs && director.lastAdvertUs <= director.listenedUntilUs + thresholds.noAdvertUs) {
		return {sinceUs: director.listenedSinceUs, untilUs: director.listenedUntilUs, evidence: director.listenedEvidence};
	}

	return {sinceUs: 0, untilUs: atUs, evidence: 'none'};
};

/** It advertises another virtual router without a break: it was not away. */
export const isServing = ({instances}: Director, atUs: number): boolean => instances.some(instance =>
	instance.priority > 0 && instance.adverts > 0 && instance.reignUs < atUs && instance.lastUs < atUs + 1 && !missesAdverts(instance, atUs, thresholds.silentIntervals));

/** The end of its former reign, when it was away since: it resigned, or fell silent without giving way. */
const awaySince = (director: Director, atUs: number): number => {
	if (isServing(director, atUs)) {
		return 0;
	}

	const ended = director.instances.map(instance => instance.reignUs >= atUs ? instance.formerUs : instance.lastUs).filter(end => end > 0 && end < atUs);
	// Without adverts the end is when its addresses went to another; who listened all along was not away.
	const lost = director.instances.some(({isUnicast}) => !isUnicast) || director.servedUntilUs >= atUs ? 0 : director.servedUntilUs;
	const endUs = Math.max(0, lost, ...ended);
	const isThere = director.listeningSinceUs > 0 && director.listeningSinceUs <= endUs && lost > 0;
	return isThere || hasGivenWay(director, endUs) ? 0 : endUs;
};

/**
`firstUs`: since when we listen ourselves. `isPreempted`: the old master was still there. So the new one came back a moment ago, as with keepalived, which listens for some four
seconds before it takes what is its own; who takes over from one that fell may have been there for long.
*/
export const listenedBefore = (director: Director, atUs: number, firstUs: number, isPreempted: boolean): Listened => {
	const listening = listeningOf(director, atUs);
	const awaySinceUs = awaySince(director, atUs);
	const forgotten = mayHoldMore(director) ? any : director.forgotten;
	if (awaySinceUs > 0 && listening.sinceUs < awaySinceUs) {
		return {listening: {sinceUs: 0, untilUs: atUs, evidence: 'none'}, forgotten: director.joinSeen && !mayHoldMore(director) ? 0 : any, awaySinceUs, isSentVoid: true, isSentOpen: !director.joinSeen && !isPreempted};
	}

	if (listening.sinceUs === 0) {
		// Nothing tells whether one that served before has listened since.
		const hasServed = director.firstSyncUs > 0 && director.firstSyncUs < atUs;
		return {listening: {sinceUs: firstUs, untilUs: atUs, evidence: 'assumed'}, forgotten: hasServed ? any : forgotten, awaySinceUs, isSentVoid: false, isSentOpen: false};
	}

	return {listening, forgotten, awaySinceUs, isSentVoid: false, isSentOpen: false};
};
