import {events} from '../events/catalogue.js';
import {rfc3339} from '../text/format.js';
import {type Tell} from './desk-events.js';
import {type Director} from './facts/director.js';
import {type Directors} from './registry.js';
import {type HeadCount} from './head-count.js';
import {type Pairs, type PairState} from './pairs.js';
import {thresholds} from './facts/thresholds.js';
import {type RouterHooks} from './routers.js';

export type SplitBrainParts = {
	readonly directors: Directors;
	readonly pairs: Pairs;
	readonly heads: HeadCount;
	readonly tell: Tell;
	/** The wall clock's time, for what is told. */
	toWallUs(timeUs: number): number;
};

/** Two masters at once, by their adverts or by the sessions that both announce. */
export type SplitBrains = {
	readonly begins: RouterHooks['split'];
	readonly ends: RouterHooks['splitEnd'];
	/** A director announced a session less than ten seconds after another one did. */
	contest(pair: PairState, director: Director, timeUs: number): void;
	tick(pair: PairState, nowUs: number): void;
};

const us = 1_000_000;
const maxContests = 32;

export const createSplitBrains = ({directors, pairs, heads, tell, toWallUs}: SplitBrainParts): SplitBrains => {
	const addressesOf = (indices: readonly number[]): string[] => indices.map(index => directors.all()[index]?.address ?? '?');

	/** The same sessions announced by two directors in turn, without two masters by adverts. */
	const watchContests = (pair: PairState, director: Director, timeUs: number) => {
		const last = pair.takeovers.at(-1);
		const isSplit = pair.split?.endUs === 0;
		pair.contests = [...pair.contests.filter(one => timeUs - one.timeUs <= thresholds.syncSplit.withinUs), {timeUs, director}].slice(-maxContests);
		const byDirector = new Map<Director, number>();
		for (const one of pair.contests) {
			byDirector.set(one.director, (byDirector.get(one.director) ?? 0) + 1);
		}

		const both = [...byDirector].filter(([, times]) => times >= thresholds.syncSplit.each).map(([one]) => one);
		if (isSplit || both.length < 2 || (last && timeUs - last.atUs < thresholds.syncSplit.afterTakeoverUs)) {
			return;
		}

		pair.split = {
			sinceUs: pair.contests[0]!.timeUs, endUs: 0, by: 'sync', vrid: 0, directors: both.map(({index}) => index), priorities: both.map(({priority}) => priority),
			onlyBy: both.map(() => 0), claimant: pair.claimant, claimUs: pair.claimUs, winner: -1,
		};
		tell(timeUs, events.splitBrain, both, {
			directors: both.map(({address}) => address), by: 'sync', since: rfc3339(toWallUs(pair.split.sinceUs)), evidence: 'the same sessions announced by each in turn within 10 s',
		});
	};

	const endSyncSplit = (pair: PairState, nowUs: number) => {
		const lastUs = pair.contests.at(-1)?.timeUs ?? 0;
		if (pair.split?.by === 'sync' && pair.split.endUs === 0 && nowUs - lastUs > thresholds.syncSplit.overUs) {
			const winner = pair.directors.toSorted((one, other) => other.lastSyncUs - one.lastSyncUs)[0]!;
			pair.split = {...pair.split, endUs: lastUs, winner: winner.index};
			tell(nowUs, events.splitBrainEnd, [winner], {
				directors: addressesOf(pair.split.directors), winner: winner.address, seconds: (lastUs - pair.split.sinceUs) / us, evidence: 'no session announced by both for a minute',
			});
		}
	};

	return {
		begins(router, speakers, timeUs) {
			const pair = pairs.join(router.master.director, `vrid ${router.segment} ${router.family} ${router.vrid}`);
			for (const {director} of speakers) {
				directors.setMaster(director, director.masterSinceUs || router.splitUs, timeUs);
			}

			if (pair.split?.endUs === 0) {
				return;
			}

			pair.split = {
				sinceUs: router.splitUs, endUs: 0, by: 'vrrp', vrid: router.vrid, directors: speakers.map(({director}) => director.index),
				priorities: speakers.map(({instance}) => instance.priority), onlyBy: speakers.map(() => 0), claimant: pair.claimant, claimUs: pair.claimUs, winner: -1,
			};
			tell(timeUs, events.splitBrain, speakers.map(({director}) => director), {
				directors: speakers.map(({director}) => director.address), vrid: router.vrid, by: 'vrrp', priorities: pair.split.priorities, since: rfc3339(toWallUs(router.splitUs)),
				evidence: 'adverts of each, at least two since the later one began',
			});
		},
		ends(router, winner, loser, timeUs) {
			const pair = pairs.of(winner);
			directors.setMaster(loser, 0, timeUs);
			if (loser.priority > 0 && loser.listeningSinceUs === 0) {
				directors.gaveWay(loser, loser.lastAdvertUs);
			}

			if (!pair?.split || pair.split.endUs > 0 || pair.split.by !== 'vrrp') {
				return;
			}

			heads.count(timeUs);
			pair.split = {...pair.split, endUs: timeUs, winner: winner.index, claimant: pair.claimant, claimUs: pair.claimUs};
			tell(timeUs, events.splitBrainEnd, [winner, loser], {
				directors: addressesOf(pair.split.directors), vrid: router.vrid, winner: winner.address,
				seconds: Math.round((timeUs - pair.split.sinceUs) / 1000) / 1000, onlyBy: pair.split.onlyBy, evidence: `adverts of ${loser.address} stopped`,
			});
		},
		contest: watchContests,
		tick: endSyncSplit,
	};
};
