/*
Writes the headers around a payload: UDP (RFC 768), IPv4 (RFC 791), IPv6 (RFC 8200), Ethernet with VLAN tags
(IEEE 802.1Q). Everything big-endian. Each function gives a new array.
*/
import {sumOctets, sumPseudoHeader} from '../ip/checksum.js';
import {checksumOf} from '../ip/encode-checksum.js';
import {writeAddress} from '../sync/encode-sync.js';
import {type AddressWords, type Family} from '../packet.js';

type Octets = Uint8Array<ArrayBuffer>;

export const etherType = {ipv4: 0x08_00, arp: 0x08_06, vlan: 0x81_00, ipv6: 0x86_dd, serviceVlan: 0x88_a8} as const;
export const ipProtocol = {igmp: 2, tcp: 6, udp: 17, ah: 51, icmpv6: 58, vrrp: 112} as const;

/** Six octets. */
export type Mac = readonly [number, number, number, number, number, number];

export const broadcastMac: Mac = [255, 255, 255, 255, 255, 255];

const joined = (header: Octets, payload: Uint8Array): Octets => {
	const octets = new Uint8Array(header.length + payload.length);
	octets.set(header);
	octets.set(payload, header.length);
	return octets;
};

/** MAC of a multicast group: RFC 1112 6.4 and RFC 2464 7. */
export const groupMac = (family: Family, group: AddressWords): Mac => {
	const low = family === 4 ? group[0]! & 0x7f_ff_ff : group[3]!;
	const [first, second, third] = family === 4 ? [0x01, 0x00, 0x5e] : [0x33, 0x33, low >>> 24];
	return [first!, second!, third!, (low >>> 16) & 255, (low >>> 8) & 255, low & 255];
};

/** The UDP datagram around `payload`. Its checksum covers the addresses, so they are asked for. */
export const encodeUdp = (datagram: {
	readonly family: Family;
	readonly source: AddressWords;
	readonly destination: AddressWords;
	readonly sourcePort: number;
	readonly destinationPort: number;
	readonly payload: Uint8Array;
}): Octets => {
	const {family, source, destination, payload} = datagram;
	const octets = joined(new Uint8Array(8), payload);
	const view = new DataView(octets.buffer);
	view.setUint16(0, datagram.sourcePort);
	view.setUint16(2, datagram.destinationPort);
	view.setUint16(4, octets.length);
	const pseudoHeader = sumPseudoHeader({family, source}, destination, ipProtocol.udp, octets.length);
	// 0 would say that there is none
	view.setUint16(6, checksumOf(pseudoHeader + sumOctets(view, 0, octets.length)) || 0xff_ff);
	return octets;
};

/** The IPv4 packet, or the fragment, around `payload`. */
export const encodeIpv4 = (packet: {
	readonly source: AddressWords;
	readonly destination: AddressWords;
	readonly protocol: number;
	readonly payload: Uint8Array;
	readonly identification?: number;
	readonly ttl?: number;
	readonly typeOfService?: number;
	readonly dontFragment?: boolean;
	/** Octets from the start of the whole packet, a multiple of 8. */
	readonly fragmentOffset?: number;
	readonly moreFragments?: boolean;
	/** A multiple of 4 octets. */
	readonly options?: Uint8Array;
}): Octets => {
	const {options = new Uint8Array(0)} = packet;
	const header = new Uint8Array(20 + options.length);
	header.set(options, 20);
	const view = new DataView(header.buffer);
	view.setUint8(0, 0x40 | (header.length / 4));
	view.setUint8(1, packet.typeOfService ?? 0);
	view.setUint16(2, header.length + packet.payload.length);
	view.setUint16(4, packet.identification ?? 0);
	view.setUint16(6, (packet.dontFragment ? 0x40_00 : 0) | (packet.moreFragments ? 0x20_00 : 0) | ((packet.fragmentOffset ?? 0) / 8));
	view.setUint8(8, packet.ttl ?? 1);
	view.setUint8(9, packet.protocol);
	writeAddress(view, 12, 4, packet.source);
	writeAddress(view, 16, 4, packet.destination);
	view.setUint16(10, checksumOf(sumOctets(view, 0, header.length)));
	return joined(header, packet.payload);
};

/** The IPv6 packet around `payload`, which starts with its extension headers when there are some. */
export const encodeIpv6 = (packet: {
	readonly source: AddressWords;
	readonly destination: AddressWords;
	readonly nextHeader: number;
	readonly payload: Uint8Array;
	readonly hopLimit?: number;
}): Octets => {
	const header = new Uint8Array(40);
	const view = new DataView(header.buffer);
	view.setUint32(0, 0x60_00_00_00);
	view.setUint16(4, packet.payload.length);
	view.setUint8(6, packet.nextHeader);
	view.setUint8(7, packet.hopLimit ?? 1);
	writeAddress(view, 8, 6, packet.source);
	writeAddress(view, 24, 6, packet.destination);
	return joined(header, packet.payload);
};

/** The Ethernet frame around `payload`. `tags` are VLAN ids, outermost first; of two or more the outer ones are service tags. */
export const encodeEthernet = (frame: {
	readonly source: Mac;
	readonly destination: Mac;
	readonly etherType: number;
	readonly payload: Uint8Array;
	readonly tags?: readonly number[];
}): Octets => {
	const {tags = []} = frame;
	const header = new Uint8Array(14 + (4 * tags.length));
	header.set(frame.destination);
	header.set(frame.source, 6);
	const view = new DataView(header.buffer);
	for (const [index, tag] of tags.entries()) {
		view.setUint16(12 + (4 * index), index < tags.length - 1 ? etherType.serviceVlan : etherType.vlan);
		view.setUint16(14 + (4 * index), tag);
	}

	view.setUint16(header.length - 2, frame.etherType);
	return joined(header, frame.payload);
};
