import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createNaming, unnamed} from '../../source/text/alias-names.js';

const named = createNaming(new Map([
	['web', ['192.0.2.10', '2001:DB8:0::10']], ['dns', ['192.0.2.10:53']], ['office', ['203.0.113.0/24']], ['ports', ['192.0.2.20:80-90']], ['second', ['192.0.2.10']], ['six', ['[2001:db8::10]:53']],
]));

test('an address or endpoint has its name, and a port that the name does not cover stays', () => {
	assert.deepEqual(
		['192.0.2.10', '192.0.2.10:443', '192.0.2.10:443/tcp', '192.0.2.10:53', '192.0.2.10:53/udp', '2001:db8::10', '[2001:db8::10]:443/tcp', '[2001:db8::10]:53'].map(text => named(text)),
		['web', 'web:443', 'web:443/tcp', 'dns', 'dns/udp', 'web', 'web:443/tcp', 'six'],
	);
});

test('what names no single thing is left as it is', () => {
	for (const text of ['203.0.113.9', '203.0.113.0/24', '192.0.2.10/24', '192.0.2.20:80', '192.0.2.1', '192.0.2.100:443', 'fwmark 7', 'all UDP flows', '', '?', '2001:db8::1']) {
		assert.equal(named(text), text);
	}

	assert.equal(createNaming(new Map([['office', ['203.0.113.0/24']]])), unnamed);
});
