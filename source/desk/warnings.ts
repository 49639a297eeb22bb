import {missesAdverts, type Director} from './facts/director.js';
import {type Warning} from './facts/failover.js';
import {isSplit, type PairState} from './pairs.js';
import {thresholds} from './facts/thresholds.js';

export type WarningQuestion = {
	readonly pair: PairState;
	/** All directors of the capture. */
	readonly directors: readonly Director[];
	/** Directors of the pair that listen. */
	readonly listeners: number;
	/** Messages of a director that were lost of late. */
	lost(director: Director): number;
	readonly nowUs: number;
};

const second = 1_000_000;
const recordsPerMessage = 40;

const seconds = (micros: number): string => (micros / second).toFixed(micros < 10 * second ? 1 : 0);

/** What deserves a look beside takeovers, the worst first. Each by what was heard, and no more. */
export const warningsOf = ({pair, directors, listeners, lost, nowUs}: WarningQuestion): Warning[] => {
	const warnings: Warning[] = [];
	const add = (kind: Warning['kind'], level: Warning['level'], sinceUs: number, director: Director, text: string) => {
		warnings.push({kind, level, sinceUs, director: director.index, text});
	};

	for (const director of pair.directors) {
		const {address, lastSyncUs, lastAdvertUs, intervalMs, priority, instances} = director;
		const stoppedUs = lastAdvertUs + (intervalMs * 1000) + thresholds.syncGoesOnUs;
		if (instances.length > 0 && priority !== 0 && director.listeningSinceUs === 0 && lastSyncUs > stoppedUs && nowUs - lastSyncUs < thresholds.noAdvertUs
			&& instances.every(instance => missesAdverts(instance, nowUs, thresholds.silentIntervals))) {
			add('sync-goes-on', 'warning', stoppedUs, director, `adverts of ${address} stopped ${seconds(nowUs - lastAdvertUs)}s ago but its sync continues (${seconds(nowUs - lastSyncUs)}s ago): its keepalived is dead or its adverts are blocked; its kernel still forwards`);
		}

		const {quietUs, historyUs, recordsPerSecond} = thresholds.silentMaster;
		const servedUs = lastSyncUs - Math.max(director.masterSinceUs, director.firstSyncUs);
		if (director.masterSinceUs > 0 && lastSyncUs > 0 && nowUs - lastSyncUs >= quietUs && servedUs >= historyUs && director.records / ((lastSyncUs - director.firstSyncUs) / second) >= recordsPerSecond) {
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

		const missing = lost(director);
		if (missing > 0) {
			add('wire-loss', 'warning', director.firstSyncUs, director, `sync messages of ${address} lost: ${missing}, so up to ${missing * recordsPerMessage} announcements are missing here and at its backups`);
		}

		if (director.listeningSinceUs === 0 && director.gaveWayUs > 0 && director.joinSeen && director.masterSinceUs === 0 && director.gaveWayUs > director.listenedSinceUs && nowUs - director.gaveWayUs > thresholds.deafUs
			&& director.lastAdvertUs <= director.gaveWayUs + (2000 * intervalMs)) {
			add('deaf-backup', 'warning', director.gaveWayUs, director, `${address} gave way but joined no sync group: it seems deaf`);
		}
	}

	const senders = pair.directors.filter(director => director.syncids.length > 0);
	const clash = senders.find(director => director.syncid !== senders[0]!.syncid);
	if (clash) {
		add('syncid-clash', 'warning', clash.firstSyncUs, clash, `${senders[0]!.address} sends with sync id ${senders[0]!.syncid}, ${clash.address} with ${clash.syncid}: a backup takes only its own id, unless that is 0`);
	}

	for (const director of directors) {
		if (director.segment === pair.segment && !pair.directors.includes(director) && director.messages > 0 && pair.vrids.length > 0 && director.syncids.some(id => pair.syncids.includes(id))) {
			add('stranger', 'warning', director.firstSyncUs, director, `${director.address} sends sync with id ${director.syncid}, but no adverts or joins of it were heard: not one of the directors? (--from excludes it)`);
		}
	}

	const master = pair.directors.find(({masterSinceUs}) => masterSinceUs > 0);
	if (master && listeners === 0 && !isSplit(pair) && pair.directors.some(({joinSeen}) => joinSeen)) {
		add('no-listener', 'warning', master.masterSinceUs, master, 'no director is known to listen: a takeover now would find an empty table');
	}

	const claimant = directors[pair.claimant];
	if (master && master.lastAdvertUs > 0 && claimant && claimant !== master && !pair.activeActive && pair.split?.endUs !== 0 && nowUs - Math.max(master.masterSinceUs, pair.claimUs) > thresholds.sameClaimUs) {
		add('claimed-elsewhere', 'warning', pair.claimUs, claimant, `the virtual address was claimed last by ${claimant.address} (${seconds(nowUs - pair.claimUs)}s ago), not by the master ${master.address}: clients may still be sent there`);
	}

	if (pair.activeActive) {
		add('active-active', 'note', pair.bothSinceUs, pair.directors[0]!, 'several directors send: each serves its own sessions');
	}

	return warnings.toSorted((one, other) => Number(one.level === 'note') - Number(other.level === 'note'));
};
