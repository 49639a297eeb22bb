/*
A day of a pair of directors that take turns every six hours, with three new sessions and three announcements of older ones each
second, through decoder, table and desk in some seconds. A Map of plain objects says at every hour what has to be there.
*/
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {type Packet} from '../../source/wire/packet.js';
import {createChangeReader} from '../../source/table/changes.js';
import {announcementOf} from '../support/announcements.js';
import {createTestEngine} from '../support/replay-engine.js';

const hours = 24;
const secondUs = 1_000_000;
const beginUs = 1_795_305_600_000_000;
const perSecond = 3;
/** Ethernet, IPv4, UDP and the header of a sync message; then records of 36 octets (Linux ip_vs_sync.c, struct ip_vs_sync_v4). */
const recordsAt = 14 + 20 + 8 + 8;
const recordOctets = 36;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** In use after a collection: objects, and the memory of typed arrays beside the table's own. */
const memoryInUse = (): number => {
	collect();
	const {heapUsed, arrayBuffers} = process.memoryUsage();
	return heapUsed + arrayBuffers;
};

/** Any number from a number: the same in every run. */
const scattered = (number: number): number => Math.imul(number ^ (number >>> 15), 0x2c_1b_3c_6d) >>> 0;

type Said = {readonly number: number; readonly state: number; readonly timeoutSeconds: number};

/** What is announced in a second: new sessions in ESTABLISHED, and those of 30 s ago in FIN_WAIT, or once more as they are. */
const saidAt = (second: number): Said[] => Array.from({length: 2 * perSecond}, (_, index) => {
	const isNew = index < perSecond;
	const number = isNew ? (second * perSecond) + index : ((second - 30) * perSecond) + index - perSecond;
	const ends = !isNew && scattered(number) % 3 > 0;
	return {number, state: ends ? 4 : 1, timeoutSeconds: ends ? 120 : 60 + (scattered(number + 1) % 840)};
}).filter(({number}) => number >= 0);

const callerOf = (number: number) => ({caddr: 0x64_40_00_00 + (number % 0x20_00_00), cport: 1024 + (number % 60_000)});

test('after a day of 24 hours the table is what was announced, and no larger in memory than after three', context => {
	const {engine, view, memory} = createTestEngine();
	const changes = createChangeReader(memory);
	const packet: Packet = {view: new DataView(new ArrayBuffer(0)), offset: 0, length: 0, originalLength: 0, timeUs: 0, linkType: 1, place: 0};
	const model = new Map<string, {state: number; expiresUs: number}>();
	const frames = ['10.255.0.2', '10.255.0.3'].map(sender => announcementOf(2 * perSecond, sender));
	const inUse: number[] = [];
	let created = 0;
	let read = 0;
	const startedMs = performance.now();

	for (let second = 0; second < hours * 3600; second++) {
		const timeUs = beginUs + (second * secondUs);
		const said = saidAt(second);
		const frame = frames[Math.floor(second / (6 * 3600)) % 2]!;
		const octets = new DataView(frame.buffer);
		if (said.length === 2 * perSecond) {
			for (const [index, {number, state, timeoutSeconds}] of said.entries()) {
				const {caddr, cport} = callerOf(number);
				const at = recordsAt + (index * recordOctets);
				octets.setUint16(at + 8, state);
				octets.setUint16(at + 10, cport);
				octets.setUint32(at + 20, timeoutSeconds);
				octets.setUint32(at + 24, caddr);
				const key = `${caddr} ${cport}`;
				const known = model.get(key);
				created += known && known.expiresUs > timeUs ? 0 : 1;
				model.set(key, {state, expiresUs: timeUs + (timeoutSeconds * secondUs)});
			}

			octets.setUint16(18, second & 0xff_ff);
			Object.assign(packet, {view: octets, length: frame.length, originalLength: frame.length, timeUs});
			engine.sink.packet(packet);
		}

		if ((second + 1) % 3600 === 0) {
			engine.settle();
			for (const [key, {expiresUs}] of model) {
				if (expiresUs <= timeUs) {
					model.delete(key);
				}
			}

			const rows = [...view.select({count: 1e9}).slots].map(slot => view.row(slot)!);
			assert.ok(rows.length > 500);
			assert.deepEqual(
				rows.map(({caddr, cport, state, expiresUs}) => `${caddr[0]! >>> 0} ${cport} ${state} ${expiresUs}`).sort(),
				[...model].map(([key, {state, expiresUs}]) => `${key} ${state} ${expiresUs}`).sort(),
			);
			const totals = view.totals();
			assert.deepEqual([totals.connections, totals.created, totals.created - totals.departed], [rows.length, created, rows.length]);
			assert.deepEqual([totals.evicted, totals.refused.size], [0, 0]);
			assert.equal(totals.records, totals.applied);
			assert.ok(view.departed(1e9).length <= memory.sizes.departedCapacity);
			for (let taken = 1; taken > 0;) {
				taken = changes.read(() => undefined, 4096);
				read += taken;
			}

			inUse.push(memoryInUse());
		}
	}

	const mebibytes = (octets: number) => (octets / 2 ** 20).toFixed(1);
	const {departed} = view.totals();
	context.diagnostic(`${hours} h in ${((performance.now() - startedMs) / 1000).toFixed(1)} s: ${created} sessions, ${departed} departed, ${read} changes read, ${changes.lost()} overwritten; ${inUse.map(octets => mebibytes(octets)).join(' ')} MiB`);
	assert.ok(created > 250_000);
	assert.ok(Math.max(...inUse.slice(3)) - inUse[2]! < 1024 * 1024, `${mebibytes(inUse[2]!)} MiB after 3 h, ${mebibytes(inUse.at(-1)!)} MiB after ${hours} h`);
	assert.deepEqual(engine.directors.all().map(({address}) => address), ['10.255.0.2', '10.255.0.3']);
});
