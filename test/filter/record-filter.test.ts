import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {parseFilter} from '../../source/filter/parser.js';
import {compileRecordFilter} from '../../source/filter/record-filter.js';
import {createRecordRing, createRecordRingReader, createRecordRingWriter} from '../../source/ring/record-ring.js';
import {faultCode} from '../../source/wire/fault.js';
import {recordAt} from '../../source/wire/sync/record-batch.js';
import {type Datagram} from '../../source/wire/packet.js';
import {flags, messageOf, startUs, type SampleRecord} from '../table/support.js';

const names = {
	segment: (index: number) => index === 1 ? 'eth0' : undefined,
	director: (index: number) => [`192.0.2.${index}`, `dir${index}`],
	bitHolders: () => [],
	aliases: new Map([['web', ['192.0.2.10:443']]]),
};

const datagram = (view: DataView): Datagram => ({
	timeUs: startUs, place: 0, tags: new Int32Array(2), tagCount: 0, family: 4, source: Int32Array.of(0xc0_00_02_02, 0, 0, 0), destination: new Int32Array(4),
	sourcePort: 41_000, destinationPort: 8848, view, offset: 8, length: 0,
} as unknown as Datagram);

/** What passes of records that went through the ring, by their client ports. */
const passing = (text: string, records: readonly SampleRecord[]): number[] => {
	const parsed = parseFilter(text);
	assert.ok(parsed.ok, parsed.ok ? '' : parsed.message);
	const filter = compileRecordFilter(parsed.expression, names);
	assert.ok(filter.ok, filter.ok ? '' : `${text}: ${filter.message}`);
	const ring = createRecordRing(64);
	const writer = createRecordRingWriter(ring);
	const reader = createRecordRingReader(ring, {});
	const {batch, message} = messageOf(records);
	for (const index of records.keys()) {
		writer.push(batch, index, datagram(message.view), 2, 1);
	}

	const ports: number[] = [];
	reader.read(record => {
		if (filter.matches(record)) {
			ports.push(record.words[recordAt.cport]!);
		}
	});
	return ports;
};

const all: readonly SampleRecord[] = [
	{cport: 1},
	{cport: 2, state: 4, flags: flags.inactive, vport: 80, daddr: [0x0a_09_00_0c], timeoutSeconds: 30},
	{cport: 3, protocol: 17, state: 0, fwmark: 7, caddr: [0x0a_00_00_01]},
	{cport: 4, flags: flags.template, state: 1, pe: 'a@b'},
	{cport: 5, family: 6, caddr: [0x20_01_0d_b8, 0, 0, 1], vaddr: [0x20_01_0d_b8, 0, 0, 2], daddr: [0x20_01_0d_b8, 0, 0, 3]},
	{cport: 6, state: 200, fault: faultCode['state-unknown'], flags: 0x20_00},
];

for (const [text, ports] of [
	['', [1, 2, 3, 4, 5, 6]],
	['203.0.113.9', [1, 2, 4, 6]],
	['client=2001:db8::/32', [5]],
	['vip=web', [1, 3, 4, 6]],
	['rs=10.9.0.12 vport=80', [2]],
	['est', [1, 5]],
	['fin or udp', [2, 3]],
	['state=assured', [4]],
	['state=err', [6]],
	['template', [4]],
	['flag=inactive', [2]],
	['flag=onepacket', [6]],
	['fwmark=7', [3]],
	['fwd=masq', [2, 4, 6]],
	['timeout<1m', [2]],
	['pe=sip peData~"@"', [4]],
	['dir=dir2 segment=eth0 syncid=51', [1, 2, 3, 4, 5, 6]],
	['dir=dir3', []],
	['refused', [6]],
	['!refused', [1, 2, 3, 4, 5]],
	['reason=state-unknown', [6]],
	['reason~stat', [6]],
	['source=192.0.2.2 sourcePort=41000 syncPort=8848 version=1', [1, 2, 3, 4, 5, 6]],
	['source~"^192\\.0\\.2\\.3"', []],
	['index>=4', [5, 6]],
	['open', [1, 3, 5]],
] as const) {
	test(`of records as they came, \`${text}\` lets through ${ports.length}`, () => {
		assert.deepEqual(passing(text, all), ports);
	});
}

test('records in any order are each judged by themselves', () => {
	fc.assert(fc.property(fc.array(fc.nat({max: all.length - 1}), {maxLength: 30}), picks => {
		assert.deepEqual(passing('vip=web or client=2001:db8::/32', picks.map(pick => all[pick]!)), picks.filter(pick => pick !== 1).map(pick => pick + 1));
	}), {numRuns: 100});
});

test('what one record cannot say is refused with what can', () => {
	for (const [text, message] of [
		['age>3s', /^age: records have no age; use --list or --events$/v],
		['exp<3s', /use timeout/v],
		['event=new', /use it with --events or --on/v],
		['new', /use --events/v],
		['fate=kept', /records have no fate/v],
		['flag=partial', /records have no flag partial/v],
	] as const) {
		const parsed = parseFilter(text);
		assert.ok(parsed.ok);
		const filter = compileRecordFilter(parsed.expression, names);
		assert.ok(!filter.ok);
		assert.match(filter.message, message);
	}
});
