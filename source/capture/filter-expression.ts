import {parseAddress} from '../wire/address.js';
import {family} from '../wire/packet.js';

/** What the capture filter has to let through beyond the defaults. */
export type FilterOptions = {
	/** Multicast groups of the sync daemons, as text. */
	readonly groups: readonly string[];
	/** UDP ports of the sync daemons. */
	readonly ports: readonly number[];
};

/** VRRP 224.0.0.18, IGMP leaves 224.0.0.2, IGMPv3 reports 224.0.0.22. */
const groupsIpv4 = ['224.0.0.18', '224.0.0.2', '224.0.0.22'];
/** VRRP ff02::12, MLD done ff02::2, MLDv2 reports ff02::16, unsolicited neighbour advertisements ff02::1. */
const groupsIpv6 = ['ff02::12', 'ff02::2', 'ff02::16', 'ff02::1'];

/** The Ethernet address of a multicast group: RFC 1112 6.4 (23 bits) and RFC 2464 7 (32 bits). */
export const multicastMac = (group: string): string => {
	const address = parseAddress(group);
	if (!address) {
		throw new TypeError(`${group} is not an address`);
	}

	const digits = (value: number, count: number): string => value.toString(16).padStart(count, '0');
	const {words} = address;
	const mac = address.family === family.ipv6
		? '3333' + digits(words[3]! >>> 0, 8)
		: '01005e' + digits(words[0]! & 0x7f_ff_ff, 6);
	return mac.match(/../g)!.join(':');
};

const either = (terms: readonly string[]): string => [...new Set(terms)].join(' or ');

/** Ports as few ranges: `udp dst portrange 8848-8851`. First fragments only, which is why the groups are asked for too. */
const portTerms = (ports: readonly number[]): string[] => {
	const sorted = [...new Set(ports)].sort((left, right) => left - right);
	const terms: string[] = [];
	for (let start = 0; start < sorted.length;) {
		let end = start;
		while (sorted[end + 1] === sorted[end]! + 1) {
			end++;
		}

		terms.push(start === end ? `udp dst port ${sorted[start]}` : `udp dst portrange ${sorted[start]}-${sorted[end]}`);
		start = end + 1;
	}

	return terms;
};

/** A frame in a tunnel that can concern us, its first octet being `at` in the header called `header`: to a group, ARP, or VRRP to any address. */
const innerTerm = (header: 'ip' | 'udp', at: string): string => either([
	`${header}[${at} : 4] & 0xffffff00 = 0x01005e00`, `${header}[${at} : 2] = 0x3333`, `${header}[${at} + 12 : 2] = 0x0806`,
	`(${header}[${at} + 12 : 2] = 0x0800 and ${header}[${at} + 23] = 112)`,
]);

/**
Mirror ports and overlays: ERSPAN, GRE with Ethernet, VXLAN, GENEVE, TZSP over IPv4. The kernel looks into them, so that an
overlay's own traffic costs nothing here. Fragments tell of no port: those of GRE come all, those of UDP none.
*/
const tunnelTerms = [
	'udp dst port 37008',
	`udp dst port 4789 and (${innerTerm('udp', '16')})`,
	`udp dst port 8472 and (${innerTerm('udp', '16')})`,
	`udp dst port 6081 and (${innerTerm('udp', '16 + ((udp[8] & 0x3f) << 2)')})`,
	'ip proto 47 and ip[6 : 2] & 0x3fff != 0',
	`ip proto 47 and ip[22 : 2] = 0x6558 and ip[20] & 0xb0 = 0 and (${innerTerm('ip', '24')})`,
	`ip proto 47 and ip[22 : 2] = 0x6558 and ip[20] & 0xb0 = 0x20 and (${innerTerm('ip', '28')})`,
	`ip proto 47 and ip[22 : 2] = 0x88be and (${innerTerm('ip', '36')})`,
	`ip proto 47 and ip[22 : 2] = 0x22eb and (${innerTerm('ip', '40')} or ${innerTerm('ip', '48')})`,
].map(term => `(${term})`);

/** VRRP and AH to any address (unicast peers), gratuitous ARP and neighbour advertisements, sync to other groups. */
const protocolTerms = ({ports}: FilterOptions): string[] => [
	'ip proto 112', 'ip proto 51', 'ip6 proto 112', 'ip6 proto 51', 'arp', '(ip6 proto 58 and ip6[40] = 136)', ...portTerms(ports),
];

/**
The filter for Ethernet, in the language of pcap-filter(7): sync messages with all their fragments, VRRP and AH, group
reports, ARP and neighbour advertisements, each also behind one tag or two. The groups go by their Ethernet address, which
no tag, fragment or extension header can hide; 32 IPv4 groups share one, so the decoder looks again.
The rest is repeated behind `vlan`, which moves all that follows it in the whole expression, hence last and nested. Tunnels
are not looked for behind tags: with them twice a filter has 921 instructions, too many for Linux before 6.7, whose net.core.optmem_max is 20480: libpcap
would then have every frame copied to this process.
*/
export const ethernetFilter = (options: FilterOptions): string => {
	const macs = [...options.groups, ...groupsIpv4, ...groupsIpv6].map(group => `ether dst ${multicastMac(group)}`);
	const terms = either(protocolTerms(options));
	return `${either(macs)} or ${either(tunnelTerms)} or ${terms} or (vlan and (${terms} or (vlan and (${terms}))))`;
};

/**
The filter for link types without Ethernet addresses and without `vlan`: cooked capture (interface `any`), raw IP, tunnels.
*/
export const cookedFilter = (options: FilterOptions): string => {
	const hosts = [...options.groups, ...groupsIpv4, ...groupsIpv6].map(group => `dst host ${group}`);
	return either([...hosts, ...tunnelTerms, ...protocolTerms(options)]);
};
