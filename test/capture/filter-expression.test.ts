import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import test, {type TestContext} from 'node:test';
import {cookedFilter, ethernetFilter, multicastMac} from '../../source/capture/filter-expression.js';
import {fileOf, pcapOf} from './pcap-file.js';

const tcpdump = (...words: string[]): string => execFileSync('tcpdump', words, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});

const missing = ((): string | false => {
	try {
		tcpdump('--version');
		return false;
	} catch {
		return 'needs tcpdump, which compiles filters';
	}
})();

const withTcpdump = {skip: missing};
const options = {groups: ['224.0.0.81', '239.1.2.3', 'ff15::81'], ports: [8850, 8848, 8849, 9000]};

const hex = (text: string): number[] => text.replaceAll(/[\s:]/g, '').match(/../g)!.map(pair => Number.parseInt(pair, 16));
const address4 = (text: string): number[] => text.split('.').map(Number);

type Frame = {destination?: string; tags?: number; type: string; payload: number[]};

/** An Ethernet frame with up to two tags: 802.1ad outside, 802.1Q inside. */
const frame = ({destination = '02:00:00:00:00:02', tags = 0, type, payload}: Frame): number[] => [
	...hex(destination), ...hex('02:00:00:00:00:01'),
	...(tags > 1 ? hex('88a8 0064') : []), ...(tags > 0 ? hex('8100 0007') : []),
	...hex(type), ...payload,
];

const ipv4 = (protocol: number, destination: string, payload: number[], {fragmentOffset = 0, options: ipOptions = [] as number[]} = {}): number[] => [
	0x45 + (ipOptions.length / 4), 0, 0, 20 + ipOptions.length + payload.length, 0, 1, fragmentOffset >> 8, fragmentOffset & 0xff, 1, protocol, 0, 0,
	...address4('192.0.2.11'), ...address4(destination), ...ipOptions, ...payload,
];

const ipv6 = (next: number, destination: string, payload: number[]): number[] =>
	[0x60, 0, 0, 0, 0, payload.length, next, 255, ...hex('fe80 0000 0000 0000 0000 0000 0000 0001'), ...hex(destination), ...payload];

const udp = (port: number): number[] => [0x9f, 0x59, port >> 8, port & 0xff, 0, 16, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
const zeros = (length: number): number[] => Array.from({length}, () => 0);
const group = '01:00:5e:00:00:51';
const neighbourAdvertisement = [136, 0, 0, 0, 0x20, 0, 0, 0, ...zeros(16)];

/** A frame to the group, as tunnels carry it. */
const inner = frame({destination: group, type: '0800', payload: ipv4(17, '224.0.0.81', udp(8848))});
const tunnelled = (port: number, header: number[], content: number[]): number[] => [...udp(port).slice(0, 8), ...header, ...content];

const wanted: Readonly<Record<string, number[]>> = {
	sync: frame({destination: group, type: '0800', payload: ipv4(17, '224.0.0.81', udp(8848))}),
	'sync, one tag': frame({destination: group, tags: 1, type: '0800', payload: ipv4(17, '224.0.0.81', udp(8848))}),
	'sync, two tags': frame({destination: group, tags: 2, type: '0800', payload: ipv4(17, '224.0.0.81', udp(8848))}),
	'sync, a later fragment, two tags': frame({destination: group, tags: 2, type: '0800', payload: ipv4(17, '224.0.0.81', zeros(16), {fragmentOffset: 185})}),
	'sync to a group of the options': frame({destination: '01:00:5e:01:02:03', type: '0800', payload: ipv4(17, '239.1.2.3', udp(7000))}),
	'sync to an IPv6 group': frame({destination: '33:33:00:00:00:81', type: '86dd', payload: ipv6(17, 'ff15 0000 0000 0000 0000 0000 0000 0081', udp(8848))}),
	'sync to a group that nobody named': frame({destination: '01:00:5e:07:07:07', type: '0800', payload: ipv4(17, '239.7.7.7', udp(8849))}),
	VRRP: frame({destination: '01:00:5e:00:00:12', type: '0800', payload: ipv4(112, '224.0.0.18', zeros(20))}),
	'VRRP to one host': frame({type: '0800', payload: ipv4(112, '192.0.2.12', zeros(20))}),
	'VRRP to one host, two tags': frame({tags: 2, type: '0800', payload: ipv4(112, '192.0.2.12', zeros(20))}),
	'VRRP in AH to one host, one tag': frame({tags: 1, type: '0800', payload: ipv4(51, '192.0.2.12', zeros(44))}),
	'VRRP over IPv6': frame({destination: '33:33:00:00:00:12', type: '86dd', payload: ipv6(112, 'ff02 0000 0000 0000 0000 0000 0000 0012', zeros(12))}),
	'VRRP over IPv6 to one host, one tag': frame({tags: 1, type: '86dd', payload: ipv6(112, 'fe80 0000 0000 0000 0000 0000 0000 0002', zeros(12))}),
	'VXLAN with sync': frame({type: '0800', payload: ipv4(17, '192.0.2.12', tunnelled(4789, [8, 0, 0, 0, 0, 0, 7, 0], inner))}),
	'VXLAN with ARP': frame({type: '0800', payload: ipv4(17, '192.0.2.12', tunnelled(8472, [8, 0, 0, 0, 0, 0, 7, 0], frame({type: '0806', payload: zeros(28)})))}),
	'GENEVE with options and VRRP to one host': frame({type: '0800', payload: ipv4(17, '192.0.2.12', tunnelled(6081, [2, 0, 0x65, 0x58, 0, 0, 7, 0, ...zeros(8)], frame({type: '0800', payload: ipv4(112, '192.0.2.13', zeros(20))})))}),
	TZSP: frame({type: '0800', payload: ipv4(17, '192.0.2.12', tunnelled(37_008, [1, 0, 0, 1, 1], inner))}),
	'GRE with Ethernet': frame({type: '0800', payload: ipv4(47, '192.0.2.12', [0, 0, 0x65, 0x58, ...inner])}),
	'GRE with Ethernet and a key': frame({type: '0800', payload: ipv4(47, '192.0.2.12', [0x20, 0, 0x65, 0x58, 0, 0, 0, 1, ...inner])}),
	'ERSPAN II': frame({type: '0800', payload: ipv4(47, '192.0.2.12', [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, ...zeros(8), ...inner])}),
	'ERSPAN III': frame({type: '0800', payload: ipv4(47, '192.0.2.12', [0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, ...zeros(12), ...inner])}),
	'a fragment of GRE': frame({type: '0800', payload: ipv4(47, '192.0.2.12', zeros(16), {fragmentOffset: 185})}),
	'IGMPv2 report': frame({destination: group, type: '0800', payload: ipv4(2, '224.0.0.81', [0x16, 0, 0, 0, 224, 0, 0, 81], {options: [0x94, 4, 0, 0]})}),
	'IGMPv3 report': frame({destination: '01:00:5e:00:00:16', type: '0800', payload: ipv4(2, '224.0.0.22', [0x22, ...zeros(15)], {options: [0x94, 4, 0, 0]})}),
	'IGMPv2 leave': frame({destination: '01:00:5e:00:00:02', type: '0800', payload: ipv4(2, '224.0.0.2', [0x17, 0, 0, 0, 224, 0, 0, 81], {options: [0x94, 4, 0, 0]})}),
	'MLDv2 report, two tags': frame({destination: '33:33:00:00:00:16', tags: 2, type: '86dd', payload: ipv6(0, 'ff02 0000 0000 0000 0000 0000 0000 0016', [58, 0, 5, 2, 0, 0, 1, 0, 143, ...zeros(27)])}),
	'gratuitous ARP': frame({destination: 'ff:ff:ff:ff:ff:ff', type: '0806', payload: hex('0001 0800 0604 0001 020000000001 c0000264 000000000000 c0000264')}),
	'gratuitous ARP, two tags': frame({destination: 'ff:ff:ff:ff:ff:ff', tags: 2, type: '0806', payload: hex('0001 0800 0604 0001 020000000001 c0000264 000000000000 c0000264')}),
	'unsolicited neighbour advertisement': frame({destination: '33:33:00:00:00:01', type: '86dd', payload: ipv6(58, 'ff02 0000 0000 0000 0000 0000 0000 0001', neighbourAdvertisement)}),
	'neighbour advertisement to one host': frame({type: '86dd', payload: ipv6(58, 'fe80 0000 0000 0000 0000 0000 0000 0002', neighbourAdvertisement)}),
};

const unwanted: Readonly<Record<string, number[]>> = {
	'the traffic of clients': frame({type: '0800', payload: ipv4(6, '192.0.2.100', zeros(20))}),
	'the traffic of clients, one tag': frame({tags: 1, type: '0800', payload: ipv4(17, '192.0.2.100', udp(53))}),
	'another multicast group': frame({destination: '01:00:5e:00:00:fb', type: '0800', payload: ipv4(17, '224.0.0.251', udp(5353))}),
	'VXLAN with the traffic of clients': frame({type: '0800', payload: ipv4(17, '192.0.2.12', tunnelled(4789, [8, 0, 0, 0, 0, 0, 7, 0], frame({type: '0800', payload: ipv4(6, '192.0.2.100', zeros(20))})))}),
	'ERSPAN with the traffic of clients': frame({type: '0800', payload: ipv4(47, '192.0.2.12', [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, ...zeros(8), ...frame({type: '0800', payload: ipv4(6, '192.0.2.100', zeros(20))})])}),
	'a ping over IPv6': frame({type: '86dd', payload: ipv6(58, 'fe80 0000 0000 0000 0000 0000 0000 0002', [128, ...zeros(7)])}),
};

/** How many of the frames in a file pass. */
const passing = (context: TestContext, filter: string, frames: ReadonlyArray<readonly number[]>, linkType = 1): number => {
	const path = fileOf(context, pcapOf(frames.map((octets, index) => ({timeUs: index, octets: Uint8Array.from(octets)})), linkType));
	// A tunnel has a line for what it carries.
	return tcpdump('-nn', '-t', '--number', '-r', path, filter).split('\n').filter(line => /^ +\d+ {2}/.test(line)).length;
};

test('the Ethernet addresses of groups are those of RFC 1112 and RFC 2464', () => {
	assert.equal(multicastMac('224.0.0.81'), '01:00:5e:00:00:51');
	assert.equal(multicastMac('239.255.1.254'), '01:00:5e:7f:01:fe');
	assert.equal(multicastMac('ff02::1:ff00:81'), '33:33:ff:00:00:81');
});

test('the filter for Ethernet passes each kind of frame that tells something, behind up to two tags', withTcpdump, context => {
	for (const [name, octets] of Object.entries(wanted)) {
		assert.equal(passing(context, ethernetFilter(options), [octets]), 1, name);
	}

	for (const [name, octets] of Object.entries(unwanted)) {
		assert.equal(passing(context, ethernetFilter(options), [octets]), 0, name);
	}
});

test('the filter for other link types passes the same, as far as they have no tags', withTcpdump, context => {
	const kinds = Object.entries(wanted).filter(([name]) => !/tag|ARP/.test(name));
	for (const [name, octets] of kinds) {
		const packet = octets.slice(14);
		assert.equal(passing(context, cookedFilter(options), [packet], 101), 1, `${name}, raw`);
		const cooked = [...zeros(14), ...octets.slice(12)];
		assert.equal(passing(context, cookedFilter(options), [cooked], 113), 1, `${name}, cooked`);
		const cookedAgain = [...octets.slice(12, 14), ...zeros(18), ...packet];
		assert.equal(passing(context, cookedFilter(options), [cookedAgain], 276), 1, `${name}, cooked of the second kind`);
	}

	assert.equal(passing(context, cookedFilter(options), Object.values(unwanted).filter((_, index) => index !== 1).map(octets => octets.slice(14)), 101), 0);
});

test('one port makes one term, ports in a row a range', () => {
	assert.match(cookedFilter({groups: [], ports: [8848]}), /udp dst port 8848$/);
	assert.match(cookedFilter(options), /udp dst portrange 8848-8850 or udp dst port 9000$/);
});
