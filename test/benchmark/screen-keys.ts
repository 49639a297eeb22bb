/*
From a key press to the first octet of the frame that answers it, in a pseudo-terminal, while a capture of five million records is
read as fast as it can be and a million sessions fill the table. Prints one line of JSON: milliseconds.
*/
import {setTimeout as pause} from 'node:timers/promises';
import {spawn} from '@lydell/node-pty';
import {plainEnvironment, program} from '../support/program.js';
import {p95} from './figures.js';

const [file] = process.argv.slice(2);
const child = spawn(process.execPath, [program, '-r', file!, '--speed', 'max', '--interval', '0.25'], {name: 'xterm-256color', cols: 80, rows: 24, env: plainEnvironment()});
let shown = '';
let answer: (() => void) | undefined;
child.onData(data => {
	shown += data;
	answer?.();
});

const nextFrame = async (): Promise<void> => new Promise(resolve => {
	answer = () => {
		answer = undefined;
		resolve();
	};
});

// The screen is there once the first sessions are.
while (!shown.includes(' of ')) {
	await nextFrame();
}

const keys = ['j', 'C', 'j', 'k', 'E', '\u0006', 'V', 'G', 'r', 'j'];
const busy: number[] = [];
const still: number[] = [];
for (let round = 0; round < 80; round++) {
	const isBusy = !shown.includes('END');
	const from = performance.now();
	child.write(keys[round % keys.length]!);
	await Promise.race([nextFrame(), pause(1500)]);
	(isBusy ? busy : still).push(performance.now() - from);
	await pause(37);
}

child.write('Q');
await Promise.race([new Promise<void>(resolve => {
	child.onExit(() => {
		resolve();
	});
}), pause(3000)]);
child.kill('SIGKILL');

console.log(JSON.stringify({busyP95: p95(busy), busyCount: busy.length, stillP95: p95(still), stillCount: still.length, sessions: / of (?<all>\d[\d ]+)/v.exec(shown.slice(-4000))?.groups?.['all'] ?? ''}));
process.exit(0);
