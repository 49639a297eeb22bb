import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import {createReplay} from '../../source/capture/replay/replay.js';
import {createCaptureClock} from '../../source/capture/clock.js';
import {showReading, type Reader} from '../../source/program/reading.js';

test('how much of a file was read is said after a second, in one line that is gone at its end', async context => {
	context.mock.timers.enable({apis: ['setInterval']});
	const {promise: ended, resolve} = Promise.withResolvers<undefined>();
	let progress: number | undefined;
	const monitor: Reader = {status: () => ({progress}), ended};
	const written: string[] = [];
	showReading(monitor, {write(text: string) {
		written.push(text);
	}}, Promise.withResolvers<undefined>().promise);
	progress = 0.2;
	context.mock.timers.tick(999);
	assert.deepEqual(written, [], 'what takes less is not worth it');
	progress = 0.426;
	context.mock.timers.tick(1);
	assert.deepEqual(written, ['\r\u{1B}[Kreading: 42%, Ctrl-C ends it']);
	resolve(undefined);
	await ended;
	assert.deepEqual(written.slice(-1), ['\r\u{1B}[K']);
	const {length} = written;
	context.mock.timers.tick(1000);
	assert.equal(written.length, length, 'nothing is said any more');
});

for (const [name, wanted] of [['failover-kill9.pcap', 1], ['/dev/null', undefined]] as const) {
	test(`read to its end, ${name} has the share ${wanted}`, async () => {
		const source = createReplay({files: [{path: path.resolve(import.meta.dirname, '../captures', name)}], pace: 'packet', clock: createCaptureClock()});
		assert.strictEqual(source.progress(), undefined, 'not before it is open');
		const heard = () => undefined;
		await source.start({packet: heard, datagram: heard, advance: heard, places: heard}).catch(heard);
		await source.ended;
		assert.equal(source.progress(), wanted);
	});
}
