/* Hostile or broken input, case by case, against what a strict backup of Linux 6.x makes of it. */
import {test} from 'node:test';
import assert from 'node:assert/strict';
import {connFlags} from '../../source/wire/sync/conn-flags.js';
import {stateName, stateTimeoutSeconds} from '../../source/wire/sync/conn-state.js';
import {faultNames} from '../../source/wire/fault.js';
import {anomaly, recordAt, recordWords, type RecordBatch} from '../../source/wire/sync/record-batch.js';
import {
	addressOctets, datagramOf, decode, dissect, ethernet, faultsOf, hex, ipv4, join, listen, messageV0, messageV1, packetOf, recordFaults,
	recordV0, recordV1, udp, withChecksum, wordOf, zeros,
} from './build.js';

type Expected = {
	message?: string;
	rest?: string;
	/** Faults of the records in the batch. */
	records?: readonly string[];
	version?: number;
	trailing?: number;
	partial?: boolean;
	/** Anomalies of the first record. */
	anomalies?: number;
};

const summary = (batch: RecordBatch): Required<Omit<Expected, 'anomalies'>> => ({
	message: faultNames[batch.messageFault]!,
	rest: faultNames[batch.restFault]!,
	records: recordFaults(batch),
	version: batch.version,
	trailing: batch.trailing,
	partial: batch.partial,
});

const sound = {message: 'none', rest: 'none', records: [], version: 1, trailing: 0, partial: false};
const good = recordV1();
const {template, noClientPort, inactive} = connFlags;
const sip = [[2, 2, 0x61, 0x62], [3, 3, 0x73, 0x69, 0x70]];
const aTemplate = {flags: template, ports: [0, 443, 443]} as const;

type Row = readonly [name: string, octets: Uint8Array, expected: Expected, claimedLength?: number];

const rows: readonly Row[] = [
	['1: an empty payload', zeros(0), {message: 'short'}],
	['1: three octets', hex('00 07 00'), {message: 'short'}],
	['2: size above the payload', messageV1([good], {size: 45}), {message: 'size-mismatch'}],
	['2: cut by the capture in its second record', messageV1([good, good]).subarray(0, 60), {records: ['none'], partial: true, trailing: 36}, 80],
	['2: cut by the capture in its header', messageV1([good]).subarray(0, 6), {message: 'truncated-capture', partial: true}, 44],
	['2: cut by the capture to less than a size', messageV1([good]).subarray(0, 3), {message: 'truncated-capture', partial: true}, 44],
	['2: cut by the capture, and a wrong size', messageV1([good], {size: 99}).subarray(0, 30), {message: 'size-mismatch', partial: true}, 44],
	['3: size below the payload', messageV1([good], {size: 43}), {message: 'size-mismatch'}],
	['3: size in the host order of a Linux 2.4 director', messageV0([recordV0()], {size: 0x1c_00}), {message: 'size-host-order'}],
	['4: count above the records, version 1', messageV1([good], {count: 2}), {records: ['none'], rest: 'count-too-big'}],
	['4: count above the records, version 0', messageV0([recordV0()], {count: 2}), {version: 0, records: ['none'], rest: 'count-too-big'}],
	['5: count below the records, version 1', messageV1([good, good, good], {count: 1}), {records: ['none', 'beyond-count', 'beyond-count']}],
	['5: count below the records, version 0', messageV0([recordV0(), recordV0()], {count: 1}), {version: 0, records: ['none', 'beyond-count']}],
	['5: beyond the count, a record that no backup would take', messageV1([good, recordV1({state: 99}), good], {count: 1}), {records: ['none'], trailing: 72}],
	['5: count wrapped to 0 at 256', messageV1(Array.from({length: 256}, () => good)), {records: Array.from({length: 256}, () => 'beyond-count')}],
	['6: trailing octets, fewer than a record', join(messageV1([good], {size: 79}), zeros(35)), {records: ['none'], trailing: 35}],
	['7: no records', messageV1([]), {}],
	['8: version 2', messageV1([good], {version: 2}), {message: 'unknown-version'}],
	['8: spare not zero', messageV1([good], {spare: 1}), {message: 'unknown-version'}],
	['9: first octet not zero before a version 1 body', messageV1([good], {first: 1}), {message: 'not-sync', version: 0}],
	['9: first octet not zero before a version 1 body that the capture cut', messageV1([good, good], {first: 1}).subarray(0, 60), {message: 'not-sync', version: 0, partial: true}, 80],
	['9: the same, but version 0 records fit to the last octet', messageV0([join([0, 1, 0, 0], recordV0({protocol: 1}).subarray(4))]), {version: 0, records: ['protocol-unknown']}],
	['10: version 0 with octets that are no record', join(messageV0([recordV0()], {size: 33}), hex('01 02 03 04 05')), {version: 0, records: ['none'], trailing: 5}],
	['10: version 0 sequence options beyond the end', join(messageV0([recordV0({flags: 0x02_00}).subarray(0, 24)])), {version: 0, rest: 'record-past-end', trailing: 24}],
	['10: version 0 header alone', hex('00 07 00 04'), {version: 0}],
	['10: version 0 record of 23 octets', messageV0([recordV0().subarray(0, 23)]), {version: 0, rest: 'record-truncated', trailing: 23}],
	['11: record length 0', messageV1([good, recordV1({size: 0}), good]), {records: ['none'], rest: 'record-size', trailing: 72}],
	['11: record length 35', messageV1([recordV1({size: 35})]), {rest: 'record-size', trailing: 36}],
	['12: record length past the end', messageV1([recordV1({size: 37})]), {rest: 'record-past-end', trailing: 36}],
	['12: fewer than 36 octets left', messageV1([good, good.subarray(0, 32)]), {records: ['none'], rest: 'record-truncated', trailing: 32}],
	['13: record version 1', messageV1([recordV1({version: 1}), good]), {rest: 'record-version', trailing: 72}],
	['13: the version is the upper 4 bits, the length the lower 12', messageV1([recordV1({version: 1, size: 0x0f_ff})]), {rest: 'record-past-end', trailing: 36}],
	['14: type 2', messageV1([recordV1({type: 2}), good]), {rest: 'record-type', trailing: 72}],
	['15: type 3 is IPv6, too', messageV1([recordV1({type: 3})]), {records: ['none'], anomalies: anomaly.typeBits}],
	['15: type 255 is IPv6, too', messageV1([recordV1({type: 255})]), {records: ['none'], anomalies: anomaly.typeBits}],
	['16: IPv6 type in 36 octets', messageV1([recordV1({type: 1, size: 36})]), {rest: 'record-size', trailing: 72}],
	['17: IPv4 type in 72 octets, zeros where options start', messageV1([recordV1({options: [zeros(36)]})]), {rest: 'option-length', trailing: 72}],
	['18: option length 0', messageV1([recordV1({options: [[2, 0]]})]), {rest: 'option-length', trailing: 38}],
	['18: option past the end', messageV1([recordV1({options: [[2, 3, 1, 2]]})]), {rest: 'option-length', trailing: 40}],
	['18: one stray octet', messageV1([recordV1({options: [[2]]})]), {rest: 'option-truncated', trailing: 37}],
	['19: sequence option of 23 octets', messageV1([recordV1({options: [[1, 23], zeros(23)]})]), {rest: 'option-seq', trailing: 61}],
	['19: sequence option twice', messageV1([recordV1({options: [[1, 24], zeros(24), [0x41, 24], zeros(24)]})]), {rest: 'option-seq', trailing: 88}],
	['19: PE data twice', messageV1([recordV1({...aTemplate, options: [[2, 1, 0x61], [2, 1, 0x62], ...sip.slice(1)]})]), {rest: 'option-pe-data', trailing: 47}],
	['19: PE name twice', messageV1([recordV1({...aTemplate, options: [...sip, sip[1]!]})]), {rest: 'option-pe-name', trailing: 50}],
	['20: PE name of 17 octets', messageV1([recordV1({...aTemplate, options: [[3, 17], zeros(17)]})]), {rest: 'option-pe-name', trailing: 55}],
	['20: PE name with a NUL in it ends there', messageV1([recordV1({...aTemplate, options: [sip[0]!, [3, 5, 0x73, 0x69, 0x70, 0, 0x78]]})]), {records: ['none']}],
	['21: PE data of 255 octets of escape sequences', messageV1([recordV1({...aTemplate, options: [[2, 255], new Uint8Array(255).fill(0x1b), sip[1]!]})]), {records: ['none']}],
	['22: PE data without a name', messageV1([recordV1({...aTemplate, options: [sip[0]!]}), good]), {records: ['pe-name-missing', 'none']}],
	['22: PE data with an unknown engine', messageV1([recordV1({...aTemplate, options: [sip[0]!, [3, 3, 0x66, 0x74, 0x70]]}), good]), {records: ['pe-engine', 'none']}],
	['22: PE data with an empty engine name', messageV1([recordV1({...aTemplate, options: [sip[0]!, [3, 1, 0]]})]), {records: ['pe-engine']}],
	['22: a PE name alone is ignored', messageV1([recordV1({...aTemplate, options: [[3, 3, 0x66, 0x74, 0x70]]})]), {records: ['none']}],
	['23: unknown option that is optional', messageV1([recordV1({options: [[0x44, 1, 0]]})]), {records: ['none']}],
	['23: unknown option that is mandatory', messageV1([recordV1({options: [[4, 1, 0]]}), good]), {records: ['option-unknown', 'none']}],
	['23: the upper bit does not make it optional', messageV1([recordV1({options: [[0x81, 24], zeros(24)]})]), {records: ['option-unknown']}],
	['23: an unknown mandatory option hides broken ones behind it', messageV1([recordV1({options: [[4, 1, 0], [2]]})]), {records: ['option-unknown']}],
	['24: client port 0 without NO_CPORT', messageV1([recordV1({ports: [0, 80, 80]})]), {records: ['none'], anomalies: anomaly.portWithoutFlag}],
	['24: NO_CPORT with a client port', messageV1([recordV1({flags: noClientPort})]), {records: ['none'], anomalies: anomaly.portWithoutFlag}],
	['24: NO_CPORT with client port 0 is as it should be', messageV1([recordV1({flags: noClientPort, ports: [0, 80, 80]})]), {records: ['none'], anomalies: 0}],
	['25: a template with a client port', messageV1([recordV1({flags: template})]), {records: ['none'], anomalies: anomaly.templateShape}],
	['25: PE data on a connection', messageV1([recordV1({options: sip})]), {records: ['none'], anomalies: anomaly.templateShape}],
	['25: TEMPLATE with NO_CPORT', messageV1([recordV1({flags: template | noClientPort, ports: [0, 1, 1]}), good]), {records: ['flags-template-no-cport', 'none']}],
	['25: ONE_PACKET, version 1', messageV1([recordV1({flags: 0x20_00}), good]), {records: ['flags-one-packet', 'none']}],
	['25: ONE_PACKET, version 0', messageV0([recordV0({flags: 0x20_00}), recordV0()]), {version: 0, records: ['flags-one-packet', 'none']}],
	['26: ICMP connection', messageV1([recordV1({protocol: 1, state: 0}), good]), {records: ['protocol-unknown', 'none']}],
	['26: protocol 0 is fine for a template', messageV1([recordV1({...aTemplate, protocol: 0, fwmark: 7, addresses: ['198.51.100.0', '0.0.0.7', '10.0.0.21']})]), {records: ['none'], anomalies: 0}],
	['27: TCP state 11', messageV1([recordV1({state: 11}), good]), {records: ['state-unknown', 'none']}],
	['27: UDP state 1', messageV1([recordV1({protocol: 17, state: 1})]), {records: ['state-unknown']}],
	['27: SCTP state 14', messageV1([recordV1({protocol: 132, state: 14})]), {records: ['state-unknown']}],
	['27: SCTP state 13', messageV1([recordV1({protocol: 132, state: 13})]), {records: ['none']}],
	['27: ESP state 0', messageV1([recordV1({protocol: 50, state: 0})]), {records: ['none']}],
	['27: template state 2', messageV1([recordV1({...aTemplate, state: 2}), good]), {records: ['template-state', 'none']}],
	['27: template state 2, version 0', messageV0([recordV0({flags: template, state: 2, ports: [0, 1, 1]})]), {version: 0, records: ['template-state']}],
	['28: forwarding method 5', messageV1([recordV1({flags: 5})]), {records: ['none'], anomalies: anomaly.forwarding}],
	['28: unassigned flags', messageV1([recordV1({flags: 0x80_00_00_00})]), {records: ['none'], anomalies: anomaly.reservedFlags}],
	['28: NFCT is an assigned flag', messageV1([recordV1({flags: 0x1_00_00})]), {records: ['none'], anomalies: 0}],
	['31: multicast client', messageV1([recordV1({addresses: ['224.0.0.1', '203.0.113.10', '10.0.0.21']})]), {records: ['none'], anomalies: anomaly.address}],
	['31: loopback real server', messageV1([recordV1({addresses: ['198.51.100.7', '203.0.113.10', '127.0.0.1']})]), {records: ['none'], anomalies: anomaly.address}],
	['31: IPv4-mapped client', messageV1([recordV1({type: 1, addresses: ['::ffff:198.51.100.7', '2001:db8::1', 'fd00::1']})]), {records: ['none'], anomalies: anomaly.address}],
	['31: 0.0.0.7 virtual address of a connection', messageV1([recordV1({addresses: ['198.51.100.7', '0.0.0.7', '10.0.0.21']})]), {records: ['none'], anomalies: anomaly.address}],
	['32: IPv6 fwmark template', messageV1([recordV1({...aTemplate, type: 1, protocol: 0, fwmark: 5, addresses: ['2001:db8::', '0:5::', 'fd00::21']})]), {records: ['none'], anomalies: 0}],
];

for (const [name, octets, expected, claimedLength] of rows) {
	test(`case ${name}`, () => {
		const batch = decode(octets, claimedLength);
		const {anomalies, ...rest} = expected;

		assert.deepEqual(summary(batch), {...sound, ...rest});
		if (anomalies !== undefined) {
			assert.equal(wordOf(batch, 0, 'anomalies'), anomalies);
		}
	});
}

test('case 20: the PE name is cut at its NUL', () => {
	const batch = decode(messageV1([recordV1({...aTemplate, options: [sip[0]!, [3, 5, 0x73, 0x69, 0x70, 0, 0x78]]})]));

	assert.equal(wordOf(batch, 0, 'peNameLength'), 3);
});

test('case 27: a state that nobody knows has the kernel\'s word for it', () => {
	assert.equal(stateName(6, 11, false), 'ERR!');
	assert.equal(stateName(6, 2, true), 'ERR!');
	assert.equal(stateName(50, 0, false), 'ERR!');
});

test('case 29: timeout 0 stays 0, and the state knows what a backup grants', () => {
	const batch = decode(messageV1([recordV1({timeout: 0, state: 6})]));

	assert.equal(wordOf(batch, 0, 'timeoutSeconds'), 0);
	assert.equal(stateTimeoutSeconds(6, 6, false), 10);
	assert.equal(stateTimeoutSeconds(50, 0, false), 180);
	assert.equal(stateTimeoutSeconds(6, 1, true), 180);
});

test('case 30: a timeout of 2^32 - 1 seconds keeps all its bits', () => {
	const batch = decode(messageV1([recordV1({timeout: 0xff_ff_ff_ff})]));

	assert.equal(wordOf(batch, 0, 'timeoutSeconds') >>> 0, 4_294_967_295);
});

test('case 33: 65507 octets of records fill the batch and nothing else', () => {
	const batch = decode(messageV0(Array.from({length: 2729}, () => recordV0({flags: inactive})), {count: 255}));

	assert.equal(batch.count, 2729);
	assert.equal(batch.words.length / recordWords, 2730);
	assert.equal(recordFaults(batch).filter(fault => fault === 'beyond-count').length, 2474);
});

test('case 34: two sources are told apart by the datagram, not by the records', () => {
	const message = udp(messageV1([good]));
	const {messages} = dissect([ethernet(ipv4(message)), ethernet(ipv4(message, {source: '10.0.0.2'}))]);

	assert.deepEqual(messages.map(({datagram}) => datagram.source[0]), [0x0a_00_00_01, 0x0a_00_00_02]);
});

const message = messageV1([good]);

test('case 35: UDP lengths below the header or beyond the packet are refused, a wrong checksum is not', () => {
	assert.deepEqual(faultsOf(dissect([ethernet(ipv4(udp(message, {length: 7})))])), ['udp-length']);
	assert.deepEqual(faultsOf(dissect([ethernet(ipv4(udp(message, {length: 53})))])), ['udp-length']);
	assert.deepEqual(faultsOf(dissect([ethernet(ipv4(udp(message).subarray(0, 6)))])), ['udp-truncated']);
	assert.deepEqual(faultsOf(dissect([ethernet(ipv4(udp(message).subarray(0, 2)))])), ['udp-truncated']);
	assert.equal(dissect([ethernet(ipv4(udp(message)))]).messages.length, 1);
});

test('case 35: octets between the end of the UDP datagram and that of the packet do not belong to the message', () => {
	const {messages} = dissect([ethernet(ipv4(join(udp(message), zeros(9))))]);

	assert.deepEqual(messages[0]!.payload, message);
});

test('case 36: overlapping, oversized and endless fragments are given up', () => {
	const octets = udp(messageV1(Array.from({length: 40}, () => good)));
	const part = (from: number, to: number, more = true, id = 1) => ethernet(ipv4(octets.subarray(from, to), {id, fragment: [from, more]}));

	assert.deepEqual(faultsOf(dissect([part(0, 800), part(792, 1456, false)])), ['fragment-overlap']);
	assert.deepEqual(faultsOf(dissect([ethernet(ipv4(zeros(100), {fragment: [65_528, false]}))])), ['fragment-oversized']);
	const {dissector, heard} = listen();
	dissector.packet(packetOf(part(0, 800)));
	dissector.expire(1_000_000 + 30_000_000);
	assert.deepEqual(faultsOf(heard), ['fragment-timeout']);
});

test('case 37: the hop limit is handed on, not judged', () => {
	const {messages} = dissect([ethernet(ipv4(udp(message), {ttl: 64}))]);

	assert.equal(messages[0]!.datagram.hopLimit, 64);
});

test('case 38: unicast, another port, or another group than those asked for is nobody\'s business', () => {
	const quiet = dissect([
		ethernet(ipv4(udp(message), {destination: '10.0.0.2'})),
		ethernet(ipv4(udp(message, {to: 5353}))),
		ethernet(ipv4(join(addressOctets('224.0.0.81'), zeros(4)), {protocol: 89})),
	]);
	assert.deepEqual([quiet.messages.length, quiet.faults.length], [0, 0]);

	const groups = [{family: 4, words: Int32Array.of(0xef_01_02_03 | 0, 0, 0, 0)}] as const;
	assert.equal(dissect([ethernet(ipv4(udp(message)))], {groups}).messages.length, 0);
	assert.equal(dissect([ethernet(ipv4(udp(message), {destination: '239.1.2.3'}))], {groups}).messages.length, 1);
});

test('case 38: above the base port, what is no sync message is passed over', () => {
	const {messages, faults} = dissect([
		ethernet(ipv4(udp(message, {to: 8849}))),
		ethernet(ipv4(udp(hex('de ad be ef'), {to: 8849}))),
		ethernet(ipv4(udp(hex('de ad be ef'), {to: 8848}))),
	]);

	assert.deepEqual(messages.map(({datagram, batch}) => [datagram.destinationPort, faultNames[batch.messageFault]]), [
		[8849, 'none'],
		[8848, 'size-mismatch'],
	]);
	assert.deepEqual(faults, []);
});

const advert = (octets: Uint8Array, ttl = 255) =>
	ethernet(ipv4(withChecksum(octets, 6), {destination: '224.0.0.18', protocol: 112, ttl}));

test('case 39: adverts that a router would discard are no adverts', () => {
	const tail = join(addressOctets('203.0.113.10'), zeros(8));
	const refused = [
		advert(join(hex('21 33 64 01 00 01 00 00'), tail), 254),
		advert(join(hex('21 33 64 09 00 01 00 00'), tail)),
		advert(join(hex('21 33 64 01 00 00 00 00'), tail)),
		advert(join(hex('22 33 64 01 00 01 00 00'), tail)),
		advert(join(hex('41 33 64 01 00 01 00 00'), tail)),
	];

	const heard = dissect(refused);
	assert.deepEqual(faultsOf(heard), ['vrrp-hop-limit', 'vrrp-length', 'vrrp-interval', 'vrrp-type', 'vrrp-version']);
	assert.equal(heard.adverts.length, 0);
});

test('case 40: an authentication header of absurd length is refused, one before another protocol ignored', () => {
	const ah = (next: number, length: number) => ethernet(ipv4(join([next, length], zeros(22)), {protocol: 51, destination: '224.0.0.18'}));

	assert.deepEqual(faultsOf(dissect([ah(112, 0), ah(112, 5), ah(112, 255)])), ['ah-length', 'ah-length', 'ah-length']);
	assert.deepEqual(faultsOf(dissect([ah(6, 4)])), []);
});

test('case 41: a packet that claims more octets than its view holds is read as far as it goes', () => {
	const frame = ethernet(ipv4(udp(message)));
	const heard = dissect([packetOf(frame, {length: 1e9, originalLength: 1e9}), packetOf(frame.subarray(0, 60), {length: 90, originalLength: 90})]);

	assert.deepEqual(heard.messages.map(({batch}) => [batch.count, batch.partial]), [[1, false], [0, true]]);
});

test('a joined socket delivers the same as a frame', () => {
	const {dissector, heard} = listen();
	dissector.datagram(datagramOf(message));

	assert.deepEqual(heard.messages[0]!.batch, dissect([ethernet(ipv4(udp(message)))]).messages[0]!.batch);
	assert.equal(wordOf(heard.messages[0]!.batch, 0, 'cport'), 51_000);
	assert.equal(heard.messages[0]!.batch.words[recordAt.vaddr], 0xcb_00_71_0a | 0);
});
