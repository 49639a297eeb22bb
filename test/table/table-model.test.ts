import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {entryOf, storyOf} from './compare-model.js';
import {createModel, type ModelEntry} from './model.js';
import {createTable, flags, startUs, type SampleMessage, type SampleRecord} from './support.js';

const record: fc.Arbitrary<SampleRecord> = fc.record({
	shape: fc.constantFrom('tcp', 'tcp', 'tcp', 'udp', 'sctp', 'ftp', 'template', 'mark', 'sip', 'ipv6'),
	client: fc.integer({min: 1, max: 3}),
	port: fc.integer({min: 1000, max: 1002}),
	real: fc.integer({min: 1, max: 3}),
	state: fc.constantFrom(1, 1, 1, 4, 6),
	timeoutSeconds: fc.constantFrom(0, 1, 2, 61, 900, 900, 0xff_ff_ff_ff | 0),
	bits: fc.constantFrom(0, 0, flags.inactive, flags.inactive | flags.outSeq, flags.noOutput, flags.nfct, 0x20),
	forward: fc.constantFrom(0, 3),
	fwmark: fc.constantFrom(0, 0, -5),
	fault: fc.constantFrom(0, 0, 0, 0, 0, 0, 34),
}).map(({shape, client, port, real, state, timeoutSeconds, bits, forward, fwmark, fault}) => {
	const common = {caddr: [0xcb_00_71_00 + client], cport: port, daddr: [0x0a_09_00_00 + real], dport: 443, state, timeoutSeconds, flags: bits | forward, fwmark: fwmark >>> 0, fault};
	switch (shape) {
		case 'udp': {
			return {...common, protocol: 17, state: 0, vport: 53};
		}

		case 'sctp': {
			return {...common, protocol: 132, state: state === 1 ? 8 : 13};
		}

		case 'ftp': {
			return port === 1000 ? {...common, vport: 20, cport: 0, flags: common.flags | flags.noCport} : {...common, vport: 20, anomalies: 1};
		}

		case 'template': {
			return {...common, cport: 0, state: state & 1, flags: common.flags | flags.template};
		}

		case 'mark': {
			return {...common, protocol: 0, cport: 0, vaddr: [7], vport: 0, state: 0, flags: common.flags | flags.template};
		}

		case 'sip': {
			return {...common, protocol: 17, cport: 0, vport: 5060, state: 0, pe: `call-${port}`, flags: common.flags | flags.template};
		}

		case 'ipv6': {
			return {...common, family: 6, caddr: [0x20_01_0d_b8, 0, client, port], vaddr: [0x20_01_0d_b8, 0, 0, 1], daddr: [0xfd_00_00_00 | 0, 0, 0, real]};
		}

		default: {
			return common;
		}
	}
});

const anyMessage: fc.Arbitrary<SampleMessage> = fc.record({
	segment: fc.constantFrom(1, 1, 1, 2),
	director: fc.integer({min: 0, max: 2}),
	known: fc.boolean(),
	sentMask: fc.integer({min: 0, max: 3}),
	partial: fc.boolean(),
	syncid: fc.constantFrom(51, 51, 52),
	version: fc.constantFrom(1, 1, 1, 0),
}).map(given => ({...given, directorBit: given.director * 7}));

type Step = {afterMs: number; expire: boolean; records: SampleRecord[]; message: SampleMessage};
const step: fc.Arbitrary<Step> = fc.record({
	afterMs: fc.oneof(fc.constantFrom(0, 0, 1, 1000, 60_000, 61_000, 899_999, 900_000), fc.integer({min: 0, max: 3000})),
	expire: fc.boolean(),
	records: fc.array(record, {maxLength: 5}),
	message: anyMessage,
});

test('the table equals a plain Map after any messages and expiries, and tells the same story', () => {
	fc.assert(fc.property(fc.array(step, {maxLength: 40}), steps => {
		const table = createTable();
		const model = createModel(startUs);
		let nowUs = startUs;
		for (const {afterMs, expire, records, message} of steps) {
			nowUs += afterMs * 1000;
			table.hear(records, {...message, nowUs});
			model.apply(records, {...message, nowUs});
			if (expire) {
				nowUs += 250_000;
				table.expire(nowUs);
				model.expire(nowUs);
			}

			const byKey = (a: ModelEntry, b: ModelEntry) => a.key < b.key ? -1 : 1;
			assert.deepEqual(table.rows().map(row => entryOf(row)).sort(byKey), model.rows().map(row => ({...row, fwmark: row.fwmark >>> 0})).sort(byKey));
		}

		table.expire(nowUs);
		model.expire(nowUs);
		assert.deepEqual(storyOf(table.reader), model.takeEvents());

		const totals = table.view.totals();
		const rows = model.rows();
		assert.equal(totals.connections, rows.filter(row => !row.template).length);
		assert.equal(totals.templates, rows.filter(row => row.template).length);
		assert.equal(totals.counts.reduce((sum, count) => sum + count, 0), rows.length);
		for (const director of [0, 1, 2]) {
			assert.equal(totals.directorEntries[director], rows.filter(row => row.director === director).length);
		}

		const services = table.view.services();
		assert.equal(services.reduce((sum, service) => sum + service.open + service.closing + service.templates, 0), rows.length);
	}), {numRuns: 300});
});
