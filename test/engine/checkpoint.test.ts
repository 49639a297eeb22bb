import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {crc32} from 'node:zlib';
import {CheckpointError} from '../../source/checkpoint/shape.js';
import {restoreEngine, saveEngine} from '../../source/engine/checkpoint/checkpoint.js';
import {type Engine} from '../../source/engine/engine.js';
import {createChangeReader, type Change} from '../../source/table/changes.js';
import {createTableMemory} from '../../source/table/memory.js';
import {createTableView} from '../../source/table/read/table-view.js';
import {type Packet} from '../../source/wire/packet.js';
import {createTestEngine, packetsOf, replayInto, testEngineOptions, testTableSizes, type TestEngine} from '../support/replay-engine.js';

const folder = path.join(import.meta.dirname, '../captures');
const captures = readdirSync(folder).filter(file => /\.pcap(?:ng)?$/v.test(file)).map(file => path.join(folder, file));

/** Numbers that look random and are the same in each run (Marsaglia's xorshift). */
const createRandom = (seed: number) => {
	let state = seed | 1;
	return (below: number): number => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) % below;
	};
};

const restore = (octets: Uint8Array): TestEngine => {
	const memory = createTableMemory(testTableSizes);
	return {engine: restoreEngine(octets, {...testEngineOptions, memory}), view: createTableView(memory), memory};
};

const feed = ({engine}: {engine: Engine}, packets: readonly Packet[]) => {
	for (const packet of packets) {
		engine.sink.packet({...packet});
	}
};

/** A change as text, but names, which a restored engine tells anew. */
const textOf = (change: Change): string | undefined => {
	if (change.type === 'aside') {
		return change.json?.startsWith('{"event":"@') ? undefined : `${change.timeUs} ${change.json}`;
	}

	return change.type === 'refused'
		? JSON.stringify(change)
		: JSON.stringify({...change, words: [...change.words].slice(0, 12), connection: change.connection(), wasPath: change.wasPath()});
};

/** All that is to be seen of an engine: `skip` changes left out. */
const seen = ({engine, view, memory}: TestEngine, skip: number) => {
	const changes: string[] = [];
	createChangeReader(memory).read(change => {
		const text = textOf(change);
		if (text !== undefined) {
			changes.push(text);
		}
	});
	const rows: unknown[] = [];
	view.each((words, at, slot) => {
		rows.push([slot, view.row(slot), words[at + 14]]);
	});
	return {
		changes: changes.slice(skip),
		rows,
		departed: view.departed(10_000),
		totals: view.totals(),
		services: view.services(),
		state: engine.state,
		failover: engine.failover(),
		directors: engine.directors.all(),
	};
};

/** Fields in one order. */
const sorted = (value: unknown): unknown => typeof value === 'object' && value !== null && !Array.isArray(value)
	? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => one < other ? -1 : 1))
	: value;

/** Maps, sets and words as text too. */
const plain = (value: unknown): string => JSON.stringify(value, (_, one: unknown) => one instanceof Map || one instanceof Set || ArrayBuffer.isView(one)
	? [...one as Iterable<unknown>]
	: (one === undefined || one === Infinity || one === -Infinity ? String(one) : sorted(one)));

/** Compares part by part; shows the first place where they differ, and not all of a large table. */
const assertSame = (one: ReturnType<typeof seen>, other: ReturnType<typeof seen>, message: string) => {
	for (const part of Object.keys(other) as Array<keyof typeof other>) {
		const [left, right] = [plain(one[part]), plain(other[part])];
		if (left !== right) {
			const at = Math.max(0, [...left].findIndex((character, index) => character !== right[index]) - 200);
			assert.equal(left.slice(at, at + 500), right.slice(at, at + 500), `${part}, ${message}`);
		}
	}
};

const changeCount = ({memory}: TestEngine): number => {
	let count = 0;
	createChangeReader(memory).read(change => {
		count += textOf(change) === undefined ? 0 : 1;
	});
	return count;
};

for (const [index, capture] of captures.entries()) {
	test(`saved and restored at random packets of ${path.basename(capture)}, an engine goes on as if it had not been`, async () => {
		const packets = await packetsOf(capture);
		const random = createRandom(0x5e_ed + index);
		const never = createTestEngine();
		const cuts = Array.from({length: 4}, () => random(packets.length + 1)).sort((one, other) => one - other);
		const restored: Array<{at: number; engine: TestEngine; skip: number}> = [];
		let fed = 0;
		for (const cut of cuts) {
			feed(never, packets.slice(fed, cut));
			fed = cut;
			restored.push({at: cut, engine: restore(saveEngine(never.engine)), skip: changeCount(never)});
		}

		feed(never, packets.slice(fed));
		never.engine.settle();
		for (const {at, engine, skip} of restored) {
			// Saved once more on the way: what was restored can be saved as well.
			const middle = at + random(packets.length - at + 1);
			feed(engine, packets.slice(at, middle));
			const before = changeCount(engine);
			const again = restore(saveEngine(engine.engine));
			for (const [one, rest, left] of [[engine, packets.slice(middle), skip], [again, packets.slice(middle), skip + before]] as const) {
				feed(one, rest);
				one.engine.settle();
				assertSame(seen(one, 0), seen(never, left), `saved at packet ${at} of ${packets.length}`);
			}
		}
	});
}

for (const [seconds, what] of [[56 * 31_556_952, 'from 1970 on to 2026'], [2 ** 31 + 5, 'by more than 31 bits of seconds']] as const) {
	test(`a capture whose clock is set ${what} is saved and restored`, async () => {
		const packets = await packetsOf(path.join(folder, 'persistence.pcap'));
		const shifted = packets.map((packet, index) => index < 20 ? packet : {...packet, timeUs: packet.timeUs + (seconds * 1_000_000)});
		const never = createTestEngine();
		feed(never, shifted.slice(0, 200));
		const skip = changeCount(never);
		const restored = restore(saveEngine(never.engine));
		for (const one of [never, restored]) {
			feed(one, shifted.slice(200));
			one.engine.settle();
		}

		assertSame(seen(restored, 0), seen(never, skip), 'saved at packet 200');
		assert.ok(never.view.totals().connections > 30);
	});
}

test('a bent checkpoint is refused', async () => {
	const engine = createTestEngine();
	await replayInto(engine.engine.sink, path.join(folder, 'persistence.pcap'));
	const octets = Buffer.from(saveEngine(engine.engine));
	restore(octets);
	// None comes so far as to write to it.
	const memory = createTableMemory(testTableSizes);
	const random = createRandom(0xbe_17);
	for (let round = 0; round < 10_000; round++) {
		const bent = Buffer.from(octets);
		const kind = round % 4;
		if (kind === 0) {
			bent[random(bent.length)]! ^= 1 << random(8);
		} else if (kind === 1) {
			bent.fill(random(256), random(bent.length), random(bent.length));
		} else if (kind === 2) {
			bent.copyWithin(random(bent.length), random(bent.length), random(bent.length));
		}

		const given = kind === 3 ? bent.subarray(0, random(bent.length)) : bent;
		if (!given.equals(octets)) {
			assert.throws(() => restoreEngine(given, {...testEngineOptions, memory}), CheckpointError, `round ${round}`);
		}
	}
});

/** Makes the sums right again, as somebody would who means harm. */
const mend = (octets: Buffer) => {
	const head = 32 + (Math.ceil(octets.readUInt32LE(16) / 8) * 8);
	octets.writeUInt32LE(crc32(octets.subarray(32, head), crc32(octets.subarray(0, 28))), 28);
	octets.writeUInt32LE(crc32(octets.subarray(head, -8)), octets.length - 8);
};

test('a checkpoint that was bent and given right sums is refused, or is of a table that holds together', async () => {
	const engine = createTestEngine();
	const file = path.join(folder, 'persistence.pcap');
	const packets = await packetsOf(file);
	feed(engine, packets.slice(0, packets.length / 2));
	const octets = Buffer.from(saveEngine(engine.engine));
	const head = 32 + (Math.ceil(octets.readUInt32LE(16) / 8) * 8);
	const rest = packets.slice(packets.length / 2);
	const random = createRandom(0x0b_ad);
	let refused = 0;
	for (let round = 0; round < 400; round++) {
		const bent = Buffer.from(octets);
		for (let bends = 1 + random(3); bends > 0; bends--) {
			// Digits of the head, and words whose upper or lower half is what matters.
			const at = round % 2 === 0 ? 32 + random(head - 32) : head + random(bent.length - head - 8);
			bent[at] = round % 2 === 0 && bent[at]! >= 0x30 && bent[at]! <= 0x39 ? 0x30 + random(10) : random(256);
		}

		mend(bent);
		let restored: TestEngine;
		try {
			restored = restore(bent);
		} catch (error) {
			assert.ok(error instanceof CheckpointError, `round ${round}: ${String(error)}`);
			refused++;
			continue;
		}

		// It goes on, and what it counts is what it has.
		feed(restored, rest);
		restored.engine.sink.advance(restored.engine.state.nowUs + 1e9);
		restored.engine.settle();
		let rows = 0;
		restored.view.each(() => {
			rows++;
		});
		const {connections, templates} = restored.view.totals();
		assert.equal(connections + templates, rows, `round ${round}`);
	}

	assert.ok(refused > 50, `${refused} refused`);
});
