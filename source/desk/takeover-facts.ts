/* One takeover as finished values: for the screen, for the events. */
import {type events} from '../events/catalogue.js';
import {type ValuesOfKind} from '../events/describe.js';
import {rfc3339} from '../text/format.js';
import {addAccounting, noAccounting} from '../census/census.js';
import {addCounts, coverageOf, noCounts, withoutSent} from '../census/coverage.js';
import {type CoverageCounts, type ServiceCensus, type ServiceRow} from '../census/counts.js';
import {secondUs} from '../wire/second.js';
import {type Accounting, type Coverage, type OwnKept, type ServiceTakeover, type Takeover} from './facts/failover.js';
import {expectationAfter, misplacedOf, recordsPerMessage, sameShare} from './facts/expectation.js';
import {takesId} from './listening.js';
import {evidenceAfter, isReceiptShown, keptAfter} from './own-words.js';
import {ownerOf} from './owners.js';
import {directorOf} from './registry.js';
import {type DeskState, type TakeoverState} from './state.js';
import {countsOwn} from './survival.js';

/** The most virtual services that are listed one by one. */
export const maxServices = 64;

const rowKey = (service: number, syncid: number): string => `${service} ${syncid}`;

/** Counts of one row as they hold for this new master: what was sent with an id that it does not take was not sent to it. */
const countsOf = (state: DeskState, {to}: TakeoverState, {syncid, counts}: ServiceRow): CoverageCounts =>
	takesId(directorOf(state, to), syncid) ? counts : withoutSent(counts);

const sum = (state: DeskState, takeover: TakeoverState, udp: boolean): CoverageCounts =>
	takeover.services.filter(one => one.udp === udp).reduce((total, row) => addCounts(total, countsOf(state, takeover, row)), noCounts);

/** Six figures that sum to what was held, also when a service left the table meanwhile. */
const balanced = (account: Accounting, held: number): Accounting => {
	const {heard, closed, ranout, moved, waiting, overdue} = account;
	const missing = held - heard - closed - ranout - moved - waiting - overdue;
	return missing === 0 ? account : {...account, ranout: Math.max(0, ranout + missing)};
};

const accountOf = ({services, accounts}: TakeoverState, udp: boolean): Accounting => {
	const rows = services.filter(one => one.udp === udp);
	return balanced(
		rows.reduce((total, {service, syncid}) => addAccounting(total, accounts.get(rowKey(service, syncid)) ?? noAccounting), noAccounting),
		rows.reduce((total, {counts: {held}}) => total + held, 0),
	);
};

/** Takes what a count of the table found. */
export const noteAccounts = (takeover: TakeoverState, rows: readonly ServiceCensus[]): void => {
	takeover.accounts = new Map(rows.map(({service, syncid, accounting}) => [rowKey(service.id, syncid), accounting]));
};

/** All wait at first. */
export const addAccounts = (takeover: TakeoverState, services: readonly ServiceRow[]): void => {
	for (const {service, syncid, counts: {held}} of services) {
		takeover.accounts.set(rowKey(service, syncid), {...noAccounting, waiting: held});
	}
};

export const addCurvePoint = (takeover: TakeoverState, timeUs: number): void => {
	takeover.curve.push({timeUs, ...accountOf(takeover, false)});
};

/** Whether what it announced itself is still there, by all that is known. */
const ownKeptOf = (takeover: TakeoverState, counts: CoverageCounts): OwnKept => {
	const {finding} = takeover;
	return counts.own === 0 && finding !== 'rebuilt' ? 'none' : keptAfter(takeover.survival.kept, finding);
};

/** What was sent is of little weight beside what it does not know anyway. */
const sentShare = 0.1;

/** What it knows for having been sent it alone is so much at most, until most of what is due is heard again from it. */
const isAtMost = ({words: {due, silent}, finding}: TakeoverState, {held, sent, known, own}: Coverage, kept: OwnKept): boolean => {
	const bySentAlone = sent === known ? sent : Math.max(0, known - (kept === 'yes' ? own : 0));
	return bySentAlone > held * sentShare && finding !== 'lossy' && finding !== 'rebuilt' && !isReceiptShown(due, silent);
};

/** Ages in `countedAt` (takeover.ts) by which who makes connections of any packet has shown it. */
const rebuildStep = 6;

const ifRebuilt = ({words, finding, step, services}: TakeoverState, {held, sent, stale}: Coverage, kept: OwnKept): number => {
	const isShown = finding !== 'none' || (step >= rebuildStep && words.messages > 0);
	const reals = Math.max(1, ...services.filter(({udp}) => !udp).map(one => one.reals));
	return isShown || (kept !== 'no' && kept !== 'none') ? -1 : misplacedOf(Math.max(0, held - sent - stale), reals);
};

export const takeoverOf = (state: DeskState, takeover: TakeoverState): Takeover => {
	const {from, to, kind, atUs, survival, forgotten, words, finding, listening} = takeover;
	const [open, flows] = [sum(state, takeover, false), sum(state, takeover, true)];
	const kept = ownKeptOf(takeover, {...open, own: open.own + flows.own});
	const isOwn = countsOwn(keptAfter(survival.kept, finding));
	// Of what was sent with a sync id that it does not take it cannot know more.
	const unsure = takeover.services.filter(({syncid}) => takesId(directorOf(state, to), syncid)).reduce((total, {counts}) => total + counts.held - counts.both, 0);
	const mayKnow = kept === 'no' ? 0 : Math.min(forgotten, unsure);
	const coverage = coverageOf(open, isOwn, mayKnow);
	return {
		id: takeover.id, kind, from, to, atUs, advertUs: takeover.advertUs, messageUs: takeover.messageUs,
		gapUs: Math.max(0, atUs - takeover.fromLastUs),
		syncGapUs: takeover.messageUs > 0 && takeover.fromFormerSyncUs > 0 ? Math.max(0, takeover.messageUs - takeover.fromFormerSyncUs) : 0,
		vips: takeover.owners.map(id => ownerOf(state, id).address),
		vrids: takeover.vrids, fromPriority: takeover.fromPriority, toPriority: takeover.toPriority,
		// What it announces without having been sent it, it knows.
		coverage: finding === 'kept' && words.otherHeard > 0 ? {...coverage, known: Math.min(coverage.held, coverage.known + words.otherHeard), best: coverage.held} : coverage,
		udp: coverageOf(flows, isOwn, mayKnow),
		ownKept: kept, ownEvidence: kept === 'none' ? '' : evidenceAfter(survival.evidence, finding, words), failBack: takeover.failBack, evidence: takeover.evidence,
		words, finding, isUnprotected: takeover.isUnprotected, isBlind: takeover.isBlind, isSentOpen: takeover.isSentOpen, sentAtMost: Math.min(takeover.sentAtMost, Math.max(0, coverage.held - coverage.sent)), isAtMost: isAtMost(takeover, coverage, kept), ifRebuilt: ifRebuilt(takeover, coverage, kept),
		listenedSinceUs: listening.sinceUs, listenedUs: listening.sinceUs === 0 ? 0 : Math.max(0, listening.untilUs - listening.sinceUs),
		listeningEvidence: listening.evidence,
		awayUs: takeover.awaySinceUs === 0 ? 0 : atUs - takeover.awaySinceUs, awaySinceUs: takeover.awaySinceUs,
		fromSyncUs: takeover.fromSyncUs, fromLastAdvertUs: directorOf(state, from).lastAdvertUs,
		lostMessages: takeover.lostMessages, blindBeforeUs: takeover.blindBeforeUs, claimedUs: takeover.claimedUs,
		accounting: accountOf(takeover, false), udpAccounting: accountOf(takeover, true),
		services: takeover.services.toSorted((one, other) => other.counts.held - one.counts.held).slice(0, maxServices).map((row): ServiceTakeover => ({
			service: row.service, name: row.name, udp: row.udp, coverage: coverageOf(countsOf(state, takeover, row), isOwn),
			accounting: balanced(takeover.accounts.get(rowKey(row.service, row.syncid)) ?? {...noAccounting, waiting: row.counts.held}, row.counts.held),
		})),
		curve: takeover.curve, settled: takeover.settled,
	};
};

const plain = ({held, sent, own, known}: Coverage) => ({held, sent, own, known});
const optionalTime = (timeUs: number, toWallUs: (timeUs: number) => number): string | undefined => timeUs === 0 ? undefined : rfc3339(toWallUs(timeUs));

/**
What is expected, as both events say it. Where messages of the old master were lost, as many as they may have held were perhaps never announced to
anybody. What was sent may have been lost at its receiver, whom nobody sees: then all of that are reset; and what the master before lost so is not reset again.
*/
const expectedFields = (takeover: Takeover) => {
	const {lostMessages, isAtMost: isSentDoubtful, ifRebuilt: rebuilt, coverage: {held, stale, silent, own, known, sent}, ownKept, finding} = takeover;
	const {sureness, resets, otherwise} = expectationAfter(takeover);
	if (sureness === 'unknown' || finding === 'rebuilt' || finding === 'lossy') {
		return {resets, otherwise: otherwise === resets ? null : otherwise, sureness};
	}

	const unreceived = isSentDoubtful ? held - stale - (known > sent && ownKept === 'yes' ? own : 0) : resets;
	const others = [otherwise, unreceived, resets + (lostMessages * recordsPerMessage), rebuilt === -1 ? resets : rebuilt, Math.max(0, resets - silent)];
	// Of several the one that would change most.
	const farthest = others.toSorted((one, other) => Math.abs(other - resets) - Math.abs(one - resets))[0]!;
	return Math.abs(farthest - resets) > held * sameShare ? {resets, otherwise: farthest, sureness: 'either' as const} : {resets, otherwise: null, sureness: 'sure' as const};
};

/** The signs by which a takeover and its verdict are known. */
const signsOf = ({evidence, ownKept, ownEvidence, isAtMost: isSentDoubtful, ifRebuilt: rebuilt, coverage: {held, known, silent}}: Takeover): string[] => [
	...evidence, ...(ownKept === 'none' ? [] : [`own-${ownKept}: ${ownEvidence}`]),
	...(isSentDoubtful ? ['receipt-unseen: what was sent to it may have been lost at it'] : []),
	...(silent > held * sameShare ? [`gone-before: ${silent} were not heard since the takeover before, and may not have arrived then`] : []),
	...(rebuilt !== -1 && (held - known - rebuilt) > held * sameShare ? ['rebuild-unseen: it may make connections of any packet (sloppy_tcp), then fewer are reset'] : []),
];

/** The fields of the event `takeover`. Times in it are the wall clock's. */
export const takeoverFields = (state: DeskState, takeover: Takeover, toWallUs: (timeUs: number) => number): ValuesOfKind<typeof events.takeover> => {
	const {coverage, udp, kind, gapUs, ownKept, failBack, lostMessages, vips, vrids, advertUs, messageUs, fromPriority, toPriority, from, to, atUs} = takeover;
	return {
		kind, from: directorOf(state, from).address, to: directorOf(state, to).address, at: rfc3339(toWallUs(atUs)), gap: gapUs / secondUs, vips, ...plain(coverage), ownKept, failBack,
		expected: expectedFields(takeover), evidence: signsOf(takeover), lostMessages, ...(vrids.length > 0 && {vrids, fromPriority, toPriority}),
		advert: optionalTime(advertUs, toWallUs), message: optionalTime(messageUs, toWallUs), udp: plain(udp),
	};
};

/** The fields of the event `takeover-account`. */
export const accountFields = (state: DeskState, takeover: Takeover, nowUs: number, toWallUs: (timeUs: number) => number): ValuesOfKind<typeof events.takeoverAccount> => {
	const {coverage, udp, accounting, udpAccounting, ownKept, advertUs, messageUs, fromSyncUs, vips, from, to, atUs, settled} = takeover;
	return {
		from: directorOf(state, from).address, to: directorOf(state, to).address, at: rfc3339(toWallUs(atUs)), age: Math.round((nowUs - atUs) / 1000) / 1000, vips,
		held: coverage.held, known: coverage.known, ownKept, ...accounting, expected: expectedFields(takeover), evidence: signsOf(takeover), settled,
		advert: optionalTime(advertUs, toWallUs), message: optionalTime(messageUs, toWallUs),
		...(fromSyncUs > 0 && {oldMasterSync: rfc3339(toWallUs(fromSyncUs))}),
		udp: {held: udp.held, known: udp.known, ...udpAccounting},
	};
};
