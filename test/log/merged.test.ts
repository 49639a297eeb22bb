import assert from 'node:assert/strict';
import {appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {after} from 'node:test';
import {fullSight, type PacketSource, type Place, type SourceEnd} from '../../source/capture/source.js';
import {openLog, segmentFile} from '../../source/log/folder.js';
import {createMergedSource, type MergedLog, type MergedSourceOptions} from '../../source/log/merged-source.js';
import {createSegmentWriter, type SegmentWriter} from '../../source/log/segment.js';
import {type Packet} from '../../source/wire/packet.js';
import {createManualClock, type ManualClock} from '../capture/manual-clock.js';
import {createRecordingSink} from '../capture/recording-sink.js';
import {capturePath} from '../support/captures.js';
import {createTestEngine, packetsOf} from '../support/replay-engine.js';
import {runCli} from '../support/run-cli.js';

const root = mkdtempSync(path.join(tmpdir(), 'ipvstop-merged-'));
const sources = new Set<PacketSource>();
after(() => {
	for (const source of sources) {
		source.close();
	}

	rmSync(root, {recursive: true});
});

const second = 1_000_000;
const placeOf = (name: string): Place => ({name, state: 'up', detail: '', drops: 0, sight: fullSight, kind: 'libpcap', address: ''});
const frame = (timeUs: number, octet: number): Packet => ({view: new DataView(new Uint8Array(60).fill(octet).buffer), offset: 0, length: 60, originalLength: 60, timeUs, linkType: 1, place: 0});

/** A log of one segment that goes on as it is written to. */
const logOf = (name: string, write: (writer: SegmentWriter) => void, {places = [placeOf('eth1')], startUs = 0} = {}) => {
	const folder = `${path.join(root, name)}/`;
	mkdirSync(folder);
	const writer = createSegmentWriter('test', startUs, places);
	write(writer);
	const file = segmentFile(folder, 1, 'pcapng');
	writeFileSync(file, writer.take()!);
	return {
		folder,
		write(more: (writer: SegmentWriter) => void) {
			more(writer);
			appendFileSync(file, writer.take()!);
		},
	};
};

const mergedOf = (folders: ReadonlyArray<Partial<MergedLog> & {readonly folder: string; readonly name: string}>, clock: ManualClock, options: Partial<MergedSourceOptions> = {}) => {
	const sink = createRecordingSink();
	const source = createMergedSource({
		logs: folders.map(({folder, ...one}) => ({log: openLog(folder), differenceUs: 0, isWritten: async () => false, ...one})),
		fromUs: 0, untilUs: Infinity, isPaced: false, speed: 1, clock, wallOffsetUs: () => 0, beside: undefined, onAside: () => undefined, ...options,
	});
	sources.add(source);
	const heard = () => sink.packets().map(({timeUs, place, octets}) => `${sink.placeHistory.at(-1)![place]!.name} ${octets.slice(0, 2)} ${timeUs / second}`);
	return {source, sink, heard};
};

/** Lets so many seconds pass. */
const pass = async (clock: ManualClock, seconds: number): Promise<void> => {
	for (const endUs = clock.nowUs() + (seconds * second); clock.nowUs() < endUs;) {
		await clock.waiting();
		clock.toNextTimer();
	}

	await clock.waiting();
};

test('several logs give what their captures give together: the list, the takeovers, any moment', async () => {
	const captures = ['failover-preempt', 'failover-kill9'];
	for (const name of captures) {
		const {code} = await runCli(['-r', capturePath(`${name}.pcap`), '-w', `${path.join(root, name)}/`, '--list', '--no-config']);
		assert.equal(code, 0);
	}

	const fromFiles = captures.flatMap(name => ['-r', `${name}=${capturePath(`${name}.pcap`)}`]);
	const fromLogs = captures.flatMap(name => ['-r', `${path.join(root, name)}/`]);
	const said = async (...args: string[]) => {
		const {code, stdout, stderr} = await runCli([...args, '--no-config']);
		assert.deepEqual([code, stderr], [0, ''], args.join(' '));
		// Rows that stand equal have no order.
		return stdout.replaceAll(/"source":"[^"]*"/gv, '').split('\n').sort().join('\n');
	};

	assert.equal(await said(...fromLogs, '--list', '--json'), await said(...fromFiles, '--list', '--json'));
	assert.equal(await said(...fromLogs, '--events', '--json', 'event=takeover'), await said(...fromFiles, '--events', '--json', 'event=takeover'));
	const at = ['--list', '--at', '2026-11-22T18:23:30Z'];
	assert.equal(await said(...fromLogs, ...at), await said(...fromFiles, ...at));
});

test('what lies behind comes in the order of time, then what is written as it comes, by the clock of this host', async () => {
	const clock = createManualClock(100 * second);
	const one = logOf('order-one', writer => {
		writer.packet(frame(10 * second, 1));
		writer.packet(frame(30 * second, 2));
	});
	// An hour ahead, which its sensor's words told before.
	const hour = 3600 * second;
	const other = logOf('order-other', writer => {
		writer.packet(frame(hour + (20 * second), 3));
		writer.packet(frame(hour + (40 * second), 4));
	});
	const {source, sink, heard} = mergedOf([{folder: one.folder, name: 'one'}, {folder: other.folder, name: 'other', differenceUs: -hour}], clock, {fromUs: 15 * second});
	await source.start(sink);
	await pass(clock, 1);
	assert.deepEqual(heard(), ['other 03 20', 'one 02 30', 'other 04 40'], 'what came before is left out');
	one.write(writer => {
		writer.packet(frame(101 * second, 5));
	});
	other.write(writer => {
		writer.packet(frame(hour + (101 * second), 6));
	});
	await pass(clock, 1);
	assert.deepEqual(heard().slice(3), ['one 05 101', 'other 06 101']);
	assert.match(sink.placeHistory.at(-1)![1]!.detail, /its clock is 60 min ahead: its times are shown by this host's/v);
});

test('a log that falls silent is named, and so is when it speaks again', async () => {
	const clock = createManualClock(100 * second);
	const logs = ['quiet', 'steady'].map(name => logOf(`silence-${name}`, writer => {
		writer.packet(frame(99 * second, 1));
	}));
	const {source, sink} = mergedOf(logs.map(({folder}, index) => ({folder, name: ['quiet', 'steady'][index]!})), clock);
	const statesOf = () => sink.placeHistory.at(-1)!.map(({name, state, detail}) => [name, state, detail]);
	await source.start(sink);
	for (let count = 0; count < 8; count++) {
		logs[1]!.write(writer => {
			writer.aside(clock.nowUs(), {beat: 0});
		});
		await pass(clock, 1);
	}

	assert.deepEqual(statesOf(), [['quiet', 'down', 'nothing since 00:01:39Z, nobody writes it'], ['steady', 'up', '']]);
	assert.equal(source.isFollowing(), true);
	logs[0]!.write(writer => {
		writer.packet(frame(clock.nowUs(), 2));
	});
	await pass(clock, 1);
	assert.deepEqual(statesOf(), [['quiet', 'up', ''], ['steady', 'up', '']]);
});

test('a log in which nothing stands yet is named, and heard when it begins', async () => {
	const clock = createManualClock(100 * second);
	const folder = `${path.join(root, 'empty')}/`;
	mkdirSync(folder);
	const {source, sink, heard} = mergedOf([{folder, name: 'rack9'}], clock);
	await source.start(sink);
	await pass(clock, 6);
	assert.deepEqual(sink.placeHistory.at(-1)!.map(({name, state, detail}) => [name, state, detail]), [['rack9', 'down', 'nothing has come yet, nobody writes it']]);
	const writer = createSegmentWriter('test', clock.nowUs(), [placeOf('eth1'), placeOf('eth2')]);
	writer.packet(frame(clock.nowUs(), 7));
	writeFileSync(segmentFile(folder, 1, 'pcapng'), writer.take()!);
	await pass(clock, 1);
	assert.deepEqual(heard(), ['rack9:eth1 07 106']);
});

test('live sources are heard beside a log when its past has been read', async () => {
	const clock = createManualClock(100 * second);
	const {folder} = logOf('beside', writer => {
		writer.packet(frame(50 * second, 1));
	});
	const live: PacketSource = {
		description: 'joined', pace: 'monotonic', ended: Promise.withResolvers<SourceEnd>().promise, ownAddresses: ['192.0.2.1'],
		async start(to) {
			to.places([placeOf('eth5')]);
			to.packet(frame(clock.nowUs(), 2));
		},
		close: () => undefined,
	};
	const {source, sink, heard} = mergedOf([{folder, name: 'log'}], clock, {beside: live});
	await source.start(sink);
	assert.deepEqual(heard(), ['log 01 50', 'eth5 02 100']);
	assert.deepEqual(source.ownAddresses, ['192.0.2.1']);
	assert.equal(source.description, 'logs log + joined');
});

test('a hostile log beside an honest one changes nothing of what is shown of that', async () => {
	const packets = await packetsOf(capturePath('failover-preempt.pcap'));
	const startUs = packets[0]!.timeUs;
	const clock = createManualClock(packets.at(-1)!.timeUs + second);
	const honest = logOf('honest', writer => {
		for (const packet of packets) {
			writer.packet({...packet, place: 0});
		}
	}, {startUs});
	const hostile = logOf('hostile', writer => {
		writer.aside(startUs, {beat: -1e15});
		writer.aside(startUs, {beat: 1e15});
		writer.packet({...packets[5]!, place: 0, timeUs: startUs * 2});
		writer.aside(startUs, {beat: 0, gap: 1, slept: 1e12});
		for (const [index, packet] of packets.entries()) {
			// The same addresses, at the wrong times, from more places than there can be.
			writer.packet({...packet, place: index % 3000, timeUs: packet.timeUs - (index % 7 * second)});
		}
	}, {startUs, places: Array.from({length: 3000}, (_, index) => placeOf(`vlan${index}`))});
	const pictureOf = async (folders: ReadonlyArray<{readonly folder: string; readonly name: string}>) => {
		const {engine, view} = createTestEngine();
		const {source} = mergedOf(folders.map(one => ({...one, isWritten: undefined})), clock, {fromUs: startUs});
		await source.start(engine.sink);
		await source.ended;
		// Which is as far as anybody's clock can lead.
		assert.ok(engine.state.nowUs <= clock.nowUs());
		engine.sink.advance(clock.nowUs());
		engine.settle();
		const segment = engine.segments.names().indexOf('honest');
		const sessions: string[] = [];
		view.each((_, at) => {
			const row = view.row(at / 16);
			if (row?.segment === segment) {
				sessions.push([row.protocol, row.caddr.join(','), row.cport, row.vaddr.join(','), row.vport, row.daddr.join(','), row.dport, row.state, row.expiresUs, row.updates].join(' '));
			}
		});
		const directors = engine.directors.all().filter(one => one.segment === segment);
		return {
			sessions: sessions.sort(),
			directors: directors.map(({address, records, lostMessages, masterSinceUs, lastUs}) => ({address, records, lostMessages, masterSinceUs, lastUs})).sort((one, other) => one.address.localeCompare(other.address)),
			takeovers: engine.failover().pairs.filter(pair => pair.segment === segment).flatMap(({takeovers}) => takeovers.map(({atUs, kind, coverage: {held, known}}) => ({atUs, kind, held, known}))),
		};
	};

	const alone = await pictureOf([{folder: honest.folder, name: 'honest'}]);
	assert.ok(alone.sessions.length > 50 && alone.takeovers.length === 2);
	const together = await pictureOf([{folder: hostile.folder, name: 'hostile'}, {folder: honest.folder, name: 'honest'}]);
	assert.deepEqual(together, alone);
});
