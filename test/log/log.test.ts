import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {appendFileSync, chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, unlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {after} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import {takeLock, writerOf} from '../../source/log/lock.js';
import {createLiveWire, whyNoLiveWire} from '../support/live-wire.js';
import {finished, run, saying, start, unprivileged, whyNotUnprivileged} from '../support/program.js';
import {runCli} from '../support/run-cli.js';
import {openTerminal} from '../support/terminal.js';

const capture = path.join(import.meta.dirname, '../captures/failover-preempt.pcap');
const root = mkdtempSync(path.join(tmpdir(), 'ipvstop-log-'));
after(() => {
	rmSync(root, {recursive: true});
});

const folderOf = (name: string): string => `${path.join(root, name)}/`;

/** A log of the capture: a segment ends at each takeover. */
const made = folderOf('made');
const makeLog = async () => {
	const {code, stderr} = await runCli(['-r', capture, '-w', made, '--list']);
	assert.deepEqual([code, stderr], [0, '']);
};

const octetsOf = (file: string): Buffer | undefined => existsSync(file) ? readFileSync(file) : undefined;

const copyOf = (name: string): string => {
	const folder = folderOf(name);
	cpSync(made, folder, {recursive: true});
	return folder;
};

/** Lines of events but of the source, whose place has another name in a log. */
const eventsOf = async (...args: string[]) => {
	const {code, stdout, stderr} = await runCli([...args, '--events', '--json']);
	return {code, stderr, lines: stdout.split('\n').filter(line => line !== '' && !line.includes('"event":"source"'))};
};

test('a log says what was heard: the same list, records and events', async () => {
	await makeLog();
	assert.ok(readdirSync(made).filter(file => file.endsWith('.checkpoint')).length >= 2, 'a takeover ends a segment');
	assert.equal(statSync(made).mode & 0o7777, 0o2750);
	assert.ok(readdirSync(made).every(file => (statSync(made + file).mode & 0o777) === 0o640));
	for (const mode of ['--list', '--records']) {
		const file = await runCli(['-r', capture, mode, '--json']);
		const log = await runCli(['-r', made, mode, '--json']);
		assert.equal(log.stdout.replaceAll(/"source":"[^"]*"/gv, ''), file.stdout.replaceAll(/"source":"[^"]*"/gv, ''), mode);
		assert.equal(log.code, 0);
	}

	assert.deepEqual(await eventsOf('-r', made), await eventsOf('-r', capture));
});

test('a moment is reached from the nearest checkpoint', async () => {
	for (const at of ['+30', '+100', '+170']) {
		const file = await runCli(['-r', capture, '--list', '--at', at]);
		const log = await runCli(['-r', made, '--list', '--at', at]);
		assert.equal(log.stdout, file.stdout, at);
	}
});

test('events since a time are those that come after it', async () => {
	const {lines} = await eventsOf('-r', made);
	const since = (JSON.parse(lines[Math.floor(lines.length / 2)]!) as {time: string}).time;
	const {lines: later} = await eventsOf('-r', made, '--since', since.replace(/\.\d+Z/v, 'Z'));
	assert.ok(later.length > 0 && later.length < lines.length);
	assert.ok(later.every(line => (JSON.parse(line) as {time: string}).time >= since.slice(0, 19)));
});

test('what is recorded of a log begins where --since says, not at the checkpoint before', async () => {
	const since = '2026-11-22T18:56:00Z';
	const file = path.join(root, 'since.pcapng');
	const {code} = await runCli(['-r', made, '--records', '--since', since, '-w', file]);
	assert.equal(code, 0);
	const recorded = await runCli(['-r', file, '--records', '--json']);
	const expected = await runCli(['-r', made, '--records', '--json', '--since', since]);
	assert.notStrictEqual(expected.stdout, '');
	assert.equal(recorded.stdout.replaceAll(/"segment":"[^"]*"/gv, ''), expected.stdout.replaceAll(/"segment":"[^"]*"/gv, ''));
});

test('a log may be kept of a log that is looked at', async () => {
	const copy = folderOf('of-a-log');
	const {code, stdout} = await runCli(['-r', made, '-w', copy, '--list', '--sort', 'client']);
	const whole = await runCli(['-r', made, '--list', '--sort', 'client']);
	assert.deepEqual([code, stdout], [0, whole.stdout]);
	assert.ok(readdirSync(copy).some(file => file.endsWith('.pcapng')));
});

test('a torn segment is read up to where it is whole, and the next one goes on', async () => {
	const folder = copyOf('torn');
	truncateSync(`${folder}00000001.pcapng`, statSync(`${folder}00000001.pcapng`).size - 13);
	const {code, stdout, stderr} = await runCli(['-r', folder, '--list']);
	const whole = await runCli(['-r', made, '--list']);
	assert.equal(stdout, whole.stdout);
	assert.deepEqual([code, stderr], [0, '']);
	const {code: told, stderr: why} = await eventsOf('-r', folder);
	assert.equal(told, 1);
	assert.match(why, /segment 1 ends inside a block\. What could be read was read/v);
});

const hostile: Array<readonly [name: string, harm: (folder: string) => void, said: RegExp]> = [
	['a bent checkpoint', folder => {
		const file = readdirSync(folder).findLast(one => one.endsWith('.checkpoint'))!;
		appendFileSync(folder + file, 'x');
	}, /checkpoint of segment \d+ is cut, or longer than it says/v],
	['a checkpoint of another version', folder => {
		const file = readdirSync(folder).findLast(one => one.endsWith('.checkpoint'))!;
		const octets = readFileSync(folder + file);
		octets[8] = 77;
		writeFileSync(folder + file, octets);
	}, /checkpoint of segment \d+ is of another version of the program/v],
	['a symbolic link', folder => {
		const file = readdirSync(folder).findLast(one => one.endsWith('.checkpoint'))!;
		unlinkSync(folder + file);
		symlinkSync('/dev/zero', folder + file);
	}, /checkpoint: it is a symbolic link/v],
	['a folder in the place of a file', folder => {
		const file = readdirSync(folder).findLast(one => one.endsWith('.checkpoint'))!;
		unlinkSync(folder + file);
		mkdirSync(folder + file);
	}, /checkpoint is no file/v],
	['a FIFO that nobody writes to', folder => {
		const file = readdirSync(folder).findLast(one => one.endsWith('.checkpoint'))!;
		unlinkSync(folder + file);
		assert.equal(spawnSync('mkfifo', [folder + file]).status, 0);
	}, /checkpoint is no file/v],
	...(process.getuid?.() === 0
		? [['a file of another user', (folder: string) => {
			const file = readdirSync(folder).findLast(one => one.endsWith('.checkpoint'))!;
			chownSync(folder + file, 65_534, 65_534);
		}, /checkpoint belongs to user 65534, the log to 0/v] as const]
		: []),
	['no checkpoint at all', folder => {
		for (const file of readdirSync(folder).filter(one => one.endsWith('.checkpoint'))) {
			unlinkSync(folder + file);
		}
	}, /^$/v],
	['a bent index', folder => {
		for (const file of readdirSync(folder).filter(one => one.endsWith('.json'))) {
			writeFileSync(folder + file, '{"version":1,"firstUs":"x"}');
		}
	}, /^$/v],
];

for (const [name, harm, said] of hostile) {
	test(`${name} is passed over: the rest of the log gives the same table`, async () => {
		const folder = copyOf(name.replaceAll(' ', '-'));
		harm(folder);
		const {stdout, stderr} = await runCli(['-r', folder, '--list']);
		const whole = await runCli(['-r', made, '--list']);
		assert.equal(stdout, whole.stdout);
		assert.match(stderr, said);
	});
}

test('one writer at a time; who was killed leaves no lock behind', async () => {
	const folder = folderOf('locked');
	mkdirSync(folder);
	assert.equal(await writerOf(folder), undefined);
	const lock = await takeLock(folder);
	assert.ok(typeof lock === 'object' && lock.isHeld());
	assert.match(await writerOf(folder) ?? '', new RegExp(`^process ${process.pid} since `, 'v'));
	const {code, stderr} = await runCli(['-r', capture, '-w', folder, '--list']);
	assert.equal(code, 2);
	assert.match(stderr, /is being written by process \d+ since /v);
	lock.release();
	assert.equal(await writerOf(folder), undefined);
	// What a killed process leaves: a socket on which nobody listens.
	spawnSync(process.execPath, ['-e', `require('node:net').createServer().listen(${JSON.stringify(`${folder}lock`)}, () => process.kill(process.pid, 'SIGKILL'))`]);
	assert.ok(readdirSync(folder).includes('lock'));
	const next = await takeLock(folder);
	assert.ok(typeof next === 'object' && next.isHeld());
	next.release();
});

test('a log is bounded: the oldest segments go first', async () => {
	const folder = folderOf('bounded');
	for (let round = 0; round < 3; round++) {
		const {code} = await runCli(['-r', capture, '-w', folder, '--write-size', '700k', '--write-age', '1000d', '--list']);
		assert.equal(code, 0);
	}

	const files = readdirSync(folder);
	const octets = files.reduce((sum, file) => sum + statSync(folder + file).size, 0);
	assert.ok(octets <= 700 * 1024, `${octets} octets`);
	assert.ok(!files.includes('00000001.pcapng'), files.join(' '));
});

test('a log that is being written is followed for as long as --duration says', async () => {
	const folder = copyOf('followed');
	const lock = await takeLock(folder);
	if (typeof lock === 'string') {
		assert.fail(lock);
	}

	for (const mode of ['--events', '--records']) {
		// It would go on for ever.
		const {code} = await runCli(['-r', folder, mode, '--duration', '0.5']);
		assert.equal(code, 0, mode);
	}

	lock.release();
});

test('without a source, the log of the service is opened while it is being written', async () => {
	const folder = copyOf('service');
	const lock = await takeLock(folder);
	if (typeof lock === 'string') {
		assert.fail(lock);
	}

	const {code, stdout} = await runCli(['--log', folder, '--list']);
	lock.release();
	const whole = await runCli(['-r', made, '--list']);
	assert.deepEqual([code, stdout], [0, whole.stdout]);
});

test('that nobody writes the log of the service is said', async () => {
	const {stderr} = await runCli(['--log', made, '--list', '--duration', '0']);
	assert.match(stderr, /the log of the service \(.*made\/\) is not being written; -r .*made\/ opens what it holds; this listens anew/v);
});

test('what cannot be read of a log that is being written is said while it is followed, in text and on a screen', async context => {
	const folder = copyOf('damaged-live');
	const last = readdirSync(folder).findLast(one => one.endsWith('.pcapng'))!;
	const octets = readFileSync(folder + last);
	octets.writeUInt32LE(13, octets.readUInt32LE(4) + 4); // The length of its second block.
	writeFileSync(folder + last, octets);
	const lock = await takeLock(folder);
	if (typeof lock === 'string') {
		assert.fail(lock);
	}

	context.after(() => {
		lock.release();
	});
	const child = start(['--no-config', '--events', '-r', folder]);
	child.stdout!.resume();
	await saying(child.stderr!, text => /damaged-live\/: segment \d+ .+\. What could be read was read\.\n/v.test(text));
	child.kill('SIGTERM');
	const terminal = openTerminal(['--no-config', '-r', folder]);
	await terminal.until(screen => /^TROUBLE damaged-live\/: segment \d+ /mv.test(screen));
	terminal.type('q');
	await terminal.exit;
});

test('a log that may not be read says who may', async () => {
	const {code, stderr} = await runCli(['-r', folderOf('nowhere'), '--list']);
	assert.equal(code, 2);
	assert.match(stderr, /Cannot read the log .*nowhere\/: there is no such file\.\n$/v);
});

const asNobody = {skip: process.getuid?.() === 0 ? whyNotUnprivileged() ?? false : 'needs root, to be somebody else'};

test('who is not in the group of a log is told which one that is', asNobody, async () => {
	const folder = copyOf('closed');
	chmodSync(root, 0o755);
	chmodSync(folder, 0o2750);
	const {code, stdout, stderr} = await run(['-r', folder, '--list'], {through: unprivileged});
	assert.deepEqual([code, stdout], [2, '']);
	assert.match(stderr, /Cannot read the log .*closed\/: permission denied\. It is read by the members of the group root\./v);
});

const live = {skip: whyNoLiveWire() ?? false, timeout: 200_000};

test('the host that listens is no director in its log: its own group reports say nothing, as live', live, async context => {
	const folder = folderOf('own');
	const wire = createLiveWire(context);
	const writer = start(['--no-config', '-i', 'wire0', '-w', folder, '--events', '--json'], {through: wire.onNear});
	const end = finished(writer);
	context.after(() => {
		writer.kill('SIGKILL');
	});
	// Its report, from its address to that of all routers that understand version 3.
	const report = Buffer.from([10, 9, 9, 2, 224, 0, 0, 22]);
	while (octetsOf(`${folder}00000001.pcapng`)?.includes(report) !== true) {
		await delay(20);
	}

	writer.kill('SIGTERM');
	const {stdout} = await end;
	const read = await runCli(['-r', folder, '--events', '--json']);
	assert.doesNotMatch(stdout, /10\.9\.9\.2/v);
	assert.doesNotMatch(read.stdout, /10\.9\.9\.2/v);
});
