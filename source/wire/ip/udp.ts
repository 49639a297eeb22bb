/*
UDP header, RFC 768. Every field big-endian.

   0  source port (16)
   2  destination port (16)
   4  length (16): header included
   6  checksum (16): not looked at; on virtual links it is often an unfinished offload value
*/
import {faultCode} from '../fault.js';
import {type Datagram} from '../packet.js';
import {type Span} from '../span.js';

const headerLength = 8;

/** Reads the two ports, if they were captured. */
export const readPorts = (datagram: Datagram, span: Span): boolean => {
	if (span.end - span.offset < 4) {
		return false;
	}

	datagram.sourcePort = span.view.getUint16(span.offset);
	datagram.destinationPort = span.view.getUint16(span.offset + 2);
	return true;
};

/** Reads the rest of the header and lays the datagram's payload over the span. Gives a fault code. */
export const readUdp = (datagram: Datagram, span: Span): number => {
	const {view, offset} = span;
	if (span.end - offset < headerLength) {
		return faultCode['udp-truncated'];
	}

	const length = view.getUint16(offset + 4);
	if (length < headerLength || length > span.claimedEnd - offset) {
		return faultCode['udp-length'];
	}

	datagram.view = view;
	datagram.offset = offset + headerLength;
	datagram.claimedLength = length - headerLength;
	datagram.length = Math.min(datagram.claimedLength, span.end - datagram.offset);
	return faultCode.none;
};
