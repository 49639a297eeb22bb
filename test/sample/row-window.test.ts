import assert from 'node:assert/strict';
import test from 'node:test';
import {createRowWindows} from '../../source/sample/row-window.js';
import {type Question} from '../../source/sample/sample.js';
import {createTableReading} from '../../source/sample/table-reading.js';
import {createTable, secondsLater} from '../table/support.js';

const question = (given: Partial<Question>): Question => ({
	filter: '', isInverted: false, sort: 'expires', reverse: false, offset: 0, count: 3, isPaused: false, isHeld: false, follow: undefined,
	marked: new Set(), session: undefined, service: undefined, wantsClients: false, changes: 0, ...given,
});

/** A table of sessions told apart by their client port, and the windows over it. */
const scene = () => {
	const table = createTable();
	const reading = createTableReading(table.memory, {status: () => undefined, names: {segment: () => undefined, director: () => undefined, bitHolders: () => [], aliases: new Map()}, marked: new Set(), onPass() {}});
	const windows = createRowWindows();
	return {
		hear(cport: number, timeoutSeconds: number, atSeconds = 0) {
			table.hear([{cport, timeoutSeconds}], {nowUs: secondsLater(atSeconds)});
		},
		at(seconds: number, given: Partial<Question>) {
			table.expire(secondsLater(seconds));
			const {rows, gone, ...places} = windows.of(reading, question(given), secondsLater(seconds));
			return {rows, ports: rows.map(({cport}) => cport), gone: rows.filter(({slot}) => gone.has(slot)).map(({cport}) => cport), ...places};
		},
		forget: windows.forget,
	};
};

test('rows of a held order keep their places: one that left stays as it was last, and one that came shows up only when the order is let go', () => {
	const {hear, at} = scene();
	hear(1001, 100);
	hear(1002, 10);
	hear(1003, 200);
	assert.deepEqual(at(1, {isHeld: true}).ports, [1002, 1001, 1003]);

	hear(1004, 50, 15);
	hear(1003, 20, 16);
	const held = at(20, {isHeld: true});
	assert.deepEqual({ports: held.ports, gone: held.gone, matched: held.matched, total: held.total}, {ports: [1002, 1001, 1003], gone: [1002], matched: 3, total: 3});

	assert.deepEqual(at(20, {}).ports, [1003, 1004, 1001]);
});

test('a new session in the slot of one that left does not take its held place', () => {
	const {hear, at} = scene();
	hear(1001, 10);
	const [former] = at(1, {isHeld: true}).rows;
	at(20, {isHeld: true});
	hear(1002, 300, 21);
	const held = at(22, {isHeld: true});
	assert.deepEqual([held.ports, held.gone], [[1001], [1001]]);

	const [present] = at(22, {}).rows;
	assert.deepEqual([present?.cport, present?.slot], [1002, former?.slot], 'the slot was used again');
});

test('another filter, another order or another table ends a held one', () => {
	const {hear, at, forget} = scene();
	hear(1001, 100);
	hear(1002, 200);
	at(1, {isHeld: true});
	hear(1003, 50, 2);
	assert.deepEqual(at(3, {isHeld: true}).ports, [1001, 1002]);
	assert.deepEqual(at(3, {isHeld: true, reverse: true}).ports, [1002, 1001, 1003]);
	assert.deepEqual(at(3, {isHeld: true, filter: 'cport>=1002'}).ports, [1003, 1002]);
	forget();
	hear(1004, 20, 4);
	assert.deepEqual(at(5, {isHeld: true, filter: 'cport>=1002'}).ports, [1004, 1003, 1002]);
});

test('a followed session stays on its row of the screen while others come before it', () => {
	const {hear, at} = scene();
	for (const place of [1, 2, 3, 4]) {
		hear(1000 + place, 100 * place);
	}

	const third = at(1, {}).rows[2]!;
	const follow = {slot: third.slot, firstUs: third.firstUs, row: 1};
	assert.deepEqual([at(1, {follow}).ports, at(1, {follow}).followed, at(1, {follow}).offset], [[1002, 1003, 1004], 2, 1]);

	hear(1005, 50, 2);
	const later = at(3, {follow});
	assert.deepEqual([later.ports, later.followed, later.offset], [[1002, 1003, 1004], 3, 2]);
});

test('a window beyond the last row shows the last rows', () => {
	const {hear, at} = scene();
	for (const place of [1, 2, 3, 4, 5]) {
		hear(1000 + place, 100 * place);
	}

	const {ports, offset, matched} = at(1, {offset: 40});
	assert.deepEqual({ports, offset, matched}, {ports: [1003, 1004, 1005], offset: 2, matched: 5});
});
