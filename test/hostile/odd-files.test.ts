/* What is given to -r may be anything, and may change while it is read. */
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {appendFileSync, chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type TestContext} from 'node:test';
import {gzipSync} from 'node:zlib';
import {openChunks} from '../../source/capture/replay/chunks.js';
import {createCaptureStream} from '../../source/capture/replay/capture-stream.js';
import {capture, finished, run, saying, start, unprivileged, whyNotUnprivileged} from '../support/program.js';
import {block, interfaceOf, sectionOf} from '../support/pcapng-file.js';
import {openTerminal, standsStill} from '../support/terminal.js';

const whole = readFileSync(capture('seed-basic.pcap'));

const folderOf = (context: TestContext): string => {
	const folder = mkdtempSync(join(tmpdir(), 'ipvstop-test-'));
	context.after(() => {
		rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

/** Where each record begins, and the end. */
const recordStarts = (octets: Buffer): number[] => {
	const starts = [];
	let at = 24;
	for (; at + 16 <= octets.length; at += 16 + octets.readUInt32LE(at + 8)) {
		starts.push(at);
	}

	return [...starts, at];
};

const starts = recordStarts(whole);

/** The same capture with its records changed. */
const changed = (change: (record: Buffer, index: number, count: number) => Buffer | void): Buffer => Buffer.concat([
	whole.subarray(0, 24),
	...starts.slice(0, -1).map((from, index) => {
		const record = Buffer.from(whole.subarray(from, starts[index + 1]));
		return change(record, index, starts.length - 1) ?? record;
	}),
]);

test('each odd file ends with the exit code that is documented and one line that says what it is', async context => {
	const folder = folderOf(context);
	const cases: ReadonlyArray<readonly [name: string, content: Buffer | string, code: number, said: RegExp | readonly RegExp[] | '']> = [
		['empty', '', 2, /it is empty/v],
		['one octet', whole.subarray(0, 1), 2, /it starts with d4, /v],
		['three octets', whole.subarray(0, 3), 2, /it starts with d4 c3 b2, /v],
		['magic only', whole.subarray(0, 4), 1, /ends at octet 4, inside the record that starts at octet 0/v],
		['half a header', whole.subarray(0, 23), 1, /ends at octet 23/v],
		['header only', whole.subarray(0, 24), 0, /no packets in that file/v],
		['half a record header', whole.subarray(0, 30), 1, /ends at octet 30, inside the record that starts at octet 24/v],
		['text', 'this is no capture\n', 2, /\(text\), which is neither pcap nor pcapng/v],
		['ELF', readFileSync(process.execPath).subarray(0, 4096), 2, /it starts with 7f 45 4c 46/v],
		['PNG', Buffer.from('89504e470d0a1a0a', 'hex'), 2, /it starts with 89 50 4e 47/v],
		['gzip of text', gzipSync('this is no capture'), 2, /\(text\)/v],
		['gzip of gzip', gzipSync(gzipSync(whole)), 2, /\(gzip once more\)/v],
		['gzip cut', gzipSync(whole).subarray(0, 900), 1, /the compressed data ends too early/v],
		['gzip damaged', Buffer.concat([gzipSync(whole).subarray(0, -8), Buffer.alloc(8, 0xa5)]), 1, /the compressed data has a wrong checksum/v],
		['unknown link type', Buffer.concat([whole.subarray(0, 20), Buffer.from([0x0f, 0x27, 0, 0]), whole.subarray(24)]), 0, /packets, none of them an IPVS sync message \(263 refused: link-type\)/v],
		['captured length of 4 GB', changed((record, index) => {
			if (index === 20) {
				record.writeUInt32LE(0xff_ff_ff_ff, 8);
			}
		}), 1, /claims a frame of 4294967295 octets at octet \d+, where at most 262144 are possible/v],
		['records without octets', changed(record => Buffer.concat([record.subarray(0, 8), Buffer.alloc(8)])), 0, /none of them an IPVS sync message/v],
		['original length below the captured one', changed(record => {
			record.writeUInt32LE(1, 12);
		}), 0, ''],
		['times that run backwards', changed((record, index) => {
			record.writeUInt32LE(record.readUInt32LE(0) - (index * 5), 0);
		}), 0, [/the clock steps back by 9 s/v, /the clock steps back by 8 s/v, /the clock steps back by 9 s/v, /: 127 further steps of its clock/v]],
		['the year 1970, then 2106', changed((record, index, count) => {
			record.writeUInt32LE(index < count / 2 ? 0 : 0xff_ff_ff_ff, 0);
		}), 0, /the time goes on by 49710 days/v],
		['the year 2106, then 1970', changed((record, index, count) => {
			record.writeUInt32LE(index < count / 2 ? 0xff_ff_ff_ff : 0, 0);
		}), 0, /the clock steps back by 49710 days to 1970/v],
		['microseconds beyond a second', changed(record => {
			record.fill(0xff, 4, 8);
		}), 0, ''],
		['a block of 4 GB that nobody knows', Buffer.concat([sectionOf(), block(0x0b_ad, Buffer.alloc(4096), 0xff_ff_ff_fc)]), 1, /inside the block that starts at octet 28/v],
		['a packet block of 4 GB', Buffer.concat([sectionOf(), interfaceOf(), block(6, Buffer.alloc(4096), 0xff_ff_ff_fc)]), 1, /claims to be 4294967292 octets long/v],
		['a packet of an interface that was not described', Buffer.concat([sectionOf(), block(6, Buffer.alloc(24))]), 1, /interface 0, which was not described/v],
		['a block of 8 octets', Buffer.concat([sectionOf(), block(6, Buffer.alloc(24), 8)]), 1, /claims to be 8 octets long/v],
	];
	const check = async ([name, content, code, said]: (typeof cases)[number], index: number) => {
		const path = join(folder, `capture-${index}`);
		writeFileSync(path, content);
		const result = await run(['--list', '-r', path]);
		assert.equal(result.code, code, `${name}: ${result.stderr}`);
		if (said === '') {
			assert.equal(result.stderr, '', name);
		} else {
			const lines = result.stderr.split('\n');
			const each = [said].flat();
			assert.equal(lines.length, each.length + 1, `${name}: ${result.stderr}`);
			assert.equal(lines.pop(), '', name);
			for (const [place, expected] of each.entries()) {
				assert.match(lines[place]!, expected, name);
				assert.match(lines[place]!, /^ipvstop: ./v, name);
			}
		}

		assert.equal(result.stdout.startsWith('IPVS connection entries'), code !== 2, name);
	};

	// Two at a time: most of a run is its start.
	for (let index = 0; index < cases.length; index += 2) {
		await Promise.all(cases.slice(index, index + 2).map(async (one, offset) => check(one, index + offset)));
	}
});

test('what is no file at all is refused in one line', async context => {
	const folder = folderOf(context);
	mkdirSync(join(folder, 'folder'));
	symlinkSync('loop', join(folder, 'loop'));
	symlinkSync('nothing', join(folder, 'dangling'));
	const server = createServer();
	await new Promise<void>(resolve => {
		server.listen(join(folder, 'socket'), resolve);
	});
	context.after(() => {
		server.close();
	});
	const cases: ReadonlyArray<readonly [path: string, said: RegExp]> = [
		[join(folder, 'folder'), /it is a directory/v], [join(folder, 'loop'), /symbolic links lead round in a circle/v], [join(folder, 'dangling'), /there is no such file/v],
		[join(folder, 'socket'), /it is a device without data/v], ['/dev/zero', /it starts with 00 00/v], ['/dev/full', /it starts with 00 00/v], ['/dev/null', /it is empty/v],
		[join(capture('seed-basic.pcap'), 'x'), /a part of its path is no directory/v],
	];
	for (const [path, said] of cases) {
		const {code, stdout, stderr} = await run(['--list', '-r', path]);
		assert.deepEqual([code, stdout], [2, ''], path);
		assert.match(stderr, said);
	}
});

test('what is no configuration is refused in one line, without being read to an end that may not be', async context => {
	const folder = folderOf(context);
	mkdirSync(join(folder, 'folder'));
	writeFileSync(join(folder, 'sparse'), '');
	truncateSync(join(folder, 'sparse'), 50_000_000_000);
	writeFileSync(join(folder, 'packed'), gzipSync('ascii = true\n'));
	writeFileSync(join(folder, 'deep'), `a = ${'['.repeat(300_000)}`);
	writeFileSync(join(folder, 'largest'), `# ${'é'.repeat(524_286)}\nascii = true\n`);
	symlinkSync('loop', join(folder, 'loop'));
	const cases: ReadonlyArray<readonly [path: string, said: RegExp]> = [
		['/dev/zero', /larger than 1 MiB/v], ['/dev/urandom', /larger than 1 MiB/v], [join(folder, 'sparse'), /larger than 1 MiB/v], [join(folder, 'largest'), /larger than 1 MiB/v],
		[join(folder, 'folder'), /this is a directory/v], [join(folder, 'packed'), /:1: not TOML/v], [join(folder, 'deep'), /:1: not TOML: .*nested/v], [join(folder, 'loop'), /ELOOP/v],
	];
	for (const [path, said] of cases) {
		const {code, stdout, stderr} = await run(['--list', '--config', path, '-r', capture('v0.pcap')]);
		assert.deepEqual([code, stdout], [2, ''], path);
		assert.match(stderr, said);
		assert.match(stderr, /^ipvstop: [^\n]+\n$/v, path);
	}

	const empty = await run(['--print-config', '--config', '/dev/null']);
	assert.deepEqual([empty.code, empty.stderr], [0, '']);
	// A pipe has no size, and an end.
	const piped = await run(['--print-config'], {through: ['bash', '-c', '"$0" "$@" --config <(echo "ascii = true")']});
	assert.deepEqual([piped.code, piped.stderr], [0, '']);
	assert.match(piped.stdout, /^ascii = true$/mv);
});

const withoutRoot = {skip: whyNotUnprivileged() ?? false};

test('what may not be read is refused with the reason, as a capture and as a configuration', withoutRoot, async context => {
	const folder = folderOf(context);
	chmodSync(folder, 0o755);
	const path = join(folder, 'secret');
	writeFileSync(path, whole, {mode: 0});
	for (const args of [['-r', path], ['--config', path, '-r', capture('v0.pcap')]]) {
		const {code, stdout, stderr} = await run(['--list', ...args], {through: unprivileged});
		assert.deepEqual([code, stdout], [2, ''], args.join(' '));
		assert.match(stderr, /^ipvstop: Cannot read [^\n]+secret: permission denied[^\n]*\n$/v);
	}
});

test('every prefix of a capture gives all records that are whole, and says where it is cut', async () => {
	const prefix = whole.subarray(0, starts[12]);
	for (let length = 0; length <= prefix.length; length++) {
		let given = false;
		const stream = createCaptureStream({
			async read() {
				const piece = given ? undefined : prefix.subarray(0, length);
				given = true;
				return piece && piece.length > 0 ? piece : undefined;
			},
			close() {},
		}, 0);
		let packets = 0;
		for (let found = stream.next(); found !== 'end'; found = stream.next()) {
			if (found === 'packet') {
				packets++;
			} else {
				await stream.more();
			}
		}

		const isWhole = starts.includes(length);
		assert.equal(packets, Math.max(0, starts.filter(from => from <= length).length - 1), `${length} octets`);
		assert.equal(stream.problem?.kind, length < 4 ? 'alien' : (isWhole ? undefined : 'cut'), `${length} octets`);
	}
});

test('a file that a capture is still being written to is read to its present end, also behind what was there at first', async context => {
	const path = join(folderOf(context), 'growing.pcap');
	writeFileSync(path, whole.subarray(0, starts[100]! + 7));
	const stream = createCaptureStream(await openChunks(path), 0);
	let packets = 0;
	let found = stream.next();
	for (; packets < 100; found = stream.next()) {
		if (found === 'packet') {
			packets++;
		} else {
			await stream.more();
		}
	}

	assert.equal(found, 'wait');
	appendFileSync(path, whole.subarray(starts[100]! + 7));
	for (; found !== 'end'; found = stream.next()) {
		if (found === 'packet') {
			packets++;
		} else {
			await stream.more();
		}
	}

	assert.equal(packets, starts.length - 1);
	assert.equal(stream.problem, undefined);
});

test('a file that is shortened while it is read says so; one that is removed is read to its end', async context => {
	const folder = folderOf(context);
	const ends: string[] = [];
	for (const [name, change] of [['rotated.pcap', (path: string) => {
		truncateSync(path, 0);
	}], ['removed.pcap', unlinkSync]] as const) {
		const path = join(folder, name);
		writeFileSync(path, whole);
		const stream = createCaptureStream(await openChunks(path), 0);
		await stream.more();
		change(path);
		let packets = 0;
		for (let found = stream.next(); found !== 'end'; found = stream.next()) {
			if (found === 'packet') {
				packets++;
			} else {
				await stream.more();
			}
		}

		assert.equal(packets, starts.length - 1);
		ends.push(stream.problem?.problem ?? '');
	}

	assert.deepEqual(ends, [`cannot be read any further: it was shortened to 0 octets when ${whole.length} had been read`, '']);
});

test('a named pipe that nobody writes to is waited for, and Ctrl-C ends the waiting', async context => {
	const path = join(folderOf(context), 'pipe');
	execFileSync('mkfifo', [path]);
	const terminal = openTerminal(['-r', path]);
	// It has started once it holds the pipe: only then can somebody open it for writing without waiting.
	const writer = openSync(path, 'w');
	terminal.type('\u0003');
	assert.deepEqual(await terminal.exit, {exitCode: 130, signal: undefined});
	closeSync(writer);

	const child = start(['--events', '-r', path]);
	const later = openSync(path, 'w');
	writeFileSync(later, whole);
	await saying(child.stdout!, text => text.includes('new'));
	closeSync(later);
	const {code} = await finished(child);
	assert.equal(code, 0);
});

test('the screen shows what a broken file still holds, why it ends there, and q leaves with that word', async context => {
	const folder = folderOf(context);
	const path = join(folder, 'cut.pcap');
	writeFileSync(path, whole.subarray(0, starts[200]! + 20));
	const terminal = openTerminal(['-r', path, '--speed', 'max']);
	await terminal.until(screen => standsStill(screen) && screen.includes('TROUBLE cut.pcap ends at octet') && screen.includes('192.168.10.100:80'));
	terminal.type('q');
	assert.deepEqual(await terminal.exit, {exitCode: 1, signal: undefined});
	assert.match(terminal.text(), /ipvstop: cut\.pcap ends at octet \d+, inside the record/v);
});

test('the screen opens on times a century apart and on a link type that nobody knows', async context => {
	const path = join(folderOf(context), 'odd.pcap');
	for (const content of [
		changed((record, index, count) => {
			record.writeUInt32LE(index < count / 2 ? 0 : 0xff_ff_ff_ff, 0);
		}),
		Buffer.concat([whole.subarray(0, 20), Buffer.from([0x0f, 0x27, 0, 0]), whole.subarray(24)]),
	]) {
		writeFileSync(path, content);
		const terminal = openTerminal(['-r', path, '--speed', 'max']);
		await terminal.until(standsStill);
		terminal.type('q');
		assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
	}
});
