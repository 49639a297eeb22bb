import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createChangeScan} from '../../source/table/read/change-scan.js';
import {sortKeys} from '../../source/table/read/sort-key.js';
import {snapshotTable} from '../../source/table/read/snapshot.js';
import {createTableView} from '../../source/table/read/table-view.js';
import {createTable, secondsLater} from './support.js';

const filled = () => {
	const table = createTable();
	for (let index = 0; index < 300; index++) {
		table.hear([{
			caddr: [0xcb_00_71_00 + (index % 50)], cport: 40_000 + index, timeoutSeconds: 300 + ((index * 37) % 600), state: index % 3 === 0 ? 4 : 1,
			daddr: [0x0a_09_00_01 + (index % 4)], vport: index % 2 === 0 ? 80 : 443,
		}], {nowUs: secondsLater(index / 10), director: index % 3});
	}

	return table;
};

test('the place of a row is where a window of all rows has it, in every order', () => {
	const {view} = filled();
	for (const sort of sortKeys) {
		for (const reverse of [false, true]) {
			const {slots} = view.select({sort, reverse, count: 1000});
			for (const place of [0, 1, 77, 150, 298, 299]) {
				assert.equal(view.rank({sort, reverse}, slots[place]!), place, `${sort} ${reverse}`);
			}
		}
	}
});

test('a row that is filtered out, or is no more, has no place', () => {
	const {view} = filled();
	const [slot] = view.select({count: 1}).slots;
	assert.equal(view.rank({predicate: () => false}, slot!), -1);
	assert.equal(view.rank({}, 999), -1);
});

test('a snapshot stands still while the table goes on', () => {
	const table = filled();
	const still = createTableView(snapshotTable(table.memory));
	const before = [...still.select({count: 1000}).slots];
	table.hear([{caddr: [1], cport: 1}], {nowUs: secondsLater(100)});
	table.expire(secondsLater(2000));
	assert.equal(table.view.select({count: 1000}).matched, 0);
	assert.deepEqual([...still.select({count: 1000}).slots], before);
	assert.equal(still.row(before[5]!)?.slot, before[5]);
	assert.equal(still.now(), secondsLater(29.9));
	assert.ok(still.services().length > 0);
});

test('the past of a session is found among the changes of all, newest first', () => {
	const table = filled();
	const row = table.view.row(table.view.select({sort: 'age', count: 1}).slots[0]!)!;
	table.hear([{caddr: [...row.caddr], cport: row.cport, vport: row.vport, daddr: [...row.daddr], state: 5, timeoutSeconds: 120}], {nowUs: secondsLater(60)});
	table.hear([{caddr: [...row.caddr], cport: row.cport, vport: row.vport, daddr: [...row.daddr], state: 6, timeoutSeconds: 10}], {nowUs: secondsLater(61)});
	const scan = createChangeScan(table.memory);
	const {changes, complete} = scan.find(scan.ofSession(row), {limit: 100, most: Infinity});
	assert.ok(complete);
	assert.deepEqual(changes.map(({type}) => type), ['state', 'state', 'new']);
	assert.deepEqual(changes.map(({timeUs}) => timeUs), [secondsLater(61), secondsLater(60), row.firstUs]);
	assert.equal(changes[0]!.wasState, 5);
	const earlier = scan.find(scan.ofSession(row), {limit: 100, most: Infinity, untilUs: secondsLater(60.5)});
	assert.equal(earlier.changes.length, 2);
	assert.equal(scan.find(undefined, {limit: 3, most: Infinity}).changes.length, 3);
});
