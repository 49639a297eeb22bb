import {entryAt, entryExpiresMs, entryPath, entrySent, entryWords, isEstablishedRank} from '../table/entry.js';
import {controlAt, numberAt} from '../table/memory.js';
import {type TableWriter} from '../table/writer.js';
import {type Advert, type FrameInfo, type GroupReport} from '../wire/observation.js';
import {type Datagram} from '../wire/packet.js';
import {missesAdverts, othersAddress, sharedBit, type Director} from './director.js';
import {createDirectors, type Directors, type SyncFacts} from './directors.js';
import {createEventLimit} from './event-limit.js';
import {type Failover, type Moment} from './failover.js';
import {createHeadCount} from './head-count.js';
import {type Limits} from './limits.js';
import {createLosses} from './losses.js';
import {createPairReport} from './pair-report.js';
import {createPairs, type PairState} from './pairs.js';
import {createSplitBrains} from './split-brains.js';
import {createTakeovers, type Tell} from './takeovers.js';
import {thresholds} from './thresholds.js';
import {type Claim} from './vip-claims.js';
import {createVirtualRouters} from './virtual-routers.js';

export type DeskParts = {
	readonly table: TableWriter;
	/** Tells an event in the stream of changes. */
	note(timeUs: number, event: string, fields: Readonly<Record<string, unknown>>): void;
	/** Time of the first packet. */
	firstUs(): number;
	/** The wall clock's time, for what is told. */
	toWallUs(timeUs: number): number;
	/** Addresses of directors that are known, and pairs, by the configuration. */
	readonly configured?: ReadonlyArray<readonly string[]>;
	readonly limits: Limits;
};

/** The failover desk: hears what directors say, judges, counts, and tells. Knows no clock: the time is the packets'. */
export type Desk = {
	readonly directors: Directors;
	/** A sync message, before its records are applied. */
	message(datagram: Datagram, segment: number, facts: SyncFacts): Director;
	/** The same message, after that. */
	applied(director: Director, timeUs: number): void;
	/** True when its sender is believed. */
	advert(frame: FrameInfo, segment: number, advert: Advert): boolean;
	report(frame: FrameInfo, segment: number, report: GroupReport, group: 'sync' | 'vrrp' | 'other'): void;
	/** A host claims a virtual address. */
	claim(timeUs: number, place: number, claim: Claim): void;
	/** What the entries of a sender's message get. */
	listeners(sender: Director): number;
	generation(sender: Director): number;
	/** To be called about twice a second of the packets' time. */
	tick(nowUs: number): void;
	/** Everything of now; counts the table again when the last count is too old. */
	failover(nowUs: number): Failover;
};

const us = 1_000_000;
const maxMoments = 128;
/** All senders that are not known share what may be told of one. */
const strangers = -1;

/** Counting takes some 40 ms per million entries: at most a fiftieth of the time. */
const censusEveryUs = (entries: number): number => entries < 50_000 ? us : (entries < 250_000 ? 2 * us : 5 * us);

export const createDesk = ({table, note, firstUs, toWallUs, configured = [], limits}: DeskParts): Desk => {
	const {arrays} = table;
	const {entries, control, numbers} = arrays;
	const timeline: Moment[] = [];
	const losses = createLosses();
	/** Sync id and group by which a director was joined to its pair last. */
	const joinedBy: Array<{readonly group: string; readonly syncid: number}> = [];
	let contested = 0;
	/** The time of the packet at hand. */
	let packetUs = 0;

	const eventLimit = createEventLimit();
	const tell: Tell = (timeUs, event, level, about, text, fields) => {
		const {told, onTimeline} = eventLimit.admit(event, about[0]?.known ? about[0].index : strangers, timeUs);
		if (!told) {
			limits.hit('events');
			return;
		}

		note(timeUs, event, fields);
		if (onTimeline) {
			timeline.push({timeUs, event, directors: about.map(({index}) => index), level, text});
			if (timeline.length > maxMoments) {
				timeline.shift();
			}
		}
	};

	const directors = createDirectors({
		clearSent(director) {
			let count = 0;
			const nowMs = heads.sinceOriginMs(numbers[numberAt.nowUs]!);
			const highWater = Atomics.load(control, controlAt.highWater);
			for (let slot = 1; director.bit !== sharedBit && slot <= highWater; slot++) {
				const at = slot * entryWords;
				const wasSent = entryPath(entries, at) !== 0 && ((entrySent(entries, at) >>> director.bit) & 1) === 1;
				if (wasSent && isEstablishedRank(entries[at + entryAt.portState]! & 0xff) && entryExpiresMs(entries, at) > nowMs) {
					count++;
				}
			}

			if (director.bit !== sharedBit) {
				table.clearSent(director.bit);
			}

			return count;
		},
		assumeSent(director) {
			table.copySent(sharedBit, director.bit, director.segment, director.index);
		},
		event(timeUs, name, director, fields) {
			if (name === '@known' || name === '@bit') {
				note(timeUs, name, fields);
				return;
			}

			if (name !== 'wire-loss') {
				tell(timeUs, name, 'note', [director], name === 'restart' ? 'sync daemon started anew' : [fields['what'], fields['evidence']].filter(Boolean).join(' by '), fields);
				return;
			}

			// One line of the timeline for a burst.
			if (losses.add(director, timeUs, fields['lost'] as number)) {
				tell(timeUs, name, 'warning', [director], 'sync messages lost', fields);
			} else if (eventLimit.admit(name, director.known ? director.index : strangers, timeUs).told) {
				note(timeUs, name, fields);
			} else {
				limits.hit('events');
			}
		},
	}, new Set(configured.flat()), limits);
	const pairs = createPairs(() => directors.all(), configured);

	const heads = createHeadCount(arrays, pairs);
	const report = createPairReport({directors, pairs, heads, losses});
	const splits = createSplitBrains({directors, pairs, heads, tell, toWallUs});
	const takeovers = createTakeovers({
		table, directors, pairs, heads, losses, tell, note, firstUs, toWallUs, limits,
		isMasterElsewhere: (director, nowUs) => routers.all().some(({master}) => master.director === director && !missesAdverts(master.instance, nowUs, thresholds.silentIntervals)),
	});

	const routers = createVirtualRouters({
		first(router, timeUs) {
			const {director, instance} = router.master;
			directors.setMaster(director, timeUs, timeUs);
			tell(timeUs, 'vrrp', 'note', [director], `master, priority ${instance.priority}`, {address: director.address, vrid: router.vrid, priority: instance.priority, role: 'master'});
		},
		changed(change) {
			takeovers.changed(change, packetUs);
		},
		resigned(router, director, timeUs) {
			directors.setMaster(director, 0, timeUs);
			tell(timeUs, 'vrrp', 'warning', [director], 'resigned (priority 0)', {address: director.address, vrid: router.vrid, priority: 0, role: 'resigned'});
		},
		silent({vrid, master: {director, instance}}, timeUs) {
			if (director.priority !== 0) {
				directors.setMaster(director, 0, timeUs);
				tell(timeUs, 'silent', 'warning', [director], 'adverts missing', {
					address: director.address, vrid, priority: instance.priority, what: 'adverts', seconds: (timeUs - instance.lastUs) / us,
					syncGoesOn: director.lastSyncUs > instance.lastUs + (instance.intervalMs * 1000) + thresholds.syncGoesOnUs,
				});
			}
		},
		resumed({vrid, master: {director, instance}}, timeUs) {
			directors.setMaster(director, timeUs, timeUs);
			tell(timeUs, 'vrrp', 'note', [director], 'master again', {address: director.address, vrid, priority: instance.priority, role: 'master'});
		},
		split: splits.begins,
		splitEnd: splits.ends,
	}, limits);

	const joinBySync = (director: Director): PairState | undefined => {
		if (director.address === othersAddress) {
			return undefined;
		}

		const joined = joinedBy[director.index];
		if (joined?.group === director.group && joined.syncid === director.syncid) {
			return pairs.of(director);
		}

		const isStranger = director.instances.length === 0 && director.listeningSinceUs === 0 && director.listenedSinceUs === 0
			&& pairs.all().some(pair => pair.segment === director.segment && pair.vrids.length > 0 && pair.syncids.includes(director.syncid));
		if (isStranger) {
			return undefined;
		}

		joinedBy[director.index] = {group: director.group, syncid: director.syncid};
		const pair = pairs.join(director, `sync ${director.segment} ${director.group} ${director.syncid}`);
		pair.segment = director.segment;
		pair.group = director.group;
		pair.port = pair.port === 0 ? director.port : Math.min(pair.port, director.port);
		if (!pair.syncids.includes(director.syncid)) {
			pair.syncids = [...pair.syncids, director.syncid].toSorted((one, other) => one - other);
		}

		return pair;
	};

	/** 2: of a known director that has been heard for a while; 1: of one that has not, as a forger's single word. */
	const rankOf = ({directors: members}: PairState): number =>
		Math.max(0, ...members.map(member => member.known ? 1 + Number(member.lastUs - member.firstUs >= thresholds.establishedUs) : 0));

	const watchBothSending = (pair: PairState, nowUs: number) => {
		const senders = pair.directors.filter(({lastSyncUs}) => lastSyncUs > 0 && nowUs - lastSyncUs <= thresholds.noAdvertUs);
		const isSplit = pair.split?.endUs === 0;
		const living = new Set(routers.all().filter(router => pair.directors.includes(router.master.director) && !missesAdverts(router.master.instance, nowUs, thresholds.silentIntervals))
			.map(router => router.master.director));
		if (isSplit || (senders.length < 2 && living.size < 2)) {
			pair.bothSinceUs = 0;
			pair.activeActive &&= senders.length > 0 && pair.directors.filter(({lastSyncUs}) => lastSyncUs > 0 && nowUs - lastSyncUs <= 60 * us).length > 1;
			return;
		}

		pair.bothSinceUs ||= nowUs;
		if (!pair.activeActive && nowUs - pair.bothSinceUs >= thresholds.activeActiveUs) {
			pair.activeActive = true;
			tell(nowUs, 'director', 'note', senders, 'active/active: both send', {address: senders.map(({address}) => address).join(' '), what: 'active-active'});
		}
	};

	/** A director that gave way, and whose joins are seen otherwise, but did not join. */
	const findDeaf = (pair: PairState, nowUs: number) => {
		for (const director of pair.directors) {
			if (director.listeningEvidence === 'vrrp' && director.joinSeen && nowUs - director.listeningSinceUs > thresholds.deafUs) {
				directors.isDeaf(director);
				tell(nowUs, 'director', 'warning', [director], 'does not listen', {address: director.address, what: 'deaf', evidence: 'it gave way, but joined no sync group'});
			}
		}
	};

	return {
		directors,
		message(datagram, segment, facts) {
			const {timeUs} = datagram;
			packetUs = timeUs;
			const director = directors.sender(datagram, segment, facts);
			const pair = joinBySync(director);
			if (!pair) {
				return director;
			}

			routers.message(director, pair.directors, timeUs);
			takeovers.message(pair, director, timeUs);
			return director;
		},
		applied(director, timeUs) {
			const now = numbers[numberAt.contested]!;
			if (now !== contested) {
				contested = now;
				const pair = pairs.of(director);
				if (pair) {
					splits.contest(pair, director, timeUs);
				}
			}
		},
		advert(frame, segment, advert) {
			const {timeUs} = frame;
			packetUs = timeUs;
			const heard = directors.advert(frame, segment, advert);
			if (!heard) {
				return false;
			}

			const {director, instance} = heard;
			const pair = pairs.join(director, `vrid ${segment} ${advert.family} ${advert.vrid}`);
			if (!pair.vrids.includes(advert.vrid)) {
				pair.vrids.push(advert.vrid);
			}

			routers.advert(director, instance, timeUs);
			takeovers.advert(pair, director, advert.priority, timeUs);
			return true;
		},
		report(frame, segment, groupReport, group) {
			packetUs = frame.timeUs;
			if (group === 'sync') {
				directors.report(frame, segment, groupReport);
			} else if (group === 'vrrp') {
				directors.vrrpReport(frame);
			} else if (groupReport.protocol === 'mld' && groupReport.kind === 'report' && groupReport.change) {
				directors.cameUp(frame);
			}
		},
		claim(timeUs, place, {address, mac, was, isNews}) {
			const director = directors.ofMac(place, mac);
			const near = director ? pairs.all().filter(pair => pair.segment === director.segment) : [];
			const pair = director && (pairs.of(director) ?? (near.length === 1 ? near[0] : undefined));
			if (pair) {
				pair.claimant = director.index;
				pair.claimUs = timeUs;
				takeovers.claim(pair, director, timeUs);
			}

			if (isNews) {
				tell(timeUs, 'vip-claimed', 'note', director ? [director] : [], `claims ${address}`, {address, mac, was, director: director?.address});
			}
		},
		listeners: directors.listeners,
		generation(sender) {
			const pair = pairs.of(sender);
			const last = pair?.pending ?? pair?.takeovers.at(-1);
			// What the old master still sends is no word of the new one.
			return pair && last ? (sender === last.from ? pair.formerGeneration : pair.generation) & 0xff : 0;
		},
		tick(nowUs) {
			directors.tick(nowUs);
			routers.tick(nowUs);
			for (const pair of pairs.all()) {
				takeovers.tick(pair, nowUs);
				watchBothSending(pair, nowUs);
				splits.tick(pair, nowUs);
				findDeaf(pair, nowUs);
			}
		},
		failover(nowUs) {
			const all = pairs.all();
			const age = nowUs - heads.countedUs();
			if (all.length > 0 && (heads.countedUs() === 0 || age >= censusEveryUs(Atomics.load(control, controlAt.highWater)))) {
				heads.count(nowUs);
			}

			return {
				// A stranger's sessions, however many, do not push the real pair out of the first place.
				pairs: all.map(pair => ({rank: rankOf(pair), pair: report.pairOf(pair, nowUs)}))
					.toSorted((one, other) => (other.rank - one.rank) || (other.pair.open - one.pair.open)).map(one => one.pair),
				grounds: all.map(pair => report.groundOf(pair, nowUs)),
				timeline: [...timeline],
				countedUs: heads.countedUs(),
			};
		},
	};
};
