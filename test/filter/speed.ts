/*
CPU time of a query of 60 rows over a full table for every kind of filter, beside the same query without one.
`--sessions N` changes the size, `--ipv6 SHARE` the families.
*/
import process from 'node:process';
import {parseArgs} from 'node:util';
import {compileFilter} from '../../source/filter/compile.js';
import {parseFilter} from '../../source/filter/parser.js';
import {createTableMemory} from '../../source/table/memory.js';
import {type TableMessage} from '../../source/table/write/table-message.js';
import {createTableView} from '../../source/table/read/table-view.js';
import {createTableWriter} from '../../source/table/write/writer.js';
import {createRecordBatch} from '../../source/wire/sync/record-batch.js';
import {createWorkload} from '../benchmark/workload.js';

const {values} = parseArgs({options: {sessions: {type: 'string', default: '1000000'}, ipv6: {type: 'string', default: '0'}}});
const sessions = Number(values.sessions);

const cpuMs = (): number => {
	const {user, system} = process.cpuUsage();
	return (user + system) / 1000;
};

const memory = createTableMemory({maxSessions: Math.max(2_000_000, sessions), changeCapacity: 1024});
const table = createTableWriter(memory, {seed: 1});
const view = createTableView(memory);
const workload = createWorkload({sessions, records: sessions * 1.5, ipv6: Number(values.ipv6)});
const message: TableMessage = {
	nowUs: 1_800_000_000_000_000, segment: 1, director: 1, directorBit: 0, sentMask: 2, known: true, partial: false,
	view: new DataView(new ArrayBuffer(0)), offset: 0,
};
const batch = createRecordBatch();
while (workload.next(batch)) {
	message.nowUs += 40;
	table.apply(batch, message);
}

const names = {
	segment: () => 'eth0',
	director: (index: number) => [`192.0.2.${index}`, 'dir1'],
	bitHolders: () => Array.from({length: 15}, (_, bit) => ({bit, names: [`192.0.2.${bit}`, `dir${bit}`], isIn: () => true})),
	aliases: new Map([['web', ['192.0.2.1:443', '192.0.2.2:443']]]),
};

const filters = [
	'', '203.0.', '10.0.0.0/8', 'client=10.0.0.0/8,192.168.0.0/16', 'client=2001:db8::/33', ':443', ':40000', 'vport=80,443', 'cport=1024-5000', 'vip=192.0.2.10:443 !state=tw',
	'state!=est,tw exp<30s', '(vip=web or vip=192.0.2.3) rs~"^10\\.0\\.0\\."', 'vip~"2\\.1"', 'state=fin', 'est', 'proto=tcp', 'syncid=0', 'fwd=route', 'fwmark=0x0/0xff',
	'flags=inactive', 'template=false', 'timeout=15m', 'exp<14m', 'age>10ms', 'idle<5s', 'upd>1', 'upd=1-2', 'dir=dir1', 'directors=dir0', 'sent=dir1', 'segment=eth0', 'new', 'moved', 'open', 'web',
	'est vip=192.0.2.1,192.0.2.2 client=0.0.0.0/1 exp>1m rport=8443', '!(est or vip=web) or cport<2000',
	'client~"^20"', 'peData=x',
];
let worst = {ms: 0, text: ''};
for (const text of filters) {
	const parsed = parseFilter(text);
	const compiled = parsed.ok ? compileFilter(parsed.expression, view, {subject: 'sessions', names, hideTemplates: true}) : parsed;
	if (!compiled.ok) {
		throw new Error(`${text}: ${compiled.message}`);
	}

	for (const sort of ['open', 'client'] as const) {
		const times: number[] = [];
		let matched = 0;
		for (let round = 0; round < (compiled.slow ? 1 : 7); round++) {
			const start = cpuMs();
			({matched} = view.select({predicate: compiled.at(view.now()), sort, count: 60}));
			times.push(cpuMs() - start);
		}

		const ms = times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
		console.log(`${ms.toFixed(1).padStart(6)} ms  ${sort.padEnd(6)} ${String(matched).padStart(8)} of ${sessions}  ${text}${compiled.slow ? '  (slow)' : ''}`);
		if (!compiled.slow && ms > worst.ms) {
			worst = {ms, text: `${sort} ${text}`};
		}
	}
}

console.log(`worst median of 7, slow ones excepted: ${worst.ms.toFixed(1)} ms (${worst.text})`);
