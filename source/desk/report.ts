/*
All pairs, and the grounds on which their entries are judged, as finished values; counts the table again when the last count is too old.
*/
import {controlAt} from '../table/memory.js';
import {addCounts, coverageOf, noCounts, withoutSent} from '../census/coverage.js';
import {type ServiceCensus} from '../census/counts.js';
import {secondUs} from '../wire/second.js';
import {mayHoldMore, type Director} from './facts/director.js';
import {expectationAfter} from './facts/expectation.js';
import {type Failover, type Forecast, type Ground, type Pair, type Vip} from './facts/failover.js';
import {serviceText} from './facts/pair-services.js';
import {takesId} from './listening.js';
import {claimantOf, hasAdverts, isStranger, membersOf, memoryOf, pairOf, successorsOf} from './pairs.js';
import {directorOf} from './registry.js';
import {splitOf} from './splits.js';
import {type DeskState, type OwnerState} from './state.js';
import {countsOwn, survivalOf} from './survival.js';
import {count, takeoverAt} from './takeover-counts.js';
import {maxServices, takeoverOf} from './takeover-facts.js';
import {thresholds} from './facts/thresholds.js';
import {type DeskContext} from './told.js';
import {seesJoins, warningsOf} from './warnings.js';

/** Takeovers of a pair that are shown. */
const maxTakeovers = 8;
/** So long a takeover is of interest: its pair comes first. */
const interestUs = 600 * secondUs;

/** Counting takes some 40 ms per million entries: at most a fiftieth of the time. */
const refreshUs = (entries: number): number => entries < 50_000 ? secondUs : (entries < 250_000 ? 2 * secondUs : 5 * secondUs);

const refresh = (desk: DeskContext, nowUs: number): void => {
	const {state, counted, table: {arrays}} = desk;
	const isOld = counted.countedUs === 0 || nowUs - counted.countedUs >= refreshUs(Atomics.load(arrays.control, controlAt.highWater));
	if (isOld && state.owners.list.length > 0) {
		count(desk, nowUs);
	}
};

/** 2: of a known director that has been heard for a while; 1: of one that has not, as a forger's single word. */
const rankOf = (members: readonly Director[]): number =>
	Math.max(0, ...members.map(member => member.known ? 1 + Number(member.lastUs - member.firstUs >= thresholds.establishedUs) : 0));

const rowsOf = ({counted}: DeskContext, owners: readonly OwnerState[]): ServiceCensus[] => {
	const wanted = new Set(owners.map(({id}) => id));
	return counted.rows.filter(({owner}) => wanted.has(owner));
};

/** What each listener would know if a director died that serves these addresses. */
const forecastsOf = (desk: DeskContext, server: Director, owners: readonly OwnerState[], nowUs: number): Forecast[] => {
	const {state} = desk;
	const rows = rowsOf(desk, owners);
	const last = state.takeovers.list.findLast(({to}) => to === server.index);
	return successorsOf(desk, server).map((director, index): Forecast => {
		const survival = survivalOf(director, nowUs);
		const isOwn = countsOwn(survival.kept);
		const countsFor = (row: ServiceCensus) => {
			const counts = row.listeners[index] ?? noCounts;
			return takesId(director, row.syncid) ? counts : withoutSent(counts);
		};

		const open = rows.filter(({udp}) => !udp);
		const total = open.reduce((sum, row) => addCounts(sum, countsFor(row)), noCounts);
		return {
			director: director.index, from: server.index, vips: owners.map(({address}) => address), listeningSinceUs: director.listeningSinceUs, evidence: director.listeningEvidence,
			coverage: coverageOf(total, isOwn, survival.kept === 'no' ? 0 : (mayHoldMore(director) ? total.held : director.forgotten)),
			ownKept: total.own === 0 ? 'none' : survival.kept, ownEvidence: total.own === 0 ? '' : survival.evidence,
			failBack: last?.from === director.index && last.kind !== 'preempt',
			runningOut: open.reduce((sum, {runningOut}) => sum + runningOut, 0),
			services: rows.toSorted((one, other) => other.open - one.open).slice(0, maxServices).filter(one => one.open > 0).map(row => ({
				service: row.service.id, name: serviceText(row.service), udp: row.udp, coverage: coverageOf(countsFor(row), isOwn),
			})),
		};
	});
};

/** Who of them announced last, of those that serve. */
const masterOf = (state: DeskState, pair: number, members: readonly Director[], nowUs: number): Pick<Pair, 'master' | 'masterSinceUs' | 'masterBy'> => {
	const master = members.filter(({masterSinceUs}) => masterSinceUs > 0).toSorted((one, other) => other.lastSyncUs - one.lastSyncUs)[0];
	if (!master) {
		return {master: -1, masterSinceUs: 0, masterBy: 'none'};
	}

	return {master: master.index, masterSinceUs: master.masterSinceUs, masterBy: hasAdverts(state, pair, nowUs) || master.lastAdvertUs > 0 ? 'advert' : 'sync'};
};

const vipOf = (desk: DeskContext, owner: OwnerState): Vip => ({
	address: owner.address, family: owner.family, segment: owner.segment, server: owner.server, sinceUs: owner.sinceUs, by: owner.by, takeover: owner.takeover,
	open: rowsOf(desk, [owner]).filter(({udp}) => !udp).reduce((sum, {open}) => sum + open, 0),
	conflictMac: owner.conflict?.isTold ? owner.conflict.mac : '', conflictUs: owner.conflict?.isTold ? owner.conflict.sinceUs : 0, unprotectedUs: owner.unprotectedUs,
});

/** Who listens beside them and may be their backup, though nothing that they said tells. */
const listenersBeside = (desk: DeskContext, members: readonly Director[], servers: readonly Director[]): Director[] => {
	const found = servers.flatMap(server => successorsOf(desk, server));
	return [...new Set(found)].filter(one => !members.includes(one));
};

const byServer = (owners: readonly OwnerState[]): Map<number, OwnerState[]> => Map.groupBy(owners, ({server}) => server);

const pairFacts = (desk: DeskContext, pair: number, members: readonly Director[], nowUs: number): Pair => {
	const {state} = desk;
	const isMember = (index: number) => members.some(one => one.index === index);
	const owners = state.owners.list.filter(({server}) => server !== -1 && isMember(server));
	const split = splitOf(state, members)?.split;
	const isSplit = split?.endUs === 0;
	const {master, ...mastership} = masterOf(state, pair, members, nowUs);
	const served = byServer(owners);
	// While there are two masters none of them can be said to succeed the other.
	const forecasts = isSplit
		? []
		: [...served].toSorted(([one], [other]) => Number(other === master) - Number(one === master))
			.flatMap(([server, addresses]) => forecastsOf(desk, directorOf(state, server), addresses, nowUs));
	const rows = rowsOf(desk, owners);
	const sum = (udp: boolean) => rows.filter(one => one.udp === udp).reduce((total, {open}) => total + open, 0);
	const servers = [...served.keys()].map(index => directorOf(state, index));
	const sending = members.filter(({port}) => port > 0);
	return {
		id: pair, segment: sending[0]?.segment ?? members[0]!.segment, group: sending.at(-1)?.group ?? '', port: Math.min(...sending.map(({port}) => port), Infinity) === Infinity ? 0 : Math.min(...sending.map(({port}) => port)),
		syncids: [...new Set(members.flatMap(({syncids}) => syncids))].toSorted((one, other) => one - other),
		vrids: [...new Set(state.routers.filter(({speakers}) => speakers.some(index => isMember(index))).map(({vrid}) => vrid))],
		directors: [...members, ...listenersBeside(desk, members, servers)].map(({index}) => index), master, ...mastership,
		vips: owners.map(owner => vipOf(desk, owner)), activeActive: memoryOf(state, pair).isActiveActive,
		...claimantOf(state, members), open: sum(false), udp: sum(true), forecasts,
		takeovers: state.takeovers.list.filter(({from, to}) => isMember(from) || isMember(to)).slice(-maxTakeovers).map(one => takeoverOf(state, one)),
		splitBrain: split,
		warnings: warningsOf({state, pair, members, listeners: forecasts.length, isSplit, nowUs}),
	};
};

/** Directors that say or do what only directors do, by pair. */
const pairsOf = (state: DeskState): Map<number, Director[]> => {
	const found = new Map<number, Director[]>();
	for (const director of state.registry.directors) {
		if (!isStranger(director) && (director.instances.length > 0 || director.masterSinceUs > 0 || director.servedUntilUs > 0 || director.messages > 0 || pairOf(state, director.index) !== director.index)) {
			const pair = pairOf(state, director.index);
			found.set(pair, found.get(pair) ?? membersOf(state, pair));
		}
	}

	return found;
};

const groundsOf = (desk: DeskContext, nowUs: number): Ground[] => {
	const {state} = desk;
	const groups = Map.groupBy(state.owners.list, ({segment, server, takeover}) => `${segment} ${server} ${takeover}`);
	return [...groups.values()].map((owners): Ground => {
		const {server, segment, takeover} = owners[0]!;
		const isSplit = server !== -1 && state.splits.some(({split}) => split.endUs === 0 && split.directors.includes(server));
		const successor = server === -1 || isSplit ? undefined : successorsOf(desk, directorOf(state, server))[0];
		const last = takeoverAt(state, takeover);
		return {
			segment, vips: owners.map(({key}) => key),
			successorBit: successor?.bit ?? -1, isUnheard: server !== -1 && !isSplit && successor === undefined && seesJoins(membersOf(state, pairOf(state, server))), successorOwn: successor !== undefined && countsOwn(survivalOf(successor, nowUs).kept),
			takeover: last?.id ?? -1, atUs: last?.atUs ?? 0, to: last?.to ?? -1,
			isUnsure: last !== undefined && expectationAfter(takeoverOf(state, last)).sureness === 'unknown',
		};
	});
};

/** With the freshest takeover of interest first; a stranger's sessions, however many, do not push the real pair out of the first place. */
export const failoverOf = (desk: DeskContext, nowUs: number): Failover => {
	const {state, counted} = desk;
	refresh(desk, nowUs);
	const freshUs = ({takeovers}: Pair): number => {
		const atUs = takeovers.at(-1)?.atUs ?? 0;
		return nowUs - atUs <= interestUs ? atUs : 0;
	};

	return {
		pairs: [...pairsOf(state)].map(([pair, members]) => ({rank: rankOf(members), pair: pairFacts(desk, pair, members, nowUs)}))
			.toSorted((one, other) => (other.rank - one.rank) || (freshUs(other.pair) - freshUs(one.pair)) || (other.pair.open - one.pair.open)).map(one => one.pair),
		grounds: groundsOf(desk, nowUs),
		timeline: [...state.told.timeline],
		countedUs: counted.countedUs,
	};
};
