import assert from 'node:assert/strict';
import test from 'node:test';
import {createPairs} from '../../source/desk/pairs.js';
import {createDirector} from '../../source/desk/facts/director.js';

const director = (address: string, segment = 0) => createDirector(0, segment, 0, address, 4, 0);

test('directors that the configuration names are one pair, though each uses a sync id of its own', () => {
	const pairs = createPairs(() => [], [['10.0.0.1', '10.0.0.2'], ['10.0.0.3', '10.0.0.4']]);
	const first = pairs.join(director('10.0.0.1'), 'syncid 51');
	const second = pairs.join(director('10.0.0.2'), 'syncid 52');
	const other = pairs.join(director('10.0.0.3'), 'syncid 53');
	assert.equal(second, first);
	assert.notEqual(other, first);
	assert.deepEqual(first.directors.map(({address}) => address), ['10.0.0.1', '10.0.0.2']);
	assert.equal(pairs.all().length, 2);
});

test('the same addresses in another segment are another pair', () => {
	const pairs = createPairs(() => [], [['10.0.0.1', '10.0.0.2']]);
	assert.notEqual(pairs.join(director('10.0.0.1', 0), 'a'), pairs.join(director('10.0.0.2', 1), 'b'));
});

test('what VRRP shows and what the configuration says are joined', () => {
	const [one, two, three] = [director('10.0.0.1'), director('10.0.0.2'), director('10.0.0.9')];
	const pairs = createPairs(() => [], [['10.0.0.1', '10.0.0.2']]);
	pairs.join(one, 'syncid 51');
	pairs.join(three, 'vrid 7');
	pairs.join(two, 'vrid 7');
	assert.deepEqual(pairs.all().map(({directors}) => directors.length), [3]);
});
