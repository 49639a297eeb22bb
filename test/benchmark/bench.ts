/*
Speed and size, each beside its reference, measured in turn in one session: CPU time, user and system, medians.

    npm run bench                  all figures, five million records and a million sessions; takes minutes
    npm run bench -- --small       the same with two fifths of that, for machines that run tests

What is measured is bundled as the program is. What was tried, and left: readme.md beside this.

    npm run bench -- --json        one line per figure
    npm run bench -- --generate FILE --records N --sessions M [--ipv6 PERCENT]
*/
import {existsSync, mkdtempSync, rmSync, statSync} from 'node:fs';
import {cpus, loadavg, tmpdir} from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {capture as testCapture, program as built} from '../support/program.js';
import {bundled, compile, cpuSecondsOf, exists, measure, measureProgram} from './child.js';
import {figure, formatFigure, isBroken, median, spreadOf, type Figure, type StartTimes} from './figures.js';
import {generateCapture} from './generate.js';

const {values: flags} = parseArgs({
	options: {
		json: {type: 'boolean', default: false},
		small: {type: 'boolean', default: false},
		generate: {type: 'string'},
		records: {type: 'string'},
		sessions: {type: 'string'},
		ipv6: {type: 'string', default: '0'},
	},
});

const sizes = flags.small
	? {records: 2_000_000, sessions: 400_000, runs: 3, most: 1_000_000}
	: {records: 5_000_000, sessions: 1_000_000, runs: 5, most: 4_000_000};

const load = {
	records: Number(flags.records ?? sizes.records),
	sessions: Number(flags.sessions ?? sizes.sessions),
	ipv6Percent: Number(flags.ipv6),
};

if (!(load.records > 0 && load.sessions > 0 && load.sessions <= load.records * 0.6 && load.ipv6Percent >= 0 && load.ipv6Percent <= 100)) {
	console.error('Cannot make that load: --sessions may be at most 0.6 of --records, --ipv6 is 0 to 100.');
	process.exit(2);
}

if (flags.generate) {
	const messages = generateCapture(flags.generate, load);
	console.log(`${flags.generate}: ${messages} messages, ${load.records} records, ${load.sessions} sessions, ${statSync(flags.generate).size} octets`);
	process.exit(0);
}

type Work = {readonly cpuUs: number; readonly records: number; readonly sessions: number};

const folder = mkdtempSync(path.join(tmpdir(), 'ipvstop-bench-'));
const inFolder = (name: string): string => path.join(folder, name);
const capture = inFolder('load.pcap');
const tiny = inFolder('tiny.pcap');
const warmUp = inFolder('warm-up.pcap');

const say = (line: string): void => {
	if (!flags.json) {
		console.log(line);
	}
};

const figures: Figure[] = [];
const add = (found: Figure): void => {
	figures.push(found);
	console.log(flags.json ? JSON.stringify(found) : formatFigure(found));
};

/** Runs all in turn, so that a busy machine is busy for each. Medians. */
const inTurn = async (measurements: ReadonlyMap<string, () => Promise<number>>): Promise<(name: string) => number> => {
	const all = new Map([...measurements.keys()].map(name => [name, [] as number[]]));
	for (let run = 0; run < sizes.runs; run++) {
		for (const [name, once] of measurements) {
			all.get(name)!.push(await once());
		}
	}

	return name => median(all.get(name)!);
};

const checked = ({cpuUs, records, sessions}: Work): number => {
	if (records !== load.records || sessions !== load.sessions) {
		throw new Error(`Counted ${records} records and ${sessions} sessions of ${load.records} and ${load.sessions}`);
	}

	return cpuUs / 1e6;
};

const rate = (seconds: number): string => `${(load.records / seconds / 1e6).toFixed(2)} M records/s`;

const tsharkFields = [
	'frame.time_epoch', 'ip.src', 'ipvs.syncid', 'ipvs.proto', 'ipvs.caddr', 'ipvs.cport', 'ipvs.vaddr', 'ipvs.vport',
	'ipvs.daddr', 'ipvs.dport', 'ipvs.state',
];
const tsharkOn = (file: string): string[] => ['tshark', '-n', '-r', file, '-Y', 'ipvs', '-T', 'fields', ...tsharkFields.flatMap(field => ['-e', field])];

const ours = ['ours-file.ts', 'ours-updates.ts', 'ours-resident.ts', 'ours-pauses.ts', 'ours-query.ts', 'reference-map.ts'] as const;

const tables = async (): Promise<void> => {
	const [hasTshark, hasCompiler] = [await exists('tshark'), await exists('gcc')];
	const program = inFolder('reference');
	if (hasCompiler) {
		await compile('reference.c', program);
	}

	// Neither start-up counts: ours is measured after the imports, tshark's on a file of one message
	const startUp = hasTshark ? median([await cpuSecondsOf(tsharkOn(tiny)), await cpuSecondsOf(tsharkOn(tiny)), await cpuSecondsOf(tsharkOn(tiny))]) : 0;
	const seconds = await inTurn(new Map([
		['file', async () => checked(await run<Work>('ours-file.ts', [capture]))],
		['updates', async () => checked(await run<Work>('ours-updates.ts', [capture, warmUp]))],
		['map', async () => checked(await run<Work>('reference-map.ts', [capture, warmUp]))],
		...(hasTshark ? [['tshark', async () => await cpuSecondsOf(tsharkOn(capture)) - startUp] as const] : []),
		...(hasCompiler ? [['c', async () => checked(await measureProgram<Work>(program, [capture, String(load.sessions)]))] as const] : []),
	]));
	const [file, updates, map] = [seconds('file'), seconds('updates'), seconds('map')];
	if (hasTshark) {
		const tshark = seconds('tshark');
		add(figure('capture file to table, against tshark -T fields', tshark / file, 16, 'x', `ours ${rate(file)}, tshark ${rate(tshark)} for ${tsharkFields.length} fields`, 5));
	} else {
		say('skip file to table against tshark: no tshark here');
	}

	add(figure('record updates, against a Map of objects', map / updates, 25, 'x', `ours ${rate(updates)}, Map ${rate(map)}`, 8));
	if (hasCompiler) {
		const c = seconds('c');
		add(figure('record updates, against C with prefetch', c / updates, 0.6, 'x', `ours ${rate(updates)}, C ${rate(c)}, which keeps no changes, rates or references`, 0.2));
	} else {
		say('skip record updates against C: no gcc here');
	}
};

/** The same work on tables of other sizes, and where a director is known by its messages alone. */
const sizesOfTables = async (): Promise<void> => {
	const few = {records: 2_000_000, sessions: 10_000, ipv6Percent: 0};
	const many = {records: sizes.most * 2, sessions: sizes.most, ipv6Percent: 0};
	const files = {few: inFolder('few.pcap'), silent: inFolder('silent.pcap'), many: inFolder('many.pcap')};
	generateCapture(files.few, few);
	generateCapture(files.silent, {...few, adverts: false});
	generateCapture(files.many, many);
	const eachUs = async (file: string, {records}: {readonly records: number}): Promise<number> => {
		const {cpuUs} = await run<Work>('ours-updates.ts', [file, tiny, String(2 * sizes.most)]);
		return cpuUs / records;
	};

	const us = await inTurn(new Map([
		['few', async () => eachUs(files.few, few)],
		['silent', async () => eachUs(files.silent, few)],
		['many', async () => eachUs(files.many, many)],
	]));
	add(figure('cost of a record, 10 k sessions against the most', us('few') / us('many'), 0.5, 'x', `10000 sessions ${us('few').toFixed(3)} us, ${sizes.most} sessions ${us('many').toFixed(3)} us`, 0.1));
	add(figure('cost of a record, with adverts against without', us('few') / us('silent'), 0.9, 'x', `with ${us('few').toFixed(3)} us, without ${us('silent').toFixed(3)} us; 10000 sessions`));
};

const resident = async (): Promise<void> => {
	const {octetsEach, ringOctets} = await run<{octetsEach: number; ringOctets: number}>('ours-resident.ts', [capture, warmUp], ['--expose-gc']);
	add(figure('resident octets per session', octetsEach, 80, 'B', `${load.sessions} sessions; the rings of changes and departed sessions, up to ${(ringOctets / 2 ** 20).toFixed(0)} MiB whatever their number, stand beside them`));
};

const pauses = async (): Promise<void> => {
	const runs: number[] = [];
	for (let round = 0; round < sizes.runs; round++) {
		const {longestMs} = await run<{longestMs: number}>('ours-pauses.ts', [capture]);
		runs.push(longestMs);
	}

	// The clock goes on while the machine runs something else: a single run tells of the machine as much as of the collector.
	add(figure('longest pause of the garbage collector', median(runs), 5, 'ms', `replaying ${load.records} records; of each run ${runs.map(ms => ms.toFixed(1)).join(', ')} ms`));
};

const frames = async (): Promise<void> => {
	// Without it React keeps its development build.
	process.env['NODE_ENV'] = 'production';
	const {timesOnly, figures: moving, replaced, large} = await measure<{timesOnly: number; figures: number; replaced: number; large: number}>('screen-frames.tsx', []);
	add(figure('frame 80x24 at 1 Hz, only the time columns moving', timesOnly, 346, 'B', 'octets written per frame, median of 10'));
	add(figure('frame 80x24 at 1 Hz, every figure of header and panels too', moving, 590, 'B', '30 new sessions a second'));
	add(figure('frame 80x24 at 1 Hz, all rows replaced', replaced, 1340, 'B', 'a page further each second'));
	add(figure('frame 200x60, all countdowns changing', large, 2500, 'B', 'panels of 32 virtual services above'));
};

const keyPresses = async (): Promise<void> => {
	if (!existsSync(built)) {
		say('skip key press to frame: npm run build first');
		return;
	}

	const {busyP95, busyCount, stillP95, stillCount} = await measure<{busyP95: number; busyCount: number; stillP95: number; stillCount: number}>('screen-keys.ts', [capture]);
	add(figure('key press to frame, the file read as fast as can be', busyP95, 25, 'ms', `p95 of ${busyCount} keys, wall clock, two threads reading; afterwards ${stillP95.toFixed(0)} ms (${stillCount} keys)`));
};

const starts = async (): Promise<void> => {
	if (!existsSync(built)) {
		say('skip start: npm run build first');
		return;
	}

	const {node, help, ...sources} = await measure<StartTimes>('start-times.ts', [testCapture('failover-graceful.pcap')]);
	const words = ({medianMs, p95Ms, coldMs}: StartTimes['help']): string => `${medianMs.toFixed(0)} (p95 ${p95Ms.toFixed(0)}, the first ever ${coldMs.toFixed(0)})`;
	const conditions = `wall clock, median of 15, load ${loadavg()[0]!.toFixed(1)}`;
	add(figure('--help, beyond node -e 0', help.medianMs - node.medianMs, 20, 'ms', `${words(help)} against ${words(node)}; ${conditions}`));
	const slowest = Math.max(...Object.values(sources).map(({medianMs}) => medianMs));
	add(figure('first frame, beyond node -e 0', slowest - node.medianMs, 150, 'ms', `the slowest of --demo ${words(sources.demo)}, -r ${words(sources.read)}, -j ${words(sources.joined)}; ${conditions}`));
};

const queries = async (): Promise<void> => {
	const {worstMs, worst, firstMs, first, leastRatio, leastRatioOf} = await run<{
		worstMs: number; worst: string; firstMs: number; first: string; leastRatio: number; leastRatioOf: string;
	}>('ours-query.ts', [capture]);
	add(figure('60 rows at any offset, sort and filter', worstMs, 8, 'ms', `${load.sessions} sessions; the slowest: ${worst}; as typed, before anything is compiled, at most ${firstMs.toFixed(0)} ms: ${first}`));
	add(figure('60 rows, against sorting all as objects', leastRatio, 6, 'x', `the closest: ${leastRatioOf}`));
};

const run = await bundled(ours, folder);

/** What one loop says of the machine: its own times differ by what runs beside it. */
const quietWords = (): string => `a loop alone takes times that differ by ${(spreadOf() * 100).toFixed(0)} %, on a quiet machine by less than 10`;

try {
	const {length: cores, 0: cpu} = cpus();
	say(`${cpu?.model ?? 'unknown CPU'}, ${cores} cores; Node ${process.versions.node}; load ${loadavg().map(value => value.toFixed(1)).join(' ')}; ${quietWords()}`);
	generateCapture(tiny, {records: 40, sessions: 10, ipv6Percent: 0});
	generateCapture(warmUp, {records: 100_000, sessions: 50_000, ipv6Percent: load.ipv6Percent});
	const messages = generateCapture(capture, load);
	say(`${load.records} records, ${load.sessions} sessions, ${load.ipv6Percent} % IPv6, ${messages} messages, ${(statSync(capture).size / 1e6).toFixed(0)} MB; CPU seconds, median of ${sizes.runs} runs in turn`);
	for (const rows of [tables, sizesOfTables, resident, pauses, queries, frames, keyPresses, starts]) {
		await rows();
	}

	say(`load at the end ${loadavg().map(value => value.toFixed(1)).join(' ')}; ${quietWords()}`);
} finally {
	rmSync(folder, {recursive: true, force: true});
}

process.exitCode = figures.some(isBroken) ? 1 : 0;
