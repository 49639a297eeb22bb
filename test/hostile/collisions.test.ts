/* Keys that were made to meet in the indexes of the table. */
import assert from 'node:assert/strict';
import process from 'node:process';
import test from 'node:test';
import {createHashTables, hashWord} from '../../source/table/keyed-hash.js';
import {createTableMemory} from '../../source/table/memory.js';
import {type TableMessage} from '../../source/table/write/table-message.js';
import {createSessionHash} from '../../source/table/write/session-hash.js';
import {createTableWriter} from '../../source/table/write/writer.js';
import {createRecordBatch, recordAt, recordWords} from '../../source/wire/sync/record-batch.js';
import {fillRecord} from '../benchmark/workload.js';

const records = 60_000;

/** Milliseconds of processor time to apply one record of each of so many virtual services. */
const applyMs = (vaddrOf: (number: number) => readonly [number, number]): number => {
	const table = createTableWriter(createTableMemory({maxSessions: 100_000}));
	const batch = createRecordBatch();
	const message: TableMessage = {
		nowUs: 1e15, segment: 1, director: 1, directorBit: 0, sentMask: 0, known: true, partial: false,
		view: new DataView(new ArrayBuffer(0)), offset: 0,
	};
	const started = process.cpuUsage();
	for (let first = 0; first < records; first += 20) {
		batch.count = 20;
		for (let record = 0; record < 20; record++) {
			fillRecord(batch.words, record * recordWords, first + record, true, 1, 900);
			const [second, third] = vaddrOf(first + record);
			batch.words[(record * recordWords) + recordAt.vaddr + 1] = second;
			batch.words[(record * recordWords) + recordAt.vaddr + 2] = third;
		}

		table.apply(batch, message);
	}

	const {user, system} = process.cpuUsage(started);
	return (user + system) / 1000;
};

test('virtual services that met in one place of the index under every seed cost no more than any others', () => {
	// The hash of before took the second and third word of an address as second ^ 31 * third.
	const anyMs = applyMs(number => [Math.imul(number, 0x9e_37_79_b1), number]);
	const metMs = applyMs(number => [0x12_34_56_78 ^ Math.imul(number, 31), number]);
	assert.ok(metMs < 4 * anyMs, `${metMs.toFixed(0)} ms against ${anyMs.toFixed(0)} ms`);
});

test('clients whose differences undid each other in the multiplicative hash have as many hashes as clients', () => {
	const top = (bits: number): number => bits << 28;
	for (const hash of [createSessionHash(undefined), createSessionHash(undefined), createSessionHash(7)]) {
		const hashes = new Set<number>();
		for (let number = 0; number < 0x1_00_00; number++) {
			// The upper four bits of each word, and what takes them back in the next one.
			hashes.add(hash(1, top(number), top(number >>> 4) ^ (top(number) >>> 13), top(number >>> 8) ^ (top(number >>> 4) >>> 16), top(number >>> 12) ^ (top(number >>> 8) >>> 15), 1024, 0));
		}

		assert.ok(hashes.size > 0xff_00, `${hashes.size} of 65 536`);
	}
});

test('the tables of a hash are drawn anew for each index, and one octet that differs changes half of the bits', () => {
	const tables = createHashTables(4);
	assert.notDeepEqual(tables, createHashTables(4));
	let changed = 0;
	for (let bit = 0; bit < 32; bit++) {
		for (let word = 0; word < 64; word++) {
			let difference = hashWord(tables, 0, word * 0x01_03_05_07) ^ hashWord(tables, 0, (word * 0x01_03_05_07) ^ (1 << bit));
			for (; difference !== 0; difference &= difference - 1) {
				changed++;
			}
		}
	}

	assert.ok(Math.abs((changed / (32 * 64)) - 16) < 1, `${changed / (32 * 64)} bits`);
});
