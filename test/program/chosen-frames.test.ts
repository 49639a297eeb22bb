/* `-r A -w B FILTER`: what passes becomes a file of its own, as with tcpdump and tshark. */
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {pcapOf} from '../capture/pcap-file.js';
import {capture, run} from '../support/program.js';
import {syncFrame} from '../support/flood.js';
import {startUs} from '../support/session-frames.js';
import {tsharkMissing} from '../support/tshark.js';
import {ethernet, ipv4, messageV1, recordV1, udp} from '../wire/build.js';

const folderFor = (context: TestContext): string => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-write-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

/** As they are printed. */
const recordsOf = async (file: string, ...filter: string[]): Promise<string[]> => {
	const {code, stdout} = await run(['--records', '-r', file, ...filter]);
	assert.equal(code, 0);
	return stdout.split('\n').filter(Boolean);
};

test('a filter chooses the frames that -w writes of a file, in every mode, whole and as they were', async context => {
	const [all, chosen] = [capture('persistence.pcap'), path.join(folderFor(context), 'chosen.pcapng')];
	const wanted = await recordsOf(all, 'vport=80');
	for (const mode of [[], ['--list'], ['--records'], ['--events']]) {
		const {code, stdout, stderr} = await run([...mode, '-r', all, '-w', chosen, 'vport=80']);
		assert.equal(code, 0);
		if (mode.length === 0) {
			assert.deepEqual([stdout, stderr], ['', `ipvstop: 74 of 442 frames written to ${chosen}\n`]);
		}

		assert.deepEqual(await recordsOf(chosen, 'vport=80'), wanted, 'no record of those is missing');
		const records = await recordsOf(chosen);
		assert.ok(records.length > wanted.length, 'a frame is whole: the others in it are there');
	}
});

const missing = await tsharkMissing();
const withTshark = {skip: missing ?? false};

test('they are the frames that tshark chooses', withTshark, async context => {
	const [all, chosen] = [capture('persistence.pcap'), path.join(folderFor(context), 'chosen.pcapng')];
	const times = (file: string, ...more: string[]): string[] => execFileSync('tshark', ['-r', file, ...more, '-T', 'fields', '-e', 'frame.time_epoch', '-e', 'frame.len'], {encoding: 'utf8', stdio: 'pipe'})
		.split('\n').map(line => line.replace(/0+(?=\t)/v, ''));
	for (const [ours, theirs] of [['vport=80', 'ipvs.vport == 80'], ['not vport=80', 'ipvs.vport any_ne 80'], ['rport=8443', 'ipvs.dport == 8443']] as const) {
		await run(['-r', all, '-w', chosen, ours]);
		const wanted = times(all, '-Y', theirs);
		assert.deepEqual(times(chosen), wanted, ours);
		assert.ok(wanted.length > 10, theirs);
	}
});

test('the fragments before the last one of a message that passes are written with it, others are not', async context => {
	const folder = folderFor(context);
	const [all, chosen] = [path.join(folder, 'all.pcap'), path.join(folder, 'chosen.pcapng')];
	const fragmentsOf = (id: number, port: number): Uint8Array[] => {
		const whole = udp(messageV1(Array.from({length: 60}, (_, index) => recordV1({ports: [1000 + index, port, port]}))));
		return [[0, 1480], [1480, whole.length]].map(([start, end]) => ethernet(ipv4(whole.subarray(start, end), {id, fragment: [start!, end !== whole.length]})));
	};

	const [of80, of443] = [fragmentsOf(1, 80), fragmentsOf(2, 443)];
	// One after the other, among messages that pass or not, the last part first.
	const frames = [of80[1]!, of443[0]!, syncFrame({id: 3, records: [recordV1({ports: [7, 80, 80]})]}), syncFrame({id: 4}), of443[1]!, of80[0]!];
	fs.writeFileSync(all, pcapOf(frames.map((octets, index) => ({timeUs: startUs + (index * 1000), octets}))));
	const {stderr} = await run(['-r', all, '-w', chosen, 'vport=80']);
	assert.equal(stderr, `ipvstop: 3 of 6 frames written to ${chosen}\n`);
	const records = await recordsOf(chosen);
	assert.equal(records.length, 61);
	assert.deepEqual(new Set(records), new Set(await recordsOf(all, 'vport=80')));
});

test('-w - hands on what passes, and what a frame does not tell is refused with its place', async context => {
	const [all, chosen] = [capture('persistence.pcap'), path.join(folderFor(context), 'chosen.pcapng')];
	const {code, stderr} = await run(['-r', all, '-w', chosen, 'age>3']);
	assert.equal(code, 2);
	assert.match(stderr, /filter: age: records have no age; use --list or --events\n {2}age>3\n {2}\^{3}\n$/v);
	assert.equal(fs.existsSync(chosen), false);
	const list = await run(['--list', '-r', all, '-w', chosen, 'age>3']);
	assert.deepEqual([list.code, list.stderr.split('. ', 1)[0]], [2, 'ipvstop: -w writes the frames that pass the filter, and a frame has only what --records tells']);
	const live = await run(['-i', 'lo', '-w', '-', 'vport=80']);
	assert.deepEqual([live.code, live.stderr], [2, 'ipvstop: a filter (vport=80) goes with text output, the screen and -r FILE; a recording of what is heard holds everything\n']);
	const nothing = await run(['-r', all, '-w', chosen, 'vport=7']);
	assert.deepEqual([nothing.code, nothing.stderr], [0, `ipvstop: 0 of 442 frames written to ${chosen}\n`]);
});
