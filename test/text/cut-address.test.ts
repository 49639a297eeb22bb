import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {cutAddress, distinctWidth} from '../../source/text/cut-address.js';

test('an IPv4 address that is cut keeps the end, where hosts of a network differ', () => {
	assert.equal(cutAddress('192.168.10.100:5060', 12), '~10.100:5060');
	assert.equal(cutAddress('10.9.0.11:8443', 14), '10.9.0.11:8443');
});

test('an IPv6 address that is cut keeps network, last group and port', () => {
	const cut = cutAddress('[2001:db8:40:1:aaaa:bbbb:cccc:9f]:51514', 21);
	assert.match(cut, /^\[2001:db8:~9f\]:51514$/v);
	assert.match(cutAddress('[2001:db8:40:1:aaaa:bbbb:cccc:9f]:443', 14), /^\[2001:~.*\]:443$/v);
	assert.match(cutAddress('[fd00:10::1]:53', 11), /^\[~.*::1\]:53$/v);
});

test('no address is wider than its column, and every cut shows', () => {
	const address = fc.oneof(fc.ipV4().map(ip => `${ip}:443`), fc.ipV6().map(ip => `[${ip}]:51514`));
	fc.assert(fc.property(address, fc.integer({min: 2, max: 50}), (text, width) => {
		const cut = cutAddress(text, width);
		assert.ok(cut.length <= width, `${cut} in ${width}`);
		assert.equal(cut === text, text.length <= width);
		assert.ok(cut === text || cut.includes('~'));
	}));
});

test('rows that differ still differ when cut to the width that is found', () => {
	fc.assert(fc.property(fc.uniqueArray(fc.ipV6().map(ip => `[${ip}]:443`), {minLength: 1, maxLength: 12}), texts => {
		const width = distinctWidth(texts, 10);
		assert.equal(new Set(texts.map(text => cutAddress(text, width))).size, texts.length);
	}));
});
