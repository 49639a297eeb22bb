/*
Windows of 60 rows of a filled table at several offsets, in every order, through several filters; and the same by sorting
objects. Prints one line of JSON.
*/
import {compileFilter, type TableFilter} from '../../source/filter/compile.js';
import {parseFilter} from '../../source/filter/parser.js';
import {sortKeys, type SortKey} from '../../source/table/read/sort-key.js';
import {createTableView} from '../../source/table/read/table-view.js';
import {median} from './figures.js';
import {createPipeline, replayFile} from './pipeline.js';

const rows = 60;
const runs = 5;

const [file] = process.argv.slice(2);
const pipeline = createPipeline();
await replayFile(file!, pipeline);
const view = createTableView(pipeline.memory);

const cpuMs = (work: () => void): number => {
	const before = process.cpuUsage();
	work();
	const {user, system} = process.cpuUsage(before);
	return (user + system) / 1000;
};

const established = 1;
const names = {segment: () => 'eth0', director: () => ['10.255.0.2'], bitHolders: () => Array.from({length: 15}, (_, bit) => ({bit, names: ['10.255.0.2'], isIn: () => true})), aliases: new Map<string, readonly string[]>()};
const filterOf = (text: string): TableFilter => {
	const parsed = parseFilter(text);
	const compiled = parsed.ok ? compileFilter(parsed.expression, view, {subject: 'sessions', names, hideTemplates: true}) : parsed;
	if (!compiled.ok) {
		throw new Error(`${text}: ${compiled.message}`);
	}

	return compiled;
};

/** As they are typed: none at all, then from those that nearly all pass to those that few do; the middle is the hardest to guess for a processor. */
const texts = [
	'', 'est', '64.0.0.0/2', '64.0.0.0/2 or est', '!est 0.0.0.0/1', 'vip=192.0.2.7', 'rs=10.9.0.11,10.9.0.12', 'exp<14m30s', 'age>10s', 'upd>3', ':443', 'cport=1024-30000 est',
] as const;

let worstMs = 0;
let worst = '';
let firstMs = 0;
let first = '';
const slowestBySort = new Map<SortKey, number>();
for (const sort of sortKeys) {
	for (const text of texts) {
		const filter = text === '' ? undefined : filterOf(text);
		const name = filter ? text : 'all';
		const predicate = filter?.at(view.now());
		let matched = 0;
		const asTyped = cpuMs(() => {
			({matched} = view.select({sort, predicate, count: rows}));
		});
		if (asTyped > firstMs) {
			firstMs = asTyped;
			first = `${name} by ${sort}`;
		}

		for (const [place, offset] of [['top', 0], ['middle', Math.floor(matched / 2)], ['end', Math.max(0, matched - rows)]] as const) {
			const ms = median(Array.from({length: runs}, () => cpuMs(() => {
				view.select({sort, predicate, offset, count: rows});
			})));
			if (ms > worstMs) {
				worstMs = ms;
				worst = `${name} by ${sort}, ${place}, ${matched} rows match`;
			}

			if (!filter) {
				slowestBySort.set(sort, Math.max(ms, slowestBySort.get(sort) ?? 0));
			}
		}
	}
}

/** A session as an object, as a program without a table of its own keeps it. */
type Row = {client: number; cport: number; virtual: string; real: string; state: number; expires: number; age: number; idle: number; updates: number};

const objects: Row[] = [];
view.each((_words, _at, slot) => {
	const {caddr, cport, path: {service, daddr}, state, expiresUs, firstUs, lastUs, updates} = view.row(slot)!;
	objects.push({
		client: caddr[0]!, cport, virtual: service.vaddr.join(','), real: daddr.join(','), state, expires: expiresUs, age: firstUs, idle: lastUs, updates,
	});
});

// As after hours of sessions that came and went; in the order of their birth some orders would be sorted already
let seed = 1;
for (let last = objects.length - 1; last > 0; last--) {
	seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
	const other = seed % (last + 1);
	[objects[last], objects[other]] = [objects[other]!, objects[last]!];
}

const byText = (left: string, right: string): number => left < right ? -1 : (left > right ? 1 : 0);
const objectOrders: Partial<Record<SortKey, (left: Row, right: Row) => number>> = {
	open: (left, right) => Number(left.state !== established) - Number(right.state !== established) || left.expires - right.expires,
	expires: (left, right) => left.expires - right.expires,
	age: (left, right) => left.age - right.age,
	idle: (left, right) => left.idle - right.idle,
	client: (left, right) => left.client - right.client || left.cport - right.cport,
	virtual: (left, right) => byText(left.virtual, right.virtual) || left.expires - right.expires,
	real: (left, right) => byText(left.real, right.real) || left.expires - right.expires,
	state: (left, right) => left.state - right.state || left.expires - right.expires,
	updates: (left, right) => left.updates - right.updates,
};

let leastRatio = Infinity;
let leastRatioOf = '';
for (const [sort, compare] of Object.entries(objectOrders) as Array<[SortKey, (left: Row, right: Row) => number]>) {
	// Once is enough: it takes long, and only its magnitude matters
	const objectMs = cpuMs(() => {
		objects.toSorted(compare).slice(0, rows);
	});
	const oursMs = slowestBySort.get(sort)!;
	if (objectMs / oursMs < leastRatio) {
		leastRatio = objectMs / oursMs;
		leastRatioOf = `${sort}, ours ${oursMs.toFixed(1)} ms at its slowest offset, objects ${objectMs.toFixed(0)} ms`;
	}
}

console.log(JSON.stringify({worstMs, worst, firstMs, first, leastRatio, leastRatioOf}));
