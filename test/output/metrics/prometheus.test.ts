/* A real Prometheus scrapes the demo: the first takeover pages, and each panel of the dashboard has something to show. */
import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {test, type TestContext} from 'node:test';
import {setTimeout as pass} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {Ajv} from 'ajv';
import {finished, listeningPort, saying, start} from '../../support/program.js';
import {dashboardSchema} from './dashboard-schema.js';

const service = (name: string): string => fileURLToPath(new URL(`../../../media/service/${name}`, import.meta.url));

type Target = {readonly expr: string};
type Dashboard = {
	readonly panels: ReadonlyArray<{readonly id: number; readonly title: string; readonly targets: readonly Target[]; readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>}>;
	readonly templating: {readonly list: ReadonlyArray<{readonly name: string; readonly query: string | {readonly query: string}}>};
};

const dashboard = JSON.parse(fs.readFileSync(service('grafana-dashboard.json'), 'utf8')) as Dashboard;

test('the dashboard is one by its schema, with panels that do not overlap', () => {
	const validate = new Ajv({allErrors: true, strict: true, allowUnionTypes: true}).compile(dashboardSchema);
	assert.ok(validate(dashboard), JSON.stringify(validate.errors, undefined, ' '));
	const {panels} = dashboard;
	assert.equal(new Set(panels.map(({id}) => id)).size, panels.length);
	for (const [index, {title, gridPos: a}] of panels.entries()) {
		for (const {title: other, gridPos: b} of panels.slice(index + 1)) {
			assert.ok(a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y, `${title} lies on ${other}`);
		}
	}
});

type Prometheus = {
	/** What the API answers to a path below /api/v1. */
	ask(path: string): Promise<unknown>;
	query(expression: string): Promise<ReadonlyArray<{readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string]}>>;
};

/** Scrapes and evaluates each second, as no one would, so that a test need not wait for it. */
const startPrometheus = async (context: TestContext, target: string): Promise<Prometheus> => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-prometheus-'));
	const config = path.join(folder, 'prometheus.yml');
	fs.writeFileSync(config, JSON.stringify({
		global: {scrape_interval: '1s', evaluation_interval: '1s'},
		rule_files: [service('alerts.yml')],
		scrape_configs: [{job_name: 'lvs', static_configs: [{targets: [target]}]}],
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
	const listening = /"Listening on","address":"([^"]+)"|"address":"([^"]+)"[^\n]*"Listening on"/v;
	const [, before, after] = listening.exec(await saying(child.stderr, text => listening.test(text)))!;
	child.stderr.resume();
	const ask = async (words: string): Promise<unknown> => {
		const response = await fetch(`http://127.0.0.1:${(before ?? after)!.split(':').at(-1)}/api/v1/${words}`);
		const {data} = await response.json() as {data: unknown};
		return data;
	};

	return {
		ask,
		async query(expression) {
			const data = await ask(`query?query=${encodeURIComponent(expression)}`) as {result: Awaited<ReturnType<Prometheus['query']>>} | undefined;
			return data?.result ?? [];
		},
	};
};

/** Asks again until there is an answer. */
const until = async <T>(seconds: number, look: () => Promise<T | undefined>): Promise<T | undefined> => {
	const deadline = AbortSignal.timeout(seconds * 1000);
	while (!deadline.aborted) {
		const found = await look();
		if (found !== undefined) {
			return found;
		}

		await pass(250);
	}

	return undefined;
};

/** As Grafana asks with everything chosen. */
const filledIn = (expression: string): string => expression.replaceAll('$__rate_interval', '15s').replaceAll(/\$(?:instance|segment|virtual|job)\b/gv, '.*');

const options = {skip: spawnSync('prometheus', ['--version']).error ? 'needs prometheus' : false, timeout: 240_000};

test('a real Prometheus over the demo pages for its first takeover, and every panel shows something', options, async context => {
	const child = start([
		'--no-config', '--demo', '--events', '--json', '--metrics', '0',
		'--on', 'once 1m: event=new', '--exec', 'true', '--fire-in-replay',
	]);
	const end = finished(child);
	context.after(async () => {
		child.kill('SIGTERM');
		await end;
	});
	// Its metrics are served before it hears anything.
	await once(child.stdout!, 'data');
	const {ask, query} = await startPrometheus(context, `127.0.0.1:${listeningPort(child.pid!)}`);

	type Alert = {readonly labels: Readonly<Record<string, string>>; readonly state: string};
	const firing = async (): Promise<Alert[]> => {
		const {alerts} = await ask('alerts') as {alerts: Alert[]};
		return alerts.filter(({state}) => state === 'firing');
	};

	const up = await until(30, async () => {
		const [one] = await query('up{job="lvs"} == 1');
		return one;
	});
	assert.ok(up, 'it is scraped');
	const page = await until(90, async () => {
		const alerts = await firing();
		return alerts.find(({labels}) => labels['alertname'] === 'IpvsTakeover');
	});
	assert.equal(page?.labels['kind'], 'crash');
	assert.deepEqual([page.labels['job'], page.labels['segment'], page.labels['severity']], ['lvs', 'demo', 'page']);
	const others = await firing();
	assert.deepEqual([...new Set(others.map(({labels}) => labels['alertname']))], ['IpvsTakeover'], 'and nothing else is wrong with the demo, a recording that is not made among it');

	/** What has nothing to show in the demo, where nothing is refused. */
	const quiet = new Set(dashboard.panels.flatMap(({targets}) => targets.map(({expr}) => expr)).filter(expr => expr.includes('refused_total')));
	for (const {title, targets} of dashboard.panels) {
		for (const {expr} of targets) {
			const shown = await query(filledIn(expr));
			assert.equal(shown.length > 0, !quiet.has(expr), `${title}: ${expr}`);
		}
	}

	const [counted] = await query('sum(increase(ipvstop_takeovers_total[1h]))');
	assert.ok(Number(counted?.value[1]) > 0, 'the counter grew from 0, as Prometheus sees it');
});
