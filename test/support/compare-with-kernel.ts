import {type TestEngine, replayWithStops} from './replay-engine.js';
import {capturePath, type RecordedRun} from './captures.js';
import {sessionsOf} from './session.js';
import {kernelKey, readTruth, type KernelRow, type Poll} from './truth.js';

/** An entry that is about to run out says nothing: kernels keep it until a timer fires, at most an eighth of its time later. */
const leastLeftSeconds = 2;
const toleranceSeconds = 2;

/** How often a table and a kernel's were compared, and how often they agreed. */
export type Figures = {
	polls: number;
	/** SYNC rows of the kernel, and those that we hold. */
	kernelRows: number;
	held: number;
	/** Sessions that the other director announced while this one listened, and those that the kernel holds. */
	announced: number;
	known: number;
	/** Rows on both sides. */
	compared: number;
	sameState: number;
	sameReal: number;
	sameExpiry: number;
	/** Rows whose expiry differs for a reason that the protocol gives, by the name of the reason. */
	explained: Record<string, number>;
	/** Where they disagreed without a reason, a line each. */
	disagreements: string[];
};

export const emptyFigures = (): Figures => ({
	polls: 0, kernelRows: 0, held: 0, announced: 0, known: 0, compared: 0, sameState: 0, sameReal: 0, sameExpiry: 0,
	explained: {}, disagreements: [],
});

/** An entry of ours, in the words of a kernel's. */
export type Held = {
	readonly state: string;
	readonly real: string;
	readonly expiresUs: number;
	/** When it was announced last, and from which address. */
	readonly lastUs: number;
	readonly by: string;
};

/** A table of ours by the kernel's key. */
export type HeldTable = ReadonlyMap<string, Held>;

/** What a director has to do with an entry that we hold. */
type Relation = {
	/** Another director announced it last, at a time when this one surely listened. */
	readonly heard: boolean;
	/** The same, or when it had perhaps begun to listen: between two polls. */
	readonly perhapsHeard: boolean;
	/** It announced it last itself. */
	readonly own: boolean;
};

const relationOf = ({lastUs, by}: Held, {listensSinceUs, listensAfterUs}: Poll, self: string | undefined): Relation => ({
	heard: by !== self && lastUs >= listensSinceUs,
	perhapsHeard: by !== self && lastUs >= listensAfterUs,
	own: by === self,
});

/** When each director that has been master was first seen as one. */
export const mastersOf = (polls: readonly Poll[]): Map<string, number> => {
	const masters = new Map<string, number>();
	for (const {director, role, startUs} of polls) {
		if (role === 'master' && !masters.has(director)) {
			masters.set(director, startUs);
		}
	}

	return masters;
};

/** Linux ip_vs_sync.c: a message leaves when it is full or two seconds old, and its thread looks once a second (IPVS_SYNC_CHECK_PERIOD). */
const longestWaitSeconds = 3;

/**
The ways in which the expiry of a backup's row may differ from what was announced last, all of a former master's own sessions;
state and real server are not excused. It forwarded packets since: each restarts a kernel's timer (Linux ip_vs_conn_put), but
only some are announced, so its row expires later. Or the announcement was its own, and its row expires earlier: records wait
before they leave; and a template is announced with each packet of its sessions (ip_vs_sync_conn), but its timer restarts only
with a new session (ip_vs_sched_persist).
*/
const servedItself = 'served by this director itself since it was last told';
const announcedItself = 'announced by this director itself, after a wait';
const templateItself = 'template announced by this director itself, its timer left alone';
const explainExpiry = (poll: Poll, {perhapsHeard, own}: Relation, masterSinceUs: number | undefined, differenceSeconds: number, isTemplate: boolean): string | undefined => {
	if (masterSinceUs === undefined || masterSinceUs >= poll.startUs || perhapsHeard) {
		return undefined;
	}

	if (differenceSeconds < 0) {
		return servedItself;
	}

	if (!own) {
		return undefined;
	}

	return differenceSeconds <= longestWaitSeconds + toleranceSeconds ? announcedItself : (isTemplate ? templateItself : undefined);
};

/** How an entry of ours looks beside the kernel's row at a poll. */
const likenessOf = (held: Held, relation: Relation, row: KernelRow, poll: Poll, masterSinceUs: number | undefined) => {
	const difference = ((held.expiresUs - poll.startUs) / 1e6) - row.expires;
	const expiry = Math.abs(difference) <= toleranceSeconds;
	return {
		state: held.state === row.state, real: held.real === `${row.daddr} ${row.dport}`, expiry,
		reason: expiry ? undefined : explainExpiry(poll, relation, masterSinceUs, difference, row.cport === 0),
	};
};

/**
Compares what we held about the time of a poll with what the kernel held: one table where time stands still, two, just before and
just after, where it does not: what arrives between them may be in the kernel's or not, so either will do.
`self`: the address of the polled director, `masterSinceUs`: when it was first seen as master.
*/
export const comparePoll = (figures: Figures, poll: Poll, ours: readonly HeldTable[], self: string | undefined, masterSinceUs: number | undefined) => {
	const {startUs, director, rows} = poll;
	const theirs = new Map<string, KernelRow>();
	for (const row of rows) {
		theirs.set(kernelKey(row), row);
	}

	const disagree = (what: string, key: string) => {
		figures.disagreements.push(`${what}: ${director} at ${startUs / 1e6}: ${key}: ours ${JSON.stringify(ours.map(table => table.get(key)))}, kernel's ${JSON.stringify(theirs.get(key))}`);
	};

	figures.polls++;
	for (const [key, {origin, expires}] of theirs) {
		if (origin === 'SYNC' && expires > leastLeftSeconds) {
			figures.kernelRows++;
			if (ours.some(table => table.has(key))) {
				figures.held++;
			} else {
				disagree('not held', key);
			}
		}
	}

	for (const key of new Set(ours.flatMap(table => [...table.keys()]))) {
		const helds = ours.flatMap(table => table.get(key) ?? []).filter(({expiresUs}) => (expiresUs - startUs) / 1e6 > leastLeftSeconds);
		if (helds.length === 0) {
			continue;
		}

		const relations = helds.map(held => relationOf(held, poll, self));
		const isHeard = helds.length === ours.length && relations.every(({heard}) => heard);
		const row = theirs.get(key);
		if (isHeard) {
			figures.announced++;
			if (row) {
				figures.known++;
			} else {
				disagree('not in the kernel', key);
			}
		}

		// A LOCAL row that no one told the director about is its own business.
		if (!row || row.expires <= leastLeftSeconds || (row.origin === 'LOCAL' && !isHeard)) {
			continue;
		}

		figures.compared++;
		const likenesses = helds.map((held, index) => likenessOf(held, relations[index]!, row, poll, masterSinceUs));
		const alike = likenesses.filter(one => one.state && one.real);
		const {state, real, expiry, reason} = alike.find(one => one.expiry) ?? alike.find(one => one.reason !== undefined) ?? likenesses[0]!;
		if (state) {
			figures.sameState++;
		} else {
			disagree('state', key);
		}

		if (real) {
			figures.sameReal++;
		} else {
			disagree('real server', key);
		}

		if (expiry) {
			figures.sameExpiry++;
			continue;
		}

		if (reason === undefined) {
			disagree('expiry', key);
		} else {
			figures.explained[reason] = (figures.explained[reason] ?? 0) + 1;
		}
	}
};

/** The table of an engine as it stands. */
export const heldTable = ({engine, view}: TestEngine): Map<string, Held> => {
	const directors = engine.directors.all();
	return new Map([...sessionsOf(view)].map(([key, {state, real, connection: {expiresUs, lastUs, director}}]) =>
		[key, {state, real, expiresUs, lastUs, by: directors[director]!.address}]));
};

/** Replays a capture once and compares the table with the kernel's at each poll of a backup, when all before the poll is applied. */
export const compareWithKernel = async ({file, truth, addresses}: RecordedRun): Promise<Figures & {readonly test: TestEngine}> => {
	const polls = await readTruth(truth);
	const masters = mastersOf(polls);
	const byMoment = new Map<number, Poll>();
	for (const poll of polls) {
		if (poll.role === 'backup') {
			byMoment.set(poll.startUs, poll);
		}
	}

	const figures = emptyFigures();
	const test = await replayWithStops(capturePath(file), [...byMoment.keys()], (momentUs, at) => {
		const poll = byMoment.get(momentUs)!;
		comparePoll(figures, poll, [heldTable(at)], addresses[poll.director], masters.get(poll.director));
	});
	return {...figures, test};
};
