import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {capturePath} from '../support/captures.js';
import {runCli} from '../support/run-cli.js';
import {startBroker, withBroker} from './broker.js';

/** The sensor's own log goes into a folder of the test. */
const withState = (context: TestContext): string => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-state-'));
	const before = process.env['STATE_DIRECTORY'];
	process.env['STATE_DIRECTORY'] = folder;
	context.after(() => {
		if (before === undefined) {
			delete process.env['STATE_DIRECTORY'];
		} else {
			process.env['STATE_DIRECTORY'] = before;
		}

		fs.rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

/** Without the remaining times, which each run reads at its own moment. */
const rows = (list: string): readonly string[] => list.split('\n').map(row => row.replace(/^(\S+) +\d+:\d+ /v, '$1 ')).sort();

test('what one host publishes another sees: the same table, the same takeovers', withBroker, async context => {
	const broker = await startBroker(context);
	const state = withState(context);
	const site = `nats://127.0.0.1:${broker.port}/rack1`;
	const capture = capturePath('failover-preempt.pcap');
	const published = await runCli(['-r', capture, '-w', site, '--list', '--no-config']);
	assert.equal(published.stderr, '');
	assert.equal(published.code, 0);
	// What it kept for itself is not what the other reads.
	fs.rmSync(path.join(state, 'sensor-rack1'), {recursive: true});
	const seen = await runCli(['-r', site, '--list', '--no-config']);
	assert.equal(seen.stderr, '');
	assert.deepEqual(rows(seen.stdout), rows(published.stdout));

	const takeovers = ({stdout}: {readonly stdout: string}) => stdout.split('\n').filter(Boolean).map(line => JSON.parse(line) as Record<string, unknown>);
	const here = takeovers(await runCli(['-r', capture, '--events', '--json', '--no-config', '--at', '+1000', 'event=takeover']));
	const there = takeovers(await runCli(['-r', site, '--events', '--json', '--no-config', '--since', '2026-01-01T00:00:00Z', '--at', '+1000', 'event=takeover']));
	assert.equal(there.length, here.length);
	assert.deepEqual(there.map(({from, to, held, known, expected}) => ({from, to, held, known, expected})), here.map(({from, to, held, known, expected}) => ({from, to, held, known, expected})));
});

test('what is wrong with an address on NATS is said before anything is opened, and no password is repeated', async () => {
	const problemOf = async (...words: readonly string[]) => {
		const {code, stderr} = await runCli([...words, '--no-config']);
		assert.equal(code, 2);
		return stderr;
	};

	assert.match(await problemOf('--events', '-r', 'nats://me:hunter2@broker/rack1'), /^ipvstop: -r nats:\/\/…@broker\/rack1: credentials do not belong into an address/v);
	assert.match(await problemOf('--events', '-r', 'nats://broker'), /it names no site: nats:\/\/broker\/SITE/v);
	assert.match(await problemOf('--events', '--demo', '-w', 'nats://broker/a,b'), /a sensor has one site/v);
	assert.match(await problemOf('--events', '--demo', '-w', 'nats://broker/a b'), /'a b' is no name of a site/v);
	assert.match(await problemOf('--events', '-r', 'tls://broker:99999/a'), /'broker:99999' is no HOST\[:PORT\]/v);
	assert.match(await problemOf('--events', '--demo', '--nats-creds', '/nowhere'), /--nats-creds: goes with -r or -w nats:\/\/HOST\/SITE/v);
	assert.match(await problemOf('--events', '-r', 'nats://127.0.0.1:1/a', '--nats-creds', '/nowhere/file'), /Cannot read \/nowhere\/file: there is no such file/v);
});

test('several sites are one picture: what their captures give together', withBroker, async context => {
	const broker = await startBroker(context);
	withState(context);
	const captures = [['rack1', 'failover-preempt'], ['rack2', 'failover-kill9']] as const;
	for (const [site, name] of captures) {
		const {code, stderr} = await runCli(['-r', capturePath(`${name}.pcap`), '-w', `nats://127.0.0.1:${broker.port}/${site}`, '--list', '--no-config']);
		assert.deepEqual([code, stderr], [0, '']);
	}

	const sorted = ({code, stdout, stderr}: {readonly code: number | null; readonly stdout: string; readonly stderr: string}) => {
		assert.deepEqual([code, stderr], [0, '']);
		return stdout.replaceAll(/"source":"[^"]*"/gv, '').split('\n').sort();
	};

	const expected = sorted(await runCli([...captures.flatMap(([site, name]) => ['-r', `${site}=${capturePath(`${name}.pcap`)}`]), '--list', '--json', '--no-config']));
	for (const sites of ['rack1,rack2', '*']) {
		assert.deepEqual(sorted(await runCli(['-r', `nats://127.0.0.1:${broker.port}/${sites}`, '--list', '--json', '--no-config'])), expected, sites);
	}
});
