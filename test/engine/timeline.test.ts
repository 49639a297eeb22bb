import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createTimeline, systemClocks} from '../../source/engine/timeline.js';

const wallStartUs = 1_795_305_600_000_000;
const second = 1_000_000;

/** A machine whose three clocks are set by hand. The monotonic one started when the machine did, or when the process did. */
const createMachine = () => {
	const clocks = {monotonicUs: 5 * second, bootUs: 90_000 * second, wallUs: wallStartUs};
	return {
		clocks,
		timeline: createTimeline({monotonicUs: () => clocks.monotonicUs, bootUs: () => clocks.bootUs, wallUs: () => clocks.wallUs}),
		pass(seconds: number) {
			clocks.monotonicUs += seconds * second;
			clocks.bootUs += seconds * second;
			clocks.wallUs += seconds * second;
		},
		/** CLOCK_MONOTONIC stands still meanwhile. */
		suspend(seconds: number) {
			clocks.bootUs += seconds * second;
			clocks.wallUs += seconds * second;
		},
	};
};

test('a timeline begins at the wall clock and goes on with the monotonic one', () => {
	const {timeline, pass} = createMachine();
	assert.equal(timeline.nowUs(), wallStartUs);
	pass(12.5);
	assert.equal(timeline.nowUs(), wallStartUs + (12.5 * second));
	assert.equal(timeline.wallOffset(), 0);
	assert.equal(timeline.noticeSuspend(), 0);
});

test('a step of the wall clock moves no expiry, only what is added to print a time', () => {
	for (const step of [-7200, 3600, 86_400 * 365]) {
		const {timeline, clocks, pass} = createMachine();
		pass(10);
		clocks.wallUs += step * second;
		pass(5);
		assert.equal(timeline.nowUs(), wallStartUs + (15 * second));
		assert.equal(timeline.noticeSuspend(), 0);
		assert.equal(timeline.wallOffset(), step * second);
		assert.equal(timeline.wallUs(), clocks.wallUs);
	}
});

test('time asleep counts as passed, once it is noticed, and is noticed once', () => {
	const {timeline, pass, suspend} = createMachine();
	pass(3);
	suspend(600);
	assert.equal(timeline.nowUs(), wallStartUs + (3 * second), 'not yet noticed');
	assert.equal(timeline.noticeSuspend(), 600 * second);
	assert.equal(timeline.nowUs(), wallStartUs + (603 * second));
	assert.equal(timeline.wallOffset(), 0);
	pass(1);
	assert.equal(timeline.noticeSuspend(), 0);
	suspend(30);
	suspend(30);
	assert.equal(timeline.noticeSuspend(), 60 * second);
	assert.equal(timeline.nowUs(), wallStartUs + (664 * second));
});

test('a sleep and a step of the wall clock at once are told apart', () => {
	const {timeline, clocks, suspend} = createMachine();
	suspend(100);
	clocks.wallUs -= 40 * second;
	assert.equal(timeline.noticeSuspend(), 100 * second);
	assert.equal(timeline.nowUs(), wallStartUs + (100 * second));
	assert.equal(timeline.wallOffset(), -40 * second);
});

test('the coarseness of the clocks is no sleep, and short sleeps add up to one', () => {
	const {timeline, clocks, suspend} = createMachine();
	clocks.bootUs += 10_000;
	assert.equal(timeline.noticeSuspend(), 0);
	clocks.bootUs -= 20_000;
	assert.equal(timeline.noticeSuspend(), 0);
	clocks.bootUs += 10_000;
	suspend(1.5);
	assert.equal(timeline.noticeSuspend(), 0);
	suspend(1.5);
	assert.equal(timeline.noticeSuspend(), 3 * second);
});

test('times are whole microseconds and never go back on this machine', () => {
	const timeline = createTimeline(systemClocks);
	let before = timeline.nowUs();
	for (let turn = 0; turn < 1000; turn++) {
		const now = timeline.nowUs();
		assert.ok(Number.isInteger(now) && now >= before);
		before = now;
	}

	assert.ok(Math.abs(before - (Date.now() * 1000)) < second);
	assert.equal(timeline.noticeSuspend(), 0);
});
