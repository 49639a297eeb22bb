/*
IPv6 header, RFC 8200 3. Every field big-endian.

   0  version (4)  traffic class (8)  flow label (20)
   4  payload length (16): extension headers included
   6  next header (8)  hop limit (8)
   8  source (128)
  24  destination (128)
  40  extension headers, each: next header (8)  length (8): in units of 8 octets, without the first 8

Fragment header, RFC 8200 4.5:

   0  next header (8)  reserved (8)
   2  fragment offset (13): in units of 8 octets   reserved (2)   more fragments (1)
   4  identification (32)
*/
import {faultCode} from '../fault.js';
import {type Datagram} from '../packet.js';
import {type Span} from '../span.js';

const at = {payloadLength: 4, nextHeader: 6, hopLimit: 7, source: 8, destination: 24, extensions: 40} as const;

const extension = {hopByHop: 0, routing: 43, fragment: 44, destinationOptions: 60} as const;

/** No real packet comes near; a chain of 8-octet headers would otherwise be 8000 long. */
const maxExtensions = 16;

/** Protocols that are headers on the way to the payload rather than payload. Authentication (51) is read by its own decoder. */
export const isExtension = (protocol: number): boolean =>
	protocol === extension.hopByHop || protocol === extension.routing
	|| protocol === extension.fragment || protocol === extension.destinationOptions;

/**
Walks the extension headers from `span.offset`, whose kind is in `span.protocol`, up to the payload. It stops behind a
fragment header when the packet is a fragment. Gives a fault code.
*/
export const readExtensions = (span: Span): number => {
	const {view} = span;
	for (let count = 0; isExtension(span.protocol); count++) {
		if (count === maxExtensions) {
			return faultCode['extension-header'];
		}

		const {offset} = span;
		if (span.end - offset < 8) {
			return span.end < span.claimedEnd ? faultCode['ip-truncated'] : faultCode['extension-header'];
		}

		const isFragmentHeader = span.protocol === extension.fragment;
		const length = isFragmentHeader ? 8 : (view.getUint8(offset + 1) + 1) * 8;
		if (length > span.claimedEnd - offset) {
			return faultCode['extension-header'];
		}

		if (length > span.end - offset) {
			return faultCode['ip-truncated'];
		}

		span.protocol = view.getUint8(offset);
		span.offset = offset + length;
		if (isFragmentHeader) {
			const fragment = view.getUint16(offset + 2);
			span.fragmentOffset = fragment & 0xff_f8;
			span.moreFragments = (fragment & 1) !== 0;
			span.fragmentId = view.getInt32(offset + 4);
			span.isFragment = span.fragmentOffset !== 0 || span.moreFragments;
			if (span.isFragment) {
				return faultCode.none;
			}
		}
	}

	return faultCode.none;
};

/** Reads the header and its extensions and moves `span` to the payload, bounded by the payload length. Gives a fault code. */
export const readIpv6 = (frame: Datagram, span: Span): number => {
	const {view, offset} = span;
	if (span.end - offset < at.extensions) {
		return faultCode['ip-truncated'];
	}

	if (view.getUint8(offset) >> 4 !== 6) {
		return faultCode['ip-version'];
	}

	const claimedEnd = offset + at.extensions + view.getUint16(offset + at.payloadLength);
	if (claimedEnd > span.claimedEnd) {
		return faultCode['ip-length'];
	}

	frame.family = 6;
	frame.identification = -1;
	frame.hopLimit = view.getUint8(offset + at.hopLimit);
	for (let word = 0; word < 4; word++) {
		frame.source[word] = view.getInt32(offset + at.source + word * 4);
		frame.destination[word] = view.getInt32(offset + at.destination + word * 4);
	}

	span.isFragment = false;
	span.protocol = view.getUint8(offset + at.nextHeader);
	span.claimedEnd = claimedEnd;
	span.end = Math.min(span.end, claimedEnd);
	span.offset = offset + at.extensions;
	return readExtensions(span);
};
