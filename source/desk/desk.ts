/*
The failover desk: hears what directors say, judges, counts, and tells. Knows no clock: the time is the packets'. What it knows is one
value (state.ts), what it does are functions over it: this file is the order in which they are called.
*/
import {events} from '../events/catalogue.js';
import {type Note} from '../events/told.js';
import {createPathReader} from '../table/path-info.js';
import {numberAt} from '../table/memory.js';
import {type TableWriter} from '../table/write/writer.js';
import {formatAddress, isMulticast} from '../wire/address.js';
import {type AddressClaim, type Advert, type FrameInfo, type GroupReport} from '../wire/observation.js';
import {type Datagram} from '../wire/packet.js';
import {type RecordBatch} from '../wire/sync/record-batch.js';
import {secondUs} from '../wire/second.js';
import {othersAddress, type Director} from './facts/director.js';
import {type Failover} from './facts/failover.js';
import {type Limits} from './facts/limits.js';
import {thresholds} from './facts/thresholds.js';
import {findDeaf, listenersOf, noteJoin, noteLeave} from './listening.js';
import {createNearOwners} from './near-owners.js';
import {ownersOfMessage} from './owners.js';
import {isStranger, membersOf, memoryOf, pairOf, relate, relateConfigured} from './pairs.js';
import {cameUp, countRates, directorOf, identify, joinsVrrp, trustByAdvert, trustBySync} from './registry.js';
import {noteAdvert} from './reigns.js';
import {failoverOf} from './report.js';
import {mastersOf, routerHears, routersHearMessage, routersTick, speechOf, type RouterNews} from './routers.js';
import {hearAnnouncement, hearClaim, isAbout, newsOfClaim, routerChanged, serveAdvertised, servingTick} from './serving.js';
import {beginSplit, contest, endSplit, splitOf, splitsTick} from './splits.js';
import {createDeskState, type DeskState} from './state.js';
import {followStream} from './streams.js';
import {invalidate} from './takeover-counts.js';
import {leaveServing, noteMessage, noteOrderlyEnd, noteOwnAdvert, setServing, takeoversTick} from './takeover.js';
import {tell, type DeskContext} from './told.js';

type DeskParts = {
	readonly table: TableWriter;
	readonly note: Note;
	/** Time of the first packet. */
	firstUs(): number;
	/** The name of a segment where several are told apart. */
	segmentName(segment: number): string | undefined;
	/** The wall clock's time, for what is told. */
	toWallUs(timeUs: number): number;
	/** Addresses of directors that are known, and pairs, by the configuration: `A+A2` are addresses of one director. */
	readonly configured?: ReadonlyArray<readonly string[]>;
	readonly limits: Limits;
	/** What it knew when it was saved. */
	readonly state?: DeskState;
};

type SyncFacts = {readonly version: number; readonly syncid: number; readonly records: number; readonly wrapped: boolean};

export type Desk = {
	readonly state: DeskState;
	readonly directors: {all(): readonly Director[]};
	/** A sync message, before its records are applied. */
	message(datagram: Datagram, segment: number, facts: SyncFacts, batch: RecordBatch): Director;
	/** The same message, after that. */
	applied(director: Director, timeUs: number): void;
	advert(frame: FrameInfo, segment: number, advert: Advert): void;
	report(frame: FrameInfo, segment: number, report: GroupReport, group: 'sync' | 'vrrp' | 'other'): void;
	/** A host claims an address, or answers for it. */
	claim(frame: FrameInfo, segment: number, claim: AddressClaim): void;
	/** Directors that hear what this one announces now, as bits. */
	listeners(sender: Director): number;
	/** To be called about twice a second of the packets' time. */
	tick(nowUs: number): void;
	/** What was counted of the table is out of date. */
	recount(): void;
	/** Everything of now; counts the table again when the last count is too old. */
	failover(nowUs: number): Failover;
};

const maxSyncids = 16;
/** Of a pair that both send, both must have sent of late to go on being one. */
const stillBothUs = 60 * secondUs;

const noteValue = (list: number[], value: number): void => {
	if (list.length < maxSyncids && !list.includes(value)) {
		list.push(value);
	}
};

/** What any message says of its sender, or of all that share one number. */
const countMessage = (director: Director, timeUs: number, records: number): void => {
	director.firstSyncUs ||= timeUs;
	director.lastSyncUs = timeUs;
	director.messages++;
	director.records += records;
};

/** What a message says of its one sender. */
const noteSender = (director: Director, datagram: Datagram, segment: number, {version, syncid, wrapped}: SyncFacts): void => {
	director.segment = segment;
	director.version = version;
	director.syncid = syncid;
	noteValue(director.syncids, syncid);
	noteValue(director.versions, version);
	if (director.port !== datagram.destinationPort || director.group === '') {
		director.port = datagram.destinationPort;
		director.group = formatAddress(datagram.destination, 0, datagram.family);
	}

	director.largestMessage = Math.max(director.largestMessage, datagram.claimedLength);
	director.fragmentedMessages += datagram.fragmented ? 1 : 0;
	director.wrappedMessages += wrapped ? 1 : 0;
};

/** The sender of a sync message, with what it says of itself. */
const senderOf = (desk: DeskContext, datagram: Datagram, segment: number, facts: SyncFacts): Director => {
	const director = identify(desk, datagram, segment, 'sync');
	const {timeUs} = datagram;
	if (director.address === othersAddress) {
		// Many at once: nothing else that is true of one of them is true of all.
		countMessage(director, timeUs, facts.records);
		return director;
	}

	const isFirst = director.firstSyncUs === 0;
	if (director.lastSyncUs > 0 && timeUs - director.lastSyncUs > thresholds.noAdvertUs) {
		director.formerSyncUs = director.lastSyncUs;
	}

	director.previousSyncUs = director.lastSyncUs;
	countMessage(director, timeUs, facts.records);
	if (isFirst) {
		tell(desk, timeUs, events.director, [director], {address: director.address, what: 'sending', syncid: facts.syncid, version: facts.version});
		relateConfigured(desk, director);
	}

	trustBySync(desk, director, timeUs);
	noteSender(director, datagram, segment, facts);
	followStream(desk, director, datagram);
	return director;
};

/** Acts on what became of the virtual routers. */
const follow = (desk: DeskContext, news: readonly RouterNews[], timeUs: number): void => {
	const {state} = desk;
	for (const one of news) {
		const {router} = one;
		const master = directorOf(state, router.master);
		const priority = speechOf(state, router, router.master)?.priority ?? 0;
		const fields = {address: master.address, vrid: router.vrid, priority};
		if (one.what === 'first') {
			setServing(desk, master, timeUs, timeUs);
			tell(desk, timeUs, events.vrrp, [master], {...fields, role: 'master'});
		} else if (one.what === 'changed') {
			routerChanged(desk, one, state.packetUs);
		} else if (one.what === 'resigned') {
			leaveServing(desk, master, timeUs);
			tell(desk, timeUs, events.vrrp, [master], {...fields, priority: 0, role: 'resigned'});
		} else if (one.what === 'resumed') {
			setServing(desk, master, timeUs, timeUs);
			tell(desk, timeUs, events.vrrp, [master], {...fields, role: 'master'}, 'master again');
		} else if (one.what === 'silent') {
			if (master.priority !== 0) {
				const {lastUs} = (speechOf(state, router, router.master)!);
				leaveServing(desk, master, timeUs);
				tell(desk, timeUs, events.silent, [master], {
					...fields, what: 'adverts', seconds: (timeUs - lastUs) / secondUs, syncGoesOn: master.lastSyncUs > lastUs + (master.intervalMs * 1000) + thresholds.syncGoesOnUs,
				});
			}
		} else if (one.what === 'split') {
			beginSplit(desk, router, one.speakers, timeUs);
		} else {
			endSplit(desk, router, one.winner, one.loser, timeUs);
		}
	}
};

/** An advert that is sent to one peer and heard here was flooded: the switch does not know the peer's MAC any more. */
const noteFlood = ({state}: DeskContext, {destination, timeUs}: FrameInfo, segment: number): void => {
	const index = state.registry.byAddress.get(`${segment} ${destination[0]} ${destination[1]} ${destination[2]} ${destination[3]}`);
	if (index !== undefined) {
		directorOf(state, index).floodedUs = timeUs;
	}
};

const hearAdvert = (desk: DeskContext, frame: FrameInfo, segment: number, advert: Advert): void => {
	const {state} = desk;
	const {timeUs} = frame;
	const director = identify(desk, frame, segment, 'advert', advert.ahSpi);
	if (director.address === othersAddress || !trustByAdvert(desk, director, advert, timeUs)) {
		return;
	}

	const isUnicast = !isMulticast(frame.destination, 0, frame.family);
	if (isUnicast) {
		noteFlood(desk, frame, segment);
	}

	if (director.lastAdvertUs === 0) {
		relateConfigured(desk, director);
	}

	const instance = noteAdvert(director, frame, segment, advert, isUnicast, desk.limits);
	const news = routerHears(desk, director.index, instance, timeUs);
	const router = state.routers.find(one => one.vrid === instance.vrid && one.family === instance.family && one.segment === segment && one.speakers.includes(director.index));
	for (const index of router?.speakers ?? []) {
		relate(state, director.index, index);
	}

	follow(desk, news, timeUs);
	if (router?.master === director.index && router.splitUs === 0 && instance.priority > 0) {
		serveAdvertised(desk, router, instance, timeUs);
	}

	noteOwnAdvert(desk, director, advert.priority, timeUs);
};

/** Whether several of a pair serve for good, each its own sessions. */
const watchActiveActive = (desk: DeskContext, pair: number, nowUs: number): void => {
	const {state} = desk;
	const memory = memoryOf(state, pair);
	const members = membersOf(state, pair);
	const sendersWithin = (withinUs: number): Director[] => members.filter(({lastSyncUs}) => lastSyncUs > 0 && nowUs - lastSyncUs <= withinUs);
	const senders = sendersWithin(thresholds.noAdvertUs);
	const living = mastersOf(state, nowUs);
	if (splitOf(state, members)?.split.endUs === 0 || (senders.length < 2 && members.filter(({index}) => living.has(index)).length < 2)) {
		memory.bothSinceUs = 0;
		memory.isActiveActive &&= senders.length > 0 && sendersWithin(stillBothUs).length > 1;
		return;
	}

	memory.bothSinceUs ||= nowUs;
	if (!memory.isActiveActive && nowUs - memory.bothSinceUs >= thresholds.activeActiveUs) {
		memory.isActiveActive = true;
		tell(desk, nowUs, events.director, senders, {address: senders.map(({address}) => address).join(' '), what: 'active-active'});
	}
};

export const createDesk = ({configured = [], state = createDeskState(), ...parts}: DeskParts): Desk => {
	const pairs = configured.map(addresses => addresses.map(one => one.split('+')));
	const desk: DeskContext = {
		...parts, state, configured: pairs.map(directors => directors.flat()), trusted: new Set(pairs.flat().flat()),
		aliases: new Map(pairs.flat().flatMap(addresses => addresses.slice(1).map(address => [address, addresses[0]!] as const))),
		reader: createPathReader(parts.table.arrays), near: createNearOwners(), counted: {countedUs: 0, rows: []},
	};
	const {numbers} = parts.table.arrays;
	const {registry} = state;

	return {
		state,
		directors: {all: () => registry.directors},
		message(datagram, segment, facts, batch) {
			const {timeUs} = datagram;
			state.packetUs = timeUs;
			const director = senderOf(desk, datagram, segment, facts);
			if (director.address === othersAddress) {
				return director;
			}

			const owners = ownersOfMessage(desk, batch, segment, director.known || !isStranger(director));
			follow(desk, routersHearMessage(desk, director.index, timeUs, (master, router) => isAbout(state, owners, director.index, master, router)), timeUs);
			for (const owner of owners) {
				hearAnnouncement(desk, owner, director, timeUs);
			}

			noteMessage(desk, director, timeUs);
			return director;
		},
		applied(director, timeUs) {
			const now = numbers[numberAt.contested]!;
			if (now !== state.contested) {
				state.contested = now;
				if (director.address !== othersAddress && !(isStranger(director) && pairOf(state, director.index) === director.index)) {
					contest(desk, director, timeUs);
				}
			}
		},
		advert(frame, segment, advert) {
			state.packetUs = frame.timeUs;
			hearAdvert(desk, frame, segment, advert);
		},
		report(frame, segment, report, group) {
			state.packetUs = frame.timeUs;
			if (group === 'sync') {
				const director = identify(desk, frame, segment, 'report');
				if (director.address === othersAddress) {
					return;
				}

				director.segment = segment;
				if (report.kind === 'report') {
					noteOrderlyEnd(desk, director, frame.timeUs);
					noteJoin(desk, director, frame, report);
					relateConfigured(desk, director);
				} else {
					noteLeave(desk, director, frame.timeUs, report);
				}
			} else if (group === 'vrrp') {
				joinsVrrp(state, frame);
			} else if (report.protocol === 'mld' && report.kind === 'report' && report.change) {
				cameUp(state, frame);
			}
		},
		claim(frame, segment, claim) {
			state.packetUs = frame.timeUs;
			follow(desk, newsOfClaim(desk, frame, segment, claim), frame.timeUs);
			hearClaim(desk, frame, segment, claim);
		},
		listeners: sender => listenersOf(state, sender),
		tick(nowUs) {
			countRates(state, nowUs);
			follow(desk, routersTick(desk, nowUs), nowUs);
			servingTick(desk, nowUs);
			takeoversTick(desk, nowUs);
			for (const pair of new Set(registry.directors.map(({index}) => pairOf(state, index)))) {
				watchActiveActive(desk, pair, nowUs);
			}

			findDeaf(desk, nowUs);
			splitsTick(desk, nowUs);
		},
		recount() {
			invalidate(desk);
		},
		failover: nowUs => failoverOf(desk, nowUs),
	};
};
