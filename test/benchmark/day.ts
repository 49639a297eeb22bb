/*
A day of two directors with their clients, crashes and fail-backs, as fast as it goes, through decoder, table and desk. Prints the
memory in use every three hours of it: it must not grow once the rings are full.

    node --expose-gc --import=tsx test/benchmark/day.ts [HOURS]
*/
import process from 'node:process';
import {createSimulation} from '../../source/demo/simulation.js';
import {type Packet} from '../../source/wire/packet.js';
import {createTestEngine} from '../support/replay-engine.js';

const hours = Number(process.argv[2] ?? 24);
const hourUs = 3_600_000_000;
const beginUs = 1_795_305_600_000_000;
const {engine, view} = createTestEngine();
const simulation = createSimulation(1);
const packet: Packet = {view: new DataView(new ArrayBuffer(0)), offset: 0, length: 0, originalLength: 0, timeUs: 0, linkType: 1, place: 0};

for (let hour = 1; hour <= hours; hour++) {
	simulation.advanceTo(hour * hourUs, (sentUs, frame) => {
		packet.view = new DataView(frame.buffer);
		packet.length = frame.length;
		packet.originalLength = frame.length;
		packet.timeUs = beginUs + sentUs;
		engine.sink.packet(packet);
	});
	if (hour % 3 === 0) {
		globalThis.gc!();
		const {rss, heapUsed} = process.memoryUsage();
		const {connections, created, departed} = view.totals();
		console.log(JSON.stringify({hour, rssMiB: Math.round(rss / 2 ** 20), heapMiB: Math.round(heapUsed / 2 ** 20), connections, created, departed}));
	}
}
