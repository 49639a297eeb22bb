import {type Coverage, type Finding, type OwnKept, type OwnWords, type Takeover} from './failover.js';

/** What clients are to expect after a takeover, or would be. Open TCP and SCTP sessions. */
export type Expectation = {
	/** `unknown`: nothing that was heard tells. `either`: it hangs on something that nobody saw, both numbers are to be said. */
	readonly sureness: 'sure' | 'either' | 'unknown';
	/** Resets to expect, each at the session's next packet. For `either` the likelier number. */
	readonly resets: number;
	/** The other number; the same for `sure`. */
	readonly otherwise: number;
	readonly level: 'good' | 'warning' | 'bad' | 'unknown';
};

/** Of a full IPv4 message of the usual size (Linux ip_vs_sync.c): so many sessions may be missing for each that was lost. */
export const recordsPerMessage = 40;

/** So few may be lost without a word of alarm: what was on its way when the master fell. */
const goodShare = 0.01;
/** Beyond this share of what is held the takeover failed for many. */
const badShare = 0.1;
/** Two numbers that differ by less than this share are one. */
export const sameShare = 0.03;

const levelOf = (resets: number, held: number): Expectation['level'] =>
	resets <= held * goodShare ? 'good' : (resets <= held * badShare ? 'warning' : 'bad');

const worse = (one: Expectation['level'], other: Expectation['level']): Expectation['level'] => one === 'bad' || other === 'bad' ? 'bad' : (one === 'warning' || other === 'warning' ? 'warning' : 'good');

const either = (resets: number, otherwise: number, held: number): Expectation => ({
	sureness: 'either', resets, otherwise, level: resets < otherwise ? worse(levelOf(resets, held), 'warning') : levelOf(resets, held),
});

type Circumstances = {
	/** Nothing tells what it was sent. */
	readonly isBlind?: boolean;
	/** What its own words show. */
	readonly finding?: Finding;
	readonly words?: OwnWords;
	/** So many more it may have been sent, which nobody saw. */
	readonly sentAtMost?: number;
};

/** Sessions that it makes anew of what it does not know, of so many, go to another real server than before. */
export const misplacedOf = (unknown: number, reals: number): number => Math.round(unknown * (1 - (1 / Math.max(1, reals))));

/**
Sessions that were unknown to the master before, too, are most likely gone already: they are not expected to be reset again. A kernel that
makes connections of what it does not know sends each of them to any of its real servers: the same one again in one of so many cases.
*/
export const expectationOf = ({held, sent, earlier, known, best, stale}: Coverage, ownKept: OwnKept, {isBlind = false, finding = 'none', words, sentAtMost = 0}: Circumstances = {}): Expectation => {
	const lost = Math.max(0, held - known - stale);
	const atBest = Math.max(0, held - best - stale);
	const atWorst = Math.max(0, held - (sent - earlier) - stale);
	if (finding === 'rebuilt' && words) {
		const unknown = Math.max(0, held - sent - stale);
		const unheard = Math.max(0, unknown - words.ownHeard - words.otherHeard);
		const misplaced = misplacedOf(unknown, words.reals);
		// Where nobody saw what it was sent, it may know many, and makes the fewer anew.
		const atLeast = misplacedOf(Math.max(0, unknown - sentAtMost), words.reals);
		return either(Math.min(unheard, misplaced), misplaced - atLeast > held * sameShare ? atLeast : unheard, held);
	}

	if (finding === 'lossy' && words) {
		return either(lost + Math.round(known * (words.silent / words.due)), lost, held);
	}

	// A kernel that kept its table, or may have, knows more than was heard; how much more cannot be known.
	const isOpen = ownKept === 'unknown' ? atWorst - atBest > held * sameShare : (ownKept !== 'no' && ownKept !== 'unlikely' && lost - atBest > held * sameShare);
	if (isBlind || isOpen) {
		return {sureness: 'unknown', resets: lost, otherwise: atBest, level: 'unknown'};
	}

	if ((ownKept === 'likely' || (earlier > 0 && ownKept !== 'yes')) && atWorst - lost > held * sameShare) {
		return either(lost, atWorst, held);
	}

	if (ownKept === 'unlikely' && lost - atBest > held * sameShare) {
		return either(lost, atBest, held);
	}

	if (ownKept === 'no' && sentAtMost > held * sameShare) {
		return either(lost, Math.max(0, lost - sentAtMost), held);
	}

	return {sureness: 'sure', resets: lost, otherwise: lost, level: levelOf(lost, held)};
};

/** No join of the new master was seen, and joins are not seen here at all: what it was sent is anybody's guess. Or it is too early to know what was open. */
const isBlindTo = ({isSentOpen, coverage, ownKept, finding, isUnprotected, isBlind}: Takeover): boolean =>
	isUnprotected || isBlind
	|| (isSentOpen && coverage.best === coverage.held && coverage.known < coverage.held && ownKept !== 'no' && finding === 'none');

/** What clients are to expect after a takeover, by all that is known of it. */
export const expectationAfter = (takeover: Takeover): Expectation =>
	expectationOf(takeover.coverage, takeover.ownKept, {isBlind: isBlindTo(takeover), finding: takeover.finding, words: takeover.words, sentAtMost: takeover.sentAtMost});
