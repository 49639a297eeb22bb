/* Situations in which directors, their adverts and their addresses are not what one pair has: what the desk says of each. */
import assert from 'node:assert/strict';
import path from 'node:path';
import {test} from 'node:test';
import {splitBrainVerdict, verdictOf} from '../../source/verdict/verdict.js';
import {aheadLine, plainWords, runCapture, type DeskRun} from './desk-run.js';

const us = 1_000_000;
const run = async (name: string): Promise<DeskRun> => runCapture(path.join(import.meta.dirname, `../captures/cases/${name}.pcap`));
const beginUs = 1_700_000_000 * us;

/** Takeovers as they were told: who, which addresses, what is expected. */
const told = ({events}: DeskRun) => events.filter(({event}) => event === 'takeover').map(({kind, from, to, vips, held, known, expected}) =>
	({kind, who: `${String(from).split('.').at(-1)}>${String(to).split('.').at(-1)}`, vips, held, known, resets: (expected as {resets: number}).resets}));

const lines = ({failover: {pairs}}: DeskRun) => pairs.flatMap(({takeovers}) => takeovers).map(one => verdictOf(one, one.atUs + us, plainWords).line);
const forecasts = ({failover: {pairs}}: DeskRun) => pairs.flatMap(pair => pair.forecasts.map(one => aheadLine(pair, one)));
const warnings = ({failover: {pairs}}: DeskRun) => pairs.flatMap(one => one.warnings.map(({kind}) => kind));

test('of two nodes that are each other\'s backup each knows the sessions of the other, master though it is', async () => {
	assert.deepEqual(forecasts(await run('active-active2')), [
		'if A died now: B knows 10 of 10 open TCP, no resets expected', 'if B died now: A knows 10 of 10 open TCP, no resets expected',
	]);
});

test('when one of them dies, what is told is of its addresses alone', async () => {
	assert.deepEqual(told(await run('aa-crash')), [{kind: 'crash', who: '12>11', vips: ['192.168.10.200'], held: 10, known: 10, resets: 0}]);
	const moved = told(await run('move-52-crash'));
	assert.deepEqual(moved.map(({kind, vips, held, known}) => [kind, vips, held, known]), [['preempt', ['192.168.10.1'], 0, 0], ['crash', ['192.168.10.100'], 20, 20]]);
});

test('one VRID in IPv4 and in IPv6 is two virtual routers: no two masters, a forecast each', async () => {
	const {failover, ...rest} = await run('dual2');
	assert.deepEqual(failover.pairs.map(({splitBrain}) => splitBrain), [undefined, undefined]);
	assert.deepEqual(forecasts({failover, ...rest}), [
		'if A died now: B knows 10 of 10 open TCP, no resets expected', 'if B died now: A knows 10 of 10 open TCP, no resets expected',
	]);
});

test('strangers on the same VRID with other addresses are named, and are no members', async () => {
	for (const name of ['vrid-shared', 'vrid-clash-high']) {
		const found = await run(name);
		assert.deepEqual(found.events.filter(({event}) => event === 'takeover' || event === 'split-brain'), [], name);
		assert.ok(warnings(found).includes('same-vrid'), name);
		assert.ok(found.failover.pairs.every(({directors, master}) => !directors.some(index => index !== master && found.directors[index]!.masterSinceUs > 0)), name);
	}
});

test('two masters whose adverts disagree: why is in the line', async () => {
	const reasons = {'split-ver': 'VRRP versions differ: 2, 3', 'split-int': 'intervals differ: 1 s, 5 s', 'split-vips': 'address lists differ: 192.168.10.200'};
	for (const [name, reason] of Object.entries(reasons)) {
		const {failover} = await run(name);
		const {splitBrain} = failover.pairs[0]!;
		assert.ok(splitBrainVerdict(splitBrain!, splitBrain!.sinceUs + (2 * us), plainWords).line.endsWith(reason), name);
	}
});

test('a backup knows nothing of what was sent with another sync id than its own', async () => {
	const found = await run('syncid-mismatch3');
	assert.deepEqual(told(found).at(-1), {kind: 'crash', who: '11>12', vips: ['192.168.10.100'], held: 35, known: 5, resets: 30});
	assert.match(lines(found).at(-1)!, /expect 30\+ RESETS/v);
	assert.ok(warnings(found).includes('syncid-clash'));
});

test('a host that is no director and claims the address, or answers for it, is told by its MAC', async () => {
	for (const name of ['garp-rs', 'arp-problem']) {
		const found = await run(name);
		const [conflict, ...more] = found.events.filter(({event}) => event === 'vip-conflict');
		assert.deepEqual([conflict!['address'], conflict!['mac'], conflict!['master'], more.length], ['192.168.10.100', '02:00:00:00:00:99', '192.168.10.11', 0]);
		assert.ok(found.failover.pairs[0]!.warnings.some(({kind, text}) => kind === 'vip-conflict' && text.includes('02:00:00:00:00:99') && text.includes('clients are sent there')));
		assert.deepEqual(told(found), []);
	}
});

test('an address that no advert names moves by its ARP claim, or with the adverts of its director', async () => {
	const [excluded] = told(await run('excluded'));
	assert.ok((excluded!.vips as string[]).includes('192.168.10.250'));
	assert.deepEqual([excluded!.who, excluded!.held, excluded!.known, excluded!.resets], ['11>12', 10, 10, 0]);
	const {events, ...rest} = await run('pacemaker');
	assert.deepEqual(told({events, ...rest}), [{kind: 'move', who: '11>12', vips: ['192.168.10.100'], held: 20, known: 20, resets: 0}]);
	assert.equal(events.find(({event}) => event === 'takeover')!.timeUs - beginUs, events.find(({event, director}) => event === 'vip-claimed' && director === '192.168.10.12')!.timeUs - beginUs);
});

test('adverts without addresses, and unicast ones that crossed a router, say who is master', async () => {
	assert.deepEqual(told(await run('vip0')), [{kind: 'crash', who: '11>12', vips: ['192.168.10.100'], held: 10, known: 10, resets: 0}]);
	const {failover} = await run('unicast64');
	assert.deepEqual(failover.pairs.map(({masterBy, vips}) => [masterBy, vips.map(({address}) => address)]), [['advert', ['192.168.10.100']]]);
});

test('one advert that names another interval does not hide that its sender is dead', async () => {
	const {events, ...rest} = await run('fg-adv255');
	assert.deepEqual(told({events, ...rest}), [{kind: 'crash', who: '11>12', vips: ['192.168.10.100'], held: 40, known: 40, resets: 0}]);
	assert.ok(events.some(({event, timeUs}) => event === 'takeover' && (timeUs - beginUs) / us < 30));
});

test('a stray frame does not move time, and a clock that was set back is told', async () => {
	for (const [name, detail] of [['clk-stray', /one packet is of 2026-08-10T22:13:20\.000Z, 1000 days ahead of its neighbours/v], ['clk-back', /the clock steps back by 3599 s/v]] as const) {
		const found = await run(name);
		assert.ok(found.events.some(({event, state, detail: text}) => event === 'source' && state === 'clock' && detail.test(String(text))), name);
		assert.deepEqual(told(found), [{kind: 'crash', who: '11>12', vips: ['192.168.10.100'], held: 30, known: 30, resets: 0}], name);
	}
});
