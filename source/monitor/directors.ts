import {formatAddress} from '../wire/address.js';
import {type Advert, type FrameInfo, type GroupReport} from '../wire/observation.js';
import {type Datagram} from '../wire/packet.js';
import {missesAdverts, othersAddress, ownBits, sharedBit, type Director, type VrrpInstance} from './director.js';
import {createDirectorIdentity} from './director-identity.js';
import {type ListeningEvidence} from './failover.js';
import {type Limits} from './limits.js';
import {createSyncStreams} from './sync-streams.js';
import {thresholds} from './thresholds.js';

export {sharedBit, type Director, type VrrpInstance} from './director.js';

const maxInstances = 64;
const maxSyncids = 16;
const us = 1_000_000;

/**
Senders that are known without the configuration, and those of them that one advert is enough for; a forger with as many
addresses as he likes gets no further. The others must advertise a second time.
*/
const maxKnown = 16;
const knownAtOnce = 8;

/** Bits that a group report alone can take; the others are for who advertises. */
const bitsOfListeners = 7;

/** Joins that follow a leave, or an interface that came up, so often in ten seconds: each costs a walk through the table. */
const maxJoins = 8;
const joinsWithinUs = 10_000_000;

/** What the registry needs done to the table, and tells about. */
export type DirectorHooks = {
	/** It began to listen: what was announced before was not sent to it. Gives how many open sessions had been sent to it earlier. */
	clearSent(director: Director): number;
	/** It got a bit of its own: what was announced in its segment since we listen may have been sent to it. */
	assumeSent(director: Director): void;
	event(timeUs: number, name: 'director' | 'restart' | 'wire-loss' | '@known' | '@bit', director: Director, fields: Readonly<Record<string, unknown>>): void;
};

export type SyncFacts = {readonly version: number; readonly syncid: number; readonly records: number; readonly wrapped: boolean};

/** Who was heard, what each said, and who listens. Judges nothing: who is master is told by `setMaster`. */
export type Directors = {
	/** The sender of a sync message, with its IPv4 identification checked for gaps. */
	sender(datagram: Datagram, segment: number, facts: SyncFacts): Director;
	/**
	An advert: the director, and the state of its instance after it. A reign begins with its first advert of priority > 0 after a silence or a
	resignation. Undefined for a sender that is not known: there are too many that advertise.
	*/
	advert(frame: FrameInfo, segment: number, advert: Advert): {readonly director: Director; readonly instance: VrrpInstance} | undefined;
	/** A report or leave of a sync group. */
	report(frame: FrameInfo, segment: number, report: GroupReport): void;
	/** A report or leave of a group of VRRP. */
	vrrpReport(frame: FrameInfo): void;
	/** An MLD report that says that memberships changed: an interface came up. */
	cameUp(frame: FrameInfo): void;
	/** It gave way to another master without a break: it listens from then, and what it knew it still knows. */
	gaveWay(director: Director, timeUs: number): void;
	/** It is master, or not any more (0). A master does not listen. */
	setMaster(director: Director, sinceUs: number, timeUs: number): void;
	/** It was taken for a listener on weak evidence, and is none. */
	isDeaf(director: Director): void;
	/** Directors listening now, as bits, without `sender`'s. */
	listeners(sender: Director): number;
	/** The one with this MAC at this place. */
	ofMac(place: number, mac: string): Director | undefined;
	/** To be called about once a second: rates. */
	tick(nowUs: number): void;
	all(): readonly Director[];
};

const note = (list: number[], value: number) => {
	if (list.length < maxSyncids && !list.includes(value)) {
		list.push(value);
	}
};

/** `trusted`: addresses that are known from their first word on. */
export const createDirectors = (hooks: DirectorHooks, trusted: ReadonlySet<string>, limits: Limits): Directors => {
	const identity = createDirectorIdentity(trusted, limits);
	const streams = createSyncStreams(limits);
	const recentJoins = new Map<Director, {sinceUs: number; count: number}>();
	let knownByWord = 0;
	let bitsByReport = 0;
	let bitsOfTrusted = 0;
	const counted: Array<{messages: number; records: number}> = [];
	let bitsTaken = 0;
	let tickedUs = 0;

	const giveBit = (director: Director, timeUs: number) => {
		const isTrusted = trusted.has(director.address);
		// What the configuration names gets a bit whenever it is heard.
		if (director.bit === sharedBit && bitsTaken < (isTrusted ? ownBits : ownBits - Math.max(0, Math.min(trusted.size, bitsOfListeners) - bitsOfTrusted))) {
			bitsOfTrusted += isTrusted ? 1 : 0;
			director.bit = bitsTaken++;
			// Ahead of the first change whose masks have it.
			hooks.event(timeUs, '@bit', director, {index: director.index, address: director.address, bit: director.bit});
			hooks.assumeSent(director);
		}
	};

	const trust = (director: Director, timeUs: number) => {
		if (!director.known && (trusted.has(director.address) || knownByWord < maxKnown)) {
			knownByWord += trusted.has(director.address) ? 0 : 1;
			giveBit(director, timeUs);
			director.known = true;
			// Ahead of what it says next: triggers believe only whom they know.
			hooks.event(timeUs, '@known', director, {index: director.index, address: director.address});
		}
	};

	/** Its advert vouches for it; the later ones must be there for half an interval at least. */
	const trustByAdvert = (director: Director, advert: Advert, timeUs: number): boolean => {
		if (trusted.has(director.address) || knownByWord < knownAtOnce || (director.strangeAdvertUs > 0 && timeUs - director.strangeAdvertUs >= advert.intervalMs * 500)) {
			trust(director, timeUs);
		}

		if (!director.known) {
			director.strangeAdvertUs ||= timeUs;
			limits.hit('adverts');
		}

		return director.known;
	};

	const isHasty = (director: Director, timeUs: number): boolean => {
		const recent = recentJoins.get(director);
		if (!recent || Math.abs(timeUs - recent.sinceUs) >= joinsWithinUs) {
			recentJoins.set(director, {sinceUs: timeUs, count: 1});
			return false;
		}

		recent.count++;
		return recent.count > maxJoins;
	};

	/** It advertised until a moment ago, so it runs and its kernel keeps what it holds. */
	const isUnbroken = (director: Director, timeUs: number): boolean => director.priority !== 0 && director.lastAdvertUs > 0
		&& timeUs - director.lastAdvertUs <= thresholds.silentIntervals * director.intervalMs * 1000;

	const listens = (director: Director, timeUs: number, evidence: ListeningEvidence, keeps: boolean) => {
		director.forgotten = keeps ? 0 : hooks.clearSent(director);
		director.listeningSinceUs = timeUs;
		director.listeningEvidence = evidence;
		hooks.event(timeUs, 'director', director, {address: director.address, what: 'listening', evidence});
	};

	const stopsListening = (director: Director, timeUs: number) => {
		if (director.listeningSinceUs > 0) {
			director.listenedSinceUs = director.listeningSinceUs;
			director.listenedUntilUs = timeUs;
			director.listenedEvidence = director.listeningEvidence;
		}

		director.listeningSinceUs = 0;
		director.listeningEvidence = 'none';
	};

	const joins = (director: Director, {timeUs}: FrameInfo, report: GroupReport) => {
		const isNew = director.firstUs === timeUs && !director.joinSeen;
		if (director.bit === sharedBit && (director.known || trusted.has(director.address) || bitsByReport < bitsOfListeners)) {
			bitsByReport += director.known ? 0 : 1;
			giveBit(director, timeUs);
		}

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
			listens(director, timeUs, !report.change && isNew ? 'assumed' : report.protocol, keeps);
			if (isNew) {
				director.forgotten = 0; // It was taken for a listener for this moment only.
			}
		}

		director.heardFromStart ||= report.change && director.lastAdvertUs === 0 && director.firstSyncUs === 0;
		director.joinSeen = true;
	};

	const instanceOf = (director: Director, segment: number, advert: Advert): VrrpInstance => {
		const known = director.instances.find(one => one.vrid === advert.vrid && one.family === advert.family && one.segment === segment);
		if (known) {
			return known;
		}

		const instance: VrrpInstance = {
			segment, family: advert.family, vrid: advert.vrid, priority: advert.priority, intervalMs: advert.intervalMs, lastUs: 0, identification: -1,
			reignUs: 0, adverts: 0, previousUs: 0, reignIdentification: -1, formerUs: 0, formerIdentification: -1, formerPriority: 0,
		};
		if (director.instances.length < maxInstances) {
			director.instances.push(instance);
		} else {
			limits.hit('routers');
		}

		return instance;
	};

	return {
		sender(datagram, segment, {version, syncid, records, wrapped}) {
			const director = identity.of(datagram, segment, 'sync');
			const {timeUs} = datagram;
			if (director.address === othersAddress) {
				// Many at once: nothing that is true of one of them is true of all.
				director.firstSyncUs ||= timeUs;
				director.lastSyncUs = timeUs;
				director.messages++;
				director.records += records;
				return director;
			}

			if (director.firstSyncUs === 0) {
				director.firstSyncUs = timeUs;
				hooks.event(timeUs, 'director', director, {address: director.address, what: 'sending', syncid, version});
			}

			if (timeUs - director.firstSyncUs >= thresholds.knownAfterUs || trusted.has(director.address)) {
				trust(director, timeUs);
			}

			if (director.lastSyncUs > 0 && timeUs - director.lastSyncUs > thresholds.noAdvertUs) {
				director.formerSyncUs = director.lastSyncUs;
			}

			director.previousSyncUs = director.lastSyncUs;
			director.lastSyncUs = timeUs;
			director.segment = segment;
			director.messages++;
			director.records += records;
			director.version = version;
			director.syncid = syncid;
			note(director.syncids, syncid);
			note(director.versions, version);
			if (director.port !== datagram.destinationPort || director.group === '') {
				director.port = datagram.destinationPort;
				director.group = formatAddress(datagram.destination, 0, datagram.family);
			}

			director.largestMessage = Math.max(director.largestMessage, datagram.claimedLength);
			director.fragmentedMessages += datagram.fragmented ? 1 : 0;
			director.wrappedMessages += wrapped ? 1 : 0;
			if (director.sourcePort === 0) {
				director.sourcePort = datagram.sourcePort;
				director.sourcePortSinceUs = timeUs;
			}

			const {lost, formerPort} = streams.next(director, datagram);
			if (formerPort !== 0) {
				director.restarts++;
				director.sourcePort = datagram.sourcePort;
				director.sourcePortSinceUs = timeUs;
				hooks.event(timeUs, 'restart', director, {address: director.address, port: datagram.destinationPort, sourcePort: datagram.sourcePort, was: formerPort});
			}

			if (lost > 0) {
				director.lostMessages += lost;
				hooks.event(timeUs, 'wire-loss', director, {address: director.address, lost, lostMessages: director.lostMessages});
			}

			return director;
		},
		advert(frame, segment, advert) {
			const director = identity.of(frame, segment, 'advert', advert.ahSpi);
			const {timeUs, identification} = frame;
			if (director.address === othersAddress || !trustByAdvert(director, advert, timeUs)) {
				return undefined;
			}

			if (director.lastAdvertUs === 0 && director.firstSyncUs === 0 && identification > 0 && identification <= thresholds.firstIdentifications) {
				director.heardFromStart = true;
			}

			const instance = instanceOf(director, segment, advert);
			const isOver = instance.reignUs === 0 || instance.priority === 0 || missesAdverts(instance, timeUs, thresholds.silentIntervals);
			if (advert.priority > 0 && isOver) {
				instance.formerUs = instance.lastUs;
				instance.formerIdentification = instance.identification;
				instance.formerPriority = instance.lastUs === 0 ? 0 : instance.priority;
				instance.reignUs = timeUs;
				instance.reignIdentification = identification;
				instance.adverts = 0;
			}

			instance.previousUs = instance.adverts === 0 ? 0 : instance.lastUs;
			instance.adverts++;
			instance.lastUs = timeUs;
			instance.identification = identification;
			instance.priority = advert.priority;
			instance.intervalMs = advert.intervalMs;
			director.lastAdvertUs = timeUs;
			director.vrid = advert.vrid;
			director.priority = advert.priority;
			director.intervalMs = advert.intervalMs;
			return {director, instance};
		},
		report(frame, segment, report) {
			const director = identity.of(frame, segment, 'report');
			if (director.address === othersAddress) {
				return;
			}

			director.segment = segment;
			if (report.kind === 'report') {
				joins(director, frame, report);
				return;
			}

			director.joinSeen = true;
			if (director.listeningSinceUs > 0) {
				stopsListening(director, frame.timeUs);
				hooks.event(frame.timeUs, 'director', director, {address: director.address, what: 'left', evidence: report.protocol});
			}
		},
		vrrpReport(frame) {
			const director = identity.byMac(frame);
			if (director) {
				director.joinsVrrp = true;
			}
		},
		cameUp(frame) {
			identity.cameUp(frame);
		},
		gaveWay(director, timeUs) {
			director.gaveWayUs = timeUs;
			if (director.listeningSinceUs === 0) {
				giveBit(director, timeUs);
				listens(director, timeUs, 'vrrp', true);
			}
		},
		setMaster(director, sinceUs, timeUs) {
			director.masterSinceUs = sinceUs;
			if (sinceUs > 0) {
				giveBit(director, timeUs);
				stopsListening(director, timeUs);
			}
		},
		isDeaf(director) {
			director.listeningSinceUs = 0;
			director.listeningEvidence = 'none';
		},
		listeners(sender) {
			// Whoever was never seen may listen all the same: the shared bit keeps what it would have been sent.
			let mask = 1 << sharedBit;
			for (const director of identity.all()) {
				if (director.listeningSinceUs > 0 && director !== sender && director.segment === sender.segment && director.bit !== sharedBit) {
					mask |= 1 << director.bit;
				}
			}

			return mask;
		},
		ofMac: identity.ofMac,
		tick(nowUs) {
			const seconds = (nowUs - tickedUs) / us;
			if (seconds < 1) {
				return;
			}

			tickedUs = nowUs;
			const weight = 1 - Math.exp(-seconds / 10);
			for (const director of identity.all()) {
				counted[director.index] ??= {messages: director.messages, records: director.records};
				const last = counted[director.index]!;
				director.messagesPerSecond += (((director.messages - last.messages) / seconds) - director.messagesPerSecond) * weight;
				director.recordsPerSecond += (((director.records - last.records) / seconds) - director.recordsPerSecond) * weight;
				last.messages = director.messages;
				last.records = director.records;
			}
		},
		all: () => identity.all(),
	};
};
