import assert from 'node:assert/strict';
import {createWriteStream, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'node:test';
import {follow} from '../../source/output/follow.js';
import {createTextOutput} from '../../source/output/text-output.js';
import {type Monitor} from '../../source/engine/monitor.js';

test('a source that never runs dry, into an output that never waits, leaves signals and triggers their turn', async t => {
	const folder = mkdtempSync(path.join(tmpdir(), 'ipvstop-follow-'));
	t.after(() => {
		rmSync(folder, {recursive: true});
	});
	const output = createTextOutput(createWriteStream(path.join(folder, 'lines')));
	const monitor = {hasEnded: () => false, subscribe: () => () => undefined} as unknown as Monitor;
	let isStopped = false;
	setImmediate(() => {
		isStopped = true;
	});
	let drained = 0;
	await follow(monitor, output, () => ++drained, () => isStopped || drained === 10_000);
	assert.ok(drained < 10_000, 'it stopped because it was told to');
});
