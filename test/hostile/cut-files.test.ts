/*
A capture that ends anywhere: a disk that was full, a copy that was broken off, a machine that died. Through the built program:
all that can be read is output, each file that is cut in mid-record is said in one line, and the exit code tells.
*/
import assert from 'node:assert/strict';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type TestContext} from 'node:test';
import {constants, gunzipSync, gzipSync} from 'node:zlib';
import {run} from '../support/program.js';
import {block, interfaceOf, packetOf, pcapngOption, sectionOf} from '../support/pcapng-file.js';
import {sessionFrames, sessionPorts, sessionRecords} from '../support/session-frames.js';

/** How many files one process reads: each is open to the end. */
const filesAtOnce = 120;

const folderOf = (context: TestContext): string => {
	const folder = mkdtempSync(join(tmpdir(), 'ipvstop-test-'));
	context.after(() => {
		rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

/** A capture as what it is made of: a piece is a header, a record or a block, and may hold a packet. */
type Piece = {readonly octets: Buffer; readonly packets: 0 | 1};

/** Each file has a director of its own: the same message in two files is one message, heard twice. */
const directorOf = (index: number): string => `10.1.${index >> 8}.${index & 255}`;

const pcapFrom = (director: string): Piece[] => {
	const {header, records} = sessionRecords(3, director);
	return [{octets: header, packets: 0}, ...records.map(octets => ({octets, packets: 1} as const))];
};

const text = Buffer.from('told by nobody');
const pcapngFrom = (director: string): Piece[] => {
	const [first, ...others] = sessionFrames(3, director);
	return [
		{octets: sectionOf([[pcapngOption.comment, text], [pcapngOption.application, text]]), packets: 0},
		{octets: interfaceOf([[pcapngOption.name, text], [9, Uint8Array.of(6)]]), packets: 0},
		{octets: packetOf(first!.timeUs, first!.octets, [[pcapngOption.comment, text]]), packets: 1},
		// Name resolution: a block that says nothing to us.
		{octets: block(4, Buffer.alloc(24)), packets: 0},
		...others.map(({timeUs, octets}) => ({octets: packetOf(timeUs, octets), packets: 1} as const)),
		{octets: block(5, Buffer.alloc(12)), packets: 0},
	];
};

const octetsOf = (pieces: readonly Piece[]): Buffer => Buffer.concat(pieces.map(({octets}) => octets));

/** What is whole within the first `length` octets: packets, and whether the rest is nothing. */
const wholeWithin = (pieces: readonly Piece[], length: number): {readonly packets: number; readonly isCut: boolean; readonly start: number} => {
	let start = 0;
	let packets = 0;
	for (const piece of pieces) {
		if (start + piece.octets.length > length) {
			break;
		}

		start += piece.octets.length;
		packets += piece.packets;
	}

	return {packets, isCut: start < length || start === 0, start};
};

type Cut = {readonly content: Uint8Array; readonly packets: number; readonly said: string};

/** Gives all to the program, some at a time, and compares what it says of each with what it should. */
const check = async (context: TestContext, cuts: readonly Cut[]): Promise<void> => {
	const folder = folderOf(context);
	for (let from = 0; from < cuts.length; from += filesAtOnce) {
		const some = cuts.slice(from, from + filesAtOnce);
		const args = some.flatMap(({content}, index) => {
			const path = join(folder, `cut-${index}`);
			writeFileSync(path, content);
			return ['-r', path];
		});
		const {code, signal, stdout, stderr} = await run(['--records', '--fields', 'segment,cport', ...args]);
		const heard = new Map<string, number[]>();
		for (const line of stdout.trimEnd().split('\n')) {
			const [segment, port] = line.split('\t') as [string, string];
			heard.set(segment, [...heard.get(segment) ?? [], Number(port)]);
		}

		const said = some.flatMap((cut, index) => cut.said === '' ? [] : [`ipvstop: cut-${index} ${cut.said}. All before that was read.`]);
		assert.deepEqual([code, signal], [said.length > 0 ? 1 : 0, null], stderr);
		assert.deepEqual(stderr.split('\n').slice(0, -1).toSorted(), said.toSorted());
		assert.deepEqual(some.map((_, index) => heard.get(`cut-${index}`) ?? []), some.map(({packets}) => sessionPorts(packets)));
	}
};

for (const [name, from] of [['pcap', pcapFrom], ['pcapng', pcapngFrom]] as const) {
	test(`a ${name} file that is cut at any octet gives each whole record, and one line where it is cut inside of one`, {timeout: 200_000}, async context => {
		const {length: total} = octetsOf(from(directorOf(0)));
		// Fewer than four tell no format.
		await check(context, Array.from({length: total - 3}, (_, index) => {
			const pieces = from(directorOf(index));
			const whole = octetsOf(pieces);
			const length = index + 4;
			const {packets, isCut, start} = wholeWithin(pieces, length);
			// Blocks that say nothing to us are passed over once their type and length are known.
			const isPassed = name === 'pcapng' && length - start >= 8 && [4, 5].includes(whole.readUInt32LE(start));
			return {
				content: whole.subarray(0, length), packets,
				said: isCut ? `ends at octet ${length}, inside the ${isPassed ? 'block' : 'record'} that starts at octet ${start}` : '',
			};
		}));
	});
}

test('a compressed capture that is cut at any octet gives each record that comes out whole, and one line', {timeout: 200_000}, async context => {
	const {length: total} = gzipSync(octetsOf(pcapFrom(directorOf(0))));
	await check(context, Array.from({length: total - 2}, (_, index) => {
		const pieces = pcapFrom(directorOf(index));
		const packed = gzipSync(octetsOf(pieces));
		const content = packed.subarray(0, index + 2);
		const unpacked = gunzipSync(content, {finishFlush: constants.Z_SYNC_FLUSH});
		return {
			content, packets: wholeWithin(pieces, unpacked.length).packets,
			said: content.length < packed.length ? `ends after ${unpacked.length} unpacked octets: the compressed data ends too early` : '',
		};
	}));
});

test('fewer octets than tell a format are no capture, and each mode says so in one line without any output', async context => {
	const path = join(folderOf(context), 'start');
	const [pcap, pcapng] = [octetsOf(pcapFrom(directorOf(0))), octetsOf(pcapngFrom(directorOf(0)))];
	for (const [mode, content] of [
		['--list', pcap.subarray(0, 1)], ['--records', pcapng.subarray(0, 3)], ['--events', gzipSync(pcap).subarray(0, 1)],
	] as const) {
		writeFileSync(path, content);
		const {code, stdout, stderr} = await run([mode, '-r', path]);
		assert.deepEqual([code, stdout], [2, ''], mode);
		assert.match(stderr, /^ipvstop: Cannot read [^\n]+start: it starts with [^\n]+, which is neither pcap nor pcapng\. Give a capture file [^\n]+\n$/v);
	}
});

test('each mode gives of a cut file what it gives of the records before the cut, and 1 for its exit code', async context => {
	const folder = folderOf(context);
	const [before, cut] = [join(folder, 'before', 'capture'), join(folder, 'cut', 'capture')];
	mkdirSync(join(folder, 'before'));
	mkdirSync(join(folder, 'cut'));
	for (const pieces of [pcapFrom(directorOf(0)), pcapngFrom(directorOf(0))]) {
		const octets = pieces.map(piece => piece.octets);
		writeFileSync(before, Buffer.concat(octets.slice(0, -2)));
		writeFileSync(cut, Buffer.concat([...octets.slice(0, -2), octets.at(-2)!.subarray(0, 21)]));
		for (const mode of [['--list'], ['--list', '--json'], ['--records'], ['--records', '--json'], ['--events'], ['--events', '--json']]) {
			const [expected, given] = await Promise.all([run([...mode, '-r', before]), run([...mode, '-r', cut])]);
			assert.deepEqual([expected.code, given.code], [0, 1], mode.join(' '));
			// The event of the end says what the end was like.
			const [wanted, got] = [expected, given].map(({stdout}) => stdout.split('\n').filter(line => !/state(?:=|":")ended/v.test(line)));
			assert.deepEqual(got, wanted, mode.join(' '));
			assert.ok(given.stdout.includes('198.51.100.7'), mode.join(' '));
			assert.match(given.stderr, /^ipvstop: capture ends at octet \d+, inside the record that starts at octet \d+\. All before that was read\.\n$/v);
		}
	}
});
