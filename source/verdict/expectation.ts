import {type Coverage, type OwnKept, type Takeover} from '../desk/facts/failover.js';

/** What clients are to expect after a takeover, or would be. Open TCP and SCTP sessions. */
export type Expectation = {
	/** `unknown`: nothing that was heard tells. `either`: it hangs on a reboot that nobody saw, both numbers are to be said. */
	readonly sureness: 'sure' | 'either' | 'unknown';
	/** Resets to expect, each at the session's next packet. For `either` the likelier number. */
	readonly resets: number;
	/** The other number; the same for `sure`. */
	readonly otherwise: number;
	readonly level: 'good' | 'warning' | 'bad' | 'unknown';
};

/** So few may be lost without a word of alarm: what was on its way when the master fell. */
const goodShare = 0.01;
/** Beyond this share of what is held the takeover failed for many. */
const badShare = 0.1;
/** Two numbers that differ by less than this share are one. */
const sameShare = 0.03;

const levelOf = (resets: number, held: number): Expectation['level'] =>
	resets <= held * goodShare ? 'good' : (resets <= held * badShare ? 'warning' : 'bad');

const worse = (one: Expectation['level'], other: Expectation['level']): Expectation['level'] => one === 'bad' || other === 'bad' ? 'bad' : (one === 'warning' || other === 'warning' ? 'warning' : 'good');

/** Sessions that were unknown to the master before, too, are most likely gone already: they are not expected to be reset again. */
export const expectationOf = ({held, sent, known, best, stale}: Coverage, ownKept: OwnKept, isBlind = false): Expectation => {
	const lost = Math.max(0, held - known - stale);
	const atBest = Math.max(0, held - best - stale);
	const atWorst = Math.max(0, held - sent - stale);
	// A kernel that kept its table, or may have, knows more than was heard; how much more cannot be known.
	const isOpen = ownKept === 'unknown' ? atWorst - atBest > held * sameShare : (ownKept !== 'no' && ownKept !== 'unlikely' && lost - atBest > held * sameShare);
	if (isBlind || isOpen) {
		return {sureness: 'unknown', resets: lost, otherwise: atBest, level: 'unknown'};
	}

	if (ownKept === 'likely' && atWorst - lost > held * sameShare) {
		return {sureness: 'either', resets: lost, otherwise: atWorst, level: worse(levelOf(lost, held), 'warning')};
	}

	if (ownKept === 'unlikely' && lost - atBest > held * sameShare) {
		return {sureness: 'either', resets: lost, otherwise: atBest, level: levelOf(lost, held)};
	}

	return {sureness: 'sure', resets: lost, otherwise: lost, level: levelOf(lost, held)};
};

/** No join of the new master was seen, and joins are not seen here at all: what it was sent is anybody's guess. */
export const isBlindTo = ({listeningEvidence, awaySinceUs, coverage, ownKept}: Takeover): boolean =>
	listeningEvidence === 'none' && awaySinceUs > 0 && coverage.best === coverage.held && coverage.known < coverage.held && ownKept !== 'no';
