import assert from 'node:assert/strict';
import {execFile, execFileSync, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import {connect} from 'node:net';
import test, {type TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {gunzipSync} from 'node:zlib';
import {type Status} from '../../../source/engine/status.js';
import {createTally} from '../../../source/engine/tally.js';
import {createMetrics} from '../../../source/output/metrics/metrics.js';
import {serveMetrics, type MetricsServer} from '../../../source/output/metrics/server.js';
import {type TriggerTotals} from '../../../source/output/triggers/log.js';
import {type ServiceView} from '../../../source/table/read/services.js';
import {capturePath} from '../../support/captures.js';
import {createTestEngine, replayInto, type TestEngine} from '../../support/replay-engine.js';

const execute = promisify(execFile);
const service = (name: string): string => fileURLToPath(new URL(`../../../media/service/${name}`, import.meta.url));

const statusOf = ({engine}: TestEngine, facts: Partial<Status> = {}): Status => ({
	description: '', sinceUs: 0, wallOffsetUs: 0, places: engine.places(), segments: engine.segments.names(), directors: engine.directors.all(),
	failover: engine.failover(), tally: engine.tally, limits: engine.limits(), span: {firstUs: 0, lastUs: 0}, replay: undefined, recording: undefined, ...facts,
});

const metricsOf = (engine: TestEngine, triggers: readonly TriggerTotals[] = []) =>
	createMetrics({version: '1', view: engine.view, capacity: 20_000, status: () => statusOf(engine), triggers: () => triggers});

type Series = {readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number};

const seriesOf = (text: string): Series[] => text.split('\n').filter(line => line !== '' && !line.startsWith('#')).map(line => {
	const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)/v.exec(line)!;
	return {name: name!, labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/gv)].map(match => [match[1]!, match[2]!])), value: Number(value)};
});

const sum = (series: readonly Series[], name: string, labels: Readonly<Record<string, string>> = {}): number =>
	series.filter(one => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value))
		.reduce((total, {value}) => total + value, 0);

test('a scrape says what the table holds: sessions by service, state and real server, and what was heard', async () => {
	const engine = createTestEngine();
	await replayInto(engine.engine.sink, capturePath('failover-graceful.pcap'));
	const series = seriesOf(await metricsOf(engine).text());
	const totals = engine.view.totals();

	assert.equal(sum(series, 'ipvstop_sessions'), totals.connections + totals.templates);
	assert.equal(sum(series, 'ipvstop_real_sessions'), totals.connections + totals.templates);
	assert.equal(sum(series, 'ipvstop_sessions_created_total'), totals.created);
	assert.equal(sum(series, 'ipvstop_session_ends_total'), totals.expired + totals.ranout + totals.evicted);
	assert.equal(sum(series, 'ipvstop_heard_total', {what: 'records'}), engine.engine.tally.records);
	assert.equal(sum(series, 'ipvstop_director_records_total'), engine.engine.tally.records);
	const established = engine.view.services().reduce((total, view) => total + view.counts[1]!, 0);
	assert.equal(sum(series, 'ipvstop_sessions', {state: 'ESTABLISHED'}), established);
});

test('no series names a client', async () => {
	const engine = createTestEngine();
	await replayInto(engine.engine.sink, capturePath('persistence.pcap'));
	const text = await metricsOf(engine).text();
	const clients = new Set<string>();
	engine.view.each((_words, _at, slot) => {
		const row = engine.view.row(slot);
		if (row) {
			clients.add([...new Uint8Array(new Int32Array([row.caddr[0]!]).buffer)].toReversed().join('.'));
		}
	});

	assert.ok(clients.size > 0);
	assert.deepEqual([...clients].filter(client => text.includes(`"${client}"`)), []);
});

test('counters grow from scrape to scrape and do not start again', async () => {
	const engine = createTestEngine();
	const metrics = metricsOf(engine);
	assert.equal(sum(seriesOf(await metrics.text()), 'ipvstop_sessions_created_total'), 0);
	await replayInto(engine.engine.sink, capturePath('v0.pcap'));
	const first = sum(seriesOf(await metrics.text()), 'ipvstop_sessions_created_total');
	const second = sum(seriesOf(await metrics.text()), 'ipvstop_sessions_created_total');

	assert.ok(first > 0);
	assert.equal(second, first);
});

test('what triggers did is counted by trigger and outcome', async () => {
	const totals: TriggerTotals = {
		name: 'page', on: 'event=takeover', fired: 9, ok: 3, failed: 1, timeout: 2, killed: 0, dryRun: 0, droppedByRate: 3, droppedByQueue: 0,
		unknownSender: 0, firstFill: 5, running: 0, waiting: 0,
	};
	const series = seriesOf(await metricsOf(createTestEngine(), [totals]).text());
	assert.equal(sum(series, 'ipvstop_trigger_fired_total', {trigger: 'page'}), 9);
	assert.equal(sum(series, 'ipvstop_trigger_runs_total', {trigger: 'page', outcome: 'timeout'}), 2);
	assert.equal(sum(series, 'ipvstop_trigger_runs_total', {trigger: 'page', outcome: 'dropped-by-rate'}), 3);
});

test('however many services and real servers there are, the number of series is bounded and their sums are right', async () => {
	const engine = createTestEngine();
	const counts = new Int32Array(16);
	counts[1] = 2;
	const rates = engine.view.totals().newRates;
	const facts = {counts, open: 2, closing: 0, templates: 0, created: 3, ended: 1, newRates: rates, endRates: rates, lastNewUs: -1};
	const services: ServiceView[] = Array.from({length: 5000}, (_, index) => ({
		...facts,
		service: {id: index + 1, segment: 0, family: 4 as const, protocol: 6, vaddr: Int32Array.of(index, 0, 0, 0), vport: 443},
		syncids: [1], paths: [index],
		reals: [{...facts, daddr: Int32Array.of(index, 0, 0, 0), dport: 80, forward: 0, fwmark: 0, paths: [index]}],
	}));
	const metrics = createMetrics({version: '1', view: {...engine.view, services: () => services}, capacity: 1, status: () => undefined, triggers: () => []});
	const series = seriesOf(await metrics.text()).filter(({name}) => name.startsWith('ipvstop_'));

	assert.ok(series.length < 1500, String(series.length));
	assert.equal(sum(series, 'ipvstop_sessions'), 10_000);
	assert.equal(sum(series, 'ipvstop_real_sessions'), 10_000);
	assert.equal(sum(series, 'ipvstop_sessions_created_total'), 15_000);
	assert.equal(sum(series, 'ipvstop_sessions', {virtual: 'other'}), 2 * (5000 - 64));
});

const serve = async (context: TestContext, port = 0): Promise<MetricsServer> => {
	const engine = createTestEngine();
	await replayInto(engine.engine.sink, capturePath('failover-graceful.pcap'));
	const server = await serveMetrics(metricsOf(engine), {host: '127.0.0.1', port});
	context.after(() => {
		server.close();
	});
	return server;
};

test('only GET and HEAD are answered, of metrics and of health', async context => {
	const {url} = await serve(context);
	const answer = async (address: string, method: string) => {
		const response = await fetch(address, {method});
		const body = await response.text();
		return [response.status, body.includes('ipvstop_sessions{')];
	};

	assert.deepEqual(await answer(url, 'GET'), [200, true]);
	assert.deepEqual(await answer(url, 'HEAD'), [200, false]);
	assert.deepEqual(await answer(url, 'POST'), [405, false]);
	assert.deepEqual(await answer(url.replace('/metrics', '/etc/passwd'), 'GET'), [404, false]);
	const response = await fetch(url);
	assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/v);
	await response.text();
});

test('health is a place where something is heard', async context => {
	const engine = createTestEngine();
	let places: Status['places'] = [{name: 'eth1', kind: 'libpcap', state: 'down', detail: '', drops: 0, sight: {sync: true, vrrp: true, arp: true, groupReports: true}, address: ''}];
	const metrics = createMetrics({version: '1', view: engine.view, capacity: 1, status: () => statusOf(engine, {places}), triggers: () => []});
	const server = await serveMetrics(metrics, {host: '127.0.0.1', port: 0});
	context.after(() => {
		server.close();
	});
	const ask = async () => {
		const response = await fetch(server.url.replace('/metrics', '/healthz'));
		return [response.status, await response.text()];
	};

	assert.deepEqual(await ask(), [503, 'eth1 is down\n']);
	places = [{...places[0]!, state: 'up'}];
	assert.deepEqual(await ask(), [200, 'ok\n']);
});

/** What a server says to octets on a connection, until it or the client ends. */
const exchange = async (url: string, octets: string, isEnough: (said: string) => boolean = () => false): Promise<string> => {
	const {hostname, port} = new URL(url);
	const socket = connect(Number(port), hostname);
	let said = '';
	socket.setEncoding('latin1').on('data', (text: string) => {
		said += text;
		if (isEnough(said)) {
			socket.destroy();
		}
	});
	socket.write(octets);
	await once(socket, 'close');
	return said;
};

test('a request is answered packed where gzip is taken, and in a quarter of the octets', async context => {
	const {url} = await serve(context);
	const ask = async (encoding: string) => exchange(url, `GET /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: ${encoding}\r\nConnection: close\r\n\r\n`);
	const [packed, plain, refused] = [await ask('deflate, gzip;q=0.5'), await ask('identity'), await ask('gzip;q=0')];
	const bodyOf = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4);
	assert.match(packed, /^HTTP\/1\.1 200 OK\r\n.*\r\ncontent-encoding: gzip\r\n/sv);
	assert.ok(gunzipSync(Buffer.from(bodyOf(packed), 'latin1')).includes('ipvstop_sessions{'));
	assert.ok(bodyOf(packed).length * 4 < bodyOf(plain).length, `${bodyOf(packed).length} of ${bodyOf(plain).length}`);
	assert.doesNotMatch(plain + refused, /content-encoding/v);
});

test('requests that do not wait are answered one after the other, in their order', async context => {
	const {url} = await serve(context);
	const request = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
	const said = await exchange(url, request('/healthz') + request('/nothing') + request('/metrics') + request('/healthz', 'Connection: close\r\n'));
	assert.deepEqual([...said.matchAll(/^HTTP\/1\.1 (\d+) /gmv)].map(match => match[1]), ['200', '404', '200', '200']);
	assert.equal(said.split('\r\n\r\n').at(-1), 'ok\n');
});

test('what is no request is refused, and the connection ends', async context => {
	const {url} = await serve(context);
	assert.match(await exchange(url, '\u0016\u0003\u0001\r\n\r\n'), /^HTTP\/1\.1 400 /v);
	assert.match(await exchange(url, `GET /${'a'.repeat(20_000)}`), /^HTTP\/1\.1 431 /v);
	assert.match(await exchange(url, 'POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 18\r\n\r\nGET / HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 405 [\s\S]*connection: close\r\n\r\nGET it\.\n$/v);
});

test('a port that is taken is named with what to do', async context => {
	const {url} = await serve(context);
	await assert.rejects(serve(context, Number(new URL(url).port)), /Cannot serve metrics on 127\.0\.0\.1:\d+: another program listens there/v);
});

const missing = (program: string): string | undefined => {
	try {
		execFileSync(program, ['--version'], {stdio: 'pipe'});
		return undefined;
	} catch {
		return `${program} is not installed`;
	}
};

const withPromtool = {skip: missing('promtool') ?? false};

test('the alert rules are sound, and speak of metrics that there are', withPromtool, async () => {
	const {stdout} = await execute('promtool', ['check', 'rules', service('alerts.yml')]);
	assert.match(stdout, /SUCCESS: \d+ rules found/v);
});

test('the alert rules fire when they are to, and not else: a case of each', withPromtool, async () => {
	const cases = fileURLToPath(new URL('alerts.test.yml', import.meta.url));
	const alerts = [...fs.readFileSync(service('alerts.yml'), 'utf8').matchAll(/- alert: (\w+)/gv)].map(match => match[1]!);
	const tried = fs.readFileSync(cases, 'utf8');
	assert.deepEqual(alerts.filter(alert => !tried.includes(`alertname: ${alert}\n        exp_alerts:\n`)), []);
	await execute('promtool', ['test', 'rules', cases]);
});

test('promtool finds nothing wrong with names, types and help', withPromtool, async () => {
	const engine = createTestEngine();
	await replayInto(engine.engine.sink, capturePath('failover-preempt.pcap'));
	const recording = {file: 'x', state: 'up', detail: '', packets: 0, octets: 0, files: 1, lost: 0, waiting: 0} as const;
	const text = await createMetrics({version: '1', view: engine.view, capacity: 1, status: () => statusOf(engine, {recording}), triggers: () => []}).text();
	const {status, stderr, stdout} = spawnSync('promtool', ['check', 'metrics'], {input: text, encoding: 'utf8'});
	assert.deepEqual([status, stdout, stderr], [0, '', '']);
});

test('each counter stands at 0 before the first of what it counts, the first takeover is counted, and no recording is no failed one', async () => {
	const engine = createTestEngine();
	const metrics = metricsOf(engine);
	const before = seriesOf(await metrics.text());
	for (const name of ['refused_total', 'limited_total', 'heard_total', 'session_ends_total', 'sessions_moved_total', 'recording_lost_packets_total', 'recording_bytes_total']) {
		const values = before.filter(one => one.name === `ipvstop_${name}`).map(({value}) => value);
		assert.ok(values.length > 0 && values.every(value => value === 0), name);
	}

	assert.deepEqual(before.filter(one => one.name === 'ipvstop_recording_up'), []);
	await replayInto(engine.engine.sink, capturePath('failover-preempt.pcap'));
	const after = seriesOf(await metrics.text());
	const [pair] = engine.engine.failover().pairs;
	assert.equal(pair!.takeovers[0]!.id, 0);
	assert.equal(sum(after, 'ipvstop_takeovers_total'), pair!.takeovers.length);
	assert.equal(after.filter(one => one.name === 'ipvstop_takeovers_total').length, 4, 'of each kind');
	assert.equal(after.find(one => one.name === 'ipvstop_last_takeover_info')!.labels['kind'], pair!.takeovers.at(-1)!.kind);
});

test('dashboard and alert rules name no metric that does not exist', async () => {
	const engine = createTestEngine();
	const text = await createMetrics({
		version: '1', view: engine.view, capacity: 1, triggers: () => [],
		status: () => statusOf(engine, {tally: createTally(), recording: {file: 'x', state: 'up', detail: '', packets: 0, octets: 0, files: 1, lost: 0, waiting: 0}}),
	}).text();
	const known = new Set([...text.matchAll(/^# TYPE (\w+)/gmv)].map(match => match[1]!));
	const used = ['alerts.yml', 'grafana-dashboard.json'].flatMap(name => [...fs.readFileSync(service(name), 'utf8').matchAll(/\bipvstop_\w+/gv)].map(match => match[0]));
	assert.ok(used.length > 20);
	assert.deepEqual([...new Set(used)].filter(name => !known.has(name)), []);
});
