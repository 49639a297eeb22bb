import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createLimits} from '../../source/desk/facts/limits.js';
import {createSegments} from '../../source/engine/segments.js';
import {type Place} from '../../source/capture/source.js';

const placeOf = (name: string): Place =>
	({name, state: 'up', detail: '', drops: 0, sight: {sync: true, vrrp: true, arp: true, groupReports: true}, kind: 'libpcap', address: ''});

const segmentsOf = (...names: string[]) => createSegments(() => names.map(name => placeOf(name)), createLimits());
const tags = (...ids: number[]): [Int32Array, number] => [Int32Array.of(...ids, 0, 0), ids.length];

test('a segment is a place and its VLAN tags, and keeps its number', () => {
	const segments = segmentsOf('eth0', 'eth1');
	const plain = segments.idOf(0, ...tags());
	const tagged = segments.idOf(0, ...tags(100));
	const double = segments.idOf(0, ...tags(100, 7));
	const other = segments.idOf(1, ...tags(100));
	assert.equal(new Set([plain, tagged, double, other]).size, 4);
	assert.deepEqual([plain, tagged, double, other].map(id => segments.names()[id]), ['eth0', 'eth0.100', 'eth0.100.7', 'eth1.100']);
	assert.deepEqual([segments.idOf(0, ...tags()), segments.idOf(0, ...tags(100)), segments.idOf(1, ...tags(100))], [plain, tagged, other]);
	assert.equal(segments.count(), 4);
});

test('VLAN 0 carries a priority only by name: it is not the untagged segment, nor a tag behind it', () => {
	const segments = segmentsOf('eth0');
	assert.equal(new Set([segments.idOf(0, ...tags()), segments.idOf(0, ...tags(0)), segments.idOf(0, ...tags(0, 5)), segments.idOf(0, ...tags(5))]).size, 4);
});

test('a VLAN device of the usual name and the tag on its parent are one segment, as are files of one name', () => {
	const segments = segmentsOf('eth0', 'eth0.100', 'dump', 'dump');
	assert.equal(segments.idOf(1, ...tags()), segments.idOf(0, ...tags(100)));
	assert.equal(segments.idOf(2, ...tags()), segments.idOf(3, ...tags()));
});

test('segments that turn out to be one have the number of the one heard first from then on', () => {
	const segments = segmentsOf('br0', 'port0', 'eth1');
	const [bridge, port, other] = [0, 1, 2].map(place => segments.idOf(place, ...tags()));
	segments.unite(port!, bridge!);
	assert.equal(segments.idOf(1, ...tags()), bridge);
	assert.equal(segments.idOf(0, ...tags()), bridge);
	assert.equal(segments.idOf(2, ...tags()), other);
	assert.notEqual(segments.idOf(1, ...tags(5)), bridge, 'its VLANs were not compared yet');
});

test('a forger of tags gets no more than a bounded number of segments', () => {
	const segments = segmentsOf('eth0');
	const plain = segments.idOf(0, ...tags());
	const ids = new Set<number>();
	for (let outer = 0; outer < 4096; outer++) {
		ids.add(segments.idOf(0, ...tags(outer)));
		ids.add(segments.idOf(0, ...tags(outer, outer)));
	}

	assert.ok(ids.size <= 1024);
	assert.equal(segments.count(), 1024);
	assert.equal(segments.idOf(0, ...tags(4095, 4095)), plain);
});

test('a place that is not described yet is called `?`', () => {
	const segments = segmentsOf();
	assert.equal(segments.names()[segments.idOf(3, ...tags())], '?');
});
