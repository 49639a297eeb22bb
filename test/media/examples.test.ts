/* What media/examples offers to copy works as it stands. */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {test, type TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {parse} from 'smol-toml';
import {eventNames} from '../../source/events/catalogue.js';
import {capture, finished, plainEnvironment, run, saying, start} from '../support/program.js';

const example = (name: string): string => fileURLToPath(new URL(`../../media/examples/${name}`, import.meta.url));

const pass = (name: string, input: string, environment: Readonly<Record<string, string>> = {}) =>
	spawnSync(example(name), {input, encoding: 'utf8', env: {...plainEnvironment(), ...environment}});

const preempt = capture('failover-preempt.pcap');

const folderOf = (context: TestContext): string => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-examples-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

test('every filter is one', async () => {
	const filters = fs.readFileSync(example('filters.txt'), 'utf8').split('\n').filter(line => line !== '' && !line.startsWith('#'));
	assert.ok(filters.length > 10);
	for (const filter of filters) {
		const {code, stderr} = await run(['--no-config', '-r', capture('v0.pcap'), '--list', filter]);
		assert.deepEqual([code, stderr], [0, ''], filter);
	}
});

test('the program in Python tells of the takeovers of a capture and of what they cost', async () => {
	const {stdout: events} = await run(['--no-config', '-r', preempt, '--events', '--json']);
	const {status, stdout, stderr} = pass('takeovers.py', events);
	assert.deepEqual([status, stderr], [1, '']);
	const lines = stdout.trimEnd().split('\n');
	assert.match(lines[0]!, /^2026-11-22T18:54:20Z crash: 192\.168\.10\.12 after 192\.168\.10\.11 knows 80 of 80 open sessions, 0 resets expected/v);
	assert.match(lines.at(-1)!, /^2026-11-22T18:55:51Z preempt: 192\.168\.10\.11 after 192\.168\.10\.12 knows 5 of 80 open sessions, 75 resets expected/v);
	assert.equal(pass('takeovers.py', '').status, 0);
});

test('the program for the shell counts the ends that the events tell', async () => {
	const {stdout: events} = await run(['--no-config', '-r', preempt, '--events']);
	const {status, stdout} = pass('ends.sh', events);
	assert.equal(status, 0);
	let counted = 0;
	for (const [, count] of stdout.matchAll(/^ *(\d+) \S+ (?:expired|ranout|evicted)$/gmv)) {
		counted += Number(count);
	}

	assert.equal(counted, events.match(/^\S+ +(?:expired|ranout|evicted) /gmv)!.length);
});

test('the journal is read as the service writes it', async context => {
	const folder = folderOf(context);
	const {stdout: events} = await run(['--no-config', '-r', preempt, '--events', '--json']);
	fs.writeFileSync(path.join(folder, 'events'), events);
	// What journalctl prints with these options is what the unit printed.
	fs.writeFileSync(path.join(folder, 'journalctl'), '#!/bin/sh\necho "$@" >"$(dirname "$0")/asked"\ncat "$(dirname "$0")/events"\n', {mode: 0o755});
	const {stdout} = spawnSync(example('journal.sh'), ['--since', 'yesterday'], {encoding: 'utf8', env: {...plainEnvironment(), PATH: `${folder}:${plainEnvironment()['PATH']}`}});
	assert.equal(fs.readFileSync(path.join(folder, 'asked'), 'utf8'), '--unit ipvstop --output cat --quiet --since yesterday\n');
	assert.equal(stdout, pass('takeovers.py', events).stdout);
});

test('the triggers run their program, which writes what happened', async context => {
	const log = path.join(folderOf(context), 'log');
	// The commands are named as seen from the folder of the examples.
	const child = start(['--config', example('triggers.toml'), '--demo', '--events', 'event=trigger', '--fire-in-replay'], {through: ['env', '-C', example('.'), `LOG=${log}`]});
	const end = finished(child);
	try {
		await saying(child.stdout!, text => text.includes('trigger=closed outcome=ok'));
	} finally {
		child.kill('SIGTERM');
		await end;
	}

	assert.match(fs.readFileSync(log, 'utf8'), /^state /mv);
	const {triggers} = parse(fs.readFileSync(example('triggers.toml'), 'utf8')) as {triggers: Array<{name: string}>};
	const {stdout} = await run(['--config', example('triggers.toml'), '--print-config']);
	for (const {name} of triggers) {
		assert.ok(stdout.includes(`"${name}"`), name);
	}
});

test('what goes to Vector are events that there are, from the unit', () => {
	const {sources, transforms} = parse(fs.readFileSync(example('vector.toml'), 'utf8')) as {
		sources: {journal: {include_units: string[]}};
		transforms: {events: {source: string; inputs: string[]}};
	};
	assert.deepEqual(sources.journal.include_units, ['ipvstop.service']);
	const names = [...transforms.events.source.matchAll(/"([a-z\-]+)"/gv)].map(match => match[1]!);
	assert.ok(names.length > 5);
	assert.deepEqual(names.filter(name => !eventNames.includes(name)), []);
});
