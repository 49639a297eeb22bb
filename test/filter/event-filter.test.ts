import assert from 'node:assert/strict';
import test from 'node:test';
import {compileEventFilter} from '../../source/filter/event-filter.js';
import {parseFilter} from '../../source/filter/parser.js';
import {createTable, flags, secondsLater} from '../table/support.js';
import {faultCode} from '../../source/wire/fault.js';

const names = {
	segment: () => 'eth0',
	director: (index: number) => [`192.0.2.${index}`, `dir${index}`],
	bitHolders: () => [],
	aliases: new Map([['dir9', ['192.0.2.9']], ['web', ['192.0.2.10']]]),
};

/** A life: new, to FIN_WAIT, moved, ran out or expired; a template; an event of a director; a refusal. */
const history = () => {
	const table = createTable();
	table.hear([{cport: 1, timeoutSeconds: 100}, {cport: 2}, {flags: flags.template, cport: 0, state: 0, timeoutSeconds: 60}]);
	table.hear([{cport: 2, state: 4, flags: flags.inactive | flags.route}], {nowUs: secondsLater(5)});
	table.hear([{cport: 1, timeoutSeconds: 100}], {nowUs: secondsLater(70)});
	table.writer.aside(JSON.stringify({event: 'takeover', kind: 'crash', from: '192.0.2.9', to: '192.0.2.2', held: 10, syncid: 51}), secondsLater(80));
	table.writer.refuse(faultCode['state-unknown'], 4, 1, secondsLater(81));
	table.expire(secondsLater(200));
	table.expire(secondsLater(4000));
	return table;
};

const matching = (text: string): string[] => {
	const table = history();
	const parsed = parseFilter(text);
	assert.ok(parsed.ok, parsed.ok ? '' : parsed.message);
	const filter = compileEventFilter(parsed.expression, table.view, names);
	assert.ok(filter.ok, filter.ok ? '' : filter.message);
	const events: string[] = [];
	table.reader.read(change => {
		if (filter.matches(change)) {
			events.push(change.type);
		}
	});
	return events;
};

for (const [text, events] of [
	['', ['new', 'new', 'new', 'state', 'aside', 'refused', 'expired', 'ranout', 'expired']],
	['event=new', ['new', 'new', 'new']],
	['new !template', ['new', 'new']],
	['template', ['new', 'expired']],
	['event=expired,ranout vip=192.0.2.10:443', ['expired', 'ranout', 'expired']],
	['ranout age>1m', ['ranout']],
	['changed', ['state']],
	['was=est', ['state']],
	['was=tw', []],
	['event=state state=fin', ['state']],
	['event=takeover', ['aside']],
	['event=takeover kind=crash from=dir9', ['aside']],
	['event=takeover kind=planned', []],
	['event~^take from=192.0.2.0/24 to!=192.0.2.9', ['aside']],
	['syncid=51 event!=new', ['state', 'aside', 'expired', 'ranout', 'expired']],
	['refused', ['refused']],
	['event=refused reason=state-unknown dir=dir4,192.0.2.4', ['refused']],
	['addr=192.0.2.9', ['aside']],
	['!(cport=1 or cport=2)', ['new', 'aside', 'refused', 'expired']],
	['event=vrrp', []],
] as const) {
	test(`of what happened, \`${text}\` lets through ${events.length}`, () => {
		assert.deepEqual(matching(text), events);
	});
}

test('a session that moved is found by where it was', () => {
	const table = createTable();
	table.hear([{cport: 1, daddr: [0x0a_09_00_0b], flags: flags.inactive, state: 4}]);
	table.hear([{cport: 1, daddr: [0x0a_09_00_0c]}], {nowUs: secondsLater(1)});
	const found = new Map<string, string[]>([['was=10.9.0.11', []], ['was=10.9.0.11:443', []], ['was=:443', []], ['was=10.9.0.12', []], ['moved', []]]);
	const filters = [...found].map(([text, events]) => {
		const parsed = parseFilter(text);
		const filter = parsed.ok ? compileEventFilter(parsed.expression, table.view, names) : parsed;
		assert.ok(filter.ok);
		return {filter, events};
	});
	let moves = 0;
	table.reader.read(change => {
		moves += change.type === 'moved' ? 1 : 0;
		for (const {filter, events} of filters) {
			if (filter.matches(change)) {
				events.push(change.type);
			}
		}
	});
	assert.equal(moves, 1);
	assert.deepEqual([...found.values()], [['moved'], ['moved'], ['moved'], [], ['moved']]);
});

test('marks and fates are not part of what happened', () => {
	const table = createTable();
	for (const text of ['marked', 'fate=kept', 'account=heard']) {
		const parsed = parseFilter(text);
		assert.ok(parsed.ok);
		assert.ok(!compileEventFilter(parsed.expression, table.view, names).ok);
	}
});
