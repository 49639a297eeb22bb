/* Clocks that were set while a file was written, and frames with a strange time. */
import assert from 'node:assert/strict';
import test, {type TestContext} from 'node:test';
import {createCaptureClock} from '../../source/capture/clock.js';
import {createReplay} from '../../source/capture/replay/replay.js';
import {createTableView} from '../../source/table/read/table-view.js';
import {createTestEngine, replayInto} from '../support/replay-engine.js';
import {fileOf, pcapAt} from './pcap-file.js';
import {createRecordingSink} from './recording-sink.js';

const second = 1_000_000;
const start = 1_700_000_000 * second;
const hour = 3600 * second;

/** Times that are told, in seconds after the first packet, for packets of these times. */
const told = async (context: TestContext, seconds: readonly number[]): Promise<{times: number[]; remarks: readonly string[]}> => {
	const sink = createRecordingSink();
	const path = fileOf(context, pcapAt(seconds.map(one => start + (one * second))));
	const source = createReplay({files: [{name: 'seg', path}], pace: 'packet', clock: createCaptureClock()});
	await source.start(sink);
	const {problems, remarks = []} = await source.ended;
	assert.deepEqual(problems, []);
	return {times: sink.packets().map(({timeUs}) => (timeUs - start) / second), remarks};
};

test('what comes a little late is told as it is, and silence is silence', async context => {
	const seconds = [0, 1, 0.5, 3, 1, 3599, 3600];
	assert.deepEqual(await told(context, seconds), {times: seconds, remarks: []});
});

test('one packet with a strange time moves nothing, ahead or behind', async context => {
	const ahead = await told(context, [0, 1, 86_400_000, 2, 3]);
	assert.deepEqual(ahead.times, [0, 1, 1, 2, 3]);
	assert.match(ahead.remarks[0]!, /^seg: one packet is of 2026-08-10T22:13:20\.000Z, 1000 days ahead of its neighbours/v);
	const behind = await told(context, [5000, 5001, 0, 5002]);
	assert.deepEqual(behind.times, [5000, 5001, 5001, 5002]);
	assert.match(behind.remarks[0]!, /behind its neighbours/v);
});

test('after a step back time goes on from where it was, and a step forth again is taken back too', async context => {
	const {times, remarks} = await told(context, [10_000, 10_001, 6401, 6402, 6403, 10_004, 10_005]);
	assert.deepEqual(times, [10_000, 10_001, 10_001, 10_002, 10_003, 10_004, 10_005]);
	assert.equal(remarks.length, 2);
	assert.match(remarks[0]!, /the clock steps back by 3600 s to .+: time goes on from where it was/v);
	assert.match(remarks[1]!, /steps forth again/v);
});

test('a long gap is time that passes, and is told; a strange packet at the end keeps its time', async context => {
	const gap = await told(context, [0, 1, 90_000, 90_001]);
	assert.deepEqual(gap.times, [0, 1, 90_000, 90_001]);
	assert.match(gap.remarks[0]!, /the time goes on by 25\.0 h .+: nothing was captured, or the clock was set/v);
	const atEnd = await told(context, [0, 1, 90_000]);
	assert.deepEqual(atEnd.times, [0, 1, 90_000]);
});

test('sessions outlive a stray frame and a step back, and directors are as old as they are', async () => {
	for (const name of ['clk-stray', 'clk-back']) {
		const {engine, memory} = createTestEngine();
		await replayInto(engine.sink, `test/captures/files/${name}.pcap`);
		const view = createTableView(memory);
		assert.equal(view.totals().connections, 30, name);
		assert.ok(view.now() - engine.firstUs() < hour / 30, name);
		for (const {lastUs} of engine.directors.all()) {
			assert.ok(lastUs <= view.now() && view.now() - lastUs < hour / 30, name);
		}
	}
});

test('--at past the end is said', async context => {
	const path = fileOf(context, pcapAt([start, start + second]));
	const source = createReplay({files: [{path}], pace: 'packet', until: {kind: 'relative', seconds: 61}, clock: createCaptureClock()});
	await source.start(createRecordingSink());
	const {remarks} = await source.ended;
	assert.deepEqual(remarks, ['--at lies 60.0 s past the last packet: nothing is known of what was sent in between']);
});
