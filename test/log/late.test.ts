import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import {restoreEngine, saveEngine} from '../../source/engine/checkpoint/checkpoint.js';
import {createTableMemory} from '../../source/table/memory.js';
import {createTableView} from '../../source/table/read/table-view.js';
import {isOpenRank, entryRank} from '../../source/table/entry.js';
import {type Packet} from '../../source/wire/packet.js';
import {createTestEngine, packetsOf, testEngineOptions, testTableSizes, type TestEngine} from '../support/replay-engine.js';

/*
Who comes late: an operator who starts the program 20 s after a takeover, at each takeover of the captures, sees what a monitor sees that
never slept, when there is a log; without one she sees next to nothing, and no takeover at all.
*/
const folder = path.join(import.meta.dirname, '../captures');
const captures = ['failover-graceful', 'failover-kill9', 'failover-linkloss', 'failover-nopreempt', 'failover-preempt', 'failover-reboot'];
const lateUs = 20_000_000;

const feed = ({engine}: TestEngine, packets: readonly Packet[], untilUs: number) => {
	for (const packet of packets) {
		engine.sink.packet({...packet});
	}

	engine.sink.advance(untilUs);
};

const openOf = ({view}: TestEngine): number => {
	let open = 0;
	view.each((words, at) => {
		open += isOpenRank(entryRank(words, at)) ? 1 : 0;
	});
	return open;
};

const takeoversOf = ({engine}: TestEngine) => engine.failover().pairs.flatMap(({takeovers}) => takeovers);

test('with a log, who comes 20 s after a takeover is told of it, with all sessions, fates and verdicts; without, of nothing', async () => {
	let takeovers = 0;
	let toldWith = 0;
	let toldWithout = 0;
	for (const name of captures) {
		const packets = await packetsOf(path.join(folder, `${name}.pcap`));
		const whole = createTestEngine();
		feed(whole, packets, packets.at(-1)!.timeUs);
		for (const {id, atUs} of takeoversOf(whole)) {
			takeovers++;
			const nowUs = atUs + lateUs;
			const before = packets.filter(({timeUs}) => timeUs <= nowUs);
			const never = createTestEngine();
			feed(never, before, nowUs);

			// The segment that the takeover ended, or any before it, begins with a checkpoint.
			const keeper = createTestEngine();
			const cut = Math.floor(before.length * 0.7);
			feed(keeper, before.slice(0, cut), before[cut - 1]!.timeUs);
			const memory = createTableMemory(testTableSizes);
			const late: TestEngine = {engine: restoreEngine(saveEngine(keeper.engine), {...testEngineOptions, memory}), memory, view: createTableView(memory)};
			feed(late, before.slice(cut), nowUs);
			assert.deepEqual(late.engine.failover(), never.engine.failover(), `${name}, takeover ${id}`);
			assert.equal(openOf(late), openOf(never));
			toldWith += Number(takeoversOf(late).some(one => one.id === id));

			const without = createTestEngine();
			feed(without, packets.filter(({timeUs}) => timeUs > nowUs && timeUs <= nowUs + 10_000_000), nowUs + 10_000_000);
			toldWithout += Number(takeoversOf(without).some(one => one.atUs <= nowUs));
		}
	}

	assert.ok(takeovers >= 8, `${takeovers} takeovers`);
	assert.deepEqual([toldWith, toldWithout], [takeovers, 0]);
});
