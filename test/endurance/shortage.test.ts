/*
The built program when the system has nothing left to give: descriptors, processes, memory. Limits are lowered while it runs,
as they are reached by others; what goes on is the capture.
*/
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import {connect, type Socket} from 'node:net';
import path from 'node:path';
import {once} from 'node:events';
import {text} from 'node:stream/consumers';
import {describe, test} from 'node:test';
import {fileOf} from '../capture/pcap-file.js';
import {rowsOf} from '../support/announcements.js';
import {hurried} from '../support/hurried.js';
import {createLiveWire, whyNoLiveWire} from '../support/live-wire.js';
import {capture, listeningPort, run, unprivileged, whyNotUnprivileged} from '../support/program.js';
import {folderOf} from '../support/rights.js';
import {openTerminal} from '../support/terminal.js';
import {until, watch} from '../support/watch.js';

const whyNoPrlimit = (): string | undefined => spawnSync('prlimit', ['--version']).error ? 'needs prlimit (util-linux)' : undefined;
const onWire = {skip: whyNoPrlimit() ?? whyNoLiveWire() ?? false, timeout: 200_000};

const withLimits = {skip: whyNoPrlimit() ?? false};
const withLimitsOfUser = {skip: whyNoPrlimit() ?? whyNotUnprivileged() ?? false};

const sessionsIn = (said: string): string[] => [...new Set(rowsOf(said).filter(({event}) => event === 'new')
	.map(row => [row['proto'], row['client'], row['cport'], row['virtual'], row['vport'], row['template']].join(' ')))].sort();

const limitFiles = (pid: number, count: number) => {
	execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:4096`]);
};

const openFiles = (pid: number): number => fs.readdirSync(`/proc/${pid}/fd`).length;

test('without a descriptor left, the capture goes on, triggers and recording say why they do not, and all recovers', onWire, async context => {
	const wire = createLiveWire(context);
	const folder = folderOf(context);
	const file = path.join(folder, 'x.pcapng');
	const first = await wire.sender(fileOf(context, await hurried(capture('failover-graceful.pcap'), 0.5)));
	const second = await wire.sender(fileOf(context, await hurried(capture('persistence.pcap'), 0.5)));
	const {child, said} = watch(context, [
		'--events', '--json', '-i', 'wire0', '--pair', '192.168.10.11,192.168.10.12', '-w', file,
		'--on', 'event=state state=close', '--exec', 'true', '--on', 'event=state state=close', '--webhook', 'http://127.0.0.1:9/',
	], {through: wire.onNear});
	await wire.joined(1);
	await until(() => openFiles(child.pid!) > 20 && (fs.statSync(file, {throwIfNoEntry: false})?.size ?? 0) > 0, 'it listens');

	limitFiles(child.pid!, 4);
	fs.renameSync(file, `${file}.1`);
	child.kill('SIGUSR1');
	await until(() => /"recording":"[^"]*","state":"failing"/v.test(said()), 'the recording fails');
	await first.send();
	await until(() => rowsOf(said()).some(({event, trigger, outcome}) => event === 'trigger' && trigger === 'trigger 1' && outcome === 'failed'), 'the trigger fails');
	// Three looks at the interfaces, none of which can be seen.
	await second.send();
	await until(() => said().includes('192.168.10.100') && sessionsIn(said()).length > 400, 'everything is heard');
	await new Promise(resolve => {
		setTimeout(resolve, 2500);
	});
	assert.deepEqual(rowsOf(said()).filter(({event, segment}) => event === 'source' && segment === 'wire0'), []);

	limitFiles(child.pid!, 1024);
	await until(() => /"recording":"[^"]*","state":"up"/v.test(said()), 'the recording recovers');
	child.kill('SIGTERM');
	await once(child, 'exit');
	assert.equal(child.exitCode, 143);
	assert.match(said(), /"outcome":"failed"[^\n]*EMFILE/v);

	const recorded = await run(['--events', '--json', '-r', `wire0=${file}.1`]);
	const rest = await run(['--events', '--json', '-r', `wire0=${file}`]);
	const inFiles = [...new Set([...sessionsIn(recorded.stdout), ...sessionsIn(rest.stdout)])].sort();
	assert.ok(inFiles.length > 400);
	assert.deepEqual(inFiles, sessionsIn(said()), 'nothing that was heard is missing in the recording');
});

test('a command of --via that cannot be started for want of descriptors is tried again', withLimits, async context => {
	const go = path.join(folderOf(context), 'go');
	// Ends when told to; the next one is started in a second.
	const terminal = openTerminal(['--interval', '0.2', '--via', `x=sh -c "cat ${capture('seed-basic.pcap')}; while [ ! -e ${go} ]; do sleep 0.1; done"`], {columns: 160});
	await terminal.until(screen => screen.includes('192.168.10.100:80/tcp'));
	limitFiles(terminal.pid, 4);
	fs.writeFileSync(go, '');
	await terminal.until(screen => screen.includes('TROUBLE x failed: this process may open no more files; again in'));
	limitFiles(terminal.pid, 1024);
	// The command works again: what it says is what it said before.
	await terminal.until(screen => screen.includes('TROUBLE x failed: ended with exit code 0; again in'));
	terminal.type('q');
	assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
});

test('without a process left, triggers say so and the events go on', withLimitsOfUser, async context => {
	const {child, said} = watch(context, ['--events', '--json', '--demo', '--on', 'event=state', '--exec', 'true', '--on-rate', '20/s', '--fire-in-replay'], {through: unprivileged});
	const outcomes = (outcome: string) => said().split('"event":"trigger"').filter(line => line.startsWith(`,"trigger":"trigger 1","outcome":"${outcome}"`)).length;
	await until(() => outcomes('ok') > 0, 'it runs');
	const [command, ...words] = [...unprivileged, 'prlimit', '--pid', String(child.pid), '--nproc=1:1'];
	execFileSync(command!, words);
	await until(() => outcomes('failed') > 5, 'they fail');
	const sessions = sessionsIn(said()).length;
	await until(() => sessionsIn(said()).length > sessions + 20, 'events go on');
	child.kill('SIGTERM');
	const [stderr] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
	assert.equal(child.exitCode, 143);
	assert.ok(rowsOf(said()).some(({outcome, detail}) => outcome === 'failed' && String(detail).includes('EAGAIN')));
	assert.match(stderr, /trigger 1 \(event=state\): .*failed last with: [^\n]*EAGAIN/v);
});

describe('a limit that is too low from the start is named in a line, not in a stack', () => {
	test('of memory, for the table', async () => {
		const {code, stdout, stderr} = await run(['--demo', '--list', '--max-sessions', '50000000'], {through: ['bash', '-c', 'ulimit -v 4000000; exec "$0" "$@"']});
		// Before the start or in the thread, depending on how much address space a version of Node reserves for itself.
		assert.ok(code === 1 || code === 2, stderr);
		assert.equal(stdout, '');
		assert.match(stderr, /^ipvstop: [^\n]* memory[^\n]* a smaller number to --max-sessions[^\n]*\n$/v);
	});

	test('of descriptors, while the program is loaded', async () => {
		// Where exactly it runs out depends on the version of Node: one of these is while our own files are read.
		const results = await Promise.all([22, 24, 26, 28, 30].map(async limit => run(['--demo', '--list', '--duration', '0.2'], {through: ['bash', '-c', `ulimit -n ${limit}; exec "$0" "$@"`]})));
		for (const {code, stderr} of results) {
			assert.ok(code === 0 || /^ipvstop: [^\n]*(?:EMFILE|ulimit -n)[^\n]*\n$/v.test(stderr), stderr);
		}
	});
});

test('scrapers that hang, send nothing, half a request, or many at once and read nothing, end by themselves and stop nothing else', async context => {
	const {child, said} = watch(context, ['--demo', '--events', '--json', '--metrics', '0']);
	await until(() => said() !== '', 'it runs');
	const port = listeningPort(child.pid!);
	const sockets: Socket[] = [];
	for (let index = 0; index < 60; index++) {
		const socket = connect(port, '127.0.0.1').on('error', () => undefined);
		sockets.push(socket);
		// Nobody reads what comes.
		socket.pause();
		const request = ['', 'GET /metrics HTTP/1.1\r\nHost: x\r\nX-', 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20_000)][index % 3]!;
		socket.write(request);
		await once(socket, 'connect');
	}

	const before = said().length;
	const files = openFiles(child.pid!);
	assert.ok(files < 100, `${files} descriptors`);
	const startedMs = performance.now();
	let status = 0;
	while (status !== 200) {
		status = await scrape(port);
	}

	context.diagnostic(`a scrape is answered ${((performance.now() - startedMs) / 1000).toFixed(1)} s after 60 hanging ones`);
	await until(() => said().length > before, 'events go on');
	const resident = Number(/^VmRSS:\s+(?<kib>\d+)/mv.exec(fs.readFileSync(`/proc/${child.pid!}/status`, 'utf8'))!.groups!['kib']) / 1024;
	assert.ok(resident < 250, `${resident} MiB resident`);
	for (const socket of sockets) {
		socket.destroy();
	}

	child.kill('SIGTERM');
	await once(child, 'exit');
});

/** The HTTP status of a scrape, 0 when it is not taken. */
const scrape = async (port: number): Promise<number> => {
	try {
		const {status} = await fetch(`http://127.0.0.1:${port}/metrics`);
		return status;
	} catch {
		return 0;
	}
};
