import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createTable, secondsLater, startUs} from './support.js';

test('an entry is gone for the reader at the millisecond its time is up, swept or not', () => {
	const table = createTable();
	table.hear([{timeoutSeconds: 10}], {nowUs: secondsLater(0.123)});
	table.writer.expire(secondsLater(10.122), {limit: 0});
	assert.equal(table.rows().length, 1);
	const [slot] = table.view.select({}).slots;
	table.writer.expire(secondsLater(10.123), {limit: 0});
	assert.equal(table.rows().length, 0);
	assert.equal(table.view.row(slot!), undefined);
	assert.deepEqual(table.changes(), ['new']);
});

test('the change says when the time was up, not when it was noticed', () => {
	const table = createTable();
	table.hear([{timeoutSeconds: 10}], {nowUs: secondsLater(0.123)});
	table.expire(secondsLater(500));
	const times: number[] = [];
	table.reader.read(change => times.push(change.timeUs));
	assert.deepEqual(times, [secondsLater(0.123), secondsLater(10.123)]);
});

test('a record that comes when the time is up begins a new life', () => {
	const table = createTable();
	table.hear([{timeoutSeconds: 10}]);
	table.hear([{timeoutSeconds: 10}], {nowUs: secondsLater(10)});
	assert.deepEqual(table.changes(), ['new', 'expired', 'new']);
	assert.equal(table.row().firstUs, secondsLater(10));
});

test('the longest timeout counts, and a session outlives five years', () => {
	const table = createTable();
	const years = 5 * 365.25 * 86_400;
	table.hear([{timeoutSeconds: 0xff_ff_ff_ff | 0}, {cport: 2, timeoutSeconds: years}, {cport: 3, timeoutSeconds: years + 0.5}]);
	assert.equal(table.rows()[2]!.timeoutSeconds, 2 ** 32 - 1);
	assert.equal(table.rows()[2]!.expiresUs, startUs + ((2 ** 32 - 1) * 1e6));
	table.expire(secondsLater(years - 0.001));
	assert.equal(table.rows().length, 3);
	table.expire(secondsLater(years));
	assert.equal(table.rows().length, 1);
	table.hear([{}], {nowUs: secondsLater(years + 1)});
	assert.equal(table.row().updates, 2);
	assert.equal(table.row().lastUs, secondsLater(years + 1));
	table.expire(secondsLater(years + 1 + 900));
	assert.equal(table.rows().length, 0);
});

test('renewals postpone, and a shorter timeout brings forward', () => {
	const table = createTable();
	table.hear([{timeoutSeconds: 900}, {cport: 2, timeoutSeconds: 900}]);
	for (let seconds = 1; seconds < 3000; seconds += 100) {
		table.hear([{timeoutSeconds: 900}], {nowUs: secondsLater(seconds)});
		table.expire(secondsLater(seconds));
	}

	assert.equal(table.row().updates, 31);
	table.hear([{timeoutSeconds: 10, state: 6}], {nowUs: secondsLater(3000)});
	table.expire(secondsLater(3009.999));
	assert.equal(table.rows().length, 1);
	table.expire(secondsLater(3010));
	assert.equal(table.rows().length, 0);
});

test('sweeping in slices ends where sweeping at once does', () => {
	const table = createTable();
	table.hear(Array.from({length: 300}, (_, index) => ({cport: index, timeoutSeconds: 1 + (index % 7)})));
	let slices = 0;
	while (!table.writer.expire(secondsLater(5.5), {limit: 64})) {
		slices += 1;
	}

	assert.ok(slices >= 2);
	assert.equal(table.view.totals().connections, table.rows().length);
	assert.equal(table.rows().every(row => row.timeoutSeconds > 5), true);
});

test('the clock never goes back', () => {
	const table = createTable();
	table.hear([{timeoutSeconds: 10}], {nowUs: secondsLater(100)});
	table.hear([{timeoutSeconds: 10, cport: 2}], {nowUs: startUs});
	assert.equal(table.writer.now(), secondsLater(100));
	assert.deepEqual(table.rows().map(row => row.expiresUs), [secondsLater(110), secondsLater(110)]);
});

test('what ran out while established and announced over a minute is told apart from what expired', () => {
	const table = createTable();
	const at = (seconds: number, record: object) => {
		table.hear([record], {nowUs: secondsLater(seconds)});
	};

	at(0, {cport: 1});
	at(0, {cport: 2});
	at(0, {cport: 3, protocol: 132, state: 8});
	at(0, {cport: 4, protocol: 17, state: 0});
	at(0, {cport: 5});
	at(59.999, {cport: 2});
	at(60, {cport: 1});
	at(60, {cport: 3, protocol: 132, state: 8});
	at(60, {cport: 4, protocol: 17, state: 0});
	at(60, {cport: 5, state: 4});
	table.expire(secondsLater(2000));
	const ends = new Map(table.view.departed(10).map(({type, connection}) => [connection.cport, type]));
	assert.deepEqual([1, 2, 3, 4, 5].map(cport => ends.get(cport)), ['ranout', 'expired', 'ranout', 'expired', 'expired']);
	assert.deepEqual([table.view.totals().ranout, table.view.totals().expired], [2, 3]);
});

test('departed sessions are listed newest first, as many as are kept', () => {
	const table = createTable({departedCapacity: 8});
	table.hear(Array.from({length: 20}, (_, index) => ({cport: index + 1, timeoutSeconds: index + 1})));
	table.expire(secondsLater(100));
	assert.deepEqual(table.view.departed(100).map(({connection}) => connection.cport), [20, 19, 18, 17, 16, 15, 14, 13]);
	assert.equal(table.view.totals().departed, 20);
	assert.equal(table.view.departed(3, (words, at) => words[at + 7] === 15)[0]!.connection.cport, 15);
});
