/* Little that unpacks to very much, and pieces that never end: memory stays bounded, and the keys work meanwhile. */
import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type TestContext} from 'node:test';
import {gzipSync} from 'node:zlib';
import {pcapOf} from '../capture/pcap-file.js';
import {run} from '../support/program.js';
import {openTerminal} from '../support/terminal.js';

const folderOf = (context: TestContext): string => {
	const folder = mkdtempSync(join(tmpdir(), 'ipvstop-test-'));
	context.after(() => {
		rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

const megabyte = 1_048_576;

/** A gzip file of several members (RFC 1952 2.2), the last of which comes so often. */
const packed = (first: Uint8Array, again: Uint8Array, times: number): Buffer => {
	const member = gzipSync(again, {level: 9});
	return Buffer.concat([gzipSync(first), ...Array.from({length: times}, () => member)]);
};

const frame = pcapOf([{timeUs: 1_767_225_600_000_000, octets: new Uint8Array(60_000)}]);
const header = frame.subarray(0, 24);
const frames = (megabytes: number): Buffer => Buffer.concat(Array.from({length: Math.floor(megabytes * megabyte / (frame.length - 24))}, () => frame.subarray(24)));

/** The program to its end, with the most memory that it ever had, in megabytes. */
const measured = async (context: TestContext, args: readonly string[], input?: Uint8Array) => {
	const path = join(folderOf(context), 'peak');
	const hook = `data:text/javascript,import fs from 'node:fs'; process.on('exit', () => fs.writeFileSync(${JSON.stringify(path)}, String(process.resourceUsage().maxRSS)));`;
	const result = await run(args, {node: ['--import', hook], ...(input && {input})});
	return {...result, peak: Number(readFileSync(path, 'utf8')) / 1024};
};

/** A hundred to start with, and some pieces of 16 MB that wait to be read. */
const most = 400;

test('ten gigabytes of zeroes in ten megabytes are refused at their first octets', async context => {
	const path = join(folderOf(context), 'zeroes.gz');
	writeFileSync(path, packed(new Uint8Array(megabyte), new Uint8Array(64 * megabyte), 160));
	const {code, stderr, peak} = await measured(context, ['--list', '-r', path]);
	assert.equal(code, 2);
	assert.match(stderr, /it starts with 00 00 00 00 00 00 00 00, which is neither pcap nor pcapng/v);
	assert.ok(peak < most, `${peak} MB`);
});

test('a capture of a gigabyte in a megabyte is read to its end in bounded memory, from a file and from stdin', async context => {
	const path = join(folderOf(context), 'bomb.pcap.gz');
	const bomb = packed(header, frames(64), 16);
	assert.ok(bomb.length < 2 * megabyte);
	writeFileSync(path, bomb);
	for (const [args, input] of [[['--list', '-r', path], undefined], [['--list', '-r', '-'], bomb]] as const) {
		const {code, stderr, peak} = await measured(context, args, input);
		assert.equal(code, 0);
		assert.match(stderr, /\d{5} packets, none of them an IPVS sync message/v);
		assert.ok(peak < most, `${peak} MB`);
	}
});

test('a block that claims four gigabytes and brings one is passed over without being kept', async context => {
	const start = Buffer.from('0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000ad0b0000fcffffff', 'hex');
	const path = join(folderOf(context), 'block.pcapng.gz');
	writeFileSync(path, packed(start, new Uint8Array(64 * megabyte), 16));
	const {code, stderr, peak} = await measured(context, ['--list', '-r', path]);
	assert.equal(code, 1);
	assert.match(stderr, /inside the block that starts at octet 28/v);
	assert.ok(peak < most, `${peak} MB`);
});

test('q and Ctrl-C leave while a bomb is read, from a file and through a command', async context => {
	const path = join(folderOf(context), 'bomb.pcap.gz');
	writeFileSync(path, packed(header, frames(64), 400));
	for (const [args, sign, key] of [
		[['-r', path, '--speed', 'max'], 'REPLAY max', 'q'], [['-r', path, '--at', '+100000'], 'REPLAY', '\u0003'], [['--via', `gunzip -c ${path}`], 'sync+vrrp', 'q'],
	] as const) {
		const terminal = openTerminal(args);
		await terminal.until(screen => screen.includes(sign));
		terminal.type(key);
		assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
	}
});

test('a command that writes no capture, without end, is ended, said and tried again', async () => {
	const terminal = openTerminal(['--via', 'cat /dev/zero'], {columns: 140});
	await terminal.until(screen => screen.includes('it starts with 00 00 00 00 00 00 00 00, which is neither pcap nor pcapng; again in'));
	terminal.type('q');
	assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
});
