import assert from 'node:assert/strict';
import test from 'node:test';
import {createReplay, type ReplaySource} from '../../source/capture/replay/replay.js';
import {createManualClock, type ManualClock} from './manual-clock.js';
import {fileOf, pcapAt} from './pcap-file.js';
import {createRecordingSink, type RecordingSink} from './recording-sink.js';

/** Lets time pass, timer by timer, as long as the replay goes on. */
const passTimeUntilEnd = async (source: ReplaySource, clock: ManualClock): Promise<void> => {
	let over = false;
	const ended = (async () => {
		await source.ended;
		over = true;
	})();
	for (;;) {
		await Promise.race([clock.waiting(), ended]);
		if (over) {
			return;
		}

		clock.toNextTimer();
	}
};

/** Starts a replay and lets time pass till its end. Gives what was delivered, with the clock's time. */
const playAll = async (source: ReplaySource, clock: ManualClock, sink: RecordingSink): Promise<Array<{clockUs: number; kind: string; timeUs: number}>> => {
	const startUs = clock.nowUs();
	const seen: Array<{clockUs: number; kind: string; timeUs: number}> = [];
	sink.onDelivery = ({kind, timeUs}) => {
		seen.push({clockUs: clock.nowUs() - startUs, kind, timeUs});
	};

	await source.start(sink);
	await passTimeUntilEnd(source, clock);
	return seen;
};

test('a paced replay delivers each packet when it is due, tells the time in between, and stops at the last', async context => {
	const path = fileOf(context, pcapAt([5_000_000, 5_010_000, 7_000_000]));
	for (const speed of [1, 4]) {
		const clock = createManualClock();
		const sink = createRecordingSink();
		const source = createReplay({files: [{path}], pace: 'paced', speed, clock});
		const seen = await playAll(source, clock, sink);
		for (const {clockUs, timeUs} of seen.filter(({kind}) => kind === 'packet')) {
			const dueUs = (timeUs - 5_000_000) / speed;
			assert.ok(clockUs >= dueUs && clockUs <= dueUs + 1000, `due at ${dueUs}, delivered at ${clockUs}`);
		}

		const steps = seen.map(({clockUs}) => clockUs);
		assert.ok(steps.every((clockUs, index) => clockUs - (steps[index - 1] ?? 0) <= 100_000));
		assert.deepEqual([seen.at(-1)!.kind, seen.at(-1)!.timeUs], ['packet', 7_000_000]);
		const times = seen.map(({timeUs}) => timeUs);
		assert.deepEqual(times, [...times].sort((left, right) => left - right), 'the timeline never goes back');
	}
});

test('packets of several files are due at their own times', async context => {
	const files = [[0, 45_000, 90_000], [20_000, 30_000, 47_000]].map(times => ({path: fileOf(context, pcapAt(times))}));
	const clock = createManualClock();
	const sink = createRecordingSink();
	const seen = await playAll(createReplay({files, pace: 'paced', clock}), clock, sink);
	const packets = seen.filter(({kind}) => kind === 'packet');
	assert.deepEqual(packets.map(({timeUs}) => timeUs), [0, 20_000, 30_000, 45_000, 47_000, 90_000]);
	assert.deepEqual(packets.filter(({clockUs, timeUs}) => clockUs < timeUs || clockUs > timeUs + 1000), []);
});

test('a paced replay stands still while paused and goes on from there at any speed', async context => {
	const path = fileOf(context, pcapAt([0, 1_000_000, 2_000_000, 3_000_000]));
	const clock = createManualClock();
	const sink = createRecordingSink();
	const source = createReplay({files: [{path}], pace: 'paced', clock});
	await source.start(sink);
	const passUntil = async (condition: () => boolean): Promise<void> => {
		while (!condition()) {
			await clock.waiting();
			clock.toNextTimer();
		}
	};

	await passUntil(() => sink.packets().length === 2);
	source.controls!.pause();
	assert.equal(source.controls!.paused, true);
	// An hour for lunch.
	clock.after(3_600_000, () => undefined);
	while (clock.toNextTimer()) {
		// All that could wait for time.
	}

	const count = sink.deliveries.length;
	source.controls!.setSpeed(10);
	source.controls!.resume();
	const resumedUs = clock.nowUs();
	let thirdUs = 0;
	sink.onDelivery = ({kind}) => {
		if (kind === 'packet') {
			thirdUs = clock.nowUs();
		}
	};

	await passUntil(() => sink.packets().length === 3);
	assert.ok(sink.deliveries.length > count);
	const tookUs = thirdUs - resumedUs;
	assert.ok(tookUs > 90_000 && tookUs <= 101_000, `${tookUs} µs for the rest of a second at tenfold speed`);
	source.controls!.setSpeed(Infinity);
	await source.ended;
	assert.equal(sink.packets().length, 4);
});

test('on the screen a replay with a moment opens there, paused', async context => {
	const path = fileOf(context, pcapAt([0, 1_000_000, 2_000_000]));
	const clock = createManualClock();
	const sink = createRecordingSink();
	const source = createReplay({files: [{path}], pace: 'paced', until: {kind: 'relative', seconds: 1.5}, clock});
	await source.start(sink);
	await sink.until(() => sink.deliveries.some(({kind}) => kind === 'advance'));
	assert.deepEqual(sink.deliveries.map(({kind, timeUs}) => `${kind} ${timeUs}`), ['packet 0', 'packet 1000000', 'advance 1500000']);
	assert.equal(source.controls!.paused, true);
	source.controls!.resume();
	await passTimeUntilEnd(source, clock);
	assert.equal(sink.packets().length, 3);
	assert.equal(clock.nowUs() - createManualClock().nowUs(), 500_000);
});

const open = async (context: Parameters<typeof fileOf>[0]) => {
	const path = fileOf(context, pcapAt([0, 1_000_000, 2_000_000, 3_000_000]));
	const clock = createManualClock();
	const sink = createRecordingSink();
	const source = createReplay({files: [{path}], pace: 'paced', until: {kind: 'relative', seconds: 0.5}, clock});
	await source.start(sink);
	const controls = source.controls!;
	await controls.whenSettled();
	return {source, controls, sink};
};

test('a replay goes to a later moment at once, and stands there as it stood before', async context => {
	const {source, controls, sink} = await open(context);
	assert.equal(controls.paused, true);
	await controls.seek(2_500_000);
	assert.equal(controls.settled, true);
	assert.equal(controls.paused, true);
	assert.equal(sink.packets().length, 3);
	assert.deepEqual(sink.deliveries.at(-1), {kind: 'advance', timeUs: 2_500_000});
	source.close();
});

test('a moment beyond the last packet is the end of the capture, not a time after it', async context => {
	const {source, controls, sink} = await open(context);
	await controls.seek(9_000_000);
	assert.deepEqual(await source.ended, {problems: [], remarks: []});
	assert.equal(sink.packets().length, 4);
	assert.ok(sink.deliveries.every(({timeUs}) => timeUs <= 3_000_000));
	await controls.seek(1_000_000);
});

test('a jump that is asked for while another goes further does not take time back', async context => {
	const path = fileOf(context, pcapAt([0, 5_000_000, 99_000_000]));
	const clock = createManualClock();
	const sink = createRecordingSink();
	const source = createReplay({files: [{path}], pace: 'paced', clock});
	const startUs = clock.nowUs();
	sink.onDelivery = ({kind, timeUs}) => {
		if (kind === 'packet' && timeUs === 5_000_000) {
			void source.controls!.seek(6_000_000);
		}
	};

	await source.start(sink);
	void source.controls!.seek(98_000_000);
	await passTimeUntilEnd(source, clock);
	assert.equal(clock.nowUs() - startUs, 1_000_000);
	const times = sink.deliveries.map(({timeUs}) => timeUs);
	assert.deepEqual(times, times.toSorted((one, other) => one - other));
});
