/*
IPv4 header, RFC 791 3.1. Every field big-endian.

   0  version (4)  header length (4): in 32-bit words
   2  total length (16)
   4  identification (16)
   6  flags (3): reserved, don't fragment, more fragments   fragment offset (13): in units of 8 octets
   8  time to live (8)  protocol (8)  header checksum (16)
  12  source (32)
  16  destination (32)
  20  options

The header checksum is not looked at: network cards fill it in after the capture on the sending host.
*/
import {faultCode} from '../fault.js';
import {type Datagram} from '../packet.js';
import {type Span} from '../span.js';

const at = {totalLength: 2, identification: 4, fragment: 6, hopLimit: 8, protocol: 9, source: 12, destination: 16, options: 20} as const;

/** Reads the header and moves `span` to its payload, bounded by the total length, never by the frame. Gives a fault code. */
export const readIpv4 = (frame: Datagram, span: Span): number => {
	const {view, offset} = span;
	if (span.end - offset < at.options) {
		return faultCode['ip-truncated'];
	}

	const versionAndLength = view.getUint8(offset);
	if (versionAndLength >> 4 !== 4) {
		return faultCode['ip-version'];
	}

	const headerLength = (versionAndLength & 0x0f) * 4;
	const totalLength = view.getUint16(offset + at.totalLength);
	// A frame may be longer than the packet (padding), a packet never longer than its frame.
	if (headerLength < at.options || totalLength < headerLength || offset + totalLength > span.claimedEnd) {
		return faultCode['ip-length'];
	}

	frame.family = 4;
	frame.identification = view.getUint16(offset + at.identification);
	frame.hopLimit = view.getUint8(offset + at.hopLimit);
	frame.source[0] = view.getInt32(offset + at.source);
	frame.source[1] = 0;
	frame.source[2] = 0;
	frame.source[3] = 0;
	frame.destination[0] = view.getInt32(offset + at.destination);
	frame.destination[1] = 0;
	frame.destination[2] = 0;
	frame.destination[3] = 0;

	const fragment = view.getUint16(offset + at.fragment);
	span.fragmentOffset = (fragment & 0x1f_ff) * 8;
	span.moreFragments = (fragment & 0x20_00) !== 0;
	span.isFragment = span.fragmentOffset !== 0 || span.moreFragments;
	span.fragmentId = frame.identification;

	span.protocol = view.getUint8(offset + at.protocol);
	span.claimedEnd = offset + totalLength;
	span.end = Math.min(span.end, span.claimedEnd);
	span.offset = offset + headerLength;
	return span.offset > span.end ? faultCode['ip-truncated'] : faultCode.none;
};
