import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Worker} from 'node:worker_threads';
import {createChangeReader} from '../../source/table/changes.js';
import {createRecordRing, createRecordRingReader, createRecordRingWriter} from '../../source/ring/record-ring.js';
import {createRingMemory, createRingReader, createRingWriter, stopRing} from '../../source/ring/shared-ring.js';
import {createTable, messageOf, secondsLater, startUs} from './support.js';

test('changes come in order, with what was before and texts in their place', () => {
	const table = createTable();
	table.hear([{}]);
	table.writer.aside('{"event":"takeover"}', secondsLater(1));
	table.hear([{state: 4, timeoutSeconds: 120}], {nowUs: secondsLater(2)});
	table.hear([{state: 4, timeoutSeconds: 120, dport: 8443}], {nowUs: secondsLater(3)});
	table.expire(secondsLater(200));
	const told: unknown[] = [];
	table.reader.read(change => {
		if (change.type === 'aside') {
			told.push([change.json, change.timeUs]);
		} else if (change.type !== 'refused') {
			told.push([change.type, change.timeUs, change.connection()!.dport, change.wasState, change.wasPath()?.dport]);
		}
	});
	assert.deepEqual(told, [
		['new', startUs, 443, 0, undefined],
		['{"event":"takeover"}', secondsLater(1)],
		['state', secondsLater(2), 443, 1, undefined],
		['moved', secondsLater(3), 8443, 4, 443],
		['expired', secondsLater(123), 8443, 0, undefined],
	]);
});

test('a slow reader counts what it lost, and reads on with what is kept', () => {
	const table = createTable({changeCapacity: 64});
	const other = createChangeReader(table.memory);
	for (let index = 0; index < 200; index += 1) {
		table.hear([{cport: index + 1}]);
	}

	const ports: number[] = [];
	other.read(change => {
		ports.push(change.type === 'new' ? change.connection()!.cport : -1);
	});
	assert.equal(ports.at(-1), 200);
	assert.equal(ports.length + other.lost(), 200);
	assert.ok(ports.length >= 56);
	assert.equal(other.pending(), 0);
});

test('readers do not disturb one another, and one may begin now', () => {
	const table = createTable();
	table.hear([{}]);
	const late = createChangeReader(table.memory, {fromNow: true});
	table.hear([{cport: 2}]);
	const count = (reader: typeof late) => reader.read(() => undefined);
	assert.deepEqual([count(late), count(table.reader), count(late)], [1, 2, 0]);
});

test('sequence numbers wrap without anything being lost or told twice', () => {
	const memory = createRingMemory(8, 1, 4);
	new Int32Array(memory.control)[0] = 0x7f_ff_ff_fe;
	const writer = createRingWriter(memory);
	const reader = createRingReader(memory, {fromNow: true});
	const seen: number[] = [];
	for (let index = 0; index < 12; index += 1) {
		writer.words[writer.reserve()] = index;
		writer.publish();
		reader.read(record => seen.push(record[0]!));
	}

	assert.deepEqual(seen, Array.from({length: 12}, (_, index) => index));
	assert.equal(reader.lost(), 0);
});

test('what a writer defers is seen after its flush, or when there is a lot of it', () => {
	const memory = createRingMemory(1024, 1, 4);
	const writer = createRingWriter(memory);
	const reader = createRingReader(memory);
	let written = 0;
	const defer = (count: number) => {
		for (const end = written + count; written < end; written += 1) {
			writer.words[writer.reserve()] = written;
			writer.defer();
		}
	};

	const seen: number[] = [];
	const read = () => reader.read(record => seen.push(record[0]!));
	defer(5);
	assert.equal(read(), 0);
	writer.flush();
	assert.equal(read(), 5);
	defer(500);
	assert.ok(read() > 400);
	writer.flush();
	read();
	assert.deepEqual(seen, Array.from({length: 505}, (_, index) => index));
});

/** Writes `count` numbered records as fast as it may into a ring that waits for its reader. */
const writerCode = `
	import {workerData, parentPort} from 'node:worker_threads';
	import {register} from 'node:module';
	const {createRingWriter} = await import(workerData.module);
	const writer = createRingWriter(workerData.memory, {waitForReader: true});
	const octets = new Uint8Array(10);
	for (let index = 0; index < workerData.count; index += 1) {
		octets.fill(index);
		const position = writer.putText(octets);
		const at = writer.reserve();
		writer.words[at] = index;
		writer.words[at + 1] = position;
		writer[workerData.how]();
	}

	writer.flush();
	parentPort.postMessage('done');
`;

const startWriter = (memory: ReturnType<typeof createRingMemory>, count: number, how: 'publish' | 'defer') => new Worker(new URL(`data:text/javascript,${encodeURIComponent(writerCode)}`), {
	workerData: {memory, count, how, module: new URL('../../source/ring/shared-ring.ts', import.meta.url).href},
	execArgv: ['--import=tsx'],
});

for (const [how, capacity] of [['publish', 64], ['defer', 256]] as const) {
	test(`a writer in another thread that waits for its reader loses nothing when it does ${how}`, async () => {
		const memory = createRingMemory(capacity, 2, 256);
		const count = 20_000;
		const worker = startWriter(memory, count, how);
		const done = new Promise<void>((resolve, reject) => {
			worker.once('message', () => {
				resolve();
			});
			worker.once('error', reject);
		});
		const reader = createRingReader(memory, {holdsWriter: true});
		let expected = 0;
		const drain = () => {
			reader.read(record => {
				assert.equal(record[0], expected);
				assert.equal(reader.text(record[1]!, 10)?.[9], expected & 0xff);
				expected += 1;
			});
		};

		const draining = setInterval(drain, 0);
		await done;
		clearInterval(draining);
		drain();
		assert.deepEqual([expected, reader.lost()], [count, 0]);
		await worker.terminate();
	});
}

test('a waiting writer goes on when it is told to stop waiting', async () => {
	const memory = createRingMemory(8, 2, 256);
	const worker = startWriter(memory, 1000, 'defer');
	const done = new Promise<void>((resolve, reject) => {
		worker.once('message', () => {
			resolve();
		});
		worker.once('error', reject);
	});
	stopRing(memory);
	await done;
	await worker.terminate();
});

test('records pass as they came, with sender and persistence engine data', () => {
	const memory = createRecordRing(16);
	const writer = createRecordRingWriter(memory);
	const reader = createRecordRingReader(memory);
	const {batch, message} = messageOf([{cport: 1}, {cport: 0, flags: 0x10_00, pe: 'call'}, {fault: 34}], {syncid: 9});
	const datagram = {
		timeUs: startUs + 1, place: 0, tags: new Int32Array(4), tagCount: 0, family: 4 as const, source: Int32Array.of(0x0a_00_00_02, 0, 0, 0),
		destination: new Int32Array(4), sourcePort: 60_000, destinationPort: 8848, hopLimit: 1, identification: 1, sourceMacHigh: 0, sourceMacLow: 0,
		view: message.view, offset: message.offset, length: 0, claimedLength: 0, outgoing: false, fragmented: false,
	};
	for (let index = 0; index < batch.count; index += 1) {
		writer.push(batch, index, datagram, 200, 3);
	}

	const seen: unknown[] = [];
	reader.read(({words, timeUs, director, source, sourcePort, syncPort, version, syncid, segment, index, peName, peData}) => {
		seen.push([words[0], words[5], timeUs, director, source[0], sourcePort, syncPort, version, syncid, segment, index, peName && new TextDecoder().decode(peName), peData && new TextDecoder().decode(peData)]);
	});
	const common = [startUs + 1, 200, 0x0a_00_00_02, 60_000, 8848, 1, 9, 3];
	assert.deepEqual(seen, [
		[0, 1, ...common, 0, undefined, undefined],
		[0, 0, ...common, 1, 'sip', 'call'],
		[34, 40_000, ...common, 2, undefined, undefined],
	]);
});
