import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type TestContext} from 'node:test';
import {type PacketSink, type Place} from '../../source/capture/source.js';
import {createRecorder, type RecorderOptions, type RecordingStatus} from '../../source/recording/recording.js';
import {createFirstFile, rotatedFiles} from '../../source/recording/file.js';
import {createSavefileReader} from '../../source/savefile/savefile.js';
import {parseAddress} from '../../source/wire/address.js';
import {createDissector} from '../../source/wire/dissect.js';
import {encodeSyncV1} from '../../source/wire/sync/encode-sync.js';
import {type Datagram, type Packet} from '../../source/wire/packet.js';
import {run} from '../support/program.js';
import {replayInto} from '../support/replay-engine.js';
import {openTerminal} from '../support/terminal.js';
import {capturePath} from '../support/captures.js';
import {tsharkFrames, tsharkMissing} from '../support/tshark.js';

const startUs = 1_795_000_000_000_000;

const folderFor = (context: TestContext): string => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-recording-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

const place = (name: string, kind: string, drops = 0): Place => ({
	name, state: 'up', detail: '', drops, kind, address: '', sight: {sync: true, vrrp: true, arp: true, groupReports: true},
});

/** Takes what a recorder hands on; none of these tests look at it. */
const nowhere: PacketSink = {packet() {}, datagram() {}, advance() {}, places() {}};

const record = (file: string, overrides: Partial<RecorderOptions> = {}) => {
	const changes: RecordingStatus[] = [];
	const task = {path: file, application: 'ipvstop test', fileOctets: Infinity, fileSeconds: Infinity, files: Infinity, waits: true, ...overrides};
	const recorder = createRecorder({
		...task,
		...createFirstFile(task, [], startUs),
		toWallUs: timeUs => timeUs,
		onChange(status) {
			changes.push(status);
		},
		...overrides,
	});
	return {recorder, sink: recorder.tee(nowhere), changes};
};

const packet = (number: number, facts: Partial<Packet> = {}): Packet => {
	const octets = Uint8Array.from({length: 61}, (_, index) => (number + index) & 255);
	return {view: new DataView(octets.buffer), offset: 0, length: octets.length, originalLength: octets.length, timeUs: startUs + number, linkType: 1, place: 0, ...facts};
};

type Read = {readonly packets: ReadonlyArray<{readonly timeUs: number; readonly linkType: number; readonly originalLength: number; readonly hex: string}>; readonly end: string};

/** A recording as our own reader sees it. */
const readBack = (octets: Uint8Array): Read => {
	const reader = createSavefileReader();
	const packets: Array<Read['packets'][number]> = [];
	reader.push(octets);
	reader.end();
	for (;;) {
		const next = reader.next();
		if (next !== 'packet') {
			return {packets, end: typeof next === 'object' ? next.kind : next};
		}

		const {timeUs, linkType, originalLength, view, offset, length} = reader.packet;
		packets.push({timeUs, linkType, originalLength, hex: Buffer.from(view.buffer, view.byteOffset + offset, length).toString('hex')});
	}
};

const readFile = (file: string): Read => readBack(fs.readFileSync(file));

const everyOf = (packets: readonly Packet[]): Read['packets'] => packets.map(({timeUs, linkType, originalLength, view, offset, length}) =>
	({timeUs, linkType, originalLength, hex: Buffer.from(view.buffer, view.byteOffset + offset, length).toString('hex')}));

test('what was captured is read back octet for octet, with its times and the length it had on the wire', async context => {
	const file = path.join(folderFor(context), 'a.pcapng');
	const {recorder, sink} = record(file);
	const packets = [packet(1), packet(2, {linkType: 113, place: 1}), packet(3, {length: 40, originalLength: 1514}), packet(4)];
	sink.places([place('eth0', 'libpcap'), place('eth1', 'libpcap')]);
	for (const one of packets) {
		sink.packet(one);
	}

	await recorder.close();

	assert.deepEqual(readFile(file), {packets: everyOf(packets), end: 'end'});
	assert.equal(fs.statSync(file).mode & 0o777, 0o600);
	assert.equal(recorder.status().packets, 4);
});

test('a recording that is killed at any octet is readable up to its last whole block', async context => {
	const file = path.join(folderFor(context), 'a.pcapng');
	const {recorder, sink} = record(file);
	const packets = [packet(1), packet(2), packet(3)];
	sink.places([place('eth0', 'libpcap')]);
	for (const one of packets) {
		sink.packet(one);
	}

	await recorder.close();
	const whole = fs.readFileSync(file);

	for (let length = 28; length < whole.length; length++) {
		const {packets: found, end} = readBack(whole.subarray(0, length));
		assert.ok(end === 'cut' || end === 'end', `${end} at ${length}`);
		assert.deepEqual(found, everyOf(packets).slice(0, found.length));
	}
});

test('what has gathered is in the file after each tick, without an end', async context => {
	const file = path.join(folderFor(context), 'a.pcapng');
	const {recorder, sink} = record(file);
	sink.places([place('eth0', 'libpcap')]);
	sink.packet(packet(1));
	recorder.tick(100);
	assert.equal(readFile(file).packets.length, 1);

	sink.packet(packet(2));
	recorder.tick(200);
	assert.equal(readFile(file).packets.length, 2);
	await recorder.close();
});

test('a real capture is the same capture after it was recorded', async context => {
	const folder = folderFor(context);
	const source = capturePath('failover-nopreempt.pcap');
	const file = path.join(folder, 'a.pcapng');
	const {recorder, sink} = record(file);
	await replayInto(sink, source);
	await recorder.close();

	assert.deepEqual(readFile(file), readFile(source));
	assert.ok(readFile(file).packets.length > 50);
});

const withTshark = {skip: await tsharkMissing() ?? false};

test('tshark finds the same frames, the names of interfaces, and notes as comments', withTshark, async context => {
	const folder = folderFor(context);
	const source = capturePath('failover-graceful.pcap');
	const file = path.join(folder, 'a.pcapng');
	const {recorder, sink} = record(file);
	recorder.note(startUs, 'lb1 is about to be stopped');
	await replayInto(sink, source);
	await recorder.close();

	const fields = ['frame.time_epoch', 'frame.len', 'frame.cap_len', 'ip.src', 'udp.length', 'frame.protocols'];
	const recorded = await tsharkFrames(file, [...fields, 'frame.interface_name', 'frame.comment']);
	const original = await tsharkFrames(source, fields);
	assert.deepEqual(recorded.map(frame => fields.map(name => frame.get(name))), original.map(frame => fields.map(name => frame.get(name))));
	assert.deepEqual(recorded[0]!.get('frame.interface_name'), ['failover-graceful.pcap']);
	assert.deepEqual(recorded[0]!.get('frame.comment'), [`${new Date(startUs / 1000).toISOString()} lb1 is about to be stopped`]);
	assert.deepEqual(recorded[1]!.get('frame.comment'), []);
});

test('a note in a recording is told when that is replayed, and written again when that is recorded', async context => {
	const folder = folderFor(context);
	const [file, copy] = ['a.pcapng', 'b.pcapng'].map(name => path.join(folder, name)) as [string, string];
	const {recorder, sink} = record(file);
	recorder.note(startUs, 'lb1 is about to be stopped\u001B[31m');
	await replayInto(sink, capturePath('failover-graceful.pcap'));
	await recorder.close();

	for (const read of [['-r', file, '-w', copy], ['-r', copy]]) {
		const {code, stdout, stderr} = await run([...read, '--events', '--json']);
		assert.equal(code, 0, stderr);
		const notes = stdout.trimEnd().split('\n').map(line => JSON.parse(line) as {event: string; text: string}).filter(({event}) => event === 'note');
		assert.deepEqual(notes.map(({text}) => text), ['lb1 is about to be stopped\u001B[31m']);
	}

	const terminal = openTerminal(['-r', file, '--at', '+60']);
	await terminal.until(screen => /\[m.*\] \d\d:\d\d:\d\dZ/v.test(screen));
	terminal.type('6');
	await terminal.until(screen => screen.includes('EVENTS'));
	terminal.type('G');
	assert.match(await terminal.until(screen => screen.includes('lb1 is')), / note +lb1 is about to be stopped\\x1b/v);
	terminal.type('Q');
	await terminal.exit;
});

const heard = (timeUs: number, family: 4 | 6, payload: Uint8Array<ArrayBuffer>): Datagram => ({
	timeUs, place: 0, tags: new Int32Array(4), tagCount: 0, family,
	source: parseAddress(family === 4 ? '10.255.0.2' : 'fe80::2')!.words,
	destination: parseAddress(family === 4 ? '224.0.0.81' : 'ff02::81')!.words,
	sourcePort: 40_793, destinationPort: 8848, hopLimit: -1, identification: -1, sourceMacHigh: -1, sourceMacLow: 0,
	view: new DataView(payload.buffer), offset: 0, length: payload.length, claimedLength: payload.length, outgoing: false, fragmented: false,
});

test('what a joined socket heard gets headers that decode to the same message, and the interface says that they are made up', async context => {
	const file = path.join(folderFor(context), 'a.pcapng');
	const payload = encodeSyncV1(51, [{
		family: 4, protocol: 6, flags: 0x83, state: 1, cport: 40_000, vport: 443, dport: 8443, fwmark: 0, timeoutSeconds: 900,
		caddr: Int32Array.of(0xc6_33_64_07, 0, 0, 0), vaddr: Int32Array.of(0xc0_00_02_0a, 0, 0, 0), daddr: Int32Array.of(0x0a_09_00_0b, 0, 0, 0),
	}]);
	const {recorder, sink} = record(file);
	sink.places([place('eth0', 'joined')]);
	sink.datagram(heard(startUs, 4, payload));
	sink.datagram(heard(startUs + 1, 6, payload));
	await recorder.close();

	const {packets} = readFile(file);
	assert.deepEqual(packets.map(({linkType}) => linkType), [101, 101]);
	const decoded: string[] = [];
	const faults: string[] = [];
	const dissector = createDissector({groups: [parseAddress('ff02::81')!, parseAddress('224.0.0.81')!]}, {
		sync(datagram, batch) {
			decoded.push(`${datagram.family} ${datagram.sourcePort} ${datagram.destinationPort} id ${batch.syncid} ${batch.count}`);
		},
		advert() {}, report() {}, claim() {},
		fault(fault) {
			faults.push(String(fault));
		},
	});
	for (const {hex} of packets) {
		const octets = Uint8Array.from(Buffer.from(hex, 'hex'));
		dissector.packet({...packet(1), view: new DataView(octets.buffer), length: octets.length, originalLength: octets.length, linkType: 101});
	}

	assert.deepEqual(decoded, ['4 40793 8848 id 51 1', '6 40793 8848 id 51 1']);
	assert.deepEqual(faults, []);
	assert.match(fs.readFileSync(file, 'latin1'), /headers are synthesised: a joined socket/v);
});

test('a full file is followed by another, each complete in itself, and only the newest are kept', async context => {
	const folder = folderFor(context);
	const file = path.join(folder, 'watch.pcapng');
	fs.writeFileSync(path.join(folder, 'watch_other.pcapng'), 'not of the recording');
	const {recorder, sink} = record(file, {fileOctets: 65_536, files: 3});
	sink.places([place('eth0', 'libpcap')]);
	const packets = Array.from({length: 4000}, (_, index) => packet(index * 1000));
	for (const one of packets) {
		sink.packet(one);
	}

	await recorder.close();
	const left = rotatedFiles(file);
	const contents = left.map(name => readFile(name));

	assert.equal(left.length, 3);
	assert.ok(recorder.status().files > 5);
	assert.ok(left.every(name => fs.statSync(name).size <= 65_536 + 256));
	assert.ok(contents.every(({end}) => end === 'end'));
	const kept = contents.flatMap(content => content.packets);
	assert.deepEqual(kept, everyOf(packets).slice(-kept.length));
	assert.ok(fs.existsSync(path.join(folder, 'watch_other.pcapng')));
});

test('another file begins after the given time of the packets', async context => {
	const file = path.join(folderFor(context), 'watch.pcapng');
	const {recorder, sink} = record(file, {fileSeconds: 60});
	sink.places([place('eth0', 'libpcap')]);
	for (const second of [0, 30, 59, 61, 90, 130]) {
		sink.packet(packet(second * 1_000_000));
		recorder.tick(second * 1000);
	}

	await recorder.close();
	assert.deepEqual(rotatedFiles(file).map(name => readFile(name).packets.length), [3, 2, 1]);
});

test('after a file was moved away, reopening begins a new one of its name; else it goes on behind what is there', async context => {
	const folder = folderFor(context);
	const file = path.join(folder, 'a.pcapng');
	const {recorder, sink} = record(file);
	sink.places([place('eth0', 'libpcap')]);
	sink.packet(packet(1));
	recorder.tick(100);
	fs.renameSync(file, `${file}.1`);
	recorder.reopen();
	sink.packet(packet(2));
	recorder.reopen();
	sink.packet(packet(3));
	await recorder.close();

	assert.deepEqual(readFile(`${file}.1`), {packets: everyOf([packet(1)]), end: 'end'});
	assert.deepEqual(readFile(file), {packets: everyOf([packet(2), packet(3)]), end: 'end'});
});

test('a recording does not overwrite the file that is being read', context => {
	const folder = folderFor(context);
	const file = path.join(folder, 'a.pcap');
	fs.writeFileSync(file, 'precious');
	fs.symlinkSync(file, path.join(folder, 'b.pcap'));
	const task = {path: path.join(folder, 'b.pcap'), application: '', fileOctets: Infinity, fileSeconds: Infinity, files: Infinity, waits: true};

	assert.throws(() => createFirstFile(task, [file], startUs), /b\.pcap: it is being read/v);
	assert.equal(fs.readFileSync(file, 'utf8'), 'precious');
});

/** A tiny file system of memory. */
const tinyDisk = (context: TestContext, octets: number): string => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-disk-'));
	execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${octets}`, 'tmpfs', folder], {stdio: 'pipe'});
	context.after(() => {
		execFileSync('umount', ['-l', folder], {stdio: 'pipe'});
		fs.rmdirSync(folder);
	});
	return folder;
};

const whyNoTinyDisk = (): string | undefined => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-mount-'));
	try {
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=65536', 'tmpfs', folder], {stdio: 'pipe'});
		execFileSync('umount', ['-l', folder], {stdio: 'pipe'});
		return undefined;
	} catch {
		return process.getuid?.() === 0 ? 'mounting a tmpfs is not permitted here' : 'needs root to mount a small file system';
	} finally {
		fs.rmdirSync(folder);
	}
};

const withDisk = {skip: whyNoTinyDisk() ?? false};

for (const waits of [true, false]) {
	test(`a full disk is named, cuts no block, and when there is room again the recording goes on (${waits ? 'at once' : 'in the background'})`, withDisk, async context => {
		const folder = tinyDisk(context, 262_144);
		const ballast = path.join(folder, 'ballast');
		fs.writeFileSync(ballast, Buffer.alloc(131_072));
		const file = path.join(folder, 'a.pcapng');
		const {recorder, sink, changes} = record(file, {waits});
		sink.places([place('eth0', 'libpcap')]);
		const packets = Array.from({length: 3000}, (_, index) => packet(index));
		const settled = async (state: string, fromMs: number) => {
			for (let nowMs = fromMs; recorder.status().state !== state; nowMs += 2000) {
				recorder.tick(nowMs);
				await new Promise(resolve => {
					setImmediate(resolve);
				});
			}
		};

		for (const one of packets) {
			sink.packet(one);
		}

		await settled('failing', 0);
		assert.equal(recorder.status().detail, 'no space left on the device');
		const before = readFile(file);
		assert.equal(before.end, 'end');
		assert.ok(before.packets.length > 500);

		fs.rmSync(ballast);
		execFileSync('mount', ['-o', 'remount,size=4194304', folder], {stdio: 'pipe'});
		await settled('up', 100_000);
		await recorder.close();

		assert.deepEqual(readFile(file), {packets: everyOf(packets), end: 'end'});
		assert.deepEqual(changes.map(({state}) => state), ['failing', 'up']);
		assert.equal(recorder.status().lost, 0);
	});
}

test('on a full disk a file that its user may write but not remove stays, named for what is wrong, and takes one descriptor at a time', withDisk, async context => {
	const nobody = 65_534;
	const folder = tinyDisk(context, 65_536);
	fs.chmodSync(folder, 0o755);
	const file = path.join(folder, 'a.pcapng');
	const {recorder, sink} = record(file);
	fs.chownSync(file, nobody, nobody);
	const ballast = path.join(folder, 'ballast');
	assert.throws(() => {
		fs.writeFileSync(ballast, Buffer.alloc(131_072));
	}, {code: 'ENOSPC'});
	const openFiles = (): number => fs.readdirSync('/proc/self/fd').length;
	const tick = (nowMs: number) => {
		process.seteuid!(nobody);
		try {
			recorder.tick(nowMs);
		} finally {
			process.seteuid!(0);
		}
	};

	sink.places([place('eth0', 'libpcap')]);
	sink.packet(packet(0));
	const before = openFiles();
	for (let nowMs = 0; nowMs < 40_000; nowMs += 2000) {
		tick(nowMs);
	}

	assert.equal(recorder.status().detail, 'no space left on the device');
	assert.ok(openFiles() <= before);

	fs.rmSync(ballast);
	tick(100_000);
	await recorder.close();
	assert.deepEqual(readFile(file), {packets: everyOf([packet(0)]), end: 'end'});
});

test('packets that cannot be kept until the disk has room are counted, and the memory for them is bounded', withDisk, async context => {
	const folder = tinyDisk(context, 65_536);
	const {recorder, sink} = record(path.join(folder, 'a.pcapng'));
	const large = new Uint8Array(60_000);
	sink.places([place('eth0', 'libpcap')]);
	for (let number = 0; number < 2000; number++) {
		sink.packet({...packet(number), view: new DataView(large.buffer), length: large.length, originalLength: large.length});
	}

	recorder.tick(5000);
	const {state, lost, detail, packets} = recorder.status();
	await recorder.close();
	assert.deepEqual({state, detail}, {state: 'failing', detail: 'no space left on the device'});
	assert.equal(packets, 0);
	assert.ok(lost > 1000 && lost < 2000, String(lost));
});

test('until files may be opened all is kept and nothing is written', async context => {
	const folder = folderFor(context);
	const file = path.join(folder, 'x.pcap');
	let mayOpen = false;
	const {recorder, sink} = record(file, {waits: false, mayOpen: () => mayOpen});
	const packets = Array.from({length: 200}, (_, number) => packet(number));
	for (const one of packets) {
		sink.packet(one);
	}

	recorder.tick(0);
	assert.equal(fs.statSync(file).size, 0);
	assert.equal(recorder.status().waiting, packets.length);
	mayOpen = true;
	recorder.tick(100);
	await recorder.close();
	assert.deepEqual(readFile(file), {packets: everyOf(packets), end: 'end'});
});

test('a recording that ends before files may be opened opens none', async context => {
	const file = path.join(folderFor(context), 'x.pcap');
	const {recorder, sink} = record(file, {waits: false, mayOpen: () => false});
	sink.packet(packet(1));
	fs.unlinkSync(file);
	await recorder.close();
	assert.ok(!fs.existsSync(file));
});
