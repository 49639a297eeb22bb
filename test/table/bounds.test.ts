import assert from 'node:assert/strict';
import {test} from 'node:test';
import {controlAt, pathAt, pathWords, peAt, peWords, serviceAt, serviceWords} from '../../source/table/memory.js';
import {createTable, flags, secondsLater, type SampleRecord} from './support.js';

const sessions = (from: number, count: number, given: SampleRecord = {}): SampleRecord[] => Array.from({length: count}, (_, index) => ({cport: from + index, ...given}));

test('strangers may fill the table, since what fits is never thrown away; once it is full they evict only one another', () => {
	const table = createTable({maxSessions: 200});
	table.hear(sessions(1, 100), {director: 1});
	table.hear(sessions(1000, 70), {director: 8, known: false});
	table.hear(sessions(2000, 30), {director: 9, known: false});
	assert.deepEqual([table.view.totals().unknownEntries, table.view.totals().evicted, table.view.totals().connections], [100, 0, 200]);
	table.hear(sessions(3000, 25), {director: 9, known: false});
	const {directorEntries, unknownEntries, evicted, connections} = table.view.totals();
	assert.deepEqual([directorEntries[1], directorEntries[8]! + directorEntries[9]!, unknownEntries, evicted, connections], [100, 100, 100, 25, 200]);
});

test('a full table evicts strangers first, then from the sender with most entries, what expires soonest of some', () => {
	const table = createTable({maxSessions: 100});
	table.hear(sessions(1, 10), {director: 8, known: false});
	table.hear(sessions(100, 30), {director: 1});
	table.hear(sessions(200, 60), {director: 2});
	table.hear(sessions(300, 10), {director: 1});
	assert.deepEqual([...table.view.totals().directorEntries.subarray(0, 9)], [0, 40, 60, 0, 0, 0, 0, 0, 0]);
	table.hear(sessions(400, 5), {director: 1});
	assert.deepEqual([...table.view.totals().directorEntries.subarray(0, 3)], [0, 45, 55]);
	assert.equal(table.view.totals().evicted, 15);
	assert.equal(table.changes().filter(type => type === 'evicted').length, 15);
	assert.equal(table.view.departed(100).filter(({type}) => type === 'evicted').length, 15);
});

test('of the entries weighed for eviction the one nearest to its end goes', () => {
	const table = createTable({maxSessions: 5});
	table.hear([{cport: 1, timeoutSeconds: 500}, {cport: 2, timeoutSeconds: 50}, {cport: 3, timeoutSeconds: 900}, {cport: 4, timeoutSeconds: 70}, {cport: 5}]);
	table.hear([{cport: 6}]);
	assert.deepEqual(table.view.departed(5).map(({connection}) => connection.cport), [2]);
});

test('a stranger that becomes known is no stranger any more, with all that it announced', () => {
	const table = createTable({maxSessions: 200});
	table.hear(sessions(1, 20), {director: 8, known: false});
	table.hear(sessions(100, 30), {director: 8, known: true});
	assert.deepEqual([table.view.totals().unknownEntries, table.view.totals().connections], [0, 50]);
});

test('the evicted session of a message may come again in the same message', () => {
	const table = createTable({maxSessions: 2});
	table.hear([{cport: 1, timeoutSeconds: 10}, {cport: 2}, {cport: 3}, {cport: 1, timeoutSeconds: 20}]);
	assert.equal(table.rows().length, 2);
	assert.equal(table.rows().some(row => row.cport === 1 && row.timeoutSeconds === 20), true);
});

test('more paths than there is room for are refused, and half of the room is kept from strangers', () => {
	const table = createTable({maxPaths: 20});
	const reals = (count: number, base: number) => sessions(base, count).map((record, index) => ({...record, daddr: [0x0a_00_00_00 + base + index]}));
	table.hear(reals(13, 100), {known: false});
	assert.equal(table.view.totals().refused.get('path-limit'), 3);
	table.hear(reals(30, 1000));
	assert.equal(table.view.totals().refused.get('path-limit'), 3 + 20);
	assert.equal(table.rows().length, 20);
});

test('more persistence engine data than there is room for is refused', () => {
	const table = createTable({maxPe: 10});
	table.hear(sessions(1, 15, {flags: flags.template, protocol: 17, state: 0}).map((record, index) => ({...record, pe: `call ${index}`})));
	assert.equal(table.view.totals().refused.get('pe-limit'), 5);
	assert.equal(table.rows().length, 10);
});

test('nothing is referred to any more when all has expired and the rings are overwritten', () => {
	const table = createTable({changeCapacity: 16, departedCapacity: 16, maxPaths: 40, maxPe: 40});
	for (let round = 0; round < 50; round += 1) {
		table.hear(Array.from({length: 12}, (_, index) => ({
			cport: 0, daddr: [round * 100 + index], flags: flags.template, protocol: 17, state: 0, timeoutSeconds: 5, pe: `call ${round} ${index}`,
		})), {nowUs: secondsLater(round * 20)});
		table.hear([{cport: 5, timeoutSeconds: 5, daddr: [round * 100]}, {cport: 5, timeoutSeconds: 5, daddr: [(round * 100) + 1]}], {nowUs: secondsLater((round * 20) + 1)});
		table.expire(secondsLater((round * 20) + 10));
	}

	assert.equal(table.view.totals().refused.size, 0);
	// Two sessions of one path now push all others out of both rings.
	for (let round = 0; round < 50; round += 1) {
		table.hear([{cport: 1, timeoutSeconds: 1}], {nowUs: secondsLater(5000 + (round * 10))});
		table.expire(secondsLater(5005 + (round * 10)));
	}

	const {control, paths, services, peWords: pe} = table.view.arrays;
	assert.deepEqual([control[controlAt.pathsUsed], control[controlAt.servicesUsed], control[controlAt.peUsed]], [1, 1, 0]);
	const sum = (words: Int32Array, size: number, at: number): number => {
		let total = 0;
		for (let index = at; index < words.length; index += size) {
			total += words[index]!;
		}

		return total;
	};

	assert.equal(sum(pe, peWords, peAt.references), 0);
	assert.equal(sum(services, serviceWords, serviceAt.references), 1);
	// Each of 16 changes and 16 departed refers to its path twice.
	assert.equal(sum(paths, pathWords, pathAt.references), 64);
});

test('a trickle of strangers into a full table costs the strangers, one by one', () => {
	const table = createTable({maxSessions: 500});
	table.hear(sessions(1, 500));
	for (let index = 0; index < 20; index += 1) {
		table.hear(sessions(1000 + index, 1), {director: 9, known: false});
		table.hear(sessions(2000 + index, 1));
	}

	assert.deepEqual([table.view.totals().unknownEntries, table.view.totals().connections], [0, 500]);
	const gone = table.view.departed(1000).filter(({connection}) => connection.director === 9);
	assert.equal(gone.length, 20);
});
