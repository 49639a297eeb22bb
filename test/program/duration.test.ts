import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import {capture, run} from '../support/program.js';

for (const output of ['--events', '--records', '--list']) {
	test(`${output} of a live source ends by itself after --duration`, async () => {
		const {code, stdout, stderr} = await run(['--demo', output, '--duration', '0.5']);
		assert.deepEqual([code, stderr], [0, '']);
		assert.ok(stdout.split('\n').length > 10);
	});

	test(`${output} of a file is read to its end whatever --duration says`, async () => {
		const timed = await run(['-r', capture('persistence.pcap'), output, '--duration', '0']);
		const whole = await run(['-r', capture('persistence.pcap'), output]);
		assert.equal(timed.stdout, whole.stdout);
		assert.deepEqual([timed.code, timed.stderr], [0, '']);
	});
}

test('a recording alone ends after --duration, too, and is whole', async context => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-duration-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	const file = path.join(folder, 'a.pcapng');
	const recorded = await run(['--demo', '--list', '--duration', '1', '-w', file]);
	assert.deepEqual([recorded.code, recorded.stderr], [0, '']);
	const read = await run(['-r', file, '--records']);
	assert.deepEqual([read.code, read.stderr], [0, '']);
});

test('a wait that is longer than a timer can be is a wait', async () => {
	const {code} = await run(['--via', 'nothing=sleep 60', '--list', '--duration', '0.5', '--wait', '3000000']);
	assert.equal(code, 0);
});
