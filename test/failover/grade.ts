/*
Grades what the program tells of takeovers against what happened: `node --import=tsx test/failover/grade.ts [OPTION…] FOLDER|FILE…`, over the built program.
A run is a capture with the log of its clients beside it (`lab-truth.ts` says in which forms). Prints a line for each takeover and totals.

--events      no screens: a third of the time
--screens DIR the screens that were graded, each a file
--json FILE   the same as data
--wire        below each line that is not right: what was on the wire around that takeover, and what was told
--only TEXT   runs whose name has it
--brief       no lines of takeovers that are told right and in time
*/
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {parseArgs} from 'node:util';
import {readRun, type Run} from './lab-truth.js';
import {markOf, matchTakeovers, readEvent, readLine, type Graded, type Mark} from './marks.js';
import {screenAt, takeoversOf, toldEvents, verdictLine, type ToldEvent, type ToldTakeover} from './told.js';
import {type DatedFact} from './wire-facts.js';

const {values: options, positionals} = parseArgs({
	allowPositionals: true,
	options: {events: {type: 'boolean'}, screens: {type: 'string'}, json: {type: 'string'}, wire: {type: 'boolean'}, only: {type: 'string', default: ''}, brief: {type: 'boolean'}},
});

const columns = ['event', 'account', 'line1', 'line10'] as const;
const nameWidth = 26;

type Row = {
	readonly run: string;
	readonly vips: string;
	readonly move: string;
	readonly at: string;
	readonly open: string;
	readonly resets: number;
	/** Seconds after the first sign. */
	readonly told: number | undefined;
	readonly marks: Readonly<Record<typeof columns[number], Mark | '-'>>;
	readonly said: string;
	readonly lines: readonly string[];
	readonly again: number;
};

const captures = positionals.flatMap(place => fs.statSync(place).isDirectory()
	? fs.readdirSync(place).filter(file => file.endsWith('.pcap')).toSorted().map(file => path.join(place, file))
	: [place]).filter(file => path.basename(file).includes(options.only));

const second = 1_000_000;
const clock = (timeUs: number): string => new Date(timeUs / 1000).toISOString().slice(11, 23);

const lateLimitSeconds = 1.5;

const lineAfter = async (run: Run, {truth, told}: Graded, seconds: number): Promise<string | undefined> => {
	const screen = await screenAt(run.capture, truth.timeUs + (seconds * second));
	if (options.screens !== undefined) {
		fs.mkdirSync(options.screens, {recursive: true});
		fs.writeFileSync(path.join(options.screens, `${run.name} ${clock(truth.timeUs)} +${seconds}s.txt`), `${screen.join('\n')}\n`);
	}

	return verdictLine(screen, told ? [truth.timeUs, truth.firstSignUs, told.atUs] : [truth.timeUs, truth.firstSignUs], truth.vips);
};

const expectationText = (told: ToldTakeover['expected']): string => told ? `${told.resets ?? '?'}${told.otherwise === null || told.otherwise === undefined ? '' : `|${told.otherwise}`} ${told.sureness}` : '-';

const gradeOne = async (run: Run, one: Graded): Promise<Row> => {
	const {truth, told, again} = one;
	const open = truth.open ?? told?.held ?? 0;
	const mark = (line: string | undefined): Mark => markOf(line === undefined ? undefined : readLine(line), truth.resets, open);
	const lines = options.events ? [] : [await lineAfter(run, one, 1), await lineAfter(run, one, 10)];
	const accounts = told?.accounts.filter(({timeUs}) => timeUs < truth.timeUs + (16 * second)) ?? [];
	const last = accounts.findLast(({expected}) => expected !== undefined);
	const told0 = readEvent(told?.expected);
	return {
		run: run.name, vips: truth.vips.join('+'), move: `${truth.from.at(-1)!.slice(-2)}>${truth.to.at(-1)!.slice(-2)}`, at: clock(truth.timeUs),
		open: String(truth.open ?? '?'), resets: truth.resets, told: told && Math.max(0, (told.toldUs - truth.firstSignUs) / second),
		marks: {
			event: told ? (told0 ? markOf(told0, truth.resets, open) : '-') : 'missed',
			account: last ? markOf(readEvent(last.expected), truth.resets, open) : '-',
			line1: options.events ? '-' : mark(lines[0]), line10: options.events ? '-' : mark(lines[1]),
		},
		said: told ? `${told.kind} held ${told.held} event ${expectationText(told.expected)} account ${expectationText(last?.expected)}` : '',
		lines: [...new Set(lines)].map(line => line?.trim() ?? '(no line)'), again: again.length,
	};
};

/** In a few words each. */
const factText = (fact: DatedFact): string => {
	const who = fact.mac.slice(-5);
	switch (fact.kind) {
		case 'claim': {
			return `${who} claims ${fact.address}`;
		}

		case 'arp': {
			return `${who} arp of ${fact.address}${fact.asks === undefined ? '' : `, asks for ${fact.asks}`}`;
		}

		case 'advert': {
			return `${who} advert ${fact.source} vrid ${fact.vrid} prio ${fact.priority}${fact.isUnicast ? ' unicast' : ''} ${fact.addresses.join(',')}`;
		}

		case 'sync': {
			return `${who} sync ${fact.source} ${fact.records} records`;
		}

		case 'report': {
			return `${who} ${fact.of} ${fact.source}`;
		}
	}
};

const quiet = new Set(['open', 'state', 'new', 'expired', 'closed', 'confirmed', 'ran-out', 'refused', 'moved']);

/** What was on the wire around a takeover, like facts in a row once, and what was told. */
const aroundText = (run: Run, {truth}: Graded, events: readonly ToldEvent[]): string => {
	const fromUs = truth.firstSignUs - (12 * second);
	const untilUs = truth.firstSignUs + (14 * second);
	const seen: Array<{timeUs: number; text: string}> = [];
	const last = new Map<string, number>();
	for (const fact of run.facts) {
		const text = factText(fact);
		const key = fact.kind === 'sync' ? `${fact.mac} sync` : (fact.kind === 'arp' ? `${fact.mac} arp ${fact.address}` : text);
		// What goes on as before is not news.
		const isNew = fact.timeUs - (last.get(key) ?? -Infinity) > 3.5 * second;
		last.set(key, fact.timeUs);
		if (fact.timeUs >= fromUs && fact.timeUs <= untilUs && isNew) {
			seen.push({timeUs: fact.timeUs, text});
		}
	}

	const told = events.filter(({event, time}) => !quiet.has(event) && Date.parse(time) * 1000 >= fromUs && Date.parse(time) * 1000 <= untilUs + (20 * second)).map(({time, v, type, ...rest}) => ({
		timeUs: Date.parse(time) * 1000, text: `TOLD ${JSON.stringify(rest).slice(0, 420)}`,
	}));
	return [...seen, ...told].toSorted((one, other) => one.timeUs - other.timeUs).map(({timeUs, text}) => `      ${((timeUs - truth.firstSignUs) / second).toFixed(2).padStart(7)} ${text}\n`).join('');
};

type Report = {readonly rows: readonly Row[]; readonly invented: number; readonly text: string};

const gradeCapture = async (capture: string): Promise<Report> => {
	const run = readRun(capture);
	if (!run) {
		return {rows: [], invented: 0, text: ''};
	}

	const events = await toldEvents(capture);
	const {graded, invented} = matchTakeovers(run, takeoversOf(events));
	const rows: Row[] = [];
	let text = '';
	for (const one of graded) {
		const row = await gradeOne(run, one);
		rows.push(row);
		const isFine = Object.values(row.marks).every(mark => mark === 'right' || mark === '-') && (row.told ?? Infinity) <= lateLimitSeconds && row.again === 0;
		if (isFine && options.brief) {
			continue;
		}

		text += `${row.run.padEnd(nameWidth)} ${row.vips.padEnd(15)} ${row.move} ${row.at} ${row.open.padStart(4)} ${String(row.resets).padStart(6)} ${(row.told === undefined ? '-' : row.told.toFixed(2)).padStart(5)}  `
			+ `${columns.map(column => row.marks[column].padEnd(11)).join(' ').trimEnd()}${row.again > 0 ? `  TOLD ${row.again + 1} TIMES` : ''}\n`;
		if (!isFine) {
			text += `    ${row.said}\n${row.lines.map(line => `    ${line}\n`).join('')}${options.wire ? aroundText(run, one, events) : ''}`;
		}
	}

	for (const one of invented) {
		text += `${run.name.padEnd(nameWidth)} INVENTED: ${one.kind} ${one.from} > ${one.to} at ${clock(one.atUs)}, told ${clock(one.toldUs)}, held ${one.held}, ${one.vips?.join('+') ?? 'no addresses'}, ${expectationText(one.expected)}\n`;
	}

	return {rows, invented: invented.length, text};
};

const countOf = (reports: readonly Report[]) => {
	const rows = reports.flatMap(report => report.rows);
	return {
		takeovers: rows.length,
		late: rows.filter(({told}) => told !== undefined && told > lateLimitSeconds).length,
		twice: rows.filter(({again}) => again > 0).length,
		invented: reports.reduce((sum, {invented}) => sum + invented, 0),
		...Object.fromEntries(columns.map(column => [column, Object.fromEntries([...Map.groupBy(rows, ({marks}) => marks[column])].map(([mark, of]) => [mark, of.length]))])),
	};
};

process.stdout.write(`${'run'.padEnd(nameWidth)} ${'address'.padEnd(15)} move  ${'claimed'.padEnd(12)} open resets  told  ${'event'.padEnd(11)} ${'account'.padEnd(11)} ${'+1 s'.padEnd(11)} +10 s\n`);
const reports: Report[] = [];
const jobs = 2;
for (let at = 0; at < captures.length; at += jobs) {
	for (const report of await Promise.all(captures.slice(at, at + jobs).map(async capture => gradeCapture(capture)))) {
		reports.push(report);
		process.stdout.write(report.text);
	}
}

const counts = countOf(reports);
process.stdout.write(`${JSON.stringify(counts)}\n`);
if (options.json !== undefined) {
	fs.writeFileSync(options.json, JSON.stringify({...counts, rows: reports.flatMap(({rows}) => rows)}));
}
