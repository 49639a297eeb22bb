import {type Datagram} from '../packet.js';

/** VLAN tags of one frame that are followed; more of them is nothing that a switch would forward. */
export const maxTags = 4;
/** Tunnels within tunnels that are opened. */
export const maxTunnels = 2;
/** Tags that a frame may have: its own, and for each tunnel that tunnel and the tags within. */
export const frameTags = maxTags + (maxTunnels * (1 + maxTags));

/** An empty datagram for reuse. Nothing is known: no MAC, hop limit and identification -1. */
export const createDatagram = (): Datagram => ({
	timeUs: 0,
	place: 0,
	tags: new Int32Array(frameTags),
	tagCount: 0,
	family: 4,
	source: new Int32Array(4),
	destination: new Int32Array(4),
	sourcePort: 0,
	destinationPort: 0,
	hopLimit: -1,
	identification: -1,
	sourceMacHigh: -1,
	sourceMacLow: 0,
	view: new DataView(new ArrayBuffer(0)),
	offset: 0,
	length: 0,
	claimedLength: 0,
	outgoing: false,
	fragmented: false,
});

/** Copies what the headers said, not the payload. */
export const copyHeaders = (from: Datagram, to: Datagram): void => {
	to.timeUs = from.timeUs;
	to.place = from.place;
	to.tags.set(from.tags);
	to.tagCount = from.tagCount;
	to.family = from.family;
	to.source.set(from.source);
	to.destination.set(from.destination);
	to.sourcePort = from.sourcePort;
	to.destinationPort = from.destinationPort;
	to.hopLimit = from.hopLimit;
	to.identification = from.identification;
	to.sourceMacHigh = from.sourceMacHigh;
	to.sourceMacLow = from.sourceMacLow;
	to.outgoing = from.outgoing;
};
