/*
Three comparisons over a whole run: a capture's table with the kernels', the live program's own table with the kernels', and the
live program's output with what the capture gives.
*/
import {replayWithStops} from '../support/replay-engine.js';
import {comparePoll, emptyFigures, heldTable, mastersOf, type Figures, type Held, type HeldTable} from '../support/compare-with-kernel.js';
import {kernelKey, type Poll} from '../support/truth.js';
import {keyOf, microsOf, type LeftBehind, type Row, type SavedTable} from './left-behind.js';

const addresses: Readonly<Record<string, string>> = {lb1: '192.168.10.11', lb2: '192.168.10.12'};

/** What arrived so shortly before a table was read may not be in it yet: the guest's one processor was busy reading. */
const inFlightUs = 50_000;
/** The program had read what arrived at least so long before, also when the guest is starved by its host. */
const unreadUs = 500_000;

/**
The program counts time on a clock of its own and prints the wall clock's, by reading both one after the other. In the guest each
reading is a system call that may wait for a processor of the host. Two announcements of one session are seldom less than a second apart.
*/
const sameMomentUs = 500_000;

const backupPolls = (polls: readonly Poll[]): Poll[] => polls.filter(({role}) => role === 'backup');

/** The tables that a capture gives at some moments. */
const tablesAt = async (file: string, momentsUs: readonly number[]): Promise<Map<number, HeldTable>> => {
	const tables = new Map<number, HeldTable>();
	await replayWithStops(file, [...new Set(momentsUs)].sort((one, other) => one - other), (momentUs, at) => {
		tables.set(momentUs, heldTable(at));
	});
	return tables;
};

/** A capture replayed, against the kernels at every poll of a backup. `isOurs`: its times are the program's, not the kernel's. */
export const captureAgainstKernels = async (file: string, polls: readonly Poll[], {isOurs = false} = {}): Promise<Figures> => {
	const figures = emptyFigures();
	const masters = mastersOf(polls);
	const sides = ({startUs, endUs}: Poll) => isOurs ? [startUs, startUs - sameMomentUs, endUs, endUs + sameMomentUs] : [startUs - inFlightUs, endUs];
	const backups = backupPolls(polls);
	const tables = await tablesAt(file, backups.flatMap(poll => sides(poll)));
	for (const poll of backups) {
		comparePoll(figures, poll, sides(poll).map(momentUs => tables.get(momentUs)!), addresses[poll.director], masters.get(poll.director));
	}

	return figures;
};

/** When each key was announced, microseconds, from the records of a capture in their order. */
export const announcementsOf = (records: readonly Row[]): Map<string, number[]> => {
	const times = new Map<string, number[]>();
	for (const record of records) {
		const key = keyOf(record);
		const timeUs = microsOf(record['time']);
		const known = times.get(key) ?? [];
		if (known.at(-1) !== timeUs) {
			times.set(key, [...known, timeUs]);
		}
	}

	return times;
};

/**
The tables that the live program saved just before and just after each poll of a backup, against the kernels. What was announced
twice between the two may have been in a state at the poll that neither shows: left out, and counted.
*/
export const savedAgainstKernels = ({saved, polls}: LeftBehind, announcements: ReadonlyMap<string, readonly number[]>): Figures & {readonly unseen: number} => {
	const figures = emptyFigures();
	const masters = mastersOf(polls);
	let unseen = 0;
	for (const poll of backupPolls(polls)) {
		const before = saved.findLast(({doneUs}) => doneUs <= poll.startUs);
		const after = saved.find(({atUs}) => atUs >= poll.endUs);
		if (!before || !after) {
			continue;
		}

		const isSeen = (key: string): boolean => (announcements.get(key) ?? []).filter(timeUs => timeUs > before.atUs - unreadUs && timeUs <= after.doneUs).length < 2;
		const seen = ({rows}: SavedTable): HeldTable => new Map([...rows].filter(([key]) => isSeen(key)));
		const rows = poll.rows.filter(row => isSeen(kernelKey(row)));
		unseen += poll.rows.length - rows.length;
		comparePoll(figures, {...poll, rows}, [seen(before), seen(after)], addresses[poll.director], masters.get(poll.director));
	}

	return {...figures, unseen};
};

const isSame = (one: Held | undefined, other: Held | undefined): boolean => one === undefined || other === undefined
	? one === other
	: one.state === other.state && one.real === other.real && one.by === other.by
		&& Math.abs(one.expiresUs - other.expiresUs) <= sameMomentUs && Math.abs(one.lastUs - other.lastUs) <= sameMomentUs;

/** One that has just ended may be on one side and not on the other. */
const isEnding = (held: Held | undefined, atUs: number): boolean => held !== undefined && held.expiresUs - atUs <= unreadUs;

export type Likeness = {rows: number; differences: string[]};

/** Each table that the live program saved, against the table of a capture at that moment. */
export const savedAgainstCapture = async (saved: readonly SavedTable[], capture: string): Promise<Likeness> => {
	const likeness: Likeness = {rows: 0, differences: []};
	const sides = ({atUs, doneUs}: SavedTable) => [doneUs, atUs, atUs - unreadUs];
	const tables = await tablesAt(capture, saved.flatMap(one => sides(one)));
	for (const one of saved) {
		const expected = sides(one).map(momentUs => tables.get(momentUs)!);
		for (const key of new Set([...one.rows.keys(), ...expected[0]!.keys()])) {
			const row = one.rows.get(key);
			const helds = expected.map(table => table.get(key));
			likeness.rows++;
			if (!helds.some(held => isSame(row, held)) && !isEnding(row ?? helds[0], one.atUs)) {
				likeness.differences.push(`at ${one.atUs / 1e6}: ${key}: live ${JSON.stringify(row)}, capture ${JSON.stringify(helds)}`);
			}
		}
	}

	return likeness;
};

const isOfSession = ({client}: Row): boolean => client !== undefined;
const plain = ({event, state, real, rport, director, was, flags, timeout, updates}: Row): string => JSON.stringify({event, state, real, rport, director, was, flags, timeout, updates});

const lives = (events: readonly Row[]): Map<string, Row[]> => {
	const found = new Map<string, Row[]>();
	for (const event of events.filter(one => isOfSession(one))) {
		const key = keyOf(event);
		found.set(key, [...found.get(key) ?? [], event]);
	}

	return found;
};

/**
The lives of all sessions as the live program told them, against those of a capture: the same changes in the same order at the same
times. They need not have ended at the same moment: what is told by one alone after `untilUs` is not compared.
*/
export const eventsAgainstCapture = (live: readonly Row[], replayed: readonly Row[], untilUs: number): Likeness => {
	const likeness: Likeness = {rows: 0, differences: []};
	const [ours, theirs] = [lives(live), lives(replayed)];
	for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
		const [one, other] = [ours.get(key) ?? [], theirs.get(key) ?? []];
		for (let index = 0; index < Math.max(one.length, other.length); index++) {
			const [event, expected] = [one[index], other[index]];
			likeness.rows++;
			if (event && expected) {
				if (plain(event) !== plain(expected) || Math.abs(microsOf(event['time']) - microsOf(expected['time'])) > sameMomentUs) {
					likeness.differences.push(`${key}: live ${JSON.stringify(event)}, capture ${JSON.stringify(expected)}`);
				}
			} else if (microsOf((event ?? expected)!['time']) <= untilUs) {
				likeness.differences.push(`${key}: live ${JSON.stringify(event)}, capture ${JSON.stringify(expected)}`);
			}
		}
	}

	return likeness;
};
