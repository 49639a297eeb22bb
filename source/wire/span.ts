import {type Packet} from './packet.js';

/**
What is left of a packet below the headers that were read so far. One object for all packets; each layer moves it on.
Two ends: headers say where the octets end, the capture may have kept fewer.
*/
export type Span = {
	view: DataView;
	offset: number;
	/** Past the last octet that may be read: captured, and within what the headers claim. */
	end: number;
	/** Past the last octet that the headers claim; `end` when nothing was cut. */
	claimedEnd: number;
	/** What starts at `offset`: an EtherType after the link layer, an IP protocol after the network layer. */
	protocol: number;
	/** It is a part of a datagram: where in it, in octets, whether more follow, and the identification. */
	isFragment: boolean;
	fragmentOffset: number;
	moreFragments: boolean;
	fragmentId: number;
};

export const createSpan = (): Span => ({
	view: new DataView(new ArrayBuffer(0)),
	offset: 0,
	end: 0,
	claimedEnd: 0,
	protocol: 0,
	isFragment: false,
	fragmentOffset: 0,
	moreFragments: false,
	fragmentId: 0,
});

/** Lays the span over a whole frame, whatever the source says within the octets that exist. */
export const spanPacket = (span: Span, packet: Packet): void => {
	span.view = packet.view;
	span.offset = packet.offset;
	span.end = Math.min(packet.offset + packet.length, packet.view.byteLength);
	span.claimedEnd = Math.max(span.end, packet.offset + packet.originalLength);
	span.protocol = 0;
	span.isFragment = false;
	span.fragmentOffset = 0;
	span.moreFragments = false;
	span.fragmentId = 0;
};

/** The capture kept fewer octets than the headers claim. */
export const isCut = (span: Span): boolean => span.end < span.claimedEnd;
