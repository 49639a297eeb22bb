import assert from 'node:assert/strict';
import {test} from 'node:test';
import {type Place} from '../../source/capture/source.js';
import {createChangeReader} from '../../source/table/changes.js';
import {encodeIgmpReport} from '../../source/wire/groups/encode-report.js';
import {parseAddress} from '../../source/wire/address.js';
import {createTestEngine, type TestEngine} from '../support/replay-engine.js';
import {ethernet, ipv4, join, messageV1, packetOf, recordV1, udp} from '../wire/build.js';

const startUs = 1_795_305_600_000_000;
const group = '224.0.0.81';

const placeOf = (name: string, changes: Partial<Place> = {}): Place =>
	({name, state: 'up', detail: '', drops: 0, sight: {sync: true, vrrp: true, arp: true, groupReports: true}, kind: 'libpcap', address: '', ...changes});

type Sent = {source?: string; id?: number; syncid?: number; cport?: number; atSeconds?: number; place?: number; tags?: readonly number[]};

const send = ({engine}: TestEngine, {source = '10.0.0.1', id = 7, syncid = 7, cport = 51_000, atSeconds = 0, place = 0, tags = []}: Sent = {}) => {
	const message = messageV1([recordV1({ports: [cport, 443, 443]})], {syncid});
	engine.sink.packet(packetOf(ethernet(ipv4(udp(message), {source, id}), 0x08_00, tags), {timeUs: startUs + (atSeconds * 1_000_000), place}));
};

const report = ({engine}: TestEngine, source: string) => {
	const igmp = encodeIgmpReport([{type: 4, group: parseAddress(group)!.words}]);
	engine.sink.packet(packetOf(ethernet(ipv4(join(igmp), {source, destination: '224.0.0.22', protocol: 2})), {timeUs: startUs}));
};

const clients = ({view}: TestEngine): number[] => [...view.select({offset: 0, count: 100}).slots].map(slot => view.row(slot)!.cport).sort((one, other) => one - other);

/** What beside the changes of sessions went into the stream, names left out. */
const asides = ({memory}: TestEngine): Array<Record<string, unknown>> => {
	const found: Array<Record<string, unknown>> = [];
	createChangeReader(memory).read(change => {
		if (change.type === 'aside' && change.json !== undefined && !change.json.includes('"@')) {
			found.push({...JSON.parse(change.json) as Record<string, unknown>, timeUs: change.timeUs});
		}
	});
	return found;
};

test('only the sync ids and senders that were asked for reach the table; the others are counted', () => {
	const all = [{syncid: 1, cport: 1}, {syncid: 2, cport: 2}, {syncid: 2, cport: 3, source: '10.0.0.2'}, {syncid: 3, cport: 4, source: '10.0.0.2'}];
	const cases = [
		[{}, [1, 2, 3, 4], 0],
		[{syncids: [2]}, [2, 3], 2],
		[{syncids: [1, 3]}, [1, 4], 2],
		[{from: ['10.0.0.2']}, [3, 4], 2],
		[{syncids: [2], from: ['10.0.0.2']}, [3], 3],
		[{syncids: [0]}, [], 4],
	] as const;
	for (const [options, expected, excluded] of cases) {
		const made = createTestEngine(options);
		made.engine.sink.places([placeOf('eth0')]);
		for (const [index, message] of all.entries()) {
			send(made, {...message, id: index + 1});
		}

		assert.deepEqual(clients(made), expected, JSON.stringify(options));
		assert.deepEqual([made.engine.tally.messages, made.engine.tally.records, made.engine.tally.excluded], [expected.length, expected.length, excluded]);
		assert.equal(made.engine.tally.packets, 4);
		assert.equal(made.engine.tally.places[0]!.sync, 4, 'what was heard at a place is counted before it is chosen from');
	}
});

test('a sender that was not asked for is no director', () => {
	const made = createTestEngine({from: ['10.0.0.9']});
	made.engine.sink.places([placeOf('eth0')]);
	send(made);
	assert.deepEqual(made.engine.directors.all(), []);
});

test('a report of this host\'s own membership is no evidence of a backup, another host\'s is', () => {
	const made = createTestEngine({ownAddresses: () => ['10.0.0.99', 'fe80::99']});
	made.engine.sink.places([placeOf('eth0')]);
	report(made, '10.0.0.99');
	assert.deepEqual(made.engine.directors.all(), []);
	report(made, '10.0.0.2');
	assert.deepEqual(made.engine.directors.all().map(({address, listeningEvidence}) => [address, listeningEvidence]), [['10.0.0.2', 'igmp']]);
	assert.equal(made.engine.tally.reports, 2, 'both were heard');
});

test('nor is one of the host whose log is looked at', () => {
	const made = createTestEngine();
	made.engine.sink.places([{...placeOf('eth0'), own: ['10.0.0.99']}]);
	report(made, '10.0.0.99');
	assert.deepEqual(made.engine.directors.all(), []);
});

test('what a bridge and its port hear is one session of one segment, counted once', () => {
	const made = createTestEngine();
	made.engine.sink.places([placeOf('port0'), placeOf('br0')]);
	for (const id of [1, 2, 3]) {
		send(made, {id, cport: 1000 + id, place: 0});
		send(made, {id, cport: 1000 + id, place: 1});
	}

	send(made, {id: 4, cport: 1001, place: 1, atSeconds: 1});
	const {tally, segments} = made.engine;
	assert.deepEqual(clients(made), [1001, 1002, 1003]);
	assert.deepEqual([tally.messages, tally.records, tally.duplicates, tally.packets], [4, 4, 3, 7]);
	const rows = [...made.view.select({offset: 0, count: 9}).slots].map(slot => made.view.row(slot)!);
	assert.deepEqual([...new Set(rows.map(({segment}) => segments.names()[segment]))], ['port0']);
	assert.deepEqual(rows.map(({updates}) => updates).sort((one, other) => one - other), [1, 1, 2]);
	assert.deepEqual([tally.places[0]!.sync, tally.places[1]!.sync], [3, 4]);
});

test('one key in two VLANs is two sessions', () => {
	const made = createTestEngine();
	made.engine.sink.places([placeOf('eth0')]);
	send(made, {id: 1, tags: [10]});
	send(made, {id: 2, tags: [20]});
	send(made, {id: 3});
	assert.equal(clients(made).length, 3);
	assert.deepEqual(made.engine.segments.names(), ['eth0.10', 'eth0.20', 'eth0']);
	assert.equal(made.engine.tally.places[0]!.vlan, 20, 'the last tag, for whoever listens on the wrong interface');
});

test('a place that changes is an event with the time of that moment; of a file, not before its first packet', () => {
	const made = createTestEngine();
	made.engine.sink.places([placeOf('dump', {state: 'opening'})]);
	made.engine.sink.places([placeOf('dump')]);
	assert.deepEqual(asides(made), [], 'nothing tells yet what time it is');
	send(made);
	assert.deepEqual(asides(made).filter(({event}) => event === 'source').map(({timeUs, ...fields}) => [Math.abs(timeUs as number - startUs) < 1000, fields]),
		[[true, {event: 'source', segment: 'dump', state: 'up', detail: ''}]]);
	made.engine.sink.advance(startUs + 5_000_000);
	made.engine.sink.places([placeOf('dump', {drops: 12})]);
	made.engine.sink.places([placeOf('dump', {drops: 12, state: 'down', detail: 'no link'})]);
	made.engine.sink.places([placeOf('dump', {drops: 12, state: 'down', detail: 'no link'})]);
	const sources = asides(made).filter(({event}) => event === 'source').slice(-2);
	assert.deepEqual(sources.map(({timeUs, ...fields}) => fields), [
		{event: 'source', segment: 'dump', state: 'drops', drops: 12},
		{event: 'source', segment: 'dump', state: 'down', detail: 'no link'},
	]);
	assert.ok(sources.every(({timeUs}) => Math.abs(timeUs as number - startUs - 5_000_000) < 1000));
});

test('time never goes back, whatever packets say, and what is due leaves when it is reached', () => {
	const made = createTestEngine();
	made.engine.sink.places([placeOf('eth0')]);
	send(made, {atSeconds: 100, id: 1});
	send(made, {atSeconds: 40, id: 2, cport: 52_000});
	assert.equal(made.engine.lastPacketUs(), startUs + 100_000_000);
	assert.equal(made.view.now(), startUs + 100_000_000);
	const late = [...made.view.select({offset: 0, count: 9}).slots].map(slot => made.view.row(slot)!).find(({cport}) => cport === 52_000)!;
	assert.equal(late.expiresUs, startUs + 1_000_000_000, 'a packet of the past counts from now');
	made.engine.sink.advance(startUs + 999_000_000);
	made.engine.settle();
	assert.equal(clients(made).length, 2);
	made.engine.sink.advance(startUs + 1_000_000_000);
	made.engine.settle();
	assert.deepEqual(clients(made), []);
});
