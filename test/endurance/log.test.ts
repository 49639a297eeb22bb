/* What becomes of a log when its writer is killed, its disk is full, or its folder goes. `IPVSTOP_KILLS=50` kills so often. */
import assert from 'node:assert/strict';
import {execFileSync, spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';
import {test, type TestContext} from 'node:test';
import {indexesOf, openLog} from '../../source/log/folder.js';
import {secondUs} from '../../source/wire/second.js';
import {createSteppingClock} from '../support/stepping-clock.js';
import {runCli} from '../support/run-cli.js';

const cli = fileURLToPath(new URL('../../source/cli.ts', import.meta.url));
const kills = Number(process.env['IPVSTOP_KILLS'] ?? 3);

const folderOf = (context: TestContext): string => {
	const folder = `${fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-log-'))}/`;
	context.after(() => {
		spawnSync('umount', ['-l', folder], {stdio: 'ignore'});
		fs.rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

/** Ends with the test, at the latest. */
const startEvents = (context: TestContext, args: readonly string[], environment = {}): ChildProcess => {
	const child = spawn(process.execPath, [`--import=${import.meta.resolve('tsx')}`, cli, '--events', '--json', ...args], {stdio: ['ignore', 'pipe', 'pipe'], env: {...process.env, ...environment}});
	context.after(() => {
		child.kill('SIGKILL');
	});
	return child;
};

/** A writer that hears two simulated directors. */
const startWriter = (context: TestContext, folder: string, environment = {}): ChildProcess => startEvents(context, ['--demo', '-w', folder], environment);

/** Resolves when the output so far has what is looked for; the rest is passed over. */
const saying = async (child: ChildProcess, isSaid: (text: string) => boolean): Promise<string> => {
	let said = '';
	for await (const chunk of child.stdout!.setEncoding('utf8').iterator({destroyOnReturn: false})) {
		said += String(chunk);
		if (isSaid(said)) {
			break;
		}
	}

	return said;
};

const sizeOf = (folder: string): number => fs.readdirSync(folder).filter(file => file.endsWith('.pcapng')).reduce((sum, file) => sum + fs.statSync(folder + file).size, 0);

test(`killed ${kills} times, a writer goes on each time, and what was written can be read`, async context => {
	const folder = folderOf(context);
	let octets = 0;
	for (let round = 0; round < kills; round++) {
		const writer = startWriter(context, folder);
		// At another moment each time.
		await saying(writer, words => words.length > 20_000 + ((round * 7919) % 50_000));
		const exited = once(writer, 'exit');
		writer.kill('SIGKILL');
		await exited;
		const {code, stdout, stderr} = await runCli(['-r', folder, '--list']);
		assert.deepEqual([code, stderr], [0, ''], `round ${round}`);
		assert.ok(stdout.split('\n').length > 100, `round ${round}`);
		assert.ok(sizeOf(folder) >= octets, `round ${round}`);
		octets = sizeOf(folder);
	}
});

test('a log that is deleted under its writer is told of; the capture goes on', async context => {
	const folder = folderOf(context);
	const writer = startWriter(context, folder);
	await saying(writer, words => words.length > 20_000);
	fs.rmSync(folder, {recursive: true, force: true});
	const said = await saying(writer, words => words.includes('its lock was taken away, or its folder deleted'));
	assert.match(said, /"event":"source".*"state":"failing"/v);
	writer.kill('SIGTERM');
	await once(writer, 'exit');
});

test('a log that is deleted under its reader ends there, and says so; what was read stays', async context => {
	const folder = folderOf(context);
	const writer = startWriter(context, folder);
	await saying(writer, words => words.length > 20_000);
	writer.stdout!.resume();
	const reader = startEvents(context, ['-r', folder]);
	const [complaint, exited] = [text(reader.stderr!), once(reader, 'exit')];
	assert.match(await saying(reader, words => words.length > 20_000), /"event":"new"/v);
	reader.stdout!.resume();
	fs.rmSync(folder, {recursive: true, force: true});
	const [code] = await exited;
	assert.equal(code, 1);
	assert.match(await complaint, /it was deleted|there is no such file/v);
	writer.kill('SIGTERM');
	await once(writer, 'exit');
});

test('a wall clock that is set a day back while nobody writes: the log goes on where it stood', async context => {
	const clock = createSteppingClock(context);
	if (!clock) {
		return;
	}

	const folder = folderOf(context);
	const spans: Array<{readonly firstUs: number; readonly lastUs: number}> = [];
	for (const seconds of [0, -86_400]) {
		clock.setStep(seconds);
		const writer = startWriter(context, folder, clock.environment);
		await saying(writer, words => words.length > 50_000);
		writer.stdout!.resume();
		writer.kill('SIGTERM');
		await once(writer, 'exit');
		const {code, stderr} = await runCli(['-r', folder, '--list']);
		assert.deepEqual([code, stderr], [0, '']);
		const indexes = [...indexesOf(openLog(folder)).values()];
		spans.push({firstUs: indexes[0]!.firstUs, lastUs: indexes.at(-1)!.lastUs});
	}

	assert.equal(spans[1]!.firstUs, spans[0]!.firstUs);
	const onUs = spans[1]!.lastUs - spans[0]!.lastUs;
	assert.ok(onUs > 0 && onUs < 3600 * secondUs, `${onUs} microseconds further`);
});

const withMounts = {skip: spawnSync('unshare', ['-m', 'true'], {stdio: 'pipe'}).status === 0 && process.getuid?.() === 0 ? false : 'needs root to make a small file system'};

test('a full disk is told of, and nothing else stops', withMounts, async context => {
	const folder = folderOf(context);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', folder]);
	const writer = startWriter(context, folder);
	const said = await saying(writer, words => words.includes('no space left on the device'));
	assert.match(said, /"state":"failing"/v);
	writer.kill('SIGTERM');
	await once(writer, 'exit');
	const {code} = await runCli(['-r', folder, '--list']);
	assert.ok(code === 0 || code === 1);
});

test('a folder that may only be read is refused with a reason', withMounts, async context => {
	const folder = folderOf(context);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=1m', 'tmpfs', folder]);
	const writer = startWriter(context, folder);
	const [said, [code]] = await Promise.all([text(writer.stderr!), once(writer, 'exit')]);
	assert.equal(code, 2);
	assert.match(said, /Cannot keep a log in .*: the file system is read-only/v);
});
