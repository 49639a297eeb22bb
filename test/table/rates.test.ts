import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {rateWords} from '../../source/table/memory.js';
import {countRate, readRates, readTrend} from '../../source/table/rates.js';
import {createTable, secondsLater, startUs} from './support.js';

test('counts of the last seconds are those of a plain list, whatever the pauses', () => {
	fc.assert(fc.property(fc.array(fc.tuple(fc.oneof(fc.constantFrom(0, 1, 2), fc.integer({min: 0, max: 400})), fc.integer({min: 0, max: 3})), {maxLength: 60}), fc.integer({min: 0, max: 30}), (steps, idle) => {
		const rates = new Int32Array(rateWords);
		const events: number[] = [];
		let second = 0;
		for (const [pause, count] of steps) {
			second += pause;
			for (let index = 0; index < count; index += 1) {
				countRate(rates, 0, 0, second);
				events.push(second);
			}
		}

		const now = second + idle;
		const bucket = (at: number) => Math.floor(at / 5);
		const since = (least: number) => events.filter(at => at >= least).length;
		const {tenSeconds, minute, fiveMinutes} = readRates(rates, [0], 0, now * 1000);
		const elapsed = Math.max(1, now);
		const running = now - (bucket(now) * 5);
		assert.ok(Math.abs(tenSeconds - (since(now - 9) / Math.min(elapsed, 9))) < 1e-9);
		assert.ok(Math.abs(minute - (since((bucket(now) - 11) * 5) / Math.min(elapsed, 55 + running))) < 1e-9);
		assert.ok(Math.abs(fiveMinutes - (since((bucket(now) - 59) * 5) / Math.min(elapsed, 295 + running))) < 1e-9);
		const trend = readTrend(rates, [0], 0, now * 1000, 64);
		assert.deepEqual(trend, Array.from({length: 64}, (_, index) => events.filter(at => bucket(at) === bucket(now) - 63 + index).length));
	}));
});

test('a service says how many sessions come and go, and when the last one came', () => {
	const table = createTable();
	for (let second = 0; second < 60; second += 1) {
		table.hear([{cport: (second * 2) + 1, timeoutSeconds: 5, dport: 80}, {cport: (second * 2) + 2, timeoutSeconds: 5, dport: 81}], {nowUs: secondsLater(second + 0.5)});
		table.expire(secondsLater(second + 0.9));
	}

	const [service] = table.view.services();
	assert.equal(service!.open, 10);
	assert.equal(service!.created, 120);
	assert.equal(service!.ended, 110);
	assert.ok(Math.abs(service!.newRates.minute - 2) < 0.05, String(service!.newRates.minute));
	assert.ok(Math.abs(service!.endRates.tenSeconds - 2) < 0.1, String(service!.endRates.tenSeconds));
	assert.equal(service!.lastNewUs, startUs + 59_500_000);
	assert.deepEqual(service!.reals.map(({dport, open, created}) => [dport, open, created]), [[80, 5, 60], [81, 5, 60]]);
	assert.deepEqual(table.view.trend(service!.paths, 0, 3), [10, 10, 10]);
	table.expire(secondsLater(1000));
	assert.equal(table.view.services()[0]!.newRates.fiveMinutes, 0);
});
