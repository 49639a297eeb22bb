import {compileFilter} from '../../source/filter/compile.js';
import {compileEventFilter} from '../../source/filter/event-filter.js';
import {caretLines, type Expression, type FilterError} from '../../source/filter/expression.js';
import {formatFilter} from '../../source/filter/format-filter.js';
import {parseFilter} from '../../source/filter/parser.js';
import {compileRecordFilter} from '../../source/filter/record-filter.js';
import {naivelyMatches} from '../filter/naive.js';
import {createTable, flags, secondsLater, type SampleRecord} from '../table/support.js';
import {bendFilter} from './bend-filter.js';
import {withoutStretches} from './minimise.js';
import {must, type Target} from './target.js';
import {within} from './within.js';

const directors = [['192.0.2.9'], ['192.0.2.2', 'A', 'dir1'], ['2001:db8::3', 'B', 'dir2']];
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

/** A session of every kind that a test may tell from another. */
const records: readonly SampleRecord[] = [
	{}, {cport: 40_001, state: 4}, {state: 7, flags: flags.inactive}, {protocol: 17, state: 0, vport: 80}, {protocol: 132, state: 8}, {protocol: 6, state: 9, fwmark: 7},
	{flags: flags.template, cport: 0, caddr: [0xcb_00_71_00]}, {flags: flags.template, cport: 0, protocol: 17, state: 1, pe: 'a@b'}, {flags: flags.noCport, cport: 0, dport: 8443},
	{caddr: [0], vaddr: [-1], daddr: [0x7f_00_00_01], vport: 65_535}, {flags: 2, timeoutSeconds: 10}, {flags: 0x20 | flags.outSeq, timeoutSeconds: 4_000_000_000},
	...[0, 1, 2].map(last => ({
		family: 6 as const, caddr: [0x20_01_0d_b8, 0, 0, last], vaddr: [0x20_01_0d_b8, 0, 0, 0x1_00], daddr: [0xfd_00_00_00 | 0, 0, 0, last], cport: 1 + last, flags: last,
	})),
	{family: 6, caddr: [0, 0, 0xff_ff, 0x0a_00_00_01], vaddr: [0, 0, 0, 0], daddr: [0, 0, 0, 1]},
];

const createSessions = () => {
	const table = createTable();
	table.hear(records);
	table.hear(records.slice(0, 6).map(record => ({...record, daddr: [0x0a_09_00_0c]})), {nowUs: secondsLater(1.5), director: 2, directorBit: 1, sentMask: 1, syncid: 52});
	table.hear(records.slice(8).map(record => ({...record, cport: 7})), {nowUs: secondsLater(3), segment: 2, director: 0, directorBit: 2, partial: true});
	return table;
};

const nowUs = secondsLater(3.5);
const marked = new Set([1, 3]);

/** What the naive meaning does not speak of: it is compiled, and not compared. */
const isBeyondNaive = (expression: Expression): boolean => {
	switch (expression.kind) {
		case 'and':
		case 'or': {
			return expression.parts.some(part => isBeyondNaive(part));
		}

		case 'not': {
			return isBeyondNaive(expression.part);
		}

		case 'test': {
			return expression.field === 'fate' || expression.field === 'account';
		}

		default: {
			return false;
		}
	}
};

const checkError = (text: string, {message, column, length}: FilterError): void => {
	must(Number.isInteger(column) && column >= 0 && column <= text.length, 'an error that lies outside the text');
	must(length >= 1 && column + length <= text.length + 1, 'an error that reaches beyond the text');
	must(message.length > 0, 'an error without words');
	must(caretLines(text, {column, length})[1].includes('^'), 'an error without a caret');
};

/** An expression without the places where its parts stood. */
const meaning = (expression: Expression): string => JSON.stringify(expression, (key, inner: unknown) => key === 'at' || key === 'length' ? undefined : inner);

/** The regular expressions of the naive meaning backtrack, `(.*.*)*x` for centuries; those of filters do not. */
const naiveLimitMs = 50;

const kinds = ['and', 'or', 'not', 'is', 'name', 'test'];

/** Filters: refused at a place in the text, or read again as the same from their canonical spelling, and compiled to what they mean. */
export const createFilterTarget = (): Target<string> => {
	const table = createSessions();
	const rows = table.rows().filter(row => row.expiresUs > nowUs);

	/** What `text` is compiled to for all three subjects; the slots that pass where it is one for sessions. */
	const compile = (text: string, expression: Expression): readonly number[] | undefined => {
		const sessions = compileFilter(expression, table.view, {subject: 'sessions', names, marked});
		const events = compileEventFilter(expression, table.view, names);
		const ofRecords = compileRecordFilter(expression, names);
		for (const compiled of [sessions, events, ofRecords]) {
			if (!compiled.ok) {
				checkError(text, compiled);
			}
		}

		if (events.ok) {
			events.matchesFields({event: 'takeover', kind: 'crash', from: '192.0.2.2', to: 'dir2', lost: 3, vrid: 51, segment: 'eth0', director: '192.0.2.2'});
			table.view.each((words, at, slot) => {
				if (slot < 4) {
					events.matches({type: 'new', timeUs: nowUs, words: words.slice(at, at + 16), pathId: 1, connection: () => undefined, wasState: 0, wasPath: () => undefined});
				}
			});
		}

		return sessions.ok ? [...table.view.select({predicate: sessions.at(nowUs), count: 1000}, nowUs).slots].sort((a, b) => a - b) : undefined;
	};

	return {
		name: 'filter',
		covers: /\/source\/filter\/[^\/]*\.ts/v,
		batch: 32,
		memoryLimit: 64 * 2 ** 20,
		seeds: () => ['', 'est', 'vip=192.0.2.10:443 !state=tw', 'client~"^203" or exp<30s', '(fwmark=0x1/0xff addr=2001:db8::/32)', 'event=takeover', 'was=est', 'reason=x source=1.2.3.4'],
		mutate: bendFilter,
		run(text, feature) {
			const parsed = parseFilter(text);
			if (!parsed.ok) {
				checkError(text, parsed);
				feature(parsed.message.replaceAll(/[^a-z ]/gv, '').length);
				return;
			}

			const {expression} = parsed;
			feature(1000 + kinds.indexOf(expression.kind));
			const spelled = formatFilter(expression);
			const again = parseFilter(spelled);
			must(again.ok, 'the canonical spelling is refused');
			must(!again.ok || meaning(again.expression) === meaning(expression), 'the canonical spelling means something else');
			must(!again.ok || formatFilter(again.expression) === spelled, 'the canonical spelling has another one');

			const passed = compile(text, expression);
			if (passed && !isBeyondNaive(expression)) {
				const expected = within(naiveLimitMs, () => rows.filter(row => naivelyMatches(expression, row, {names, nowUs, marked})).map(({slot}) => slot).sort((a, b) => a - b));
				must(
					expected === undefined || expected.join(',') === passed.join(','),
					() => `compiled it means something else: ${passed.join(' ')} pass instead of ${expected!.join(' ')}`,
				);
			}
		},
		* shrink(text) {
			for (const characters of withoutStretches([...text])) {
				yield characters.join('');
			}
		},
		encode: text => ({octets: new TextEncoder().encode(text), extension: 'txt'}),
		decode: octets => new TextDecoder().decode(octets),
	};
};
