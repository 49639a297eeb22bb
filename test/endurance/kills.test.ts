/*
A recording under a program that is killed without a word, and a wire as full as it gets. KILLS=50 kills as often, 8 times by default;
FLOOD_SECONDS=150 sends for so long, 3 seconds by default.
*/
import assert from 'node:assert/strict';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type TestContext} from 'node:test';
import {fileOf} from '../capture/pcap-file.js';
import {announcements} from '../support/announcements.js';
import {createLiveWire, whyNoLiveWire} from '../support/live-wire.js';
import {finished, run, start} from '../support/program.js';
import {until} from '../support/watch.js';

const kills = Number(process.env['KILLS'] ?? 8);
const floodSeconds = Number(process.env['FLOOD_SECONDS'] ?? 3);

const folderFor = (context: TestContext): string => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-kills-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

const sizeOf = (file: string): number => fs.statSync(file, {throwIfNoEntry: false})?.size ?? 0;

/** What a demo of that seed announces, in its order; the times are those of the run. */
const recordsOf = async (file: string): Promise<string[]> => {
	const {code, stdout, stderr} = await run(['--records', '--fields', 'source,client,cport,state,virtual,real,timeout', '-r', file]);
	assert.ok(code === 0 || (code === 1 && /ends at octet|cut/v.test(stderr)), stderr);
	return stdout.split('\n').filter(Boolean);
};

test(`killed ${kills} times while it records, it leaves files that are read up to the last whole packet, without a hole`, {timeout: 200_000 + (kills * 5000)}, async context => {
	const folder = folderFor(context);
	const whole = path.join(folder, 'whole.pcapng');
	const undisturbed = start(['--demo', '--seed', '3', '--records', '-w', whole, '--duration', '8']);
	await finished(undisturbed);
	const all = await recordsOf(whole);
	let least = Infinity;
	for (let kill = 0; kill < kills; kill++) {
		const file = path.join(folder, `${kill}.pcapng`);
		const child = start(['--demo', '--seed', '3', '--records', '-w', file]);
		const end = finished(child);
		// Anywhere in the stream of what is written: in the past that a demo begins with, and after it.
		await until(() => sizeOf(file) > 2000 + ((kill % 25) * 400), 'it records');
		child.kill('SIGKILL');
		await end;
		const records = await recordsOf(file);
		least = Math.min(least, records.length);
		assert.ok(records.length > 0);
		assert.deepEqual(records, all.slice(0, records.length), `kill ${kill}: ${records.length} records`);
	}

	context.diagnostic(`at least ${least} of ${all.length} records in each file`);
});

const onWire = {skip: whyNoLiveWire() ?? false, timeout: 200_000 + (floodSeconds * 2000)};

test(`a wire full of frames for ${floodSeconds} s, with everything on: it ends within 0.2 s when it is asked to, beside what it takes without them`, onWire, async context => {
	const wire = createLiveWire(context);
	const folder = folderFor(context);
	const file = path.join(folder, 'flood.pcapng');
	const frames = 20_000;
	const {send} = await wire.sender(fileOf(context, announcements(frames, {timeoutSeconds: 60})));
	const listen = async (turn: string) => {
		const child = start(['--events', '--json', '-i', 'wire0', '-w', `${file}.${turn}`, '--metrics', '0', '--on', 'event=takeover', '--exec', 'true'], {through: wire.onNear});
		const end = finished(child);
		await wire.joined(1);
		return {child, end};
	};

	const ended = async ({child}: Awaited<ReturnType<typeof listen>>): Promise<number> => {
		const askedMs = performance.now();
		child.kill('SIGTERM');
		await once(child, 'exit');
		return performance.now() - askedMs;
	};

	const idle: number[] = [];
	const times: number[] = [];
	for (let turn = 0; turn < 3; turn++) {
		idle.push(await ended(await listen('idle')));
		const running = await listen(String(turn));
		const startedMs = performance.now();
		let sent = 0;
		while (performance.now() - startedMs < floodSeconds * 1000 / 3) {
			await send();
			sent += frames;
		}

		const seconds = (performance.now() - startedMs) / 1000;
		// More are coming when it is asked to end.
		const last = send();
		times.push(await ended(running));
		const {code, stderr} = await running.end;
		await last;
		assert.equal(code, 143, stderr);
		const recorded = await run(['--records', '--fields', 'source', '-r', `${file}.${turn}`]);
		assert.equal(recorded.code, 0, recorded.stderr);
		context.diagnostic(`${Math.round(sent / seconds)} frames a second sent, ${recorded.stdout.split('\n').length - 1} records recorded; ended in ${Math.round(times.at(-1)!)} ms`);
	}

	// What else the machine does meanwhile is in both, and not in each of three.
	const more = Math.min(...times) - Math.min(...idle);
	assert.ok(more <= 200, `it ended in ${times.map(ms => Math.round(ms)).join(', ')} ms, and in ${idle.map(ms => Math.round(ms)).join(', ')} ms without frames`);
});
