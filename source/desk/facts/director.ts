import {type Family} from '../../wire/packet.js';
import {type ListeningEvidence} from './failover.js';

/** The most numbers of directors; all that are not told apart share one, under this address. */
export const maxDirectors = 256;
export const othersAddress = 'others';

/** Bits of an entry's masks; the last one stands for whoever has no bit of its own. While there are enough, no two directors have the same one; then those far from each other may. */
export const ownBits = 15;
export const sharedBit = ownBits;

/** What a director said of one virtual router, and where one reign ended and the next began. */
export type VrrpInstance = {
	readonly segment: number;
	readonly family: Family;
	readonly vrid: number;
	/** Sent to one peer: that others are missing proves nothing, a third host hears them only while the peer is gone. */
	isUnicast: boolean;
	priority: number;
	/** The interval in force, and what the last advert said: a new one counts once adverts come at it. */
	intervalMs: number;
	saidIntervalMs: number;
	/** VRRP version and authentication, by which peers may refuse each other. */
	version: 2 | 3;
	auth: 'none' | 'pass' | 'ah' | 'unknown';
	/** Virtual addresses in force: four words each, and as text; and what the last advert said: a new list counts when it is said twice. */
	addressWords: number[];
	addresses: string[];
	saidWords: number[];
	/** Its last advert of any priority. */
	lastUs: number;
	/** IPv4 identification of that, -1 when unknown. */
	identification: number;
	/** First advert of this reign, 0 before; adverts so far in it; the one before the last, 0 when there was none. */
	reignUs: number;
	adverts: number;
	previousUs: number;
	/** Identification of that first advert. */
	reignIdentification: number;
	/** Last advert of the reign before, 0 when there was none, its identification and its priority: 0 when it resigned. */
	formerUs: number;
	formerIdentification: number;
	formerPriority: number;
};

/** What is known of one director. Plain data: it is posted to the main thread as it is. */
export type Director = {
	readonly index: number;
	/** Where it sends or listens to sync, else where it was heard first. */
	segment: number;
	readonly place: number;
	readonly address: string;
	readonly family: Family;
	/** Further addresses that are its own, by its MAC or the AH header's index. */
	readonly otherAddresses: string[];
	/** `52:54:00:0a:00:0b`, the one it used last, '' when unknown; and as numbers, -1 and 0. */
	mac: string;
	macHigh: number;
	macLow: number;
	/** Bit in the masks of entries (`ownersOfBit` says whose), `sharedBit` while it has none of its own. */
	bit: number;
	/** Vouched for by the configuration, by VRRP, or heard for a minute: it does not share the quota of strangers. */
	known: boolean;
	readonly firstUs: number;
	lastUs: number;
	messages: number;
	records: number;
	/** Means of the last ten seconds or so. */
	messagesPerSecond: number;
	recordsPerSecond: number;
	/** Sync messages that the IPv4 identification shows missing. */
	lostMessages: number;
	restarts: number;
	firstSyncUs: number;
	lastSyncUs: number;
	/** The message before its last one. */
	previousSyncUs: number;
	/** Its last message before it was silent for more than ten seconds. */
	formerSyncUs: number;
	version: number;
	syncid: number;
	/** All that it used. */
	readonly syncids: number[];
	readonly versions: number[];
	/** Destination port of its last message, and the group. */
	port: number;
	group: string;
	/** Source port of its last message, and since when; it changes with each start of the daemon. */
	sourcePort: number;
	sourcePortSinceUs: number;
	/** Octets of its largest message; messages in fragments; records that backups lose because the counter of 8 bits wrapped. */
	largestMessage: number;
	fragmentedMessages: number;
	wrappedMessages: number;
	/** Its first advert that was not believed, since too many advertise; 0: none. */
	strangeAdvertUs: number;
	/** Last advert, 0 when none was heard; the instance it was about. */
	lastAdvertUs: number;
	vrid: number;
	priority: number;
	intervalMs: number;
	readonly instances: VrrpInstance[];
	/** Since when it serves virtual addresses, by adverts, claims or sync; 0 when it does not. */
	masterSinceUs: number;
	/** When the last of its virtual addresses went to another, 0: never. */
	servedUntilUs: number;
	/** When it gave way to another master without a break, 0: never. */
	gaveWayUs: number;
	/** The last advert that was sent to its address and flooded: the switch knows its MAC no more. 0: never. */
	floodedUs: number;
	/** Since when it listens to the sync group, 0 when it does not as far as is known. */
	listeningSinceUs: number;
	listeningEvidence: ListeningEvidence;
	/** The daemon joined anew then without a sign that the host had been down: what was sent to it before is likely kept. 0: never. */
	rejoinedUs: number;
	/** The last time it listened before: from, until, and how that was known. 0: never. */
	listenedSinceUs: number;
	listenedUntilUs: number;
	listenedEvidence: ListeningEvidence;
	/** Its own joins or leaves were seen: their absence means something. */
	joinSeen: boolean;
	/** It is in the group of VRRP, too, so it is no mere listener such as another ipvstop. */
	joinsVrrp: boolean;
	/** Last MLD report that says that its interface came up, 0: none. */
	interfaceUpUs: number;
	/** We heard it from the start of its keepalived: its join or its very first advert came first. Else it may hold what it announced before. */
	heardFromStart: boolean;
	/** Open sessions that it had been sent before it joined anew, when it is not known whether its kernel still holds them. */
	forgotten: number;
};

type Whereabouts = Pick<Director, 'place' | 'segment'>;
export type BitOwner = Pick<Director, 'index' | 'bit'> & Whereabouts;

/** They are heard at one place (source, site), or in one segment, which two places may hear: one may be sent what the other announces. */
export const isNear = (one: Whereabouts, other: Whereabouts): boolean => one.place === other.place || one.segment === other.segment;

/** In the masks of whose entries a bit means this director: of everybody's while no other has it, else of those near it. */
export const ownersOfBit = (director: BitOwner, directors: readonly BitOwner[]): ((owner: Whereabouts | undefined) => boolean) => {
	const isAlone = directors.every(({bit, index}) => bit !== director.bit || index === director.index);
	return owner => isAlone || (owner !== undefined && isNear(director, owner));
};

const createUnrated = (index: number, segment: number, place: number, address: string, family: Family, timeUs: number): Director => ({
	index, segment, place, address, family, otherAddresses: [], mac: '', macHigh: -1, macLow: 0, bit: sharedBit, known: false, firstUs: timeUs, lastUs: timeUs,
	messages: 0, records: 0, messagesPerSecond: 0.5, recordsPerSecond: 0.5, lostMessages: 0, restarts: 0, firstSyncUs: 0, lastSyncUs: 0, previousSyncUs: 0, formerSyncUs: 0,
	version: -1, syncid: -1, syncids: [], versions: [], port: 0, group: '', sourcePort: 0, sourcePortSinceUs: 0,
	largestMessage: 0, fragmentedMessages: 0, wrappedMessages: 0,
	strangeAdvertUs: 0, lastAdvertUs: 0, vrid: 0, priority: 0, intervalMs: 0, instances: [], masterSinceUs: 0, servedUntilUs: 0, gaveWayUs: 0, floodedUs: 0,
	listeningSinceUs: 0, listeningEvidence: 'none', rejoinedUs: 0, listenedSinceUs: 0, listenedUntilUs: 0, listenedEvidence: 'none', joinSeen: false, joinsVrrp: false, interfaceUpUs: 0, heardFromStart: false, forgotten: 0,
});

/**
Its rates hold a fraction before they are 0: a field that has been nothing but whole is given another representation with its first fraction, and all code that
was compiled for directors is thrown away then, a second after the first message.
*/
export const createDirector = (...facts: Parameters<typeof createUnrated>): Director => {
	const director = createUnrated(...facts);
	director.messagesPerSecond = 0;
	director.recordsPerSecond = 0;
	return director;
};

/** It said or joined what only directors do; whoever has but joined the sync group may be another monitor. */
export const isShownDirector = ({lastAdvertUs, firstSyncUs, joinsVrrp}: Director): boolean => lastAdvertUs > 0 || firstSyncUs > 0 || joinsVrrp;

/** Adverts are missing for so many of their intervals. */
export const missesAdverts = (instance: Pick<VrrpInstance, 'lastUs' | 'intervalMs'>, nowUs: number, intervals: number): boolean =>
	nowUs - instance.lastUs > intervals * instance.intervalMs * 1000;

/** Its reign that ended at `endUs` ended by giving way to another master; one or two adverts may have been on their way. */
export const hasGivenWay = ({gaveWayUs, intervalMs}: Director, endUs: number): boolean => gaveWayUs > 0 && endUs <= gaveWayUs + (2000 * intervalMs);

/** Its kernel may hold sessions of which we never heard that it knows them: it served before we listened, or may have. */
export const mayHoldMore = (director: Director): boolean => !director.heardFromStart || (director.firstSyncUs === 0 && director.interfaceUpUs === 0);
