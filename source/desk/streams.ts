/*
Streams of sync messages, one for each director and destination port. The kernel counts the IPv4 identification of a connected socket
one by one (Linux include/net/ip.h, ip_select_ident_segs), so a gap is exactly what was lost, also what the master itself dropped. The
source port is chosen as the daemon starts and stays.
*/
import {events} from '../events/catalogue.js';
import {type Datagram} from '../wire/packet.js';
import {type Director} from './facts/director.js';
import {thresholds} from './facts/thresholds.js';
import {type DeskState, type Stream} from './state.js';
import {tell, tellQuietly, type DeskContext} from './told.js';

/** IPv4 identification: a step of more than half the circle is a step back. */
const halfCircle = 0x80_00;

/** Threads of one master (sync_ports) times the source ports that restarts leave behind. */
const maxStreams = 128;
/** Of these, what senders may take that are not known. */
const maxStrange = 32;
const maxLosses = 64;

const streamOf = ({state: {streams, registry}, limits}: DeskContext, director: Director, {destinationPort, sourcePort}: Datagram): Stream | undefined => {
	const {directors} = registry;
	const known = streams.find(one => one.director === director.index && one.destinationPort === destinationPort);
	if (known) {
		return known;
	}

	if (streams.length >= maxStreams || (!director.known && streams.filter(one => !directors[one.director]!.known).length >= maxStrange)) {
		limits.hit('streams');
		return undefined;
	}

	const stream = {director: director.index, destinationPort, sourcePort, last: -1};
	streams.push(stream);
	return stream;
};

/** Takes down a loss. True when it begins a burst. */
const addLoss = ({losses}: DeskState, director: Director, timeUs: number, lost: number): boolean => {
	const last = losses.at(-1);
	if (last?.director === director.index && timeUs - last.timeUs < thresholds.noAdvertUs) {
		losses[losses.length - 1] = {director: director.index, timeUs, lost: last.lost + lost};
		return false;
	}

	losses.push({director: director.index, timeUs, lost});
	if (losses.length > maxLosses) {
		losses.shift();
	}

	return true;
};

/** How many messages of a director were lost since then. */
export const lostSince = ({losses}: DeskState, director: number, timeUs: number): number =>
	losses.filter(one => one.director === director && one.timeUs >= timeUs).reduce((sum, {lost}) => sum + lost, 0);

/** Messages missing before this one. */
const gapOf = (stream: Stream, {identification}: Datagram): number => {
	if (identification < 0) {
		return 0;
	}

	const step = stream.last < 0 ? 1 : (identification - stream.last) & 0xff_ff;
	if (step === 0 || step >= halfCircle) {
		return 0; // A copy, or one that was overtaken.
	}

	stream.last = identification;
	return step - 1;
};

/** Follows a message in its stream: what was lost before it, and whether its daemon was started anew. */
export const followStream = (desk: DeskContext, director: Director, datagram: Datagram): void => {
	const {timeUs, sourcePort, destinationPort} = datagram;
	const stream = streamOf(desk, director, datagram);
	const formerPort = stream && stream.sourcePort !== sourcePort ? stream.sourcePort : 0;
	if (stream && formerPort !== 0) {
		stream.sourcePort = sourcePort;
		stream.last = -1;
	}

	if (director.sourcePort === 0 || formerPort !== 0) {
		director.sourcePort = sourcePort;
		director.sourcePortSinceUs = timeUs;
	}

	if (formerPort !== 0) {
		director.restarts++;
		tell(desk, timeUs, events.restart, [director], {address: director.address, port: destinationPort, sourcePort, was: formerPort});
	}

	const lost = stream ? gapOf(stream, datagram) : 0;
	if (lost > 0) {
		director.lostMessages += lost;
		const fields = {address: director.address, lost, lostMessages: director.lostMessages};
		// One line of the timeline for a burst.
		if (addLoss(desk.state, director, timeUs, lost)) {
			tell(desk, timeUs, events.wireLoss, [director], fields);
		} else {
			tellQuietly(desk, timeUs, events.wireLoss, director, fields);
		}
	}
};
