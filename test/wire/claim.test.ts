import {test} from 'node:test';
import assert from 'node:assert/strict';
import {formatAddress} from '../../source/wire/address.js';
import {
	addressOctets, dissect, ethernet, faultsOf, hex, ipv6, join, pseudoHeader, u16, withChecksum, zeros, type Heard,
} from './build.js';

const mac = hex('00 00 5e 00 01 33');

const linesOf = (heard: Heard): string[] => heard.claims.map(({claim}) =>
	`${claim.protocol} ${formatAddress(claim.address, 0, claim.family)} ${claim.macHigh.toString(16)} ${(claim.macLow >>> 0).toString(16)}${claim.gratuitous ? ' gratuitous' : ''}`);

const arp = (operation: number, sender: string, target: string) =>
	join(ethernet(join([0, 1, 8, 0, 6, 4], u16(operation), mac, addressOctets(sender), zeros(6), addressOctets(target)), 0x08_06), zeros(18));

test('gratuitous ARP, request or reply, is a claim; so is an answer', () => {
	const heard = dissect([
		arp(1, '203.0.113.10', '203.0.113.10'), arp(2, '203.0.113.10', '203.0.113.10'), arp(2, '203.0.113.10', '10.0.0.9'),
	]);

	assert.deepEqual(linesOf(heard), ['arp 203.0.113.10 0 5e000133 gratuitous', 'arp 203.0.113.10 0 5e000133 gratuitous', 'arp 203.0.113.10 0 5e000133']);
	assert.equal(heard.claims[2]!.frame.destination[0], 0x0a_00_00_09);
});

test('questions, probes and other kinds of ARP claim nothing', () => {
	const token = arp(2, '203.0.113.10', '10.0.0.9');
	token[15] = 6;

	const heard = dissect([arp(1, '10.0.0.9', '203.0.113.10'), arp(1, '0.0.0.0', '0.0.0.0'), arp(2, '0.0.0.0', '10.0.0.9'), arp(3, '203.0.113.10', '203.0.113.10'), token]);
	assert.deepEqual([heard.claims.length, heard.faults.length], [0, 0]);
});

test('a cut ARP message is a fault', () => {
	assert.deepEqual(faultsOf(dissect([arp(2, '203.0.113.10', '10.0.0.9').subarray(0, 41)])), ['arp-truncated']);
});

const advertisement = (flags: number, options: Uint8Array = join([2, 1], mac), hopLimit = 255) => {
	const octets = join([136, 0, 0, 0, flags, 0, 0, 0], addressOctets('2001:db8::50'), options);
	return ethernet(ipv6(withChecksum(octets, 2, pseudoHeader('fe80::1', 'ff02::1', 58, octets.length)), {destination: 'ff02::1', next: 58, hopLimit}), 0x86_dd);
};

test('an unsolicited neighbour advertisement is a gratuitous claim', () => {
	const heard = dissect([advertisement(0x20), advertisement(0x60), advertisement(0x20, join([14, 1], zeros(6), [2, 1], mac)), advertisement(0x20, zeros(0))]);

	assert.deepEqual(linesOf(heard), [
		'neighbour 2001:db8::50 0 5e000133 gratuitous', 'neighbour 2001:db8::50 0 5e000133',
		'neighbour 2001:db8::50 0 5e000133 gratuitous', 'neighbour 2001:db8::50 -1 0 gratuitous',
	]);
});

test('an advertisement from beyond the link, or with broken options, is refused', () => {
	const broken = [advertisement(0x20, join([2, 1], mac), 254), advertisement(0x20, zeros(8)), advertisement(0x20, hex('02 02 00 00 00 00 00 00')), advertisement(0x20, zeros(3))];

	const heard = dissect(broken);
	assert.deepEqual(faultsOf(heard), ['neighbour-hop-limit', 'neighbour-truncated', 'neighbour-truncated', 'neighbour-truncated']);
	assert.equal(heard.claims.length, 0);
});
