import assert from 'node:assert/strict';
import {test} from 'node:test';
import {firstWhole, tellingColumns, textTable, type Column} from '../../source/text/text-table.js';
import {unnamed} from '../../source/text/alias-names.js';

type Row = {readonly vip: string; readonly closing: number};

const columns: ReadonlyArray<Column<Row> & {readonly isSpare?: boolean}> = [
	{id: 'vip', title: 'VIP', help: '', align: 'left', shrink: 1, text: ({vip}) => vip},
	{id: 'closing', title: 'CLOSING', help: '', align: 'right', isSpare: true, text: ({closing}) => String(closing)},
];
const lay = (rows: readonly Row[], width: number) => firstWhole([columns, tellingColumns(columns, rows)].map(some => () => textTable(some, rows, width, {named: unnamed})));

test('a column that says nothing gives its room to an address that would be cut, and only then', () => {
	const idle = [{vip: '192.168.10.100:5353/udp', closing: 0}];
	assert.deepEqual(lay(idle, 40).heading.split(/ +/v), ['VIP', 'CLOSING']);
	assert.deepEqual([lay(idle, 24).heading.trim(), lay(idle, 24).rows[0]!.trim()], ['VIP', '192.168.10.100:5353/udp']);
	const busy = [{vip: '192.168.10.100:5353/udp', closing: 3}];
	assert.deepEqual(lay(busy, 24).heading.split(/ +/v), ['VIP', 'CLOSING']);
	assert.match(lay(busy, 24).rows[0]!, /^~.* 3$/v);
});
