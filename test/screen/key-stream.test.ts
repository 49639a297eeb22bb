import assert from 'node:assert/strict';
import {PassThrough} from 'node:stream';
import {test, type TestContext} from 'node:test';
import {type ReadStream} from 'node:tty';
import {setImmediate as turn} from 'node:timers/promises';
import {createKeyStream} from '../../source/screen/key-stream.js';
import {type Click} from '../../source/screen/mouse.js';

/** What becomes of keys that a terminal sends in these parts, with so many milliseconds between them. */
const becomes = async (context: TestContext, ...parts: ReadonlyArray<string | number>): Promise<{readonly keys: readonly string[]; readonly clicks: readonly Click[]}> => {
	const {timers} = context.mock;
	timers.enable({apis: ['setTimeout']});
	const terminal = Object.assign(new PassThrough(), {setRawMode: () => undefined, ref: () => undefined, unref: () => undefined});
	const stream = createKeyStream(terminal as unknown as ReadStream);
	const keys: string[] = [];
	const clicks: Click[] = [];
	stream.on('data', (octets: Buffer) => {
		keys.push(octets.toString());
	});
	stream.onClick(click => {
		clicks.push(click);
	});
	stream.ref();
	for (const part of parts) {
		if (typeof part === 'number') {
			timers.tick(part);
		} else {
			terminal.write(part);
		}

		await turn();
	}

	timers.reset();
	return {keys, clicks};
};

test('a sequence that a slow link has parted is one key, however it is parted', async context => {
	for (const parts of [['\u001B', 30, '[B'], ['\u001B[', 119, 'B'], ['\u001B', 119, '[', 119, 'B']]) {
		assert.deepEqual(await becomes(context, ...parts), {keys: ['\u001B[B'], clicks: []});
	}

	assert.deepEqual(await becomes(context, '\u001B', 60, 'OB'), {keys: ['\u001BOB'], clicks: []});
	assert.deepEqual(await becomes(context, '\u001B[<65;', 30, '11;16M'), {keys: [], clicks: [{kind: 'wheel-down', column: 10, row: 15}]});
});

test('a lone Esc is one when nothing follows; what comes late of a sequence is a key all the same, and types nothing', async context => {
	assert.deepEqual(await becomes(context, '\u001B', 119), {keys: [], clicks: []});
	assert.deepEqual(await becomes(context, '\u001B', 120), {keys: ['\u001B'], clicks: []});
	assert.deepEqual(await becomes(context, '\u001B', 120, '[A'), {keys: ['\u001B', '\u001B[A'], clicks: []});
	assert.deepEqual(await becomes(context, '\u001B', 120, '2'), {keys: ['\u001B', '2'], clicks: []});
});

test('what is pasted passes as it is, also without its end, which a Ctrl-C brings, or that nothing more of it comes', async context => {
	assert.deepEqual(await becomes(context, '\u001B[200~a\u001B[<0;1;1M\u001B[201~'), {keys: ['\u001B[200~a\u001B[<0;1;1M\u001B[201~'], clicks: []});
	assert.deepEqual(await becomes(context, '\u001B[200~a', 2000), {keys: ['\u001B[200~a', '\u001B[201~'], clicks: []});
	assert.deepEqual(await becomes(context, '\u001B[200~a', 100, 'b\u0003'), {keys: ['\u001B[200~a', 'b', '\u001B[201~', '\u0003'], clicks: []});
});
