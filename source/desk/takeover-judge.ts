import {type TableWriter} from '../table/write/writer.js';
import {markUnknown, takeCoverage} from './coverage.js';
import {type Director} from './facts/director.js';
import {type TakeoverKind} from './facts/failover.js';
import {type HeadCount} from './head-count.js';
import {type Losses} from './losses.js';
import {survivalOf} from './own-kept.js';
import {type PairState} from './pairs.js';
import {listenedBefore} from './takeover-listening.js';
import {countsOwn, type TakeoverState} from './takeover-state.js';
import {thresholds} from './facts/thresholds.js';

/** A change of a pair's master as it was noticed. */
export type TakeoverSign = {
	readonly kind: TakeoverKind;
	readonly from: Director;
	readonly to: Director;
	readonly atUs: number;
	/** Time of the packet at hand. */
	readonly nowUs: number;
	readonly fromLastUs: number;
	readonly vrids: number[];
	readonly fromPriority: number;
	readonly toPriority: number;
	readonly byMessage: boolean;
	readonly evidence: string[];
};

/** Judges what a new master knows of the sessions: by the table as it stands at the takeover, and by the evidence for its kernel's own. */
export type TakeoverJudge = {
	begin(pair: PairState, sign: TakeoverSign): TakeoverState;
	/** New evidence came: the figures are the same, what counts of them may not be. */
	judgeAnew(pair: PairState, state: TakeoverState): void;
	/** The new master's first message: now its port is known, and what it announces from now on is of this reign. */
	firstMessage(pair: PairState, state: TakeoverState, timeUs: number): void;
};

export type TakeoverJudgeParts = {
	readonly table: TableWriter;
	readonly heads: HeadCount;
	readonly losses: Losses;
	/** Time of the first packet. */
	firstUs(): number;
};

export const createTakeoverJudge = ({table, heads, losses, firstUs}: TakeoverJudgeParts): TakeoverJudge => {
	const cover = takeCoverage(table.arrays);
	const mark = markUnknown(table.arrays);
	let takeovers = 0;
	let generation = 0;

	const judgeAnew = (pair: PairState, state: TakeoverState) => {
		const survival = survivalOf(state.to, state.atUs);
		if (survival.kept === 'yes' && state.survival.kept !== 'yes' && !state.isStruck) {
			mark(heads.selectionOf(pair), state.to.bit, true, state.generation);
		}

		if (survival.kept === 'yes' || (survival.kept !== state.survival.kept && state.survival.kept !== 'yes')) {
			state.survival = survival;
			heads.invalidate();
		}
	};

	return {
		begin(pair, {byMessage, nowUs, ...sign}) {
			const {kind, from, to, atUs} = sign;
			const {isSentVoid, ...listened} = listenedBefore(to, atUs, firstUs());
			if (isSentVoid) {
				table.clearSent(to.bit);
			}

			generation = (generation + 1) & 0xff;
			const selection = heads.selectionOf(pair);
			const services = cover({
				selection, bit: to.bit, from: pair.activeActive ? from.index : -1,
				generation: pair.takeovers.length > 0 ? pair.generation : -1, nowMs: heads.sinceOriginMs(nowUs),
			});
			pair.formerGeneration = pair.generation;
			pair.generation = generation;
			const survival = survivalOf(to, atUs);
			mark(selection, to.bit, countsOwn(survival.kept), generation);
			return {
				...sign, ...listened,
				id: takeovers++, advertUs: byMessage || kind === 'sync' ? 0 : atUs, messageUs: 0, fromFormerSyncUs: from.lastSyncUs,
				generation, services, survival,
				failBack: to.instances.some(({formerUs, reignUs, lastUs}) => formerUs > 0 || (lastUs > 0 && reignUs < atUs)) || pair.takeovers.some(one => one.from === to),
				fromSyncUs: 0, lostMessages: losses.since(from, listened.listening.sinceUs),
				blindBeforeUs: nowUs - firstUs() < thresholds.blindUs && pair.directors.some(one => one.firstSyncUs > 0 && !one.heardFromStart) ? firstUs() : 0,
				claimedUs: 0,
				accounts: new Map(services.map(({service, counts: {held}}) => [service.id, {heard: 0, closed: 0, ranout: 0, moved: 0, waiting: held, overdue: 0}])),
				curve: [], step: 0, isStruck: false, isJudged: false, settled: false,
			};
		},
		judgeAnew,
		firstMessage(pair, state, timeUs) {
			state.isJudged = true;
			state.messageUs ||= timeUs;
			judgeAnew(pair, state);
			if (!state.isStruck && (state.survival.kept === 'no' || state.survival.kept === 'unlikely')) {
				state.isStruck = true;
				table.clearAnnounced(state.to.bit);
			}
		},
	};
};
