import assert from 'node:assert/strict';
import {execFile, execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
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
	createMetrics({view: engine.view, capacity: 20_000, status: () => statusOf(engine), triggers: () => triggers});

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
	const metrics = createMetrics({view: {...engine.view, services: () => services}, capacity: 1, status: () => undefined, triggers: () => []});
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

test('only GET and HEAD of /metrics are answered with metrics', async context => {
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
const withPrometheus = {skip: missing('prometheus') ?? false};

test('the alert rules are sound, and speak of metrics that there are', withPromtool, async () => {
	const {stdout} = await execute('promtool', ['check', 'rules', service('alerts.yml')]);
	assert.match(stdout, /SUCCESS: \d+ rules found/v);
});

test('dashboard and alert rules name no metric that does not exist', async () => {
	const engine = createTestEngine();
	const text = await createMetrics({
		view: engine.view, capacity: 1, triggers: () => [],
		status: () => statusOf(engine, {tally: createTally()}),
	}).text();
	const known = new Set([...text.matchAll(/^# TYPE (\w+)/gmv)].map(match => match[1]!));
	const used = ['alerts.yml', 'grafana-dashboard.json'].flatMap(name => [...fs.readFileSync(service(name), 'utf8').matchAll(/\bipvstop_\w+/gv)].map(match => match[0]));
	assert.ok(used.length > 20);
	assert.deepEqual([...new Set(used)].filter(name => !known.has(name)), []);
});

test('a real Prometheus scrapes it and answers a query about it', withPrometheus, async context => {
	const {url} = await serve(context);
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-prometheus-'));
	const config = path.join(folder, 'prometheus.yml');
	fs.writeFileSync(config, JSON.stringify({
		global: {scrape_interval: '1s'},
		rule_files: [service('alerts.yml')],
		scrape_configs: [{job_name: 'ipvstop', static_configs: [{targets: [new URL(url).host]}]}],
	}));
	const child = spawn('prometheus', [
		`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, '--web.listen-address=127.0.0.1:0', '--log.format=json',
	], {stdio: ['ignore', 'ignore', 'pipe']});
	const exited = once(child, 'exit');
	context.after(async () => {
		child.kill('SIGKILL');
		await exited;
		fs.rmSync(folder, {recursive: true, force: true});
	});

	let log = '';
	const address = await new Promise<string>((resolve, reject) => {
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			log += text;
			const found = /"Listening on","address":"([^"]+)"|"address":"([^"]+)"[^\n]*"Listening on"/v.exec(log);
			if (found) {
				resolve(found[1] ?? found[2]!);
			}
		});
		void exited.then(() => {
			reject(new Error(log));
		});
	});

	const query = async (expression: string): Promise<number | undefined> => {
		const response = await fetch(`http://${address}/api/v1/query?query=${encodeURIComponent(expression)}`);
		if (!response.ok) {
			await response.text();
			return undefined;
		}

		const {data} = await response.json() as {data: {result: Array<{value: [number, string]}>}};
		return data.result[0] ? Number(data.result[0].value[1]) : undefined;
	};

	const deadline = AbortSignal.timeout(30_000);
	let sessions: number | undefined;
	while (sessions === undefined && !deadline.aborted) {
		sessions = await query('sum(ipvstop_sessions)');
	}

	const response = await fetch(url);
	const own = sum(seriesOf(await response.text()), 'ipvstop_sessions');
	assert.equal(sessions, own);
	assert.equal(await query('up{job="ipvstop"}'), 1);
});
