/*
Times far from the table's origin: capture boxes switched on in 1970, files of two clocks. Seconds and counts have 32 bits in shared memory,
all of which count; beyond them the clock stands still.
*/
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {longestSeconds} from '../../source/table/entry.js';
import {numberAt, openTableMemory, pathAt, pathWords} from '../../source/table/memory.js';
import {createRingMemory, createRingReader, createRingWriter} from '../../source/ring/shared-ring.js';
import {createTable, secondsLater, startUs} from './support.js';

const far = [2 ** 31 - 2, 2 ** 31 + 5, 2 ** 32 - 2000];

for (const seconds of far) {
	test(`a session that is heard ${seconds} s after the first one has its times, its order and its end`, () => {
		const table = createTable();
		table.hear([{cport: 1}]);
		const at = seconds + 0.25;
		table.hear([{cport: 2, timeoutSeconds: 10}, {cport: 3}], {nowUs: secondsLater(at)});
		assert.deepEqual(table.rows().map(({cport, firstUs, lastUs, expiresUs}) => [cport, firstUs, lastUs, expiresUs]).sort(([one], [other]) => one! - other!), [
			[2, secondsLater(at), secondsLater(at), secondsLater(at + 10)], [3, secondsLater(at), secondsLater(at), secondsLater(at + 900)],
		]);
		// The port tells which is which; more than a rhythm passes in between.
		table.hear([{cport: 4}], {nowUs: secondsLater(at + 3)});
		table.hear([{cport: 3}], {nowUs: secondsLater(at + 5)});
		const order = (sort: 'expires' | 'age' | 'idle') => [...table.view.select({sort, count: 9}).slots].map(slot => table.view.row(slot)!.cport);
		assert.deepEqual([order('expires'), order('age'), order('idle')], [[2, 4, 3], [4, 2, 3], [3, 4, 2]]);
		const {newRates: {minute}, lastNewUs} = table.view.services()[0]!;
		assert.ok(minute > 0, 'three came within a minute');
		assert.equal(lastNewUs, secondsLater(at + 3));
		const times: number[] = [];
		table.expire(secondsLater(at + 20));
		table.reader.read(change => times.push(change.timeUs));
		// Nothing swept in between.
		assert.deepEqual(times.sort((one, other) => one - other), [startUs, secondsLater(900), secondsLater(at), secondsLater(at), secondsLater(at + 3), secondsLater(at + 10)]);
		assert.deepEqual(table.view.departed(9).map(({connection}) => connection.lastUs).sort((one, other) => one - other), [startUs, secondsLater(at)]);
	});
}

test('beyond 32 bits of seconds the table\'s clock stands still, and what is heard is held', () => {
	const table = createTable();
	table.hear([{cport: 1}]);
	for (const seconds of [2 ** 32 - 1, 2 ** 32 + 100, 2 ** 34]) {
		table.hear([{cport: 2}], {nowUs: secondsLater(seconds)});
		assert.deepEqual([table.row().cport, table.row().lastUs], [2, secondsLater(longestSeconds)]);
	}

	assert.equal(table.row().updates, 3);
});

test('an id that was given to another path 2^31 times is told apart from what it stood for', () => {
	const table = createTable();
	table.hear([{cport: 1, timeoutSeconds: 1}]);
	const {paths} = openTableMemory(table.memory);
	const [slot] = table.view.select({}).slots;
	const id = 1;
	assert.equal(table.view.row(slot!)!.dport, 443);
	for (const generation of [2 ** 30 - 1, 2 ** 31 - 1]) {
		paths[(id * pathWords) + pathAt.generation] = generation;
		table.expire(secondsLater(5));
		table.hear([{cport: 1, timeoutSeconds: 1}]);
		assert.ok(paths[(id * pathWords) + pathAt.generation]! >= 0);
	}
});

test('totals beyond 2^32 go on', () => {
	const table = createTable();
	const {numbers} = openTableMemory(table.memory);
	for (const name of ['created', 'applied', 'records', 'expired'] as const) {
		numbers[numberAt[name]] = 2 ** 32 - 1;
	}

	table.hear([{cport: 1, timeoutSeconds: 1}, {cport: 2}]);
	table.expire(secondsLater(5));
	const {created, expired, applied, records} = table.view.totals();
	assert.deepEqual([created, expired, applied, records], [2 ** 32 + 1, 2 ** 32, 2 ** 32 + 1, 2 ** 32 + 1]);
});

test('a ring goes on where its 32-bit counts of records and octets wrap', () => {
	const memory = createRingMemory(64, 2, 256);
	const control = new Int32Array(memory.control);
	const from = -6;
	control.fill(from, 0, 1);
	control.fill(-24, 4, 5);
	const writer = createRingWriter(memory);
	const reader = createRingReader(memory, {fromNow: true});
	const expected: string[] = [];
	const found: string[] = [];
	for (let index = 0; index < 20; index++) {
		const text = `text ${index}`.padEnd(8);
		const position = writer.putText(new TextEncoder().encode(text));
		assert.notEqual(position, undefined);
		const at = writer.reserve();
		writer.words.set([position!, text.length], at);
		writer.publish();
		expected.push(text);
		reader.read(words => {
			found.push(new TextDecoder().decode(reader.text(words[0]!, words[1]!)));
		});
	}

	assert.deepEqual(found, expected);
	assert.equal(reader.lost(), 0);
	assert.equal(writer.written(), 14);
});
