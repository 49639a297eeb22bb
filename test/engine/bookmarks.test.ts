import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import {markingSink} from '../../source/engine/bookmarks.js';
import {restoreEngine} from '../../source/engine/checkpoint/checkpoint.js';
import {type Bookmark} from '../../source/engine/status.js';
import {createTableMemory} from '../../source/table/memory.js';
import {createTableView} from '../../source/table/read/table-view.js';
import {createTestEngine, replayInto, testEngineOptions, testTableSizes, type TestEngine} from '../support/replay-engine.js';

const known = ({engine, view}: TestEngine) => {
	engine.settle();
	const rows: unknown[] = [];
	view.each((_words, _at, slot) => {
		rows.push([slot, view.row(slot)]);
	});
	return {rows, totals: view.totals(), departed: view.departed(10_000), failover: engine.failover(), directors: engine.directors.all(), tally: engine.tally, lastUs: engine.lastPacketUs()};
};

for (const name of ['failover-kill9.pcap', 'failover-preempt.pcap', 'link.dumpcap.pcapng']) {
	test(`from each bookmark of ${name} on, the rest of the file leads to what the whole of it does`, async () => {
		const file = path.join(import.meta.dirname, '../captures', name);
		const whole = createTestEngine();
		const bookmarks: Bookmark[] = [];
		const every = 100;
		await replayInto(markingSink(whole.engine, every, bookmark => {
			bookmarks.push(bookmark);
		}), file);
		const expected = known(whole);
		assert.ok(bookmarks.length >= 2, `${bookmarks.length} bookmarks`);
		for (const [index, {timeUs, packets, checkpoint}] of bookmarks.entries()) {
			const memory = createTableMemory(testTableSizes);
			const engine = restoreEngine(new Uint8Array(checkpoint), {...testEngineOptions, memory});
			assert.equal(engine.lastPacketUs(), timeUs);
			await replayInto(engine.sink, file, packets);
			assert.deepEqual(known({engine, view: createTableView(memory), memory}), expected, `bookmark ${index} at packet ${packets}`);
		}
	});
}
