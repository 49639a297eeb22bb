/* What tshark counts in captures of real kernels. */
import {test} from 'node:test';
import assert from 'node:assert/strict';
import {readCapture} from './read-capture.js';
import {dissect, recordFaults} from './build.js';

const captures = [
	['failover-graceful.pcap', {packets: 305, messages: 54, records: 518, adverts: 203, behindAh: 0}],
	['failover-nopreempt.pcap', {packets: 401, messages: 89, records: 1667, adverts: 277, behindAh: 277}],
	['ipv6-short.pcap', {packets: 610, messages: 26, records: 233, adverts: 448, behindAh: 0}],
	['link-vlan.vlan.pcap', {packets: 94, messages: 13, records: 183, adverts: 59, behindAh: 59}],
	['link.eth.pcap', {packets: 91, messages: 14, records: 201, adverts: 60, behindAh: 60}],
	['link.nano.pcap', {packets: 90, messages: 14, records: 201, adverts: 59, behindAh: 59}],
	['link.sll.pcap', {packets: 90, messages: 14, records: 201, adverts: 59, behindAh: 59}],
	['link.sll2.pcap', {packets: 91, messages: 14, records: 201, adverts: 60, behindAh: 60}],
	['link.dumpcap.pcapng', {packets: 91, messages: 14, records: 201, adverts: 60, behindAh: 60}],
	['persistence.pcap', {packets: 442, messages: 144, records: 4548, adverts: 244, behindAh: 244}],
	['seed-basic.pcap', {packets: 263, messages: 39, records: 256, adverts: 197, behindAh: 197}],
	['v0.pcap', {packets: 239, messages: 46, records: 449, adverts: 176, behindAh: 0}],
] as const;

const hear = (name: string) => {
	const packets = readCapture(name);
	const heard = dissect(packets);
	return {heard, counts: {
		packets: packets.length,
		messages: heard.messages.length,
		records: heard.messages.reduce((sum, {batch}) => sum + batch.count, 0),
		adverts: heard.adverts.length,
		behindAh: heard.adverts.filter(({advert}) => advert.auth === 'ah').length,
	}};
};

for (const [name, expected] of captures) {
	test(`${name}: every message, record and advert is read, and none has a fault`, () => {
		const {heard, counts} = hear(name);

		assert.deepEqual(counts, expected);
		assert.deepEqual(heard.faults, []);
		assert.ok(heard.messages.every(({batch}) => batch.messageFault === 0 && batch.restFault === 0 && !batch.partial && batch.trailing === 0));
		assert.ok(heard.messages.every(({batch}) => recordFaults(batch).every(fault => fault === 'none')));
	});
}

test('link.snap96.pcap: cut at 96 octets, each message gives its first record of the 201 promised', () => {
	const {heard, counts} = hear('link.snap96.pcap');

	assert.deepEqual(counts, {packets: 91, messages: 14, records: 14, adverts: 60, behindAh: 60});
	assert.equal(heard.messages.reduce((sum, {batch}) => sum + batch.claimedCount, 0), 201);
	assert.ok(heard.messages.every(({batch}) => batch.partial && batch.messageFault === 0));
});

test('link-vlan.vlan.pcap: all of it was heard in one VLAN', () => {
	const {heard} = hear('link-vlan.vlan.pcap');

	assert.equal(new Set(heard.messages.map(({datagram}) => datagram.tags.subarray(0, datagram.tagCount).join('.'))).size, 1);
	assert.equal(heard.messages[0]!.datagram.tagCount, 1);
});

test('v0.pcap holds version 0, the others version 1', () => {
	assert.ok(hear('v0.pcap').heard.messages.every(({batch}) => batch.version === 0));
	assert.ok(hear('seed-basic.pcap').heard.messages.every(({batch}) => batch.version === 1));
});

test('failover-nopreempt.pcap: the backup joins the group, addresses are claimed, an interface that came up reports its groups', () => {
	const {reports, claims} = hear('failover-nopreempt.pcap').heard;
	const group = 0xe0_00_00_51 | 0;

	assert.ok(reports.some(({report}) => report.protocol === 'igmp' && report.kind === 'report' && report.group[0] === group));
	assert.ok(reports.some(({report}) => report.protocol === 'mld'));
	assert.equal(claims.length, 20);
	assert.ok(claims.every(({claim}) => claim.gratuitous));
});
