/*
ARP for IPv4 on Ethernet, RFC 826. Every field big-endian.

   0  hardware type (16): 1   protocol type (16): 0x0800
   4  hardware length (8): 6   protocol length (8): 4   operation (16): 1 request, 2 reply
   8  sender MAC (48)  sender address (32)
  18  target MAC (48)  target address (32)
*/
import {faultCode} from '../fault.js';
import {type AddressClaim} from '../observation.js';
import {type Datagram} from '../packet.js';
import {type Span} from '../span.js';

const length = 28;
const request = 1;
const reply = 2;

/**
Reads the message at `span`. `claim` is filled in, and `frame` gets its addresses, when it claims one: a reply, or a request
for the sender's own address; `claim.gratuitous` tells what was asked for by nobody. Gives a fault code, or -1 when it claims nothing.
*/
export const readArp = (frame: Datagram, span: Span, claim: AddressClaim): number => {
	const {view, offset} = span;
	if (span.end - offset < length) {
		return faultCode['arp-truncated'];
	}

	const operation = view.getUint16(offset + 6);
	const sender = view.getInt32(offset + 14);
	const target = view.getInt32(offset + 24);
	const isEthernet = view.getInt32(offset) === 0x00_01_08_00 && view.getUint16(offset + 4) === 0x06_04;
	// A sender of 0.0.0.0 only asks whether the target is free (RFC 5227).
	if (!isEthernet || sender === 0 || (operation !== reply && (operation !== request || sender !== target))) {
		return -1;
	}

	frame.family = 4;
	frame.hopLimit = -1;
	frame.identification = -1;
	frame.source.fill(0);
	frame.source[0] = sender;
	frame.destination.fill(0);
	frame.destination[0] = target;

	claim.protocol = 'arp';
	claim.family = 4;
	claim.address.fill(0);
	claim.address[0] = sender;
	claim.macHigh = view.getUint16(offset + 8);
	claim.macLow = view.getInt32(offset + 10);
	claim.gratuitous = sender === target;
	return faultCode.none;
};
