import {type Datagram, type Packet} from './packet.js';
import {type RecordBatch} from './sync/record-batch.js';

/** What the headers around an observation said. Borrowed; the same fields as a datagram's, without ports and payload. */
export type FrameInfo = Pick<Datagram, 'timeUs' | 'place' | 'tags' | 'tagCount' | 'family' | 'source' | 'destination'
	| 'hopLimit' | 'identification' | 'sourceMacHigh' | 'sourceMacLow' | 'outgoing'>;

/** A VRRP advert (RFC 3768 5.1, RFC 5798 5.1). A password in it is never kept. Borrowed. */
export type Advert = {
	version: 2 | 3;
	vrid: number;
	/** 0: the master resigns; 255: the address owner. */
	priority: number;
	/** Seconds of version 2, centiseconds of version 3, both given here in milliseconds. */
	intervalMs: number;
	auth: 'none' | 'pass' | 'ah' | 'unknown';
	/** Security parameter index and sequence number of the AH header, 0 without one. keepalived: the sender's IPv4 address. */
	ahSpi: number;
	ahSequence: number;
	/** Which reading of the checksum held; 'bad' is a fault too. 'unchecked': cut by the capture. */
	checksum: 'plain' | 'pseudo-header' | 'pseudo-header-group' | 'bad' | 'unchecked';
	/** Family of the addresses, `addressCount` of them in `addresses`, four words each. */
	family: 4 | 6;
	addressCount: number;
	readonly addresses: Int32Array;
	/** keepalived's HMAC trailer of 28 octets follows. */
	trailer: boolean;
};

/** One group of an IGMP or MLD report or leave. Borrowed. */
export type GroupReport = {
	protocol: 'igmp' | 'mld';
	/** 'report': is in the group; 'leave': left it. */
	kind: 'report' | 'leave';
	group: Int32Array;
	/** The record says that it just changed (CHANGE_TO_*, or a leave). Reports of IGMPv1, IGMPv2 and MLDv1 do not tell that from an answer to a query. */
	change: boolean;
};

/** An address that a host claims to own: a gratuitous ARP or an unsolicited neighbour advertisement; also plain replies. */
export type AddressClaim = {
	protocol: 'arp' | 'neighbour';
	address: Int32Array;
	family: 4 | 6;
	/** MAC said inside the message. */
	macHigh: number;
	macLow: number;
	/** Nobody asked: sender and target address are equal, or the solicited flag is off. */
	gratuitous: boolean;
};

/** Where a dissector delivers what it found. Every argument is borrowed. */
export type Observer = {
	sync(datagram: Datagram, batch: RecordBatch): void;
	advert(frame: FrameInfo, advert: Advert): void;
	report(frame: FrameInfo, report: GroupReport): void;
	claim(frame: FrameInfo, claim: AddressClaim): void;
	/** `fault` is a code of `faultCode`. `frame` is as far as it was read. `packet` is absent when a set of fragments was given up. */
	fault(fault: number, frame: FrameInfo, packet: Packet | undefined): void;
	/** The packet holds a fragment of a datagram that may be one of ours; `id` tells those of one source apart. */
	fragment?(frame: FrameInfo, id: number): void;
};
