/*
Authentication header, RFC 4302 2. Every field big-endian.

   0  next header (8)  length (8): in 32-bit words, less 2   reserved (16)
   4  security parameters index (32): keepalived puts the sender's IPv4 address there
   8  sequence number (32)
  12  integrity check value
*/
import {faultCode} from '../fault.js';
import {type Span} from '../span.js';

const fixedLength = 12;

export type AhHeader = {spi: number; sequence: number};

/** Reads the header into `ah` and moves `span` behind it. Gives a fault code. The check value is not looked at. */
export const readAh = (span: Span, ah: AhHeader): number => {
	const {view, offset} = span;
	if (span.end - offset < fixedLength) {
		return faultCode['ah-length'];
	}

	const length = (view.getUint8(offset + 1) + 2) * 4;
	if (length < fixedLength || length > span.end - offset) {
		return faultCode['ah-length'];
	}

	span.protocol = view.getUint8(offset);
	ah.spi = view.getInt32(offset + 4);
	ah.sequence = view.getInt32(offset + 8);
	span.offset = offset + length;
	return faultCode.none;
};
