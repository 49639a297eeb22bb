/*
Checkpoints of a full table: what a capture waits for, what saving and restoring take. CPU and wall time; run it in quiet:

    node --expose-gc --import=tsx test/benchmark/checkpoint.ts [SESSIONS]
*/
import process from 'node:process';
import {createSaveRoom, cutEngine, prepareSave, restoreEngine} from '../../source/engine/checkpoint/checkpoint.js';
import {createEngine} from '../../source/engine/engine.js';
import {createTableMemory} from '../../source/table/memory.js';
import {createTableWriter} from '../../source/table/write/writer.js';
import {createTableView} from '../../source/table/read/table-view.js';
import {encodeIpv4, encodeUdp, ipProtocol} from '../../source/wire/link/encode-frame.js';
import {encodeSyncV1} from '../../source/wire/sync/encode-sync.js';
import {testEngineOptions} from '../support/replay-engine.js';

const sessions = Number(process.argv[2] ?? 1_000_000);
const group = Int32Array.of(0xe0_00_00_51 | 0, 0, 0, 0);
const source = Int32Array.of(0x0a_00_00_01, 0, 0, 0);

const timed = <T>(name: string, action: () => T): T => {
	const cpu = process.cpuUsage();
	const startMs = performance.now();
	const result = action();
	const {user, system} = process.cpuUsage(cpu);
	console.log(`${name.padEnd(44)} ${((user + system) / 1000).toFixed(1).padStart(8)} ms CPU ${(performance.now() - startMs).toFixed(1).padStart(8)} ms wall`);
	return result;
};

const memory = createTableMemory({maxSessions: sessions});
const engine = createEngine({...testEngineOptions, table: createTableWriter(memory)});
let timeUs = 1e15;
for (let first = 0; first < sessions; first += 32) {
	const records = Array.from({length: Math.min(32, sessions - first)}, (_, index) => {
		const number = first + index;
		return {
			family: 4 as const, protocol: 6, flags: 0x01_01, state: 1, timeoutSeconds: 900, fwmark: 0,
			cport: 1024 + (number % 60_000), vport: 443, dport: 443,
			caddr: Int32Array.of(0x0b_00_00_00 + Math.floor(number / 60_000), 0, 0, 0), vaddr: Int32Array.of(0xc0_00_02_0a | 0, 0, 0, 0), daddr: Int32Array.of(0x0a_09_00_01 + (number % 8), 0, 0, 0),
		};
	});
	const payload = encodeSyncV1(1, records);
	const udp = encodeUdp({family: 4, source, destination: group, sourcePort: 40_000, destinationPort: 8848, payload});
	const frame = encodeIpv4({source, destination: group, protocol: ipProtocol.udp, payload: udp, identification: first & 0xff_ff});
	timeUs += 100;
	engine.sink.packet({view: new DataView(frame.buffer), offset: 0, length: frame.length, originalLength: frame.length, timeUs, linkType: 101, place: 0});
}

console.log(`${createTableView(memory).totals().connections} sessions`);
const room = createSaveRoom();
let slices = 0;
let longest = 0;
timed('making room (once, in slices)', () => {
	for (let isReady = false; !isReady; slices++) {
		const startMs = performance.now();
		isReady = prepareSave(engine, room);
		longest = Math.max(longest, performance.now() - startMs);
	}
});
console.log(`  ${slices} slices, the longest ${longest.toFixed(1)} ms`);
let pieces: Uint8Array[] = [];
for (let round = 0; round < 3; round++) {
	const cut = timed('the cut: what a capture waits for', () => cutEngine(engine, room));
	longest = 0;
	timed('the octets, in pieces', () => {
		pieces = [];
		const generator = cut.pieces();
		for (;;) {
			const startMs = performance.now();
			const {done, value} = generator.next();
			longest = Math.max(longest, performance.now() - startMs);
			if (done) {
				break;
			}

			pieces.push(value);
		}
	});
	console.log(`  ${pieces.length} pieces, the longest ${longest.toFixed(1)} ms`);
}

const octets = new Uint8Array(Buffer.concat(pieces));
console.log(`${octets.length} octets, ${(octets.length / sessions).toFixed(1)} a session`);
for (let round = 0; round < 3; round++) {
	const other = createTableMemory({maxSessions: sessions});
	timed('restoring', () => restoreEngine(octets, {...testEngineOptions, memory: other}));
}
