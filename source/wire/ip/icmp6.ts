import {type Datagram} from '../packet.js';
import {isCut, type Span} from '../span.js';
import {isWhole, sumOctets, sumPseudoHeader} from './checksum.js';

export const icmp6Protocol = 58;

/** Whether the checksum over the pseudo-header and all of `span` holds (RFC 4443 2.3); true for what the capture cut. */
export const holdsIcmp6Checksum = (frame: Datagram, span: Span): boolean =>
	isCut(span) || isWhole(sumOctets(span.view, span.offset, span.end)
		+ sumPseudoHeader(frame, frame.destination, icmp6Protocol, span.end - span.offset));
