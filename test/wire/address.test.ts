import {test} from 'node:test';
import assert from 'node:assert/strict';
import {isIP} from 'node:net';
import fc from 'fast-check';
import {formatAddress, formatEndpoint, isMulticast, parseAddress, sameAddress} from '../../source/wire/address.js';

const words = fc.array(fc.oneof(fc.constant(0), fc.constant(0xff_ff), fc.integer(), fc.constant(0x1_00_00)), {minLength: 4, maxLength: 4})
	.map(values => Int32Array.from(values));

// What glibc's inet_ntop gives for these, octet for octet.
const texts = [
	'0.0.0.0', '192.0.2.1', '255.255.255.255', '10.9.0.11',
	'::', '::1', '2001:db8::1', '2001:db8::1:0:0:1', '2001:0:0:1::1', '2001:db8:0:1:1:1:1:1', '1::', '0:5::', '1:2:3:4:5:6:7:8',
	'::ffff:192.0.2.1', '::192.0.2.1', '::2:0:0', 'fe80::5054:ff:fe12:3456', 'ff02::12', '::ffff:0:0:1', '0:0:1::',
];

for (const text of texts) {
	test(`${text} is written as it was read`, () => {
		const address = parseAddress(text)!;

		assert.equal(formatAddress(address.words, 0, address.family), text);
	});
}

test('other spellings of an address mean the same words', () => {
	for (const [one, other] of [
		['2001:DB8:0:0:0:0:0:1', '2001:db8::1'], ['0:0:0:0:0:0:0:0', '::'], ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
		['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
	] as const) {
		assert.ok(sameAddress(parseAddress(one)!.words, 0, parseAddress(other)!.words, 0), `${one} and ${other}`);
	}
});

test('what is no address is refused', () => {
	for (const text of [
		'', '1', '1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', '1.2.3.4 ', '1..2.3', '0x1.2.3.4', ':', ':::', '1::2::3', '1:2:3:4:5:6:7',
		'1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '12345::', 'g::', 'fe80::1%eth0', '::1/64', '1.2.3.4::', '::1.2.3', ':1:2:3:4:5:6:7', '1:2:3:4:5:6:7:1.2.3.4',
	]) {
		assert.equal(parseAddress(text), undefined, text);
	}
});

test('every IPv6 address comes back from its text, which node reads as IPv6', () => {
	fc.assert(fc.property(words, value => {
		const text = formatAddress(value, 0, 6);
		const again = parseAddress(text);

		assert.equal(isIP(text), 6);
		assert.equal(again?.family, 6);
		assert.deepEqual(again.words, value);
	}));
});

test('every IPv4 address comes back from its text', () => {
	fc.assert(fc.property(fc.integer(), value => {
		const text = formatAddress(Int32Array.of(value), 0, 4);

		assert.equal(isIP(text), 4);
		assert.deepEqual(parseAddress(text), {family: 4, words: Int32Array.of(value, 0, 0, 0)});
	}));
});

test('no text makes the reader throw, and it agrees with node on what is IPv4', () => {
	const text = fc.oneof(fc.string(), fc.string({unit: fc.constantFrom(...'0123f:.%'), maxLength: 20}));
	fc.assert(fc.property(text, value => {
		const family = parseAddress(value)?.family ?? 0;

		// Node takes a zone for part of an IPv6 address.
		assert.equal(family, value.includes('%') ? 0 : isIP(value));
	}), {numRuns: 2000});
});

test('an endpoint has brackets only around IPv6', () => {
	assert.equal(formatEndpoint(parseAddress('192.0.2.1')!.words, 0, 4, 80), '192.0.2.1:80');
	assert.equal(formatEndpoint(parseAddress('2001:db8::1')!.words, 0, 6, 443), '[2001:db8::1]:443');
});

test('multicast is 224.0.0.0/4 and ff00::/8', () => {
	const isGroup = (text: string) => {
		const {family, words: value} = parseAddress(text)!;
		return isMulticast(value, 0, family);
	};

	assert.deepEqual(['224.0.0.81', '239.255.255.255', 'ff02::81'].map(text => isGroup(text)), [true, true, true]);
	assert.deepEqual(['223.255.255.255', '240.0.0.0', 'fe80::1'].map(text => isGroup(text)), [false, false, false]);
});
