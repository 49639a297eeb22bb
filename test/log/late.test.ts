import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {after} from 'node:test';
import {createEngine} from '../../source/engine/engine.js';
import {engineOfLog, hearAside} from '../../source/engine/log-engine.js';
import {openLog} from '../../source/log/folder.js';
import {createLogItems} from '../../source/log/log-reader.js';
import {createTableMemory} from '../../source/table/memory.js';
import {createTableView} from '../../source/table/read/table-view.js';
import {createTableWriter} from '../../source/table/write/writer.js';
import {isOpenRank, entryRank} from '../../source/table/entry.js';
import {type Packet} from '../../source/wire/packet.js';
import {runCli} from '../support/run-cli.js';
import {createTestEngine, packetsOf, testEngineOptions, testTableSizes, type TestEngine} from '../support/replay-engine.js';

/*
Who comes late: an operator who starts the program 20 s after a takeover, at each takeover of the captures, sees what a monitor sees that
never slept, when there is a log; without one she sees next to nothing, and no takeover at all.
*/
const folder = path.join(import.meta.dirname, '../captures');
const captures = [
	'failover-graceful', 'failover-kill9', 'failover-linkloss', 'failover-nopreempt', 'failover-preempt', 'failover-reboot',
	'field/act-one', 'field/hand-crash1', 'field/pairs-uni1', 'field/three', 'field/uni-crash1', 'field/v6only1',
];
const lateUs = 20_000_000;

const root = mkdtempSync(path.join(tmpdir(), 'ipvstop-late-'));
after(() => {
	rmSync(root, {recursive: true});
});

const feed = ({engine}: TestEngine, packets: readonly Packet[], untilUs: number) => {
	for (const packet of packets) {
		engine.sink.packet({...packet});
	}

	engine.sink.advance(untilUs);
};

/** What who opens the log at a moment is shown of it: its nearest checkpoint, and what was heard since. */
const openLate = (kept: string, nowUs: number): TestEngine => {
	const memory = createTableMemory(testTableSizes);
	const log = openLog(kept);
	const {engine, first} = engineOfLog(log, nowUs, {...testEngineOptions, memory}, () => createEngine({...testEngineOptions, table: createTableWriter(memory, {seed: 1})}));
	const items = createLogItems(log, first!);
	for (let item = items.next(); item !== 'wait' && item.timeUs <= nowUs; item = items.next()) {
		if (item.kind === 'packet') {
			engine.sink.packet(item.packet);
		} else if (item.kind === 'aside') {
			engine.sink.advance(item.timeUs);
			hearAside(engine, item.timeUs, item.aside);
		}
	}

	items.close();
	engine.sink.advance(nowUs);
	assert.deepEqual(log.problems, []);
	return {engine, memory, view: createTableView(memory)};
};

const openOf = ({view}: TestEngine): number => {
	let open = 0;
	view.each((words, at) => {
		open += isOpenRank(entryRank(words, at)) ? 1 : 0;
	});
	return open;
};

/** All sessions with what is known of each. */
const rowsOf = ({view}: TestEngine): unknown[] => {
	const rows: unknown[] = [];
	view.each((_words, _at, slot) => {
		rows.push(view.row(slot));
	});
	return rows;
};

const takeoversOf = ({engine}: TestEngine) => engine.failover().pairs.flatMap(({takeovers}) => takeovers);

test('with a log, who comes 20 s after a takeover is told of it, with all sessions, fates and verdicts; without, of nothing', async () => {
	let takeovers = 0;
	let toldWith = 0;
	let toldWithout = 0;
	for (const name of captures) {
		const packets = await packetsOf(path.join(folder, `${name}.pcap`));
		const log = `${path.join(root, path.basename(name))}/`;
		const {code, stderr} = await runCli(['-r', path.join(folder, `${name}.pcap`), '-w', log, '--list', '--no-config']);
		assert.deepEqual([code, stderr], [0, '']);
		const whole = createTestEngine();
		feed(whole, packets, packets.at(-1)!.timeUs);
		for (const {id, atUs} of takeoversOf(whole)) {
			takeovers++;
			const nowUs = atUs + lateUs;
			const before = packets.filter(({timeUs}) => timeUs <= nowUs);
			const never = createTestEngine();
			feed(never, before, nowUs);

			const late = openLate(log, nowUs);
			assert.deepEqual(late.engine.failover(), never.engine.failover(), `${name}, takeover ${id}`);
			assert.deepEqual(rowsOf(late), rowsOf(never));
			assert.ok(openOf(late) > 0);
			toldWith += Number(takeoversOf(late).some(one => one.id === id));

			const without = createTestEngine();
			feed(without, packets.filter(({timeUs}) => timeUs > nowUs && timeUs <= nowUs + 10_000_000), nowUs + 10_000_000);
			toldWithout += Number(takeoversOf(without).some(one => one.atUs <= nowUs));
		}
	}

	assert.ok(takeovers >= 14, `${takeovers} takeovers`);
	assert.deepEqual([toldWith, toldWithout], [takeovers, 0]);
});
