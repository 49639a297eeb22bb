import assert from 'node:assert/strict';
import {test} from 'node:test';
import {entryFlag} from '../../source/table/entry.js';
import {faultCode} from '../../source/wire/fault.js';
import {createTable, flags, secondsLater, startUs} from './support.js';

const otherReal = {daddr: [0x0a_09_00_0c]};

test('an announced connection is new, and holds what the record said', () => {
	const table = createTable();
	table.hear([{timeoutSeconds: 900}], {director: 4, directorBit: 2, sentMask: 0b1001});
	const row = table.row();
	assert.deepEqual(table.changes(), ['new']);
	assert.equal(row.expiresUs, secondsLater(900));
	assert.deepEqual([row.director, row.directorsMask, row.sentMask, row.updates, row.open], [4, 0b100, 0b1001, 1, true]);
});

test('an update replaces state, timeout, INACTIVE and the sequence bits, and keeps all other flags', () => {
	const table = createTable();
	table.hear([{flags: flags.route | flags.noOutput | flags.outSeq}]);
	table.hear([{flags: flags.inactive | flags.nfct, state: 4, timeoutSeconds: 120}], {nowUs: secondsLater(5)});
	const row = table.row();
	assert.equal(row.flags, entryFlag.noOutput | entryFlag.inactive);
	assert.equal(row.forward, 3);
	assert.deepEqual([row.state, row.timeoutSeconds, row.expiresUs], [4, 120, secondsLater(125)]);
	assert.deepEqual(table.changes(), ['new', 'state']);
});

test('a renewal without a change is no event', () => {
	const table = createTable();
	table.hear([{}]);
	table.hear([{}], {nowUs: secondsLater(5), director: 2, directorBit: 1, sentMask: 1});
	assert.deepEqual(table.changes(), ['new']);
	assert.deepEqual([table.row().updates, table.row().director, table.row().directorsMask, table.row().sentMask], [2, 2, 0b11, 1]);
});

test('another destination moves a connection without ending its life', () => {
	const table = createTable();
	table.hear([{}]);
	table.hear([{...otherReal, flags: 0}], {nowUs: secondsLater(5)});
	const row = table.row();
	assert.deepEqual([...row.daddr.slice(0, 1), row.forward, row.updates, row.firstUs], [0x0a_09_00_0c, 0, 2, startUs]);
	assert.equal(row.lastDaddr, undefined);
	assert.deepEqual(table.changes(), ['new', 'moved']);
	assert.deepEqual(table.view.services()[0]!.reals.map(real => real.open), [0, 1]);
});

test('an inactive record with another destination is ignored, timer and all, but its word is remembered', () => {
	const table = createTable();
	table.hear([{protocol: 17, state: 0, timeoutSeconds: 300, flags: flags.inactive}]);
	table.hear([{protocol: 17, state: 0, timeoutSeconds: 300, flags: flags.inactive, ...otherReal}], {nowUs: secondsLater(5)});
	const row = table.row();
	assert.deepEqual([row.daddr[0], row.lastDaddr?.[0], row.expiresUs, row.updates], [0x0a_09_00_0b, 0x0a_09_00_0c, secondsLater(300), 1]);
	assert.equal(table.view.totals().refused.get('destination-inactive'), 1);
	assert.deepEqual(table.changes(), ['new', 'refused']);
});

test('a template keeps its destination whatever is announced later, but not its state and timeout', () => {
	const table = createTable();
	const template = {flags: flags.template | flags.inactive, cport: 0, state: 0, timeoutSeconds: 360};
	table.hear([template]);
	table.hear([{...template, ...otherReal, state: 1, timeoutSeconds: 60}], {nowUs: secondsLater(5)});
	const row = table.row();
	assert.deepEqual([row.daddr[0], row.lastDaddr?.[0], row.state, row.timeoutSeconds, row.template], [0x0a_09_00_0b, 0x0a_09_00_0c, 1, 60, true]);
	assert.deepEqual(table.changes(), ['new', 'state']);
});

test('a template and a connection of the same addresses live side by side and are counted apart', () => {
	const table = createTable();
	table.hear([{cport: 0, flags: flags.template}, {cport: 0, flags: flags.noCport}]);
	const {connections, templates} = table.view.totals();
	assert.deepEqual({connections, templates}, {connections: 1, templates: 1});
});

test('persistence engine data tells templates of one client apart, and the client port does not', () => {
	const table = createTable();
	const sip = {protocol: 17, vport: 5060, state: 0, flags: flags.template};
	table.hear([{...sip, cport: 0, pe: 'one'}, {...sip, cport: 0, pe: 'two'}, {...sip, cport: 5, pe: 'one'}, {...sip, cport: 0}]);
	assert.deepEqual(table.rows().map(row => row.pe ? new TextDecoder().decode(row.pe.data) : '').sort(), ['', 'one', 'two']);
	assert.equal(new TextDecoder().decode(table.rows().find(row => row.pe)!.pe!.name), 'sip');
});

test('a connection announced without a client port is renewed by records that name one, and its port stays 0', () => {
	const table = createTable();
	table.hear([{cport: 0, flags: flags.noCport}]);
	table.hear([{cport: 2034}], {nowUs: secondsLater(5)});
	assert.deepEqual([table.row().cport, table.row().updates], [0, 2]);
});

test('a client port of 0 without the flag makes one marked entry, not a duplicate each time', () => {
	const table = createTable();
	table.hear([{cport: 0, anomalies: 1}, {cport: 0, anomalies: 1}]);
	assert.equal(table.row().flags & entryFlag.illFormed, entryFlag.illFormed);
});

test('a timeout of 0, and every record of version 0, gets the default of its state', () => {
	for (const [given, version, timeout] of [
		[{timeoutSeconds: 0}, 1, 900], [{state: 6, timeoutSeconds: 0}, 1, 10], [{state: 6, timeoutSeconds: 77}, 0, 10],
		[{protocol: 17, state: 0, timeoutSeconds: 5}, 0, 300], [{flags: flags.template, cport: 0, state: 0, timeoutSeconds: 0}, 1, 180],
	] as const) {
		const table = createTable();
		table.hear([given], {version});
		assert.equal(table.row().timeoutSeconds, timeout);
	}
});

test('the second record of a connection in one message sees what the first did', () => {
	const table = createTable();
	table.hear([{}, {state: 4, timeoutSeconds: 120}, {cport: 1}, {state: 6, timeoutSeconds: 10}]);
	assert.equal(table.rows().length, 2);
	assert.deepEqual(table.changes(), ['new', 'state', 'new', 'state']);
});

test('the same connection heard on two segments is two entries', () => {
	const table = createTable();
	table.hear([{}], {segment: 1});
	table.hear([{}], {segment: 2});
	assert.equal(table.rows().length, 2);
});

test('the sync id tells fwmark templates apart and nothing else; an entry keeps the last id', () => {
	const table = createTable();
	const mark = {protocol: 0, vaddr: [7], vport: 0, cport: 0, state: 0, flags: flags.template};
	table.hear([mark, {}], {syncid: 51});
	table.hear([mark, {}], {syncid: 52});
	assert.deepEqual(table.rows().filter(row => row.protocol === 0).map(row => row.syncid).sort((a, b) => a - b), [51, 52]);
	assert.deepEqual(table.rows().filter(row => row.protocol === 6).map(row => row.syncid), [52]);
});

test('the mark and the forwarding method stay as at creation', () => {
	const table = createTable();
	table.hear([{fwmark: 7, flags: 3}]);
	table.hear([{fwmark: 8, flags: 0}], {nowUs: secondsLater(1)});
	assert.deepEqual([table.row().fwmark, table.row().forward], [7, 3]);
});

test('refused records are counted by reason, and told at most once a second for each sender and reason', () => {
	const table = createTable();
	const bad = {fault: faultCode['state-unknown']};
	table.hear([bad, bad, bad, {fault: faultCode['pe-engine']}], {director: 3});
	table.hear([bad], {director: 4});
	table.expire(secondsLater(0.9));
	const told: Array<readonly [string, number, number]> = [];
	const tell = () => {
		table.reader.read(change => {
			if (change.type === 'refused') {
				told.push([change.fault, change.director, change.count]);
			}
		});
	};

	tell();
	assert.deepEqual(told, [['state-unknown', 3, 1], ['pe-engine', 3, 1], ['state-unknown', 4, 1]]);
	table.expire(secondsLater(1.1));
	tell();
	assert.deepEqual(told.at(-1), ['state-unknown', 3, 2]);
	assert.equal(told.length, 4);
	assert.equal(table.view.totals().refused.get('state-unknown'), 4);
	assert.equal(table.rows().length, 0);
});

test('a message that was dropped whole, or from some record on, is refused once', () => {
	const table = createTable();
	table.hear([], {messageFault: faultCode['size-mismatch']});
	table.hear([{}, {cport: 2}], {restFault: faultCode['record-version']});
	table.writer.refuse(faultCode['not-sync'], 1, 1, startUs);
	assert.deepEqual([...table.view.totals().refused], [['size-mismatch', 1], ['not-sync', 1], ['record-version', 1]]);
	assert.equal(table.rows().length, 2);
});

test('the rhythm is the mean time between announcements, duplicates within a second aside', () => {
	const table = createTable();
	table.hear([{}]);
	assert.equal(table.row().rhythmSeconds, 0);
	for (const seconds of [10, 10.5, 20, 30]) {
		table.hear([{}], {nowUs: secondsLater(seconds)});
	}

	assert.ok(Math.abs(table.row().rhythmSeconds - 10) < 0.5, String(table.row().rhythmSeconds));
});

test('a director that listens anew is told nothing yet', () => {
	const table = createTable();
	table.hear([{}, {cport: 2}], {sentMask: 0b110});
	table.hear([{cport: 3}], {sentMask: 0b110, director: 2});
	// Owner 2 is of another place, where the bit is another director's.
	table.writer.clearSent(1, owner => owner !== 2);
	assert.deepEqual(table.rows().map(row => row.sentMask), [0b100, 0b100, 0b110]);
});

test('what was sent to one director can be assumed of another on its segment', () => {
	const table = createTable();
	table.hear([{}], {sentMask: 1 << 15});
	table.hear([{cport: 2}], {sentMask: 0b10});
	table.hear([{cport: 3}], {sentMask: 1 << 15, segment: 2});
	table.writer.copySent(15, 0, 1);
	assert.deepEqual(table.rows().map(row => row.sentMask), [0x80_01, 0b10, 0x80_00]);
});

test('a connection without a client port that goes to another real server takes the port of the record, and is found by it', () => {
	const table = createTable();
	table.hear([{cport: 0, flags: flags.noCport, daddr: [0x0a_00_00_01]}]);
	table.hear([{cport: 5000, daddr: [0x0a_00_00_02]}]);
	table.hear([{cport: 5000, daddr: [0x0a_00_00_02], state: 4}]);
	assert.deepEqual(table.rows().map(({cport, updates}) => [cport, updates]), [[5000, 3]]);
	// None is without a port any more: another port is another connection.
	table.hear([{cport: 5001, daddr: [0x0a_00_00_02]}]);
	assert.deepEqual(table.rows().map(({cport}) => cport).sort((one, other) => one - other), [5000, 5001]);
	// The expiration of what was replaced is ignored.
	table.hear([{cport: 0, flags: flags.noCport, daddr: [0x0a_00_00_03]}]);
	table.hear([{cport: 5002, flags: flags.inactive, daddr: [0x0a_00_00_04]}]);
	assert.deepEqual(table.rows().map(({cport}) => cport).sort((one, other) => one - other), [0, 5000, 5001]);
});
