import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {type Connection} from '../../source/table/connection.js';
import {entryCode, entryMark, entryWords, setEntryMarks} from '../../source/table/entry.js';
import {isTemplate, pathIs, type Predicate} from '../../source/table/read/predicates.js';
import {sortKeys, type SortKey} from '../../source/table/read/sort-key.js';
import {createRandom} from '../benchmark/workload.js';
import {createTable, flags, secondsLater, startUs, type SampleRecord} from './support.js';

const compareWords = (a: Int32Array, b: Int32Array): number => {
	for (const [index, word] of a.entries()) {
		const difference = (word >>> 0) - (b[index]! >>> 0);
		if (difference !== 0) {
			return difference;
		}
	}

	return 0;
};

const left = (a: Connection, b: Connection) => a.expiresUs - b.expiresUs;
const protocolClass = (row: Connection) => [6, 132, 17].indexOf(row.protocol) & 3;
const stateRank = (row: Connection) => row.template ? 1000 + (protocolClass(row) * 16) + row.state : (row.open ? 0 : 100) + (protocolClass(row) * 16) + row.state;

/** Open TCP, SCTP, UDP; the same closing; the same as templates. */
const openClass = (row: Connection) => ((row.template ? 3 : (row.open ? 0 : 1)) * 4) + protocolClass(row);

const naive: Readonly<Record<SortKey, (a: Connection, b: Connection) => number>> = {
	open: (a, b) => openClass(a) - openClass(b) || left(a, b),
	expires: left,
	age: (a, b) => b.firstUs - a.firstUs,
	idle: (a, b) => b.lastUs - a.lastUs,
	client: (a, b) => a.family - b.family || compareWords(a.caddr, b.caddr) || a.cport - b.cport,
	virtual: (a, b) => a.family - b.family || compareWords(a.vaddr, b.vaddr) || a.vport - b.vport || a.protocol - b.protocol || a.segment - b.segment || left(a, b),
	real: (a, b) => a.family - b.family || compareWords(a.daddr, b.daddr) || a.dport - b.dport || left(a, b),
	state: (a, b) => stateRank(a) - stateRank(b) || left(a, b),
	protocol: (a, b) => a.protocol - b.protocol || left(a, b),
	updates: (a, b) => a.updates - b.updates,
	director: (a, b) => a.director - b.director || left(a, b),
};

/** A table of so many random sessions, many of them alike in some respect. */
const randomTable = (seed: number, size: number, alike: number) => {
	const random = createRandom(seed);
	const table = createTable({maxSessions: size + 10, changeCapacity: 64});
	for (let made = 0; made < size; made += 40) {
		const records = Array.from({length: Math.min(40, size - made)}, (_, index): SampleRecord => {
			const isIpv6 = random(4) === 0;
			const kind = random(10);
			const number = made + index;
			const common = {
				family: isIpv6 ? 6 as const : 4 as const,
				caddr: isIpv6 ? [0x20_01_0d_b8, random(alike), random(2), 0xf0_00_00_00 + number] : [0xcb_00_71_00 + random(alike * 20)],
				cport: number & 0xff_ff,
				vaddr: isIpv6 ? [1, 2, 3, random(3)] : [0xc0_00_02_00 + random(3)],
				vport: 80 + random(2),
				daddr: isIpv6 ? [9, 9, 9, random(3)] : [0x0a_00_00_00 + random(3)],
				timeoutSeconds: random(50) === 0 ? 0xff_ff_ff_ff - random(1000) : 100 + random(alike),
			};
			return kind < 6
				? {...common, state: [1, 1, 4, 6][random(4)]!}
				: (kind === 6
					? {...common, protocol: 17, state: 0}
					: (kind === 7 ? {...common, protocol: 132, state: [8, 13][random(2)]!} : {...common, cport: kind === 8 ? 0 : common.cport, state: random(2), flags: flags.template}));
		});
		table.hear(records, {nowUs: startUs + (random(alike) * 1_000_000), director: random(3), segment: random(2)});
		if (random(3) === 0) {
			table.hear(records.slice(0, 5), {director: random(3), nowUs: startUs + 1});
		}
	}

	return table;
};

const expected = (rows: readonly Connection[], sort: SortKey, reverse: boolean): number[] => {
	const sorted = [...rows].sort((a, b) => naive[sort](a, b) || a.slot - b.slot).map(row => row.slot);
	return reverse ? sorted.toReversed() : sorted;
};

test('any window of any order is that of a full sort', () => {
	fc.assert(fc.property(
		fc.integer({min: 1}), fc.integer({min: 0, max: 700}), fc.constantFrom(1, 3, 200), fc.constantFrom(...sortKeys), fc.boolean(), fc.double({min: 0, max: 1.1, noNaN: true}), fc.constantFrom(0, 1, 60, 10_000),
		(seed, size, alike, sort, reverse, part, count) => {
			const table = randomTable(seed, size, alike);
			const rows: Connection[] = [];
			table.view.each((_words, _at, slot) => {
				rows.push(table.view.row(slot)!);
			});
			const offset = Math.floor(part * size);
			const selection = table.view.select({sort, reverse, offset, count});
			assert.deepEqual([...selection.slots], expected(rows, sort, reverse).slice(offset, offset + count));
			assert.deepEqual([selection.matched, selection.total], [rows.length, rows.length]);
		},
	), {numRuns: 150});
});

test('windows of a large table are those of a full sort, at every key', () => {
	const size = 40_000;
	for (const alike of [2, 5000]) {
		const table = randomTable(alike, size, alike);
		const rows: Connection[] = [];
		table.view.each((_words, _at, slot) => {
			rows.push(table.view.row(slot)!);
		});
		for (const sort of sortKeys) {
			for (const reverse of [false, true]) {
				const full = expected(rows, sort, reverse);
				for (const [offset, count] of [[0, 60], [size / 2, 60], [rows.length - 30, 60], [0, size]] as const) {
					assert.deepEqual([...table.view.select({sort, reverse, offset, count}).slots], full.slice(offset, offset + count), `${sort} ${offset}`);
				}
			}
		}
	}
});

test('a selection says how many match of how many there are', () => {
	const table = createTable();
	table.hear([{cport: 1}, {cport: 2, state: 4}, {cport: 3, timeoutSeconds: 1}, {cport: 0, flags: flags.template, state: 0}]);
	table.expire(secondsLater(1));
	const {slots, matched, total} = table.view.select({predicate: (words, at) => !isTemplate(words, at), count: 1});
	assert.deepEqual([slots.length, matched, total], [1, 2, 3]);
});

test('directors are ordered as the caller ranks them', () => {
	const table = createTable();
	for (const director of [0, 1, 2]) {
		table.hear([{cport: director + 1}], {director});
	}

	const slots = [...table.view.select({sort: 'director', directorRank: [1, 2, 0]}).slots];
	assert.deepEqual(slots.map(slot => table.view.row(slot)!.director), [2, 0, 1]);
});

test('predicates let through what they say, on entries and on changes', () => {
	const table = createTable();
	table.hear([
		{cport: 1, caddr: [0xcb_00_71_09]},
		{cport: 2, caddr: [0xcb_00_72_09], state: 4},
		{cport: 3, family: 6, caddr: [0x20_01_0d_b8, 1, 2, 3], vaddr: [1], daddr: [1]},
		{cport: 0, flags: flags.template | flags.inactive, state: 1},
		{cport: 5, caddr: [0], vport: 80},
	]);
	const {arrays, paths} = table.view;
	const isFinWait: Predicate = (words, at) => entryCode(words, at) === 4;
	const cases: ReadonlyArray<readonly [Predicate, number[]]> = [
		[pathIs(arrays, paths, path => path.service.vport !== 80), [0, 1, 2, 3]],
		[isTemplate, [0]],
		[isFinWait, [2]],
		// As text for the loop to be made of, which must agree with the function, and without it.
		[Object.assign((...given: Parameters<Predicate>) => isFinWait(...given), {source: {text: 'code(words, at) === wanted', given: {code: entryCode, wanted: 4}}}), [2]],
		[() => false, []],
		[() => true, [0, 1, 2, 3, 5]],
	];
	for (const [predicate, ports] of cases) {
		assert.deepEqual([...table.view.select({predicate}).slots].map(slot => table.view.row(slot)!.cport).sort((a, b) => a - b), ports);
	}

	const changed: number[] = [];
	table.reader.read(change => {
		if (change.type === 'new' && cases[0]![0](change.words, 0)) {
			changed.push(change.connection()!.cport);
		}
	});
	assert.deepEqual(changed, [1, 2, 3, 0]);
});

test('a test of paths is asked again when an id is given to another path', () => {
	const table = createTable({changeCapacity: 4, departedCapacity: 4, maxPaths: 3});
	let asked = 0;
	const predicate = pathIs(table.view.arrays, table.view.paths, path => {
		asked += 1;
		return path.dport === 5;
	});
	for (let dport = 0; dport < 10; dport += 1) {
		table.hear([{dport: 1000, cport: 7, timeoutSeconds: 1}, {dport: 1000, cport: 8, timeoutSeconds: 1}, {dport: 1000, cport: 9, timeoutSeconds: 1}, {dport: 1000, cport: 10, timeoutSeconds: 1}], {nowUs: secondsLater(dport * 10)});
		table.expire(secondsLater((dport * 10) + 5));
		table.hear([{dport, timeoutSeconds: 1}], {nowUs: secondsLater((dport * 10) + 6)});
		assert.equal(table.view.select({predicate}).matched, dport === 5 ? 1 : 0);
		assert.equal(table.view.select({predicate}).matched, dport === 5 ? 1 : 0);
		table.expire(secondsLater((dport * 10) + 8));
	}

	assert.equal(asked, 10);
	assert.equal(table.view.totals().refused.size, 0);
});

test('sessions in danger come first when they are marked and a query says so', () => {
	const table = randomTable(5, 200, 20);
	const {entries} = table.view.arrays;
	const endangered = new Set([10, 40, 90]);
	for (const slot of [...endangered, 120]) {
		setEntryMarks(entries, slot * entryWords, entryMark.held | entryMark.unknown);
	}

	const danger = (_words: Int32Array, at: number) => endangered.has(at / entryWords);
	const {slots} = table.view.select({sort: 'open', count: 300, danger});
	assert.deepEqual(new Set(slots.subarray(0, 3)), endangered);
	assert.deepEqual([...slots.subarray(3)], [...table.view.select({sort: 'open', count: 300}).slots].filter(slot => !endangered.has(slot)));
	assert.equal(table.view.rank({sort: 'open', danger}, slots[0]!), 0);
});
