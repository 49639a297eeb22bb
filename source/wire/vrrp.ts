/*
VRRP advert: version 2 is RFC 3768 5.1 (IPv4 only), version 3 is RFC 5798 5.1. Every field big-endian.

   0  version (4)  type (4): 1   VRID (8)  priority (8)  count of addresses (8)
   4  version 2: auth type (8)  interval (8): seconds      version 3: reserved (4)  interval (12): centiseconds
   6  checksum (16)
   8  addresses (32 or 128 each)
      version 2: 8 octets of authentication data, a clear-text password for auth type 1; nothing here reads them but the sum

keepalived may append a trailer of 28 octets with an HMAC, which the checksum does not cover. CARP shares the protocol number and
the first octet; its length does not fit.
*/
import {isMulticast} from './address.js';
import {type AhHeader} from './ip/ah.js';
import {isWhole, sumOctets, sumPseudoHeader} from './ip/checksum.js';
import {faultCode} from './fault.js';
import {type Advert} from './observation.js';
import {type Datagram} from './packet.js';
import {isCut, type Span} from './span.js';

export const vrrpProtocol = 112;

const headerLength = 8;
const authenticationLength = 8;
const trailerLength = 28;
const maxAddresses = 255;

/** What keepalived up to 1.3.6 put into the pseudo-header of unicast adverts, too: 224.0.0.18. */
const vrrpGroup = Int32Array.of(0xe0_00_00_12 | 0, 0, 0, 0);

export const createAdvert = (): Advert => ({
	version: 3,
	vrid: 0,
	priority: 0,
	intervalMs: 0,
	auth: 'none',
	ahSpi: 0,
	ahSequence: 0,
	checksum: 'unchecked',
	family: 4,
	addressCount: 0,
	addresses: new Int32Array(maxAddresses * 4),
	trailer: false,
});

const authOf = (version: number, type: number): Advert['auth'] => {
	if (version === 3 || type === 0) {
		return 'none';
	}

	if (type === 1) {
		return 'pass';
	}

	return type === 2 ? 'ah' : 'unknown';
};

/** RFC 5798 left open whether version 3 over IPv4 sums a pseudo-header; both are in use. */
const checksumOf = (frame: Datagram, span: Span, version: number, length: number): Advert['checksum'] => {
	const sum = sumOctets(span.view, span.offset, span.offset + length);
	if (frame.family === 4 && isWhole(sum)) {
		return 'plain';
	}

	if (version === 3) {
		if (isWhole(sum + sumPseudoHeader(frame, frame.destination, vrrpProtocol, length))) {
			return 'pseudo-header';
		}

		if (frame.family === 4 && isWhole(sum + sumPseudoHeader(frame, vrrpGroup, vrrpProtocol, length))) {
			return 'pseudo-header-group';
		}
	}

	return 'bad';
};

const readAddresses = (frame: Datagram, span: Span, count: number, advert: Advert): void => {
	const wordsEach = frame.family === 4 ? 1 : 4;
	const captured = Math.floor((span.end - span.offset - headerLength) / (wordsEach * 4));
	advert.addressCount = Math.min(count, captured);
	advert.addresses.fill(0, 0, advert.addressCount * 4);
	for (let index = 0; index < advert.addressCount; index++) {
		for (let word = 0; word < wordsEach; word++) {
			advert.addresses[index * 4 + word] = span.view.getInt32(span.offset + headerLength + (index * wordsEach + word) * 4);
		}
	}
};

/**
Reads the advert at `span`, behind `ah` when there was one. Gives a fault code; an advert with a fault is no evidence of a
master, `advert` then is not to be used.
*/
export const readVrrp = (frame: Datagram, span: Span, ah: AhHeader | undefined, advert: Advert): number => {
	const {view, offset} = span;
	if (span.end - offset < headerLength) {
		return faultCode['vrrp-truncated'];
	}

	// Both RFCs begin with the hop limit: 255 proves that the packet crossed no router. keepalived does not ask it of adverts to single peers, which may cross one.
	if (frame.hopLimit !== 255 && isMulticast(frame.destination, 0, frame.family)) {
		return faultCode['vrrp-hop-limit'];
	}

	const version = view.getUint8(offset) >> 4;
	if (version !== 3 && (version !== 2 || frame.family === 6)) {
		return faultCode['vrrp-version'];
	}

	if ((view.getUint8(offset) & 0x0f) !== 1) {
		return faultCode['vrrp-type'];
	}

	// None: keepalived with no_virtual_ipaddress, or with excluded ones only.
	const count = view.getUint8(offset + 3);
	const length = headerLength + count * (frame.family === 4 ? 4 : 16) + (version === 2 ? authenticationLength : 0);
	const claimedLength = span.claimedEnd - offset;
	if (length > claimedLength) {
		return faultCode['vrrp-length'];
	}

	const interval = version === 2 ? view.getUint8(offset + 5) : view.getUint16(offset + 4) & 0x0f_ff;
	if (interval === 0) {
		return faultCode['vrrp-interval'];
	}

	advert.trailer = claimedLength === length + trailerLength;
	if (isCut(span)) {
		advert.checksum = 'unchecked';
	} else {
		advert.checksum = checksumOf(frame, span, version, length);
		if (advert.checksum === 'bad' && claimedLength !== length) {
			advert.checksum = checksumOf(frame, span, version, claimedLength);
		}

		if (advert.checksum === 'bad') {
			return faultCode['vrrp-checksum'];
		}
	}

	advert.version = version;
	advert.vrid = view.getUint8(offset + 1);
	advert.priority = view.getUint8(offset + 2);
	advert.intervalMs = interval * (version === 2 ? 1000 : 10);
	advert.auth = ah ? 'ah' : authOf(version, view.getUint8(offset + 4));
	advert.ahSpi = ah ? ah.spi : 0;
	advert.ahSequence = ah ? ah.sequence : 0;
	advert.family = frame.family;
	readAddresses(frame, span, count, advert);
	return faultCode.none;
};
