import {secondUs} from '../wire/second.js';
import {missesAdverts, type Director} from './facts/director.js';
import {type Warning} from './facts/failover.js';
import {recordsPerMessage} from './facts/expectation.js';
import {thresholds} from './facts/thresholds.js';
import {takesId} from './listening.js';
import {isStranger, memoryOf} from './pairs.js';
import {directorOf} from './registry.js';
import {speechOf} from './routers.js';
import {lostSince} from './streams.js';
import {type DeskState} from './state.js';

type WarningQuestion = {
	readonly state: DeskState;
	readonly pair: number;
	readonly members: readonly Director[];
	/** Directors of the pair that listen. */
	readonly listeners: number;
	readonly isSplit: boolean;
	readonly nowUs: number;
};

/** Losses older than this are past. */
const recentUs = 600 * secondUs;
/** An answer that is not repeated for so long is past. */
const replyUs = 300 * secondUs;

const seconds = (micros: number): string => (micros / secondUs).toFixed(micros < 10 * secondUs ? 1 : 0);
const ago = (micros: number): string => micros < 120 * secondUs ? `${seconds(micros)}s` : `${Math.round(micros / (60 * secondUs))}m`;

/** `10.0.0.1`, or `10.0.0.1 and 3 others`. */
const addressText = (addresses: readonly string[]): string => addresses.length === 1 ? addresses[0]! : `${addresses[0]!} and ${addresses.length - 1} other${addresses.length === 2 ? '' : 's'}`;

type Add = (kind: Warning['kind'], level: Warning['level'], sinceUs: number, director: Director, text: string) => void;

/** What one director does. */
const ofDirector = ({state, nowUs}: WarningQuestion, director: Director, add: Add): void => {
	const {address, lastSyncUs, lastAdvertUs, intervalMs, priority, instances} = director;
	const stoppedUs = lastAdvertUs + (intervalMs * 1000) + thresholds.syncGoesOnUs;
	if (instances.some(({isUnicast}) => !isUnicast) && priority !== 0 && director.masterSinceUs === 0 && director.listeningSinceUs === 0 && lastSyncUs > stoppedUs && nowUs - lastSyncUs < thresholds.noAdvertUs
		&& instances.every(instance => missesAdverts(instance, nowUs, thresholds.silentIntervals))) {
		add('sync-goes-on', 'warning', stoppedUs, director, `adverts of ${address} stopped ${seconds(nowUs - lastAdvertUs)}s ago but its sync continues (${seconds(nowUs - lastSyncUs)}s ago): its keepalived is dead or its adverts are blocked; its kernel still forwards`);
	}

	const {quietUs, historyUs, recordsPerSecond} = thresholds.silentMaster;
	const servedUs = lastSyncUs - Math.max(director.masterSinceUs, director.firstSyncUs);
	if (director.masterSinceUs > 0 && lastAdvertUs > 0 && lastSyncUs > 0 && nowUs - lastSyncUs >= quietUs && servedUs >= historyUs && director.records / ((lastSyncUs - director.firstSyncUs) / secondUs) >= recordsPerSecond) {
		add('silent-master', 'warning', lastSyncUs, director, `${address} is master by its adverts, but announces nothing since ${seconds(nowUs - lastSyncUs)}s; it used to: idle, or its sync stopped`);
	}

	if (director.versions.length > 1) {
		add('version-clash', 'warning', director.firstSyncUs, director, `${address} sends sync of version 0 and 1`);
	}

	if (director.wrappedMessages > 0) {
		add('wrapped', 'warning', director.firstSyncUs, director, `${address} sent ${director.wrappedMessages} messages of more than 255 records: backups lose those beyond the count`);
	}

	if (director.largestMessage > thresholds.largestMessage[director.family]) {
		add('oversized', 'warning', director.firstSyncUs, director, `messages of ${address} have up to ${director.largestMessage} octets: a backup with the default maximum loses those above ${thresholds.largestMessage[director.family]}`);
	}

	const missing = lostSince(state, director.index, nowUs - recentUs);
	if (missing > 0) {
		add('wire-loss', 'warning', director.firstSyncUs, director, `sync messages of ${address} lost: ${missing}, so up to ${missing * recordsPerMessage} announcements are missing here and at its backups`);
	}

	if (director.listeningSinceUs === 0 && director.gaveWayUs > 0 && director.joinSeen && director.masterSinceUs === 0 && director.gaveWayUs > director.listenedSinceUs && nowUs - director.gaveWayUs > thresholds.deafUs
		&& director.lastAdvertUs <= director.gaveWayUs + (2000 * intervalMs)) {
		add('deaf-backup', 'warning', director.gaveWayUs, director, `${address} gave way but joined no sync group: it seems deaf`);
	}
};

/** What is amiss with the addresses that they serve: one word for all of which the same is true. */
const ofAddresses = ({state, members, isSplit, nowUs}: WarningQuestion, add: Add): void => {
	const served = state.owners.list.filter(({server}) => members.some(({index}) => index === server));
	const contradicted = served.filter(({server, conflict}) => {
		const isPast = conflict?.isReply === true && nowUs - conflict.lastUs > replyUs;
		return conflict !== undefined && !isPast && !isSplit
			&& nowUs - Math.max(directorOf(state, server).masterSinceUs, conflict.sinceUs) > (conflict.director === -1 ? thresholds.conflictUs : thresholds.conflictOfDirectorUs);
	});
	for (const owners of Map.groupBy(contradicted, ({server, conflict}) => `${server} ${conflict!.mac} ${conflict!.isReply}`).values()) {
		const {server, conflict} = owners[0]!;
		const {director, mac, isReply, sinceUs, lastUs} = conflict!;
		const [master, other] = [directorOf(state, server), director === -1 ? undefined : directorOf(state, director)];
		const addresses = addressText(owners.map(({address}) => address));
		if (other) {
			add('claimed-elsewhere', 'warning', sinceUs, other, `the virtual address ${addresses} was ${isReply ? 'answered for' : 'claimed last'} by ${other.address} (${ago(nowUs - lastUs)} ago), not by the master ${master.address}: clients may still be sent there`);
		} else {
			add('vip-conflict', 'warning', sinceUs, master, `${mac}, which is no director, ${isReply ? 'answers for' : 'claims'} ${addresses} since ${ago(nowUs - sinceUs)}: clients are sent there, not to ${master.address}`);
		}
	}

	for (const owners of Map.groupBy(served.filter(({unprotectedUs}) => unprotectedUs > 0), ({server}) => server).values()) {
		const master = directorOf(state, owners[0]!.server);
		add('unprotected', 'warning', owners[0]!.unprotectedUs, master, `nothing is announced for ${addressText(owners.map(({address}) => address))}: its sessions on ${master.address}, if it has any, are not protected`);
	}
};

/** Strangers: who sends with their sync id, or shares the number of their virtual router. */
const ofStrangers = ({state, members, nowUs}: WarningQuestion, add: Add): void => {
	const isMember = (index: number) => members.some(one => one.index === index);
	const syncids = new Set(members.flatMap(one => one.syncids));
	const hasVrrp = members.some(({instances}) => instances.length > 0);
	for (const director of state.registry.directors) {
		if (hasVrrp && director.segment === members[0]!.segment && !isMember(director.index) && isStranger(director) && director.messages > 0 && director.syncids.some(id => syncids.has(id))) {
			add('stranger', 'warning', director.firstSyncUs, director, `${director.address} sends sync with id ${director.syncid}, but no adverts or joins of it were heard: not one of the directors? (--from excludes it)`);
		}
	}

	for (const router of state.routers) {
		const other = isMember(router.master) ? state.routers.find(one => one !== router && one.vrid === router.vrid && one.segment === router.segment && one.family === router.family && !isMember(one.master)) : undefined;
		const speech = other && speechOf(state, other, other.master);
		if (other && speech && speech.priority > 0 && !missesAdverts(speech, nowUs, thresholds.goneIntervals)) {
			const stranger = directorOf(state, other.master);
			add('same-vrid', 'note', speech.reignUs, stranger, `${stranger.address} advertises VRID ${router.vrid} too, for other addresses (${speech.addresses.slice(0, 2).join(' ')}): not of this pair`);
		}
	}
};

/** Somebody's join was seen: that nobody listens can be told then. */
export const seesJoins = (members: readonly Director[]): boolean => members.some(({joinSeen}) => joinSeen);

/** What deserves a look beside takeovers, the worst first. Each by what was heard, and no more. */
export const warningsOf = (question: WarningQuestion): Warning[] => {
	const {state, pair, members, listeners, isSplit} = question;
	const warnings: Warning[] = [];
	const add: Add = (kind, level, sinceUs, director, text) => {
		warnings.push({kind, level, sinceUs, director: director.index, text});
	};

	for (const director of members) {
		ofDirector(question, director, add);
	}

	const senders = members.filter(director => director.syncids.length > 0);
	const clash = senders.find(director => !takesId(director, senders[0]!.syncid) || !takesId(senders[0]!, director.syncid));
	if (clash) {
		add('syncid-clash', 'warning', clash.firstSyncUs, clash, `${senders[0]!.address} sends with sync id ${senders[0]!.syncid}, ${clash.address} with ${clash.syncid}: a backup takes only its own id, unless that is 0`);
	}

	ofStrangers(question, add);
	const master = members.find(({masterSinceUs}) => masterSinceUs > 0);
	if (master && listeners === 0 && !isSplit && seesJoins(members)) {
		add('no-listener', 'warning', master.masterSinceUs, master, 'no director is known to listen: a takeover now would find an empty table');
	}

	ofAddresses(question, add);
	const memory = memoryOf(state, pair);
	if (memory.isActiveActive) {
		add('active-active', 'note', memory.bothSinceUs, members[0]!, 'several directors send: each serves its own sessions');
	}

	return warnings.toSorted((one, other) => Number(one.level === 'note') - Number(other.level === 'note'));
};
