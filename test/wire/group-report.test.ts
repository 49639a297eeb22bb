import {test} from 'node:test';
import assert from 'node:assert/strict';
import {formatAddress} from '../../source/wire/address.js';
import {
	addressOctets, dissect, ethernet, faultsOf, hex, ipv4, ipv6, join, pseudoHeader, u16, withChecksum, zeros, type Heard,
} from './build.js';

const routerAlert = [0x94, 4, 0, 0];

const igmp = (octets: Uint8Array, destination = '224.0.0.22') =>
	ethernet(ipv4(withChecksum(octets, 2), {destination, protocol: 2, options: routerAlert}));

const hopByHop = hex('3a 00 05 02 00 00 01 00');

const mld = (octets: Uint8Array, destination = 'ff02::16') =>
	ethernet(ipv6(join(hopByHop, withChecksum(octets, 2, pseudoHeader('fe80::1', destination, 58, octets.length))), {destination, next: 0}), 0x86_dd);

const linesOf = (heard: Heard): string[] => heard.reports.map(({report}) =>
	`${report.protocol} ${report.kind} ${formatAddress(report.group, 0, report.protocol === 'igmp' ? 4 : 6)}${report.change ? ' change' : ''}`);

const group = addressOctets('224.0.0.81');

test('reports and leaves of IGMP versions 1 and 2', () => {
	const heard = dissect([
		igmp(join([0x12, 0, 0, 0], group)),
		igmp(join([0x16, 0, 0, 0], group), '224.0.0.81'),
		igmp(join([0x17, 0, 0, 0], group), '224.0.0.2'),
	]);

	assert.deepEqual(linesOf(heard), ['igmp report 224.0.0.81', 'igmp report 224.0.0.81', 'igmp leave 224.0.0.81 change']);
	assert.equal(heard.reports[0]!.frame.source[0], 0x0a_00_00_01);
});

test('a query reports nothing', () => {
	const heard = dissect([igmp(join([0x11, 0x64, 0, 0], zeros(4))), igmp(join([0x11, 0x64, 0, 0], zeros(8)))]);

	assert.deepEqual([heard.reports.length, heard.faults.length], [0, 0]);
});

const record4 = (type: number, sources = 0, auxiliary = 0) =>
	join([type, auxiliary], u16(sources), group, zeros(sources * 4 + auxiliary * 4));

const report4 = (...records: Uint8Array[]) => igmp(join([0x22, 0, 0, 0, 0, 0], u16(records.length), ...records));

test('an IGMP version 3 report says by its record types who joins and who leaves', () => {
	const heard = dissect([report4(
		record4(2), record4(4, 0, 2), record4(1, 1), record4(3, 3), record4(5, 1), record4(1), record4(3), record4(6, 1), record4(9),
	)]);

	assert.deepEqual(linesOf(heard), [
		'igmp report 224.0.0.81', 'igmp report 224.0.0.81 change', 'igmp report 224.0.0.81', 'igmp report 224.0.0.81 change', 'igmp report 224.0.0.81 change',
		'igmp leave 224.0.0.81', 'igmp leave 224.0.0.81 change',
	]);
});

test('of a report with too few records, or records too long, the good ones count', () => {
	const short = igmp(join([0x22, 0, 0, 0, 0, 0, 0, 9], record4(4)));
	const long = igmp(join([0x22, 0, 0, 0, 0, 0, 0, 2], record4(4), [4, 255, 255, 255], group));

	for (const frame of [short, long]) {
		const heard = dissect([frame]);
		assert.deepEqual([linesOf(heard), faultsOf(heard)], [['igmp report 224.0.0.81 change'], ['report-truncated']]);
	}

	assert.deepEqual(faultsOf(dissect([igmp(hex('16 00 00 00 e0 00 00'))])), ['report-truncated']);
});

test('a wrong checksum makes a report worthless', () => {
	const frame = igmp(join([0x16, 0, 0, 0], group));
	frame.set([0x52], 45);

	const heard = dissect([frame]);
	assert.deepEqual([heard.reports.length, faultsOf(heard)], [0, ['report-checksum']]);
});

const group6 = addressOctets('ff02::8181');
const record6 = (type: number, sources = 0) => join([type, 0], u16(sources), group6, zeros(sources * 16));

test('MLD reports of both versions are read behind the router alert', () => {
	const heard = dissect([
		mld(join([131, 0, 0, 0, 0, 0, 0, 0], group6), 'ff02::8181'),
		mld(join([132, 0, 0, 0, 0, 0, 0, 0], group6), 'ff02::2'),
		mld(join([143, 0, 0, 0, 0, 0, 0, 3], record6(4), record6(2, 1), record6(3))),
		mld(join([130, 0, 0, 0, 0, 0, 0, 0], group6)),
	]);

	assert.deepEqual(linesOf(heard), [
		'mld report ff02::8181', 'mld leave ff02::8181 change', 'mld report ff02::8181 change', 'mld report ff02::8181', 'mld leave ff02::8181 change',
	]);
	assert.deepEqual(heard.faults, []);
});

test('a short or wrong MLD report is a fault', () => {
	const wrong = mld(join([131, 0, 0, 0, 0, 0, 0, 0], group6));
	wrong.set([0x82], 85);

	assert.deepEqual(faultsOf(dissect([
		mld(join([131, 0, 0, 0, 0, 0, 0, 0], group6.slice(1))),
		mld(join([143, 0, 0, 0, 0, 0, 0, 1], record6(4, 1).subarray(0, 30))),
		mld(join([143, 0, 0, 0])),
		wrong,
	])), ['report-truncated', 'report-truncated', 'report-truncated', 'report-checksum']);
});
