import assert from 'node:assert/strict';
import test from 'node:test';
import {createKernelTime} from '../../source/capture/live/kernel-time.js';
import {type PcapBinding, type PcapSession} from '../../source/capture/live/pcap-binding.js';
import {openPcapHandle, type PcapHandle} from '../../source/capture/live/pcap-handle.js';
import {type Packet} from '../../source/wire/packet.js';

type Frame = {readonly seconds: number; readonly octets: readonly number[]; readonly originalLength?: number};

/** What libpcap would do, driven by the test. */
const createFakePcap = ({linkType = 'LINKTYPE_ETHERNET', refuse = (_filter: string): string | undefined => undefined} = {}) => {
	const fake = {
		arrived: [] as Frame[],
		drops: 0,
		/** What `dispatch` gives once all is read. */
		result: 0,
		filters: [] as string[],
		closed: 0,
		made: 0,
		binding: undefined as unknown as PcapBinding,
	};
	const openSession = (): PcapSession => {
		let onPacket = (): void => undefined;
		return {
			open_live(_device, filter, _bufferSize, _snapLength, _outFile, callback) {
				fake.filters.push(filter);
				const why = refuse(filter);
				if (why) {
					throw new Error(why);
				}

				onPacket = callback;
				return linkType;
			},
			dispatch(buffer, header) {
				const view = new DataView(header.buffer, header.byteOffset, 16);
				for (let frame = fake.arrived.shift(); frame; frame = fake.arrived.shift()) {
					const {seconds, octets, originalLength = octets.length} = frame;
					buffer.set(octets);
					for (const [index, value] of [seconds, 0, octets.length, originalLength].entries()) {
						view.setUint32(index * 4, value, true);
					}

					onPacket();
				}

				return fake.result;
			},
			close() {
				fake.closed++;
			},
			stats: () => ({ps_recv: 0, ps_drop: fake.drops, ps_ifdrop: 0}),
		};
	};

	// An arrow function could not be called with `new`.
	fake.binding = {PcapSession: function () {
		fake.made++;
		return openSession();
	} as unknown as PcapBinding['PcapSession']};
	return fake;
};

const open = (fake: ReturnType<typeof createFakePcap>, {filters = ['one'], deliver = (_packet: Packet): void => undefined, processorMs = (): number => 0, isEnding = (): boolean => false} = {}): PcapHandle => {
	const time = createKernelTime();
	time.beginTurn(1_000_000_000, 1_000_000_000);
	return openPcapHandle(fake.binding, {
		device: 'eth0', filters, snapLength: 2048, ringOctets: 1_048_576, place: 3, time, processorMs, isEnding, deliver,
	});
};

test('a frame comes with its time, its lengths, its link type and its place', () => {
	for (const [linkType, number] of [['LINKTYPE_ETHERNET', 1], ['LINKTYPE_LINUX_SLL', 113], ['Unknown linktype 276', 276]] as const) {
		const fake = createFakePcap({linkType});
		const seen: unknown[] = [];
		const handle = open(fake, {deliver({view, offset, length, originalLength, timeUs, linkType: type, place}) {
			seen.push([[...new Uint8Array(view.buffer, view.byteOffset + offset, length)], originalLength, timeUs, type, place]);
		}});
		fake.arrived.push({seconds: 1000, octets: [1, 2, 3], originalLength: 90});
		assert.equal(handle.dispatch(), true);
		assert.deepEqual(seen, [[[1, 2, 3], 90, 1_000_000_000, number, 3]]);
	}
});

test('the second filter is taken where the first does not compile, and no other failure is hidden so', () => {
	const cooked = createFakePcap({refuse: filter => filter === 'one' ? 'no VLAN support for Linux cooked v1' : undefined});
	open(cooked, {filters: ['one', 'two']});
	assert.deepEqual(cooked.filters, ['one', 'two']);
	const forbidden = createFakePcap({refuse: () => 'socket: Operation not permitted'});
	assert.throws(() => open(forbidden, {filters: ['one', 'two']}), /Operation not permitted/);
	assert.deepEqual(forbidden.filters, ['one']);
});

test('under a flood the rest of a long turn is counted as lost unread, and the next turn reads again', () => {
	const fake = createFakePcap();
	let spentMs = 0;
	let count = 0;
	const handle = open(fake, {processorMs: () => spentMs, deliver() {
		count++;
		spentMs++;
	}});
	const flood = Array.from({length: 10_000}, () => ({seconds: 1000, octets: [1]}));
	fake.arrived.push(...flood);
	handle.dispatch();
	assert.ok(count >= 250 && count < 400, `${count} delivered in a turn of 250 ms`);
	assert.equal(handle.drops(), 10_000 - count);
	fake.arrived.push(...flood.slice(0, 10));
	const before = count;
	handle.dispatch();
	assert.equal(count, before + 10);
});

test('when the end is asked for in the middle of a turn, what waits is left, and is not lost', () => {
	const fake = createFakePcap();
	let count = 0;
	const handle = open(fake, {isEnding: () => count >= 100, deliver() {
		count++;
	}});
	fake.arrived.push(...Array.from({length: 10_000}, () => ({seconds: 1000, octets: [1]})));
	handle.dispatch();
	assert.ok(count >= 100 && count < 200, `${count} delivered`);
	assert.equal(handle.drops(), 0);
});

test('a turn that takes long over a few packets loses none of them', () => {
	const fake = createFakePcap();
	let spentMs = 0;
	let count = 0;
	const handle = open(fake, {processorMs: () => spentMs, deliver() {
		count++;
		spentMs += 300;
	}});
	for (let turn = 0; turn < 50; turn++) {
		fake.arrived.push(...Array.from({length: 5}, () => ({seconds: 1000, octets: [1]})));
		handle.dispatch();
	}

	assert.equal(count, 250);
	assert.equal(handle.drops(), 0);
});

test('what the kernel dropped is counted on when its 32 bits wrap', () => {
	const fake = createFakePcap();
	const handle = open(fake);
	// The addon gives it as a signed number.
	fake.drops = -6;
	assert.equal(handle.drops(), 4_294_967_290);
	fake.drops = 5;
	assert.equal(handle.drops(), 4_294_967_301);
});

test('an error of the receiver is thrown only when the native frames are gone', () => {
	const fake = createFakePcap();
	let calls = 0;
	const handle = open(fake, {deliver() {
		calls++;
		throw new Error('a bug');
	}});
	fake.arrived.push({seconds: 1000, octets: [1]}, {seconds: 1000, octets: [2]});
	assert.throws(() => handle.dispatch(), /a bug/);
	assert.equal(calls, 1);
	assert.deepEqual(fake.arrived, []);
});

test('a handle whose interface vanished is broken for good, and a closed one is never dispatched', () => {
	const fake = createFakePcap();
	const handle = open(fake);
	fake.result = -1;
	assert.equal(handle.dispatch(), false);
	fake.arrived.push({seconds: 1000, octets: [1]});
	assert.equal(handle.dispatch(), false);
	assert.equal(fake.arrived.length, 1, 'the session is not touched again');

	const other = open(fake);
	other.close();
	other.close();
	assert.equal(fake.closed, 1);
	assert.equal(other.dispatch(), false);
});

test('a session that does not open is taken again, and never left to a collection of garbage that comes when the addon is gone', () => {
	let isPermitted = false;
	const fake = createFakePcap({refuse: () => isPermitted ? undefined : 'Operation not permitted'});
	for (let attempt = 0; attempt < 3; attempt++) {
		assert.throws(() => open(fake), /not permitted/v);
	}

	assert.equal(fake.made, 1);
	isPermitted = true;
	open(fake);
	assert.equal(fake.made, 1);
	open(fake);
	assert.equal(fake.made, 2, 'the other one is in use');
});
