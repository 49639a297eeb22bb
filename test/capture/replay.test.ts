import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import test from 'node:test';
import {gzipSync} from 'node:zlib';
import {createCaptureClock} from '../../source/capture/clock.js';
import {createReplay, type ReplayOptions} from '../../source/capture/replay/replay.js';
import {CaptureError} from '../../source/capture/source.js';
import {createManualClock} from './manual-clock.js';
import {fileOf, pcapAt} from './pcap-file.js';
import {createRecordingSink, type RecordingSink} from './recording-sink.js';

const captures: Readonly<Record<string, number>> = {
	'failover-graceful.pcap': 305,
	'failover-nopreempt.pcap': 401,
	'ipv6-short.pcap': 610,
	'link-vlan.vlan.pcap': 94,
	'link.eth.pcap': 91,
	'link.nano.pcap': 90,
	'link.sll.pcap': 90,
	'link.sll2.pcap': 91,
	'link.snap96.pcap': 91,
	'link.dumpcap.pcapng': 91,
	'persistence.pcap': 442,
	'seed-basic.pcap': 263,
	'v0.pcap': 239,
};

const replayAll = async (options: Partial<ReplayOptions>): Promise<{sink: RecordingSink; problems: readonly string[]}> => {
	const sink = createRecordingSink();
	const source = createReplay({files: [], pace: 'packet', clock: createCaptureClock(), ...options});
	await source.start(sink);
	const {problems} = await source.ended;
	return {sink, problems};
};

const failureOf = async (options: Partial<ReplayOptions>): Promise<CaptureError> => {
	try {
		await replayAll(options);
	} catch (error) {
		assert.ok(error instanceof CaptureError, String(error));
		return error;
	}

	return assert.fail('it could be replayed');
};

test('every capture gives as many packets as tshark counts in it', async () => {
	for (const [name, count] of Object.entries(captures)) {
		const {sink, problems} = await replayAll({files: [{path: `test/captures/${name}`}]});
		assert.equal(sink.packets().length, count, name);
		assert.deepEqual(problems, []);
		assert.deepEqual(sink.placeHistory.at(-1)!.map(place => [place.name, place.state, place.kind]), [[name, 'ended', 'file']]);
	}
});

test('a compressed capture is the same capture', async context => {
	const plain = readFileSync('test/captures/persistence.pcap');
	const path = fileOf(context, gzipSync(plain));
	const {sink} = await replayAll({files: [{path}]});
	const {sink: expected} = await replayAll({files: [{path: 'test/captures/persistence.pcap'}]});
	assert.deepEqual(sink.deliveries, expected.deliveries);
});

test('a capture or its compression that was cut gives all before the cut, and says where', async context => {
	const plain = readFileSync('test/captures/persistence.pcap');
	const cut = await replayAll({files: [{name: 'seg', path: fileOf(context, plain.subarray(0, 10_000))}]});
	assert.ok(cut.sink.packets().length > 10);
	assert.match(cut.problems[0]!, /^seg ends at octet 10000, inside the record that starts at octet \d+\. All before that was read\.$/);
	assert.match(cut.sink.placeHistory.at(-1)![0]!.detail, /octet 10000/);

	const packed = gzipSync(plain);
	const cutPacked = await replayAll({files: [{name: 'seg', path: fileOf(context, packed.subarray(0, packed.length >> 1))}]});
	assert.ok(cutPacked.sink.packets().length > 10);
	assert.match(cutPacked.problems[0]!, /^seg ends after \d+ unpacked octets: the compressed data ends too early\. All before that was read\.$/);

	const damaged = Buffer.from(packed);
	// The checksum stands at the end.
	damaged.fill(0xff, packed.length - 8);
	const {problems} = await replayAll({files: [{name: 'seg', path: fileOf(context, damaged)}]});
	assert.match(problems[0]!, /^seg ends after \d+ unpacked octets: the compressed data has a wrong checksum\. All before that was read\.$/);
});

test('what cannot be replayed is refused with what, why and what next', async context => {
	const cases: Array<[string, RegExp]> = [
		['/nonexistent/x.pcap', /^Cannot read \/nonexistent\/x\.pcap: there is no such file\. Give/],
		['test', /^Cannot read test: it is a directory\. Give/],
		[fileOf(context, Buffer.from('hello, world')), /starts with 68 65 6c 6c 6f 2c 20 77 \(text\), which is neither/],
		[fileOf(context, Buffer.alloc(0)), /it is empty/],
		[fileOf(context, gzipSync(Buffer.from('hello, world'))), /starts with 68 65 6c/],
	];
	for (const [path, message] of cases) {
		const error = await failureOf({files: [{path}]});
		assert.match(error.message, message);
		assert.equal(error.exitCode, 2);
	}
});

test('several files are merged by packet time, each a place of its own', async context => {
	const one = fileOf(context, pcapAt([10, 30, 30, 50], 1));
	const other = fileOf(context, pcapAt([20, 30, 60], 2));
	const {sink} = await replayAll({files: [{name: 'a', path: one}, {name: 'b', path: other}]});
	assert.deepEqual(sink.packets().map(({timeUs, place, octets}) => [timeUs, place, octets]), [
		[10, 0, '01'], [20, 1, '02'], [30, 0, '01'], [30, 0, '01'], [30, 1, '02'], [50, 0, '01'], [60, 1, '02'],
	]);
	assert.deepEqual(sink.placeHistory.at(-1)!.map(({name}) => name), ['a', 'b']);
});

test('a moment ends the replay there: packets up to it, then the timeline, also past the end', async context => {
	const path = fileOf(context, pcapAt([5_000_000, 6_000_000, 7_000_000]));
	const outcome = async (until: ReplayOptions['until']): Promise<unknown[]> => {
		const {sink} = await replayAll({files: [{path}], until: until!});
		return sink.deliveries.map(({kind, timeUs}) => `${kind} ${timeUs / 1e6}`);
	};

	assert.deepEqual(await outcome({kind: 'absolute', timeUs: 6_000_000}), ['packet 5', 'packet 6', 'advance 6']);
	assert.deepEqual(await outcome({kind: 'relative', seconds: 1.5}), ['packet 5', 'packet 6', 'advance 6.5']);
	assert.deepEqual(await outcome({kind: 'relative', seconds: 100}), ['packet 5', 'packet 6', 'packet 7', 'advance 105']);
	const early = await failureOf({files: [{path}], until: {kind: 'absolute', timeUs: 4_999_999}});
	assert.equal(early.exitCode, 2);
	assert.match(early.message, /Nothing is known at 1970-01-01T00:00:04\.999Z: the first packet is of 1970-01-01T00:00:05\.000Z/);
});

test('a replay that is closed ends, whatever it is doing', async context => {
	const path = fileOf(context, pcapAt([0, 3_600_000_000]));
	const clock = createManualClock();
	const sink = createRecordingSink();
	const source = createReplay({files: [{path}], pace: 'paced', clock});
	await source.start(sink);
	await sink.until(() => sink.packets().length === 1);
	source.close();
	source.close();
	assert.deepEqual(await source.ended, {problems: [], remarks: []});
	assert.equal(sink.packets().length, 1);
});

test('a capture that is still written to stdin is delivered as it arrives', async () => {
	const script = String.raw`
		import {createReplay} from './source/capture/replay/replay.js';
		import {createCaptureClock} from './source/capture/clock.js';
		const source = createReplay({files: [{path: '-'}], pace: 'stream', clock: createCaptureClock()});
		const say = text => process.stdout.write(text + '\n');
		const start = async () => {
			await source.start({packet: packet => say('packet ' + packet.timeUs), datagram() {}, advance() {}, places() {}});
			say('started');
			const {problems} = await source.ended;
			say('ended ' + problems.join());
		};
		start();
	`;
	const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '--eval', script], {stdio: ['pipe', 'pipe', 'inherit']});
	const lines: string[] = [];
	let notify = (): void => undefined;
	child.stdout.on('data', (octets: Uint8Array) => {
		lines.push(...new TextDecoder().decode(octets).trim().split('\n'));
		notify();
	});
	const heard = async (line: string): Promise<void> => {
		while (!lines.includes(line)) {
			await new Promise<void>(resolve => {
				notify = resolve;
			});
		}
	};

	const file = pcapAt([7, 8]);
	child.stdin.write(file.subarray(0, 1));
	child.stdin.write(file.subarray(1, 24));
	await heard('started');
	child.stdin.write(file.subarray(24, 50));
	await heard('packet 7');
	child.stdin.end(file.subarray(50, -1));
	await heard('ended stdin ends at octet 57, inside the record that starts at octet 41. All before that was read.');
	assert.deepEqual(lines.slice(0, 2), ['started', 'packet 7']);
});

test('nothing is opened before it may be: what lies there by then is what counts', async context => {
	const path = fileOf(context, new Uint8Array());
	const released = Promise.withResolvers<void>();
	const whole = replayAll({files: [{path}], released: released.promise});
	// Empty it could not be read.
	writeFileSync(path, pcapAt([1_000_000, 2_000_000]));
	released.resolve();
	const {sink, problems} = await whole;
	assert.deepEqual([sink.packets().length, problems], [2, []]);
});
