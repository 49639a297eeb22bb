/* Two masters at once: by the adverts of one virtual router, or by sessions that both announce. */
import {events} from '../events/catalogue.js';
import {rfc3339} from '../text/format.js';
import {secondUs} from '../wire/second.js';
import {type Director} from './facts/director.js';
import {thresholds} from './facts/thresholds.js';
import {noteGaveWay} from './listening.js';
import {claimantOf, membersOf, memoryOf, pairOf} from './pairs.js';
import {directorOf} from './registry.js';
import {disagreementOf, speechOf} from './routers.js';
import {type DeskState, type RouterState, type SplitState} from './state.js';
import {leaveServing, setServing} from './takeover.js';
import {count} from './takeover-counts.js';
import {tell, type DeskContext} from './told.js';

const maxContests = 32;
const maxSplits = 16;

const addressesOf = (state: DeskState, indices: readonly number[]): string[] => indices.map(index => directorOf(state, index).address);

/** The split brain of a pair: the one that lasts, else the last one. */
export const splitOf = ({splits}: DeskState, members: readonly Director[]): SplitState | undefined => {
	const own = splits.filter(({split}) => members.some(({index}) => split.directors.includes(index)));
	return own.findLast(({split}) => split.endUs === 0) ?? own.at(-1);
};

const addSplit = ({splits}: DeskState, one: SplitState): void => {
	splits.push(one);
	if (splits.length > maxSplits) {
		splits.shift();
	}
};

export const beginSplit = (desk: DeskContext, router: RouterState, speakers: readonly number[], timeUs: number): void => {
	const {state, toWallUs} = desk;
	for (const index of speakers) {
		const director = directorOf(state, index);
		setServing(desk, director, director.masterSinceUs || router.splitUs, timeUs);
	}

	const members = membersOf(state, pairOf(state, router.master));
	if (splitOf(state, members)?.split.endUs === 0) {
		return;
	}

	const reason = disagreementOf(state, router, speakers);
	const priorities = speakers.map(index => speechOf(state, router, index)?.priority ?? 0);
	addSplit(state, {
		router: router.id,
		split: {
			sinceUs: router.splitUs, endUs: 0, by: 'vrrp', vrid: router.vrid, directors: speakers, priorities, onlyBy: speakers.map(() => 0), ...claimantOf(state, members), winner: -1, reason,
		},
	});
	tell(desk, timeUs, events.splitBrain, speakers.map(index => directorOf(state, index)), {
		directors: addressesOf(state, speakers), vrid: router.vrid, by: 'vrrp', priorities, since: rfc3339(toWallUs(router.splitUs)),
		evidence: `adverts of each, at least two since the later one began${reason === '' ? '' : `; ${reason}`}`, ...(reason !== '' && {reason}),
	});
};

export const endSplit = (desk: DeskContext, router: RouterState, winner: number, loser: number, timeUs: number): void => {
	const {state} = desk;
	const [left, gone] = [directorOf(state, winner), directorOf(state, loser)];
	leaveServing(desk, gone, timeUs);
	if (gone.priority > 0 && gone.listeningSinceUs === 0) {
		noteGaveWay(desk, gone, gone.lastAdvertUs);
	}

	const one = state.splits.findLast(({split, router: id}) => split.endUs === 0 && split.by === 'vrrp' && id === router.id);
	if (!one) {
		return;
	}

	count(desk, timeUs);
	one.split = {...one.split, endUs: timeUs, winner, ...claimantOf(state, membersOf(state, pairOf(state, winner)))};
	tell(desk, timeUs, events.splitBrainEnd, [left, gone], {
		directors: addressesOf(state, one.split.directors), vrid: router.vrid, winner: left.address,
		seconds: Math.round((timeUs - one.split.sinceUs) / 1000) / 1000, onlyBy: one.split.onlyBy, evidence: `adverts of ${gone.address} stopped`,
	});
};

/** A director announced a session less than ten seconds after another one did. The same sessions announced by two in turn, without two masters by adverts, are a split brain. */
export const contest = (desk: DeskContext, director: Director, timeUs: number): void => {
	const {state, toWallUs} = desk;
	const pair = pairOf(state, director.index);
	const members = membersOf(state, pair);
	const memory = memoryOf(state, pair);
	memory.contests = [...memory.contests.filter(one => timeUs - one.timeUs <= thresholds.syncSplit.withinUs), {timeUs, director: director.index}].slice(-maxContests);
	const times = new Map<number, number>();
	for (const one of memory.contests) {
		times.set(one.director, (times.get(one.director) ?? 0) + 1);
	}

	const both = [...times].filter(([, often]) => often >= thresholds.syncSplit.each).map(([index]) => directorOf(state, index));
	const isAfterTakeover = state.takeovers.list.some(({from, to, atUs}) => timeUs - atUs < thresholds.syncSplit.afterTakeoverUs && members.some(({index}) => index === from || index === to));
	if (both.length < 2 || isAfterTakeover || splitOf(state, members)?.split.endUs === 0) {
		return;
	}

	const sinceUs = memory.contests[0]!.timeUs;
	addSplit(state, {
		router: -1,
		split: {
			sinceUs, endUs: 0, by: 'sync', vrid: 0, directors: both.map(({index}) => index), priorities: both.map(({priority}) => priority), onlyBy: both.map(() => 0), ...claimantOf(state, members), winner: -1, reason: '',
		},
	});
	tell(desk, timeUs, events.splitBrain, both, {
		directors: both.map(({address}) => address), by: 'sync', since: rfc3339(toWallUs(sinceUs)), evidence: 'the same sessions announced by each in turn within 10 s',
	});
};

/** To be called about twice a second. */
export const splitsTick = (desk: DeskContext, nowUs: number): void => {
	const {state} = desk;
	for (const one of state.splits) {
		const {split} = one;
		const pair = split.by === 'sync' && split.endUs === 0 ? pairOf(state, split.directors[0]!) : -1;
		const lastUs = pair === -1 ? nowUs : memoryOf(state, pair).contests.at(-1)?.timeUs ?? 0;
		if (nowUs - lastUs > thresholds.syncSplit.overUs) {
			const winner = membersOf(state, pair).toSorted((a, b) => b.lastSyncUs - a.lastSyncUs)[0]!;
			one.split = {...split, endUs: lastUs, winner: winner.index};
			tell(desk, nowUs, events.splitBrainEnd, [winner], {
				directors: addressesOf(state, split.directors), winner: winner.address, seconds: (lastUs - split.sinceUs) / secondUs, evidence: 'no session announced by both for a minute',
			});
		}
	}
};
