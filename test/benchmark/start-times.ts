/*
From the start of the built program to its first words: the end of `--help`, and on a terminal the first whole frame that says what
was heard, for each source. Wall clock, each run a process of its own. The first start of a user compiles, the others find
what was compiled: both are measured. Prints one line of JSON.
*/
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {spawn} from '@lydell/node-pty';
import {plainEnvironment, program} from '../support/program.js';
import {median, type StartTimes} from './figures.js';

const runs = 15;
const patienceMs = 10_000;
const [file, binary] = process.argv.slice(2);
const words = binary === undefined ? [process.execPath, program] : [binary];

const runMs = async (home: string, command: readonly string[]): Promise<number> => {
	const begin = performance.now();
	spawnSync(command[0]!, command.slice(1), {env: {...plainEnvironment(), HOME: home}});
	return performance.now() - begin;
};

/** A frame is whole where the synchronized output that encloses it ends (DEC mode 2026). */
const saysWhatIsHeard = /ipvstop .*(?:listening|heard) \d.*\u{1B}\[\?2026l/sv;

const frameMs = async (home: string, args: readonly string[]): Promise<number> => new Promise((resolve, reject) => {
	const begin = performance.now();
	let written = '';
	let ms: number | undefined;
	const child = spawn(words[0]!, [...words.slice(1), ...args], {name: 'xterm-256color', cols: 80, rows: 24, env: {...plainEnvironment(), HOME: home}});
	child.onData(data => {
		written += data;
		if (ms === undefined && saysWhatIsHeard.test(written)) {
			ms = performance.now() - begin;
			// Ended in good order, so that what was compiled is kept.
			child.kill('SIGTERM');
		}
	});
	const timer = setTimeout(() => {
		child.kill('SIGKILL');
	}, patienceMs);
	child.onExit(() => {
		clearTimeout(timer);
		if (ms === undefined) {
			reject(new Error(`${args.join(' ')} ended without a frame: ${written.slice(0, 500)}`));
		} else {
			resolve(ms);
		}
	});
});

const kinds: Readonly<Record<keyof StartTimes, (home: string) => Promise<number>>> = {
	node: async home => runMs(home, [process.execPath, '-e', '0']),
	help: async home => runMs(home, [...words, '--help']),
	demo: async home => frameMs(home, ['--demo']),
	read: async home => frameMs(home, ['-r', file!]),
	joined: async home => frameMs(home, ['-j']),
};

// In turn, so that a busy machine is busy for all; each with a home of its own, where its first start leaves what it compiled.
const homes = Object.keys(kinds).map(() => fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-start-')));
const all = Object.keys(kinds).map((): number[] => []);
try {
	for (let run = 0; run <= runs; run++) {
		for (const [index, once] of Object.values(kinds).entries()) {
			all[index]!.push(await once(homes[index]!));
		}
	}
} finally {
	for (const home of homes) {
		fs.rmSync(home, {recursive: true, force: true});
	}
}

console.log(JSON.stringify(Object.fromEntries(Object.keys(kinds).map((kind, index) => {
	const [coldMs, ...later] = all[index]!;
	return [kind, {medianMs: median(later), p95Ms: later.toSorted((one, other) => one - other)[Math.ceil(runs * 0.95) - 1]!, coldMs}];
}))));
process.exit();
