import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type TestContext} from 'node:test';
import {fileOf} from '../capture/pcap-file.js';
import {hurried} from '../support/hurried.js';
import {createLiveWire, whyNoLiveWire} from '../support/live-wire.js';
import {capture, finished, plainEnvironment, program, run, saying, start, unprivileged, whyNotUnprivileged} from '../support/program.js';

const folderFor = (context: TestContext): string => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-write-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

const rows = (text: string): string[] => text.split('\n').slice(1);

/** Resolves when a file satisfies a condition; the program under test is what changes it. */
const until = async (fits: () => boolean): Promise<void> => {
	while (!fits()) {
		await new Promise(resolve => {
			setTimeout(resolve, 20);
		});
	}
};

const sizeOf = (file: string): number => fs.statSync(file, {throwIfNoEntry: false})?.size ?? 0;

test('what was recorded beside any output gives the same table as the capture itself', async context => {
	const file = path.join(folderFor(context), 'copy.pcapng');
	for (const mode of ['--events', '--records', '--list']) {
		const recorded = await run([mode, '-r', capture('persistence.pcap'), '-w', file]);
		const plain = await run([mode, '-r', capture('persistence.pcap')]);
		assert.deepEqual([recorded.code, recorded.stderr], [0, '']);
		assert.equal(recorded.stdout, plain.stdout);
		const [copy, original] = [await run(['--list', '-r', file]), await run(['--list', '-r', capture('persistence.pcap')])];
		assert.deepEqual(rows(copy.stdout), rows(original.stdout));
		assert.ok(rows(copy.stdout).length > 30);
	}
});

test('-w - is the recording alone, for another program to read', async () => {
	const shell = '"$0" "$1" -r "$2" -w - | "$0" "$1" -r - --list';
	const {stdout, stderr, status} = spawnSync('sh', ['-c', shell, process.execPath, program, capture('persistence.pcap')], {env: plainEnvironment(), encoding: 'utf8'});
	const plain = await run(['--list', '-r', capture('persistence.pcap')]);
	assert.deepEqual([status, stderr], [0, '']);
	assert.equal(stdout, plain.stdout);
});

test('a reader of -w - that goes away ends the program, as it does that of text', async () => {
	const child = start(['--demo', '-w', '-']);
	child.stdout!.once('data', () => {
		child.stdout!.destroy();
	});
	const [code] = await new Promise<[number | null]>(resolve => {
		child.once('exit', exitCode => {
			resolve([exitCode]);
		});
	});
	assert.equal(code, 0);
});

test('text and a recording do not go to the same stdout, and rotation needs a file', async () => {
	const usage = async (...args: string[]) => {
		const {code, stderr} = await run(args);
		assert.equal(code, 2);
		return stderr;
	};

	assert.match(await usage('--demo', '--list', '-w', '-'), /-w - and --list: both would write to stdout/v);
	assert.match(await usage('--demo', '--write-size', '1M'), /go with -w FILE/v);
	assert.match(await usage('--demo', '-w', 'x.pcapng', '--write-files', '3'), /say with --write-size or --write-time/v);
	assert.match(await usage('--demo', '-w', 'x.pcapng', '--write-size', '10'), /a size of at least 64k/v);
	assert.match(await usage('--demo', '-w', '/nowhere/x.pcapng'), /Cannot record to \/nowhere\/x\.pcapng: there is no such directory/v);
});

test('a file that is read is not overwritten', async context => {
	const file = path.join(folderFor(context), 'a.pcap');
	fs.copyFileSync(capture('v0.pcap'), file);
	const {code, stderr} = await run(['--list', '-r', file, '-w', file]);
	assert.equal(code, 2);
	assert.match(stderr, /it is being read/v);
	assert.equal(fs.statSync(file).size, fs.statSync(capture('v0.pcap')).size);
});

test('SIGUSR1 begins a new file where the old one was moved away', async context => {
	const file = path.join(folderFor(context), 'demo.pcapng');
	const child = start(['--demo', '--events', '-w', file]);
	child.stdout!.resume();
	await until(() => sizeOf(file) > 10_000);
	fs.renameSync(file, `${file}.1`);
	child.kill('SIGUSR1');
	await until(() => sizeOf(file) > 500);
	child.kill('SIGTERM');
	const {code} = await finished(child);

	assert.equal(code, 143);
	for (const part of [`${file}.1`, file]) {
		const {code: readable, stderr} = await run(['--records', '-r', part]);
		assert.deepEqual([readable, stderr], [0, '']);
	}
});

test('a recorder killed without warning leaves a file that is read up to its last whole packet', async context => {
	const file = path.join(folderFor(context), 'demo.pcapng');
	const child = start(['--demo', '--events', '-w', file]);
	child.stdout!.resume();
	await until(() => sizeOf(file) > 10_000);
	child.kill('SIGKILL');
	await finished(child);
	const {code, stdout} = await run(['--records', '-r', file]);
	assert.ok(code === 0 || code === 1, String(code));
	assert.ok(stdout.split('\n').length > 100);
});

test('a demo says in the recording that nothing of it was on a wire', async context => {
	const file = path.join(folderFor(context), 'demo.pcapng');
	const child = start(['--demo', '--events', '-w', file]);
	child.stdout!.resume();
	await until(() => sizeOf(file) > 10_000);
	child.kill('SIGTERM');
	await finished(child);
	assert.match(fs.readFileSync(file, 'latin1'), /Simulated by ipvstop --demo/v);
	assert.equal(fs.statSync(file).mode & 0o777, 0o600);
});

const onWire = {skip: whyNoLiveWire() ?? false, timeout: 200_000};

test('what is captured live, and what a joined socket hears, is recorded so that it gives the same table', onWire, async context => {
	const wire = createLiveWire(context);
	const folder = folderFor(context);
	fs.chmodSync(folder, 0o777);
	wire.near('ip addr add 192.168.10.99/24 dev wire0');
	const original = fileOf(context, await hurried(capture('persistence.pcap'), 0.5));
	const {send} = await wire.sender(original);
	const cannot = whyNotUnprivileged();
	const captured = path.join(folder, 'captured.pcapng');
	const joined = path.join(folder, 'joined.pcapng');
	const session = (text: string) => text.split('\n').slice(0, -1).map(line => JSON.parse(line) as Record<string, unknown>)
		.filter(row => ['new', 'state', 'moved'].includes(row['event'] as string))
		.map(row => `${String(row['event'])} ${String(row['client'])}:${String(row['cport'])} ${String(row['state'])} ${String(row['real'])}`);
	const inFile = async (file: string) => {
		const {stdout, code} = await run(['--events', '--json', '-r', `wire0=${file}`]);
		assert.equal(code, 0);
		return session(stdout);
	};

	const expected = await inFile(original);
	assert.ok(expected.length > 100);
	const children = [
		start(['--events', '--json', '-i', 'wire0', '-w', captured], {through: wire.onNear}),
		...(cannot === undefined ? [start(['--events', '--json', '-j', '-w', joined], {through: [...wire.onNear, ...unprivileged]})] : []),
	];
	await wire.joined(children.length);
	await send();
	await Promise.all(children.map(async child => saying(child.stdout!, text => session(text).length >= expected.length)));
	await Promise.all(children.map(async child => {
		child.kill('SIGTERM');
		return finished(child);
	}));

	assert.deepEqual(await inFile(captured), expected);
	if (cannot === undefined) {
		assert.deepEqual(await inFile(joined), expected);
		assert.match(fs.readFileSync(joined, 'latin1'), /headers are synthesised/v);
	}
});

const whyNoTinyDisk = (): string | undefined => {
	const {status} = spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs -o size=64k tmpfs /mnt'], {stdio: 'pipe'});
	return status === 0 ? undefined : 'needs root and a mount namespace to make a small file system';
};

const withDisk = {skip: whyNoTinyDisk() ?? false};

test('a full disk is told, counted and ends nothing else', withDisk, async context => {
	const folder = folderFor(context);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', folder]);
	try {
		const child = start(['--demo', '--events', '-w', path.join(folder, 'demo.pcapng')]);
		const said = await saying(child.stdout!, text => /state=failing[^\n]*no space left on the device/v.test(text) && text.slice(text.indexOf('state=failing')).split('\n').length > 3);
		child.kill('SIGTERM');
		const {stderr, code} = await finished(child);
		assert.match(said, /recording=\S+demo\.pcapng state=failing detail=no space left/v);
		assert.match(stderr, /the recording to \S+demo\.pcapng is not complete \(\d+ packets are missing\): no space left on the device/v);
		assert.equal(code, 143);
		const readable = await run(['--records', '-r', path.join(folder, 'demo.pcapng')]);
		assert.deepEqual([readable.code, readable.stderr], [0, '']);
		assert.ok(readable.stdout.split('\n').length > 10);
	} finally {
		execFileSync('umount', ['-l', folder]);
	}
});

test('files that take turns are bounded in size and number', async context => {
	const folder = folderFor(context);
	const {code, stderr} = await run([
		'--list', '-r', capture('failover-graceful.pcap'), '-r', capture('persistence.pcap'),
		'-w', path.join(folder, 'ring.pcapng'), '--write-size', '64k', '--write-time', '3600', '--write-files', '2',
	]);
	const files = fs.readdirSync(folder).sort();
	assert.deepEqual([code, stderr], [0, '']);
	assert.equal(files.length, 2);
	assert.ok(files.every(file => /^ring_\d{8}T\d{6}Z_\d{5}\.pcapng$/v.test(file) && sizeOf(path.join(folder, file)) < 66_000), files.join(' '));
});
