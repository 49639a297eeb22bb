import {addAccounting, noAccounting, type ServiceCensus} from './census.js';
import {addCounts, coverageOf, noCounts, type ServiceCoverage} from './coverage.js';
import {type Director} from './facts/director.js';
import {type Accounting, type CurvePoint, type ListeningEvidence, type OwnKept, type ServiceTakeover, type Takeover, type TakeoverKind} from './facts/failover.js';
import {type Survival} from './own-kept.js';
import {serviceText} from './facts/pair-services.js';

/** The most virtual services that are listed one by one. */
export const maxServices = 64;

/** One takeover while its figures settle. */
export type TakeoverState = {
	readonly id: number;
	readonly kind: TakeoverKind;
	readonly from: Director;
	readonly to: Director;
	readonly atUs: number;
	advertUs: number;
	messageUs: number;
	readonly fromLastUs: number;
	/** Last message of the old master before it. */
	readonly fromFormerSyncUs: number;
	readonly vrids: number[];
	readonly fromPriority: number;
	toPriority: number;
	readonly generation: number;
	readonly services: readonly ServiceCoverage[];
	survival: Survival;
	readonly failBack: boolean;
	readonly evidence: string[];
	readonly listening: {readonly sinceUs: number; readonly untilUs: number; readonly evidence: ListeningEvidence};
	/** Open sessions it may know beyond those counted: sent to it before it joined anew. */
	readonly forgotten: number;
	readonly awaySinceUs: number;
	fromSyncUs: number;
	readonly lostMessages: number;
	readonly blindBeforeUs: number;
	claimedUs: number;
	accounts: ReadonlyMap<number, Accounting>;
	curve: CurvePoint[];
	/** Place in the list of moments at which it is counted. */
	step: number;
	/** What its new master had announced before was struck from the table. */
	isStruck: boolean;
	/** Its first message was heard and weighed. */
	isJudged: boolean;
	settled: boolean;
};

/** Whether what a director announced itself counts as known. */
export const countsOwn = (kept: OwnKept): boolean => kept === 'yes' || kept === 'likely';

const sum = (services: readonly ServiceCoverage[], udp: boolean) =>
	services.filter(one => one.udp === udp).reduce((total, {counts}) => addCounts(total, counts), noCounts);

const heldOf = (services: readonly ServiceCoverage[], udp: boolean): number => sum(services, udp).held;

/** Six figures that sum to what was held, also when a service left the table meanwhile. */
const balanced = (account: Accounting, held: number): Accounting => {
	const {heard, closed, ranout, moved, waiting, overdue} = account;
	const missing = held - heard - closed - ranout - moved - waiting - overdue;
	return missing === 0 ? account : {...account, ranout: Math.max(0, ranout + missing)};
};

export const ownKeptOf = ({survival, services}: Pick<TakeoverState, 'survival' | 'services'>): OwnKept =>
	sum(services, false).own + sum(services, true).own === 0 ? 'none' : survival.kept;

const accountOf = (state: TakeoverState, udp: boolean): Accounting => balanced(
	state.services.filter(one => one.udp === udp).reduce((total, {service}) => addAccounting(total, state.accounts.get(service.id) ?? noAccounting), noAccounting),
	heldOf(state.services, udp),
);

/** Takes what a count of the table found. */
export const account = (state: TakeoverState, census: readonly ServiceCensus[]): void => {
	state.accounts = new Map(census.map(({service, accounting}) => [service.id, accounting]));
};

export const addCurvePoint = (state: TakeoverState, timeUs: number): void => {
	state.curve.push({timeUs, ...accountOf(state, false)});
};

export const takeoverOf = (state: TakeoverState): Takeover => {
	const {from, to, kind, atUs, services, survival, forgotten} = state;
	const isOwn = countsOwn(survival.kept);
	const mayKnow = survival.kept === 'no' ? 0 : forgotten;
	return {
		id: state.id, kind, from: from.index, to: to.index, atUs, advertUs: state.advertUs, messageUs: state.messageUs,
		gapUs: Math.max(0, atUs - state.fromLastUs),
		syncGapUs: state.messageUs > 0 && state.fromFormerSyncUs > 0 ? Math.max(0, state.messageUs - state.fromFormerSyncUs) : 0,
		vrids: state.vrids, fromPriority: state.fromPriority, toPriority: state.toPriority,
		coverage: coverageOf(sum(services, false), isOwn, mayKnow),
		udp: coverageOf(sum(services, true), isOwn, mayKnow),
		ownKept: ownKeptOf(state), ownEvidence: ownKeptOf(state) === 'none' ? '' : survival.evidence, failBack: state.failBack, evidence: state.evidence,
		listenedSinceUs: state.listening.sinceUs, listenedUs: state.listening.sinceUs === 0 ? 0 : Math.max(0, state.listening.untilUs - state.listening.sinceUs),
		listeningEvidence: state.listening.evidence,
		awayUs: state.awaySinceUs === 0 ? 0 : atUs - state.awaySinceUs, awaySinceUs: state.awaySinceUs,
		fromSyncUs: state.fromSyncUs, fromLastAdvertUs: from.lastAdvertUs,
		lostMessages: state.lostMessages, blindBeforeUs: state.blindBeforeUs, claimedUs: state.claimedUs,
		accounting: accountOf(state, false), udpAccounting: accountOf(state, true),
		services: services.toSorted((one, other) => other.counts.held - one.counts.held).slice(0, maxServices).map((one): ServiceTakeover => ({
			service: one.service.id, name: serviceText(one.service), udp: one.udp, coverage: coverageOf(one.counts, isOwn),
			accounting: balanced(state.accounts.get(one.service.id) ?? {...noAccounting, waiting: one.counts.held}, one.counts.held),
		})),
		curve: state.curve, settled: state.settled,
	};
};
