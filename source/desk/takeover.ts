/*
A takeover, from its first sign to its settled account: of the virtual addresses that moved together from one director to another. The
first sign that suffices begins it and tells it: an advert, an ARP claim, a message; later ones are added to it, and it is not told again.
*/
import {events} from '../events/catalogue.js';
import {secondUs} from '../wire/second.js';
import {sharedBit, type Director} from './facts/director.js';
import {type ServingEvidence, type TakeoverKind} from './facts/failover.js';
import {thresholds} from './facts/thresholds.js';
import {endListening, listenedBefore, noteGaveWay} from './listening.js';
import {lostSince} from './streams.js';
import {announcedUs, announcerOf, ownerOf, servedBy} from './owners.js';
import {noWords} from './own-words.js';
import {membersOf, memoryOf, pairOf, relate} from './pairs.js';
import {directorOf, entriesOf, giveBit} from './registry.js';
import {mastersOf} from './routers.js';
import {type DeskState, type OwnerState, type TakeoverState} from './state.js';
import {count, countSentOf, cover, invalidate, mark, takeoverAt} from './takeover-counts.js';
import {accountFields, addCurvePoint, takeoverFields, takeoverOf} from './takeover-facts.js';
import {countsOwn, survivalOf} from './survival.js';
import {tell, type DeskContext} from './told.js';

const maxTakeovers = 64;

/** Changes of one pair that are weighed in ten seconds: each takes walks through the table, and no pair has that many. */
const maxBegun = 8;
const begunWithinUs = 10 * secondUs;

/** Ages of a takeover at which its sessions are counted, in seconds, and those of them that are told as events. */
const countedAt = [1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1200, 1800] as const;
const toldAt: ReadonlySet<number> = new Set([10, 60, 300, 900, 1800]);

/** A sign that addresses are served by another one than before. */
type TakeoverSign = {
	readonly kind: TakeoverKind;
	readonly from: number;
	readonly to: number;
	readonly owners: readonly OwnerState[];
	readonly atUs: number;
	/** Time of the packet at hand. */
	readonly nowUs: number;
	/** Last sign of the old one. */
	readonly fromLastUs: number;
	readonly by: ServingEvidence;
	/** The virtual router that changed its master, -1: none. */
	readonly vrid: number;
	readonly fromPriority: number;
	readonly toPriority: number;
	/** What it is known by, with the name of the sign. */
	readonly evidence: readonly string[];
};

/** It serves addresses, since then. */
export const setServing = (desk: DeskContext, director: Director, sinceUs: number, timeUs: number): void => {
	if (director.masterSinceUs === 0 || director.masterSinceUs > sinceUs) {
		director.masterSinceUs = sinceUs;
	}

	giveBit(desk, director, timeUs);
};

/** It serves no address any more, and is master of no virtual router. */
export const leaveServing = (desk: DeskContext, director: Director, nowUs: number): void => {
	const {state} = desk;
	const isLast = director.masterSinceUs > 0 && servedBy(state, director.index).every(({router, by}) => router !== -1 && by === 'advert') && !mastersOf(state, nowUs).has(director.index);
	if (isLast) {
		director.masterSinceUs = 0;
		director.servedUntilUs = nowUs;
	}
};

const mayBegin = (desk: DeskContext, from: number, nowUs: number): boolean => {
	const memory = memoryOf(desk.state, pairOf(desk.state, from));
	memory.begunUs = memory.begunUs.filter(timeUs => Math.abs(nowUs - timeUs) < begunWithinUs);
	if (memory.begunUs.length >= maxBegun) {
		desk.limits.hit('takeovers');
		return false;
	}

	memory.begunUs.push(nowUs);
	return true;
};

/** Of all of them nothing was ever announced, though of others something was, or their master never sent sync: sessions of theirs are unknown to everybody. */
const areUnprotected = ({registry}: DeskState, from: Director, owners: readonly OwnerState[]): boolean => {
	const isMute = from.firstSyncUs === 0 && registry.directors.some(one => one.segment === from.segment && (one.known || one.joinSeen) && one.firstSyncUs > 0);
	return owners.length > 0 && owners.every(owner => announcedUs(owner) === 0 && (owner.unprotectedUs > 0 || isMute));
};

const begin = (desk: DeskContext, sign: TakeoverSign): TakeoverState => {
	const {state, table} = desk;
	const {kind, atUs, nowUs, fromLastUs, owners, vrid, fromPriority, toPriority, evidence} = sign;
	const [from, to] = [directorOf(state, sign.from), directorOf(state, sign.to)];
	const firstUs = desk.firstUs();
	// What the one announced and the other was sent is to be known apart from now on.
	giveBit(desk, from, nowUs);
	giveBit(desk, to, nowUs);
	const isPreempted = kind === 'preempt' || (kind === 'move' && atUs - from.lastSyncUs < thresholds.messageDelayUs);
	const listened = listenedBefore(to, atUs, firstUs, isPreempted);
	const sentAtMost = listened.isSentVoid && !to.joinSeen && to.bit !== sharedBit ? countSentOf(desk, to, owners, nowUs) : 0;
	if (listened.isSentVoid && to.bit !== sharedBit) {
		table.clearSent(to.bit, entriesOf(desk.state, to));
	}

	const pair = membersOf(state, pairOf(state, from.index));
	const isYoung = nowUs - firstUs < thresholds.blindUs && pair.some(one => one.firstSyncUs > 0 && !one.heardFromStart);
	const takeover: TakeoverState = {
		...listened, sentAtMost,
		id: state.takeovers.count++, kind, from: from.index, to: to.index, atUs, owners: [],
		advertUs: sign.by === 'advert' ? atUs : 0, messageUs: 0, claimedUs: sign.by === 'claim' ? atUs : 0, isRepeated: false,
		fromLastUs, fromFormerSyncUs: from.lastSyncUs, vrids: vrid === -1 ? [] : [vrid], fromPriority, toPriority,
		services: [], survival: survivalOf(to, atUs),
		failBack: to.instances.some(({formerUs, reignUs, lastUs}) => formerUs > 0 || (lastUs > 0 && reignUs < atUs)) || (to.servedUntilUs > 0 && owners.some(owner => announcerOf(owner, to.index) !== undefined))
			|| state.takeovers.list.some(one => one.from === to.index && one.owners.some(id => owners.some(owner => owner.id === id))),
		evidence: [...evidence], fromSyncUs: 0, lostMessages: lostSince(state, from.index, listened.listening.sinceUs),
		blindBeforeUs: isYoung ? firstUs : 0,
		isUnprotected: areUnprotected(state, from, owners), isBlind: false,
		accounts: new Map(), words: noWords, finding: 'none', wordsFirstMs: 0, wordsLastMs: 0, messages: 0,
		curve: [], step: 0, isStruck: false, isJudged: false, settled: false, told: '',
	};
	cover(desk, takeover, owners, nowUs);
	const held = takeover.services.reduce((total, {counts}) => total + counts.held, 0);
	return held === 0 && isYoung && nowUs - firstUs < thresholds.blindToAllUs ? {...takeover, isBlind: true} : takeover;
};

/** Two directors that start together find out who is master. */
const isElection = (state: DeskState, {services, atUs, failBack, kind, from}: TakeoverState): boolean => {
	const {messages, masterSinceUs} = directorOf(state, from);
	return kind === 'preempt' && services.length === 0 && !failBack && messages === 0 && masterSinceUs > 0 && atUs - masterSinceUs <= thresholds.electionUs;
};

const tellAccount = (desk: DeskContext, takeover: TakeoverState, nowUs: number): void => {
	const {state} = desk;
	const facts = takeoverOf(state, takeover);
	const fields = accountFields(state, facts, nowUs, desk.toWallUs);
	takeover.told = JSON.stringify([fields.expected, facts.vips]);
	tell(desk, nowUs, events.takeoverAccount, [directorOf(state, takeover.from), directorOf(state, takeover.to)], fields);
};

/** What a takeover says has changed since it was told. */
const isNews = (desk: DeskContext, takeover: TakeoverState): boolean => {
	const facts = takeoverOf(desk.state, takeover);
	return takeover.told !== JSON.stringify([accountFields(desk.state, facts, takeover.atUs, desk.toWallUs).expected, facts.vips]);
};

/** The last figures of a takeover. */
const settle = (desk: DeskContext, takeover: TakeoverState, nowUs: number): void => {
	if (!takeover.settled) {
		count(desk, nowUs);
		addCurvePoint(takeover, nowUs);
		takeover.settled = true;
		tellAccount(desk, takeover, nowUs);
	}
};

/** The addresses go from one to the other. */
const hand = (owners: readonly OwnerState[], to: number, atUs: number, by: ServingEvidence, takeover: number): void => {
	for (const owner of owners) {
		owner.server = to;
		owner.sinceUs = atUs;
		owner.by = by;
		owner.takeover = takeover;
		owner.bothSinceUs = 0;
		owner.isShared = false;
		if (owner.conflict?.director === to) {
			owner.conflict = undefined;
		}
	}
};

const add = (desk: DeskContext, takeover: TakeoverState, owners: readonly OwnerState[], by: ServingEvidence, nowUs: number): void => {
	const {state} = desk;
	const [from, to] = [directorOf(state, takeover.from), directorOf(state, takeover.to)];
	state.takeovers.list.push(takeover);
	if (state.takeovers.list.length > maxTakeovers) {
		state.takeovers.list.shift();
	}

	hand(owners, to.index, takeover.atUs, by, takeover.id);
	addCurvePoint(takeover, nowUs);
	setServing(desk, to, takeover.atUs, nowUs);
	leaveServing(desk, from, takeover.atUs);
	const facts = takeoverOf(state, takeover);
	const fields = takeoverFields(state, facts, desk.toWallUs);
	takeover.told = JSON.stringify([fields.expected, facts.vips]);
	tell(desk, nowUs, events.takeover, [from, to], fields);
	invalidate(desk);
};

/** Judges again by new evidence: the figures are the same, what counts of them may not be. */
const judgeAnew = (desk: DeskContext, takeover: TakeoverState): void => {
	const survival = survivalOf(directorOf(desk.state, takeover.to), takeover.atUs);
	const former = takeover.survival.kept;
	if (survival.kept === 'yes' || (survival.kept !== former && former !== 'yes')) {
		takeover.survival = survival;
		invalidate(desk);
	}

	if (countsOwn(takeover.survival.kept) !== countsOwn(former) && !takeover.isStruck) {
		mark(desk, takeover);
	}
};

/** The takeover between these two that began a moment ago: what follows is part of it. */
const recent = ({takeovers}: DeskState, from: number, to: number, atUs: number): TakeoverState | undefined =>
	takeovers.list.findLast(one => one.from === from && one.to === to && Math.abs(atUs - one.atUs) <= thresholds.sameTakeoverUs);

/** What comes later of a takeover that is told already. */
const mend = (desk: DeskContext, takeover: TakeoverState, sign: TakeoverSign): void => {
	const {state} = desk;
	const more = sign.owners.filter(({id}) => !takeover.owners.includes(id));
	for (const one of sign.evidence) {
		if (!takeover.evidence.includes(one)) {
			takeover.evidence.push(one);
		}
	}

	if (sign.vrid !== -1 && !takeover.vrids.includes(sign.vrid)) {
		takeover.vrids.push(sign.vrid);
	}

	if (sign.by === 'advert' && takeover.advertUs === 0) {
		takeover.advertUs = sign.nowUs;
		takeover.toPriority = sign.toPriority;
		takeover.fromPriority = sign.fromPriority;
	}

	if ((takeover.kind === 'move' || takeover.kind === 'sync') && sign.kind !== 'move' && sign.kind !== 'sync') {
		takeover.kind = sign.kind;
	}

	if (more.length > 0 && !takeover.settled) {
		cover(desk, takeover, more, sign.nowUs);
		invalidate(desk);
	}

	hand(sign.owners.filter(({server}) => server !== sign.to), sign.to, takeover.atUs, sign.by, takeover.id);
	leaveServing(desk, directorOf(state, sign.from), takeover.atUs);
	judgeAnew(desk, takeover);
};

/** Addresses are served by another director: begins a takeover, or adds to the one that began a moment ago. */
export const move = (desk: DeskContext, sign: TakeoverSign): void => {
	const {state, limits} = desk;
	const {from, to, owners, nowUs, atUs, vrid} = sign;
	relate(state, from, to);
	const same = recent(state, from, to, atUs);
	const isSame = same !== undefined && owners.every(owner => owner.takeover <= same.id);
	if (isSame && vrid !== -1 && same.vrids.includes(vrid) && owners.every(({server}) => server === to)) {
		// There and back faster than is told.
		limits.hit('events');
		leaveServing(desk, directorOf(state, from), nowUs);
		return;
	}

	if (isSame) {
		mend(desk, same, sign);
		return;
	}

	if (!mayBegin(desk, from, nowUs)) {
		hand(owners, to, atUs, sign.by, -1);
		setServing(desk, directorOf(state, to), atUs, nowUs);
		leaveServing(desk, directorOf(state, from), nowUs);
		return;
	}

	for (const id of new Set(owners.map(({takeover}) => takeover))) {
		const former = takeoverAt(state, id);
		if (former) {
			settle(desk, former, nowUs);
		}
	}

	const takeover = begin(desk, sign);
	state.takeovers.pending = state.takeovers.pending.filter(one => !one.owners.some(id => takeover.owners.includes(id)));
	if (isElection(state, takeover)) {
		hand(owners, to, atUs, sign.by, -1);
		setServing(desk, directorOf(state, to), atUs, nowUs);
		leaveServing(desk, directorOf(state, from), nowUs);
	} else {
		add(desk, takeover, owners, sign.by, nowUs);
	}

	if (sign.kind === 'preempt') {
		noteGaveWay(desk, directorOf(state, from), atUs);
	} else if (sign.kind === 'crash' && sign.by === 'advert' && directorOf(state, from).masterSinceUs === 0) {
		endListening(directorOf(state, from), atUs);
	}
};

/** Without adverts and claims another sender of sessions of an address is a takeover when the former one stays silent. The figures are of its first message. */
export const suspect = (desk: DeskContext, owner: OwnerState, to: Director, timeUs: number): void => {
	const {state} = desk;
	const {pending} = state.takeovers;
	const from = directorOf(state, owner.server);
	const same = pending.find(one => one.from === from.index && one.to === to.index);
	if (same) {
		if (!same.owners.includes(owner.id) && timeUs - same.atUs < thresholds.senderChangedUs) {
			cover(desk, same, [owner], timeUs);
		}

		return;
	}

	if (mayBegin(desk, from.index, timeUs)) {
		pending.push(begin(desk, {
			kind: 'sync', from: from.index, to: to.index, owners: [owner], atUs: timeUs, nowUs: timeUs, fromLastUs: announcerOf(owner, from.index)?.lastUs ?? from.lastSyncUs, by: 'sync', vrid: -1, fromPriority: 0, toPriority: 0,
			evidence: ['sync: only the sender of sync changed, no adverts or claims heard'],
		}));
	}
};

/** The former sender speaks of the address: the suspicion was wrong. */
export const acquit = ({state}: DeskContext, owner: OwnerState): void => {
	const {takeovers} = state;
	// For each address of each message: without a function made for it, where nothing is suspected.
	if (takeovers.pending.length === 0) {
		return;
	}

	if (takeovers.pending.some(({owners}) => owners.includes(owner.id))) {
		takeovers.pending = takeovers.pending.filter(one => !one.owners.includes(owner.id));
	}
};

const confirmSuspicions = (desk: DeskContext, nowUs: number): void => {
	const {state} = desk;
	for (const takeover of state.takeovers.pending) {
		if (nowUs - takeover.atUs >= thresholds.senderChangedUs) {
			state.takeovers.pending = state.takeovers.pending.filter(one => one !== takeover);
			relate(state, takeover.from, takeover.to);
			for (const former of new Set(takeover.owners.map(id => takeoverAt(state, ownerOf(state, id).takeover)))) {
				if (former) {
					settle(desk, former, nowUs);
				}
			}

			add(desk, takeover, takeover.owners.map(id => ownerOf(state, id)), 'sync', nowUs);
		}
	}
};

/** A message of one of the two of a takeover. */
const hearMessage = (desk: DeskContext, takeover: TakeoverState, director: Director, timeUs: number): void => {
	if (takeover.to === director.index) {
		takeover.messages++;
		if (takeover.isJudged) {
			return;
		}

		takeover.isJudged = true;
		takeover.messageUs ||= timeUs;
		judgeAnew(desk, takeover);
		mark(desk, takeover);
		// What it had announced before is not in its kernel any more: it will not count at a later takeover either.
		if (!takeover.isStruck && (takeover.survival.kept === 'no' || takeover.survival.kept === 'unlikely')) {
			takeover.isStruck = true;
			desk.table.clearAnnounced(director.bit, entriesOf(desk.state, director));
		}

		invalidate(desk);
	} else if (takeover.from === director.index && timeUs > takeover.atUs) {
		takeover.fromSyncUs = timeUs;
	}
};

/** A director's message, before its records are applied: the first of a new master tells more of its kernel. */
export const noteMessage = (desk: DeskContext, director: Director, timeUs: number): void => {
	const {list, pending} = desk.state.takeovers;
	for (const takeover of list) {
		if (!takeover.settled) {
			hearMessage(desk, takeover, director, timeUs);
		}
	}

	for (const takeover of pending) {
		hearMessage(desk, takeover, director, timeUs);
	}
};

/** An advert of a director, after what came of it. */
export const noteOwnAdvert = (desk: DeskContext, director: Director, priority: number, timeUs: number): void => {
	for (const takeover of desk.state.takeovers.list) {
		if (takeover.to === director.index && !takeover.settled && takeover.advertUs === 0 && takeover.kind !== 'sync') {
			takeover.advertUs = timeUs;
			takeover.toPriority = priority;
			judgeAnew(desk, takeover);
		}
	}
};

/** A claim of an address by a director that serves it. */
export const noteOwnClaim = ({state}: DeskContext, owner: OwnerState, timeUs: number): void => {
	const takeover = takeoverAt(state, owner.takeover);
	if (takeover?.to === owner.server) {
		takeover.isRepeated ||= takeover.claimedUs > 0;
		takeover.claimedUs ||= timeUs;
	}
};

/**
A takeover that a single claim told, which nothing followed from its sender, while the former master goes on announcing beyond what it may have had buffered: the claim
was false, or nobody followed it. The addresses go back, and it is no takeover any more.
*/
export const takeBack = (desk: DeskContext, takeover: TakeoverState, timeUs: number): boolean => {
	const {state} = desk;
	const {advertUs, messageUs, claimedUs, isRepeated, atUs} = takeover;
	if (claimedUs === 0 || isRepeated || advertUs > 0 || messageUs > 0 || timeUs - atUs < thresholds.doubtUs) {
		return false;
	}

	const [from, to] = [directorOf(state, takeover.from), directorOf(state, takeover.to)];
	const owners = takeover.owners.map(id => ownerOf(state, id)).filter(owner => owner.takeover === takeover.id);
	hand(owners, from.index, timeUs, 'sync', -1);
	setServing(desk, from, timeUs, timeUs);
	leaveServing(desk, to, timeUs);
	state.takeovers.list = state.takeovers.list.filter(one => one !== takeover);
	for (const owner of owners) {
		owner.takeover = state.takeovers.list.findLast(one => one.owners.includes(owner.id))?.id ?? -1;
	}

	for (const {address, claim} of owners) {
		tell(desk, timeUs, events.vipConflict, [from], {
			address, mac: claim?.mac ?? to.mac, director: to.address, master: from.address, seconds: Math.round((timeUs - atUs) / 1000) / 1000,
			evidence: `it claimed the address once and nothing followed, while ${from.address} goes on announcing its sessions: no takeover`,
		});
	}

	invalidate(desk);
	return true;
};

/** The old master joined the group at once: it gave way in order, though none of its adverts are heard. */
export const noteOrderlyEnd = (desk: DeskContext, director: Director, timeUs: number): void => {
	for (const takeover of desk.state.takeovers.list) {
		if (takeover.from === director.index && takeover.kind === 'move' && timeUs >= takeover.atUs && timeUs - takeover.atUs <= thresholds.gaveWayUs) {
			takeover.kind = 'preempt';
			takeover.evidence.push(`gave-way: ${director.address} joined the sync group at once`);
			director.gaveWayUs = takeover.atUs;
			invalidate(desk);
		}
	}
};

/** To be called about twice a second. */
export const takeoversTick = (desk: DeskContext, nowUs: number): void => {
	confirmSuspicions(desk, nowUs);
	for (const takeover of desk.state.takeovers.list) {
		// Where little is heard several are due at once.
		const next = takeover.settled ? undefined : countedAt[takeover.step];
		if (next === undefined || nowUs - takeover.atUs < next * secondUs) {
			continue;
		}

		const due = countedAt.slice(takeover.step).filter(age => nowUs - takeover.atUs >= age * secondUs);

		count(desk, nowUs);
		addCurvePoint(takeover, nowUs);
		takeover.step += due.length;
		takeover.settled = takeover.step === countedAt.length;
		if (due.some(age => toldAt.has(age)) || isNews(desk, takeover)) {
			tellAccount(desk, takeover, nowUs);
		}

		const {survival: {kept}, finding, isStruck, to} = takeover;
		if (!isStruck && kept !== 'yes' && (finding === 'gone' || finding === 'rebuilt')) {
			takeover.isStruck = true;
			takeover.survival = {kept: 'no', evidence: takeover.survival.evidence};
			mark(desk, takeover);
			const director = directorOf(desk.state, to);
			desk.table.clearAnnounced(director.bit, entriesOf(desk.state, director));
		}
	}
};
