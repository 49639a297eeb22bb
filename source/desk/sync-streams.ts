import {type Datagram} from '../wire/packet.js';
import {type Director} from './facts/director.js';
import {type Limits} from './facts/limits.js';

/** IPv4 identification: a step of more than half the circle is a step back. */
const halfCircle = 0x80_00;

/** Threads of one master (sync_ports) times the source ports that restarts leave behind. */
const maxStreams = 128;
/** Of these, what senders may take that are not known. */
const maxStrange = 32;

type Stream = {readonly director: Director; readonly destinationPort: number; sourcePort: number; last: number};

export type StreamStep = {
	/** Messages missing before this one. */
	readonly lost: number;
	/** The source port it had before, when the daemon was started anew; else 0. */
	readonly formerPort: number;
};

const nothing: StreamStep = {lost: 0, formerPort: 0};

/**
Follows the streams of sync messages, one for each director and destination port. The kernel counts the IPv4 identification
of a connected socket one by one (Linux include/net/ip.h, ip_select_ident_segs), so a gap is exactly what was lost, also what
the master itself dropped. The source port is chosen as the daemon starts and stays.
*/
export type SyncStreams = {
	next(director: Director, datagram: Datagram): StreamStep;
};

export const createSyncStreams = (limits: Limits): SyncStreams => {
	const streams: Stream[] = [];

	return {
		next(director, {sourcePort, destinationPort, identification}) {
			let stream = streams.find(one => one.director === director && one.destinationPort === destinationPort);
			let formerPort = 0;
			if (!stream) {
				if (streams.length >= maxStreams || (!director.known && streams.filter(one => !one.director.known).length >= maxStrange)) {
					limits.hit('streams');
					return nothing;
				}

				stream = {director, destinationPort, sourcePort, last: -1};
				streams.push(stream);
			}

			if (stream.sourcePort !== sourcePort) {
				formerPort = stream.sourcePort;
				stream.sourcePort = sourcePort;
				stream.last = -1;
			}

			if (identification < 0) {
				return formerPort === 0 ? nothing : {lost: 0, formerPort};
			}

			const step = stream.last < 0 ? 1 : (identification - stream.last) & 0xff_ff;
			if (step === 0 || step >= halfCircle) {
				return formerPort === 0 ? nothing : {lost: 0, formerPort}; // A copy, or one that was overtaken.
			}

			stream.last = identification;
			return step === 1 && formerPort === 0 ? nothing : {lost: step - 1, formerPort};
		},
	};
};
