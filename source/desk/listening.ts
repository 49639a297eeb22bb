import {events} from '../events/catalogue.js';
import {type FrameInfo, type GroupReport} from '../wire/observation.js';
import {sharedBit, type Director} from './facts/director.js';
import {type DirectorHooks} from './director-hooks.js';
import {type DirectorTrust} from './director-trust.js';
import {type ListeningEvidence} from './facts/failover.js';
import {type Limits} from './facts/limits.js';
import {thresholds} from './facts/thresholds.js';

/** Joins that follow a leave, or an interface that came up, so often in ten seconds: each costs a walk through the table. */
const maxJoins = 8;
const joinsWithinUs = 10_000_000;

/** Since when each director listens to the sync group, and by which evidence. */
export type Listening = {
	/** It reports that it is a member of the group. */
	joins(director: Director, frame: FrameInfo, report: GroupReport): void;
	/** It reports that it left the group. */
	leaves(director: Director, timeUs: number, report: GroupReport): void;
	/** It gave way to another master without a break: it listens from then, and what it knew it still knows. */
	gaveWay(director: Director, timeUs: number): void;
	/** It is master: it does not listen. */
	stops(director: Director, timeUs: number): void;
	/** It was taken for a listener on weak evidence, and is none. */
	isDeaf(director: Director): void;
};

/** It advertised until a moment ago, so it runs and its kernel keeps what it holds. */
const isUnbroken = (director: Director, timeUs: number): boolean => director.priority !== 0 && director.lastAdvertUs > 0
	&& timeUs - director.lastAdvertUs <= thresholds.silentIntervals * director.intervalMs * 1000;

const isDeaf = (director: Director) => {
	director.listeningSinceUs = 0;
	director.listeningEvidence = 'none';
};

const stops = (director: Director, timeUs: number) => {
	if (director.listeningSinceUs > 0) {
		director.listenedSinceUs = director.listeningSinceUs;
		director.listenedUntilUs = timeUs;
		director.listenedEvidence = director.listeningEvidence;
	}

	isDeaf(director);
};

/** Those of the directors that hear what `sender` announces now, as bits. */
export const listenersOf = (sender: Director, directors: readonly Director[]): number => {
	// Whoever was never seen may listen all the same: the shared bit keeps what it would have been sent.
	let mask = 1 << sharedBit;
	for (const director of directors) {
		if (director.listeningSinceUs > 0 && director !== sender && director.segment === sender.segment && director.bit !== sharedBit) {
			mask |= 1 << director.bit;
		}
	}

	return mask;
};

export const createListening = (hooks: DirectorHooks, trust: DirectorTrust, limits: Limits): Listening => {
	const recentJoins = new Map<Director, {sinceUs: number; count: number}>();

	const isHasty = (director: Director, timeUs: number): boolean => {
		const recent = recentJoins.get(director);
		if (!recent || Math.abs(timeUs - recent.sinceUs) >= joinsWithinUs) {
			recentJoins.set(director, {sinceUs: timeUs, count: 1});
			return false;
		}

		recent.count++;
		return recent.count > maxJoins;
	};

	/** `keeps`: its kernel still holds what it was sent before. */
	const begins = (director: Director, timeUs: number, evidence: ListeningEvidence, keeps: boolean) => {
		director.forgotten = keeps ? 0 : hooks.clearSent(director);
		director.listeningSinceUs = timeUs;
		director.listeningEvidence = evidence;
		hooks.tell(timeUs, events.director, [director], {address: director.address, what: 'listening', evidence});
	};

	return {
		joins(director, {timeUs}, report) {
			const isNew = director.firstUs === timeUs && !director.joinSeen;
			trust.byReport(director, timeUs);
			const since = director.listeningSinceUs;
			if (since > director.interfaceUpUs && (director.listeningEvidence === 'vrrp' || director.listeningEvidence === 'assumed') && timeUs - since <= thresholds.sameJoinUs) {
				// What was concluded is confirmed.
				director.listeningEvidence = report.protocol;
			} else if (since === 0 || (report.change && (timeUs - since > thresholds.sameJoinUs || director.interfaceUpUs > since))) {
				if (isHasty(director, timeUs)) {
					limits.hit('joins');
					return;
				}

				// An answer to a query, from a host not heard before, says nothing of when it began.
				const keeps = isUnbroken(director, timeUs) || (!report.change && isNew);
				begins(director, timeUs, !report.change && isNew ? 'assumed' : report.protocol, keeps);
				if (isNew) {
					director.forgotten = 0; // It was taken for a listener for this moment only.
				}
			}

			director.heardFromStart ||= report.change && director.lastAdvertUs === 0 && director.firstSyncUs === 0;
			director.joinSeen = true;
		},
		leaves(director, timeUs, {protocol: evidence}) {
			director.joinSeen = true;
			if (director.listeningSinceUs > 0) {
				stops(director, timeUs);
				hooks.tell(timeUs, events.director, [director], {address: director.address, what: 'left', evidence});
			}
		},
		gaveWay(director, timeUs) {
			director.gaveWayUs = timeUs;
			if (director.listeningSinceUs === 0) {
				trust.giveBit(director, timeUs);
				begins(director, timeUs, 'vrrp', true);
			}
		},
		stops,
		isDeaf,
	};
};
