/*
What a run leaves: the kernels' tables, tcpdump's capture, and all that ipvstop wrote while it watched.
*/
import fs from 'node:fs';
import path from 'node:path';
import {gzipSync} from 'node:zlib';
import {type Held} from '../support/compare-with-kernel.js';
import {kernelKey, readTruth, type Poll} from '../support/truth.js';

export type Row = Readonly<Record<string, unknown>>;

const rowsOf = (file: string): Row[] => fs.existsSync(file)
	? fs.readFileSync(file, 'utf8').split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Row)
	: [];

const micros = (seconds: unknown): number => Math.round(Number(seconds) * 1e6);

/** Microseconds of an RFC 3339 time with six digits. */
export const microsOf = (text: unknown): number => (Date.parse(`${String(text).slice(0, 19)}Z`) * 1000) + Number(String(text).slice(20, 26));

/** A line of a saved table, as ipvstop wrote it, and what it said of the same session as a kernel would. */
export type SavedRow = Held & {readonly line: Row};

/** The table that ipvstop held: its times are as of `atUs`, its rows were read between then and `doneUs`, when the file was written. */
export type SavedTable = {readonly atUs: number; readonly doneUs: number; readonly rows: ReadonlyMap<string, SavedRow>};

export const keyOf = ({proto, client, cport, virtual, vport}: Row): string => kernelKey({
	proto: String(proto), caddr: String(client), cport: Number(cport), vaddr: String(virtual), vport: Number(vport), daddr: '', dport: 0, state: '', origin: 'SYNC', expires: 0,
});

const savedTable = (file: string): SavedTable => {
	const [heading, ...lines] = rowsOf(file);
	const atUs = microsOf(heading!['at']);
	return {atUs, doneUs: micros(fs.statSync(file).mtimeMs / 1000), rows: new Map(lines.map(line => [keyOf(line), {
		state: String(line['state']), real: `${String(line['real'])} ${String(line['rport'])}`, by: String(line['director']),
		expiresUs: atUs + (Number(line['expires']) * 1e6), lastUs: atUs - (Number(line['idle']) * 1e6), line,
	}]))};
};

/** Octets that ipvstop wrote to its terminal, in latin1, and when, microseconds. */
export type Written = {readonly timeUs: number; readonly octets: string};

export type LeftBehind = {
	readonly capture: string;
	readonly recording: string;
	readonly polls: readonly Poll[];
	readonly saved: readonly SavedTable[];
	readonly events: readonly Row[];
	readonly screen: readonly Written[];
	readonly triggeredTakeovers: readonly Row[];
	readonly triggeredCloses: readonly Row[];
	/** Lines of the clients, see clients.py. */
	readonly clients: string;
	/** By name with labels, as they were exposed at the end. */
	readonly metrics: ReadonlyMap<string, number>;
	/** What the programs complained about. */
	readonly complaints: string;
	readonly tcpdump: string;
	/** What happened, microseconds. */
	readonly timeline: ReadonlyArray<{readonly timeUs: number; readonly what: string}>;
};

export const readLeftBehind = async (folder: string): Promise<LeftBehind> => {
	const file = (name: string) => path.join(folder, 'out', name);
	const text = (name: string) => fs.readFileSync(file(name), 'utf8');
	const tables = path.join(folder, 'tables.ndjson.gz');
	fs.writeFileSync(tables, gzipSync(fs.readFileSync(file('tables.ndjson')), {level: 1}));
	return {
		capture: file('capture.pcap'),
		recording: file('recording.pcapng'),
		polls: await readTruth(tables),
		saved: fs.readdirSync(file('saved')).map(name => savedTable(file(path.join('saved', name)))).sort((one, other) => one.atUs - other.atUs),
		events: rowsOf(file('events.out')),
		screen: rowsOf(file('screen.ndjson')).map(({t, octets}) => ({timeUs: micros(t), octets: String(octets)})),
		triggeredTakeovers: rowsOf(file('triggered-takeovers.ndjson')),
		triggeredCloses: rowsOf(file('triggered-closes.ndjson')),
		clients: file('clients.out'),
		metrics: new Map(text('metrics.txt').split('\n').filter(line => line !== '' && !line.startsWith('#'))
			.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))])),
		complaints: text('events.err'),
		tcpdump: text('tcpdump.err'),
		timeline: rowsOf(file('timeline.ndjson')).map(({t, what}) => ({timeUs: micros(t), what: String(what)})),
	};
};
