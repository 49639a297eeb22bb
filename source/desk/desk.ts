import {numberAt} from '../table/memory.js';
import {type TableWriter} from '../table/write/writer.js';
import {type Advert, type FrameInfo, type GroupReport} from '../wire/observation.js';
import {type Datagram} from '../wire/packet.js';
import {events} from '../events/catalogue.js';
import {type Note} from '../events/told.js';
import {createDeskEvents} from './desk-events.js';
import {sharedBit, type Director} from './facts/director.js';
import {createDirectors, type Directors, type SyncFacts} from './registry.js';
import {type Failover} from './facts/failover.js';
import {createHeadCount} from './head-count.js';
import {type Limits} from './facts/limits.js';
import {createLosses} from './losses.js';
import {createPairReport} from './pair-report.js';
import {createPairWatch} from './pair-watch.js';
import {createPairs} from './pairs.js';
import {createRouterEvents} from './router-events.js';
import {countSent} from './sent-sessions.js';
import {createSplitBrains} from './splits.js';
import {createSyncPairs} from './sync-pairs.js';
import {createTakeovers} from './takeovers.js';
import {type Claim} from './vip-claims.js';
import {createVirtualRouters} from './routers.js';

export type DeskParts = {
	readonly table: TableWriter;
	readonly note: Note;
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

export const createDesk = ({table, note, firstUs, toWallUs, configured = [], limits}: DeskParts): Desk => {
	const {arrays} = table;
	const {numbers} = arrays;
	const told = createDeskEvents(note, limits);
	const {tell} = told;
	const losses = createLosses();
	let contested = 0;
	/** The time of the packet at hand. */
	let packetUs = 0;

	const directors = createDirectors({
		note,
		tell,
		clearSent({bit}) {
			if (bit === sharedBit) {
				return 0;
			}

			const count = countSent(arrays, bit, heads.sinceOriginMs(numbers[numberAt.nowUs]!));
			table.clearSent(bit);
			return count;
		},
		assumeSent({bit, segment, index}) {
			table.copySent(sharedBit, bit, segment, index);
		},
		lost(director, timeUs, lost) {
			const fields = {address: director.address, lost, lostMessages: director.lostMessages};
			// One line of the timeline for a burst.
			if (losses.add(director, timeUs, lost)) {
				tell(timeUs, events.wireLoss, [director], fields);
			} else {
				told.add(timeUs, events.wireLoss, director, fields);
			}
		},
	}, new Set(configured.flat()), limits);

	const pairs = createPairs(directors.all, configured);
	const pairOfSender = createSyncPairs(pairs);
	const heads = createHeadCount(arrays, pairs);
	const report = createPairReport({directors, pairs, heads, losses});
	const splits = createSplitBrains({directors, pairs, heads, tell, toWallUs});
	const masters = (nowUs: number) => routers.masters(nowUs);
	const takeovers = createTakeovers({table, directors, pairs, heads, losses, note, tell, firstUs, toWallUs, limits, masters});
	const watch = createPairWatch({directors, tell, masters});
	const routers = createVirtualRouters({
		...createRouterEvents(directors, tell),
		changed(change) {
			takeovers.changed(change, packetUs);
		},
		split: splits.begins,
		splitEnd: splits.ends,
	}, limits);

	return {
		directors,
		message(datagram, segment, facts) {
			const {timeUs} = datagram;
			packetUs = timeUs;
			const director = directors.sender(datagram, segment, facts);
			const pair = pairOfSender(director);
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
				tell(timeUs, events.vipClaimed, director ? [director] : [], {address, mac, was, director: director?.address});
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
				watch(pair, nowUs);
				splits.tick(pair, nowUs);
			}
		},
		failover: nowUs => ({...report(nowUs), timeline: told.timeline()}),
	};
};
