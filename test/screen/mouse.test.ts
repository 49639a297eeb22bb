import assert from 'node:assert/strict';
import {test} from 'node:test';
import {takeClicks} from '../../source/screen/mouse.js';
import {capture} from '../support/program.js';
import {hasTimeLine, openTerminal} from '../support/terminal.js';

const press = (button: number, column: number, row: number): string => `\u001B[<${button};${column + 1};${row + 1}M`;

test('reports of the mouse are taken out of the keys; releases, other buttons and movements are nothing', () => {
	const {keys, clicks} = takeClicks(`j${press(0, 4, 12)}\u001B[<0;5;13m\u001B[B${press(64, 0, 0)}${press(65 | 4, 79, 23)}${press(2, 1, 1)}${press(35, 1, 1)}k`);
	assert.equal(keys, 'j\u001B[Bk');
	assert.deepEqual(clicks, [{kind: 'click', column: 4, row: 12}, {kind: 'wheel-up', column: 0, row: 0}, {kind: 'wheel-down', column: 79, row: 23}]);
});

const at = ['-r', capture('failover-nopreempt.pcap'), '--at', '+120'];
/** The row of the screen with the cursor, among the sessions. */
const cursorRow = (lines: readonly string[]): number => lines.findIndex(line => /^>[% ] +TCP/v.test(line));

test('--mouse: the wheel moves the cursor, a click puts it on a row, and the next one opens that', async () => {
	const terminal = openTerminal([...at, '--mouse']);
	await terminal.until(screen => hasTimeLine(screen) && cursorRow(terminal.lines()) > 0 && terminal.isMouseTracked());
	const first = cursorRow(terminal.lines());
	terminal.type(press(65, 10, 15));
	await terminal.until(() => cursorRow(terminal.lines()) === first + 3);
	terminal.type(press(0, 10, first + 6));
	await terminal.until(() => cursorRow(terminal.lines()) === first + 6);
	const [client] = /203\S+|192\S+/v.exec(terminal.lines()[first + 6]!)!;
	terminal.type(press(0, 10, first + 6));
	const screen = await terminal.until(text => text.includes('SESSION'));
	assert.ok(screen.split('\n')[0]!.includes(client), screen);
	terminal.type('q2');
	await terminal.until(text => text.includes('VIPs 2'));
	const second = terminal.lines().findIndex(line => line.includes(':5353/udp'));
	terminal.type(press(0, 10, second));
	await terminal.until(() => (terminal.lines()[second]!).startsWith('>'));
	terminal.type('Q');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
	assert.ok(!terminal.isMouseTracked(), 'it is given back');
});

test('without --mouse the terminal keeps its mouse', async () => {
	const terminal = openTerminal(at);
	await terminal.until(() => cursorRow(terminal.lines()) > 0);
	assert.ok(!terminal.isMouseTracked());
	terminal.type('Q');
	await terminal.exit;
});
