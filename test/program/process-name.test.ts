import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import test from 'node:test';
import {finished, saying, start} from '../support/program.js';

test('a running program is found by its name, and says with which words it was called', async () => {
	const child = start(['--demo', '--seed', '7', '--events']);
	await saying(child.stdout!, said => said.includes('\n'));
	const [name, words] = ['comm', 'cmdline'].map(file => readFileSync(`/proc/${child.pid!}/${file}`, 'utf8'));
	child.kill('SIGTERM');
	await finished(child);

	assert.equal(name, 'ipvstop\n');
	assert.equal(words!.replaceAll('\0', ''), 'ipvstop --demo --seed 7 --events');
});
