/*
What changes while the program reads it. A second source, a named pipe, holds the reader where it is: packets are merged by time,
so nothing behind a moment is read until the pipe has come to that moment.
*/
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {appendFileSync, closeSync, mkdtempSync, openSync, renameSync, rmSync, truncateSync, writeFileSync, writeSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type TestContext} from 'node:test';
import {gzipSync} from 'node:zlib';
import {pcapOf} from '../capture/pcap-file.js';
import {syncFrame} from '../support/flood.js';
import {finished, saying, start, type Finished} from '../support/program.js';
import {openTerminal} from '../support/terminal.js';
import {sessionPorts, sessionRecords, startUs} from '../support/session-frames.js';
import {recordV1} from '../wire/build.js';

const {header, records} = sessionRecords(6);
const first = (count: number): Buffer => Buffer.concat([header, ...records.slice(0, count)]);
const half = (index: number): Buffer => records[index]!.subarray(0, 37);
const otherHalf = (index: number): Buffer => records[index]!.subarray(37);

/** Of the pipe: one session of another director, between the second and the third of the file. */
const gatePort = 9;
const gate = pcapOf([{timeUs: startUs + 1_500_000, octets: syncFrame({source: '10.0.0.2', records: [recordV1({ports: [gatePort, 443, 443]})]})}]);

const fifoOf = (folder: string): string => {
	const path = join(folder, 'pipe');
	execFileSync('mkfifo', [path]);
	return path;
};

const folderOf = (context: TestContext): string => {
	const folder = mkdtempSync(join(tmpdir(), 'ipvstop-test-'));
	context.after(() => {
		rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

/** Starts reading a file with this content, changes it when its second session is told, then lets the reader go on. */
const changedWhile = async (context: TestContext, content: Uint8Array, change: (path: string) => void): Promise<Finished> => {
	const folder = folderOf(context);
	const path = join(folder, 'capture');
	writeFileSync(path, content);
	const pipe = fifoOf(folder);
	const child = start(['--records', '--fields', 'cport', '-r', path, '-r', pipe]);
	const writer = openSync(pipe, 'w');
	writeSync(writer, gate);
	const heard = await saying(child.stdout!, text => text.includes(`${gatePort}\n`));
	assert.equal(heard, `${[...sessionPorts(2), gatePort].join('\n')}\n`);
	change(path);
	closeSync(writer);
	return finished(child);
};

const linesOf = (ports: readonly number[]): string => ports.map(port => `${port}\n`).join('');

test('a file to which whole and half records are appended while it is read is read to its end', async context => {
	const {code, stdout, stderr} = await changedWhile(context, Buffer.concat([first(3), half(3)]), path => {
		appendFileSync(path, otherHalf(3));
		appendFileSync(path, records[4]!);
		appendFileSync(path, half(5));
		appendFileSync(path, otherHalf(5));
	});
	assert.deepEqual([code, stdout, stderr], [0, linesOf(sessionPorts(6).slice(2)), '']);
});

test('a file to which half a record was appended last gives the whole ones, and says where it ends', async context => {
	const {code, stdout, stderr} = await changedWhile(context, Buffer.concat([first(3), half(3)]), path => {
		appendFileSync(path, otherHalf(3));
		appendFileSync(path, half(4));
	});
	assert.deepEqual([code, stdout], [1, linesOf(sessionPorts(4).slice(2))]);
	assert.equal(stderr, `ipvstop: capture ends at octet ${first(4).length + 37}, inside the record that starts at octet ${first(4).length}. All before that was read.\n`);
});

/** More than is read at once: most of it is not read yet when it changes. */
const long = Buffer.concat([first(6), ...Array.from({length: 40}, (_, index) =>
	pcapOf([{timeUs: startUs + ((index + 10) * 1_000_000), octets: new Uint8Array(60_000)}]).subarray(header.length))]);
const readAtOnce = 1_048_576;

for (const [what, size] of [['emptied', 0], ['shortened to where it was read long ago', 500]] as const) {
	test(`a file that is ${what} while it is read gives what was read already, and says so`, async context => {
		const {code, stdout, stderr} = await changedWhile(context, long, path => {
			truncateSync(path, size);
		});
		assert.deepEqual([code, stdout], [1, linesOf(sessionPorts(6).slice(2))]);
		assert.equal(stderr, `ipvstop: capture cannot be read any further: it was shortened to ${size} octets when ${readAtOnce} had been read. All before that was read.\n`);
	});
}

test('a file that is shortened behind what was read is a file that is cut', async context => {
	const {code, stdout, stderr} = await changedWhile(context, long, path => {
		truncateSync(path, readAtOnce + 1000);
	});
	assert.deepEqual([code, stdout], [1, linesOf(sessionPorts(6).slice(2))]);
	assert.match(stderr, new RegExp(`^ipvstop: capture ends at octet ${readAtOnce + 1000}, inside the record that starts at octet \\d+\\. All before that was read\\.\\n$`, 'v'));
});

test('a file that is emptied and written anew beyond what was read is damaged from there on', async context => {
	const {code, stdout, stderr} = await changedWhile(context, long, path => {
		writeFileSync(path, Buffer.alloc(2 * readAtOnce, 0xff));
	});
	assert.deepEqual([code, stdout], [1, linesOf(sessionPorts(6).slice(2))]);
	assert.match(stderr, /^ipvstop: capture claims a frame of 4294967295 octets at octet \d+, where at most 262144 are possible\. All before that was read\.\n$/v);
});

test('a file in whose place another is put is read to the end of the one that was opened', async context => {
	const {code, stdout, stderr} = await changedWhile(context, first(6), path => {
		writeFileSync(`${path}.new`, 'something else');
		renameSync(`${path}.new`, path);
	});
	assert.deepEqual([code, stdout, stderr], [0, linesOf(sessionPorts(6).slice(2)), '']);
});

for (const [kind, pack] of [['plain', (octets: Uint8Array) => octets], ['compressed', (octets: Uint8Array) => gzipSync(octets)]] as const) {
	test(`a named pipe whose writer stops in mid-record gives the records before it at its end, and exit code 1: ${kind}`, async context => {
		const pipe = fifoOf(folderOf(context));
		const child = start(['--records', '--fields', 'cport', '-r', pipe]);
		const writer = openSync(pipe, 'w');
		writeSync(writer, pack(first(2)));
		const heard = await saying(child.stdout!, text => text.endsWith(linesOf(sessionPorts(2))));
		writeSync(writer, pack(Buffer.concat([records[2]!, half(3)])));
		closeSync(writer);
		const {code, stdout, stderr} = await finished(child);
		assert.deepEqual([code, heard + stdout], [1, linesOf(sessionPorts(3))]);
		assert.equal(stderr, `ipvstop: pipe ends at octet ${first(3).length + 37}, inside the record that starts at octet ${first(3).length}. All before that was read.\n`);
	});
}

test('octet after octet from a pipe is the same capture', async context => {
	const pipe = fifoOf(folderOf(context));
	const child = start(['--records', '--fields', 'cport', '-r', pipe]);
	const writer = openSync(pipe, 'w');
	for (const octet of first(6)) {
		writeSync(writer, Uint8Array.of(octet));
	}

	closeSync(writer);
	const {code, stdout, stderr} = await finished(child);
	assert.deepEqual([code, stdout, stderr], [0, linesOf(sessionPorts(6)), '']);
});

test('on the screen, a file that is emptied while it is played says so, keeps its sessions, and leaves with exit code 1', async context => {
	const path = join(folderOf(context), 'capture');
	writeFileSync(path, long);
	// Opened there it stands still, and has read no more than it needed.
	const terminal = openTerminal(['-r', path, '--at', '+2'], {columns: 120});
	await terminal.until(screen => screen.includes('198.51.100.7:1002'));
	truncateSync(path, 0);
	terminal.type('l');
	await terminal.until(screen => screen.includes('it was shortened to 0 octets') && screen.includes('198.51.100.7:1005'));
	terminal.type('q');
	assert.deepEqual(await terminal.exit, {exitCode: 1, signal: undefined});
	assert.match(terminal.text(), /ipvstop: capture cannot be read any further: it was shortened to 0 octets/v);
});
