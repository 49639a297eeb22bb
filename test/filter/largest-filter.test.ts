import assert from 'node:assert/strict';
import test from 'node:test';
import {compileFilter} from '../../source/filter/compile.js';
import {parseFilter} from '../../source/filter/parser.js';
import {createTable} from '../table/support.js';

const names = {segment: () => undefined, director: () => undefined, bitHolders: () => [], aliases: new Map()};

test('the largest filters there can be compile and run', () => {
	const table = createTable();
	table.hear([{}]);
	for (const text of [
		`cport=${Array.from({length: 999}, (_, port) => port + 50_000).join(',')},40000`,
		Array.from({length: 250}, (_, port) => `cport=${port + 40_000}`).join(' or '),
		`${'!('.repeat(50)}cport=40000${')'.repeat(50)}`,
		`client=${Array.from({length: 900}, (_, low) => `10.${low % 250}.${Math.floor(low / 250)}.1`).join(',')},203.0.113.9`,
	]) {
		const parsed = parseFilter(text);
		assert.ok(parsed.ok, parsed.ok ? '' : parsed.message);
		const filter = compileFilter(parsed.expression, table.view, {subject: 'sessions', names});
		assert.ok(filter.ok);
		assert.equal(table.view.select({predicate: filter.at(table.view.now())}).matched, 1);
	}
});
