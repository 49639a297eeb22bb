/*
Tunnels that carry Ethernet frames: what mirror ports, agents and cloud networks wrap a copy of the segment in. Every field big-endian.

GRE, IP protocol 47 (RFC 2784, RFC 2890)      GENEVE, UDP port 6081 (RFC 8926)
   0  C, -, K, S (4)  reserved (9)  version (3)    0  version (2)  options' words (6)  O, C  reserved
   2  type: 6558 Ethernet, 88be ERSPAN I and II,   2  type: 6558 Ethernet
      22eb ERSPAN III                              4  network (24)  reserved (8)
   4  each if its bit is set: checksum and         8  options, then the frame
      reserved (32), key (32), sequence (32)

ERSPAN I: the frame follows a GRE header       VXLAN, UDP port 4789, of old 8472 (RFC 7348)
   without sequence. II and III:                   0  flags (8): 08 network is valid  reserved (24)
   0  version (4)  VLAN (12)                       4  network (24)  reserved (8)
   2  class, E, truncated (6)  session (10)        8  the frame
   II   4  reserved (12)  index (20)
        8  the frame                           TZSP, UDP port 37008 (Wireshark packet-tzsp.c)
   III  4  timestamp (32)                          0  version (8): 1  type (8): 0 received, 1 sent
        8  group (16)  P, frame type (5),          2  encapsulates (16): 1 Ethernet
           hardware (6), D, granularity (2), O     4  tags: number (8)  length (8)  data; 0 and 1 have neither
       12  if O: 8 octets of the platform             length nor data, and 1 is the last; then the frame
           then the frame

A key of 24 bits or more is of NVGRE (RFC 7637): network (24)  flow (8).
*/
import {type Span} from '../span.js';

export const greProtocol = 47;

/** UDP destination ports. */
const tunnelPort = {vxlan: 4789, vxlanLinux: 8472, geneve: 6081, tzsp: 37_008} as const;

export const isTunnelPort = (port: number): boolean =>
	port === tunnelPort.vxlan || port === tunnelPort.vxlanLinux || port === tunnelPort.geneve || port === tunnelPort.tzsp;

const kinds = ['', 'erspan', 'gre', 'nvgre', 'vxlan', 'geneve', 'tzsp'] as const;
const kind = {erspan: 1, gre: 2, nvgre: 3, vxlan: 4, geneve: 5, tzsp: 6} as const;

/** Among the tags of a frame VLAN ids are below it, tunnels above: their kind 24 bits up, below it the network that they name. */
const leastTunnel = 0x1_00_00_00;

const tunnelTag = (which: number, network: number): number => (which << 24) | network;

/** Whether a tag of a frame is a VLAN id. */
export const isVlan = (tag: number): boolean => tag < leastTunnel;

/** A tag as a part of a segment's name: `12`, `vxlan42`, `gre`. */
export const tagText = (tag: number): string => {
	const which = kinds[tag >>> 24];
	const network = tag & 0xff_ff_ff;
	return isVlan(tag) || which === undefined ? String(tag) : `${which}${network === 0 && (which === 'gre' || which === 'tzsp') ? '' : network}`;
};

const ethernet = 0x65_58;
const erspan2 = 0x88_be;
const erspan3 = 0x22_eb;
const mostTzspTags = 64;

/** `span` has so many octets from its start. */
const has = (span: Span, octets: number): boolean => span.end - span.offset >= octets;

const openErspan = (span: Span, type: number, hasSequence: boolean): number => {
	if (type === erspan2 && !hasSequence) {
		return tunnelTag(kind.erspan, 0);
	}

	let octets = type === erspan2 ? 8 : 12;
	if (!has(span, octets)) {
		return -1;
	}

	const session = span.view.getUint16(span.offset + 2) & 0x3_ff;
	if (type === erspan3) {
		const word = span.view.getUint16(span.offset + 10);
		// Frame types but Ethernet, 0, are bare IP.
		if (((word >>> 10) & 0x1f) !== 0) {
			return 0;
		}

		octets += (word & 1) === 0 ? 0 : 8;
	}

	span.offset += octets;
	return tunnelTag(kind.erspan, session);
};

/**
Opens GRE: moves `span`, which lies over its header, to the Ethernet frame in it. Gives the tag of the tunnel, 0 when it carries
something else, -1 when it is cut.
*/
export const openGre = (span: Span): number => {
	if (!has(span, 4)) {
		return -1;
	}

	const flags = span.view.getUint16(span.offset);
	const type = span.view.getUint16(span.offset + 2);
	// Version 0 without the routing of RFC 1701.
	if ((flags & 0x40_07) !== 0 || (type !== ethernet && type !== erspan2 && type !== erspan3)) {
		return 0;
	}

	const hasKey = (flags & 0x20_00) !== 0;
	const hasSequence = (flags & 0x10_00) !== 0;
	const keyAt = (flags & 0x80_00) === 0 ? 4 : 8;
	const octets = keyAt + (hasKey ? 4 : 0) + (hasSequence ? 4 : 0);
	if (!has(span, octets)) {
		return -1;
	}

	const key = hasKey ? span.view.getUint32(span.offset + keyAt) : 0;
	span.offset += octets;
	if (type !== ethernet) {
		return openErspan(span, type, hasSequence);
	}

	return key < leastTunnel ? tunnelTag(kind.gre, key) : tunnelTag(kind.nvgre, key >>> 8);
};

const openVxlan = (span: Span): number => {
	if (!has(span, 8)) {
		return -1;
	}

	const network = span.view.getUint32(span.offset + 4) >>> 8;
	if ((span.view.getUint8(span.offset) & 0x08) === 0) {
		return 0;
	}

	span.offset += 8;
	return tunnelTag(kind.vxlan, network);
};

const openGeneve = (span: Span): number => {
	if (!has(span, 8)) {
		return -1;
	}

	const first = span.view.getUint8(span.offset);
	const octets = 8 + ((first & 0x3f) * 4);
	if (first >> 6 !== 0 || span.view.getUint16(span.offset + 2) !== ethernet) {
		return 0;
	}

	if (!has(span, octets)) {
		return -1;
	}

	const network = span.view.getUint32(span.offset + 4) >>> 8;
	span.offset += octets;
	return tunnelTag(kind.geneve, network);
};

const openTzsp = (span: Span): number => {
	if (!has(span, 5)) {
		return -1;
	}

	const {view} = span;
	if (view.getUint8(span.offset) !== 1 || view.getUint8(span.offset + 1) > 1 || view.getUint16(span.offset + 2) !== 1) {
		return 0;
	}

	let at = span.offset + 4;
	for (let count = 0; count < mostTzspTags && at < span.end; count++) {
		const tag = view.getUint8(at);
		at += 1;
		if (tag === 1) {
			span.offset = at;
			return tunnelTag(kind.tzsp, 0);
		}

		if (tag > 1) {
			at += at < span.end ? 1 + view.getUint8(at) : 1;
		}
	}

	return -1;
};

/** Opens what came to a tunnel's UDP port, as `openGre` does; `span` lies over the payload. */
export const openUdpTunnel = (span: Span, port: number): number => {
	switch (port) {
		case tunnelPort.geneve: {
			return openGeneve(span);
		}

		case tunnelPort.tzsp: {
			return openTzsp(span);
		}

		default: {
			return openVxlan(span);
		}
	}
};
