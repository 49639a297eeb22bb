/* What the surroundings say of the terminal and of the user may be anything. */
import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import test from 'node:test';
import {drawnSize} from '../../source/screen/screen-size.js';
import {attack, obeyed} from '../support/attacks.js';
import {capture, run} from '../support/program.js';
import {hasTimeLine, openTerminal, standsStill, type TerminalOptions} from '../support/terminal.js';

const replay = ['-r', capture('v0.pcap'), '--at', '+100'];
const isShown = (screen: string): boolean => standsStill(screen) && screen.includes('192.168.10.100:80') && hasTimeLine(screen);

/** A shell makes the terminal say that it has this size, then becomes the program. */
const sized = (columns: number, rows: number): NonNullable<TerminalOptions['through']> =>
	['sh', '-c', `stty cols ${columns} rows ${rows}; exec "$0" "$@"`];

test('the size that is drawn is that of the terminal within bounds, else that of the environment, else 80x24', () => {
	const sizeOf = (columns: number | undefined, rows: number | undefined, environment: Record<string, string> = {}) => Object.values(drawnSize({columns, rows} as {columns?: number; rows?: number}, environment));
	assert.deepEqual(sizeOf(140, 40), [140, 40]);
	assert.deepEqual(sizeOf(1, 1), [1, 1]);
	assert.deepEqual(sizeOf(65_535, 65_535), [1000, 500]);
	assert.deepEqual(sizeOf(0, 0), [80, 24]);
	assert.deepEqual(sizeOf(undefined, undefined), [80, 24]);
	assert.deepEqual(sizeOf(0, 0, {COLUMNS: '100', LINES: '30'}), [100, 30]);
	assert.deepEqual(sizeOf(140, 40, {COLUMNS: '100', LINES: '30'}), [140, 40]);
	assert.deepEqual(sizeOf(0, 0, {COLUMNS: '0', LINES: '-5'}), [80, 24]);
	assert.deepEqual(sizeOf(0, 0, {COLUMNS: '99999999999999999999999', LINES: '1e9'}), [1000, 24]);
});

test('a terminal that tells no size, as a serial console, is 80x24, and no frame leaves a descriptor open', async () => {
	const terminal = openTerminal(['--demo', '--interval', '0.1'], {through: sized(0, 0)});
	const secondOf = (screen: string): number => {
		const {minutes = '0', seconds = '0'} = /(?:listening|heard) (?:(?<minutes>\d+)m)?(?<seconds>[\d.]+)s/v.exec(screen)?.groups ?? {};
		return (Number(minutes) * 60) + Math.floor(Number(seconds));
	};

	const opened = () => readdirSync(`/proc/${terminal.pid}/fd`).length;
	const first = await terminal.until(screen => screen.includes('h help') && secondOf(screen) > 0);
	const before = opened();
	// Some ten frames later.
	await terminal.until(screen => secondOf(screen) > secondOf(first));
	const next = terminal.text();
	await terminal.until(screen => secondOf(screen) > secondOf(next));
	// Those of a frame would make forty more each second.
	assert.ok(opened() < before + 10, `${opened()} descriptors after ${before}`);
	assert.equal(terminal.lines().at(-1)!.slice(0, 6), 'h help');
	terminal.type('q');
	assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
});

test('a terminal that says it has 65535 lines of 65535 columns is drawn on, and q leaves', async () => {
	const terminal = openTerminal(replay, {through: sized(65_535, 65_535), columns: 1000, rows: 500});
	await terminal.until(isShown);
	terminal.type('q');
	assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
});

test('the screen is the same whatever the environment says of terminal, language and user', {timeout: 200_000}, async () => {
	const oneLine = attack.replaceAll('\n', '');
	const plain = openTerminal(replay);
	const expected = await plain.until(isShown);
	const odd: ReadonlyArray<Readonly<Record<string, string>>> = [
		{COLUMNS: '0', LINES: '0'}, {COLUMNS: '99999999999', LINES: '99999999999'}, {COLUMNS: '-5', LINES: attack},
		{TERM: ''}, {TERM: attack}, {TERM: '../../../etc/passwd'}, {TERM: 'x'.repeat(20_000)}, {TERM: 'dumb\n'},
		{USER: attack, LOGNAME: attack, HOME: `/nowhere${oneLine}`, XDG_CONFIG_HOME: `/nowhere/${oneLine}`},
		{TZ: attack}, {FORCE_COLOR: attack, COLORTERM: attack}, {CI: 'true', DEBUG: '*', DEV: 'true', NODE_ENV: 'development'},
	];
	for (const environment of odd) {
		const terminal = openTerminal(replay, {environment});
		await terminal.until(screen => {
			assert.equal(screen, expected, JSON.stringify(environment));
		});
		terminal.type('q');
		assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined}, JSON.stringify(environment));
	}

	assert.equal(plain.text(), expected, 'it stood still');
	plain.type('q');
	await plain.exit;
});

test('a home called like an attack is text in the complaint of its configuration', async () => {
	const {code, stdout, stderr} = await run(['--list', '--config', `/nowhere/${attack}`, '-r', capture('v0.pcap')], {environment: {TZ: attack, HOME: attack}});
	assert.deepEqual([code, stdout], [2, '']);
	assert.doesNotMatch(stderr, obeyed);
	assert.doesNotMatch(stderr, /^forged/mv);
});
