import {test} from 'node:test';
import assert from 'node:assert/strict';
import {defaultCorpus, fuzz} from './fuzz.js';

const corpus = defaultCorpus();

test('200 000 bent packets: no exception, nothing beyond its packet, every kind of trouble named', () => {
	const {faultsByName, messages, records, adverts, reports, claims} = fuzz({seed: 1, packets: 200_000, corpus});

	assert.ok(messages > 10_000);
	assert.ok(records > 10_000);
	assert.ok(adverts > 10_000);
	assert.ok(reports > 1000);
	assert.ok(claims > 1000);
	for (const fault of [
		'link-type', 'link-truncated', 'ip-truncated', 'ip-length', 'ip-version', 'fragment-overlap', 'fragment-oversized', 'fragment-timeout',
		'udp-truncated', 'udp-length', 'size-mismatch', 'unknown-version', 'truncated-capture', 'record-past-end', 'record-version',
		'record-type', 'record-size', 'option-length', 'count-too-big', 'flags-one-packet', 'protocol-unknown', 'state-unknown', 'template-state',
		'vrrp-version', 'vrrp-type', 'vrrp-hop-limit', 'vrrp-count', 'vrrp-length', 'vrrp-interval', 'vrrp-checksum', 'ah-length',
		'report-checksum', 'arp-truncated',
	]) {
		assert.ok(faultsByName[fault], `${fault} never came up`);
	}
});

test('the same seed makes the same packets', () => {
	const [one, two] = [0, 1].map(() => fuzz({seed: 42, packets: 5000, corpus}));

	assert.deepEqual({...one, slowestUs: 0}, {...two, slowestUs: 0});
});
