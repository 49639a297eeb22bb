import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import test from 'node:test';
import {until} from '../support/watch.js';
import {createTwoHosts, whyNoNamespaces, type Line, type TwoHosts} from './two-hosts.js';

const loads = (): string | undefined => {
	// In a process of its own: only one thread of a process may load the addon, and never twice.
	try {
		execFileSync(process.execPath, ['--import=tsx', '--input-type=module', '--eval', 'import {loadPcap} from \'./source/capture/live/pcap-binding.js\'; loadPcap();'], {stdio: 'pipe'});
		return undefined;
	} catch (error) {
		return /libpcap is not usable: [^\n]*/.exec(String((error as {stderr: unknown}).stderr))?.[0] ?? 'libpcap is not usable';
	}
};

const missing = whyNoNamespaces() ?? loads();
const options = {skip: missing ?? false, timeout: 200_000};

const isPacket = (octets: string) => (line: Line): boolean => line.type === 'packet' && line.octets!.endsWith(octets);
const hasState = (state: string) => (line: Line): boolean => line.type === 'places' && line.places!.at(-1)!.state === state;

/** Waits until the group is joined, beside the capture. */
const joined = async (hosts: TwoHosts): Promise<void> => until(() => hosts.near('ip maddr show dev wire0').includes('224.0.0.81'), 'the group is joined');

test('a capture hears frames with the time of the kernel, and joins the group meanwhile', options, async context => {
	const hosts = createTwoHosts(context);
	hosts.plug();
	const listener = hosts.listen({interfaces: ['wire0']});
	const started = await listener.heard(({type}) => type === 'started');
	assert.equal(started.description, 'libpcap on wire0');
	assert.deepEqual(started.ownAddresses!.filter(address => address.startsWith('10.')), ['10.9.9.2']);
	await joined(hosts);
	const sentMs = Date.now();
	hosts.send('224.0.0.81', 8848, '00ff00ff0001');
	const packet = await listener.heard(isPacket('00ff00ff0001'));
	const heardMs = Date.now();
	assert.equal(packet.linkType, 1);
	assert.ok(packet.octets!.startsWith('01005e000051'));
	assert.ok(packet.lagUs! > -2_000_000 && packet.lagUs! < 2_000_000 + ((heardMs - sentMs) * 1000), `${packet.lagUs} µs after it was captured`);
	assert.deepEqual(listener.lines.filter(({type}) => type === 'datagram'), [], 'the membership receives nothing itself');
	listener.tell('close');
	await listener.ended;
	assert.equal(listener.lines.at(-1)!.type, 'ended');
});

test('a passive capture joins nothing', options, async context => {
	const hosts = createTwoHosts(context);
	hosts.plug();
	const listener = hosts.listen({passive: true});
	await listener.heard(({type}) => type === 'started');
	assert.doesNotMatch(hosts.near('ip maddr show dev wire0'), /224\.0\.0\.81/);
	listener.tell('close');
	await listener.ended;
});

test('the interface `any` is one place and hears cooked frames', options, async context => {
	const hosts = createTwoHosts(context);
	hosts.plug();
	const listener = hosts.listen({interfaces: ['any']});
	await listener.heard(({type}) => type === 'started');
	hosts.send('224.0.0.81', 8848, 'abcdef0123');
	const {linkType} = await listener.heard(isPacket('abcdef0123'));
	assert.equal(linkType, 113);
	assert.deepEqual(listener.lines.find(({type}) => type === 'places')!.places!.map(({name, state}) => [name, state]), [['any', 'up']]);
	listener.tell('close');
	await listener.ended;
});

test('an interface that goes down, vanishes and returns is shown so, and heard again', options, async context => {
	const hosts = createTwoHosts(context);
	hosts.plug();
	const listener = hosts.listen({interfaces: ['wire0']});
	await listener.heard(({type}) => type === 'started');
	hosts.near('ip link set wire0 down');
	await listener.heard(hasState('down'));
	listener.lines.length = 0;
	hosts.near('ip link set wire0 up');
	await listener.heard(hasState('up'));
	hosts.send('224.0.0.81', 8848, '01010101');
	await listener.heard(isPacket('01010101'));
	hosts.unplug();
	await listener.heard(hasState('gone'));
	listener.lines.length = 0;
	hosts.plug();
	await listener.heard(hasState('up'));
	hosts.send('224.0.0.81', 8848, '02020202');
	await listener.heard(isPacket('02020202'));
	await joined(hosts);
	listener.tell('close');
	await listener.ended;
});

test('an interface that returns after root was given up is heard by a joined socket, which says what it hides', options, async context => {
	const hosts = createTwoHosts(context);
	hosts.plug();
	const listener = hosts.listen({interfaces: ['wire0']});
	await listener.heard(({type}) => type === 'started');
	listener.tell('drop');
	await listener.heard(({type}) => type === 'dropped');
	hosts.send('224.0.0.81', 8848, '03030303');
	await listener.heard(isPacket('03030303'));
	hosts.unplug();
	await listener.heard(hasState('gone'));
	listener.lines.length = 0;
	hosts.plug();
	const {places} = await listener.heard(hasState('up'));
	assert.equal(places![0]!.kind, 'joined');
	assert.deepEqual(places![0]!.sight, {sync: true, vrrp: false, arp: false, groupReports: false});
	assert.match(places![0]!.detail, /VRRP, ARP and group reports are hidden/);
	hosts.send('224.0.0.81', 8848, '04040404');
	const {place} = await listener.heard(({type, octets}) => type === 'datagram' && octets === '04040404');
	assert.equal(place, 0);
	listener.tell('close');
	await listener.ended;
});

test('what may not or cannot be captured on is refused with exit code 4', options, async context => {
	const hosts = createTwoHosts(context);
	hosts.plug();
	const unknown = await hosts.listen({interfaces: ['eth77']}).heard(({type}) => type === 'failed');
	assert.match(unknown.message!, /^Cannot capture on eth77: there is no such interface\. There are: lo, wire0, any$/);
	assert.equal(unknown.exitCode, 4);
	hosts.near('ip link set wire0 down');
	const down = await hosts.listen({interfaces: ['wire0']}).heard(({type}) => type === 'failed');
	assert.match(down.message!, /^Cannot capture on wire0: it is down\. Bring it up/);
	assert.equal(down.exitCode, 4);
});
