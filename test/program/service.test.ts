import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import test from 'node:test';
import {fileURLToPath} from 'node:url';
import {createServer} from 'node:net';
import {once} from 'node:events';
import {finished, listeningPort, run, saying, start} from '../support/program.js';

const unit = fileURLToPath(new URL('../../media/service/ipvstop.service', import.meta.url));

const withSystemd = {skip: spawnSync('systemd-analyze', ['--version']).error ? 'systemd-analyze is not installed' : false};

test('systemd finds nothing wrong with the unit, and little that it exposes', withSystemd, () => {
	const {status, stderr} = spawnSync('systemd-analyze', ['verify', '--man=no', unit], {encoding: 'utf8'});
	assert.deepEqual([status, stderr.split('\n').filter(line => line.includes('ipvstop'))], [0, []]);
	const exposure = execFileSync('systemd-analyze', ['security', '--offline=true', unit], {encoding: 'utf8'});
	assert.ok(Number(/exposure level for \S+: (\d+\.\d)/v.exec(exposure)?.[1]) < 3, exposure.split('\n').slice(-3).join('\n'));
});

const container = fs.readFileSync(new URL('../../media/service/Containerfile', import.meta.url), 'utf8');

test('the options of the unit and of the container are options of the program', async () => {
	const command = /^ExecStart=\/usr\/bin\/env ipvstop (.+)$/mv.exec(fs.readFileSync(unit, 'utf8'))![1]!;
	const words = JSON.parse(/^CMD (.+)$/mv.exec(container)![1]!) as string[];
	const {stdout} = await run(['--help']);
	for (const option of `${command} ${words.join(' ')}`.matchAll(/(?:^|\s)(--?[a-z][a-z\-]*)/gv)) {
		assert.ok(stdout.includes(option[1]!), option[1]);
	}
});

test('the container asks for its health as the program answers', async () => {
	const [shell = '', ...args] = JSON.parse(/^HEALTHCHECK CMD (.+)$/mv.exec(container)![1]!) as string[];
	const child = start(['--demo', '--events', '--metrics', '0']);
	await saying(child.stdout!, text => text.split('\n').length > 10);
	child.stdout!.resume();
	const port = listeningPort(child.pid!);
	const check = () => spawnSync(shell, args.map(word => word.split('9464').join(String(port))), {encoding: 'utf8'}).status;
	assert.equal(check(), 0);
	child.kill('SIGTERM');
	await finished(child);
	assert.notEqual(check(), 0, 'nobody is there');
});

test('events and metrics go on together: a scrape of the running program counts what its events say', async () => {
	const child = start(['--demo', '--seed', '7', '--events', '--json', '--metrics', '0']);
	await saying(child.stdout!, text => text.split('\n').length > 500);
	child.stdout!.resume();
	const response = await fetch(`http://127.0.0.1:${listeningPort(child.pid!)}/metrics`);
	const text = await response.text();
	child.kill('SIGTERM');
	const {code} = await finished(child);

	assert.match(fs.readFileSync(unit, 'utf8'), new RegExp(`^SuccessExitStatus=${code}$`, 'mv'), 'a stop that was asked for is no failure of the unit');
	assert.equal(response.status, 200);
	assert.match(text, /^ipvstop_sessions\{segment="demo",proto="TCP",virtual="[\d.]+",vport="\d+",state="ESTABLISHED"\} [1-9]/mv);
	assert.match(text, /^ipvstop_director_records_total\{segment="demo",director="[\d.]+"\} [1-9]/mv);
	assert.match(text, /^ipvstop_source_up\{segment="demo",kind="demo"\} 1$/mv);
	assert.match(text, /^process_cpu_seconds_total /mv);
});

test('a port for metrics that is taken ends the start with a reason', async () => {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as {port: number};
	const {code, stderr} = await run(['--demo', '--events', '--metrics', String(port)]);
	server.close();
	assert.equal(code, 1);
	assert.match(stderr, /Cannot serve metrics on 127\.0\.0\.1:\d+: another program listens there/v);
});
