/* The frames of a simulated director, octet for octet what Linux and keepalived send. */
import {encodeGratuitousArp, encodeNeighbourAdvertisement} from '../wire/claims/encode-claim.js';
import {
	broadcastMac,
	encodeEthernet,
	encodeIpv4,
	encodeIpv6,
	encodeUdp,
	etherType,
	groupMac,
	ipProtocol,
} from '../wire/link/encode-frame.js';
import {encodeIgmpReport, encodeMldReport, reportRecord} from '../wire/groups/encode-report.js';
import {encodeSyncV1, type SentRecord} from '../wire/sync/encode-sync.js';
import {encodeAdvertV2} from '../wire/encode-vrrp.js';
import {type AddressWords} from '../wire/packet.js';
import {groups, syncPort, virtualRouter, virtuals, type DirectorIdentity} from './network.js';

type Frame = Uint8Array<ArrayBuffer>;

/** IP option (RFC 2113) and IPv6 hop-by-hop header (RFC 2711) that ask routers to look at reports. */
const routerAlert = {
	ipv4: Uint8Array.of(0x94, 4, 0, 0),
	ipv6: Uint8Array.of(ipProtocol.icmpv6, 0, 5, 2, 0, 0, 1, 0),
} as const;

const toGroup4 = (
	{mac, address}: DirectorIdentity,
	packet: Omit<Parameters<typeof encodeIpv4>[0], 'source'>,
): Frame => encodeEthernet({
	source: mac,
	destination: groupMac(4, packet.destination),
	etherType: etherType.ipv4,
	payload: encodeIpv4({...packet, source: address}),
});

export const syncFrame = (
	from: DirectorIdentity,
	sourcePort: number,
	identification: number,
	records: readonly SentRecord[],
): Frame => toGroup4(from, {
	destination: groups.sync,
	protocol: ipProtocol.udp,
	identification,
	payload: encodeUdp({
		family: 4,
		source: from.address,
		destination: groups.sync,
		sourcePort,
		destinationPort: syncPort,
		payload: encodeSyncV1(virtualRouter, records),
	}),
});

export const advertFrame = (from: DirectorIdentity, identification: number, priority: number): Frame => toGroup4(from, {
	destination: groups.vrrp,
	protocol: ipProtocol.vrrp,
	identification,
	ttl: 255,
	typeOfService: 0xc0,
	payload: encodeAdvertV2({vrid: virtualRouter, priority, intervalSeconds: 1, addresses: virtuals.ipv4}),
});

const groupReportFrame = (from: DirectorIdentity, type: number, reported: readonly AddressWords[]): Frame => toGroup4(from, {
	destination: groups.igmp,
	protocol: ipProtocol.igmp,
	typeOfService: 0xc0,
	dontFragment: true,
	options: routerAlert.ipv4,
	payload: encodeIgmpReport(reported.map(group => ({type, group}))),
});

/** A backup starts to listen. */
export const joinFrame = (from: DirectorIdentity, ...reported: AddressWords[]): Frame =>
	groupReportFrame(from, reportRecord.changeToExclude, reported);

/** A backup stops listening, because it is the master now. */
export const leaveFrame = (from: DirectorIdentity): Frame =>
	groupReportFrame(from, reportRecord.changeToInclude, [groups.sync]);

/** An interface that came up reports its solicited-node group: this host has booted. */
export const interfaceUpFrame = ({mac, linkLocal}: DirectorIdentity): Frame => {
	const solicitedNode = Int32Array.of(0xff_02_00_00, 0, 1, 0xff_00_00_00 | (linkLocal[3]! & 0xff_ff_ff));
	const report = encodeMldReport(linkLocal, groups.mld, [{type: reportRecord.changeToExclude, group: solicitedNode}]);
	const payload = new Uint8Array(routerAlert.ipv6.length + report.length);
	payload.set(routerAlert.ipv6);
	payload.set(report, routerAlert.ipv6.length);
	return encodeEthernet({
		source: mac,
		destination: groupMac(6, groups.mld),
		etherType: etherType.ipv6,
		payload: encodeIpv6({source: linkLocal, destination: groups.mld, nextHeader: 0, payload}),
	});
};

/** The new master claims each virtual address. */
export const claimFrames = ({mac}: DirectorIdentity): Frame[] => [
	...virtuals.ipv4.map(address => encodeEthernet({
		source: mac,
		destination: broadcastMac,
		etherType: etherType.arp,
		payload: encodeGratuitousArp(mac, address),
	})),
	...virtuals.ipv6.map(address => encodeEthernet({
		source: mac,
		destination: groupMac(6, groups.allNodes),
		etherType: etherType.ipv6,
		payload: encodeIpv6({
			source: address,
			destination: groups.allNodes,
			nextHeader: ipProtocol.icmpv6,
			hopLimit: 255,
			payload: encodeNeighbourAdvertisement(mac, address, groups.allNodes, address),
		}),
	})),
];
