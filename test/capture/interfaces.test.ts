import assert from 'node:assert/strict';
import test from 'node:test';
import {addressOf, createSubnetFinder, listInterfaces, suitableInterfaces, type NetworkInterface} from '../../source/capture/interfaces.js';

const interfaceOf = (name: string, facts: Partial<NetworkInterface> = {}): NetworkInterface => ({
	name, index: 1, up: true, running: true, loopback: false, multicast: true, mtu: 1500, hardwareType: 1, addresses: [], ...facts,
});

const onLinux = {skip: process.platform === 'linux' ? false : 'reads what Linux says of its interfaces'};

const names = (interfaces: readonly NetworkInterface[]): string[] => interfaces.map(({name}) => name);

test('the loopback interface of this host is listed with its nature and its address', onLinux, () => {
	const loopback = listInterfaces().find(({loopback}) => loopback);
	assert.equal(loopback?.name, 'lo');
	assert.equal(loopback.hardwareType, 772);
	assert.deepEqual(suitableInterfaces([loopback]), []);
});

test('ends of containers, loopback and what is down are left out, unless nothing else is there', () => {
	const inside = ['veth12ab', 'docker0', 'br-0123456789ab', 'cni0', 'cali77', 'virbr0'].map(name => interfaceOf(name));
	const others = [
		interfaceOf('lo', {loopback: true}), interfaceOf('eth0'), interfaceOf('eth1', {up: false}), interfaceOf('tun0', {multicast: false}),
		interfaceOf('bond0.7'), interfaceOf('br-lan'), interfaceOf('br0'),
	];
	assert.deepEqual(names(suitableInterfaces([...inside, ...others])), ['eth0', 'bond0.7', 'br-lan', 'br0']);
	assert.deepEqual(names(suitableInterfaces(inside)), names(inside));
});

test('the interface of a sender is the one whose subnet holds it, the longest prefix first', () => {
	const find = createSubnetFinder([
		interfaceOf('wide', {addresses: [{family: 4, address: '10.0.0.1', prefixLength: 8}, {family: 6, address: '2001:db8::1', prefixLength: 32}]}),
		interfaceOf('narrow', {addresses: [{family: 4, address: '10.9.9.1', prefixLength: 24}, {family: 6, address: '2001:db8:9::1', prefixLength: 64}]}),
	]);
	assert.equal(find('10.9.9.200', 4), 'narrow');
	assert.equal(find('10.9.8.200', 4), 'wide');
	assert.equal(find('2001:db8:9::77', 6), 'narrow');
	assert.equal(find('2001:db8:a::77', 6), 'wide');
	assert.equal(find('192.0.2.1', 4), undefined);
	assert.equal(find('fe80::1%eth5', 6), 'eth5');
});

test('the address of an interface is its first IPv4 address', () => {
	const addresses = [{family: 6 as const, address: 'fe80::1', prefixLength: 64}, {family: 4 as const, address: '192.0.2.7', prefixLength: 25}];
	assert.equal(addressOf(interfaceOf('a', {addresses})), '192.0.2.7/25');
	assert.equal(addressOf(interfaceOf('a')), '');
});
