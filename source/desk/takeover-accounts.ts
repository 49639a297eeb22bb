import {events} from '../events/catalogue.js';
import {type Tell} from './desk-events.js';
import {type HeadCount} from './head-count.js';
import {type PairState} from './pairs.js';
import {accountFields} from './takeover-fields.js';
import {addCurvePoint, type TakeoverState} from './takeover-state.js';

/** What became of the sessions held at a takeover, counted and told at certain ages of it until that is settled. */
export type TakeoverAccounts = {
	/** The pair's last takeover comes to an end, since another one follows. */
	settle(pair: PairState, nowUs: number): void;
	tick(pair: PairState, nowUs: number): void;
};

export type TakeoverAccountsParts = {
	readonly heads: HeadCount;
	readonly tell: Tell;
	/** The wall clock's time, for what is told. */
	toWallUs(timeUs: number): number;
};

const us = 1_000_000;

/** Ages of a takeover at which its sessions are counted, in seconds, and those of them that are told as events. */
const countedAt = [1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1200, 1800] as const;
const toldAt: ReadonlySet<number> = new Set([10, 60, 300, 900, 1800]);

export const createTakeoverAccounts = ({heads, tell, toWallUs}: TakeoverAccountsParts): TakeoverAccounts => {
	const count = (state: TakeoverState, nowUs: number) => {
		heads.count(nowUs);
		addCurvePoint(state, nowUs);
	};

	const tellAccount = (state: TakeoverState, nowUs: number) => {
		tell(nowUs, events.takeoverAccount, [state.from, state.to], accountFields(state, nowUs, toWallUs));
	};

	return {
		settle(pair, nowUs) {
			const last = pair.takeovers.at(-1);
			if (last && !last.settled) {
				count(last, nowUs);
				last.settled = true;
				tellAccount(last, nowUs);
			}
		},
		tick(pair, nowUs) {
			const last = pair.takeovers.at(-1);
			const age = countedAt[last?.step ?? 0];
			if (!last || last.settled || age === undefined || nowUs - last.atUs < age * us) {
				return;
			}

			count(last, nowUs);
			last.step++;
			last.settled = last.step === countedAt.length;
			if (toldAt.has(age)) {
				tellAccount(last, nowUs);
			}
		},
	};
};
