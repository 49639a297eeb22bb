/*
The terminal under a running screen: closed, resized without end, unknown, or without keys; and given back on every way out. What
no program can do is give it back after SIGKILL: `reset` does.
*/
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {describe, test} from 'node:test';
import {spawn} from '@lydell/node-pty';
import {announcements} from '../support/announcements.js';
import {fileOf} from '../capture/pcap-file.js';
import {createLiveWire, whyNoLiveWire} from '../support/live-wire.js';
import {plainEnvironment, program} from '../support/program.js';
import {folderOf} from '../support/rights.js';
import {openTerminal, type TestTerminal} from '../support/terminal.js';
import {until} from '../support/watch.js';

const onWire = {skip: whyNoLiveWire() ?? false, timeout: 200_000};

const isShown = (terminal: TestTerminal) => (screen: string): boolean => terminal.isAlternate() && screen.includes('VIP');

/** The only child of a process. */
const childOf = (pid: number): number => Number(fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());

const isAlive = (pid: number): boolean => fs.existsSync(`/proc/${pid}`) && !/^State:\s+[ZX]/mv.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));

/** Breaks the main thread once the screen is shown and a signal says so. */
const breakMain = (action: string): string =>
	`--import=data:text/javascript,${encodeURIComponent(`import {isMainThread} from 'node:worker_threads'; if (isMainThread) process.on('SIGUSR2', () => { ${action} });`)}`;

describe('the terminal is as it was before, on every way out', {concurrency: 2}, () => {
	const ways = [
		['q', 'q', '', 0],
		...['TERM', 'INT', 'HUP', 'QUIT', 'ABRT', 'ALRM'].map(name => [`SIG${name}`, `SIG${name}`, '', undefined]),
		['an error in the main thread', 'SIGUSR2', 'throw new Error(\'out of luck\');', 1],
		['a promise that nobody handles', 'SIGUSR2', 'Promise.reject(new Error(\'out of luck\'));', 1],
		['an exit in the middle of it', 'SIGUSR2', 'process.exit(3);', 3],
	] as ReadonlyArray<readonly [string, NodeJS.Signals | 'q', string, number | undefined]>;
	for (const [name, how, action, code] of ways) {
		test(name, async context => {
			const folder = folderOf(context);
			const [before, after] = [path.join(folder, 'before'), path.join(folder, 'after')];
			const script = `stty -a > ${before}; "$@"; code=$?; stty -a > ${after}; echo "code $code"`;
			const terminal = openTerminal(['--demo'], {
				columns: 100, through: ['bash', '--norc', '-c', script, 'x'], environment: action === '' ? {} : {NODE_OPTIONS: breakMain(action)},
			});
			await terminal.until(isShown(terminal));
			if (how === 'q') {
				terminal.type('q');
			} else {
				process.kill(childOf(terminal.pid), how);
			}

			await terminal.exit;
			// The last words may be drawn after the end is known.
			await terminal.until(() => !terminal.isAlternate() && !terminal.isCursorHidden());
			assert.equal(fs.readFileSync(after, 'utf8'), fs.readFileSync(before, 'utf8'));
			if (code !== undefined) {
				assert.match(terminal.text(), new RegExp(`^code ${code}$`, 'mv'));
			}
		});
	}
});

test('a terminal that is closed ends the program, with a hang-up or without one', async context => {
	for (const through of [[], ['setsid', '--wait']]) {
		const [command, ...words] = [...through, process.execPath, program, '--demo'];
		const terminal = spawn(command!, words, {name: 'xterm-256color', cols: 80, rows: 24, env: plainEnvironment()});
		let shown = '';
		terminal.onData(data => {
			shown += data;
		});
		await until(() => shown.includes('VIP'), 'the screen');
		const pid = through.length > 0 ? childOf(terminal.pid) : terminal.pid;
		context.after(() => {
			try {
				process.kill(pid, 'SIGKILL');
			} catch {
				// It ended, as it should.
			}
		});
		// The last one who holds the other end.
		(terminal as unknown as {destroy(): void}).destroy();
		await until(() => !isAlive(pid), `it ends ${through.join(' ')}`);
	}
});

/** RESIZES=1500 by hand. */
const resizes = Number(process.env['RESIZES'] ?? 300);

test('a flood of sizes, from one character to 500 columns, leaves a whole screen and a program that listens', async () => {
	const terminal = openTerminal(['--demo', '--interval', '0.2']);
	await terminal.until(isShown(terminal));
	const sizes: ReadonlyArray<readonly [number, number]> = [[1, 1], [500, 200], [80, 24], [2, 3], [19, 4], [140, 40]];
	for (let turn = 0; turn < resizes; turn++) {
		terminal.resize(...sizes[turn % sizes.length]!);
		if (turn % 20 === 0) {
			await terminal.pause(5);
		}
	}

	terminal.resize(1, 1);
	await terminal.until(screen => screen.trim().length <= 1);
	terminal.resize(100, 30);
	await terminal.until(screen => screen.startsWith('ipvstop DEMO') && screen.split('\n').at(-1)!.includes('h help'));
	terminal.type('q');
	assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
});

test('a storm of signals changes nothing until one of them means the end, which comes once', async () => {
	const terminal = openTerminal(['--demo', '--interval', '0.2']);
	await terminal.until(isShown(terminal));
	for (let turn = 0; turn < 200; turn++) {
		for (const name of ['SIGWINCH', 'SIGUSR1', 'SIGPIPE', 'SIGCONT', 'SIGCHLD', 'SIGURG']) {
			terminal.kill(name);
		}
	}

	terminal.type('6');
	await terminal.until(screen => screen.includes('newest first'));
	for (let turn = 0; turn < 50; turn++) {
		terminal.kill('SIGTERM');
	}

	assert.deepEqual(await terminal.exit, {exitCode: 143, signal: undefined});
	assert.deepEqual([terminal.isAlternate(), terminal.isCursorHidden()], [false, false]);
});

test('an unknown terminal and a plain locale get a screen of ASCII', async () => {
	await Promise.all([['TERM=nonsense'], ['-u', 'TERM'], ['LANG=C'], ['-u', 'LANG', 'TERM=vt100']].map(async words => {
		const terminal = openTerminal(['--demo'], {through: ['env', ...words]});
		const screen = await terminal.until(isShown(terminal));
		assert.ok(words[0] !== 'LANG=C' || !/[^\u{0}-\u{7F}]/v.test(screen), screen);
		terminal.type('q');
		assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
	}));
});

test('with stdin closed or empty, keys come from the terminal; with stderr gone, nothing is missing', async () => {
	await Promise.all(['</dev/null', '<&-', '2>&-', '2>/dev/full'].map(async redirection => {
		const terminal = openTerminal(['--demo'], {through: ['bash', '--norc', '-c', `"$@" ${redirection}`, 'x']});
		await terminal.until(isShown(terminal));
		terminal.type('q');
		assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined}, redirection);
	}));
});

test('stopped and continued by signals, it draws again and has heard what was sent meanwhile', onWire, async context => {
	const wire = createLiveWire(context);
	const {send} = await wire.sender(fileOf(context, announcements(201)));
	const terminal = openTerminal(['-i', 'wire0', '--interval', '0.2'], {columns: 120, through: wire.onNear});
	await wire.joined(1);
	await send(0);
	await terminal.until(screen => screen.includes(' 20 of 20 '));
	terminal.kill('SIGSTOP');
	await until(() => /^State:\s+T/mv.test(fs.readFileSync(`/proc/${terminal.pid}/status`, 'utf8')), 'it stands still');
	await send(1, 200);
	const written = terminal.written();
	terminal.kill('SIGCONT');
	await terminal.until(screen => screen.includes(' 4 020 of 4 020 '));
	assert.ok(terminal.written() > written);
	assert.match(terminal.text(), /capture drops 0|drops 0/v);
	terminal.type('q');
	assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
});
