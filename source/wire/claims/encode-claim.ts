import {sumOctets, sumPseudoHeader} from '../ip/checksum.js';
import {checksumOf} from '../ip/encode-checksum.js';
import {broadcastMac, ipProtocol, type Mac} from '../link/encode-frame.js';
import {writeAddress} from '../sync/encode-sync.js';
import {type AddressWords} from '../packet.js';

/** A gratuitous ARP request (RFC 5227 3): sender and target address are the same, as keepalived sends it. */
export const encodeGratuitousArp = (mac: Mac, address: AddressWords): Uint8Array<ArrayBuffer> => {
	const octets = new Uint8Array(28);
	const view = new DataView(octets.buffer);
	view.setUint16(0, 1);
	view.setUint16(2, 0x08_00);
	view.setUint8(4, 6);
	view.setUint8(5, 4);
	view.setUint16(6, 1);
	octets.set(mac, 8);
	writeAddress(view, 14, 4, address);
	octets.set(broadcastMac, 18);
	writeAddress(view, 24, 4, address);
	return octets;
};

/** An unsolicited neighbour advertisement (RFC 4861 4.4) of a router that overrides what the neighbours know. */
export const encodeNeighbourAdvertisement = (
	mac: Mac,
	source: AddressWords,
	destination: AddressWords,
	target: AddressWords,
): Uint8Array<ArrayBuffer> => {
	const octets = new Uint8Array(32);
	const view = new DataView(octets.buffer);
	view.setUint8(0, 136);
	view.setUint8(4, 0xa0);
	writeAddress(view, 8, 6, target);
	view.setUint8(24, 2);
	view.setUint8(25, 1);
	octets.set(mac, 26);
	const pseudoHeader = sumPseudoHeader({family: 6, source}, destination, ipProtocol.icmpv6, octets.length);
	view.setUint16(2, checksumOf(pseudoHeader + sumOctets(view, 0, octets.length)));
	return octets;
};
