/* A flood of forged sync messages and adverts as an operator suffers it: the built program, from a file and on a wire. */
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import test, {type TestContext} from 'node:test';
import {capture, run} from '../support/program.js';
import {rowsOf} from '../support/announcements.js';
import {createLiveWire, whyNoLiveWire} from '../support/live-wire.js';
import {floodFile, forgeries, realPair, type FloodOptions, type Forgery} from '../support/flood.js';
import {openTerminal, standsStill} from '../support/terminal.js';
import {until, watch} from '../support/watch.js';

const fileOf = (context: TestContext, flood: FloodOptions): string => {
	const folder = mkdtempSync(join(tmpdir(), 'ipvstop-test-'));
	context.after(() => {
		rmSync(folder, {recursive: true, force: true});
	});
	const path = join(folder, 'flood.pcap');
	writeFileSync(path, Buffer.concat([...floodFile(flood)]));
	return path;
};

const kinds = (Object.keys(forgeries) as Forgery[]).filter(kind => kind !== 'fromKnown');
const onWire = {skip: whyNoLiveWire() ?? false, timeout: 200_000};
const bound = ['--max-sessions', '2000'];
const evictedAtEnd = /^ipvstop: \d{4} sessions were evicted, all of unknown senders: the table holds 2000, see --max-sessions$/mv;

/** Sessions that the real master announced, in lines of --list --json. */
const realRows = (stdout: string): number => stdout.trimEnd().split('\n').map(line => JSON.parse(line) as Record<string, unknown>)
	.filter(({type, director}) => type === 'connection' && director === realPair.master).length;

test('at the bound of the table the sessions of the real pair are kept; what is evicted and what found no room is in --events', async context => {
	const path = fileOf(context, {kinds, perSecond: 4000, seconds: 6, from: 6});
	const list = await run(['--list', '--json', ...bound, '-r', path]);
	assert.equal(list.code, 0);
	assert.match(list.stderr, evictedAtEnd);
	assert.equal(realRows(list.stdout), realPair.sessions);
	const [{connections = 0} = {}] = list.stdout.split('\n').map(line => JSON.parse(line || '{}') as {connections?: number});
	assert.ok(connections <= 2000);

	const {stdout, stderr} = await run(['--events', '--json', ...bound, '-r', path]);
	assert.match(stderr, evictedAtEnd);
	const events = stdout.trimEnd().split('\n').map(line => JSON.parse(line) as Record<string, unknown>);
	const countOf = (name: string) => events.filter(({event}) => event === name).length;
	assert.ok(countOf('evicted') > 1000);
	assert.equal(events.some(({event, director}) => event === 'evicted' && director === realPair.master), false);
	assert.ok(countOf('limit') > 3);
	assert.ok(['takeover', 'restart', 'vip-claimed', 'vrrp', 'director'].every(name => countOf(name) <= 64 + 8), 'few of each');
});

test('the screen says that the table is full and whose sessions went, and the real pair stands first', async context => {
	const terminal = openTerminal([...bound, '--speed', 'max', '-r', fileOf(context, {kinds, perSecond: 4000, seconds: 6, from: 6})], {columns: 140, rows: 40});
	await terminal.until(screen => {
		assert.ok(standsStill(screen));
		assert.match(screen, /^FULL: evicted [\d ]+ sessions, all of unknown senders; /mv);
		// Directors are named in the order of their addresses: it is not among the first 26 of these.
		assert.match(terminal.lines()[1]!, new RegExp(String.raw`^\*#\d{2} ${realPair.master} +MASTER`, 'v'));
		assert.match(screen, /203\.0\.113\.10:443\/tcp/v);
	});
	terminal.type('q');
	assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
	assert.match(terminal.text(), /ipvstop: \d{4} sessions were evicted/v);
});

test('a capture without forgers has no such line', async () => {
	const terminal = openTerminal(['--speed', 'max', '-r', capture('seed-basic.pcap')], {columns: 140, rows: 40});
	const screen = await terminal.until(standsStill);
	assert.doesNotMatch(screen, /FULL/v);
	terminal.type('q');
	await terminal.exit;
});

test('live on a wire a flood leaves the real pair in the table, and is told in --events and metrics', onWire, async context => {
	const wire = createLiveWire(context);
	const path = fileOf(context, {kinds, perSecond: 8000, seconds: 2, from: 1});
	const {send} = await wire.sender(path);
	const {child, said} = watch(context, ['--events', '--json', ...bound, '-i', 'wire0', '--metrics', '9464'], {through: wire.onNear});
	await wire.joined(1);
	await send();
	let text = '';
	while (!/ipvstop_session_ends_total\{how="evicted"\} [1-9]/v.test(text) || !/ipvstop_limited_total\{what="senders"\} [1-9]/v.test(text)) {
		text = wire.near(`${process.execPath} -e "fetch('http://127.0.0.1:9464/metrics').then(async response => process.stdout.write(await response.text()))"`);
	}

	assert.match(text, /ipvstop_unknown_sender_sessions \d+/v);
	await until(() => rowsOf(said()).some(({event, what}) => event === 'limit' && what === 'senders'), 'the limit is told');
	await until(() => rowsOf(said()).filter(({event, director}) => event === 'new' && director === realPair.master).length >= realPair.sessions, 'the real pair is heard');
	child.kill('SIGINT');
	await once(child, 'exit');
	assert.equal(child.exitCode, 130);
	const events = rowsOf(said());
	assert.equal(events.filter(({event, director}) => event === 'new' && director === realPair.master).length, realPair.sessions);
	assert.equal(events.some(({event, director}) => event === 'evicted' && director === realPair.master), false);
});
