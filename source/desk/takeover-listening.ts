import {hasGivenWay, mayHoldMore, type Director} from './facts/director.js';
import {type TakeoverState} from './takeover-state.js';
import {thresholds} from './facts/thresholds.js';

type Listening = TakeoverState['listening'];

/** What a new master had heard of the sessions before its takeover, by the time it listened. */
export type Listened = Pick<TakeoverState, 'listening' | 'forgotten' | 'awaySinceUs'> & {
	/** It was away, and nobody saw it listen since: what it was sent earlier may be gone. */
	readonly isSentVoid: boolean;
};

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

/** The end of its former reign, when it was away since: it resigned, or fell silent without giving way. */
const awaySince = (director: Director, atUs: number): number => {
	const ends = director.instances.map(instance => instance.reignUs >= atUs ? instance.formerUs : instance.lastUs).filter(end => end > 0 && end < atUs);
	const endUs = Math.max(0, ...ends);
	return hasGivenWay(director, endUs) ? 0 : endUs;
};

/** `firstUs`: since when we listen ourselves. */
export const listenedBefore = (director: Director, atUs: number, firstUs: number): Listened => {
	const listening = listeningOf(director, atUs);
	const awaySinceUs = awaySince(director, atUs);
	const forgotten = mayHoldMore(director) ? any : director.forgotten;
	if (awaySinceUs > 0 && listening.sinceUs < awaySinceUs) {
		return {listening: {sinceUs: 0, untilUs: atUs, evidence: 'none'}, forgotten: director.joinSeen && !mayHoldMore(director) ? 0 : any, awaySinceUs, isSentVoid: true};
	}

	if (listening.sinceUs === 0) {
		// Nothing tells whether one that served before has listened since.
		const hasServed = director.firstSyncUs > 0 && director.firstSyncUs < atUs;
		return {listening: {sinceUs: firstUs, untilUs: atUs, evidence: 'assumed'}, forgotten: hasServed ? any : forgotten, awaySinceUs, isSentVoid: false};
	}

	return {listening, forgotten, awaySinceUs, isSentVoid: false};
};
