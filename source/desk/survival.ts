/*
Whether a director's kernel still holds what it held before it was away, by what is known at its takeover; what it announces afterwards is
weighed in own-words.ts. The first sign that is there decides. (Seen on Linux 6.1: the source port stays over a SIGKILL of keepalived; the
identification of adverts goes on after a pulled cable, as do MLD reports; a mere restart of keepalived sends none.)
*/
import {secondUs} from '../wire/second.js';
import {hasGivenWay, type Director} from './facts/director.js';
import {type OwnKept} from './facts/failover.js';
import {thresholds} from './facts/thresholds.js';
import {isServing} from './listening.js';
import {isSameProcess} from './reigns.js';
import {type Survival} from './state.js';

/** Whether what a director announced itself counts as known. */
export const countsOwn = (kept: OwnKept): boolean => kept === 'yes' || kept === 'likely';

type Reign = {readonly endUs: number; readonly priority: number; readonly goesOn: boolean; readonly intervalUs: number};

/** The reign that ended last before `backUs`. One keepalived serves all virtual routers; over IPv6 its adverts are not counted. */
const reignBefore = (director: Director, backUs: number): Reign | undefined => {
	const reigns = director.instances
		.filter(({isUnicast}) => !isUnicast)
		.map((instance): Reign => instance.reignUs >= backUs
			? {endUs: instance.formerUs, priority: instance.formerPriority, goesOn: isSameProcess(instance), intervalUs: instance.intervalMs * 1000}
			: {endUs: instance.lastUs, priority: instance.priority, goesOn: false, intervalUs: instance.intervalMs * 1000})
		.filter(({endUs}) => endUs > 0)
		.toSorted((one, other) => other.endUs - one.endUs);
	return reigns[0] && {...reigns[0], goesOn: reigns.some(({goesOn: isCounting}) => isCounting)};
};

/** It joined a group since then, as every daemon does that starts. */
const hasJoinedSince = ({listeningSinceUs, listenedSinceUs}: Director, timeUs: number): boolean => listeningSinceUs >= timeUs || listenedSinceUs >= timeUs;

/** Where its sync alone is heard: how long it was silent when another took its addresses. Who fell was silent for as long as a backup waits, who gave them up sent until then. */
const survivalByItsEnd = (silenceUs: number): Survival => silenceUs < thresholds.livedOnUs
	? {kept: 'likely', evidence: 'its sync went on until its addresses moved: it gave them up; a reboot since would not be seen here'}
	: {kept: 'unlikely', evidence: `its sync had stopped ${(silenceUs / secondUs).toFixed(1)}s before its addresses moved: it fell; no sign of its kernel since`};

/** Where no adverts to all are heard, its sync, its groups and its interface must tell. */
const survivalWithoutAdverts = (director: Director, backUs: number): Survival => {
	const {lastSyncUs, formerSyncUs, sourcePortSinceUs, interfaceUpUs, servedUntilUs, listeningSinceUs, joinSeen, floodedUs} = director;
	const isBack = lastSyncUs >= backUs;
	const silentUs = isBack ? formerSyncUs : lastSyncUs;
	const stoppedUs = servedUntilUs > 0 && servedUntilUs < backUs ? servedUntilUs : silentUs;
	if (isBack && silentUs > 0 && sourcePortSinceUs < silentUs) {
		return {kept: 'yes', evidence: 'its sync comes from the same port as before'};
	}

	if (stoppedUs > 0 && interfaceUpUs > silentUs && interfaceUpUs <= backUs && interfaceUpUs > Math.min(stoppedUs, silentUs || stoppedUs)) {
		return joinSeen && !hasJoinedSince(director, interfaceUpUs)
			? {kept: 'likely', evidence: 'its interface came up anew (MLD), but it joined no group anew: its cable was out'}
			: {kept: 'unlikely', evidence: 'its interface came up anew (MLD) before it was back: it rebooted, or its cable was out'};
	}

	if (hasGivenWay(director, stoppedUs)) {
		return {kept: 'likely', evidence: 'it gave way in order; no sign of a reboot since'};
	}

	if (listeningSinceUs > 0 && listeningSinceUs <= stoppedUs) {
		return {kept: 'likely', evidence: 'it has listened all along'};
	}

	if (floodedUs > 0 && floodedUs >= stoppedUs - thresholds.noAdvertUs && floodedUs < backUs) {
		return {kept: 'unlikely', evidence: 'its port went down (adverts to it were flooded); no sign of its kernel since'};
	}

	if (joinSeen || interfaceUpUs > 0) {
		return {kept: 'likely', evidence: 'no sign of a reboot since; none of its adverts were heard'};
	}

	return servedUntilUs === 0 || servedUntilUs >= backUs || silentUs === 0 ? {kept: 'unknown', evidence: 'none of its adverts were heard'} : survivalByItsEnd(servedUntilUs - silentUs);
};

/**
Judges a director that became master at `backUs`, or would now: the same socket, the same keepalived, an interface that came up anew, a
daemon that ran on, an orderly end. A daemon that ran on proves nothing once the interface came up after it.
*/
export const survivalOf = (director: Director, backUs: number): Survival => {
	if (isServing(director, backUs)) {
		return {kept: 'yes', evidence: 'it served other addresses all along'};
	}

	const reign = reignBefore(director, backUs);
	if (!reign) {
		return survivalWithoutAdverts(director, backUs);
	}

	const {endUs} = reign;
	const isBack = director.lastSyncUs >= backUs;
	if (isBack && director.sourcePortSinceUs > 0 && director.sourcePortSinceUs <= endUs) {
		return {kept: 'yes', evidence: 'its sync comes from the same port as before'};
	}

	if (reign.goesOn) {
		return {kept: 'yes', evidence: 'its adverts go on counting where they stopped: the same keepalived'};
	}

	const lastSyncUs = isBack ? director.formerSyncUs : director.lastSyncUs;
	const cameUp = director.interfaceUpUs > endUs && director.interfaceUpUs <= backUs;
	const wentOn = lastSyncUs > endUs + reign.intervalUs + thresholds.syncGoesOnUs;
	if (cameUp && !(wentOn && director.interfaceUpUs < lastSyncUs)) {
		return {kept: 'no', evidence: 'its interface came up anew (MLD) before it was back: it rebooted'};
	}

	if (wentOn) {
		return {kept: 'yes', evidence: `its sync went on ${((lastSyncUs - endUs) / secondUs).toFixed(1)}s after its adverts stopped: its kernel ran on`};
	}

	if (hasGivenWay(director, endUs)) {
		return {kept: 'likely', evidence: 'it gave way in order; no sign of a reboot since'};
	}

	if (reign.priority !== 0) {
		return {kept: 'unlikely', evidence: 'it vanished without a word; no sign of its kernel since'};
	}

	return director.joinSeen || director.interfaceUpUs > 0
		? {kept: 'likely', evidence: 'it resigned (priority 0); no sign of a reboot since'}
		: {kept: 'unknown', evidence: 'it resigned (priority 0); no group reports of it are heard here, so a reboot since would not be seen'};
};
