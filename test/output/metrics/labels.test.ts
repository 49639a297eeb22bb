import assert from 'node:assert/strict';
import test from 'node:test';
import {createGrowth, createLabelBudget} from '../../../source/output/metrics/labels.js';

test('a total that starts again at nothing is growth, not a step back', () => {
	const growth = createGrowth();
	const looks = [5, 8, 8, 3].map(total => {
		const grown = growth.of('a', total);
		growth.sweep();
		return grown;
	});
	assert.deepEqual(looks, [5, 3, 0, 3]);
});

test('a thing keeps its name as long as it is there, whatever comes', () => {
	const budget = createLabelBudget(2);
	budget.offer(['a', 'b', 'c']);
	budget.offer(['c', 'b', 'a']);
	assert.deepEqual(['a', 'b', 'c'].map(key => budget.isNamed(key)), [true, true, false]);
	budget.offer(['c', 'b']);
	assert.deepEqual(['a', 'b', 'c'].map(key => budget.isNamed(key)), [false, true, true]);
});
