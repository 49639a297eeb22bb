/*
What happened in a run of real directors, by everything but the program that is graded: who claimed each virtual address and when (the capture,
read by `wire-facts.ts`), and which sessions were open then and were reset or lost afterwards (the clients' own logs).

A run is NAME.pcap with one of
- NAME.clients.ndjson[.gz]: a line for each open, reset, lost, eof and close with its time and source, and count lines that name the address;
- log/NAME/client-*.jsonl: the same, a file for each client program;
- NAME.outcome.json: resets up to each of some moments, and no more;
- NAME.truth.json: all of this as `truthOf` found it in another capture, of which this one is a variant.
*/
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import {plainAddress, readFacts, type DatedFact} from './wire-facts.js';

/** Addresses that moved together from one director to another. Times in microseconds since the Unix epoch. */
export type TrueTakeover = {
	readonly vips: readonly string[];
	/** When the first of them was claimed. */
	readonly timeUs: number;
	/** The first frame that says so: an advert of the new master that names the address, or the claim. */
	readonly firstSignUs: number;
	/** Every address that the director was seen to send from, and its MAC. */
	readonly from: readonly string[];
	readonly to: readonly string[];
	/** Sessions of those addresses that were open then; undefined where nobody counted. */
	readonly open: number | undefined;
	/** Sessions of those addresses that were reset or lost until the next takeover of the same ones. */
	readonly resets: number;
};

/** Another MAC than before claimed an address, whether it had sessions or not, and whether that lasted or not. */
export type TrueMove = {readonly vip: string; readonly timeUs: number; readonly from: readonly string[]; readonly to: readonly string[]};

export type Truth = {readonly takeovers: readonly TrueTakeover[]; readonly moves: readonly TrueMove[]};

export type Run = Truth & {readonly name: string; readonly capture: string; readonly facts: readonly DatedFact[]};

type Move = {readonly vip: string; readonly timeUs: number; readonly fromMac: string; readonly toMac: string};

type ClientLine = {
	readonly t: number;
	readonly ev?: 'open' | 'reset' | 'lost' | 'eof' | 'close' | 'fail';
	readonly src?: readonly [address: string, port: number];
	readonly client?: string;
	readonly dst?: string;
	readonly mode?: string;
};

const nameOf = (capture: string): string => path.basename(capture).replace(/\.pcap(?:\.gz)?$/v, '');

type Suffering = {
	/** Sessions of an address that were open at a moment. */
	open(vip: string, timeUs: number): number | undefined;
	/** Sessions of an address that were reset or lost between two moments. */
	resets(vip: string, fromUs: number, untilUs: number): number;
};

const linesOf = (file: string): ClientLine[] => {
	const raw = fs.readFileSync(file);
	return (file.endsWith('.gz') ? zlib.gunzipSync(raw) : raw).toString('utf8').split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line) as ClientLine);
};

/** Sessions that are held open, as their client programs tell of them. */
const sufferingOfLogs = (logs: ReadonlyArray<readonly ClientLine[]>): Suffering => {
	type Life = {readonly vip: string; readonly openUs: number; readonly endUs: number; readonly hurtUs: readonly number[]};
	const lives: Life[] = [];
	for (const lines of logs) {
		const addresses = new Map(lines.flatMap(({client = '', dst, mode}) => dst === undefined || mode !== 'hold' ? [] : [[client, plainAddress(dst)] as const]));
		const sessions = new Map<string, {vip: string; openUs: number; endUs: number; hurtUs: number[]}>();
		for (const {t, ev, src, client = ''} of lines) {
			const vip = addresses.get(client);
			if (vip === undefined || ev === undefined || ev === 'fail' || !src) {
				continue;
			}

			const key = `${client} ${src.join(' ')}`;
			const timeUs = Math.round(t * 1_000_000);
			if (ev === 'open') {
				const life = {vip, openUs: timeUs, endUs: Infinity, hurtUs: []};
				sessions.set(key, life);
				lives.push(life);
				continue;
			}

			const life = sessions.get(key);
			if (life && ev !== 'close') {
				life.hurtUs.push(timeUs);
			}

			if (life && ev !== 'lost') {
				life.endUs = timeUs;
			}
		}
	}

	return {
		open: (vip, timeUs) => lives.filter(life => life.vip === vip && life.openUs <= timeUs && life.endUs > timeUs).length,
		resets: (vip, fromUs, untilUs) => lives.filter(life => life.vip === vip && life.hurtUs.some(timeUs => timeUs > fromUs && timeUs <= untilUs)).length,
	};
};

const sufferingOfCounts = (counts: ReadonlyArray<{readonly t: number; readonly resets: number}>): Suffering => {
	const upTo = (timeUs: number): number => counts.findLast(({t}) => t * 1_000_000 <= timeUs)?.resets ?? 0;
	return {open: () => undefined, resets: (_vip, fromUs, untilUs) => upTo(untilUs) - upTo(fromUs)};
};

const readSuffering = (folder: string, name: string): Suffering | undefined => {
	for (const ending of ['clients.ndjson', 'clients.ndjson.gz']) {
		const file = path.join(folder, `${name}.${ending}`);
		if (fs.existsSync(file)) {
			return sufferingOfLogs([linesOf(file)]);
		}
	}

	const logs = path.join(folder, 'log', name);
	if (fs.existsSync(logs)) {
		return sufferingOfLogs(fs.readdirSync(logs).filter(file => /^client-.*\.jsonl$/v.test(file)).map(file => linesOf(path.join(logs, file))));
	}

	const outcome = path.join(folder, `${name}.outcome.json`);
	return fs.existsSync(outcome)
		? sufferingOfCounts((JSON.parse(fs.readFileSync(outcome, 'utf8')) as {counts: ReadonlyArray<{t: number; resets: number}>}).counts)
		: undefined;
};

/** Adverts of a new master go before its claims by no more than this. */
const advertBeforeClaimUs = 5_000_000;
/** Addresses that move in one event are claimed within this. */
const togetherUs = 2_500_000;
/** A claim that another one takes back so soon was nobody's takeover: two that start at once, until they hear each other. */
const passingUs = 1_500_000;

const movesOf = (facts: readonly DatedFact[]): Move[] => {
	const claimants = new Map<string, {mac: string; sinceUs: number}>();
	const moves: Move[] = [];
	for (const fact of facts) {
		if (fact.kind !== 'claim') {
			continue;
		}

		const former = claimants.get(fact.address);
		if (former && former.mac !== fact.mac) {
			moves.push({vip: fact.address, timeUs: fact.timeUs, fromMac: former.mac, toMac: fact.mac});
		}

		if (former?.mac !== fact.mac) {
			claimants.set(fact.address, {mac: fact.mac, sinceUs: fact.timeUs});
		}
	}

	return moves;
};

const lasting = (moves: readonly Move[]): Move[] => moves.filter(move => {
	const back = moves.find(other => other.vip === move.vip && other.timeUs > move.timeUs);
	const before = moves.findLast(other => other.vip === move.vip && other.timeUs < move.timeUs);
	const isTakenBack = back !== undefined && back.timeUs - move.timeUs < passingUs;
	const takesBack = before !== undefined && move.timeUs - before.timeUs < passingUs && move.toMac === before.fromMac;
	return !isTakenBack && !takesBack;
});

const firstSignOf = (move: Move, facts: readonly DatedFact[]): number => {
	const advert = facts.find(fact => fact.kind === 'advert' && fact.mac === move.toMac && fact.priority > 0 && fact.addresses.includes(move.vip)
		&& fact.timeUs > move.timeUs - advertBeforeClaimUs);
	return Math.min(move.timeUs, advert?.timeUs ?? Infinity);
};

/** An address may be configured, and answered for when asked, so long before it is claimed. */
const servedBeforeClaimUs = 3_000_000;

/** Link-local addresses move too, but nobody connects to them. */
const isServed = (vip: string): boolean => !vip.startsWith('fe80:');

/** One that goes on as master for so long beside another does not hand anything over. */
const splitUs = 5_000_000;

/** Both say that they are master: nobody took over from anybody. */
const isSplit = (move: Move, facts: readonly DatedFact[]): boolean => facts.some(fact => fact.kind === 'advert' && fact.mac === move.fromMac && fact.priority > 0
	&& fact.addresses.includes(move.vip) && fact.timeUs > move.timeUs + splitUs && fact.timeUs < move.timeUs + (2 * splitUs));

/** Neither what a second master claims while the first goes on, nor what the first one claims back when they have found to each other, is a takeover. */
const withoutSplits = (moves: readonly Move[], facts: readonly DatedFact[]): Move[] => {
	const splits = new Set(moves.filter(move => isSplit(move, facts)));
	return moves.filter(move => {
		const before = moves.findLast(({vip, timeUs}) => vip === move.vip && timeUs < move.timeUs);
		return !splits.has(move) && !(before !== undefined && splits.has(before) && before.fromMac === move.toMac);
	});
};

/** The addresses that each MAC sends from, itself among them. */
const addressesOf = (facts: readonly DatedFact[]): ((mac: string) => readonly string[]) => {
	const addresses = new Map<string, Set<string>>();
	for (const fact of facts) {
		const address = fact.kind === 'advert' || fact.kind === 'sync' || fact.kind === 'report' ? fact.source : undefined;
		if (address !== undefined) {
			addresses.set(fact.mac, (addresses.get(fact.mac) ?? new Set()).add(address));
		}
	}

	return mac => [...addresses.get(mac) ?? [], mac];
};

/** Undefined for a capture without a log of its clients. */
export const truthOf = (capture: string, facts: readonly DatedFact[]): Truth | undefined => {
	const folder = path.dirname(capture);
	const name = nameOf(capture);
	const found = path.join(folder, `${name}.truth.json`);
	if (fs.existsSync(found)) {
		return JSON.parse(fs.readFileSync(found, 'utf8')) as Truth;
	}

	const suffering = readSuffering(folder, name);
	if (!suffering) {
		return undefined;
	}

	const addresses = addressesOf(facts);
	const moves = movesOf(facts).filter(({vip}) => isServed(vip));
	const steady = withoutSplits(lasting(moves), facts);
	const takeovers: TrueTakeover[] = [];
	for (const move of steady) {
		const nextUs = steady.find(({vip, timeUs}) => vip === move.vip && timeUs > move.timeUs)?.timeUs ?? Infinity;
		const open = suffering.open(move.vip, move.timeUs - servedBeforeClaimUs);
		if (open === 0) {
			continue; // While the run starts, or after its clients have gone
		}

		const one: TrueTakeover = {
			vips: [move.vip], timeUs: move.timeUs, firstSignUs: firstSignOf(move, facts), from: addresses(move.fromMac), to: addresses(move.toMac),
			open, resets: suffering.resets(move.vip, move.timeUs - servedBeforeClaimUs, nextUs - servedBeforeClaimUs),
		};
		const at = takeovers.findIndex(({from, to, timeUs}) => from.includes(move.fromMac) && to.includes(move.toMac) && move.timeUs - timeUs < togetherUs);
		if (at === -1) {
			takeovers.push(one);
			continue;
		}

		const same = takeovers[at]!;
		takeovers[at] = {
			...same, vips: [...same.vips, move.vip], firstSignUs: Math.min(same.firstSignUs, one.firstSignUs),
			open: open === undefined || same.open === undefined ? undefined : same.open + open, resets: same.resets + one.resets,
		};
	}

	return {takeovers, moves: moves.map(({vip, timeUs, fromMac, toMac}) => ({vip, timeUs, from: addresses(fromMac), to: addresses(toMac)}))};
};

/** Undefined for a capture of which the truth is not known. */
export const readRun = (capture: string): Run | undefined => {
	const facts = readFacts(capture);
	const truth = truthOf(capture, facts);
	return truth && {...truth, name: nameOf(capture), capture, facts};
};
