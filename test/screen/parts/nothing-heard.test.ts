import assert from 'node:assert/strict';
import {test} from 'node:test';
import {nothingHeard, type Silence} from '../../../source/screen/parts/nothing-heard.js';

const silence: Silence = {
	places: [{name: 'eth0', state: 'up', detail: '', drops: 0, sight: {sync: true, vrrp: true, arp: true, groupReports: true}, kind: 'libpcap', address: '192.0.2.9/24'}],
	tallies: [{frames: 12, sync: 0, vrrp: 0, claims: 0, vlan: -1}],
	obstacle: '', target: '224.0.0.81:8848', joined: [], faults: [],
};

/** The first thing that it asks to check. */
const first = (given: Partial<Silence>): string => nothingHeard({...silence, ...given}).find(line => line.startsWith('1 '))!;

test('the first advice is the most likely cause of what was heard', () => {
	assert.match(first({}), /^1 Is this host on the segment of the load balancers\?/v);
	assert.match(first({joined: ['192.0.2.3']}), /^1 Is it on at the master\?/v);
	assert.match(first({joined: ['192.0.2.3'], tallies: [{frames: 12, sync: 0, vrrp: 9, claims: 0, vlan: -1}]}), /^1 Is sync on\?/v);
	assert.match(first({faults: [{name: 'unknown-version', count: 3}]}), /^1 Is it IPVS sync\?/v);
});

test('a host that joined the sync group shows that this is its segment', () => {
	const lines = nothingHeard({...silence, joined: ['192.0.2.3', '192.0.2.4', '192.0.2.5']});
	assert.ok(lines.some(line => line.includes('192.0.2.3, 192.0.2.4 joined the sync group')));
	assert.ok(lines.some(line => line.includes('ipvstop --via 192.0.2.3:eth1')));
	assert.ok(lines.every(line => !line.includes('on the segment of the load balancers?') && line.length <= 80), lines.join('\n'));
});
