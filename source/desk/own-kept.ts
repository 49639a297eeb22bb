import {hasGivenWay, type Director, type VrrpInstance} from './facts/director.js';
import {type OwnKept} from './facts/failover.js';
import {thresholds} from './facts/thresholds.js';

/** Whether a director's kernel still holds what it held before it was away, and by which sign. */
export type Survival = {readonly kept: Exclude<OwnKept, 'none'>; readonly evidence: string};

/** Adverts that may have been counted without reaching us, beyond one per interval: seen 2 when a cable was pulled. */
const unheardAdverts = 5;
const second = 1_000_000;

type Reign = {readonly endUs: number; readonly priority: number; readonly goesOn: boolean; readonly intervalUs: number};

/** keepalived counts the identification of its adverts one by one from 1 in each process, and not faster than it advertises. */
const goesOn = ({formerUs, formerIdentification, reignUs, reignIdentification, intervalMs}: VrrpInstance): boolean => {
	if (formerIdentification <= 0 || reignIdentification <= 0) {
		return false;
	}

	const step = (reignIdentification - formerIdentification) & 0xff_ff;
	return step >= 1 && step <= ((reignUs - formerUs) / (intervalMs * 1000)) + unheardAdverts;
};

/** The reign that ended last before `backUs`. One keepalived serves all virtual routers; over IPv6 its adverts are not counted. */
const reignBefore = (director: Director, backUs: number): Reign | undefined => {
	const reigns = director.instances
		.map((instance): Reign => instance.reignUs >= backUs
			? {endUs: instance.formerUs, priority: instance.formerPriority, goesOn: goesOn(instance), intervalUs: instance.intervalMs * 1000}
			: {endUs: instance.lastUs, priority: instance.priority, goesOn: false, intervalUs: instance.intervalMs * 1000})
		.filter(({endUs}) => endUs > 0)
		.toSorted((one, other) => other.endUs - one.endUs);
	return reigns[0] && {...reigns[0], goesOn: reigns.some(({goesOn: isCounting}) => isCounting)};
};

/** Without adverts only its sync and its interface can tell. */
const survivalBySync = (director: Director, backUs: number): Survival => {
	const isBack = director.lastSyncUs >= backUs;
	const stoppedUs = isBack ? director.formerSyncUs : director.lastSyncUs;
	if (isBack && director.sourcePortSinceUs < stoppedUs) {
		return {kept: 'yes', evidence: 'its sync comes from the same port as before'};
	}

	return stoppedUs > 0 && director.interfaceUpUs > stoppedUs && director.interfaceUpUs <= backUs
		? {kept: 'no', evidence: 'its interface came up anew (MLD): it rebooted'}
		: {kept: 'unknown', evidence: 'none of its adverts were heard'};
};

/**
Judges a director that became master at `backUs`, or would now. The first sign that is there decides: the same socket, the same
keepalived, an interface that came up anew, a daemon that ran on, an orderly end. A daemon that ran on proves nothing once the
interface came up after it. (Seen on Linux 6.1: the port stays over a SIGKILL of keepalived; the identification goes on after a
pulled cable, as do MLD reports; a mere restart of keepalived sends none.)
*/
export const survivalOf = (director: Director, backUs: number): Survival => {
	const reign = reignBefore(director, backUs);
	if (!reign) {
		return survivalBySync(director, backUs);
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
		return {kept: 'yes', evidence: `its sync went on ${((lastSyncUs - endUs) / second).toFixed(1)}s after its adverts stopped: its kernel ran on`};
	}

	if (!director.joinSeen && director.interfaceUpUs === 0) {
		return {kept: 'unknown', evidence: 'no group reports of it are heard here, so a reboot would not be seen'};
	}

	if (hasGivenWay(director, endUs)) {
		return {kept: 'likely', evidence: 'it gave way in order; no sign of a reboot since'};
	}

	return reign.priority === 0
		? {kept: 'likely', evidence: 'it resigned (priority 0); no sign of a reboot since'}
		: {kept: 'unlikely', evidence: 'it vanished without a word; no sign of its kernel since'};
};
