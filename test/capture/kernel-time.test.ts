import assert from 'node:assert/strict';
import test from 'node:test';
import {createKernelTime} from '../../source/capture/live/kernel-time.js';

const second = 1_000_000;
/** Splits a time of the wall clock as the kernel stamps it. */
const stamp = (time: ReturnType<typeof createKernelTime>, wallUs: number): number =>
	time.toTimeline(Math.floor(wallUs / second), wallUs % second);

test('a packet of the wall clock is placed on the timeline at its distance from now', () => {
	const time = createKernelTime();
	time.beginTurn(50 * second, 1_700_000_000 * second);
	assert.equal(stamp(time, (1_700_000_000 * second) - 3000), (50 * second) - 3000);
	assert.equal(stamp(time, (1_700_000_000 * second) + 200), (50 * second) + 200);
});

test('the coarse wall clock makes no jitter: the most advanced look at it counts', () => {
	const time = createKernelTime();
	const startUs = 1_700_000_000 * second;
	for (let turn = 0; turn < 100; turn++) {
		const elapsedUs = turn * 5137;
		// Whole milliseconds, as `Date.now` gives them.
		time.beginTurn((50 * second) + elapsedUs, Math.floor((startUs + elapsedUs) / 1000) * 1000);
	}

	const elapsedUs = 99 * 5137;
	const error = stamp(time, startUs + elapsedUs - 2000) - ((50 * second) + elapsedUs - 2000);
	assert.ok(Math.abs(error) < 100, `${error} µs`);
});

test('a step of the wall clock changes nothing, whichever way it goes', () => {
	for (const stepUs of [3600 * second, -3600 * second]) {
		const time = createKernelTime();
		const startUs = 1_700_000_000 * second;
		time.beginTurn(50 * second, startUs);
		time.beginTurn((50 * second) + 5000, startUs + 5000);
		time.beginTurn((50 * second) + 10_000, startUs + stepUs + 10_000);
		assert.equal(stamp(time, startUs + stepUs + 9000), (50 * second) + 9000, 'stamped after the step');
		const stale = stamp(time, startUs + 6000);
		assert.ok(stale > 49 * second && stale <= 52 * second, `stamped before the step, read after it: ${stale}`);
	}
});
