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
	const rows = stdout.trimEnd().split('\n').slice(1).map(line => JSON.parse(line) as {proto: string; account: string; fate: string});
	assert.deepEqual(new Set(rows.map(({account}) => account)), new Set(['waiting']));
	// The new master had rebooted and was sent 5 of the 80, and none of the UDP flows: those are not cut, but scheduled anew.
	const count = (of: string, what: string) => rows.filter(({proto, fate}) => proto === of && fate === what).length;
	assert.deepEqual([count('TCP', 'reset'), count('TCP', 'kept'), count('UDP', 'reset'), count('UDP', 'risk')], [75, 5, 0, 20]);
	const heard = await run([...at, 'account=heard']);
	assert.equal(heard.stdout.trimEnd().split('\n').slice(1).length, 0);
});

test('--from hears one sender only', async () => {
	const records = async (...args: readonly string[]) => {
		const {code, stdout} = await run(['-r', capture('failover-graceful.pcap'), '--records', '--fields', 'source', ...args]);
		assert.equal(code, 0);
		return stdout.trimEnd().split('\n');
	};

	const senders = [...new Set(await records())];
	assert.equal(senders.length, 2);
	for (const sender of senders) {
		assert.deepEqual([...new Set(await records('--from', sender))], [sender]);
	}

	assert.deepEqual(await records('--from', senders[0]!, '--from', senders[1]!), await records());
});

test('--alias and --saved name what a filter would have to spell out', async () => {
	const list = async (...args: readonly string[]) => {
		const {code, stdout} = await run(['-r', capture('failover-graceful.pcap'), '--at', '+60', '--list', ...args]);
		assert.equal(code, 0);
		return stdout;
	};

	const spelt = await list('proto=tcp', '(state=tw or state=est)');
	assert.ok(spelt.split('\n').length > 3 && spelt !== await list());
	assert.equal(await list('--saved', 'tcp=proto=tcp', '--saved', 'settled=state=tw or state=est', '@tcp', '@settled'), spelt);
	const {client} = /(?<client>\d+\.\d+\.\d+\.\d+):\d+ /v.exec(spelt)!.groups!;
	const one = await list(`client=${client}`);
	assert.ok(one.includes(`${client}:`));
	assert.equal(await list('--alias', `somebody=${client}`, 'client=somebody'), one);
});

test('--columns says what the screen shows of a session, --key what quits it', async () => {
	const terminal = openTerminal(['--demo', '--columns', 'state,client', '--key', 'quit=x']);
	await terminal.until(text => /^ *CLIENT +STATE *$/mv.test(text));
	terminal.type('x');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
});
