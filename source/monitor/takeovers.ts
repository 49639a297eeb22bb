import {type TableWriter} from '../table/writer.js';
import {markUnknown, takeCoverage} from './coverage.js';
import {hasGivenWay, mayHoldMore, type Director} from './director.js';
import {type Directors} from './directors.js';
import {type Moment, type TakeoverKind} from './failover.js';
import {type HeadCount} from './head-count.js';
import {type Limits} from './limits.js';
import {type Losses} from './losses.js';
import {survivalOf} from './own-kept.js';
import {hasAdverts, type Pairs, type PairState} from './pairs.js';
import {accountFields, takeoverFields} from './takeover-fields.js';
import {addCurvePoint, countsOwn, takeoverOf, type TakeoverState} from './takeover-state.js';
import {thresholds} from './thresholds.js';
import {type MasterChange} from './virtual-routers.js';

/** Tells an event in the stream of changes and on the timeline. */
export type Tell = (timeUs: number, event: string, level: Moment['level'], directors: readonly Director[], text: string, fields: Readonly<Record<string, unknown>>) => void;

export type TakeoverParts = {
	readonly table: TableWriter;
	readonly directors: Directors;
	readonly pairs: Pairs;
	readonly heads: HeadCount;
	readonly losses: Losses;
	readonly tell: Tell;
	note(timeUs: number, event: string, fields: Readonly<Record<string, unknown>>): void;
	/** Time of the first packet. */
	firstUs(): number;
	/** The wall clock's time, for what is told. */
	toWallUs(timeUs: number): number;
	readonly limits: Limits;
	/** A director is master of another virtual router still. */
	isMasterElsewhere(director: Director, nowUs: number): boolean;
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

/** Ages of a takeover at which its sessions are counted, in seconds, and those of them that are told as events. */
const countedAt = [1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1200, 1800] as const;
const toldAt: ReadonlySet<number> = new Set([10, 60, 300, 900, 1800]);

type Beginning = {
	readonly kind: TakeoverKind;
	readonly from: Director;
	readonly to: Director;
	readonly atUs: number;
	readonly nowUs: number;
	readonly fromLastUs: number;
	readonly vrids: number[];
	readonly fromPriority: number;
	readonly toPriority: number;
	readonly byMessage: boolean;
	readonly evidence: string[];
};

const listeningOf = (director: Director, atUs: number): TakeoverState['listening'] => {
	if (director.listeningSinceUs > 0) {
		return {sinceUs: director.listeningSinceUs, untilUs: atUs, evidence: director.listeningEvidence};
	}

	// It left the group a moment before its first advert was heard, or before it was clear that it is the master.
	if (director.listenedUntilUs > 0 && atUs - director.listenedUntilUs < thresholds.noAdvertUs && director.lastAdvertUs <= director.listenedUntilUs + thresholds.noAdvertUs) {
		return {sinceUs: director.listenedSinceUs, untilUs: director.listenedUntilUs, evidence: director.listenedEvidence};
	}

	return {sinceUs: 0, untilUs: atUs, evidence: 'none'};
};

/** The end of its former reign, when it was away since: it resigned, or fell silent without giving way. */
const awaySince = (director: Director, atUs: number): number => {
	const ends = director.instances.map(instance => instance.reignUs >= atUs ? instance.formerUs : instance.lastUs).filter(end => end > 0 && end < atUs);
	const endUs = Math.max(0, ...ends);
	return hasGivenWay(director, endUs) ? 0 : endUs;
};

/** Two directors that start together find out who is master. */
const isElection = ({services, atUs, failBack, kind}: TakeoverState, from: Director): boolean =>
	kind === 'preempt' && services.length === 0 && !failBack && from.messages === 0 && from.masterSinceUs > 0 && atUs - from.masterSinceUs <= thresholds.electionUs;

export const createTakeovers = ({table, directors, pairs, heads, losses, tell, note, firstUs, toWallUs, limits, isMasterElsewhere}: TakeoverParts): Takeovers => {
	const cover = takeCoverage(table.arrays);
	const mark = markUnknown(table.arrays);
	const {selectionOf, sinceOriginMs} = heads;
	let takeovers = 0;
	let generation = 0;

	const tellAccount = (state: TakeoverState, nowUs: number) => {
		const {accounting, coverage} = takeoverOf(state);
		tell(nowUs, 'takeover-account', 'note', [state.from, state.to], `heard ${accounting.heard} of ${coverage.held}`, accountFields(state, nowUs, toWallUs));
	};

	const settle = (pair: PairState, nowUs: number) => {
		const last = pair.takeovers.at(-1);
		if (last && !last.settled) {
			heads.count(nowUs);
			last.settled = true;
			addCurvePoint(last, nowUs);
			tellAccount(last, nowUs);
		}
	};

	const mayBegin = (pair: PairState, nowUs: number): boolean => {
		pair.begunUs = pair.begunUs.filter(timeUs => Math.abs(nowUs - timeUs) < begunWithinUs);
		if (pair.begunUs.length >= maxBegun) {
			limits.hit('takeovers');
			return false;
		}

		pair.begunUs.push(nowUs);
		return true;
	};

	const begin = (pair: PairState, beginning: Beginning): TakeoverState => {
		const {kind, from, to, atUs, nowUs} = beginning;
		settle(pair, nowUs);
		const former = pair.takeovers.at(-1);
		const awaySinceUs = awaySince(to, atUs);
		let listening = listeningOf(to, atUs);
		let {forgotten} = to;
		if (listening.sinceUs === 0 || listening.sinceUs < awaySinceUs) {
			if (awaySinceUs > 0) {
				// It was away, and nobody saw it listen since: what it was sent earlier may be gone.
				table.clearSent(to.bit);
				forgotten = to.joinSeen ? 0 : Number.MAX_SAFE_INTEGER;
				listening = {sinceUs: 0, untilUs: atUs, evidence: 'none'};
			} else if (listening.sinceUs === 0) {
				// Nothing tells whether one that served before has listened since.
				forgotten = to.firstSyncUs > 0 && to.firstSyncUs < atUs ? Number.MAX_SAFE_INTEGER : forgotten;
				listening = {sinceUs: firstUs(), untilUs: atUs, evidence: 'assumed'};
			}
		}

		if (mayHoldMore(to)) {
			forgotten = Number.MAX_SAFE_INTEGER;
		}

		generation = (generation + 1) & 0xff;
		const services = cover({
			selection: selectionOf(pair), bit: to.bit, from: pair.activeActive ? from.index : -1,
			generation: former ? pair.generation : -1, nowMs: sinceOriginMs(nowUs),
		});
		pair.formerGeneration = pair.generation;
		pair.generation = generation;
		const survival = survivalOf(to, atUs);
		const since = listening.sinceUs;
		const state: TakeoverState = {
			id: takeovers++, kind, from, to, atUs,
			advertUs: beginning.byMessage || kind === 'sync' ? 0 : atUs, messageUs: 0,
			fromLastUs: beginning.fromLastUs, fromFormerSyncUs: from.lastSyncUs,
			vrids: beginning.vrids, fromPriority: beginning.fromPriority, toPriority: beginning.toPriority,
			generation, services, survival,
			failBack: to.instances.some(({formerUs, reignUs, lastUs}) => formerUs > 0 || (lastUs > 0 && reignUs < atUs)) || pair.takeovers.some(one => one.from === to),
			evidence: beginning.evidence, listening, forgotten, awaySinceUs, fromSyncUs: 0,
			lostMessages: losses.since(from, since),
			blindBeforeUs: nowUs - firstUs() < thresholds.blindUs && pair.directors.some(one => one.firstSyncUs > 0 && !one.heardFromStart) ? firstUs() : 0,
			claimedUs: 0,
			accounts: new Map(services.map(({service, counts: {held}}) => [service.id, {heard: 0, closed: 0, ranout: 0, moved: 0, waiting: held, overdue: 0}])),
			curve: [], step: 0, isStruck: false, isJudged: false, settled: false,
		};
		mark(selectionOf(pair), to.bit, countsOwn(survival.kept), generation);
		return state;
	};

	/** A director lost a virtual router, and with the last of them its mastership. */
	const leave = (director: Director, nowUs: number) => {
		if (!isMasterElsewhere(director, nowUs)) {
			directors.setMaster(director, 0, nowUs);
		}
	};

	const add = (pair: PairState, state: TakeoverState, nowUs: number) => {
		pair.takeovers = [...pair.takeovers.slice(1 - maxTakeovers), state];
		addCurvePoint(state, nowUs);
		directors.setMaster(state.to, state.atUs, nowUs);
		leave(state.from, nowUs);
		const {coverage} = takeoverOf(state);
		tell(nowUs, 'takeover', 'alarm', [state.from, state.to], `${state.kind}, knows ${coverage.known} of ${coverage.held} open`, takeoverFields(state, toWallUs));
		heads.invalidate();
	};

	/** New evidence came: the figures are the same, what counts of them may not be. */
	const judgeAnew = (pair: PairState, state: TakeoverState) => {
		const survival = survivalOf(state.to, state.atUs);
		if (survival.kept === 'yes' && state.survival.kept !== 'yes' && !state.isStruck) {
			mark(selectionOf(pair), state.to.bit, true, state.generation);
		}

		if (survival.kept === 'yes' || (survival.kept !== state.survival.kept && state.survival.kept !== 'yes')) {
			state.survival = survival;
			heads.invalidate();
		}
	};

	const changed = ({router, from, to, kind, atUs, byMessage, lastUs}: MasterChange, packetUs: number) => {
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

		note(nowUs, 'vrrp', {address: to.address, vrid: router.vrid, priority: instance.priority, role: 'master', from: from.address});
		if (isSame) {
			last.vrids.push(router.vrid);
			leave(from, nowUs);
			judgeAnew(pair, last);
			return;
		}

		const seconds = ((atUs - lastUs) / us).toFixed(1);
		const evidence = kind === 'planned'
			? [`${from.address} announced priority 0`]
			: (kind === 'crash'
				? [`adverts of ${from.address} stopped ${seconds}s before`]
				: [`priority ${instance.priority} over ${old?.priority ?? 0}, which still advertised`]);
		const silentUs = lastUs + ((old?.intervalMs ?? 1000) * 1000) + thresholds.syncGoesOnUs;
		if (kind === 'crash' && from.lastSyncUs > silentUs) {
			evidence.push(`sync of ${from.address} goes on`);
		}

		const state = begin(pair, {
			kind, from, to, atUs, nowUs, fromLastUs: lastUs, vrids: [router.vrid], byMessage, evidence,
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

	/** The new master's first message: now its port is known, and what it announces from now on is of this reign. */
	const firstMessage = (pair: PairState, state: TakeoverState, timeUs: number) => {
		state.isJudged = true;
		state.messageUs ||= timeUs;
		judgeAnew(pair, state);
		if (!state.isStruck && (state.survival.kept === 'no' || state.survival.kept === 'unlikely')) {
			state.isStruck = true;
			table.clearAnnounced(state.to.bit);
		}
	};

	const countStep = (pair: PairState, nowUs: number) => {
		const last = pair.takeovers.at(-1);
		const age = countedAt[last?.step ?? 0];
		if (!last || last.settled || age === undefined || nowUs - last.atUs < age * us) {
			return;
		}

		heads.count(nowUs);
		addCurvePoint(last, nowUs);
		last.step++;
		last.settled = last.step === countedAt.length;
		if (toldAt.has(age)) {
			tellAccount(last, nowUs);
		}
	};

	return {
		changed,
		message(pair, director, timeUs) {
			senderSpeaks(pair, director, timeUs);
			const last = pair.pending ?? pair.takeovers.at(-1);
			if (last?.to === director && !last.isJudged) {
				firstMessage(pair, last, timeUs);
			} else if (last?.from === director && timeUs > last.atUs) {
				last.fromSyncUs = timeUs;
			}
		},
		advert(pair, director, priority, timeUs) {
			const last = pair.takeovers.at(-1);
			if (last?.to === director && last.advertUs === 0 && last.kind !== 'sync') {
				last.advertUs = timeUs;
				last.toPriority = priority;
				judgeAnew(pair, last);
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
			countStep(pair, nowUs);
		},
	};
};
