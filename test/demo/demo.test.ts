import assert from 'node:assert/strict';
import {test} from 'node:test';
import {type CaptureClock} from '../../source/capture/clock.js';
import {createDemo} from '../../source/demo/demo.js';
import {directorIdentities, virtuals} from '../../source/demo/network.js';
import {createSimulation, historyUs} from '../../source/demo/simulation.js';
import {type PacketSink, type Place} from '../../source/capture/source.js';
import {createDissector} from '../../source/wire/dissect.js';
import {faultNames} from '../../source/wire/fault.js';

type Sent = {timeUs: number; frame: Uint8Array<ArrayBuffer>; view: DataView};

const second = 1_000_000;
const [first, backup] = directorIdentities;

/** All frames of the first seconds after the demo opened, with its history before 0. */
const sentUntil = (seconds: number, seed = 1): Sent[] => {
	const sent: Sent[] = [];
	createSimulation(seed).advanceTo(historyUs + (seconds * second), (timeUs, frame) => {
		sent.push({timeUs: timeUs - historyUs, frame, view: new DataView(frame.buffer)});
	});
	return sent;
};

const isFrom = ({mac}: typeof first) => ({frame}: Sent): boolean => frame[11] === mac[5];
const isIp = (protocol: number) => ({frame, view}: Sent): boolean => view.getUint16(12) === 0x08_00 && frame[23] === protocol;
const isArp = ({view}: Sent): boolean => view.getUint16(12) === 0x08_06;
const isAdvert = isIp(112);
const isSync = isIp(17);
const isReport = isIp(2);
const isIpv6 = ({view}: Sent): boolean => view.getUint16(12) === 0x86_dd;
const isLater = (seconds: number) => ({timeUs}: Sent): boolean => timeUs > seconds * second;
const priorityOf = ({frame}: Sent): number => frame[36]!;
const groupRecordOf = ({frame}: Sent): number => frame[46]!;

type Announced = {type: number; protocol: number; flags: number; state: number; vport: number; key: string};

const recordsOf = ({frame, view}: Sent): Announced[] => {
	const records: Announced[] = [];
	let at = 50;
	for (let count = view.getUint8(46); count > 0; count--) {
		const length = view.getUint16(at + 2);
		const addresses = (length - 24) * 2 / 3;
		records.push({
			type: view.getUint8(at),
			protocol: view.getUint8(at + 1),
			flags: view.getUint32(at + 4),
			state: view.getUint16(at + 8),
			vport: view.getUint16(at + 12),
			key: [view.getUint8(at + 1), view.getUint32(at + 10), ...frame.subarray(at + 24, at + 24 + addresses)].join(','),
		});
		at += length;
	}

	return records;
};

test('the same seed gives the same octets at the same moments, another seed gives others', () => {
	const frames = sentUntil(40);
	const again: Sent[] = [];
	const simulation = createSimulation(1);
	for (let timeUs = 0; timeUs <= historyUs + (40 * second); timeUs += second / 4) {
		simulation.advanceTo(timeUs, (sentUs, frame) => {
			again.push({timeUs: sentUs - historyUs, frame, view: new DataView(frame.buffer)});
		});
	}

	assert.ok(frames.length > 500);
	assert.deepEqual(again, frames);
	assert.notDeepEqual(sentUntil(40, 2), frames);
});

test('a demo opens on a table of hundreds of open sessions, of every service and shape', () => {
	const announced = new Map<string, Announced>();
	for (const record of sentUntil(0).filter(isSync).flatMap(recordsOf)) {
		announced.set(`${record.key} ${record.flags & 0x10_00}`, record);
	}

	const records = [...announced.values()];
	const connections = records.filter(({flags}) => (flags & 0x10_00) === 0);
	const open = connections.filter(({protocol, state}) => protocol === 6 && state === 1);
	assert.ok(open.length > 500, `${open.length}`);
	assert.deepEqual(new Set(connections.map(({protocol, vport, type}) => `${protocol}/${vport}/${type}`)), new Set(['6/443/0', '6/80/0', '17/53/0', '6/443/1', '6/8080/0']));
	assert.deepEqual(new Set(connections.filter(({protocol}) => protocol === 6).map(({state}) => state)), new Set([1, 4, 5, 6, 7]));
	assert.deepEqual(new Set(records.filter(({flags}) => flags & 0x10_00).map(({protocol}) => protocol)), new Set([0, 6]));
	assert.ok(connections.every(({protocol, flags}) => protocol === 6 || flags === 0x1_83));
});

test('the master dies within the first minute, and the backup takes over after three adverts and its skew', () => {
	const sent = sentUntil(60);
	const dying = sent.findLast(isFrom(first))!;
	const lastAdvert = sent.filter(isFrom(first)).findLast(isAdvert)!;
	const takeover = sent.filter(isFrom(backup)).find(isAdvert)!;

	assert.ok(dying.timeUs < 28 * second);
	assert.equal(priorityOf(lastAdvert), 150);
	assert.equal(priorityOf(takeover), 100);
	assert.equal(takeover.timeUs - lastAdvert.timeUs, 3_609_375);
	const next = sent.filter(isFrom(backup)).filter(isLater(takeover.timeUs / second));
	assert.ok(next.filter(isArp).length >= virtuals.ipv4.length);
	assert.ok(next.some(isIpv6));
	assert.equal(groupRecordOf(next.find(isReport)!), 3);
});

test('the backup joined the group before, and announces what it inherited with the sync flag', () => {
	const sent = sentUntil(60);
	const inherited = sent.filter(isFrom(backup)).filter(isSync).flatMap(recordsOf).filter(({flags}) => flags & 0x20);

	assert.equal(groupRecordOf(sent.filter(isFrom(backup)).find(isReport)!), 4);
	assert.ok(inherited.length > 100, `${inherited.length}`);
	assert.ok(sent.filter(isFrom(first)).filter(isSync).flatMap(recordsOf).every(({flags}) => (flags & 0x20) === 0));
});

test('the first director comes back as a rebooted backup, and gets its place back by a resignation', () => {
	const sent = sentUntil(300).filter(isLater(30));
	const booted = sent.find(isFrom(first));
	const join = sent.filter(isFrom(first)).find(isReport)!;
	const resignation = sent.filter(isAdvert).find(advert => priorityOf(advert) === 0)!;
	const returned = sent.filter(isFrom(first)).find(isAdvert)!;

	assert.equal(booted!.timeUs, 95 * second);
	assert.equal(booted!.frame[62], 143);
	assert.ok(join.timeUs > booted!.timeUs + second);
	assert.equal(groupRecordOf(join), 4);
	assert.ok(isFrom(backup)(resignation));
	assert.equal(returned.timeUs - resignation.timeUs, 414_063);
	assert.ok(sent.filter(isFrom(backup)).filter(isSync).every(({timeUs}) => timeUs < resignation.timeUs));
});

test('sync messages fit a packet and their IPv4 ids leave no gap, so none looks lost', () => {
	const last = new Map<number, number>();
	for (const sync of sentUntil(600).filter(isSync)) {
		const {view} = sync;
		const socket = view.getUint32(26) + (view.getUint16(34) * 2 ** 32);
		const identification = view.getUint16(18);
		const before = last.get(socket);
		assert.ok(before === undefined || identification === ((before + 1) & 0xff_ff));
		assert.ok(view.getUint16(38) <= 1480);
		last.set(socket, identification);
	}

	// One socket each before and after the crash, the first fail-back, and the handover at 480 s
	assert.equal(last.size, 4);
});

test('every frame of ten minutes is understood by the dissector', () => {
	const seen = {sync: 0, records: 0, advert: 0, join: 0, leave: 0, mld: 0, arp: 0, neighbour: 0};
	const dissector = createDissector({}, {
		sync(_datagram, {count, messageFault, restFault}) {
			assert.equal(messageFault + restFault, 0);
			seen.sync++;
			seen.records += count;
		},
		advert() {
			seen.advert++;
		},
		report(_frame, {protocol, kind}) {
			seen[protocol === 'mld' ? 'mld' : (kind === 'report' ? 'join' : 'leave')]++;
		},
		claim(_frame, {protocol, gratuitous}) {
			assert.ok(gratuitous);
			seen[protocol]++;
		},
		fault: code => assert.fail(faultNames[code]),
	});
	for (const {timeUs, frame, view} of sentUntil(300)) {
		dissector.packet({view, offset: 0, length: frame.length, originalLength: frame.length, timeUs, linkType: 1, place: 0});
	}

	assert.ok(Object.values(seen).every(count => count > 0), JSON.stringify(seen));
	// A message waits for more records, but not for long
	assert.ok(seen.records > 10 * seen.sync);
});

/** A clock with one waiting callback, which `pass` runs after so much time. */
const manualClock = (startUs: number) => {
	let nowUs = startUs;
	let waiting: (() => void) | undefined;
	const clock: CaptureClock = {
		nowUs: () => nowUs,
		wallUs: () => nowUs,
		after(_delayMs, callback) {
			waiting = callback;
			return () => {
				waiting = undefined;
			};
		},
	};
	const pass = (seconds: number): boolean => {
		nowUs += seconds * second;
		const callback = waiting;
		waiting = undefined;
		callback?.();
		return callback !== undefined;
	};

	return {clock, pass};
};

test('a source delivers its history at the start, follows the clock, and falls silent when closed', async () => {
	const startUs = 1_795_000_000 * second;
	const {clock, pass} = manualClock(startUs);
	const packets: number[] = [];
	const advances: number[] = [];
	let places: readonly Place[] = [];
	const sink: PacketSink = {
		packet({timeUs, length, view, linkType}) {
			assert.equal(linkType, 1);
			assert.equal(length, view.byteLength);
			packets.push(timeUs);
		},
		datagram: () => assert.fail('a demo has frames'),
		advance: timeUs => advances.push(timeUs),
		places(next) {
			places = next;
		},
	};
	const demo = createDemo({seed: 1, clock});

	await demo.start(sink);
	const history = packets.length;
	assert.ok(history > 500);
	assert.equal(packets[0], startUs - historyUs);
	assert.ok(packets.at(-1)! <= startUs);
	assert.deepEqual(places.map(({name, state, kind}) => [name, state, kind]), [['demo', 'up', 'demo']]);

	assert.ok(pass(5));
	assert.ok(packets.length > history + 4);
	assert.equal(advances.at(-1), startUs + (5 * second));
	assert.deepEqual(packets.toSorted((left, right) => left - right), packets);

	demo.close();
	demo.close();
	assert.equal(pass(5), false);
	assert.deepEqual(await demo.ended, {problems: []});
});

test('after a long sleep the simulation catches up in slices', async () => {
	const startUs = 1_795_000_000 * second;
	const {clock, pass} = manualClock(startUs);
	const advances: number[] = [];
	const demo = createDemo({seed: 1, clock});
	await demo.start({packet() {}, datagram() {}, advance: timeUs => advances.push(timeUs), places() {}});

	pass(600);
	assert.ok(advances.at(-1)! < startUs + (60 * second));
	for (let slice = 0; slice < 20; slice++) {
		pass(0);
	}

	assert.equal(advances.at(-1), startUs + (600 * second));
	demo.close();
});
