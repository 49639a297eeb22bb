import {test} from 'node:test';
import assert from 'node:assert/strict';
import {inspect} from 'node:util';
import {formatAddress} from '../../source/wire/address.js';
import {
	addressOctets, dissect, ethernet, faultsOf, hex, ipv4, ipv6, join, packetOf, pseudoHeader, withChecksum, zeros,
} from './build.js';

const frame4 = (octets: Uint8Array, {source = '10.0.0.1', destination = '224.0.0.18', protocol = 112, ttl = 255} = {}) =>
	join(ethernet(ipv4(octets, {source, destination, protocol, ttl})), zeros(6));

const frame6 = (octets: Uint8Array, hopLimit = 255) =>
	ethernet(ipv6(octets, {destination: 'ff02::12', next: 112, hopLimit}), 0x86_dd);

const only = (frame: Uint8Array) => {
	const {adverts, faults} = dissect([frame]);
	assert.deepEqual([faults, adverts.length], [[], 1]);
	const {advert} = adverts[0]!;
	const {addresses, ...rest} = advert;
	return {...rest, addresses: Array.from({length: advert.addressCount}, (_, index) => formatAddress(addresses, index * 4, advert.family))};
};

const realPass = hex('21 33 96 01 01 01 9e 4a cb 00 71 32 73 33 63 72 65 74 31 32');

test('a version 2 advert with a password, as keepalived sends it', () => {
	assert.deepEqual(only(frame4(realPass)), {
		version: 2, vrid: 51, priority: 150, intervalMs: 1000, auth: 'pass', ahSpi: 0, ahSequence: 0, checksum: 'plain',
		family: 4, addressCount: 1, addresses: ['203.0.113.50'], trailer: false,
	});
});

test('the password is in nothing that leaves the decoder', () => {
	const {adverts} = dissect([frame4(realPass)]);
	const words = adverts[0]!.advert.addresses.filter(word => word !== 0);

	assert.deepEqual([...words], [0xcb_00_71_32 | 0]);
	assert.ok(!inspect(adverts, {depth: 9}).includes('s3cret'));
});

test('a version 2 advert behind an authentication header, as keepalived sends it', () => {
	const octets = hex(`70 04 00 00 0a 00 00 01 00 00 00 01 db 95 57 3a 0d 82 2c 11 d0 90 3f 47
		21 34 96 01 02 01 0a 94 cb 00 71 34 00 00 00 00 00 00 00 00`);

	assert.deepEqual(only(frame4(octets, {protocol: 51})), {
		version: 2, vrid: 52, priority: 150, intervalMs: 1000, auth: 'ah', ahSpi: 0x0a_00_00_01, ahSequence: 1, checksum: 'plain',
		family: 4, addressCount: 1, addresses: ['203.0.113.52'], trailer: false,
	});
});

test('a version 3 advert with two addresses twice a second, as keepalived sends it', () => {
	const octets = hex('31 35 96 02 00 32 d5 94 cb 00 71 35 cb 00 71 36');

	assert.deepEqual(only(frame4(octets)), {
		version: 3, vrid: 53, priority: 150, intervalMs: 500, auth: 'none', ahSpi: 0, ahSequence: 0, checksum: 'pseudo-header',
		family: 4, addressCount: 2, addresses: ['203.0.113.53', '203.0.113.54'], trailer: false,
	});
});

const v3 = join(hex('31 07 64 01 00 64 00 00'), addressOctets('203.0.113.10'));

test('a version 3 checksum over IPv4 holds in any of three readings', () => {
	const pseudo = pseudoHeader('10.0.0.1', '10.0.0.2', 112, v3.length);
	const group = pseudoHeader('10.0.0.1', '224.0.0.18', 112, v3.length);
	const unicast = {destination: '10.0.0.2'};

	assert.equal(only(frame4(withChecksum(v3, 6), unicast)).checksum, 'plain');
	assert.equal(only(frame4(withChecksum(v3, 6, pseudo), unicast)).checksum, 'pseudo-header');
	assert.equal(only(frame4(withChecksum(v3, 6, group), unicast)).checksum, 'pseudo-header-group');
});

test('a wrong checksum is a fault, and no advert', () => {
	const {adverts, faults} = dissect([frame4(join(realPass.subarray(0, 2), [0x97], realPass.subarray(3)))]);

	assert.deepEqual([adverts.length, faults[0]!.fault], [0, 'vrrp-checksum']);
});

test('version 2 counts no pseudo-header', () => {
	const octets = join(hex('21 07 64 01 00 01 00 00'), addressOctets('203.0.113.10'), zeros(8));

	assert.deepEqual(faultsOf(dissect([frame4(withChecksum(octets, 6, pseudoHeader('10.0.0.1', '224.0.0.18', 112, octets.length)))])), ['vrrp-checksum']);
});

test('a version 3 advert over IPv6 has 128-bit addresses and a pseudo-header', () => {
	const octets = join(hex('31 07 64 02 00 64 00 00'), addressOctets('fe80::50'), addressOctets('2001:db8::50'));
	const pseudo = pseudoHeader('fe80::1', 'ff02::12', 112, octets.length);
	const advert = only(frame6(withChecksum(octets, 6, pseudo)));

	assert.deepEqual([advert.checksum, advert.family, advert.addresses], ['pseudo-header', 6, ['fe80::50', '2001:db8::50']]);
	assert.deepEqual(faultsOf(dissect([frame6(withChecksum(octets, 6))])), ['vrrp-checksum']);
	assert.deepEqual(faultsOf(dissect([frame6(withChecksum(octets, 6, pseudo), 64)])), ['vrrp-hop-limit']);
});

test('version 2 is never inside IPv6', () => {
	assert.deepEqual(faultsOf(dissect([frame6(realPass)])), ['vrrp-version']);
});

test('keepalived\'s trailer is recognised by its length, whether the checksum covers it or not', () => {
	const signed = withChecksum(v3, 6);
	assert.deepEqual([only(frame4(join(signed, zeros(27), [9]))).trailer, only(frame4(join(signed, zeros(27)))).trailer], [true, false]);
	assert.equal(only(frame4(withChecksum(join(v3, zeros(27), [9]), 6))).trailer, true);
});

test('auth types beyond those in use are unknown, not refused', () => {
	assert.equal(only(frame4(withChecksum(join(hex('21 07 64 01 07 01 00 00'), zeros(12)), 6))).auth, 'unknown');
});

test('priority 0 and 255 are read as they are', () => {
	const withPriority = (priority: number) => frame4(withChecksum(join(v3.subarray(0, 2), [priority], v3.subarray(3)), 6));

	assert.deepEqual([0, 255].map(priority => only(withPriority(priority)).priority), [0, 255]);
});

test('a unicast advert may come through a router, as keepalived takes it', () => {
	assert.equal(only(frame4(realPass, {destination: '10.0.0.2', ttl: 64})).vrid, only(frame4(realPass)).vrid);
});

test('an advert may name no address', () => {
	assert.equal(only(frame4(withChecksum(join(hex('21 33 64 00 00 01 00 00'), zeros(8)), 6))).addressCount, 0);
});

test('CARP, which looks like version 2 in its first octet, is no advert', () => {
	const carp = join(hex('21 01 00 07 00 01'), zeros(30));

	assert.deepEqual(faultsOf(dissect([frame4(carp)])), ['vrrp-length']);
});

test('an advert shorter than its header is truncated', () => {
	assert.deepEqual(faultsOf(dissect([frame4(realPass.subarray(0, 7))])), ['vrrp-truncated']);
});

test('of an advert that the capture cut, the checksum is not judged', () => {
	const frame = ethernet(ipv4(realPass, {destination: '224.0.0.18', protocol: 112, ttl: 255}));
	const {adverts} = dissect([packetOf(frame.subarray(0, 46), {originalLength: frame.length})]);

	assert.deepEqual([adverts[0]!.advert.checksum, adverts[0]!.advert.addressCount], ['unchecked', 1]);
});
