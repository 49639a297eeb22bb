import assert from 'node:assert/strict';
import test from 'node:test';
import {createReplay} from '../../source/capture/replay.js';
import {createManualClock} from './manual-clock.js';
import {fileOf, pcapAt} from './pcap-file.js';
import {createRecordingSink} from './recording-sink.js';

const open = async (context: Parameters<typeof fileOf>[0]) => {
	const path = fileOf(context, pcapAt([0, 1_000_000, 2_000_000, 3_000_000]));
	const clock = createManualClock();
	const sink = createRecordingSink();
	const source = createReplay({files: [{path}], pace: 'paced', until: {kind: 'relative', seconds: 0.5}, clock});
	await source.start(sink);
	await source.whenSettled();
	return {source, sink};
};

test('a replay goes to a later moment at once, and stands there as it stood before', async context => {
	const {source, sink} = await open(context);
	assert.equal(source.paused, true);
	await source.seek(2_500_000);
	assert.equal(source.settled, true);
	assert.equal(source.paused, true);
	assert.equal(sink.packets().length, 3);
	assert.deepEqual(sink.deliveries.at(-1), {kind: 'advance', timeUs: 2_500_000});
	source.close();
});

test('a moment beyond the last packet is the end of the capture, not a time after it', async context => {
	const {source, sink} = await open(context);
	await source.seek(9_000_000);
	assert.deepEqual(await source.ended, {problems: []});
	assert.equal(sink.packets().length, 4);
	assert.ok(sink.deliveries.every(({timeUs}) => timeUs <= 3_000_000));
	await source.seek(1_000_000);
});
