import {sumOctets} from '../wire/ip/checksum.js';
import {createDatagram} from '../wire/ip/datagram.js';
import {readAh} from '../wire/ip/ah.js';
import {readIpv4} from '../wire/ip/ipv4.js';
import {etherType, readLink} from '../wire/link/frame.js';
import {type Packet} from '../wire/packet.js';
import {createSpan, spanPacket} from '../wire/span.js';
import {vrrpProtocol} from '../wire/vrrp.js';

/*
Adverts of VRRP version 2 may carry a password in clear text (RFC 2338 5.3.10: authentication type 1, 8 octets behind the addresses). A
log is read by others, so they are zeros in it, and the checksum is made right again: the advert says the same without it.
*/
const frame = createDatagram();
const span = createSpan();
const ah = {spi: 0, sequence: 0};

const at = {version: 0, addresses: 3, authentication: 4, checksum: 6, data: 8} as const;
const ahProtocol = 51;
const dataOctets = 8;

/** What the sum of a password takes away from a checksum, put back: RFC 1624. */
const mend = (view: DataView, offset: number, passwordSum: number): void => {
	let sum = view.getUint16(offset + at.checksum) + passwordSum;
	while (sum > 0xff_ff) {
		sum = (sum & 0xff_ff) + (sum >>> 16);
	}

	view.setUint16(offset + at.checksum, sum);
};

/** Blanks the password of an advert in a frame, in place. Other frames stay as they are. */
export const blankPassword = (packet: Packet): void => {
	spanPacket(span, packet);
	if (readLink(packet, frame, span) !== 0 || span.protocol !== etherType.ipv4 || readIpv4(frame, span) !== 0) {
		return;
	}

	const protocol = (): number => span.protocol;
	if ((protocol() === ahProtocol && !span.isFragment && readAh(span, ah) !== 0) || protocol() !== vrrpProtocol) {
		return;
	}

	const {view, offset, end} = span;
	const octets = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
	if (span.isFragment) {
		// No router splits an advert; where the password lies in one that was split cannot be told.
		octets.fill(0, span.fragmentOffset === 0 ? Math.min(end, offset + at.data) : offset, end);
		return;
	}

	if (end - offset < at.data || view.getUint8(offset + at.version) >> 4 !== 2 || view.getUint8(offset + at.authentication) !== 1) {
		return;
	}

	const from = Math.min(end, offset + at.data + (view.getUint8(offset + at.addresses) * 4));
	const to = Math.min(end, from + dataOctets);
	mend(view, offset, sumOctets(view, from, to));
	octets.fill(0, from, to);
};
