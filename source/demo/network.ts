/*
The network that the demo simulates. Addresses are those for documentation (RFC 5737, RFC 3849, MACs RFC 7042)
and private ones.
*/
import {type Mac} from '../wire/link/encode-frame.js';
import {type AddressWords, type Family} from '../wire/packet.js';

const ipv4 = (first: number, second: number, third: number, fourth: number): AddressWords =>
	Int32Array.of((first << 24) | (second << 16) | (third << 8) | fourth, 0, 0, 0);

/** 2001:db8:NET::HOST */
const ipv6 = (net: number, host: number): AddressWords => Int32Array.of(0x20_01_0d_b8, net << 16, 0, host);

export const groups = {
	sync: ipv4(224, 0, 0, 81),
	vrrp: ipv4(224, 0, 0, 18),
	igmp: ipv4(224, 0, 0, 22),
	allNodes: Int32Array.of(0xff_02_00_00, 0, 0, 1),
	mld: Int32Array.of(0xff_02_00_00, 0, 0, 0x16),
} as const;

export const syncPort = 8848;
export const virtualRouter = 51;

export type DirectorIdentity = {
	readonly address: AddressWords;
	readonly mac: Mac;
	readonly linkLocal: AddressWords;
	readonly priority: number;
};

const director = (host: number, priority: number): DirectorIdentity => ({
	address: ipv4(10, 255, 0, host),
	mac: [0x00, 0x00, 0x5e, 0x00, 0x53, host],
	linkLocal: Int32Array.of(0xfe_80_00_00, 0, 0x02_00_5e_ff, 0xfe_00_53_00 | host),
	priority,
});

export const directorIdentities = [director(2, 150), director(3, 100)] as const;

export type SimulatedService = {
	readonly family: Family;
	readonly protocol: 6 | 17;
	readonly vaddr: AddressWords;
	readonly vport: number;
	readonly dport: number;
	readonly realServers: readonly AddressWords[];
	/** Direct routing shows the director only what clients send; with masquerading it sees replies too. */
	readonly forwarding: 'route' | 'masq';
	readonly fwmark: number;
	/** Templates hold a client network to its real server for so long; 0: not persistent. */
	readonly persistenceSeconds: number;
	/** Bits of the client address that a template keeps. */
	readonly persistenceBits: number;
	/** Open when the simulation starts. */
	readonly sessions: number;
	readonly birthsPerSecond: number;
	/** Means of exponential distributions. */
	readonly lifeSeconds: number;
	/** Between two packets of a client. */
	readonly packetSeconds: {readonly low: number; readonly high: number};
};

const realServers = (from: number, to: number): AddressWords[] =>
	Array.from({length: to - from + 1}, (_, index) => ipv4(10, 9, 0, from + index));

const defaults = {
	family: 4,
	protocol: 6,
	forwarding: 'route',
	fwmark: 0,
	persistenceSeconds: 0,
	persistenceBits: 32,
} as const;

export const services: readonly SimulatedService[] = [
	{
		...defaults,
		vaddr: ipv4(192, 0, 2, 10),
		vport: 443,
		dport: 8443,
		realServers: realServers(11, 14),
		forwarding: 'masq',
		sessions: 640,
		birthsPerSecond: 2.2,
		lifeSeconds: 290,
		packetSeconds: {low: 0.2, high: 3},
	},
	{
		...defaults,
		vaddr: ipv4(192, 0, 2, 10),
		vport: 80,
		dport: 80,
		realServers: realServers(21, 23),
		sessions: 120,
		birthsPerSecond: 6,
		lifeSeconds: 20,
		packetSeconds: {low: 0.1, high: 1},
	},
	{
		...defaults,
		protocol: 17,
		vaddr: ipv4(192, 0, 2, 53),
		vport: 53,
		dport: 53,
		realServers: realServers(53, 54),
		sessions: 40,
		birthsPerSecond: 1.2,
		lifeSeconds: 35,
		packetSeconds: {low: 0.2, high: 2},
	},
	{
		...defaults,
		family: 6,
		vaddr: ipv6(0, 0x10),
		vport: 443,
		dport: 443,
		realServers: [0x11, 0x12, 0x13].map(host => ipv6(9, host)),
		sessions: 180,
		birthsPerSecond: 0.9,
		lifeSeconds: 200,
		packetSeconds: {low: 0.3, high: 2.5},
	},
	{
		...defaults,
		vaddr: ipv4(192, 0, 2, 20),
		vport: 8080,
		dport: 8080,
		realServers: realServers(31, 33),
		forwarding: 'masq',
		persistenceSeconds: 300,
		persistenceBits: 28,
		sessions: 36,
		birthsPerSecond: 0.4,
		lifeSeconds: 90,
		packetSeconds: {low: 1, high: 4},
	},
	{
		...defaults,
		vaddr: ipv4(192, 0, 2, 30),
		vport: 443,
		dport: 443,
		realServers: realServers(41, 42),
		fwmark: 7,
		persistenceSeconds: 360,
		sessions: 24,
		birthsPerSecond: 0.2,
		lifeSeconds: 120,
		packetSeconds: {low: 1, high: 4},
	},
];

const sameAddress = (left: AddressWords, right: AddressWords): boolean => left.every((word, index) => word === right[index]);

const virtualAddresses = (family: Family): AddressWords[] => services
	.filter(service => service.family === family)
	.map(service => service.vaddr)
	.filter((address, index, all) => all.findIndex(other => sameAddress(address, other)) === index);

/** Addresses that move with the master; the IPv6 ones are left out of its adverts, as version 2 has no room for them. */
export const virtuals = {ipv4: virtualAddresses(4), ipv6: virtualAddresses(6)} as const;

const clientNetworks = [ipv4(198, 51, 100, 0), ipv4(203, 0, 113, 0)] as const;

/** The client of a number: 508 of IPv4, 1524 of IPv6. */
export const clientAddress = (family: Family, number: number): AddressWords => {
	const host = 1 + (Math.floor(number / 2) % 254);
	const [network] = clientNetworks[number % 2]!;
	return family === 4 ? Int32Array.of(network! | host, 0, 0, 0) : ipv6(0xc0 + (number % 6), host);
};
