import {type TableWriter} from '../table/write/writer.js';
import {events} from '../events/catalogue.js';
import {type Note} from '../events/told.js';
import {type Tell} from './desk-events.js';
import {type Director, type VrrpInstance} from './facts/director.js';
import {type Directors} from './registry.js';
import {type HeadCount} from './head-count.js';
import {type Limits} from './facts/limits.js';
import {type Losses} from './losses.js';
import {hasAdverts, type Pairs, type PairState} from './pairs.js';
import {createTakeoverAccounts} from './takeover-accounts.js';
import {takeoverFields} from './takeover-fields.js';
import {createTakeoverJudge, type TakeoverSign} from './takeover-judge.js';
import {addCurvePoint, type TakeoverState} from './takeover-state.js';
import {thresholds} from './facts/thresholds.js';
import {type MasterChange} from './routers.js';

export type TakeoverParts = {
	readonly table: TableWriter;
	readonly directors: Directors;
	readonly pairs: Pairs;
	readonly heads: HeadCount;
	readonly losses: Losses;
	readonly note: Note;
	readonly tell: Tell;
	/** Time of the first packet. */
	firstUs(): number;
	/** The wall clock's time, for what is told. */
	toWallUs(timeUs: number): number;
	readonly limits: Limits;
	/** Masters of virtual routers that still advertise. */
	masters(nowUs: number): ReadonlySet<Director>;
};

/** Takeovers from their first sign until their figures settle. */
export type Takeovers = {
	/** Adverts show another master. `packetUs`: the time of the packet at hand. */
	changed(change: MasterChange, packetUs: number): void;
	/** A sync message: without adverts the sender decides; the first of a new master tells more of its kernel. */
	message(pair: PairState, director: Director, timeUs: number): void;
	/** An advert of a director, after `changed`. */
	advert(pair: PairState, director: Director, priority: number, timeUs: number): void;
	claim(pair: PairState, director: Director, timeUs: number): void;
	tick(pair: PairState, nowUs: number): void;
};

const us = 1_000_000;
const maxTakeovers = 8;

/** Changes of one pair's master that are weighed in ten seconds: each takes walks through the table, and no pair has that many. */
const maxBegun = 8;
const begunWithinUs = 10 * us;

/** Two directors that start together find out who is master. */
const isElection = ({services, atUs, failBack, kind}: TakeoverState, from: Director): boolean =>
	kind === 'preempt' && services.length === 0 && !failBack && from.messages === 0 && from.masterSinceUs > 0 && atUs - from.masterSinceUs <= thresholds.electionUs;

/** What the kind of a change is judged by, in words. `old`: what the old master said of the virtual router. */
const evidenceOf = ({router, from, kind, atUs, lastUs}: MasterChange, old: VrrpInstance | undefined): string[] => {
	if (kind === 'planned') {
		return [`${from.address} announced priority 0`];
	}

	if (kind === 'preempt') {
		return [`priority ${router.master.instance.priority} over ${old?.priority ?? 0}, which still advertised`];
	}

	const dueUs = lastUs + ((old?.intervalMs ?? 1000) * 1000);
	return [
		`adverts of ${from.address} stopped ${((atUs - lastUs) / us).toFixed(1)}s before`,
		...(from.lastSyncUs > dueUs + thresholds.syncGoesOnUs ? [`sync of ${from.address} goes on`] : []),
	];
};

export const createTakeovers = ({table, directors, pairs, heads, losses, note, tell, firstUs, toWallUs, limits, masters}: TakeoverParts): Takeovers => {
	const judge = createTakeoverJudge({table, heads, losses, firstUs});
	const accounts = createTakeoverAccounts({heads, tell, toWallUs});

	const mayBegin = (pair: PairState, nowUs: number): boolean => {
		pair.begunUs = pair.begunUs.filter(timeUs => Math.abs(nowUs - timeUs) < begunWithinUs);
		if (pair.begunUs.length >= maxBegun) {
			limits.hit('takeovers');
			return false;
		}

		pair.begunUs.push(nowUs);
		return true;
	};

	const begin = (pair: PairState, sign: TakeoverSign): TakeoverState => {
		accounts.settle(pair, sign.nowUs);
		return judge.begin(pair, sign);
	};

	/** A director lost a virtual router, and with the last of them its mastership. */
	const leave = (director: Director, nowUs: number) => {
		if (!masters(nowUs).has(director)) {
			directors.setMaster(director, 0, nowUs);
		}
	};

	const add = (pair: PairState, state: TakeoverState, nowUs: number) => {
		pair.takeovers = [...pair.takeovers.slice(1 - maxTakeovers), state];
		addCurvePoint(state, nowUs);
		directors.setMaster(state.to, state.atUs, nowUs);
		leave(state.from, nowUs);
		tell(nowUs, events.takeover, [state.from, state.to], takeoverFields(state, toWallUs));
		heads.invalidate();
	};

	const changed = (change: MasterChange, packetUs: number) => {
		const {router, from, to, kind, atUs, byMessage, lastUs} = change;
		const nowUs = Math.max(atUs, packetUs);
		const pair = pairs.join(to, `vrid ${router.segment} ${router.family} ${router.vrid}`);
		const {instance} = router.master;
		const old = router.speakers.find(one => one.director === from)?.instance;
		const last = pair.takeovers.at(-1);
		const isSame = last?.from === from && last.to === to && atUs - last.atUs <= thresholds.sameTakeoverUs;
		if (!isSame && !mayBegin(pair, nowUs)) {
			directors.setMaster(to, atUs, nowUs);
			leave(from, nowUs);
			return;
		}

		if (isSame && last.vrids.includes(router.vrid)) {
			// There and back faster than is told.
			limits.hit('events');
			leave(from, nowUs);
			return;
		}

		note(nowUs, events.vrrp, {address: to.address, vrid: router.vrid, priority: instance.priority, role: 'master', from: from.address});
		if (isSame) {
			last.vrids.push(router.vrid);
			leave(from, nowUs);
			judge.judgeAnew(pair, last);
			return;
		}

		const state = begin(pair, {
			kind, from, to, atUs, nowUs, fromLastUs: lastUs, vrids: [router.vrid], byMessage, evidence: evidenceOf(change, old),
			fromPriority: kind === 'planned' ? 0 : old?.priority ?? 0, toPriority: byMessage ? 0 : instance.priority,
		});
		pair.pending = undefined;
		pair.sender = to;
		if (isElection(state, from)) {
			directors.setMaster(to, atUs, nowUs);
			directors.setMaster(from, 0, nowUs);
		} else {
			add(pair, state, nowUs);
		}

		if (kind === 'preempt') {
			directors.gaveWay(from, atUs);
		}
	};

	/** Without adverts: another sender is a takeover when the former one stays silent. The figures are of its first message. */
	const senderSpeaks = (pair: PairState, director: Director, timeUs: number) => {
		if (pair.sender === undefined || pair.sender === director) {
			pair.sender = director;
			pair.pending = undefined;
			return;
		}

		const from = pair.sender;
		if (pair.activeActive || hasAdverts(pair, timeUs) || pair.pending?.to === director || !mayBegin(pair, timeUs)) {
			return;
		}

		pair.pending = begin(pair, {
			kind: 'sync', from, to: director, atUs: timeUs, nowUs: timeUs, fromLastUs: from.lastSyncUs, vrids: [], fromPriority: 0, toPriority: 0, byMessage: true,
			evidence: ['only the sender of sync changed, no adverts heard'],
		});
	};

	const confirmSender = (pair: PairState, nowUs: number) => {
		const {pending} = pair;
		if (pending && nowUs - pending.atUs >= thresholds.senderChangedUs && pending.from.lastSyncUs < pending.atUs) {
			pair.pending = undefined;
			pair.sender = pending.to;
			add(pair, pending, nowUs);
		}
	};

	return {
		changed,
		message(pair, director, timeUs) {
			senderSpeaks(pair, director, timeUs);
			const last = pair.pending ?? pair.takeovers.at(-1);
			if (last?.to === director && !last.isJudged) {
				judge.firstMessage(pair, last, timeUs);
			} else if (last?.from === director && timeUs > last.atUs) {
				last.fromSyncUs = timeUs;
			}
		},
		advert(pair, director, priority, timeUs) {
			const last = pair.takeovers.at(-1);
			if (last?.to === director && last.advertUs === 0 && last.kind !== 'sync') {
				last.advertUs = timeUs;
				last.toPriority = priority;
				judge.judgeAnew(pair, last);
			}
		},
		claim(pair, director, timeUs) {
			const last = pair.takeovers.at(-1);
			if (last?.to === director) {
				last.claimedUs ||= timeUs;
			}
		},
		tick(pair, nowUs) {
			confirmSender(pair, nowUs);
			accounts.tick(pair, nowUs);
		},
	};
};
