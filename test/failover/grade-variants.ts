/*
Grades what the desk tells of every run, of every variant of it (`variants.ts`) and of two variants at once:
`node --import=tsx test/failover/grade-variants.ts [OPTION…] FOLDER|FILE…`. Without the program around the desk, so that hundreds take a minute or two.
Prints a line for each takeover that is not told right and in time, and each that is invented; then a table of all.

--kind TEXT   variants whose name is it, such as `no-vrrp` or `no-reports/forged-zero`
--only TEXT   runs whose name has it
--json FILE   every takeover as data
--plain       no two variants at once
*/
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {parseArgs} from 'node:util';
import {pcapOf} from '../capture/pcap-file.js';
import {deskEventsOf} from './desk-run.js';
import {readRun, type Run, type Truth} from './lab-truth.js';
import {markOf, matchTakeovers, readEvent, type Mark} from './marks.js';
import {takeoversOf, type ToldEvent} from './told.js';
import {mergedOf, variantsOf} from './variants.js';
import {type Frame} from './wire-facts.js';

const {values: options, positionals} = parseArgs({
	allowPositionals: true,
	options: {kind: {type: 'string'}, only: {type: 'string', default: ''}, json: {type: 'string'}, plain: {type: 'boolean', default: false}},
});

const second = 1_000_000;
const lateSeconds = 1.5;
const soonUs = 16 * second;

type Graded = {
	readonly run: string; readonly kind: string; readonly vips: string; readonly at: string; readonly move: string; readonly open: number; readonly resets: number;
	readonly toldSeconds: number | undefined; readonly event: Mark; readonly account: Mark; readonly again: number; readonly said: string;
};

const clock = (timeUs: number): string => new Date(timeUs / 1000).toISOString().slice(11, 23);

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-variants-'));

const toldOf = async (frames: readonly Frame[] | undefined, capture: string): Promise<ToldEvent[]> => {
	const file = frames ? path.join(folder, 'variant.pcap') : capture;
	if (frames) {
		fs.writeFileSync(file, pcapOf(frames));
	}

	const events = await deskEventsOf(file);
	return events.map(({timeUs, ...rest}) => ({...rest, time: new Date(timeUs / 1000).toISOString()}));
};

const gradeFrames = async (run: Run, kind: string, frames: readonly Frame[] | undefined, truth: Truth): Promise<{rows: Graded[]; invented: string[]}> => {
	const {graded, invented} = matchTakeovers({...run, ...truth}, takeoversOf(await toldOf(frames, run.capture)));
	const rows = graded.map(({truth: one, told, again}): Graded => {
		const open = one.open ?? told?.held ?? 0;
		const account = told?.accounts.findLast(({timeUs, expected}) => expected && timeUs < one.timeUs + soonUs);
		const text = (expected: typeof account) => expected?.expected ? `${expected.expected.resets}|${expected.expected.otherwise ?? ''} ${expected.expected.sureness}` : '-';
		const event = told ? markOf(readEvent(told.expected), one.resets, open) : 'missed';
		return {
			run: run.name, kind, vips: one.vips.join('+'), at: clock(one.timeUs), move: `${one.from.at(-1)!.slice(-2)}>${one.to.at(-1)!.slice(-2)}`, open, resets: one.resets,
			toldSeconds: told && Math.max(0, (told.toldUs - one.firstSignUs) / second), event, account: account ? markOf(readEvent(account.expected), one.resets, open) : event,
			again: again.length, said: told ? `${told.kind} held ${told.held} event ${text({timeUs: 0, expected: told.expected})} account ${text(account)} ${told.evidence}` : '',
		};
	});
	return {rows, invented: invented.map(one => `${run.name} ${kind} INVENTED ${one.kind} ${one.from} > ${one.to} at ${clock(one.atUs)}, told ${clock(one.toldUs)}, held ${one.held}, ${one.vips?.join('+')}, ${JSON.stringify(one.expected)} ${one.evidence}`)};
};

const captures = positionals.flatMap(place => fs.statSync(place).isDirectory() ? fs.readdirSync(place).filter(file => file.endsWith('.pcap')).toSorted().map(file => path.join(place, file)) : [place]);
const runs = captures.flatMap(capture => readRun(capture) ?? []).filter(({takeovers}) => takeovers.length > 0);
const rows: Graded[] = [];
const invented: string[] = [];
const grade = async (run: Run, kind: string, frames: readonly Frame[] | undefined, truth: Truth) => {
	if (options.kind !== undefined && options.kind !== kind) {
		return;
	}

	const found = await gradeFrames(run, kind, frames, truth);
	rows.push(...found.rows);
	invented.push(...found.invented);
	for (const row of found.rows) {
		const isFine = row.event === 'right' && row.account === 'right' && row.again === 0 && (row.toldSeconds ?? Infinity) <= lateSeconds;
		if (!isFine) {
			process.stdout.write(`${row.run} ${row.kind} ${row.vips} ${row.move} ${row.at} open ${row.open} resets ${row.resets} told ${row.toldSeconds?.toFixed(2) ?? '-'} event ${row.event} account ${row.account}${row.again > 0 ? ' AGAIN' : ''}: ${row.said}\n`);
		}
	}

	process.stdout.write(found.invented.map(one => `${one}\n`).join(''));
};

const hearing = options.plain ? [] : ['no-vrrp', 'flooded', 'no-reports'];

/** Both as pairs of one segment. */
const gradeMerged = async (run: Run, other: Run) => {
	for (const oneVrid of [false, true]) {
		const merged = mergedOf(run, other, {oneVrid});
		if (!merged) {
			continue;
		}

		const name = oneVrid ? 'merged-one-vrid' : 'merged';
		const both = {...run, name: `${run.name}+${other.name}`, ...merged.truth};
		await grade(both, name, merged.frames, merged.truth);
		for (const [kind, {frames, truth}] of hearing.length === 0 ? [] : variantsOf(both, merged.frames)) {
			if (hearing.includes(kind)) {
				await grade(both, `${name}/${kind}`, frames, truth);
			}
		}
	}
};

for (const [index, run] of runs.entries()) {
	if (!run.name.includes(options.only)) {
		continue;
	}

	await grade(run, 'as it was', undefined, run);
	const variants = variantsOf(run);
	for (const [kind, {frames, truth}] of variants) {
		await grade(run, kind, frames, truth);
	}

	for (const heard of hearing) {
		const less = variants.get(heard);
		for (const [kind, {frames, truth}] of less ? variantsOf({...run, ...less.truth}, less.frames) : []) {
			// Two of them in one order only; and adverts are flooded before reports are left out, which say who died.
			if (!hearing.slice(0, hearing.indexOf(heard) + 1).includes(kind) && kind !== 'flooded') {
				await grade(run, `${heard}/${kind}`, frames, truth);
			}
		}
	}

	// With the next runs, so that each is beside another kind.
	for (const step of options.plain ? [1] : [1, 3]) {
		await gradeMerged(run, runs[(index + step) % runs.length]!);
	}
}

fs.rmSync(folder, {recursive: true});
const count = (of: readonly Graded[], column: 'event' | 'account', mark: Mark): string => String(of.filter(row => row[column] === mark).length).padStart(5);
const marks = ['right', 'cannot tell', 'WRONG'] as const;
const lineOf = (kind: string, of: readonly Graded[], more: number): string => {
	const again = of.filter(row => row.again > 0).length;
	const late = of.filter(({toldSeconds}) => (toldSeconds ?? 0) > lateSeconds).length;
	const figures = [String(of.length).padStart(5), ...marks.map(mark => count(of, 'event', mark)), ' ', ...marks.map(mark => count(of, 'account', mark)), ' ', count(of, 'event', 'missed'), ...[more, again, late].map(one => String(one).padStart(5))];
	return `${kind.padEnd(34)} ${figures.join(' ')}\n`;
};

process.stdout.write(`${'variant'.padEnd(34)}     n right  open wrong   right  open wrong   missed inv. again  late (right, cannot tell, wrong: at once, then by the last account in 16 s)\n`);
for (const [kind, of] of Map.groupBy(rows, row => row.kind)) {
	process.stdout.write(lineOf(kind, of, invented.filter(text => text.split(' ')[1] === kind).length));
}

process.stdout.write(lineOf('all', rows, invented.length));
if (options.json !== undefined) {
	fs.writeFileSync(options.json, JSON.stringify({rows, invented}, undefined, '\t'));
}
