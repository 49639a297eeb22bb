/* Two programs, one recording: what the first one has written is never lost to the second. */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type TestContext} from 'node:test';
import {capture, finished, plainEnvironment, program, run, start} from '../support/program.js';

const folderFor = (context: TestContext): string => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-write-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

/** Resolves when there is such a file; the program under test makes it. */
const until = async (fits: () => boolean): Promise<void> => {
	while (!fits()) {
		await new Promise(resolve => {
			setTimeout(resolve, 20);
		});
	}
};

const sizeOf = (file: string): number => fs.statSync(file, {throwIfNoEntry: false})?.size ?? 0;
const demo = ['--demo', '--events', '--duration', '60'];

test('a file that another program writes is told with who writes it, and stays whole', async context => {
	const file = path.join(folderFor(context), 'watch.pcapng');
	const first = start([...demo, '-w', file]);
	const firstEnd = finished(first);
	await until(() => sizeOf(file) > 1000);
	for (const mode of [['--demo', '--events'], ['-r', capture('seed-basic.pcap'), '--list']]) {
		const {code, stdout, stderr} = await run([...mode, '-w', file]);
		assert.deepEqual([code, stdout], [2, '']);
		assert.equal(stderr, `ipvstop: Cannot record to ${file}: process ${first.pid} (ipvstop) writes it. Stop that, or give another name.\n`);
	}

	first.kill('SIGTERM');
	await firstEnd;
	const {code, stderr} = await run(['--list', '-r', file]);
	assert.deepEqual([code, stderr], [0, '']);
	assert.strictEqual(fs.readFileSync(file).readUInt32LE(0), 0x0a_0d_0d_0a, 'its head is there');
});

test('of programs that start at the same moment at most one takes a name, and the others say so', async context => {
	const file = path.join(folderFor(context), 'watch.pcapng');
	for (const isThere of [false, true]) {
		if (isThere) {
			fs.writeFileSync(file, 'of before');
		}

		const children = Array.from({length: 6}, () => start([...demo, '-w', file]));
		const ends = children.map(async child => finished(child));
		const held = (): number => children.filter(({exitCode}) => exitCode === null).length;
		await until(() => held() === 0 || (held() === 1 && sizeOf(file) > 1000));
		for (const child of children) {
			child.kill('SIGTERM');
		}

		const all = await Promise.all(ends);
		const codes = all.map(({code}) => code);
		assert.ok(codes.filter(code => code === 2).length >= 5, String(codes));
		if (!isThere) {
			assert.equal(codes.filter(code => code === 2).length, 5);
			const {code, stderr} = await run(['--list', '-r', file]);
			assert.deepEqual([code, stderr], [0, '']);
		}

		fs.rmSync(file, {force: true});
	}
});

test('two rotations of one name have each their own files, all of them whole', async context => {
	const folder = folderFor(context);
	const file = path.join(folder, 'watch.pcapng');
	const words = ['-r', capture('failover-kill9.pcap'), '--list', '-w', file, '--write-size', '65536', '--write-files', '100'];
	const both = await Promise.all([run(words), run(words)]);
	assert.deepEqual(both.map(({code, stderr}) => [code, stderr]), [[0, ''], [0, '']]);
	const names = fs.readdirSync(folder);
	assert.ok(names.length >= 4, String(names));
	const packetsOf = (text: string): number => text.trimEnd().split('\n').length;
	const whole = await run(['--records', '-r', capture('failover-kill9.pcap')]);
	let records = 0;
	for (const name of names) {
		const {code, stdout} = await run(['--records', '-r', path.join(folder, name)]);
		assert.equal(code, 0, name);
		records += stdout === '' ? 0 : packetsOf(stdout);
	}

	assert.equal(records, 2 * packetsOf(whole.stdout));
});

test('a rotation keeps the newest files of a capture of the past, and deletes those of earlier runs before its own', async context => {
	const folder = folderFor(context);
	const file = path.join(folder, 'watch.pcapng');
	// Of an earlier run, with a name of a later time.
	const former = path.join(folder, 'watch_20991231T235959Z_00001.pcapng');
	fs.writeFileSync(former, 'of before');
	fs.utimesSync(former, 1e9, 1e9);
	const {code, stderr} = await run(['-r', capture('failover-kill9.pcap'), '--list', '-w', file, '--write-size', '65536', '--write-files', '2']);
	assert.deepEqual([code, stderr], [0, '']);
	const names = fs.readdirSync(folder).sort();
	assert.equal(names.length, 2);
	const [second, last] = await Promise.all(names.map(async name => run(['--list', '--json', '-r', path.join(folder, name)])));
	const timeOf = (text: string): string => (JSON.parse(text.split('\n')[0]!) as {at: string}).at;
	assert.ok(timeOf(second!.stdout) < timeOf(last!.stdout), 'sorted by name is sorted by age');
	const whole = await run(['--list', '--json', '-r', capture('failover-kill9.pcap')]);
	assert.equal(timeOf(last!.stdout), timeOf(whole.stdout), 'the newest is there');
});

test('what comes through stdin is not recorded over, nor where the output goes', context => {
	const folder = folderFor(context);
	const file = path.join(folder, 'x.pcap');
	fs.copyFileSync(capture('seed-basic.pcap'), file);
	const size = sizeOf(file);
	const read = spawnSync('sh', ['-c', '"$0" "$1" --list -r - -w "$2" < "$2"', process.execPath, program, file], {env: plainEnvironment(), encoding: 'utf8'});
	assert.deepEqual([read.status, read.stderr, sizeOf(file)], [2, `ipvstop: Cannot record to ${file}: it is being read. Give another name.\n`, size]);

	const written = spawnSync('sh', ['-c', '"$0" "$1" --list -r "$3" -w "$2" >> "$2"', process.execPath, program, file, capture('v0.pcap')], {env: plainEnvironment(), encoding: 'utf8'});
	assert.equal(written.status, 2);
	assert.match(written.stderr, /the output of this program goes there|\(sh\) writes it/v);
	assert.equal(sizeOf(file), size);
});

test('what the configuration says of recording and triggers holds for live capture only', async context => {
	const folder = folderFor(context);
	const file = path.join(folder, 'service.pcapng');
	const config = path.join(folder, 'config.toml');
	fs.writeFileSync(file, 'what the service records');
	fs.writeFileSync(config, `write = "${file}"\n\n[[triggers]]\non = "event=new"\nexec = "touch ${path.join(folder, 'fired')}"\n`);
	for (const source of [['-r', capture('seed-basic.pcap')], ['--demo', '--duration', '1']]) {
		const {code, stderr} = await run(['--events', '--config', config, ...source]);
		assert.deepEqual([code, stderr], [0, '']);
	}

	assert.equal(fs.readFileSync(file, 'utf8'), 'what the service records');
	const {code} = await run(['--events', '--config', config, '-r', capture('seed-basic.pcap'), '--fire-in-replay']);
	assert.equal(code, 0);
	assert.ok(fs.existsSync(path.join(folder, 'fired')), 'asked for by name');
	const {stdout} = await run(['--print-config', '--config', config]);
	assert.match(stdout, /write = /v);
});
