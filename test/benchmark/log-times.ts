/*
A log: what writing it costs beside reading the same capture without one, how soon who opens it while it is written sees the present, and how
soon one key leads back to its first minute. Prints one line of JSON.

    node --import=tsx test/benchmark/log-times.ts RECORDS SESSIONS MESSAGES-PER-SECOND
*/
import {mkdtempSync, readdirSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {takeLock} from '../../source/log/lock.js';
import {clockTime} from '../../source/text/format.js';
import {secondUs} from '../../source/wire/second.js';
import {indexesOf, openLog} from '../../source/log/folder.js';
import {program} from '../support/program.js';
import {openTerminal} from '../support/terminal.js';
import {cpuSecondsOf} from './child.js';
import {median} from './figures.js';
import {generateCapture} from './generate.js';

const [records = 0, sessions = 0, packetsPerSecond = 0] = process.argv.slice(2).map(Number);
const runs = 5;

test('log', async context => {
	const folder = mkdtempSync(path.join(tmpdir(), 'ipvstop-log-times-'));
	context.after(() => {
		rmSync(folder, {recursive: true});
	});
	const capture = path.join(folder, 'load.pcap');
	const log = `${folder}/log/`;
	generateCapture(capture, {records, sessions, ipv6Percent: 0, packetsPerSecond});
	const list = ['-r', capture, '--list', '--no-config'];
	const without = await cpuSecondsOf([process.execPath, program, ...list]);
	const writing = await cpuSecondsOf([process.execPath, program, ...list, '-w', log]);
	const octets = readdirSync(log).reduce((sum, file) => sum + statSync(log + file).size, 0);
	// Whoever holds the lock is taken for one who writes: the log is opened as one that goes on.
	const lock = await takeLock(log);
	const indexes = [...indexesOf(openLog(log)).values()];
	const thenUs = indexes[0]!.firstUs + (60 * secondUs);
	const then = clockTime(Math.min(thenUs, indexes.at(-1)!.lastUs), false).slice(0, 8);
	const first: number[] = [];
	const back: number[] = [];
	for (let run = 0; run < runs; run++) {
		const startMs = performance.now();
		const terminal = openTerminal(['-r', log, '--no-config'], {columns: 140, rows: 40});
		await terminal.until(screen => /ipvstop LOG [\s\S]*ESTAB/v.test(screen));
		first.push(performance.now() - startMs);
		terminal.type('b');
		await terminal.until(screen => screen.includes('go to:'));
		const keyMs = performance.now();
		terminal.type(`${then}\r`);
		await terminal.until(screen => screen.split('\n', 1)[0]!.includes(then));
		back.push(performance.now() - keyMs);
		terminal.type('Q');
		await terminal.exit;
	}

	if (typeof lock === 'object') {
		lock.release();
	}

	console.log(JSON.stringify({
		records, sessions, segments: indexes.length, firstMs: Math.round(median(first)), backMs: Math.round(median(back)),
		cpuWithout: without, cpuWriting: writing, octetsPerMillion: Math.round(octets / records * 1_000_000),
	}));
});
