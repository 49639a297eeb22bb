import {formatAddress} from '../wire/address.js';
import {type Advert, type FrameInfo, type GroupReport} from '../wire/observation.js';
import {type Datagram} from '../wire/packet.js';
import {events} from '../events/catalogue.js';
import {othersAddress, type Director, type VrrpInstance} from './facts/director.js';
import {type DirectorHooks} from './director-hooks.js';
import {createDirectorIdentity} from './director-identity.js';
import {createDirectorTrust} from './director-trust.js';
import {type Limits} from './facts/limits.js';
import {createListening, listenersOf} from './listening.js';
import {createMessageRates} from './message-rates.js';
import {createSyncStreams} from './sync-streams.js';
import {thresholds} from './facts/thresholds.js';
import {noteAdvert} from './vrrp-reigns.js';

export type SyncFacts = {readonly version: number; readonly syncid: number; readonly records: number; readonly wrapped: boolean};

/** Who was heard, what each said, and who listens. Judges nothing: who is master is told by `setMaster`. */
export type Directors = {
	/** The sender of a sync message, with its IPv4 identification checked for gaps. */
	sender(datagram: Datagram, segment: number, facts: SyncFacts): Director;
	/**
	An advert: the director, and the state of its instance after it. Undefined for a sender that is not known: there are too
	many that advertise.
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

const maxSyncids = 16;

const note = (list: number[], value: number) => {
	if (list.length < maxSyncids && !list.includes(value)) {
		list.push(value);
	}
};

/** What any message says of its sender, or of all that share one number. */
const countMessage = (director: Director, timeUs: number, records: number) => {
	director.firstSyncUs ||= timeUs;
	director.lastSyncUs = timeUs;
	director.messages++;
	director.records += records;
};

/** What a message says of its one sender. */
const noteMessage = (director: Director, datagram: Datagram, segment: number, {version, syncid, wrapped}: SyncFacts) => {
	director.segment = segment;
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
};

/** `trusted`: addresses that are known from their first word on. */
export const createDirectors = (hooks: DirectorHooks, trusted: ReadonlySet<string>, limits: Limits): Directors => {
	const identity = createDirectorIdentity(trusted, limits);
	const trust = createDirectorTrust(hooks, trusted, limits);
	const listening = createListening(hooks, trust, limits);
	const streams = createSyncStreams(limits);
	const countRates = createMessageRates();

	const followStream = (director: Director, datagram: Datagram) => {
		const {timeUs, sourcePort, destinationPort} = datagram;
		const {lost, formerPort} = streams.next(director, datagram);
		if (director.sourcePort === 0 || formerPort !== 0) {
			director.sourcePort = sourcePort;
			director.sourcePortSinceUs = timeUs;
		}

		if (formerPort !== 0) {
			director.restarts++;
			hooks.tell(timeUs, events.restart, [director], {address: director.address, port: destinationPort, sourcePort, was: formerPort});
		}

		if (lost > 0) {
			director.lostMessages += lost;
			hooks.lost(director, timeUs, lost);
		}
	};

	return {
		sender(datagram, segment, facts) {
			const director = identity.of(datagram, segment, 'sync');
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
				hooks.tell(timeUs, events.director, [director], {address: director.address, what: 'sending', syncid: facts.syncid, version: facts.version});
			}

			trust.bySync(director, timeUs);
			noteMessage(director, datagram, segment, facts);
			followStream(director, datagram);
			return director;
		},
		advert(frame, segment, advert) {
			const director = identity.of(frame, segment, 'advert', advert.ahSpi);
			return director.address === othersAddress || !trust.byAdvert(director, advert, frame.timeUs)
				? undefined
				: {director, instance: noteAdvert(director, frame, segment, advert, limits)};
		},
		report(frame, segment, report) {
			const director = identity.of(frame, segment, 'report');
			if (director.address === othersAddress) {
				return;
			}

			director.segment = segment;
			if (report.kind === 'report') {
				listening.joins(director, frame, report);
			} else {
				listening.leaves(director, frame.timeUs, report);
			}
		},
		vrrpReport: identity.joinsVrrp,
		cameUp: identity.cameUp,
		gaveWay: listening.gaveWay,
		setMaster(director, sinceUs, timeUs) {
			director.masterSinceUs = sinceUs;
			if (sinceUs > 0) {
				trust.giveBit(director, timeUs);
				listening.stops(director, timeUs);
			}
		},
		isDeaf: listening.isDeaf,
		listeners: sender => listenersOf(sender, identity.all()),
		ofMac: identity.ofMac,
		tick(nowUs) {
			countRates(identity.all(), nowUs);
		},
		all: identity.all,
	};
};
