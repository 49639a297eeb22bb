import assert from 'node:assert/strict';
import {test} from 'node:test';
import {bindingsWith} from '../../source/screen/keymap.js';
import {views} from '../../source/screen/views/views.js';
import {capture} from '../support/program.js';
import {openTerminal, type TestTerminal} from '../support/terminal.js';

/* Every key, in a terminal, on a capture that stands still: what the screen shows afterwards. */
const crash = ['-r', capture('failover-nopreempt.pcap'), '--at', '+120'];

type Step = readonly [typed: string, key: string, shows: (screen: string) => boolean];

const cursorLine = (screen: string): string => screen.split('\n').findLast(line => /^>.*\d:\d\d$/v.test(line)) ?? '';
const clock = (screen: string): string => /\d\d:\d\d:\d\dZ/v.exec(screen)?.[0] ?? '';
const shows = (pattern: RegExp) => (screen: string): boolean => pattern.test(screen);
const onRow = (pattern: RegExp) => (screen: string): boolean => pattern.test(cursorLine(screen));

const steps: readonly Step[] = [
	['j', 'j', onRow(/203\.0\.113\.34:/v)],
	['\u001B[B', 'Down', onRow(/203\.0\.113\.88:/v)],
	['k', 'k', onRow(/203\.0\.113\.34:/v)],
	['\u001B[A', 'Up', onRow(/203\.0\.113\.183:/v)],
	['\u0004', '^D', onRow(/203\.0\.113\.62:/v)],
	['\u0015', '^U', onRow(/203\.0\.113\.183:/v)],
	['\u0006', '^F', onRow(/203\.0\.113\.42:59415/v)],
	['\u0002', '^B', onRow(/203\.0\.113\.183:/v)],
	['\u001B[6~', 'PgDn', onRow(/203\.0\.113\.42:59415/v)],
	['\u001B[5~', 'PgUp', onRow(/203\.0\.113\.183:/v)],
	['G', 'G', onRow(/FINWT/v)],
	['g', 'g', onRow(/203\.0\.113\.183:/v)],
	['\u001B[F', 'End', onRow(/FINWT/v)],
	['\u001B[H', 'Home', onRow(/203\.0\.113\.183:/v)],
	['>', '>', shows(/sort EXPIRE\^/v)],
	['<', '<', shows(/danger first/v)],
	['r', 'r', shows(/danger last/v)],
	['E', 'E', shows(/sort EXPIRE\^.*\n.*EXPIRE\^/v)],
	['A', 'A', shows(/sort AGE\^/v)],
	['C', 'C', shows(/sort CLIENT\^.*\n.*CLIENT\^/v)],
	['V', 'V', shows(/sort VIRTUAL\^/v)],
	['R', 'R', shows(/sort REAL\^/v)],
	['S', 'S', shows(/sort STATE\^/v)],
	['P', 'P', shows(/sort PROTOCOL\^/v)],
	['U', 'U', shows(/sort UPDATES\^/v)],
	['U', 'U', shows(/sort UPDATESv/v)],
	['2', '2', shows(/^VIPs 2/mv)],
	['\u001B[C', 'Right', shows(/^VIPs 2/mv)],
	['\u001B[D', 'Left', shows(/^VIPs 2/mv)],
	['3', '3', shows(/^REAL SERVERS 4/mv)],
	['4', '4', shows(/AT TAKEOVER/v)],
	['5', '5', shows(/^CLIENTS: 207/mv)],
	['6', '6', shows(/^EVENTS .*\n.*newest first$/mv)],
	['\t', 'Tab', shows(/sort UPDATESv/v)],
	['\u001B[Z', 'S-Tab', shows(/^EVENTS/mv)],
	['\r', 'Enter', shows(/^SESSION TCP[\s\S]*first announced/v)],
	['\u007F', 'Backspace', shows(/^EVENTS/mv)],
	['1', '1', shows(/sort UPDATESv/v)],
	['e', 'e', screen => !screen.includes('OPEN CLOSING')],
	['e', 'e', shows(/OPEN CLOSING/v)],
	['a', 'a', shows(/addresses as they are/v)],
	['a', 'a', shows(/names of the configuration for addresses/v)],
	['o', 'o', shows(/ORDER HELD/v)],
	['o', 'o', screen => !screen.includes('ORDER HELD')],
	['F', 'F', shows(/following/v)],
	['F', 'F', screen => !screen.includes('following')],
	['E', 'E', shows(/sort EXPIRE\^/v)],
	[' ', ' ', shows(/#1 marked[\s\S]+^.{2}#.*\n>/mv)],
	['c', 'c', shows(/^COLUMNS/v)],
	['q', 'q', shows(/sort EXPIRE\^/v)],
	['\u000C', '^L', shows(/^ipvstop REPLAY/v)],
	['m', 'm', shows(/^note: /mv)],
	['pulled the cable\r', 'm', shows(/noted/v)],
	['6', '6', shows(/note +pulled the cable/v)],
	['1', '1', shows(/sort EXPIRE\^/v)],
	['\\', '\\', shows(/^\\ /mv)],
	['203.0.113.88\r', '\\', screen => shows(/found: 203\.0\.113\.88/v)(screen) && onRow(/203\.0\.113\.88:/v)(screen)],
	['n', 'n', onRow(/203\.0\.113\.88:/v)],
	['N', 'N', onRow(/203\.0\.113\.88:/v)],
	['Y', 'Y', shows(/^\/ client=203\.0\.113\.88 vip=192\.168\.10\.100:80 +\S.*3 of 351/mv)],
	['i', 'i', shows(/^\/ NOT client=.* 348 of 351/mv)],
	['i', 'i', shows(/ 3 of 351/v)],
	['\u001B', 'Esc', shows(/no filter.*351 of 351/v)],
	['/', '/', shows(/^\/ .*351 of 351/mv)],
	['proto=udp', '/', shows(/^\/ proto=udp.* 20 of 351/mv)],
	['\r', '/', shows(/FILTERED/v)],
	['\u001B', 'Esc', shows(/351 of 351/v)],
	['?', '?', shows(/^HELP/v)],
	['\u001B', 'Esc', shows(/351 of 351/v)],
	['h', 'h', shows(/^HELP/v)],
	['q', 'q', shows(/351 of 351/v)],
	['+', '+', shows(/replay at 2 times/v)],
	['=', '=', shows(/replay at 4 times/v)],
	['-', '-', shows(/replay at 2 times/v)],
	['{', '{', shows(/15:33:43Z/v)],
	['}', '}', shows(/15:33:53Z/v)],
	['[', '[', shows(/15:33:35Z/v)],
	[']', ']', screen => !screen.includes('15:33:35Z') && shows(/PAUSED/v)(screen)],
	['b', 'b', shows(/^go to: /mv)],
	['15:32:53\r', 'b', shows(/15:32:53Z/v)],
	['p', 'p', screen => !screen.includes('PAUSED') && screen.includes('x2')],
	['p', 'p', shows(/PAUSED/v)],
	['l', 'l', shows(/END.*15:36:3\dZ/v)],
	['b', 'b', shows(/^go to: /mv)],
	['+60\r', 'b', shows(/PAUSED.*15:32:53Z|15:32:53Z/v)],
];

const play = async (terminal: TestTerminal, all: readonly Step[]): Promise<void> => {
	for (const [typed, key, isThere] of all) {
		terminal.type(typed);
		try {
			await terminal.until(isThere);
		} catch (error) {
			throw new Error(`after ${key} (${JSON.stringify(typed)}): ${String(error)}`, {cause: error});
		}
	}
};

test('every key does what the help says, read from the screen', async () => {
	const terminal = openTerminal(crash);
	await terminal.until(screen => /\] \d\d:\d\d:\d\d/v.test(screen) && cursorLine(screen) !== '');
	await play(terminal, steps);
	terminal.type('Q');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
	// These need another ending, or another terminal; they have tests of their own.
	const elsewhere = ['^C', '^Z', 'y', 'w', 'Q'];
	const tried = new Set([...steps.map(([, key]) => key), ...elsewhere]);
	assert.deepEqual(bindingsWith(views).flatMap(({keys}) => keys).filter(key => !tried.has(key)), []);
});

test('y copies the row whole, as it is not cut for the screen', async () => {
	const terminal = openTerminal(['-r', capture('ipv6-short.pcap'), '--at', '+40', 'client=fd00:10::c:1f', 'proto=udp']);
	await terminal.until(screen => screen.includes('1 of 70'));
	terminal.type('y');
	await terminal.until(screen => screen.includes('copied:'));
	assert.deepEqual(terminal.copied(), ['UDP UDP [fd00:10::c:1f]:52376 [fd00:10::100]:53 [fd00:10::1]:53']);
	terminal.type('\u0003');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
});

test('keys that arrive glued together all count', async () => {
	const terminal = openTerminal(crash);
	// The time line takes a row of the list when the whole file has been read.
	await terminal.until(screen => /\] \d\d:\d\d:\d\d/v.test(screen) && cursorLine(screen) !== '');
	terminal.type('jjjj');
	await terminal.until(onRow(/203\.0\.113\.42:/v));
	terminal.type('kj\u0004k\u001B[Ak');
	await terminal.until(onRow(/203\.0\.113\.158:/v));
	terminal.type('g/proto=udp\rj');
	await terminal.until(screen => screen.includes('20 of 351') && screen.includes('FILTERED') && cursorLine(screen).includes('198.51.100.25:'));
	terminal.type('+++-');
	await terminal.until(screen => screen.includes('replay at 4 times'));
	// To play and to pause again, before the replay tells that it plays.
	terminal.type('pp');
	await terminal.pause(300);
	await terminal.until(screen => screen.includes('PAUSED'));
	terminal.type('Q');
	await terminal.exit;
});

test('the end of the events is their first, however fast it is gone to', async () => {
	const terminal = openTerminal(crash);
	await terminal.until(screen => /\] \d\d:\d\d:\d\d/v.test(screen) && cursorLine(screen) !== '');
	const isFirst = (screen: string): boolean => /^> 15:31:53\.251 director +A .* listens/mv.test(screen);
	terminal.type('6G');
	await terminal.until(isFirst);
	terminal.type('g');
	await terminal.until(screen => screen.includes('newest first\n> 15:33:5'));
	terminal.type('Gk');
	await terminal.until(screen => screen.includes('> 15:31:53.251 source'));
	terminal.type('Q');
	await terminal.exit;
});

test('Esc never quits, q closes first and quits last', async () => {
	const terminal = openTerminal(['--demo', '--seed', '7', '--interval', '0.5']);
	await terminal.until(screen => cursorLine(screen) !== '');
	for (const key of ['\u001B', '\u001B']) {
		terminal.type(key);
		// Frames later it has been read, and nothing that might have followed it has come.
		for (let frames = 0; frames < 2; frames++) {
			const then = clock(terminal.text());
			await terminal.until(screen => clock(screen) > then);
		}
	}

	terminal.type('2\r');
	await terminal.until(screen => screen.startsWith('VIP '));
	terminal.type('q');
	await terminal.until(screen => /^VIPs/mv.test(screen));
	terminal.type('q');
	await terminal.until(screen => cursorLine(screen) !== '' && !/^VIPs/mv.test(screen));
	terminal.type('q');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
});

test('what is pasted never runs keys, and goes into the filter', async () => {
	const terminal = openTerminal(crash);
	await terminal.until(screen => cursorLine(screen) !== '');
	terminal.type('\u001B[200~client=203.0.113.88\nQq\u001B[201~');
	await terminal.until(screen => /^\/ client=203\.0\.113\.88 Qq/mv.test(screen));
	terminal.type('\u007F\u007F\u007F');
	await terminal.until(screen => screen.includes('3 of 351'));
	terminal.type('\u001B');
	await terminal.until(screen => screen.includes('no filter'));
	terminal.type('/\u001B[200~proto=udp\u001B[201~');
	await terminal.until(screen => screen.includes('20 of 351'));
	terminal.type('\r');
	await terminal.until(screen => screen.includes('FILTERED'));
	terminal.type('q');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
});

test('in a running demo p stops the picture and not the capture', async () => {
	const terminal = openTerminal(['--demo', '--seed', '7']);
	await terminal.until(screen => cursorLine(screen) !== '');
	terminal.type('p');
	const paused = await terminal.until(screen => screen.includes('PAUSED'));
	await terminal.pause(2200);
	assert.equal(clock(terminal.text()), clock(paused));
	terminal.type('C');
	// The picture stands, and can still be ordered.
	await terminal.until(screen => screen.includes('sort CLIENT^') && clock(screen) === clock(paused));
	terminal.type('p');
	await terminal.until(screen => !screen.includes('PAUSED') && clock(screen) > clock(paused));
	terminal.type('+');
	await terminal.until(screen => screen.includes('a frame every 2 s'));
	terminal.type('q');
	await terminal.exit;
});
