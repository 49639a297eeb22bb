/*
Many sites on one broker (nats-server on loopback): `node --import=tsx test/benchmark/sites.ts SITES SECONDS lines|screen`: a viewer that prints, or one that draws. Each site announces 1000 records a second of
10 000 sessions, in messages of 37 records. One sensor is the program, the others are what publishes in it, without a capture, in one process. Prints what the
sensor costs beside the same capture without it, what a viewer of all costs, how long a record takes from the wire to a viewer's line, and the disk of the broker.
*/
import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {createInterface} from 'node:readline';
import {test, type TestContext} from 'node:test';
import {setTimeout as pause} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {jetstreamManager} from '@nats-io/jetstream';
import {fullSight} from '../../source/capture/source.js';
import {segmentFile} from '../../source/log/folder.js';
import {createSegmentWriter} from '../../source/log/segment.js';
import {openLink, secretsOf} from '../../source/nats/connection.js';
import {ensureStream} from '../../source/nats/stream.js';
import {startSensor} from '../../source/nats/sensor.js';
import {streamOf} from '../../source/nats/subjects.js';
import {pcapOf} from '../capture/pcap-file.js';
import {startBroker} from '../nats/broker.js';
import {syncFrame} from '../support/flood.js';
import {start} from '../support/program.js';
import {openTerminal} from '../support/terminal.js';
import {recordV1} from '../wire/build.js';
import {median, p95, processorSeconds} from './figures.js';

const self = fileURLToPath(import.meta.url);
const sessions = 10_000;
const recordsOfMessage = 37;
const recordsPerSecond = 1000;
const stepMs = 5;

/** Messages of a site, one session after the other, over and over. */
const announcer = (site: number) => {
	let next = 0;
	let id = 0;
	return (records: number): Uint8Array => {
		const own = Array.from({length: records}, () => {
			const session = next++ % sessions;
			return recordV1({ports: [1024 + (session % 50_000), 443, 443], addresses: [`198.51.${site}.${session % 250}`, '203.0.113.10', '10.0.0.21']});
		});
		return syncFrame({source: `10.0.${site}.1`, id: id++ & 0xff_ff, records: own});
	};
};

const nowUs = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000);

/** So many records by now. */
const dueAfter = (startMs: number): number => Math.floor((performance.now() - startMs) * recordsPerSecond / 1000);

/** A capture on stdout, as tcpdump writes it. */
const writeFrames = async (): Promise<never> => {
	const announce = announcer(0);
	const startMs = performance.now();
	let sent = 0;
	let header = true;
	for (;;) {
		while (sent + recordsOfMessage <= dueAfter(startMs)) {
			const file = pcapOf([{timeUs: nowUs(), octets: announce(recordsOfMessage)}]);
			process.stdout.write(header ? file : file.subarray(24));
			header = false;
			sent += recordsOfMessage;
		}

		await pause(stepMs);
	}
};

/** Sensors without a capture: logs that grow by themselves, published as a sensor does. */
const publishSites = async (port: number, count: number, folder: string): Promise<never> => {
	const logs = Array.from({length: count}, (_, index) => {
		const site = `site${index + 1}`;
		const own = path.join(folder, site);
		fs.mkdirSync(own);
		const descriptor = fs.openSync(segmentFile(own, 1, 'pcapng'), 'a', 0o640);
		const writer = createSegmentWriter('bench', nowUs(), [{name: site, kind: 'file', state: 'up', detail: '', drops: 0, address: '', sight: fullSight}]);
		const target = {servers: [`127.0.0.1:${port}`], isTls: false, sites: [site]};
		const sense = async () => {
			// A broker sets aside what a stream may become: a gigabyte for each is more than a disk for tests has.
			const link = openLink({target, secrets: secretsOf({}), name: site, onState: () => undefined});
			await ensureStream(await link.opened, site, {octets: 2 ** 26, ageMs: 3_600_000});
			await link.close();
			startSensor({
				target, secrets: secretsOf({}), folder: own,
				onChange({problem}) {
					if (problem !== '') {
						console.error(problem);
					}
				},
			});
		};

		void sense();
		return {descriptor, writer, announce: announcer(index + 1), sent: 0};
	});
	const startMs = performance.now();
	for (;;) {
		for (const log of logs) {
			for (; log.sent + recordsOfMessage <= dueAfter(startMs); log.sent += recordsOfMessage) {
				const octets = log.announce(recordsOfMessage);
				log.writer.packet({view: new DataView(octets.buffer), offset: octets.byteOffset, length: octets.length, originalLength: octets.length, timeUs: nowUs(), linkType: 1, place: 0});
			}

			const written = log.writer.take();
			if (written) {
				fs.writeSync(log.descriptor, written);
			}
		}

		await pause(stepMs);
	}
};

const residentMiB = (pid: number): number => Math.round(Number(/VmRSS:\s+(\d+)/v.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024);

const endWith = (context: TestContext, child: ChildProcess): ChildProcess => {
	context.after(() => {
		child.kill('SIGKILL');
	});
	return child;
};

const [, , role = '50', first = '30', second = 'lines', third = ''] = process.argv;
if (role === 'frames') {
	await writeFrames();
} else if (role === 'publish') {
	await publishSites(Number(first), Number(second), third);
} else {
	const sites = Number(role);
	const seconds = Number(first);
	// eslint-disable-next-line node-test/no-conditional-tests -- of three roles of this file this one is the bench
	test('many sites', async context => {
		const broker = await startBroker(context);
		const state = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-sites-'));
		context.after(() => {
			fs.rmSync(state, {recursive: true, force: true});
		});
		const url = `nats://127.0.0.1:${broker.port}`;
		const capture = ['--no-config', '--events', '--via', `site0=${process.execPath} --import=tsx ${self} frames`];
		const plain = endWith(context, start([...capture, 'event=takeover']));
		const logging = endWith(context, start([...capture, '-w', path.join(state, 'log/'), 'event=takeover']));
		const sensor = endWith(context, start([...capture, '-w', `${url}/site0`, 'event=takeover'], {environment: {STATE_DIRECTORY: state}}));
		endWith(context, spawn(process.execPath, ['--import=tsx', self, 'publish', String(broker.port), String(sites - 1), state], {stdio: 'inherit'}));
		await pause(15_000); // A segment without a checkpoint is named after ten seconds.
		const delays: number[] = [];
		const screen = second === 'screen' ? openTerminal(['--no-config', '-r', `${url}/*`], {columns: 140, rows: 40}) : undefined;
		const lines = screen ? undefined : endWith(context, start(['--no-config', '--records', '--json', '-r', `${url}/*`, 'segment=site0']));
		if (lines) {
			createInterface({input: lines.stdout!}).on('line', line => {
				delays.push(Date.now() - Date.parse((JSON.parse(line) as {time: string}).time));
			});
			await once(lines.stdout!, 'data');
		}

		await screen?.until(text => text.includes('site'));
		await pause(15_000);
		delays.length = 0;
		const watched = {plain: plain.pid!, logging: logging.pid!, sensor: sensor.pid!, viewer: lines?.pid ?? screen!.pid};
		const before = Object.values(watched).map(pid => processorSeconds(pid));
		const startMs = performance.now();
		await pause(seconds * 1000);
		const passed = (performance.now() - startMs) / 1000;
		const shares = Object.fromEntries(Object.entries(watched).map(([name, pid], index) => [name, `${(100 * (processorSeconds(pid) - before[index]!) / passed).toFixed(1)} %`]));
		const link = openLink({target: {servers: [`127.0.0.1:${broker.port}`], isTls: false, sites: ['site0']}, secrets: secretsOf({}), name: 'bench', onState: () => undefined});
		const manager = await jetstreamManager(await link.opened);
		const {state: stream} = await manager.streams.info(streamOf('site1'));
		const span = (Date.parse(stream.last_ts) - Date.parse(stream.first_ts)) / 1000;
		console.log(JSON.stringify({
			sites, seconds: passed, cores: shares, lines: delays.length, delayMs: {median: median(delays), p95: p95(delays), most: Math.max(...delays)},
			viewerMiB: residentMiB(watched.viewer), diskMBPerMillionRecords: Math.round(stream.bytes / (span * recordsPerSecond)), top: screen?.lines().slice(0, 8),
		}, undefined, 1));
		await link.close();
		screen?.kill('SIGKILL');
	});
}
