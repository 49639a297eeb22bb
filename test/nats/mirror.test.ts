import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {DeliverPolicy, jetstream} from '@nats-io/jetstream';
import {headers} from '@nats-io/transport-node';
import {fullSight, type Place} from '../../source/capture/source.js';
import {listSegments, segmentFile} from '../../source/log/folder.js';
import {differenceText} from '../../source/log/recent.js';
import {createSegmentWriter} from '../../source/log/segment.js';
import {openLink, secretsOf} from '../../source/nats/connection.js';
import {startMirror} from '../../source/nats/mirror.js';
import {startSensor, type SensorStatus} from '../../source/nats/sensor.js';
import {clockDifference, defaultRetention, ensureStream} from '../../source/nats/stream.js';
import {framesOf, streamOf} from '../../source/nats/subjects.js';
import {capturePath} from '../support/captures.js';
import {createTestEngine, replayInto, testEngineOptions, testTableSizes} from '../support/replay-engine.js';
import {runCli} from '../support/run-cli.js';
import {until as untilSo} from '../support/watch.js';
import {startBroker, withBroker, type Broker} from './broker.js';

const secrets = secretsOf({});
const targetOf = ({port}: Broker) => ({servers: [`127.0.0.1:${port}`], isTls: false, sites: ['rack1']});
const place: Place = {name: 'eth1', state: 'up', detail: '', drops: 0, sight: fullSight, kind: 'libpcap', address: ''};

const folderFor = (context: TestContext): string => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-mirror-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

/** The frames of a capture as the octets of a segment. */
const segmentOf = async (capture: string): Promise<Uint8Array> => {
	const writer = createSegmentWriter('test', 1_000_000, [place]);
	await replayInto({
		packet(packet) {
			writer.packet(packet);
		},
		datagram: () => undefined,
		advance: () => undefined,
		places: () => undefined,
	}, capturePath(capture));
	return writer.take()!;
};

/** Writes whole segments with checkpoints into a log. */
const addSegment = (folder: string, number: number, octets: Uint8Array, checkpoint: Uint8Array) => {
	fs.writeFileSync(segmentFile(folder, number, 'checkpoint'), checkpoint);
	fs.writeFileSync(segmentFile(folder, number, 'pcapng'), octets);
};

const sensorOf = (context: TestContext, broker: Broker, folder: string) => {
	let notify = (): void => undefined;
	const sensor = startSensor({
		target: targetOf(broker), secrets, folder,
		onChange() {
			notify();
		},
	});
	context.after(async () => sensor.close());
	const timer = setInterval(() => {
		notify();
	}, 50);
	context.after(() => {
		clearInterval(timer);
	});
	const until = async (fits: (status: SensorStatus) => boolean): Promise<SensorStatus> => {
		while (!fits(sensor.status())) {
			await new Promise<void>(resolve => {
				notify = resolve;
			});
		}

		return sensor.status();
	};

	return {sensor, until};
};

const mirrorOf = (context: TestContext, broker: Broker, {mostOctets = 2 ** 30, problems = [] as string[]} = {}) => {
	const link = openLink({target: targetOf(broker), secrets, name: 'test', onState: () => undefined});
	const folder = path.join(folderFor(context), 'log');
	const mirror = startMirror({
		link, site: 'rack1', folder, mostOctets, onState: () => undefined,
		onProblem(text) {
			problems.push(text);
		},
	});
	context.after(async () => {
		mirror.close();
		await link.close();
	});
	return {mirror, folder, problems};
};

const read = (folder: string, number: number, kind: 'pcapng' | 'checkpoint') => fs.readFileSync(segmentFile(folder, number, kind));

/** Waits until a file has all the octets of another. */
const untilSame = async (file: string, octets: Uint8Array) => {
	await untilSo(() => fs.statSync(file, {throwIfNoEntry: false})?.size === octets.length, `${path.basename(file)} is whole`);
	assert.deepEqual(fs.readFileSync(file), Buffer.from(octets));
};

test('a log comes to a viewer octet for octet, the newest segment first, and goes on as it is written', withBroker, async context => {
	const broker = await startBroker(context);
	const folder = folderFor(context);
	const segments = [await segmentOf('v0.pcap'), await segmentOf('persistence.pcap'), await segmentOf('seed-basic.pcap')];
	const checkpoints = [0, 1, 2].map(number => Buffer.alloc(1_500_000, `checkpoint ${number} ${crypto.randomUUID()}`));
	addSegment(folder, 7, segments[0]!, checkpoints[0]!);
	addSegment(folder, 8, segments[1]!, checkpoints[1]!);
	const {until} = sensorOf(context, broker, folder);
	await until(({segmentsBehind, counts}) => segmentsBehind === 0 && counts.frames > 0);

	// The third grows while it is published, block by block and torn between.
	fs.writeFileSync(segmentFile(folder, 9, 'checkpoint'), checkpoints[2]!);
	const whole = segments[2]!;
	fs.writeFileSync(segmentFile(folder, 9, 'pcapng'), whole.subarray(0, 5001));
	await until(({segmentsBehind}) => segmentsBehind === 0);

	const viewer = mirrorOf(context, broker);
	await viewer.mirror.begun;
	fs.appendFileSync(segmentFile(folder, 9, 'pcapng'), whole.subarray(5001));
	await viewer.mirror.complete;
	await untilSame(segmentFile(viewer.folder, 9, 'pcapng'), whole);
	for (const [index, number] of [7, 8, 9].entries()) {
		await untilSame(segmentFile(viewer.folder, number, 'checkpoint'), checkpoints[index]!);
		assert.deepEqual(read(viewer.folder, number, 'pcapng'), Buffer.from(segments[index]!), `segment ${number}`);
	}

	assert.deepEqual(viewer.problems, []);

	// A second viewer that comes late, with room for the newest only.
	const late = mirrorOf(context, broker, {mostOctets: whole.length + 1_600_000});
	await late.mirror.complete;
	await untilSame(segmentFile(late.folder, 9, 'pcapng'), whole);
	assert.equal(fs.existsSync(segmentFile(late.folder, 8, 'pcapng')), false, 'beyond its bound');
});

const withTcpdump = {...withBroker, skip: withBroker.skip || (spawnSync('tcpdump', ['--version']).error ? 'needs tcpdump' : false)};

test('each message stands by itself as a pcapng', withTcpdump, async context => {
	const broker = await startBroker(context);
	const folder = folderFor(context);
	const octets = await segmentOf('persistence.pcap');
	addSegment(folder, 1, octets.subarray(0, 0), new Uint8Array(0));
	const {until} = sensorOf(context, broker, folder);
	const half = Math.floor(octets.length / 2);
	fs.writeFileSync(segmentFile(folder, 1, 'pcapng'), octets.subarray(0, half));
	await until(({counts}) => counts.frames > 0);
	fs.appendFileSync(segmentFile(folder, 1, 'pcapng'), octets.subarray(half));
	await until(({counts}) => counts.frames === 442);

	const link = openLink({target: targetOf(broker), secrets, name: 'test', onState: () => undefined});
	context.after(async () => link.close());
	const consumer = await jetstream(await link.opened).consumers.get(streamOf('rack1'), {filter_subjects: framesOf('rack1'), deliver_policy: DeliverPolicy.All});
	const {unpackOctets} = await import('../../source/nats/packing.js');
	let frames = 0;
	let messages = 0;
	while (frames < 442) {
		const message = (await consumer.next())!;
		const file = path.join(folder, 'message.pcapng');
		fs.writeFileSync(file, unpackOctets(message.data, message.headers!.get('Content-Encoding')));
		const {stdout, status} = spawnSync('tcpdump', ['-n', '-r', file], {encoding: 'utf8'});
		assert.equal(status, 0);
		frames += stdout.trimEnd().split('\n').length;
		messages++;
	}

	assert.equal(frames, 442);
	assert.ok(messages >= 2);
});

test('a publisher that says nonsense of where its octets belong harms nothing but its own log', withBroker, async context => {
	const broker = await startBroker(context);
	const folder = folderFor(context);
	const octets = await segmentOf('v0.pcap');
	addSegment(folder, 3, octets, Buffer.from('checkpoint'));
	const {until, sensor} = sensorOf(context, broker, folder);
	await until(({checkpointed}) => checkpointed === 3);
	await sensor.close();
	const link = openLink({target: targetOf(broker), secrets, name: 'forger', onState: () => undefined});
	context.after(async () => link.close());
	const client = jetstream(await link.opened);
	const say = async (segment: string, offset: string, preamble: string) => {
		const about = headers();
		about.set('Ipvstop-Segment', segment);
		about.set('Ipvstop-Offset', offset);
		about.set('Ipvstop-Preamble', preamble);
		await client.publish(framesOf('rack1'), new Uint8Array(100), {headers: about});
	};

	await say('../../../etc/passwd', '0', '0');
	await say('3', '99999999999999', '0');
	await say('3', '0', '101');
	await say('-1', '0', '0');
	await say('3', String(octets.length + 50_000), '0');
	const viewer = mirrorOf(context, broker);
	await viewer.mirror.complete;
	await untilSame(segmentFile(viewer.folder, 3, 'pcapng'), octets);
	while (viewer.problems.length < 5) {
		await new Promise(resolve => {
			setImmediate(resolve);
		});
	}

	assert.deepEqual(fs.readdirSync(viewer.folder).sort(), ['00000003.checkpoint', '00000003.pcapng', 'lock']);
	assert.equal(viewer.problems.filter(text => text.endsWith('it does not say where it belongs')).length, 4);
	assert.equal(viewer.problems.at(-1), `segment 3 of rack1 lacks octets ${octets.length} to ${octets.length + 50_000}: what follows in it is left out`);
});

test('while the broker is away what waits is counted; when it is back, sensor and viewer go on without a gap', withBroker, async context => {
	const broker = await startBroker(context);
	const folder = folderFor(context);
	const octets = await segmentOf('persistence.pcap');
	fs.writeFileSync(segmentFile(folder, 1, 'checkpoint'), 'checkpoint');
	const half = Math.floor(octets.length / 2);
	fs.writeFileSync(segmentFile(folder, 1, 'pcapng'), octets.subarray(0, half));
	const {until} = sensorOf(context, broker, folder);
	await until(({checkpointed, waiting}) => checkpointed === 1 && waiting < 4096);
	const viewer = mirrorOf(context, broker);
	await viewer.mirror.begun;

	await broker.stop('SIGKILL');
	fs.appendFileSync(segmentFile(folder, 1, 'pcapng'), octets.subarray(half));
	const away = await until(({state, waiting}) => state === 'away' && waiting >= octets.length - half);
	assert.match(away.detail, / is gone$/v);
	await broker.start();
	const back = await until(({state, waiting}) => state === 'connected' && waiting === 0);
	assert.equal(back.lost, 0);
	await untilSame(segmentFile(viewer.folder, 1, 'pcapng'), octets);
	assert.deepEqual(viewer.problems, []);
});

test('segments that were deleted before they could be published are counted as lost, and told', withBroker, async context => {
	const broker = await startBroker(context);
	const folder = folderFor(context);
	const octets = await segmentOf('v0.pcap');
	addSegment(folder, 1, octets, Buffer.from('checkpoint'));
	const {until} = sensorOf(context, broker, folder);
	await until(({counts, segmentsBehind}) => counts.frames > 0 && segmentsBehind === 0);
	addSegment(folder, 4, octets, Buffer.from('checkpoint'));
	const {problem} = await until(({lost}) => lost === 2);
	assert.equal(problem, '2 segments of rack1 were deleted here before they could be published: there is a gap');
});

test('what a hostile publisher says as another site does not reach the log of this one', withBroker, async context => {
	const broker = await startBroker(context);
	const folder = folderFor(context);
	const octets = await segmentOf('v0.pcap');
	addSegment(folder, 3, octets, Buffer.from('checkpoint'));
	const {until} = sensorOf(context, broker, folder);
	await until(({checkpointed}) => checkpointed === 3);
	const link = openLink({target: targetOf(broker), secrets, name: 'forger', onState: () => undefined});
	context.after(async () => link.close());
	await ensureStream(await link.opened, 'rack2', defaultRetention);
	const client = jetstream(await link.opened);
	const about = headers();
	// Octets of a segment of the other site, at its place.
	for (const [name, value] of [['Segment', '3'], ['Offset', String(octets.length)], ['Preamble', '0'], ['Sent', '1']]) {
		about.set(`Ipvstop-${name}`, value!);
	}

	await client.publish(framesOf('rack2'), crypto.getRandomValues(new Uint8Array(5000)), {headers: about});
	await client.publish('ipvstop.rack2.checkpoint.head', JSON.stringify({version: 1, segment: 3, frames: 1, octets: 100, parts: [1, 1, 1, 99_999]}));
	await client.publish('ipvstop.rack2.index', '{"version":1}', {headers: about});
	const hostile = startMirror({link, site: 'rack2', folder: path.join(folderFor(context), 'log'), mostOctets: 2 ** 20, onState: () => undefined, onProblem: () => undefined});
	const viewer = mirrorOf(context, broker);
	await viewer.mirror.complete;
	await untilSame(segmentFile(viewer.folder, 3, 'pcapng'), octets);
	assert.deepEqual(viewer.problems, []);
	hostile.close();
});

test('a clock of a sensor that is an hour off is known from what it says of the time', withBroker, async context => {
	const broker = await startBroker(context);
	const link = openLink({target: targetOf(broker), secrets, name: 'test', onState: () => undefined});
	context.after(async () => link.close());
	const connection = await link.opened;
	await ensureStream(connection, 'rack1', defaultRetention);
	const differenceAfter = async (sent: string): Promise<number> => {
		const about = headers();
		about.set('Ipvstop-Sent', sent);
		await jetstream(connection).publish(framesOf('rack1'), new Uint8Array(3), {headers: about});
		return clockDifference(connection, 'rack1');
	};

	const hour = 3_600_000;
	assert.ok(Math.abs(await differenceAfter(String(Date.now() + hour)) + hour) < 60_000);
	assert.ok(Math.abs(await differenceAfter(String(Date.now() - hour)) - hour) < 60_000);
	assert.equal(await differenceAfter(String(Date.now())), 0);
	assert.equal(await differenceAfter('next Tuesday'), 0);
	assert.equal(differenceText(-hour * 1000), 'its clock is 60 min ahead: its times are shown by this host\'s');
});

/*
Who comes late: the fellow of test/log/late.test.ts. What a viewer has of a site is the sensor's log octet for octet, with its checkpoints; so its engine
must stand where one stands that never slept.
*/
test('a viewer that comes late over NATS is told of each takeover, with the figures of a monitor that never slept', {...withBroker, timeout: 240_000}, async context => {
	const {engineOfLog, readRest} = await import('../../source/engine/log-engine.js');
	const {createTableMemory} = await import('../../source/table/memory.js');
	const {openLog} = await import('../../source/log/folder.js');
	const broker = await startBroker(context);
	let takeovers = 0;
	for (const name of ['failover-graceful', 'failover-kill9', 'failover-linkloss', 'failover-nopreempt', 'failover-preempt', 'failover-reboot']) {
		const never = createTestEngine();
		await replayInto(never.engine.sink, capturePath(`${name}.pcap`));
		const site = name.replace('failover-', '');
		const folder = `${path.join(folderFor(context), 'log')}/`;
		const {code} = await runCli(['-r', capturePath(`${name}.pcap`), '-w', folder, '--list', '--no-config']);
		assert.equal(code, 0);
		const target = {...targetOf(broker), sites: [site]};
		const sensor = startSensor({target, secrets, folder, onChange: () => undefined});
		await sensor.close();
		const link = openLink({target, secrets, name: 'late', onState: () => undefined});
		const mirrored = `${path.join(folderFor(context), 'log')}/`;
		const mirror = startMirror({link, site, folder: mirrored, mostOctets: 2 ** 30, onState: () => undefined, onProblem: assert.ifError});
		await mirror.complete;
		const newest = listSegments(folder).at(-1)!;
		await untilSame(segmentFile(mirrored, newest, 'pcapng'), fs.readFileSync(segmentFile(folder, newest, 'pcapng')));
		mirror.close();
		await link.close();

		const log = openLog(mirrored);
		const late = engineOfLog(log, Infinity, {...testEngineOptions, memory: createTableMemory(testTableSizes)}, () => createTestEngine().engine);
		assert.ok(late.first !== undefined && late.engine.state.nowUs > 0, `${name}: it begins at a checkpoint`);
		readRest(log, late);
		assert.deepEqual(log.problems, []);
		const toldOf = ({engine}: {readonly engine: typeof late.engine}) => engine.failover().pairs.flatMap(pair => pair.takeovers.map(({id, atUs, kind, coverage, ownKept}) => ({id, atUs, kind, coverage, ownKept})));
		assert.deepEqual(toldOf(late), toldOf(never), name);
		takeovers += toldOf(late).length;
	}

	assert.ok(takeovers >= 8, `${takeovers} takeovers`);
});
