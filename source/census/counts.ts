import {type Accounting} from '../desk/facts/failover.js';
import {type ServiceInfo} from '../table/path-info.js';

/** Counts of open sessions at a takeover, or now. `both`: sent or own. */
export type CoverageCounts = {
	readonly held: number;
	readonly sent: number;
	/** Of those sent: before its daemon joined anew. */
	readonly earlier: number;
	readonly own: number;
	readonly both: number;
	/** Of those not sent, and of those neither sent nor own: unknown to the master before, too, and silent for longer than their rhythm since. */
	readonly staleUnsent: number;
	readonly staleUnknown: number;
	/** The same of those that the master before was sent, where nothing showed that they arrived, and that were not heard from it since: they may be gone already. */
	readonly silentUnsent: number;
	readonly silentUnknown: number;
};

/** Counts that show what a new master kept: see `OwnWords` (census.ts). */
type WordCounts = {
	readonly ownHeard: number;
	readonly ownDue: number;
	readonly otherHeard: number;
	readonly otherDue: number;
	readonly due: number;
	readonly silent: number;
	/** When those that it was not sent were heard first and last; 0 when none was. */
	readonly firstMs: number;
	readonly lastMs: number;
};

export type ServiceCensus = {
	readonly service: ServiceInfo;
	readonly owner: number;
	readonly syncid: number;
	readonly reals: number;
	readonly udp: boolean;
	/** Open now. */
	readonly open: number;
	/** For each listener, what it knows of those. */
	readonly listeners: readonly CoverageCounts[];
	/** Expected to run out before the next announcement is due. */
	readonly runningOut: number;
	/** Of those open at the last takeover. */
	readonly accounting: Accounting;
	readonly words: WordCounts;
	/** For each director of the split: open, announced since by it last, and neither sent to the others nor announced by them before. */
	readonly split: readonly number[];
};

/** Sessions of one virtual service and sync id, counted at a takeover. */
export type ServiceRow = {
	readonly service: number;
	readonly owner: number;
	readonly syncid: number;
	readonly name: string;
	readonly udp: boolean;
	/** Real servers among which sessions are spread. */
	readonly reals: number;
	readonly counts: CoverageCounts;
};

/** The number under which the address is known whose first word is at `offset`, -1 for one that is not followed. */
export type FindOwner = (segment: number, words: ArrayLike<number>, offset: number) => number;
