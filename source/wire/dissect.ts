/*
From captured frames, and from datagrams of joined sockets, to observations. Holds no state but unfinished fragments and the
scratch objects that it lends to the observer.
*/
import {type Address, isMulticast, sameAddress} from './address.js';
import {createDatagram, maxTunnels} from './ip/datagram.js';
import {faultCode} from './fault.js';
import {createFragmentState, createReassembler, fragmentsWaitUs} from './ip/fragments.js';
import {etherType, readEthernet, readLink} from './link/frame.js';
import {greProtocol, isTunnelPort, openGre, openUdpTunnel} from './link/tunnels.js';
import {readIpv4} from './ip/ipv4.js';
import {isExtension, readExtensions, readIpv6} from './ip/ipv6.js';
import {type Observer} from './observation.js';
import {type Datagram, type Packet} from './packet.js';
import {createRecordBatch} from './sync/record-batch.js';
import {createRoleMessages} from './role-messages.js';
import {createSpan, isCut, spanPacket} from './span.js';
import {decodeSyncMessage} from './sync/sync-message.js';
import {readPorts, readUdp} from './ip/udp.js';

/** The base port and the 63 above it: a director may run up to 64 sync threads, each with its own port. */
const defaultPorts = {from: 8848, to: 8911} as const;

export type DissectorOptions = {
	/** Only messages to these groups. Without any: every multicast address, since what the capture filter let in was asked for. */
	readonly groups?: readonly Address[];
	/**
	UDP destination ports, both ends included. Above the first one a datagram that is no sync message at all is passed over
	silently: other programs use these ports.
	*/
	readonly ports?: {readonly from: number; readonly to: number};
};

type Dissector = {
	/** Takes one captured frame. */
	packet(packet: Packet): void;
	/** Takes one UDP payload that a joined socket heard; ports and groups are not checked, the socket chose them. */
	datagram(datagram: Datagram): void;
	/** Gives up fragments that wait for the rest since 30 seconds before `timeUs`. */
	expire(timeUs: number): void;
};

const udpProtocol = 17;
const mostTunnelPairs = 16;

/** Message faults that mean: this never was a sync message. */
const isForeign = (fault: number): boolean =>
	fault === faultCode.short || fault === faultCode['size-mismatch']
	|| fault === faultCode['unknown-version'] || fault === faultCode['not-sync'];

/** Never throws, whatever the octets are; every refusal reaches `observer` with its name. */
export const createDissector = (options: DissectorOptions, observer: Observer, waiting = createFragmentState()): Dissector => {
	const {groups = [], ports = defaultPorts} = options;
	const frame = createDatagram();
	const span = createSpan();
	const batch = createRecordBatch();
	let current: Packet | undefined;
	/** Opened in the present packet. */
	let tunnels = 0;
	/** Source and destination of tunnelled datagrams that came in fragments, the newest first. */
	let tunnelPairs: Array<readonly [source: Int32Array, destination: Int32Array, timeUs: number]> = [];

	const onFault = (fault: number): void => {
		observer.fault(fault, frame, current);
	};

	const roles = createRoleMessages(frame, span, observer, onFault);
	const fragments = createReassembler((fault, headers) => {
		observer.fault(fault, headers, undefined);
	}, waiting);

	const isForGroup = (): boolean => {
		if (groups.length === 0) {
			return isMulticast(frame.destination, 0, frame.family);
		}

		for (const group of groups) {
			if (group.family === frame.family && sameAddress(group.words, 0, frame.destination, 0)) {
				return true;
			}
		}

		return false;
	};

	const onMessage = (datagram: Datagram): void => {
		decodeSyncMessage(datagram, batch);
		if (datagram.destinationPort > ports.from && isForeign(batch.messageFault)) {
			return;
		}

		observer.sync(datagram, batch);
	};

	/** Reads the UDP header that `span` lies over. */
	const isReadable = (): boolean => {
		const fault = readUdp(frame, span);
		if (fault !== 0) {
			onFault(fault);
		}

		return fault === 0;
	};

	/** `span` lies over a UDP header and what follows. */
	const onUdp = (): void => {
		const isWanted = isForGroup();
		if (!readPorts(frame, span)) {
			if (isWanted) {
				onFault(faultCode['udp-truncated']);
			}
		} else if (isWanted && frame.destinationPort >= ports.from && frame.destinationPort <= ports.to) {
			if (isReadable()) {
				onMessage(frame);
			}
		} else if (isTunnelPort(frame.destinationPort) && isReadable()) {
			span.offset = frame.offset;
			span.end = frame.offset + frame.length;
			span.claimedEnd = frame.offset + frame.claimedLength;
			onTunnel(openUdpTunnel(span, frame.destinationPort));
		}
	};

	/** `span` lies over an Ethernet frame in the tunnel with this tag; a tag of 0 is none, -1 one that was cut. */
	const onTunnel = (tag: number): void => {
		if (tag === 0 || tunnels === maxTunnels) {
			return;
		}

		if (tag === -1) {
			onFault(faultCode['link-truncated']);
			return;
		}

		tunnels++;
		clearFrame();
		frame.tags[frame.tagCount++] = tag;
		onLink(readEthernet(frame, span));
	};

	/** `span` lies over the payload of an IP packet, a whole one. */
	const onTransport = (): void => {
		if (span.protocol === udpProtocol) {
			onUdp();
		} else if (span.protocol === greProtocol) {
			onTunnel(openGre(span));
		} else {
			roles.network();
		}
	};

	/*
	A fragment that the capture cut can never be joined to the others. The first one of them holds complete records
	nevertheless, and says in its UDP header how long the whole was.
	*/
	const onCutFragment = (): void => {
		if (span.fragmentOffset === 0 && span.protocol === udpProtocol && span.end - span.offset >= 8) {
			span.claimedEnd = span.offset + span.view.getUint16(span.offset + 4);
			span.end = Math.min(span.end, span.claimedEnd);
			frame.fragmented = true;
			onUdp();
		}
	};

	/** Only its first fragment says that a datagram belongs to a tunnel; the others follow from where it came from and went to. */
	const isTunnelled = (): boolean => {
		if (tunnelPairs.some(([source, destination]) => sameAddress(source, 0, frame.source, 0) && sameAddress(destination, 0, frame.destination, 0))) {
			return true;
		}

		const isFirst = span.fragmentOffset === 0 && readPorts(frame, span) && isTunnelPort(frame.destinationPort);
		if (isFirst) {
			tunnelPairs = [[frame.source.slice(), frame.destination.slice(), frame.timeUs], ...tunnelPairs.slice(0, mostTunnelPairs - 1)];
		}

		return isFirst;
	};

	/** A fragment is kept for the rest only where the whole can be one that we want. */
	const isWantedFragment = (): boolean => {
		if (span.protocol === udpProtocol || isExtension(span.protocol)) {
			return isForGroup() || (span.protocol === udpProtocol && isTunnelled());
		}

		return span.protocol === greProtocol;
	};

	const onFragment = (): void => {
		if (!isWantedFragment()) {
			return;
		}

		if (isCut(span)) {
			onCutFragment();
			return;
		}

		observer.fragment?.(frame, span.fragmentId);
		fragments.expire(frame.timeUs);
		if (!fragments.add(frame, span)) {
			return;
		}

		frame.fragmented = true;
		const fault = readExtensions(span);
		if (fault !== 0) {
			onFault(fault);
		} else if ((span.protocol === udpProtocol || span.protocol === greProtocol) && !span.isFragment) {
			onTransport();
		}
	};

	/** The network layer was read, or refused. */
	const onNetwork = (fault: number): void => {
		if (fault !== 0) {
			onFault(fault);
		} else if (span.isFragment) {
			onFragment();
		} else {
			onTransport();
		}
	};

	/** The link layer was read, or refused. */
	const onLink = (fault: number): void => {
		if (fault !== 0) {
			onFault(fault);
		} else if (span.protocol === etherType.ipv4) {
			onNetwork(readIpv4(frame, span));
		} else if (span.protocol === etherType.ipv6) {
			onNetwork(readIpv6(frame, span));
		} else if (span.protocol === etherType.arp) {
			roles.arp();
		}
	};

	/** Forgets what the packet before said, so that a fault early in this one is not pinned on another sender. */
	const clearFrame = (): void => {
		frame.family = 4;
		for (let word = 0; word < 4; word++) {
			frame.source[word] = 0;
			frame.destination[word] = 0;
		}

		frame.sourcePort = 0;
		frame.destinationPort = 0;
		frame.hopLimit = -1;
		frame.identification = -1;
		frame.fragmented = false;
	};

	return {
		packet(packet) {
			current = packet;
			clearFrame();
			spanPacket(span, packet);
			tunnels = 0;
			onLink(readLink(packet, frame, span));
		},
		datagram: onMessage,
		expire(timeUs) {
			fragments.expire(timeUs);
			tunnelPairs = tunnelPairs.filter(pair => Math.abs(timeUs - pair[2]) < fragmentsWaitUs);
		},
	};
};
