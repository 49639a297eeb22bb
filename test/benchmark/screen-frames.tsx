/*
What the screen writes per frame, drawn by Ink into a stream that counts. The table is filled and changed by the table's own writer;
a frame is drawn for every second of its clock. Prints one line of JSON: octets and CPU milliseconds per frame, medians over the frames of a case.
*/
import {PassThrough, Writable} from 'node:stream';
import {setTimeout as pause} from 'node:timers/promises';
import {render} from 'ink';
import {App} from '../../source/screen/app.js';
import {type Director} from '../../source/desk/facts/director.js';
import {emptyFailover} from '../../source/desk/facts/failover.js';
import {type Monitor} from '../../source/engine/monitor.js';
import {createPlayer} from '../../source/sample/player.js';
import {createSampler} from '../../source/sample/sampler.js';
import {type Status} from '../../source/engine/status.js';
import {createTally} from '../../source/engine/tally.js';
import {createTableMemory} from '../../source/table/memory.js';
import {type TableMessage} from '../../source/table/write/table-message.js';
import {createTableWriter} from '../../source/table/write/writer.js';
import {unnamed} from '../../source/text/alias-names.js';
import {blockGlyphs} from '../../source/text/glyphs.js';
import {createRecordBatch, recordWords} from '../../source/wire/sync/record-batch.js';
import {median} from './figures.js';
import {createWorkload, fillRecord} from './workload.js';

const startUs = 1_795_000_000_000_000;
const second = 1_000_000;
const frames = Number(process.env['FRAMES'] ?? 12);
const frameMs = 120;

const director = {
	index: 0, segment: 0, address: '10.255.0.2', family: 4, bit: 0, known: true, firstUs: startUs, lastUs: startUs, messages: 0, records: 0, lostMessages: 0, restarts: 0,
	firstSyncUs: startUs, lastSyncUs: startUs, version: 1, syncid: 51, port: 8848, lastAdvertUs: startUs, vrid: 51, priority: 150, intervalMs: 1000, masterSinceUs: startUs,
	listeningSinceUs: 0, listeningEvidence: 'none', instances: [],
} as unknown as Director & {records: number; lastSyncUs: number; lastAdvertUs: number};

type Stage = {
	readonly octets: () => number;
	/** One second later: new sessions, renewals. */
	step(births: number): void;
	/** Keys, by their octets. */
	type(keys: string): void;
	close(): Promise<void>;
};

const openStage = async (columns: number, rows: number, sessions: number, quietSeconds: number): Promise<Stage> => {
	const memory = createTableMemory({maxSessions: 200_000, changeCapacity: 65_536});
	const table = createTableWriter(memory, {seed: 1});
	const batch = createRecordBatch();
	const message: TableMessage = {
		view: new DataView(new ArrayBuffer(0)), offset: 0, nowUs: startUs, segment: 0, director: 0, directorBit: 0, known: true, sentMask: 2, partial: false,
	};
	const load = createWorkload({sessions, records: sessions, birthsUntil: 1, stateChanges: 0});
	let nowUs = startUs;
	while (load.next(batch)) {
		nowUs += 4000;
		Object.assign(message, {nowUs});
		table.apply(batch, message);
	}

	// Rates are of up to five minutes: after these nothing but time moves.
	nowUs += quietSeconds * second;
	table.expire(nowUs);
	const status = (): Status => ({
		description: 'eth1 224.0.0.81:8848', sinceUs: startUs, wallOffsetUs: 0,
		places: [{name: 'eth1', state: 'up', detail: '', drops: 0, sight: {sync: true, vrrp: true, arp: true, groupReports: true}, kind: 'libpcap', address: '10.255.0.9/24'}],
		segments: ['eth1'], directors: [director], failover: emptyFailover, tally: {...createTally(), messages: 1}, limits: [], span: {firstUs: startUs, lastUs: nowUs}, replay: undefined,
	}) as unknown as Status;
	const monitor = {
		memory, records: undefined, started: Promise.resolve(), ended: new Promise<never>(() => {}), hasEnded: () => false, end: () => undefined, status,
		subscribe: () => () => {}, send() {}, async close() {},
	} as unknown as Monitor;

	let octets = 0;
	const stdout = Object.assign(new Writable({
		write(chunk: Buffer | string, _encoding, done) {
			octets += Buffer.byteLength(chunk);
			done();
		},
	}), {columns, rows, isTTY: true});
	const stdin = Object.assign(new PassThrough(), {isTTY: true, setRawMode: () => stdin, ref: () => stdin, unref: () => stdin});
	const player = createPlayer(monitor, {reopen: () => monitor, survey: () => monitor});
	const sampler = createSampler(player, {intervalMs: frameMs, aliases: new Map(), ownEvents: () => []});
	const instance = render(<App
		filter='' saved={new Map()} chosenColumns={undefined} localTime={false} intervalSeconds={1} target='' color glyphs={blockGlyphs} naming={unnamed} sampler={sampler} player={player} hasKeys save={async () => ''}
	/>, {stdout: stdout as unknown as NodeJS.WriteStream, stdin: stdin as unknown as NodeJS.ReadStream, interactive: true, incrementalRendering: true, maxFps: 30, exitOnCtrlC: false, patchConsole: false});
	let born = sessions;
	await pause(frameMs * 4);

	return {
		octets: () => octets,
		step(births) {
			nowUs += second;
			Object.assign(message, {nowUs});
			if (births > 0) {
				for (let index = 0; index < births; index++) {
					fillRecord(batch.words, index * recordWords, born++, false, 1, 900);
				}
			}

			if (births > 0) {
				batch.count = births;
				table.apply(batch, message);
				director.records += births;
				director.lastSyncUs = nowUs;
			}

			director.lastAdvertUs = nowUs - 400_000;
			table.expire(nowUs);
		},
		type(keys) {
			stdin.write(keys);
		},
		async close() {
			instance.unmount();
			sampler.close();
			await player.close();
		},
	};
};

/** Octets of each frame of a case, one frame per second of the table. */
const measureCase = async (columns: number, rows: number, each: (stage: Stage, frame: number) => void, quietSeconds = 0): Promise<{readonly octets: number; readonly cpuMs: number}> => {
	const stage = await openStage(columns, rows, 5000, quietSeconds);
	const sizes: number[] = [];
	const times: number[] = [];
	for (let frame = 0; frame < frames; frame++) {
		const from = stage.octets();
		const before = process.cpuUsage();
		each(stage, frame);
		await pause(frameMs * 2);
		const {user, system} = process.cpuUsage(before);
		sizes.push(stage.octets() - from);
		// Two frames are drawn in that time: the second finds nothing new.
		times.push((user + system) / 1000);
	}

	await stage.close();
	if (median(sizes.slice(2)) === 0) {
		throw new Error('Nothing was drawn: the screen broke.');
	}

	return {octets: median(sizes.slice(2)), cpuMs: median(times.slice(2))};
};

const timesOnly = await measureCase(80, 24, stage => {
	stage.step(0);
}, 330);
const figures = await measureCase(80, 24, stage => {
	stage.step(30);
});
const replaced = await measureCase(80, 24, stage => {
	stage.step(30);
	stage.type('\u0006');
});
const large = await measureCase(200, 60, stage => {
	stage.step(0);
}, 330);
const cases = {timesOnly, figures, replaced, large};
const cpuMs = Object.fromEntries(Object.entries(cases).map(([name, {cpuMs: one}]) => [name, Math.round(one * 100) / 100]));
console.log(JSON.stringify({timesOnly: timesOnly.octets, figures: figures.octets, replaced: replaced.octets, large: large.octets, cpuMs}));
process.exit(0);
