/*
Neighbour advertisement inside ICMPv6, RFC 4861 4.4. Every field big-endian.

   0  type (8): 136   code (8)  checksum (16)
   4  router (1)  solicited (1)  override (1)  reserved (29)
   8  target (128)
  24  options, each: type (8)  length (8): in units of 8 octets   data; type 2 is the target's MAC
*/
import {faultCode} from '../fault.js';
import {type AddressClaim} from '../observation.js';
import {type Datagram} from '../packet.js';
import {type Span} from '../span.js';

export const neighbourAdvertisement = 136;

const optionsAt = 24;
const targetLinkLayer = 2;
const solicited = 0x40;

/** Reads the advertisement at `span` into `claim`; the MAC is -1 and 0 when none is said. Gives a fault code. */
export const readNeighbour = (frame: Datagram, span: Span, claim: AddressClaim): number => {
	const {view, offset, end} = span;
	if (end - offset < optionsAt) {
		return faultCode['neighbour-truncated'];
	}

	// RFC 4861 7.1.2: anything else may come from beyond the link.
	if (frame.hopLimit !== 255) {
		return faultCode['neighbour-hop-limit'];
	}

	claim.protocol = 'neighbour';
	claim.family = 6;
	claim.gratuitous = (view.getUint8(offset + 4) & solicited) === 0;
	claim.macHigh = -1;
	claim.macLow = 0;
	for (let word = 0; word < 4; word++) {
		claim.address[word] = view.getInt32(offset + 8 + word * 4);
	}

	let at = offset + optionsAt;
	while (at < end) {
		const length = end - at < 8 ? 0 : view.getUint8(at + 1) * 8;
		if (length === 0 || length > end - at) {
			return faultCode['neighbour-truncated'];
		}

		if (view.getUint8(at) === targetLinkLayer && claim.macHigh === -1) {
			claim.macHigh = view.getUint16(at + 2);
			claim.macLow = view.getInt32(at + 4);
		}

		at += length;
	}

	return faultCode.none;
};
