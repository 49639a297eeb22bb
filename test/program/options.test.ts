/* Options that no other test of the built program needs, and the long names of those that others call by a letter. */
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {capture, run} from '../support/program.js';
import {openTerminal} from '../support/terminal.js';

test('--max-sessions bounds the table: what is beyond is evicted, and said', async () => {
	const {code, stdout} = await run(['--demo', '--list', '--json', '--duration', '1', '--max-sessions', '1000']);
	assert.equal(code, 0);
	const rows = stdout.trimEnd().split('\n').slice(1);
	assert.ok(rows.length > 900 && rows.length <= 1000, String(rows.length));
	const events = await run(['--demo', '--events', '--duration', '1', '--max-sessions', '1000']);
	assert.match(events.stdout, / evicted +TCP /v);
});

test('--local-time gives the time of this host\'s zone, without the Z of UTC', async () => {
	const at = ['-r', capture('seed-basic.pcap'), '--at', '2026-11-22T15:30:00Z'];
	const utc = openTerminal(at);
	await utc.until(screen => screen.includes('15:30:00Z'));
	const local = openTerminal([...at, '--local-time'], {environment: {TZ: 'Asia/Kolkata'}});
	const screen = await local.until(text => text.includes('21:00:00'));
	assert.ok(!screen.includes('21:00:00Z'));
	utc.type('Q');
	local.type('Q');
	await Promise.all([utc.exit, local.exit]);
});

test('--no-alt-screen leaves the last screen in the scrollback', async () => {
	const terminal = openTerminal(['--demo', '--no-alt-screen']);
	await terminal.until(screen => screen.includes('192.0.2.10:443/tcp'));
	assert.ok(!terminal.isAlternate());
	terminal.type('Q');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
	assert.match(terminal.text(), /192\.0\.2\.10:443\/tcp/v);
});

test('long names mean what their letters mean', async () => {
	const folder = mkdtempSync(path.join(tmpdir(), 'ipvstop-test-'));
	try {
		const file = path.join(folder, 'copy.pcapng');
		const [named, lettered, missing, both] = await Promise.all([
			run(['--read', capture('seed-basic.pcap'), '--list', '--write', file]),
			run(['-r', capture('seed-basic.pcap'), '--list']),
			run(['--interface', 'nosuch0', '--list']),
			run(['--join', '--demo']),
		]);
		assert.equal(named.stdout, lettered.stdout);
		assert.ok(statSync(file).size > 1000);
		assert.equal(missing.code, 4);
		assert.deepEqual([both.code, both.stderr.includes('do not go together')], [2, true]);
	} finally {
		rmSync(folder, {recursive: true});
	}
});

test('a list can be filtered by what a takeover did to each session', async () => {
	// 2.1 s after the takeover nothing was heard again: of 80 TCP and 20 UDP sessions that were open, all wait.
	const at = ['-r', capture('failover-preempt.pcap'), '--list', '--json', '--at', '2026-11-22T18:55:54Z'];
	const {code, stdout, stderr} = await run([...at, 'account=waiting']);
	assert.equal(code, 0, stderr);
	assert.equal(stdout.trimEnd().split('\n').slice(1).length, 100);
	const rows = stdout.trimEnd().split('\n').slice(1).map(line => JSON.parse(line) as {account: string; fate: string});
	assert.deepEqual(new Set(rows.map(({account}) => account)), new Set(['waiting']));
	assert.deepEqual(new Set(rows.map(({fate}) => fate)), new Set(['kept']), 'the other director announced them all');
	const heard = await run([...at, 'account=heard']);
	assert.equal(heard.stdout.trimEnd().split('\n').slice(1).length, 0);
});
