/*
Link layers: from the start of a frame to the network packet in it. Every field big-endian, except the address family
of LINKTYPE_NULL, which is in the byte order of the host that captured.
LINKTYPE_ numbers and headers: libpcap pcap/dlt.h, pcap/sll.h.

Ethernet              LINUX_SLL                LINUX_SLL2
   0  destination        0  packet type (16)      0  protocol (16)
   6  source             2  ARPHRD (16)           4  interface (32)
  12  type               4  address length (16)   8  ARPHRD (16)
  14  payload            6  address              10  packet type (8)
                        14  protocol (16)        11  address length (8)
                        16  payload              12  address
                                                 20  payload
A VLAN tag is four octets in front of a type: 0x8100, 0x88a8 or 0x9100, then priority (4) and VLAN id (12).
*/
import {faultCode} from '../fault.js';
import {maxTags} from '../ip/datagram.js';
import {type Datagram, type Packet} from '../packet.js';
import {type Span} from '../span.js';

export const linkType = {
	null: 0,
	ethernet: 1,
	rawBsd: 12,
	rawOpenBsd: 14,
	raw: 101,
	loop: 108,
	linuxSll: 113,
	ipv4: 228,
	ipv6: 229,
	linuxSll2: 276,
} as const;

export const etherType = {ipv4: 0x08_00, arp: 0x08_06, ipv6: 0x86_dd} as const;

/** SLL packet type of frames that the capturing host sent. */
const sentByUs = 4;

const isTag = (type: number): boolean => type === 0x81_00 || type === 0x88_a8 || type === 0x91_00;

/** AF_INET6 of BSD and macOS (24, 28, 30) and of Linux (10). AF_INET is 2 everywhere. */
const familyType = (family: number): number => {
	if (family === 2) {
		return etherType.ipv4;
	}

	return family === 10 || family === 24 || family === 28 || family === 30 ? etherType.ipv6 : 0;
};

const setMac = (frame: Datagram, view: DataView, offset: number): void => {
	frame.sourceMacHigh = view.getUint16(offset);
	frame.sourceMacLow = view.getInt32(offset + 2);
};

/** Steps over VLAN tags whose first type is in `span.protocol`. Id 0 is a mere priority tag and belongs to no VLAN. */
const readTags = (frame: Datagram, span: Span): number => {
	for (let count = 0; isTag(span.protocol); count++) {
		if (count === maxTags) {
			return faultCode['link-type'];
		}

		if (span.end - span.offset < 4) {
			return faultCode['link-truncated'];
		}

		const vlan = span.view.getUint16(span.offset) & 0x0f_ff;
		if (vlan !== 0) {
			frame.tags[frame.tagCount++] = vlan;
		}

		span.protocol = span.view.getUint16(span.offset + 2);
		span.offset += 4;
	}

	return faultCode.none;
};

/** Reads an Ethernet header as `readLink` does: the one of the frame itself, or of one that came in a tunnel. */
export const readEthernet = (frame: Datagram, span: Span): number => {
	if (span.end - span.offset < 14) {
		return faultCode['link-truncated'];
	}

	setMac(frame, span.view, span.offset + 6);
	span.protocol = span.view.getUint16(span.offset + 12);
	span.offset += 14;
	return readTags(frame, span);
};

const readSll = (frame: Datagram, span: Span): number => {
	if (span.end - span.offset < 16) {
		return faultCode['link-truncated'];
	}

	frame.outgoing = span.view.getUint16(span.offset) === sentByUs;
	if (span.view.getUint16(span.offset + 4) === 6) {
		setMac(frame, span.view, span.offset + 6);
	}

	span.protocol = span.view.getUint16(span.offset + 14);
	span.offset += 16;
	return readTags(frame, span);
};

const readSll2 = (frame: Datagram, span: Span): number => {
	if (span.end - span.offset < 20) {
		return faultCode['link-truncated'];
	}

	frame.outgoing = span.view.getUint8(span.offset + 10) === sentByUs;
	if (span.view.getUint8(span.offset + 11) === 6) {
		setMac(frame, span.view, span.offset + 12);
	}

	span.protocol = span.view.getUint16(span.offset);
	span.offset += 20;
	return readTags(frame, span);
};

const readRaw = (span: Span): number => {
	if (span.end - span.offset < 1) {
		return faultCode['link-truncated'];
	}

	const version = span.view.getUint8(span.offset) >> 4;
	if (version !== 4 && version !== 6) {
		return faultCode['ip-version'];
	}

	span.protocol = version === 4 ? etherType.ipv4 : etherType.ipv6;
	return faultCode.none;
};

const readLoopback = (span: Span, eitherOrder: boolean): number => {
	if (span.end - span.offset < 4) {
		return faultCode['link-truncated'];
	}

	span.protocol = familyType(span.view.getUint32(span.offset))
		|| (eitherOrder ? familyType(span.view.getUint32(span.offset, true)) : 0);
	span.offset += 4;
	return faultCode.none;
};

/**
Reads the link layer: moves `span` to the network packet with its EtherType in `span.protocol`, and fills in MAC, tags and
direction. Gives a fault code, 0 when all is well.
*/
export const readLink = (packet: Packet, frame: Datagram, span: Span): number => {
	frame.timeUs = packet.timeUs;
	frame.place = packet.place;
	frame.tagCount = 0;
	frame.sourceMacHigh = -1;
	frame.sourceMacLow = 0;
	frame.outgoing = false;

	switch (packet.linkType) {
		case linkType.ethernet: {
			return readEthernet(frame, span);
		}

		case linkType.linuxSll: {
			return readSll(frame, span);
		}

		case linkType.linuxSll2: {
			return readSll2(frame, span);
		}

		case linkType.raw:
		case linkType.rawBsd:
		case linkType.rawOpenBsd: {
			return readRaw(span);
		}

		case linkType.ipv4: {
			span.protocol = etherType.ipv4;
			return faultCode.none;
		}

		case linkType.ipv6: {
			span.protocol = etherType.ipv6;
			return faultCode.none;
		}

		case linkType.null: {
			return readLoopback(span, true);
		}

		case linkType.loop: {
			return readLoopback(span, false);
		}

		default: {
			return faultCode['link-type'];
		}
	}
};
