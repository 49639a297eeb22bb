/* What the program writes when it cannot be written: sessions that are saved with `w`, and recordings whose folder goes. */
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {test, type TestContext} from 'node:test';
import {text} from 'node:stream/consumers';
import {capture, run} from '../support/program.js';
import {folderOf} from '../support/rights.js';
import {openTerminal, standsStill} from '../support/terminal.js';
import {until, watch} from '../support/watch.js';

const whyNoDisk = (): string | undefined => {
	const {status} = spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs -o size=64k tmpfs /mnt'], {stdio: 'pipe'});
	return status === 0 ? undefined : 'needs root and a mount namespace to make a small file system';
};

const withDisk = {skip: whyNoDisk() ?? false};

/** A file system of its own. */
const diskOf = (context: TestContext, options: string): string => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-disk-'));
	execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
	context.after(() => {
		execFileSync('umount', ['-l', folder]);
		fs.rmdirSync(folder);
	});
	return folder;
};

for (const [how, options, words] of [['is full', 'size=32k', /cannot write ipvstop-\S+: ENOSPC/v], ['may only be read', 'size=1m,ro', /cannot write ipvstop-\S+: EROFS/v]] as const) {
	test(`sessions saved on a disk that ${how}: the screen says so, no half of a file is left, and all else goes on`, withDisk, async context => {
		const folder = diskOf(context, options);
		const terminal = openTerminal(['-r', capture('persistence.pcap'), '--speed', 'max'], {columns: 140, through: ['sh', '-c', `cd ${folder} && exec "$0" "$@"`]});
		await terminal.until(standsStill);
		terminal.type('w');
		await terminal.until(screen => words.test(screen));
		assert.deepEqual(fs.readdirSync(folder), []);
		terminal.type('6');
		await terminal.until(screen => screen.includes('newest first'));
		terminal.type('Q');
		assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
	});
}

test('a recording whose folder is removed says so when it needs another file, keeps what it hears, and writes it when the folder is back', async context => {
	const folder = path.join(folderOf(context), 'recordings');
	const file = path.join(folder, 'x.pcapng');
	fs.mkdirSync(folder);
	const {child, said} = watch(context, ['--demo', '--events', '--json', '-w', file]);
	await until(() => (fs.statSync(file, {throwIfNoEntry: false})?.size ?? 0) > 1000, 'it records');
	fs.rmSync(folder, {recursive: true});
	child.kill('SIGUSR1');
	await until(() => said().includes('"state":"failing","detail":"there is no such directory"'), 'it says so');
	fs.mkdirSync(folder);
	await until(() => /"recording":"[^"]+","state":"up"/v.test(said()), 'it goes on');
	child.kill('SIGTERM');
	const [stderr] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
	assert.deepEqual([child.exitCode, stderr], [143, '']);
	const {code, stdout} = await run(['--records', '-r', file]);
	assert.equal(code, 0);
	assert.ok(stdout.includes('\n'));
});

test('a recording that may not grow is as a full disk: named, counted, and readable up to there', async context => {
	const file = path.join(folderOf(context), 'x.pcapng');
	const {child, said} = watch(context, ['--demo', '--events', '--json', '-w', file], {through: ['bash', '-c', 'ulimit -f 32; exec "$0" "$@"']});
	await until(() => said().includes('"state":"failing","detail":"it is larger than files may be"'), 'it says so');
	const lines = said().length;
	await until(() => said().length > lines, 'events go on');
	child.kill('SIGTERM');
	const [stderr] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
	assert.equal(child.exitCode, 143);
	assert.match(stderr, /the recording to \S+ is not complete \(\d+ packets are missing\): it is larger than files may be/v);
	assert.ok(fs.statSync(file).size <= 32 * 1024);
	const {code, stderr: problems} = await run(['--records', '-r', file]);
	assert.deepEqual([code, problems], [0, '']);
});
