/* Files that tcpdump reads, and how much of them came through before: in faults.md. */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import process from 'node:process';
import test, {type TestContext} from 'node:test';
import {crc32, gzipSync} from 'node:zlib';
import {createCaptureClock} from '../../source/capture/clock.js';
import {createReplay} from '../../source/capture/replay/replay.js';
import {fileOf, pcapAt} from './pcap-file.js';
import {createRecordingSink} from './recording-sink.js';

type Replayed = {readonly packets: number; readonly problem: string | undefined};

const replay = async (path: string): Promise<Replayed> => {
	const sink = createRecordingSink();
	const source = createReplay({files: [{name: 'seg', path}], pace: 'packet', clock: createCaptureClock()});
	await source.start(sink);
	const {problems} = await source.ended;
	return {packets: sink.packets().length, problem: problems[0]};
};

const replayOctets = async (context: TestContext, octets: Uint8Array): Promise<Replayed> => replay(fileOf(context, octets));
const odd = (name: string): string => `test/captures/files/${name}.pcap`;
const plain = readFileSync('test/captures/seed-basic.pcap');
const plainPackets = 263;

test('a frame longer than the snapshot length of the header is read as it is', async context => {
	const file = pcapAt([1e6, 2e6, 3e6]);
	file.writeUInt32LE(0, 16);
	assert.deepEqual(await replayOctets(context, file), {packets: 3, problem: undefined});
	const short = Buffer.from(plain);
	short.writeUInt32LE(60, 16);
	assert.deepEqual(await replayOctets(context, short), {packets: plainPackets, problem: undefined});
});

test('Kuznetzov’s variant is read', async () => {
	assert.deepEqual(await replay(odd('f-kuz')), {packets: 8, problem: undefined});
});

test('zeroes behind the last packet are told, and are no packets', async context => {
	assert.deepEqual(await replay(odd('f-zeros')), {packets: 8, problem: 'seg has nothing but zeroes from octet 2736 to its end at 2800. All before that was read.'});
	assert.deepEqual(await replayOctets(context, Buffer.concat([plain, Buffer.alloc(7)])), {
		packets: plainPackets, problem: `seg ends at octet ${plain.length + 7}, inside the record that starts at octet ${plain.length}. All before that was read.`,
	});
	const pcapng = readFileSync('test/captures/link.dumpcap.pcapng');
	const {packets, problem} = await replayOctets(context, Buffer.concat([pcapng, Buffer.alloc(100_000)]));
	assert.equal(packets, 91);
	assert.equal(problem, `seg has nothing but zeroes from octet ${pcapng.length} to its end at ${pcapng.length + 100_000}. All before that was read.`);
});

test('a hole in a file ends it, since nobody can tell where a record begins behind it', async context => {
	const {packets, problem} = await replayOctets(context, Buffer.concat([plain, Buffer.alloc(4096), Buffer.alloc(64, 0x41)]));
	assert.equal(packets, plainPackets);
	assert.match(problem!, new RegExp(`^seg has nothing but zeroes from octet ${plain.length} to ${plain.length + 4096}, and where`, 'v'));
});

test('all that was unpacked is read before a wrong checksum, a wrong length, or octets that are no gzip', async context => {
	const packed = gzipSync(plain);
	for (const [at, said] of [[packed.length - 8, 'wrong checksum'], [packed.length - 4, 'wrong checksum']] as const) {
		const bent = Buffer.from(packed);
		bent.writeUInt8(bent.readUInt8(at) ^ 1, at);
		const {packets, problem} = await replayOctets(context, bent);
		assert.equal(packets, plainPackets);
		assert.ok(problem!.includes(said), problem);
	}

	const {packets, problem} = await replayOctets(context, Buffer.concat([packed, Buffer.from('behind the end')]));
	assert.equal(packets, plainPackets);
	assert.equal(problem, `seg ends after ${plain.length} unpacked octets: what follows the compressed data is not compressed. All before that was read.`);
	assert.deepEqual(await replayOctets(context, Buffer.concat([packed, Buffer.alloc(999)])), {packets: plainPackets, problem: undefined}, 'padding of a tape');
});

test('members of gzip with every part of a header are one capture', async context => {
	const deflated = gzipSync(plain.subarray(5000)).subarray(10);
	const header = Buffer.from([0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3, ...Buffer.from('name\0a comment\0')]);
	const sum = Buffer.alloc(2);
	sum.writeUInt16LE(crc32(header) & 0xff_ff);
	const file = Buffer.concat([gzipSync(plain.subarray(0, 5000)), header, sum, deflated]);
	assert.deepEqual(await replayOctets(context, file), {packets: plainPackets, problem: undefined});
});

for (const program of ['zstd', 'xz', 'bzip2', 'lz4']) {
	const {stdout: packed, error} = spawnSync(program, ['-c'], {input: plain});
	const where = {skip: error ? `needs ${program}` : false};

	test(`what ${program} has packed is unpacked by it; where it was cut, its own words are told`, where, async context => {
		assert.deepEqual(await replayOctets(context, packed), {packets: plainPackets, problem: undefined});
		const {problem} = await replayOctets(context, packed.subarray(0, -20));
		assert.match(problem!, new RegExp(String.raw`^seg ends after \d+ unpacked octets: ${program} cannot unpack the rest \(.+\)\. All before`, 'v'));
	});

	test(`without ${program} a hint says what to do`, where, context => {
		const file = fileOf(context, packed);
		const words = ['--import=tsx', 'source/cli.ts', '--list', '-r', file];
		const {status, stderr} = spawnSync(process.execPath, words, {encoding: 'utf8', env: {PATH: '/nonexistent'}});
		assert.equal(stderr, `ipvstop: Cannot read ${file}: it is compressed by ${program}, which is not installed. Install ${program}, or unpack it elsewhere: ${program} -dc ${file} | ipvstop -r -\n`);
		assert.equal(status, 2);
	});
}
