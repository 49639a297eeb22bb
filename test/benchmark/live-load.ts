/*
A generated load on a wire of two network namespaces at its own pace, watched by the program on a screen of 4 frames a second while
keys are pressed (needs root and libpcap). Prints one line of JSON: how long it took, processor cores used, how long the keys of the first two
seconds and of the rest took to their frames at most, and the top of the screen, which says what was dropped.

    node --import=tsx test/benchmark/live-load.ts RECORDS SESSIONS MESSAGES-PER-SECOND [OPTION…]
*/
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {test} from 'node:test';
import {setTimeout as pause} from 'node:timers/promises';
import {createLiveWire} from '../support/live-wire.js';
import {openTerminal} from '../support/terminal.js';
import {processorSeconds} from './figures.js';
import {generateCapture} from './generate.js';

const [records = 0, sessions = 0, packetsPerSecond = 0] = process.argv.slice(2, 5).map(Number);
const options = process.argv.slice(5);
const firstMs = 2000;
const keyPauseMs = 150;

test('load', async context => {
	const folder = mkdtempSync(path.join(tmpdir(), 'ipvstop-live-load-'));
	context.after(() => {
		rmSync(folder, {recursive: true});
	});
	const file = path.join(folder, 'load.pcap');
	generateCapture(file, {records, sessions, ipv6Percent: 0, packetsPerSecond});
	const wire = createLiveWire(context);
	const {send} = await wire.sender(file);
	const terminal = openTerminal(['-i', 'wire0', '--interval', '0.25', '--passive', '--no-config', ...options], {columns: 140, rows: 40, through: wire.onNear});
	await terminal.until(screen => screen.includes('Listening'));
	const pid = Number(readFileSync(`/proc/${terminal.pid}/task/${terminal.pid}/children`, 'utf8').trim().split(' ')[0] || terminal.pid);
	const startSeconds = processorSeconds(pid);
	const startMs = performance.now();
	let isSending = true;
	const sent = send().then(() => {
		isSending = false;
	});
	const early: number[] = [];
	const late: number[] = [];
	while (isSending) {
		// The pause is said on the screen, so that its frame cannot be taken for another.
		for (const isPaused of [true, false]) {
			const keyMs = performance.now();
			terminal.type('p');
			await terminal.until(screen => screen.includes('PAUSED') === isPaused);
			(keyMs - startMs < firstMs ? early : late).push(performance.now() - keyMs);
			await pause(keyPauseMs);
		}
	}

	await sent;
	const seconds = (performance.now() - startMs) / 1000;
	const cores = (processorSeconds(pid) - startSeconds) / seconds;
	await pause(1000);
	const screen = terminal.text().split('\n');
	console.log(JSON.stringify({seconds, cores, earlyKeyMs: Math.max(...early), lateKeyMs: Math.max(...late), keys: early.length + late.length, screen: screen.slice(0, 5), count: screen.find(line => / of \d/v.test(line))}));
	terminal.type('Q');
	await terminal.exit;
});
