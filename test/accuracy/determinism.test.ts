/*
One capture gives one table, however its octets reach the program.
*/
import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {isDeepStrictEqual} from 'node:util';
import {gzipSync} from 'node:zlib';
import {capturePath} from '../support/captures.js';
import {splitPcap} from '../support/pcap-split.js';
import {runCli} from '../support/run-cli.js';

const file = 'failover-graceful.pcap';

/** In UTC: most sessions are open, and the second master speaks. */
const moment = ['--at', '1795361940'];

type Row = Readonly<Record<string, unknown>>;

/** The rows of `--list --json` in an order of their own. */
const listed = async (args: readonly string[], stdin?: Iterable<Uint8Array>): Promise<Row[]> => {
	const {code, stdout, stderr} = await runCli([...args, '--list', '--json'], stdin);
	assert.deepEqual({code, stderr}, {code: 0, stderr: ''});
	return stdout.split('\n').slice(1, -1).toSorted().map(line => JSON.parse(line) as Row);
};

/**
The octets in pieces of lengths that share no rhythm with the headers in it.
@yields {Uint8Array}
*/
function * piecesOf(octets: Uint8Array): Generator<Uint8Array> {
	const lengths = [1, 23, 7, 1021, 16, 5, 211];
	for (let at = 0, index = 0; at < octets.length; index++) {
		const length = lengths[index % lengths.length]!;
		yield octets.subarray(at, at + length);
		at += length;
	}
}

const isUdp = (frame: Uint8Array): boolean => frame[12] === 0x08 && frame[13] === 0x00 && frame[23] === 17;

/** Without what depends on who was heard beside the sync messages: adverts and joins say who listens and who is to be trusted. */
const withoutDirectors = (rows: readonly Row[]): Row[] => rows.map(({directors, sent, ...row}) => row);
/** Nor without who is seen to listen where it is announced: what would become of a session if its master died. */
const withoutForecast = (rows: readonly Row[]): Row[] => withoutDirectors(rows).map(({fate, ...row}) => row);
const inOrder = (rows: readonly Row[]): string[] => rows.map(row => JSON.stringify(row)).toSorted();

describe('one capture gives one table', () => {
	let folder: string;
	let octets: Uint8Array;
	let whole: Row[];

	before(async () => {
		folder = await mkdtemp(join(tmpdir(), 'ipvstop-'));
		octets = await readFile(capturePath(file));
		whole = await listed(['-r', `wire=${capturePath(file)}`, ...moment]);
		assert.ok(whole.length > 100);
	});

	after(async () => {
		await rm(folder, {recursive: true});
	});

	const write = async (name: string, content: Uint8Array): Promise<string> => {
		const path = join(folder, name);
		await writeFile(path, content);
		return path;
	};

	test('read again', async () => {
		assert.deepEqual(await listed(['-r', `wire=${capturePath(file)}`, ...moment]), whole);
	});

	test('piped in, in pieces', async () => {
		assert.deepEqual(await listed(['-r', 'wire=-', ...moment], piecesOf(octets)), whole);
	});

	test('compressed', async () => {
		assert.deepEqual(await listed(['-r', `wire=${await write('whole.pcap.gz', gzipSync(octets))}`, ...moment]), whole);
	});

	test('compressed and piped in, in pieces', async () => {
		assert.deepEqual(await listed(['-r', 'wire=-', ...moment], piecesOf(gzipSync(octets))), whole);
	});

	test('in two files, of which one holds the sync messages and the other all else', async () => {
		const [sync, rest] = splitPcap(octets, frame => isUdp(frame));
		const split = await listed(['-r', `wire=${await write('sync.pcap', sync)}`, '-r', `rest=${await write('rest.pcap', rest)}`, ...moment]);
		assert.deepEqual(withoutForecast(split), withoutForecast(whole));
	});

	test('in two files of one name, as a capture that was rotated', async () => {
		const firstOctets = octets.length / 4;
		let seen = 0;
		const parts = splitPcap(octets, frame => {
			seen += frame.length;
			return seen < firstOctets;
		});
		const rotated = await listed(['-r', `wire=${await write('1.pcap', parts[0])}`, '-r', `wire=${await write('2.pcap', parts[1])}`, ...moment]);
		assert.ok(isDeepStrictEqual(rotated, whole));
	});

	describe('two files are two segments', () => {
		let both: Row[];
		let apart: Row[];

		before(async () => {
			const parts = splitPcap(octets, (_, index) => index % 2 === 0);
			const even = `even=${await write('even.pcap', parts[0])}`;
			const odd = `odd=${await write('odd.pcap', parts[1])}`;
			both = await listed(['-r', even, '-r', odd, ...moment]);
			apart = [...await listed(['-r', even, ...moment]), ...await listed(['-r', odd, ...moment])];
			assert.ok(both.some(({segment}) => segment === 'even'));
			assert.ok(both.some(({segment}) => segment === 'odd'));
		});

		test('and each has the sessions that it has alone', () => {
			assert.deepEqual(inOrder(withoutDirectors(both)), inOrder(withoutDirectors(apart)));
		});

		test('and what a director was sent is what it was sent in that segment', () => {
			assert.ok(isDeepStrictEqual(inOrder(both), inOrder(apart)));
		});
	});
});
