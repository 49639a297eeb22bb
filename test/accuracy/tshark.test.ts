/*
A second opinion on the octets: every record of every capture as Wireshark's dissector reads it. Wireshark does not know the
options of version 1 records (packet-ipvs-syncd.c of 4.0 ignores the record's length), so it loses its place after the first
record that has some: of such a message the records up to that one are compared.
*/
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {capturePath, cutVariant, linkVariants, runs} from '../support/captures.js';
import {dissectFile, type DecodedMessage} from '../support/dissect-file.js';
import {runCli} from '../support/run-cli.js';
import {tsharkFrames, tsharkMissing, type TsharkFrame} from '../support/tshark.js';
import {formatAddress} from '../../source/wire/address.js';
import {recordAt} from '../../source/wire/sync/record-batch.js';

const fields = [
	'frame.protocols', 'ipvs.version', 'ipvs.conncount', 'ipvs.syncid', 'ipvs.size', 'ipvs.type', 'ipvs.size.v1', 'ipvs.proto',
	'ipvs.cport', 'ipvs.vport', 'ipvs.dport', 'ipvs.caddr', 'ipvs.vaddr', 'ipvs.daddr', 'ipvs.caddr6', 'ipvs.vaddr6', 'ipvs.daddr6',
	'ipvs.flags', 'ipvs.flags.v1', 'ipvs.state', 'ipvs.fwmark', 'ipvs.timeout',
];

type PlainRecord = Readonly<Record<'protocol' | 'cport' | 'vport' | 'dport' | 'flags' | 'state' | 'fwmark' | 'timeout', number>>
	& Readonly<Record<'client' | 'virtual' | 'real', string>>;

/** The records of a frame: tshark lists the values of each field, those of IPv4 and IPv6 apart. */
const tsharkRecords = (frame: TsharkFrame): PlainRecord[] => {
	const values = (field: string) => frame.get(field)!;
	const isVersion1 = values('ipvs.version').length > 0;
	let seen4 = 0;
	let seen6 = 0;
	const records: PlainRecord[] = [];
	for (const [index, protocol] of values('ipvs.proto').entries()) {
		const number = (field: string) => Number(values(field)[index] ?? 0);
		const is6 = isVersion1 && number('ipvs.type') !== 0;
		const address = (field: string) => is6 ? values(`${field}6`)[seen6] : values(field)[seen4];
		const [client, virtual, real] = [address('ipvs.caddr'), address('ipvs.vaddr'), address('ipvs.daddr')];
		if (real === undefined) {
			break; // The capture ends within this record
		}

		records.push({
			protocol: Number(protocol),
			cport: number('ipvs.cport'), vport: number('ipvs.vport'), dport: number('ipvs.dport'),
			client: client!, virtual: virtual!, real,
			flags: number(isVersion1 ? 'ipvs.flags.v1' : 'ipvs.flags'),
			state: number('ipvs.state'), fwmark: number('ipvs.fwmark'), timeout: number('ipvs.timeout'),
		});
		seen6 += is6 ? 1 : 0;
		seen4 += is6 ? 0 : 1;
	}

	return records;
};

const plainRecord = (words: Int32Array): PlainRecord => {
	const family = words[recordAt.family] === 6 ? 6 : 4;
	return {
		protocol: words[recordAt.protocol]!,
		cport: words[recordAt.cport]!, vport: words[recordAt.vport]!, dport: words[recordAt.dport]!,
		client: formatAddress(words, recordAt.caddr, family), virtual: formatAddress(words, recordAt.vaddr, family), real: formatAddress(words, recordAt.daddr, family),
		flags: words[recordAt.flags]! >>> 0,
		state: words[recordAt.state]!, fwmark: words[recordAt.fwmark]! >>> 0, timeout: words[recordAt.timeoutSeconds]! >>> 0,
	};
};

/** How many records come before tshark loses its place: those up to the first with options, itself included. */
const comparable = ({version, records}: DecodedMessage): number => {
	const withOptions = version === 0 ? -1 : records.findIndex(words => words[recordAt.recordLength]! > (words[recordAt.family] === 6 ? 72 : 36));
	return withOptions === -1 ? records.length : withOptions + 1;
};

const missing = await tsharkMissing();

// eslint-disable-next-line node-test/no-skip-test -- says what is missing
describe('tshark reads the same messages, records and adverts', {skip: missing ?? false}, () => {
	for (const {file} of [...runs, ...linkVariants, cutVariant]) {
		test(file, async t => {
			const path = capturePath(file);
			const [frames, decoded] = await Promise.all([tsharkFrames(path, fields), dissectFile(path)]);
			const speaks = (protocol: string) => frames.flatMap((frame, index) => frame.get('frame.protocols')![0]!.split(':').includes(protocol) ? [index + 1] : []);
			assert.equal(decoded.packets, frames.length);
			assert.deepEqual(decoded.messages.map(({frame}) => frame), speaks('ipvs'), 'sync messages');
			assert.deepEqual(decoded.adverts.map(({frame}) => frame), speaks('vrrp'), 'VRRP adverts');
			assert.deepEqual(decoded.adverts.filter(({auth}) => auth === 'ah').map(({frame}) => frame), speaks('ah'), 'adverts in AH');

			let promised = 0;
			let compared = 0;
			let whole = 0;
			for (const message of decoded.messages) {
				const frame = frames[message.frame - 1]!;
				const one = (field: string) => Number(frame.get(field)![0] ?? 0);
				assert.deepEqual(
					{version: message.version, syncid: message.syncid, size: message.size, count: message.claimedCount},
					{version: one('ipvs.version'), syncid: one('ipvs.syncid'), size: one('ipvs.size'), count: one('ipvs.conncount')},
				);
				const count = comparable(message);
				const ours = message.records.map(words => plainRecord(words));
				assert.deepEqual(ours.slice(0, count), tsharkRecords(frame).slice(0, count), `${file} frame ${message.frame}`);
				assert.ok(message.partial ? message.records.length > 0 : message.records.length === message.claimedCount, `${file} frame ${message.frame}: ${message.records.length} of ${message.claimedCount}`);
				promised += message.claimedCount;
				compared += count;
				whole += count === message.claimedCount ? 1 : 0;
			}

			assert.ok(compared > 0);
			t.diagnostic(`${decoded.messages.length} messages, ${whole} compared whole; ${compared} of ${promised} records; ${decoded.adverts.length} adverts, ${speaks('ah').length} in AH`);
		});
	}

	test('--records --fields prints them in the same words', async () => {
		const path = capturePath('ipv6-short.pcap');
		const ours = ['syncid', 'client', 'cport', 'virtual', 'vport', 'real', 'rport', 'fwmark', 'timeout'];
		const [frames, {code, stdout}] = await Promise.all([tsharkFrames(path, fields), runCli(['-r', path, '--records', '--fields', ours.join(',')])]);
		assert.equal(code, 0);
		const expected = frames.flatMap(frame => tsharkRecords(frame).map(({client, cport, virtual, vport, real, dport, fwmark, timeout}) =>
			[frame.get('ipvs.syncid')![0], client, cport, virtual, vport, real, dport, fwmark, timeout].join('\t')));
		assert.ok(expected.length > 200);
		assert.deepEqual(stdout.slice(0, -1).split('\n'), expected);
	});
});
