import {sumOctets, sumPseudoHeader} from './ip/checksum.js';
import {checksumOf} from './ip/encode-checksum.js';
import {ipProtocol} from './link/encode-frame.js';
import {writeAddress} from './sync/encode-sync.js';
import {type AddressWords, type Family} from './packet.js';

/** A version 2 advert (RFC 3768 5.1): IPv4, whole seconds, always eight octets of authentication data, empty here. */
export const encodeAdvertV2 = (advert: {
	readonly vrid: number;
	/** 0 resigns. */
	readonly priority: number;
	readonly intervalSeconds: number;
	readonly addresses: readonly AddressWords[];
}): Uint8Array<ArrayBuffer> => {
	const octets = new Uint8Array(16 + (4 * advert.addresses.length));
	const view = new DataView(octets.buffer);
	view.setUint8(0, 0x21);
	view.setUint8(1, advert.vrid);
	view.setUint8(2, advert.priority);
	view.setUint8(3, advert.addresses.length);
	view.setUint8(5, advert.intervalSeconds);
	for (const [index, address] of advert.addresses.entries()) {
		writeAddress(view, 8 + (4 * index), 4, address);
	}

	view.setUint16(6, checksumOf(sumOctets(view, 0, octets.length)));
	return octets;
};

/** A version 3 advert (RFC 5798 5.1), its checksum with the pseudo-header in both families, as keepalived sends it. */
export const encodeAdvertV3 = (advert: {
	readonly family: Family;
	readonly source: AddressWords;
	readonly destination: AddressWords;
	readonly vrid: number;
	/** 0 resigns. */
	readonly priority: number;
	/** At most 4095. */
	readonly intervalCentiseconds: number;
	readonly addresses: readonly AddressWords[];
}): Uint8Array<ArrayBuffer> => {
	const {family, addresses} = advert;
	const octets = new Uint8Array(8 + ((family === 4 ? 4 : 16) * addresses.length));
	const view = new DataView(octets.buffer);
	view.setUint8(0, 0x31);
	view.setUint8(1, advert.vrid);
	view.setUint8(2, advert.priority);
	view.setUint8(3, addresses.length);
	view.setUint16(4, advert.intervalCentiseconds);
	let at = 8;
	for (const address of addresses) {
		at = writeAddress(view, at, family, address);
	}

	const pseudoHeader = sumPseudoHeader(advert, advert.destination, ipProtocol.vrrp, octets.length);
	view.setUint16(6, checksumOf(pseudoHeader + sumOctets(view, 0, octets.length)));
	return octets;
};
