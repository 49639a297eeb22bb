import {type TestEngine, replayWithStops} from './replay-engine.js';
import {capturePath, type RecordedRun} from './captures.js';
import {sessionsOf, type Session} from './session.js';
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

const emptyFigures = (): Figures => ({
	polls: 0, kernelRows: 0, held: 0, announced: 0, known: 0, compared: 0, sameState: 0, sameReal: 0, sameExpiry: 0,
	explained: {}, disagreements: [],
});

const secondsLeft = ({connection}: Session, nowUs: number): number => (connection.expiresUs - nowUs) / 1e6;

/** What a director has to do with an entry that we hold. */
type Relation = {
	/** Another director announced it last, at a time when this one surely listened. */
	readonly heard: boolean;
	/** The same, or when it had perhaps begun to listen: between two polls. */
	readonly perhapsHeard: boolean;
};

const relationOf = ({connection}: Session, {listensSinceUs, listensAfterUs}: Poll, byPeer: boolean): Relation => ({
	heard: byPeer && connection.lastUs >= listensSinceUs,
	perhapsHeard: byPeer && connection.lastUs >= listensAfterUs,
});

/** When each director that has been master was first seen as one. */
const mastersOf = (polls: readonly Poll[]): Map<string, number> => {
	const masters = new Map<string, number>();
	for (const {director, role, startUs} of polls) {
		if (role === 'master' && !masters.has(director)) {
			masters.set(director, startUs);
		}
	}

	return masters;
};

/**
The one way in which a backup's row may differ from what it was told: it was master meanwhile and forwarded the connection
itself. Each packet restarts a kernel's timer (Linux ip_vs_conn_put), but only some packets are announced, so its row
expires later than any announcement says. State and real server are not excused.
*/
const servedItself = 'served by this director itself since it was last told';
const explainExpiry = (poll: Poll, relation: Relation, masterSinceUs: number | undefined, differenceSeconds: number): string | undefined =>
	!relation.perhapsHeard && masterSinceUs !== undefined && masterSinceUs < poll.startUs && differenceSeconds < 0 ? servedItself : undefined;

/** Compares our table with a kernel's at one poll. `masterSinceUs`: when the polled director was first seen as master. */
const comparePoll = (figures: Figures, poll: Poll, ours: ReadonlyMap<string, Session>, isPeer: (session: Session) => boolean, masterSinceUs: number | undefined) => {
	const {startUs, director, rows} = poll;
	const theirs = new Map<string, KernelRow>();
	for (const row of rows) {
		theirs.set(kernelKey(row), row);
	}

	const disagree = (what: string, key: string) => {
		figures.disagreements.push(`${what}: ${director} at ${startUs / 1e6}: ${key}: ours ${JSON.stringify(ours.get(key)?.connection)}, kernel's ${JSON.stringify(theirs.get(key))}`);
	};

	figures.polls++;
	for (const [key, {origin, expires}] of theirs) {
		if (origin === 'SYNC' && expires > leastLeftSeconds) {
			figures.kernelRows++;
			if (ours.has(key)) {
				figures.held++;
			} else {
				disagree('not held', key);
			}
		}
	}

	for (const [key, session] of ours) {
		const left = secondsLeft(session, startUs);
		if (left <= leastLeftSeconds) {
			continue;
		}

		const relation = relationOf(session, poll, isPeer(session));
		const row = theirs.get(key);
		if (relation.heard) {
			figures.announced++;
			if (row) {
				figures.known++;
			} else {
				disagree('not in the kernel', key);
			}
		}

		// A LOCAL row that no one told the director about is its own business.
		if (!row || row.expires <= leastLeftSeconds || (row.origin === 'LOCAL' && !relation.heard)) {
			continue;
		}

		figures.compared++;
		if (session.state === row.state) {
			figures.sameState++;
		} else {
			disagree('state', key);
		}

		if (session.real === `${row.daddr} ${row.dport}`) {
			figures.sameReal++;
		} else {
			disagree('real server', key);
		}

		const difference = left - row.expires;
		if (Math.abs(difference) <= toleranceSeconds) {
			figures.sameExpiry++;
			continue;
		}

		const reason = explainExpiry(poll, relation, masterSinceUs, difference);
		if (reason === undefined) {
			disagree('expiry', key);
		} else {
			figures.explained[reason] = (figures.explained[reason] ?? 0) + 1;
		}
	}
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
	const test = await replayWithStops(capturePath(file), [...byMoment.keys()], (momentUs, {engine, view}) => {
		const poll = byMoment.get(momentUs)!;
		const self = addresses[poll.director];
		const all = engine.directors.all();
		comparePoll(figures, poll, sessionsOf(view), ({connection}) => all[connection.director]!.address !== self, masters.get(poll.director));
	});
	return {...figures, test};
};
