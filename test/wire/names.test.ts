import {test} from 'node:test';
import assert from 'node:assert/strict';
import {allFlagNames, connFlags, flagNames, forwardingName} from '../../source/wire/sync/conn-flags.js';
import {allStateNames, isOpen, protocolName, stateName, stateTimeoutSeconds} from '../../source/wire/sync/conn-state.js';

test('flags are named in the order of their bits', () => {
	assert.deepEqual(flagNames(0x1_11_80), ['noout', 'inactive', 'template', 'nfct']);
	assert.deepEqual(flagNames(0), []);
	assert.deepEqual(flagNames(-1), allFlagNames);
});

test('unassigned flags are those that no name and no forwarding method covers', () => {
	assert.equal(connFlags.reservedMask >>> 0, 0xff_fe_c0_18);
});

test('forwarding methods without meaning are question marks', () => {
	assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7].map(flags => forwardingName(flags)), ['Masq', 'Local', 'Tunnel', 'Route', 'Bypass', '?', '?', '?']);
	assert.equal(forwardingName(0x01_83), 'Route');
});

test('protocols are named as by ipvsadm', () => {
	assert.deepEqual([0, 1, 6, 17, 50, 51, 58, 132].map(protocol => protocolName(protocol)),
		['IP', 'ICMP', 'TCP', 'UDP', 'IP_50', 'IP_51', 'ICMPv6', 'SCTP']);
});

test('states and what a backup grants them are those of Linux 6.x', () => {
	assert.deepEqual(Array.from({length: 12}, (_, state) => [stateName(6, state, false), stateTimeoutSeconds(6, state, false)]), [
		['NONE', 2], ['ESTABLISHED', 900], ['SYN_SENT', 120], ['SYN_RECV', 60], ['FIN_WAIT', 120], ['TIME_WAIT', 120],
		['CLOSE', 10], ['CLOSE_WAIT', 60], ['LAST_ACK', 30], ['LISTEN', 120], ['SYNACK', 120], ['ERR!', 180],
	]);
	assert.deepEqual([0, 1].map(state => stateName(17, state, false)), ['UDP', 'ERR!']);
	assert.deepEqual([0, 1, 2].map(state => stateName(17, state, true)), ['NONE', 'ASSURED', 'ERR!']);
	assert.deepEqual([7, 8, 10, 13].map(state => [stateName(132, state, false), stateTimeoutSeconds(132, state, false)]), [
		['C-ECHOED', 61], ['ESTABLISHED', 900], ['S-RECEIVED', 61], ['CLOSED', 61],
	]);
	assert.equal(stateName(0, 0, false), 'NONE');
	assert.equal(stateTimeoutSeconds(17, 0, false), 300);
});

test('every state name is in the list of names once', () => {
	assert.equal(new Set(allStateNames).size, allStateNames.length);
	assert.ok(['SYNACK', 'UDP', 'C-SENT', 'ASSURED'].every(name => allStateNames.includes(name)));
});

test('only ESTABLISHED of TCP and SCTP is open', () => {
	const open = [6, 17, 132, 50].flatMap(protocol =>
		Array.from({length: 16}, (_, state) => [protocol, state] as const).filter(([, state]) => isOpen(protocol, state)));

	assert.deepEqual(open, [[6, 1], [132, 8]]);
});
