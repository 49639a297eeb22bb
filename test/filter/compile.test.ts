import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {compileFilter, type FilterContext} from '../../source/filter/compile.js';
import {caretLines} from '../../source/filter/expression.js';
import {parseFilter} from '../../source/filter/parser.js';
import {filterOfRow} from '../../source/filter/row-filter.js';
import {formatAddress} from '../../source/wire/address.js';
import {createTable, flags, secondsLater, type SampleRecord} from '../table/support.js';
import {filterText} from './filter-texts.js';
import {naivelyMatches} from './naive.js';

const directors = [['192.0.2.9'], ['192.0.2.2', 'A', 'dir1'], ['192.0.2.3', 'B', 'dir2']];
const names = {
	segment: (index: number) => ['eth0', 'eth1'][index - 1],
	director: (index: number) => directors[index],
	// One bit has another meaning in the entries of one owner.
	bitHolders: () => [
		{bit: 0, names: directors[1]!, isIn: (owner: number) => owner !== 2}, {bit: 1, names: directors[2]!, isIn: (owner: number) => owner !== 2},
		{bit: 0, names: directors[2]!, isIn: (owner: number) => owner === 2},
	],
	aliases: new Map([['web', ['192.0.2.10:443', '192.0.2.10:80']], ['people', ['203.0.113.0/24', '2001:db8::/32']], ['a', ['192.0.2.2']]]),
};
const v6 = (last: number) => [0x20_01_0d_b8, 0, 0, last];

const record: fc.Arbitrary<SampleRecord> = fc.tuple(
	fc.constantFrom<4 | 6>(4, 4, 4, 6),
	fc.constantFrom(6, 6, 17, 132),
	fc.nat({max: 13}),
	fc.constantFrom(flags.route, 0, 1, flags.inactive, flags.template, flags.template | flags.route, flags.noOutput | 2, flags.nfct | flags.outSeq, 0x20, 0x40_00),
	fc.tuple(fc.nat({max: 3}), fc.constantFrom(40_000, 40_001, 443), fc.nat({max: 2}), fc.constantFrom(443, 80), fc.nat({max: 2}), fc.constantFrom(443, 8443)),
	fc.tuple(fc.constantFrom(0, 7, 1), fc.constantFrom(30, 900, 10, 100), fc.constantFrom(undefined, 'a@b', 'c')),
).map(([family, protocol, state, wireFlags, [client, cport, virtual, vport, real, dport], [fwmark, timeoutSeconds, pe]]) => {
	const isTemplate = (wireFlags & flags.template) !== 0;
	return {
		family,
		protocol,
		flags: wireFlags,
		state: isTemplate ? state % 2 : (protocol === 6 ? state % 11 : (protocol === 17 ? 0 : state)),
		caddr: family === 6 ? v6(client) : [[0xcb_00_71_09, 0xcb_00_71_29, 0xc6_33_64_07, 0x0a_09_00_0b][client]!],
		cport: isTemplate ? 0 : cport,
		vaddr: family === 6 ? v6(0x1_00 + virtual) : [0xc0_00_02_0a + virtual],
		vport,
		daddr: family === 6 ? v6(0x2_00 + real) : [0x0a_09_00_0b + real],
		dport,
		fwmark,
		timeoutSeconds,
		...(isTemplate && pe !== undefined && {pe}),
	};
});

const message = fc.record({
	records: fc.array(record, {minLength: 1, maxLength: 12}),
	seconds: fc.constantFrom(0, 0.25, 1, 1.5, 3),
	segment: fc.constantFrom(1, 2, 3),
	director: fc.nat({max: 3}),
	directorBit: fc.nat({max: 3}),
	sentMask: fc.nat({max: 7}),
	partial: fc.boolean(),
	syncid: fc.constantFrom(51, 52),
	version: fc.constantFrom(0 as const, 1 as const),
});

test('a compiled filter lets through what its meaning says, for any table', () => {
	let passed = 0;
	let held = 0;
	fc.assert(fc.property(fc.array(message, {minLength: 1, maxLength: 6}), fc.array(filterText, {minLength: 12, maxLength: 12}), (messages, texts) => {
		const table = createTable();
		let seconds = 0;
		for (const {records, seconds: step, ...given} of messages) {
			seconds += step;
			table.hear(records, {...given, nowUs: secondsLater(seconds)});
		}

		const nowUs = secondsLater(seconds + 0.5);
		const marked = new Set([1, 3]);
		const rows = table.rows();
		for (const text of texts) {
			const parsed = parseFilter(text);
			assert.ok(parsed.ok, text);
			const compiled = compileFilter(parsed.expression, table.view, {subject: 'sessions', names, marked});
			assert.ok(compiled.ok, compiled.ok ? '' : `${text}: ${compiled.message}`);
			const {slots} = table.view.select({predicate: compiled.at(nowUs), count: 1e6}, nowUs);
			const alive = rows.filter(row => row.expiresUs > nowUs);
			const expected = alive.filter(row => naivelyMatches(parsed.expression, row, {names, nowUs, marked})).map(({slot}) => slot);
			assert.deepEqual([...slots].sort((a, b) => a - b), expected.sort((a, b) => a - b), text);
			passed += expected.length;
			held += alive.length;
		}
	}), {numRuns: 250});
	// Neither nearly nothing nor nearly everything, or the comparison would say little.
	assert.ok(passed / held > 0.15 && passed / held < 0.85, `${passed} of ${held}`);
});

const compiled = (text: string, table: ReturnType<typeof createTable>, context: Partial<FilterContext> = {}) => {
	const parsed = parseFilter(text);
	assert.ok(parsed.ok);
	return compileFilter(parsed.expression, table.view, {subject: 'sessions', names, ...context});
};

const count = (text: string, table: ReturnType<typeof createTable>, context: Partial<FilterContext> = {}, nowUs = table.view.now()) => {
	const filter = compiled(text, table, context);
	assert.ok(filter.ok, filter.ok ? '' : filter.message);
	return table.view.select({predicate: filter.at(nowUs)}, nowUs).matched;
};

test('!= on addr and port means that no endpoint matches, and a list means none of it', () => {
	const table = createTable();
	table.hear([{cport: 1, dport: 8443}, {cport: 2, vport: 80, dport: 8080}]);
	assert.equal(count('port!=443', table), 1);
	assert.equal(count('port!=443,8080', table), 0);
	assert.equal(count('addr!=203.0.113.9', table), 0);
	assert.equal(count('addr!=203.0.113.8', table), 2);
	assert.equal(count('state!=est,tw', table), 0);
});

test('an unknown name is an error at its place, with the alias that was meant', () => {
	const table = createTable();
	for (const [text, carets, words] of [
		['vip=wbe', '    ^^^', /unknown name wbe; .*did you mean web\?/v],
		['est peopl', '    ^^^^^', /did you mean people\?/v],
		['est xyzzy', '    ^^^^^', /no address, state, protocol or name/v],
		['syn', '^^^', /syn_sent, syn_recv/v],
		['vip=broken', '    ^^^^^^', /stands for nonsense/v],
		['event=new', '^^^^^', /sessions have no event; use it with --events or --on/v],
		['est sourcePort=1', '    ^^^^^^^^^^', /use it with --records/v],
		['fate=kept', '^^^^', /fate is not known here/v],
		['marked', '^^^^^^', /only rows of the console/v],
		['changed', '^^^^^^^', /use --events/v],
		['flag=hashed', '^^^^', /sessions have no flag hashed/v],
	] as const) {
		const error = compiled(text, table, {names: {...names, aliases: new Map([...names.aliases, ['broken', ['nonsense']]])}});
		assert.ok(!error.ok);
		assert.match(error.message, words);
		assert.equal(caretLines(text, error)[1], carets);
	}
});

test('an alias comes before the state that begins so', () => {
	const table = createTable();
	table.hear([{cport: 1, state: 4}, {cport: 2, state: 1, caddr: [0xc6_33_64_07]}]);
	assert.equal(count('fin', table), 1);
	assert.equal(count('fin state=est', table, {names: {...names, aliases: new Map([['fin', ['198.51.100.7']]])}}), 1);
});

test('templates are hidden unless the filter speaks of them, where the caller wants that', () => {
	const table = createTable();
	table.hear([{}, {flags: flags.template, cport: 0}]);
	assert.equal(count('', table), 2);
	assert.equal(count('', table, {hideTemplates: true}), 1);
	for (const text of ['template', 'flag=template', 'template=true', 'state=assured or template', '!template=false']) {
		assert.equal(count(text, table, {hideTemplates: true}), 1, text);
	}
});

test('a path that is freed and used again is tested anew', () => {
	// Small rings: the departed keep their paths from being freed.
	const table = createTable({maxPaths: 12, maxServices: 12, departedCapacity: 2, changeCapacity: 2});
	const filter = compiled('vip=192.0.2.10', table);
	assert.ok(filter.ok);
	const ids = new Set<number>();
	for (let round = 0; round < 60; round++) {
		const nowUs = secondsLater(round * 1000);
		table.expire(nowUs);
		table.hear([{vaddr: [0xc0_00_02_0a + (round % 3)], daddr: [round + 1]}], {nowUs});
		assert.equal(table.view.select({predicate: filter.at(nowUs)}, nowUs).matched, round % 3 === 0 ? 1 : 0);
		ids.add(table.row().path.id);
	}

	assert.ok(ids.size <= 12);
});

test('names that come to light later count from then on', () => {
	const table = createTable();
	table.hear([{}], {directorBit: 0, sentMask: 2, director: 1, segment: 1});
	let isKnown = false;
	const late = {...names, segment: () => isKnown ? 'eth0' : undefined, director: () => isKnown ? ['192.0.2.2'] : undefined, bitHolders: () => isKnown ? [0, 1].map(bit => ({bit, names: ['192.0.2.2'], isIn: () => true})) : []};
	const filters = ['segment=eth0', 'dir=192.0.2.2', 'directors=192.0.2.2', 'sent=192.0.2.2'].map(text => compiled(text, table, {names: late}));
	const matched = () => filters.map(filter => filter.ok ? table.view.select({predicate: filter.at(table.view.now())}).matched : -1);
	assert.deepEqual(matched(), [0, 0, 0, 0]);
	isKnown = true;
	assert.deepEqual(matched(), [1, 1, 1, 1]);
});

test('fate and account are what the caller says of an entry', () => {
	const table = createTable();
	table.hear([{cport: 1}, {cport: 2}]);
	const verdicts = {
		fate: (words: Int32Array, at: number) => (words[at + 4]! >>> 16) === 1 ? 'kept' as const : 'risk' as const,
		account: (words: Int32Array, at: number) => (words[at + 4]! >>> 16) === 1 ? 'heard' as const : undefined,
	};
	assert.equal(count('fate=kept', table, {verdicts}), 1);
	assert.equal(count('fate=kept,risk', table, {verdicts}), 2);
	assert.equal(count('account=heard', table, {verdicts}), 1);
	assert.equal(count('account!=heard', table, {verdicts}), 1);
});

test('what ran out is found among the departed', () => {
	const table = createTable();
	table.hear([{cport: 1, timeoutSeconds: 100}]);
	table.hear([{cport: 1, timeoutSeconds: 100}, {cport: 2, timeoutSeconds: 10}], {nowUs: secondsLater(70)});
	table.expire(secondsLater(300));
	const filter = compiled('ranout age>1m', table);
	assert.ok(filter.ok);
	assert.deepEqual(table.view.departed(10, filter.at(secondsLater(300))).map(({connection}) => connection.cport), [1]);
});

test('only filters that make text of every entry are slow', () => {
	const table = createTable();
	for (const [text, slow] of [['client~1', true], ['addr!~1', true], ['est or peData=x', true], ['vip~1 rs!~2', false], ['state~est client=203.0.', false], ['', false]] as const) {
		const filter = compiled(text, table);
		assert.ok(filter.ok);
		assert.equal(filter.slow, slow, text);
	}
});

test('the filter of a row shows that row', () => {
	const table = createTable();
	table.hear([{}, {family: 6, caddr: v6(1), vaddr: v6(2), daddr: v6(3)}, {flags: flags.template, cport: 0, caddr: [5]}, {cport: 7, vaddr: [0xc0_00_02_0b]}]);
	for (const row of table.rows()) {
		const text = filterOfRow(row);
		assert.equal(count(text, table, {hideTemplates: true}), 1, text);
	}

	assert.equal(filterOfRow(table.rows().find(({caddr, cport, family}) => family === 4 && formatAddress(caddr, 0, 4) === '203.0.113.9' && cport === 40_000)!), 'client=203.0.113.9 vip=192.0.2.10:443');
});
