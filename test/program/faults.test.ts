/*
The built program while things break around it: its capturing thread, whoever reads its output, whoever writes its input,
the interface that it listens on.
*/
import assert from 'node:assert/strict';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import {describe, test, type TestContext} from 'node:test';
import {fileOf} from '../capture/pcap-file.js';
import {hurried} from '../support/hurried.js';
import {createLiveWire, whyNoLiveWire} from '../support/live-wire.js';
import {capture, finished, saying, start} from '../support/program.js';
import {folderOf} from '../support/rights.js';
import {openTerminal} from '../support/terminal.js';

const linesOf = (output: string): number => output.split('\n').length - 1;

/** A module that breaks the capturing thread from inside once there is a file. Node loads it into every thread. */
const breakThread = (action: string, marker: string): string =>
	`data:text/javascript,import fs from "node:fs"; import * as threads from "node:worker_threads"; if (!threads.isMainThread) setInterval(() => { if (fs.existsSync("${marker}")) { ${action} } }, 50);`;

const markerOf = (context: TestContext): string => path.join(folderOf(context), 'break');

describe('a capturing thread that breaks is said in clear words, and the program ends with 1', () => {
	const breaks = [
		['by an error', 'throw new Error("out of luck");', /The capturing thread broke: out of luck\. The table is as it was; please report this\./v],
		['by leaving', 'process.exit(7);', /The capturing thread ended by itself \(code 7\)\. The table is as it was; please report this\./v],
	] as const;
	for (const [how, action, words] of breaks) {
		for (const output of ['--events', '--records']) {
			test(`${how}, ${output}`, async context => {
				const marker = markerOf(context);
				const child = start([output, '--demo'], {node: [`--import=${breakThread(action, marker)}`]});
				const before = await saying(child.stdout!, said => linesOf(said) > 100);
				fs.writeFileSync(marker, '');
				const {code, signal, stdout, stderr} = await finished(child);
				assert.deepEqual([code, signal], [1, null]);
				assert.match(stderr, words);
				assert.equal(linesOf(stderr), 1);
				assert.ok((before + stdout).endsWith('\n'), 'what was heard before was written');
			});
		}

		test(`${how}, on the screen, which stays and gives the terminal back`, async context => {
			const marker = markerOf(context);
			const terminal = openTerminal(['--demo'], {columns: 140, environment: {NODE_OPTIONS: `--import=${breakThread(action, marker).replaceAll(' ', '%20').replaceAll('"', '\'')}`}});
			await terminal.until(screen => screen.includes('192.0.2.10:443/tcp'));
			fs.writeFileSync(marker, '');
			const screen = await terminal.until(now => words.test(now) && terminal.isAlternate());
			assert.match(screen, /192\.0\.2\.10:443\/tcp/v);
			terminal.type('q');
			assert.deepEqual(await terminal.exit, {exitCode: 1, signal: undefined});
			assert.ok(!terminal.isAlternate());
			assert.ok(!terminal.isCursorHidden());
			assert.match(terminal.text(), /ipvstop: The capturing thread/v);
		});
	}
});

describe('a reader of stdout that does not read', () => {
	const times = 60;
	const records = 4548 * times;

	test('makes a capture file wait, of which nothing is lost', async context => {
		const file = fileOf(context, await hurried(capture('persistence.pcap'), 400, times));
		const child = start(['--records', '--fields', 'index,client,cport', '-r', file]);
		const ends = Promise.all([text(child.stderr!), once(child, 'exit')]);
		await once(child.stdout!, 'readable');
		await new Promise(resolve => {
			setTimeout(resolve, 1000);
		});
		// A shorter time would prove less and fail nothing: the ring would have been overwritten meanwhile.
		assert.equal(child.exitCode, null, 'it waits');
		assert.equal(linesOf(await text(child.stdout!)), records);
		assert.deepEqual(await ends, ['', [0, null]]);
	});

	test('does not stall a live capture: what it missed is counted and said', async context => {
		const file = fileOf(context, await hurried(capture('persistence.pcap'), 400, times));
		const child = start(['--records', '--fields', 'index,time', '--via', `x=sh -c "cat ${file} && touch ${file}.read && exec sleep 100"`]);
		const stderr = text(child.stderr!);
		await once(child.stdout!, 'readable');
		while (!fs.existsSync(`${file}.read`)) {
			await new Promise(resolve => {
				setTimeout(resolve, 50);
			});
		}

		// All but what a pipe holds was taken from the source while nobody read: it was not stalled.
		const last = await lastTimeOf(file);
		const said = await saying(child.stdout!, heard => heard.slice(-10_000).includes(last));
		child.kill('SIGTERM');
		const rest = await finishedText(child);
		const lost = Number(/^ipvstop: (?<lost>\d+) records dropped: the reader of this output was too slow$/mv.exec(await stderr)?.groups?.['lost']);
		assert.ok(lost > 0);
		assert.equal(linesOf(said + rest) + lost, records);
	});
});

/** The time of the last record in a capture, as `--records` prints it. */
const lastTimeOf = async (file: string): Promise<string> => {
	const {stdout} = await finished(start(['--records', '--fields', 'time', '-r', file]));
	return stdout.trimEnd().split('\n').at(-1)!;
};

const finishedText = async (child: ReturnType<typeof start>): Promise<string> => {
	const [rest] = await Promise.all([text(child.stdout!), once(child, 'exit')]);
	return rest;
};

test('what arrives on stdin is shown as soon as it is there, also when it comes in pieces', async () => {
	const octets = fs.readFileSync(capture('seed-basic.pcap'));
	const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
	const child = start(['--events', '-r', '-'], {stdin: 'pipe'});
	const {stdin, stdout} = child as {stdin: NonNullable<typeof child.stdin>; stdout: NonNullable<typeof child.stdout>};
	let at = 24;
	stdin.write(octets.subarray(0, at));
	let seen = 0;
	while (seen < 3) {
		const end = at + 16 + view.getUint32(at + 8, true);
		const isSync = octets.readUInt32BE(at + 16 + 30) === 0xe0_00_00_51 && octets[at + 16 + 23] === 17;
		// In two pieces, the first of which ends in the middle of the frame.
		stdin.write(octets.subarray(at, at + 40));
		const news = isSync ? saying(stdout, said => / (?:new|state) +TCP/v.test(said) && said.endsWith('\n')) : undefined;
		stdin.write(octets.subarray(at + 40, end));
		await news;
		seen += isSync ? 1 : 0;
		at = end;
	}

	stdin.end();
	const {code, stderr} = await finished(child);
	assert.deepEqual([code, stderr], [0, '']);
});

const onWire = {skip: whyNoLiveWire() ?? false, timeout: 200_000};

test('an interface that goes down, comes up, vanishes and returns is shown so, and heard again', onWire, async context => {
	const wire = createLiveWire(context);
	const before = await wire.sender(fileOf(context, await hurried(capture('failover-nopreempt.pcap'), 0.5)));
	const terminal = openTerminal(['-i', 'wire0', '--interval', '0.2'], {columns: 140, rows: 50, through: wire.onNear});
	await wire.joined(1);
	await before.send();
	await terminal.until(screen => screen.includes('192.168.10.100:80/tcp') && !screen.includes('TROUBLE wire0'));
	wire.near('ip link set wire0 down');
	await terminal.until(screen => screen.includes('TROUBLE wire0 down: '));
	wire.near('ip link set wire0 up');
	await terminal.until(screen => !screen.includes('TROUBLE wire0'));
	wire.unplug();
	await terminal.until(screen => screen.includes('TROUBLE wire0 gone: the interface vanished; it will be heard again when it returns'));
	wire.plug();
	await terminal.until(screen => !screen.includes('TROUBLE wire0'));
	await wire.joined(1);
	const after = await wire.sender(fileOf(context, await hurried(capture('persistence.pcap'), 0.5)));
	await after.send();
	await terminal.until(screen => screen.includes('192.168.10.100:8443/tcp'));
	terminal.type('q');
	assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
});
