/*
A capture file on a wire of two network namespaces at its own pace, watched by the program on a screen of 4 frames a second
(needs root and libpcap). Prints one line of JSON: how long it took, processor cores used, and the top of the screen, which says what was
dropped.
*/
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {createLiveWire} from '../support/live-wire.js';
import {openTerminal} from '../support/terminal.js';

const path = process.argv[2]!;
const ticksPerSecond = 100;

/** Processor seconds of a process so far, of all its threads. */
const processorSeconds = (pid: number): number => {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
	return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};

test('load', async context => {
	const wire = createLiveWire(context);
	const {send} = await wire.sender(path);
	const terminal = openTerminal(['-i', 'wire0', '--interval', '0.25', '--passive'], {columns: 140, rows: 40, through: wire.onNear});
	await terminal.until(screen => screen.includes('Listening'));
	const pid = Number(readFileSync(`/proc/${terminal.pid}/task/${terminal.pid}/children`, 'utf8').trim().split(' ')[0] || terminal.pid);
	const startSeconds = processorSeconds(pid);
	const startMs = performance.now();
	await send();
	const seconds = (performance.now() - startMs) / 1000;
	const cores = (processorSeconds(pid) - startSeconds) / seconds;
	const screen = terminal.text();
	console.log(JSON.stringify({seconds, cores, screen: screen.split('\n').slice(0, 4)}));
	terminal.type('Q');
	await terminal.exit;
});
