/*
Anyone on the link can send what he likes from whatever address: the sync protocol has no authentication, and plain VRRP has
none either. Whatever is kept by something from the wire has a bound; what found no room is counted, told and shown; and the
real pair is served first.
*/
import assert from 'node:assert/strict';
import test from 'node:test';
import v8 from 'node:v8';
import vm from 'node:vm';
import {createMetrics} from '../../source/output/metrics/metrics.js';
import {type ServiceView} from '../../source/table/read/services.js';
import {pcapOf} from '../capture/pcap-file.js';
import {advertFrame, claimFrame, createChance, floodFile, forgeries, realPair, realSecond, reportFrame, syncFrame, type Forgery} from '../support/flood.js';
import {flooded, type HeardEvent} from '../support/flooded.js';
import {createTestEngine} from '../support/replay-engine.js';
import {recordV1} from '../wire/build.js';

const us = 1_000_000;
const kinds = Object.keys(forgeries) as Forgery[];
const startUs = 1_767_225_600_000_000;

const countOf = (events: readonly HeardEvent[], name: string): number => events.filter(({event}) => event === name).length;
const limitOf = (counts: ReadonlyArray<{name: string; count: number}>, name: string): number => counts.find(one => one.name === name)?.count ?? 0;

const collectGarbage = (): number => {
	v8.setFlagsFromString('--expose-gc');
	(vm.runInNewContext('gc') as () => void)();
	return process.memoryUsage().heapUsed;
};

test('a flood of everything from ever new addresses leaves the same behind, however long it lasts', async () => {
	const flood = await flooded({kinds, perSecond: 10_000, seconds: 3});
	const sizes = () => ({
		directors: flood.engine.directors.all().length, segments: flood.engine.segments.count(), pairs: flood.engine.failover().pairs.length,
		services: flood.view.totals().services <= flood.memory.sizes.maxServices, paths: flood.view.totals().paths <= flood.memory.sizes.maxPaths,
		timeline: flood.engine.failover().timeline.length <= 128,
	});
	const first = sizes();
	const heapBefore = collectGarbage();
	await flood.give(floodFile({kinds, perSecond: 10_000, seconds: 6, seed: 9, startUs: startUs + (3 * us)}));
	const grown = collectGarbage() - heapBefore;

	assert.deepEqual(sizes(), {...first, segments: 1024});
	assert.ok(first.directors <= 66 && first.pairs <= 66, JSON.stringify(first));
	// A hundred octets kept of each forged packet would be 6 MB; the events of these seconds are kept by this test.
	assert.ok(grown < 4_000_000, `${grown} octets more`);
});

test('sessions of the known director stay when strangers fill the table, and what was evicted is counted as theirs', async () => {
	const {view, engine} = await flooded({kinds: ['sync'], perSecond: 4000, seconds: 4, from: 1});
	const {evicted, evictedUnknown, refused, directorEntries} = view.totals();
	const master = engine.directors.all().find(({address}) => address === realPair.master)!;

	assert.equal(directorEntries[master.index], realPair.sessions);
	assert.equal(evicted, evictedUnknown);
	assert.ok(evicted + (refused.get('path-limit') ?? 0) > 10_000);
});

test('sixteen senders are known by what they say themselves; those of the configuration are known beside them', async () => {
	const adverts = Array.from({length: 200}, (_, index) => index);
	const twice = [0, 1].flatMap(round => adverts.map(index => ({
		timeUs: startUs + (round * us) + index, octets: advertFrame({source: `10.7.0.${index}`, vrid: 1 + index, mac: `02 00 00 00 07 ${index.toString(16).padStart(2, '0')}`}),
	})));
	const real = [2, 3].map(second => ({timeUs: startUs + (second * us), octets: realSecond(second)[0]!}));
	const knownOf = async (pairs: ReadonlyArray<readonly string[]>) => {
		const {engine, give} = await flooded({kinds: [], perSecond: 0, seconds: 0, real: false}, {pairs});
		await give([pcapOf([...twice, ...real])]);
		return {known: engine.directors.all().filter(({known}) => known), limits: engine.limits(), pairs: engine.failover().pairs.length};
	};

	const without = await knownOf([]);
	assert.equal(without.known.length, 16);
	assert.equal(without.known.some(({address}) => address === realPair.master), false);
	assert.ok(without.pairs <= 16);
	assert.ok(limitOf(without.limits, 'adverts') + limitOf(without.limits, 'senders') > 300);
	const configured = await knownOf([[realPair.master, realPair.backup]]);
	assert.equal(configured.known.length, 17);
	assert.equal(configured.known.some(({address}) => address === realPair.master), true);
});

test('a flood from ever new addresses does not keep the new master from being told apart, and its takeover from being told', async () => {
	const {events, engine, give} = await flooded({kinds: ['sync', 'advert', 'report'], perSecond: 3000, seconds: 12, from: 8});
	const before = events.length;
	const takeover = Array.from({length: 8}, (_, second) => [
		{timeUs: startUs + ((26 + second) * us), octets: advertFrame({source: realPair.backup, vrid: realPair.vrid, priority: 100, address: realPair.vip, mac: '52 54 00 00 00 02', id: second + 1})},
		{timeUs: startUs + ((26 + second) * us) + 1, octets: syncFrame({source: realPair.backup, syncid: realPair.syncid, id: second + 1, mac: '52 54 00 00 00 02'})},
		// Meanwhile others go on.
		...Array.from({length: 50}, (_one, index) => ({timeUs: startUs + ((26 + second) * us) + 2 + index, octets: syncFrame({source: `172.16.${second}.${index}`, id: index + 1, mac: `02 00 00 10 0${second} ${index.toString(16).padStart(2, '0')}`})})),
	]).flat();
	await give([pcapOf(takeover)]);
	const told = events.slice(before).filter(({event}) => event === 'takeover');

	assert.deepEqual(told.map(({kind, from, to}) => ({kind, from, to})), [{kind: 'crash', from: realPair.master, to: realPair.backup}]);
	assert.deepEqual(engine.failover().pairs[0]!.directors.slice(0, 2).map(index => engine.directors.all()[index]!.address).toSorted(), [realPair.master, realPair.backup]);
});

test('forged frames with the address of a known director make a few events, not one each', async () => {
	const {events, engine} = await flooded({kinds: ['fromKnown', 'claim'], perSecond: 2000, seconds: 20});
	const told = (name: string) => countOf(events, name);

	// Eight in ten seconds of a restart, 32 of a loss; a claim of one address eight times.
	assert.ok(told('restart') <= 24, `${told('restart')} restarts`);
	assert.ok(told('wire-loss') <= 96, `${told('wire-loss')} losses`);
	assert.ok(told('vip-claimed') <= 24, `${told('vip-claimed')} claims`);
	assert.ok(limitOf(engine.limits(), 'events') > 10_000);
});

test('a master that is made to resign again and again is weighed some times, and then counted only', async () => {
	const {events, engine, give} = await flooded({kinds: [], perSecond: 0, seconds: 10});
	const before = events.length;
	const [master, backup] = [{source: realPair.master, mac: '52 54 00 00 00 01'}, {source: realPair.backup, mac: '52 54 00 00 00 02'}];
	const turns = [{...master, priority: 0}, {...backup, priority: 200}, {...backup, priority: 0}, {...master, priority: 200}];
	const duel = Array.from({length: 1000}, (_, index) => ({
		timeUs: startUs + (10 * us) + (index * 4000), octets: advertFrame({...turns[index % 4]!, vrid: realPair.vrid, address: realPair.vip}),
	}));
	await give([pcapOf(duel)]);

	assert.ok(countOf(events.slice(before), 'takeover') <= 8);
	assert.ok(events.length - before < 300, `${events.length - before} events`);
	assert.ok(limitOf(engine.limits(), 'takeovers') + limitOf(engine.limits(), 'events') > 100);
});

test('a host that joins and leaves without end costs few walks through the table', async () => {
	const {engine, events, give} = await flooded({kinds: [], perSecond: 0, seconds: 2});
	const before = events.length;
	await give([pcapOf(Array.from({length: 2000}, (_, index) => ({
		timeUs: startUs + (2 * us) + (index * 1000), octets: reportFrame({source: realPair.backup, type: index % 2 === 0 ? 3 : 4, mac: '52 54 00 00 00 02'}),
	})))]);

	assert.ok(limitOf(engine.limits(), 'joins') > 900);
	assert.ok(countOf(events.slice(before), 'director') <= 32);
});

test('a stranger with more sessions than the real pair does not push it from the first place', async () => {
	const {engine, give} = await flooded({kinds: [], perSecond: 0, seconds: 8});
	const stranger = '10.66.6.6';
	const addresses = () => engine.failover().pairs.map(({directors}) => directors.map(index => engine.directors.all()[index]!.address));
	const sessionsOf = (vip: string, from = 40_000) => Array.from({length: 3 * realPair.sessions}, (_, index) => recordV1({ports: [from + index, 80, 80], addresses: ['198.51.100.7', vip, '10.0.0.21']}));

	// What it says of the pair's own address is taken by every backup, so it counts there; a pair it is not.
	await give([pcapOf([{timeUs: startUs + (8 * us), octets: syncFrame({source: stranger, records: sessionsOf(realPair.vip), mac: '02 00 00 00 66 66'})}])]);
	assert.deepEqual(engine.failover().pairs.map(({open}) => open), [4 * realPair.sessions]);
	assert.ok(addresses()[0]!.includes(realPair.master));
	assert.ok(!addresses()[0]!.includes(stranger));

	// Nor does it get in front by an address of its own that it advertises.
	await give([pcapOf([1, 2, 3].flatMap(second => [
		{timeUs: startUs + ((8 + second) * us), octets: advertFrame({source: stranger, vrid: 66, priority: 200, address: '203.0.113.66', mac: '02 00 00 00 66 66'})},
		{timeUs: startUs + ((8 + second) * us) + 1000, octets: syncFrame({source: stranger, records: sessionsOf('203.0.113.66', 40_000 + (100 * second)), mac: '02 00 00 00 66 66'})},
	]))]);
	assert.deepEqual(engine.failover().pairs.map(({open}) => open), [4 * realPair.sessions, 9 * realPair.sessions]);
	assert.ok(addresses()[0]!.includes(realPair.master));
	assert.deepEqual(addresses()[1], [stranger]);
});

test('what found no room is told as events whose counts sum to what was counted', async () => {
	const {engine, events, memory} = await flooded({kinds, perSecond: 5000, seconds: 25});
	assert.ok(memory.sizes.maxSessions > 0);
	const told = new Map<string, number>();
	for (const {event, what, count} of events) {
		if (event === 'limit') {
			told.set(what as string, (told.get(what as string) ?? 0) + (count as number));
		}
	}

	assert.ok(told.size >= 4);
	// Each at most every ten seconds, the rest at the end.
	assert.ok(countOf(events, 'limit') <= 3 * told.size);
	for (const [name, count] of told) {
		assert.ok(count <= limitOf(engine.limits(), name));
	}
});

test('addresses in the adverts of strangers do not fill the memory for virtual addresses', async () => {
	const {events, give} = await flooded({kinds: ['advert'], perSecond: 5000, seconds: 3, from: 2});
	const before = events.length;
	await give([pcapOf([{timeUs: startUs + (6 * us), octets: claimFrame(realPair.vip, '52 54 00 00 00 02')}])]);
	assert.deepEqual(events.slice(before).filter(({event}) => event === 'vip-claimed').map(({address}) => address), [realPair.vip]);
});

test('series of services that come and go are dropped with them', async () => {
	const chance = createChance(5);
	const engine = createTestEngine();
	const counts = new Int32Array(16);
	counts[1] = 1;
	const rates = engine.view.totals().newRates;
	const facts = {counts, open: 1, closing: 0, templates: 0, created: 1, ended: 0, newRates: rates, endRates: rates, lastNewUs: -1};
	const made = (): ServiceView[] => Array.from({length: 40}, (_, index) => {
		const vaddr = Int32Array.of(chance.word() | 0, 0, 0, 0);
		return {
			...facts, service: {id: index + 1, segment: 0, family: 4, protocol: 6, vaddr, vport: 443}, syncids: [1], paths: [index],
			reals: [{...facts, daddr: vaddr, dport: 80, forward: 0, fwmark: 0, paths: [index]}],
		};
	});
	const metrics = createMetrics({version: '1', view: {...engine.view, services: made}, capacity: 1, status: () => undefined, triggers: () => []});
	const linesOf = async () => {
		const text = await metrics.text();
		return text.split('\n').length;
	};

	await linesOf();
	const second = await linesOf();
	for (let scrape = 0; scrape < 30; scrape++) {
		await linesOf();
	}

	assert.equal(await linesOf(), second);
});
