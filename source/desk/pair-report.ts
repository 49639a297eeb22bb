import {type ServiceCensus} from './census.js';
import {addCounts, coverageOf, noCounts} from './coverage.js';
import {mayHoldMore} from './facts/director.js';
import {type Directors} from './registry.js';
import {type Failover, type Forecast, type Ground, type Pair} from './facts/failover.js';
import {type HeadCount} from './head-count.js';
import {type Losses} from './losses.js';
import {survivalOf} from './own-kept.js';
import {serviceText} from './facts/pair-services.js';
import {hasAdverts, isSplit, speakingMaster, type Pairs, type PairState} from './pairs.js';
import {countsOwn, maxServices, takeoverOf} from './takeover-state.js';
import {thresholds} from './facts/thresholds.js';
import {warningsOf} from './warnings.js';

export type ReportParts = {
	readonly directors: Directors;
	readonly pairs: Pairs;
	readonly heads: HeadCount;
	readonly losses: Losses;
};

/** Losses older than this are past. */
const recentUs = 600_000_000;

/** All pairs, and the grounds on which their entries are judged, as finished values; counts the table again when the last count is too old. */
export type PairReport = (nowUs: number) => Omit<Failover, 'timeline'>;

/** 2: of a known director that has been heard for a while; 1: of one that has not, as a forger's single word. */
const rankOf = ({directors: members}: PairState): number =>
	Math.max(0, ...members.map(member => member.known ? 1 + Number(member.lastUs - member.firstUs >= thresholds.establishedUs) : 0));

export const createPairReport = ({directors, pairs, heads, losses}: ReportParts): PairReport => {
	const forecastsOf = (pair: PairState, found: readonly ServiceCensus[], nowUs: number): Forecast[] => heads.listenersOf(pair).map((director, index): Forecast => {
		const survival = survivalOf(director, nowUs);
		const isOwn = countsOwn(survival.kept);
		const open = found.filter(({udp}) => !udp);
		const total = open.reduce((sum, {listeners}) => addCounts(sum, listeners[index] ?? noCounts), noCounts);
		return {
			director: director.index, listeningSinceUs: director.listeningSinceUs, evidence: director.listeningEvidence,
			coverage: coverageOf(total, isOwn, survival.kept === 'no' ? 0 : (mayHoldMore(director) ? total.held : director.forgotten)),
			ownKept: total.own === 0 ? 'none' : survival.kept, ownEvidence: total.own === 0 ? '' : survival.evidence,
			failBack: pair.takeovers.at(-1)?.from === director && pair.takeovers.at(-1)?.kind !== 'preempt',
			runningOut: open.reduce((sum, {runningOut}) => sum + runningOut, 0),
			services: found.toSorted((one, other) => other.open - one.open).slice(0, maxServices).filter(one => one.open > 0).map(one => ({
				service: one.service.id, name: serviceText(one.service), udp: one.udp, coverage: coverageOf(one.listeners[index] ?? noCounts, isOwn),
			})),
		};
	});

	const masterOf = (pair: PairState, nowUs: number): Pick<Pair, 'master' | 'masterSinceUs' | 'masterBy'> => {
		const master = speakingMaster(pair);
		if (master && master.masterSinceUs > 0) {
			return {master: master.index, masterSinceUs: master.masterSinceUs, masterBy: pair.vrids.length > 0 ? 'advert' : 'sync'};
		}

		return master && !hasAdverts(pair, nowUs)
			? {master: master.index, masterSinceUs: master.firstSyncUs, masterBy: 'sync'}
			: {master: -1, masterSinceUs: 0, masterBy: 'none'};
	};

	const pairOf = (pair: PairState, nowUs: number): Pair => {
		const found = heads.of(pair);
		const sum = (udp: boolean) => found.filter(one => one.udp === udp).reduce((total, {open}) => total + open, 0);
		// While there are two masters none of them can be said to succeed the other.
		const forecasts = isSplit(pair) ? [] : forecastsOf(pair, found, nowUs).filter(({director}) => director !== speakingMaster(pair)?.index);
		return {
			id: pair.id, segment: pair.segment, group: pair.group, port: pair.port, syncids: pair.syncids, vrids: pair.vrids,
			directors: [...pair.directors, ...pairs.listenersBeside(pair)].map(({index}) => index), ...masterOf(pair, nowUs), activeActive: pair.activeActive,
			claimant: pair.claimant, claimUs: pair.claimUs, open: sum(false), udp: sum(true), forecasts,
			takeovers: pair.takeovers.map(state => takeoverOf(state)), splitBrain: pair.split,
			warnings: warningsOf({pair, directors: directors.all(), listeners: forecasts.length, lost: director => losses.since(director, nowUs - recentUs), nowUs}),
		};
	};

	const groundOf = (pair: PairState, nowUs: number): Ground => {
		const successor = isSplit(pair) ? undefined : heads.listenersOf(pair).find(director => director !== speakingMaster(pair));
		const last = pair.takeovers.at(-1);
		return {
			...heads.selectionOf(pair),
			successorBit: successor?.bit ?? -1, successorOwn: successor !== undefined && countsOwn(survivalOf(successor, nowUs).kept),
			takeover: last?.id ?? -1, generation: last ? pair.generation : -1, atUs: last?.atUs ?? 0, toBit: last?.to.bit ?? -1,
		};
	};

	return nowUs => {
		const all = pairs.all();
		heads.refresh(nowUs);
		return {
			// A stranger's sessions, however many, do not push the real pair out of the first place.
			pairs: all.map(pair => ({rank: rankOf(pair), pair: pairOf(pair, nowUs)}))
				.toSorted((one, other) => (other.rank - one.rank) || (other.pair.open - one.pair.open)).map(one => one.pair),
			grounds: all.map(pair => groundOf(pair, nowUs)),
			countedUs: heads.countedUs(),
		};
	};
};
