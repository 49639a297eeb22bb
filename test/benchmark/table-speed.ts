/*
Speed and size of the table alone: decoded messages in, CPU time out.
Run with --expose-gc; --sessions N and --records N change the size.
*/
import {parseArgs} from 'node:util';
import process from 'node:process';
import {constants, PerformanceObserver} from 'node:perf_hooks';
import {setTimeout as pause} from 'node:timers/promises';
import {createTableMemory} from '../../source/table/memory.js';
import {createTableView} from '../../source/table/read/table-view.js';
import {createTableWriter} from '../../source/table/write/writer.js';
import {type TableMessage} from '../../source/table/write/table-message.js';
import {createRecordBatch, recordAt, recordWords} from '../../source/wire/sync/record-batch.js';
import {createWorkload} from './workload.js';

const {values} = parseArgs({
	options: {
		sessions: {type: 'string', default: '1000000'},
		records: {type: 'string', default: '5000000'},
		ipv6: {type: 'string', default: '0'},
		'state-changes': {type: 'string', default: '0.1'},
		changes: {type: 'string', default: '1048576'},
	},
});
const sessions = Number(values.sessions);
const records = Number(values.records);

let longestGcMs = 0;
let gcs = 0;
new PerformanceObserver(list => {
	for (const entry of list.getEntries()) {
		// Our own calls of gc() do not count.
		if (((entry as typeof entry & {detail: {flags: number}}).detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) === 0) {
			gcs += 1;
			longestGcMs = Math.max(longestGcMs, entry.duration);
		}
	}
}).observe({entryTypes: ['gc']});

const cpuMs = (): number => {
	const {user, system} = process.cpuUsage();
	return (user + system) / 1000;
};

const measure = (work: () => void): number => {
	const start = cpuMs();
	work();
	return cpuMs() - start;
};

const startUs = 1_800_000_000_000_000;
const message: TableMessage = {
	nowUs: startUs, segment: 1, director: 1, directorBit: 0, sentMask: 2, known: true, partial: false,
	view: new DataView(new ArrayBuffer(0)), offset: 0,
};

/** Messages made ahead of the clock: few enough to stay in the cache, as what a decoder has just written. */
const batches = Array.from({length: 64}, () => createRecordBatch());

const memory = createTableMemory({maxSessions: Math.max(2_000_000, sessions), changeCapacity: Number(values.changes)});
const table = createTableWriter(memory, {seed: 1});
const view = createTableView(memory);
globalThis.gc?.();
const residentBefore = process.memoryUsage().rss;

const feeding = createWorkload({sessions, records, ipv6: Number(values.ipv6), stateChanges: Number(values['state-changes'])});
let messages = 0;
let feedMs = 0;
for (;;) {
	const ready = batches.filter(batch => feeding.next(batch));
	if (ready.length === 0) {
		break;
	}

	feedMs += measure(() => {
		for (const batch of ready) {
			// 25,000 messages a second of table time: the run takes some seconds of it.
			message.nowUs = startUs + (messages * 40);
			messages += 1;
			table.apply(batch, message);
		}

		table.expire(message.nowUs, {limit: 8192});
	});
}

globalThis.gc?.();
const resident = process.memoryUsage().rss - residentBefore;
// The observer is told of collections some turns later.
await pause(100);
const held = view.totals();
console.log(`updates: ${(records / feedMs / 1000).toFixed(2)} M/CPU s (${feedMs.toFixed(0)} ms, page faults included) holding ${held.connections}`);
console.log(`resident: ${(resident / held.connections).toFixed(1)} B/session, of which changes ${Math.min(memory.changes.capacity, held.created + held.stateChanges) * 64 / held.connections} B`);
console.log(`gc: ${gcs}, longest ${longestGcMs.toFixed(1)} ms`);

console.log(`services: ${measure(() => {
	view.services();
}).toFixed(1)} ms`);

// All are made to fall due within 60 s.
const due = createWorkload({sessions, records: sessions, birthsUntil: 1, ipv6: Number(values.ipv6)});
let renewed = 0;
const [dueBatch] = batches;
while (due.next(dueBatch!)) {
	message.nowUs = startUs + 10_000_000 + Math.floor(renewed / sessions * 60e6);
	renewed += dueBatch!.count;
	for (let record = 0; record < dueBatch!.count; record += 1) {
		dueBatch!.words[(record * recordWords) + recordAt.timeoutSeconds] = 70;
	}

	table.apply(dueBatch!, message);
}

const before = view.totals();
let now = message.nowUs;
let longestSlice = 0;
const expireMs = measure(() => {
	while (view.totals().connections > 0 && now < message.nowUs + 1e9) {
		now += 250_000;
		let isDone = false;
		while (!isDone) {
			const start = process.hrtime.bigint();
			isDone = table.expire(now, {limit: 8192});
			longestSlice = Math.max(longestSlice, Number(process.hrtime.bigint() - start) / 1e6);
		}
	}
});
console.log(`expiry: ${before.connections} in ${expireMs.toFixed(0)} ms CPU, ${(expireMs * 1000 / before.connections).toFixed(3)} us each, longest slice ${longestSlice.toFixed(1)} ms (wall)`);
console.log(`gc: ${gcs}, longest ${longestGcMs.toFixed(1)} ms; paths left ${view.totals().paths}`);
