import {Buffer} from 'node:buffer';
import {test} from 'node:test';
import assert from 'node:assert/strict';
import {flagNames, forwardingName} from '../../source/wire/sync/conn-flags.js';
import {protocolName, stateName} from '../../source/wire/sync/conn-state.js';
import {formatEndpoint} from '../../source/wire/address.js';
import {faultNames} from '../../source/wire/fault.js';
import {recordAt, recordWords, type RecordBatch} from '../../source/wire/sync/record-batch.js';
import {decode, hex, wordOf} from './build.js';

/** A record as people read it; `pe` from the message's octets. */
const describe = (batch: RecordBatch, index: number, octets: Uint8Array) => {
	const base = index * recordWords;
	const family = wordOf(batch, index, 'family') as 4 | 6;
	const flags = wordOf(batch, index, 'flags');
	const text = (offset: number, length: number) =>
		offset === -1 ? undefined : Buffer.from(octets.subarray(offset, offset + length)).toString('latin1');
	return {
		protocol: protocolName(wordOf(batch, index, 'protocol')),
		state: stateName(wordOf(batch, index, 'protocol'), wordOf(batch, index, 'state'), flagNames(flags).includes('template')),
		client: formatEndpoint(batch.words, base + recordAt.caddr, family, wordOf(batch, index, 'cport')),
		virtual: formatEndpoint(batch.words, base + recordAt.vaddr, family, wordOf(batch, index, 'vport')),
		real: formatEndpoint(batch.words, base + recordAt.daddr, family, wordOf(batch, index, 'dport')),
		forward: forwardingName(flags),
		flags: flagNames(flags),
		fwmark: wordOf(batch, index, 'fwmark'),
		timeout: wordOf(batch, index, 'timeoutSeconds'),
		peName: text(wordOf(batch, index, 'peNameOffset'), wordOf(batch, index, 'peNameLength')),
		peData: text(wordOf(batch, index, 'peDataOffset'), wordOf(batch, index, 'peDataLength')),
		at: [wordOf(batch, index, 'recordOffset'), wordOf(batch, index, 'recordLength')],
		fault: faultNames[wordOf(batch, index, 'fault')],
		anomalies: wordOf(batch, index, 'anomalies'),
	};
};

const common = {fwmark: 0, peName: undefined, peData: undefined, fault: 'none', anomalies: 0};

const examples = [
	{
		name: 'version 0 with sequence options in host order',
		octets: hex(`
			02 01 00 4c 00 06 c7 38 00 50 00 50 c6 33 64 07
			cb 00 71 0a 0a 00 00 15 00 83 00 01 00 06 c7 39
			00 15 00 15 c6 33 64 08 cb 00 71 0a 0a 00 00 16
			06 20 00 01 44 33 22 11 05 00 00 00 00 00 00 00
			88 77 66 55 07 00 00 00 05 00 00 00`),
		header: {version: 0, syncid: 1, size: 76, claimedCount: 2},
		records: [
			{...common, protocol: 'TCP', state: 'ESTABLISHED', client: '198.51.100.7:51000', virtual: '203.0.113.10:80', real: '10.0.0.21:80', forward: 'Route', flags: ['noout'], timeout: 0, at: [4, 24]},
			{...common, protocol: 'TCP', state: 'ESTABLISHED', client: '198.51.100.8:51001', virtual: '203.0.113.10:21', real: '10.0.0.22:21', forward: 'Masq', flags: ['sync', 'outseq', 'inseq'], timeout: 0, at: [28, 48]},
		],
	},
	{
		name: 'version 1, ESTABLISHED by direct routing and FIN_WAIT by NAT',
		octets: hex(`
			00 07 00 50 02 01 00 00 00 06 00 24 00 00 00 83
			00 01 c7 38 01 bb 01 bb 00 00 00 00 00 00 03 84
			c6 33 64 07 cb 00 71 0a 0a 00 00 15 00 06 00 24
			00 00 01 00 00 04 c7 3a 01 bb 20 fb 00 00 00 00
			00 00 00 78 c6 33 64 09 cb 00 71 0a 0a 00 00 16`),
		header: {version: 1, syncid: 7, size: 80, claimedCount: 2},
		records: [
			{...common, protocol: 'TCP', state: 'ESTABLISHED', client: '198.51.100.7:51000', virtual: '203.0.113.10:443', real: '10.0.0.21:443', forward: 'Route', flags: ['noout'], timeout: 900, at: [8, 36]},
			{...common, protocol: 'TCP', state: 'FIN_WAIT', client: '198.51.100.9:51002', virtual: '203.0.113.10:443', real: '10.0.0.22:8443', forward: 'Masq', flags: ['inactive'], timeout: 120, at: [44, 36]},
		],
	},
	{
		name: 'version 1 SIP template of odd length, padded, then a CLOSE record',
		octets: hex(`
			00 07 00 60 02 01 00 00 00 11 00 33 00 00 10 00
			00 01 00 00 13 c4 13 c4 00 00 00 00 00 00 01 2c
			c6 33 64 07 cb 00 71 0a 0a 00 00 15 02 08 61 62
			63 31 32 33 40 68 03 03 73 69 70 00 00 06 00 24
			00 00 01 00 00 06 c7 3b 01 bb 01 bb 00 00 00 00
			00 00 00 0a c6 33 64 09 cb 00 71 0a 0a 00 00 16`),
		header: {version: 1, syncid: 7, size: 96, claimedCount: 2},
		records: [
			{...common, protocol: 'UDP', state: 'ASSURED', client: '198.51.100.7:0', virtual: '203.0.113.10:5060', real: '10.0.0.21:5060', forward: 'Masq', flags: ['template'], timeout: 300, peName: 'sip', peData: 'abc123@h', at: [8, 51]},
			{...common, protocol: 'TCP', state: 'CLOSE', client: '198.51.100.9:51003', virtual: '203.0.113.10:443', real: '10.0.0.22:443', forward: 'Masq', flags: ['inactive'], timeout: 10, at: [60, 36]},
		],
	},
	{
		name: 'version 1 IPv6 connection, then an IPv6 fwmark template',
		octets: hex(`
			00 07 00 98 02 01 00 00 01 06 00 48 00 00 00 83
			00 01 c7 3c 01 bb 01 bb 00 00 00 00 00 00 03 84
			20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 07
			20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 10
			fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 21
			01 00 00 48 00 00 10 00 00 01 00 00 00 00 00 00
			00 00 00 05 00 00 01 68 20 01 0d b8 00 00 00 00
			00 00 00 00 00 00 00 00 00 00 00 05 00 00 00 00
			00 00 00 00 00 00 00 00 fd 00 00 00 00 00 00 00
			00 00 00 00 00 00 00 21`),
		header: {version: 1, syncid: 7, size: 152, claimedCount: 2},
		records: [
			{...common, protocol: 'TCP', state: 'ESTABLISHED', client: '[2001:db8::7]:51004', virtual: '[2001:db8:1::10]:443', real: '[fd00::21]:443', forward: 'Route', flags: ['noout'], timeout: 900, at: [8, 72]},
			{...common, protocol: 'IP', state: 'ASSURED', client: '[2001:db8::]:0', virtual: '[0:5::]:0', real: '[fd00::21]:0', forward: 'Masq', flags: ['template'], fwmark: 5, timeout: 360, at: [80, 72]},
		],
	},
	{
		name: 'version 1 with a sequence option, then a UDP record',
		octets: hex(`
			00 07 00 6c 02 01 00 00 00 06 00 3e 00 00 04 00
			00 01 c7 3d 00 15 00 15 00 00 00 00 00 00 03 84
			c6 33 64 07 cb 00 71 0a 0a 00 00 15 01 18 11 22
			33 44 00 00 00 05 00 00 00 00 55 66 77 88 00 00
			00 07 00 00 00 05 00 00 00 11 00 24 00 00 00 00
			00 00 cf 08 00 35 00 35 00 00 00 00 00 00 01 2c
			c6 33 64 09 cb 00 71 0a 0a 00 00 16`),
		header: {version: 1, syncid: 7, size: 108, claimedCount: 2},
		records: [
			{...common, protocol: 'TCP', state: 'ESTABLISHED', client: '198.51.100.7:51005', virtual: '203.0.113.10:21', real: '10.0.0.21:21', forward: 'Masq', flags: ['inseq'], timeout: 900, at: [8, 62]},
			{...common, protocol: 'UDP', state: 'UDP', client: '198.51.100.9:53000', virtual: '203.0.113.10:53', real: '10.0.0.22:53', forward: 'Masq', flags: [], timeout: 300, at: [72, 36]},
		],
	},
	{
		name: 'first announcement of a connection, captured from Linux 6.1',
		octets: hex(`
			00 07 00 2c 01 01 00 00 00 06 00 24 00 00 00 00
			00 01 85 0c 00 50 00 50 00 00 00 00 00 00 03 84
			c6 33 64 64 cb 00 71 0a 0a 00 00 15`),
		header: {version: 1, syncid: 7, size: 44, claimedCount: 1},
		records: [
			{...common, protocol: 'TCP', state: 'ESTABLISHED', client: '198.51.100.100:34060', virtual: '203.0.113.10:80', real: '10.0.0.21:80', forward: 'Masq', flags: [], timeout: 900, at: [8, 36]},
		],
	},
];

for (const {name, octets, header, records} of examples) {
	test(`is read field by field: ${name}`, () => {
		const batch = decode(octets);

		const {version, syncid, size, claimedCount} = batch;
		assert.deepEqual({version, syncid, size, claimedCount}, header);
		assert.deepEqual(
			{messageFault: batch.messageFault, restFault: batch.restFault, trailing: batch.trailing, partial: batch.partial},
			{messageFault: 0, restFault: 0, trailing: 0, partial: false},
		);
		assert.deepEqual(Array.from({length: batch.count}, (_, index) => describe(batch, index, octets)), records);
	});
}

test('a record is read the same wherever the payload lies in its view', () => {
	const {octets} = examples[2]!;
	const batch = decode(octets);
	const shifted = new Uint8Array(octets.length + 99);
	shifted.set(octets, 99);
	const other = decode(shifted.subarray(99));

	assert.deepEqual(other.words.subarray(0, 2 * recordWords), batch.words.subarray(0, 2 * recordWords));
});
