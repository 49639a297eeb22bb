import assert from 'node:assert/strict';
import test from 'node:test';
import {createTwoHosts, whyNoNamespaces, type Line} from './two-hosts.js';

const options = {skip: whyNoNamespaces() ?? false, timeout: 200_000};

const isDatagram = (octets: string) => (line: Line): boolean => line.type === 'datagram' && line.octets === octets;
const hasState = (state: string) => (line: Line): boolean => line.type === 'places' && line.places!.at(-1)!.state === state;

test('joined sockets need no privilege and tell sender, group, port and interface', options, async context => {
	const hosts = createTwoHosts(context);
	hosts.plug();
	const listener = hosts.listen({join: true, ports: [8848, 8849]}, 'unprivileged');
	const {description} = await listener.heard(({type}) => type === 'started');
	assert.equal(description, 'joined 224.0.0.81 on wire0');
	const sentMs = Date.now();
	hosts.send('224.0.0.81', 8848, 'aa01');
	hosts.send('224.0.0.81', 8849, 'aa02');
	const first = await listener.heard(isDatagram('aa01'));
	assert.deepEqual([first.from, first.to, first.place], ['10.9.9.1', '224.0.0.81', 0]);
	assert.ok(first.lagUs! > -2_000_000 && first.lagUs! < 2_000_000 + ((Date.now() - sentMs) * 1000));
	await listener.heard(isDatagram('aa02'));
	const {places} = await listener.heard(({type}) => type === 'places');
	assert.deepEqual(places, [{
		name: 'wire0', state: 'up', detail: '', drops: 0, kind: 'joined', address: '10.9.9.2/24',
		sight: {sync: true, vrrp: false, arp: false, groupReports: false},
	}]);
	listener.tell('close');
	await listener.ended;
});

test('IPv6 groups of both scopes are heard once each, though they share a port', options, async context => {
	const hosts = createTwoHosts(context);
	hosts.plug();
	const listener = hosts.listen({join: true, groups: ['ff02::81', 'ff02::82', 'ff15::81']}, 'unprivileged');
	await listener.heard(({type}) => type === 'started');
	// The socket of a link-local group opens when its interface is seen to have an address.
	while (!hosts.near('ip maddr show dev wire0').includes('ff02::82')) {
		await new Promise(resolve => {
			setImmediate(resolve);
		});
	}

	hosts.send('ff02::81', 8848, 'bb01');
	hosts.send('ff02::82', 8848, 'bb02');
	hosts.send('ff15::81', 8848, 'bb03');
	for (const [octets, group] of [['bb01', 'ff02::81'], ['bb02', 'ff02::82'], ['bb03', 'ff15::81']] as const) {
		const {to, place} = await listener.heard(isDatagram(octets));
		assert.deepEqual([to, place], [group, 0]);
	}

	assert.equal(listener.lines.filter(({type}) => type === 'datagram').length, 3);
	listener.tell('close');
	await listener.ended;
});

test('a sender that is on no subnet of this host is heard at the place `?`', options, async context => {
	const hosts = createTwoHosts(context);
	hosts.plug();
	hosts.far('ip addr add 172.16.5.5/32 dev wire1');
	const listener = hosts.listen({join: true}, 'unprivileged');
	await listener.heard(({type}) => type === 'started');
	hosts.send('224.0.0.81', 8848, 'cc01', '172.16.5.5');
	const {place, from} = await listener.heard(isDatagram('cc01'));
	assert.deepEqual([place, from], [1, '172.16.5.5']);
	const places = listener.lines.findLast(({type}) => type === 'places')!.places!;
	assert.deepEqual(places.map(({name}) => name), ['wire0', '?']);
	listener.tell('close');
	await listener.ended;
});

test('an interface that vanishes and returns is joined again', options, async context => {
	const hosts = createTwoHosts(context);
	hosts.plug();
	const listener = hosts.listen({join: true}, 'unprivileged');
	await listener.heard(({type}) => type === 'started');
	hosts.unplug();
	await listener.heard(hasState('gone'));
	listener.lines.length = 0;
	hosts.plug();
	await listener.heard(hasState('up'));
	hosts.send('224.0.0.81', 8848, 'dd01');
	await listener.heard(isDatagram('dd01'));
	listener.tell('close');
	await listener.ended;
});

test('without an interface there is nothing to join, which is said', options, async context => {
	const hosts = createTwoHosts(context);
	const {message, exitCode} = await hosts.listen({join: true}, 'unprivileged').heard(({type}) => type === 'failed');
	assert.match(message!, /^Cannot join 224\.0\.0\.81: no interface is up and capable of multicast\. Bring/);
	assert.equal(exitCode, 4);
});

test('without root and without a named interface the groups are joined, which the description says', options, async context => {
	const hosts = createTwoHosts(context);
	hosts.plug();
	const listener = hosts.listen({}, 'unprivileged');
	const {description} = await listener.heard(({type}) => type === 'started');
	assert.match(description!, /^joined 224\.0\.0\.81 on wire0 \(sync only: (?:no root|libpcap is not usable: .*)\)$/);
	hosts.send('224.0.0.81', 8848, 'ee01');
	await listener.heard(isDatagram('ee01'));
	listener.tell('close');
	await listener.ended;
});

test('without root a named interface is refused, never silently joined', options, async context => {
	const hosts = createTwoHosts(context);
	hosts.plug();
	const {message, exitCode} = await hosts.listen({interfaces: ['wire0']}, 'unprivileged').heard(({type}) => type === 'failed');
	assert.match(message!, /^(?:Cannot capture on wire0: permission denied\. Run as root|libpcap is not usable)/);
	assert.equal(exitCode, 4);
});
