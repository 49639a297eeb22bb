/*
Who serves an address, by each sign of it: an advert, a claim, the announcement of its sessions. Decides whether that confirms what is
known, moves the address, or contradicts it.
*/
import {events} from '../events/catalogue.js';
import {type AddressClaim, type FrameInfo} from '../wire/observation.js';
import {secondUs} from '../wire/second.js';
import {type Director, type VrrpInstance} from './facts/director.js';
import {thresholds} from './facts/thresholds.js';
import {announcedUs, announcerOf, findOwner, hasBeenAdvertised, isAdvertised, noteAnnouncement, ownerAt, servedBy} from './owners.js';
import {isStranger, membersOf, pairOf, relate} from './pairs.js';
import {directorOf, directorOfMac, isVirtualMac, macText} from './registry.js';
import {isMastered, mastersOf, routersHearClaim, speechOf, type MasterChange, type RouterNews} from './routers.js';
import {type ClaimState, type ConflictState, type DeskState, type OwnerState, type RouterState} from './state.js';
import {acquit, move, noteOwnClaim, suspect, takeBack} from './takeover.js';
import {invalidate, takeoverAt} from './takeover-counts.js';
import {tell, tellQuietly, type DeskContext} from './told.js';

/** Hosts that fight over one address make no more news of it than this in ten seconds. */
const maxNews = 8;

/** A former sender of an address still announces for a while what it had buffered, or while its daemon outlives keepalived: seen for 5.4 s. */
const lateUs = thresholds.syncSplit.afterTakeoverUs;

/** Of two that announce one address, both must have announced of late to go on sharing it. */
const stillSharedUs = 60 * secondUs;

const first = (desk: DeskContext, owner: OwnerState, server: Director, by: 'advert' | 'claim' | 'sync', timeUs: number): void => {
	owner.server = server.index;
	owner.sinceUs = timeUs;
	owner.by = by;
	server.masterSinceUs ||= timeUs;
	invalidate(desk);
};

/** Two directors claimed it in turn, so it is virtual, though nothing else ever said so: the first of them served it. */
const recallClaimant = (desk: DeskContext, owner: OwnerState, claim: ClaimState | undefined, other: number): void => {
	if (owner.server === -1 && claim && claim.director !== -1 && claim.director !== other && announcedUs(owner) === 0) {
		first(desk, owner, directorOf(desk.state, claim.director), 'claim', claim.timeUs);
	}
};

/** The last sign that its server serves an address. */
const lastSignUs = (state: DeskState, owner: OwnerState): number => {
	const speech = owner.router === -1 ? undefined : speechOf(state, state.routers[owner.router]!, owner.server);
	if (speech && !speech.isUnicast) {
		return speech.lastUs;
	}

	return announcerOf(owner, owner.server)?.lastUs ?? (owner.claim?.director === owner.server ? owner.claim.timeUs : owner.sinceUs);
};

/** It is known by the sync of somebody unheard of alone who serves it: whoever is heard to serve it does, and that is no takeover. */
const isWeak = (state: DeskState, {server, by}: OwnerState, timeUs: number): boolean => {
	const {known, firstSyncUs, joinSeen} = directorOf(state, server);
	return by === 'sync' && !known && !joinSeen && timeUs - firstSyncUs < thresholds.electionUs;
};

/** Addresses of a virtual router, as this director says them. */
const ownersOfAdvert = (desk: DeskContext, {segment, family, addressWords}: VrrpInstance): OwnerState[] => {
	const owners: OwnerState[] = [];
	for (let at = 0; at < addressWords.length; at += 4) {
		const owner = ownerAt(desk, segment, addressWords, at, family, true);
		if (owner) {
			owners.push(owner);
		}
	}

	return owners;
};

/** Addresses that a director serves beside those it advertises: they go where those go, when it is master of nothing else. */
const dependents = (state: DeskState, {id, segment}: RouterState, from: number, nowUs: number): OwnerState[] => {
	if (mastersOf(state, nowUs).has(from)) {
		return [];
	}

	// Of two directors the other one takes over all that the one gave up.
	const isPair = membersOf(state, pairOf(state, from)).length === 2;
	return servedBy(state, from).filter(owner => owner.segment === segment && (owner.router === -1 || owner.router === id || (isPair && state.routers[owner.router]!.master === from)));
};

/** What the kind of a change is judged by, in words. `old`: what the old master said of the virtual router. */
const evidenceOf = (state: DeskState, {router, from, to, kind, atUs, lastUs, byMessage}: MasterChange, old: VrrpInstance | undefined): string[] => {
	const {address, lastSyncUs} = directorOf(state, from);
	const speech = speechOf(state, router, to);
	const sign = byMessage ? `message: ${directorOf(state, to).address} announces its sessions` : `${speech?.isUnicast ? 'flooded-advert' : 'advert'}: ${directorOf(state, to).address} advertises VRID ${router.vrid}`;
	if (kind === 'planned') {
		return [sign, `resigned: ${address} announced priority 0`];
	}

	if (kind === 'preempt') {
		return [sign, `priority: ${speech?.priority ?? 0} over ${old?.priority ?? 0}, which still advertised`];
	}

	const dueUs = lastUs + ((old?.intervalMs ?? 1000) * 1000);
	return [
		sign,
		...(old && !old.isUnicast ? [`silent: adverts of ${address} stopped ${((atUs - lastUs) / secondUs).toFixed(1)}s before`] : []),
		...(old && !old.isUnicast && lastSyncUs > dueUs + thresholds.syncGoesOnUs ? [`sync-goes-on: sync of ${address} goes on`] : []),
	];
};

/** A virtual router has another master. */
export const routerChanged = (desk: DeskContext, change: MasterChange, packetUs: number): void => {
	const {state} = desk;
	const {router, from, to, kind, atUs, byMessage, lastUs} = change;
	const nowUs = Math.max(atUs, packetUs);
	const old = directorOf(state, from).instances.find(one => one.vrid === router.vrid && one.family === router.family && one.segment === router.segment);
	const speech = speechOf(state, router, to);
	const listed = speech ? ownersOfAdvert(desk, speech) : [];
	for (const owner of listed) {
		owner.router = router.id;
	}

	const owners = [...new Set([...listed, ...dependents(state, router, from, nowUs)])];
	tellQuietly(desk, nowUs, events.vrrp, directorOf(state, to), {address: directorOf(state, to).address, vrid: router.vrid, priority: speech?.priority ?? 0, role: 'master', from: directorOf(state, from).address});
	move(desk, {
		kind, from, to, owners, atUs, nowUs, fromLastUs: old?.isUnicast ? Math.max(lastUs, directorOf(state, from).lastSyncUs) : lastUs, by: byMessage ? 'sync' : 'advert', vrid: router.vrid,
		fromPriority: kind === 'planned' ? 0 : old?.priority ?? 0, toPriority: byMessage ? 0 : speech?.priority ?? 0, evidence: evidenceOf(state, change, old),
	});
};

/** The master advertises: it serves the addresses in its list. */
export const serveAdvertised = (desk: DeskContext, router: RouterState, instance: VrrpInstance, timeUs: number): void => {
	const {state} = desk;
	const master = directorOf(state, router.master);
	const moved = new Map<number, OwnerState[]>();
	for (const owner of ownersOfAdvert(desk, instance)) {
		owner.router = router.id;
		recallClaimant(desk, owner, owner.claim, master.index);
		if (owner.server === -1 || (owner.server !== master.index && isWeak(state, owner, timeUs))) {
			first(desk, owner, master, 'advert', timeUs);
		} else if (owner.server === master.index) {
			owner.by = 'advert';
		} else {
			moved.set(owner.server, [...(moved.get(owner.server) ?? []), owner]);
		}
	}

	for (const [from, owners] of moved) {
		move(desk, {
			kind: instance.isUnicast ? 'crash' : 'move', from, to: master.index, owners, atUs: timeUs, nowUs: timeUs, fromLastUs: Math.max(...owners.map(owner => lastSignUs(state, owner))), by: 'advert', vrid: router.vrid, fromPriority: 0, toPriority: instance.priority,
			evidence: [`${instance.isUnicast ? 'flooded-advert' : 'advert'}: ${master.address} advertises VRID ${router.vrid}${instance.isUnicast ? ' to a peer whose port is gone' : ''}`],
		});
	}
};

/** The host that a claim's MAC belongs to: whoever is master, for the MAC of a virtual router. */
const claimantOf = (state: DeskState, {place}: FrameInfo, segment: number, {macHigh, macLow, family}: AddressClaim): Director | undefined => {
	if (!isVirtualMac(macHigh, macLow)) {
		return directorOfMac(state, place, macHigh, macLow);
	}

	const router = state.routers.find(one => one.segment === segment && one.family === family && one.vrid === (macLow & 0xff));
	return router && directorOf(state, router.master);
};

/** Somebody else answers for an address: told when it lasts. */
const contradict = (owner: OwnerState, mac: string, director: number, timeUs: number, isReply: boolean): void => {
	if (owner.conflict?.mac === mac) {
		owner.conflict.lastUs = timeUs;
	} else {
		owner.conflict = {mac, director, sinceUs: timeUs, lastUs: timeUs, isReply, isTold: false};
	}
};

/** keepalived repeats its claims after five seconds: it served from the first of them on. */
const claimedSince = ({sinceUs, lastUs}: ConflictState): number => lastUs - sinceUs <= thresholds.sameClaimUs ? sinceUs : lastUs;

/** An address is claimed by a director that does not serve it, and nothing says that its server still does. */
const moveByClaim = (desk: DeskContext, owner: OwnerState, to: Director, timeUs: number, nowUs: number): void => {
	const {state} = desk;
	const from = directorOf(state, owner.server);
	const router = owner.router === -1 ? undefined : state.routers[owner.router]!;
	const speech = router && speechOf(state, router, router.master);
	const isHeard = speech !== undefined && !speech.isUnicast && router!.master === from.index;
	const kind = isHeard ? (speech.priority === 0 ? 'planned' : 'crash') : 'move';
	move(desk, {
		kind, from: from.index, to: to.index, owners: [owner], atUs: timeUs, nowUs, fromLastUs: lastSignUs(state, owner), by: 'claim', vrid: -1, fromPriority: isHeard ? speech.priority : 0, toPriority: 0,
		evidence: [`claim: ${to.address} claims ${owner.address}`, ...(isHeard ? [kind === 'planned' ? `resigned: ${from.address} announced priority 0` : `silent: adverts of ${from.address} stopped ${((timeUs - speech.lastUs) / secondUs).toFixed(1)}s before`] : [])],
	});
};

const isOwnAddress = ({registry}: DeskState, segment: number, {address}: AddressClaim): boolean =>
	registry.byAddress.has(`${segment} ${address[0]} ${address[1]} ${address[2]} ${address[3]}`);

/** Two masters advertise it. */
const isContended = (state: DeskState, {router}: OwnerState): boolean => router !== -1 && state.routers[router]!.splitUs > 0;

/** What becomes of the virtual routers of an address that a host claims. */
export const newsOfClaim = (desk: DeskContext, frame: FrameInfo, segment: number, claim: AddressClaim): RouterNews[] => {
	const {state} = desk;
	const owner = claim.gratuitous ? findOwner(state, segment, claim.address, 0) : undefined;
	const director = owner && claimantOf(state, frame, segment, claim);
	return director ? routersHearClaim(desk, director.index, owner.address) : [];
};

/** A host claims an address, or answers for it. */
export const hearClaim = (desk: DeskContext, frame: FrameInfo, segment: number, claim: AddressClaim): void => {
	const {state, limits} = desk;
	const {timeUs} = frame;
	const director = claimantOf(state, frame, segment, claim);
	// A master claims what it does not advertise (virtual_ipaddress_excluded); over IPv6 every host claims addresses of its own.
	// What any other director claims is kept in mind: an address that another one claims after it is virtual.
	const mayCreate = claim.gratuitous && director !== undefined && (director.masterSinceUs > 0 || director.joinSeen) && claim.family === 4 && !isOwnAddress(state, segment, claim);
	const owner = findOwner(state, segment, claim.address, 0) ?? (mayCreate ? ownerAt(desk, segment, claim.address, 0, claim.family, director.known) : undefined);
	if (!owner) {
		return;
	}

	const mac = macText(claim.macHigh, claim.macLow);
	if (!claim.gratuitous) {
		const isVirtual = isVirtualMac(claim.macHigh, claim.macLow);
		if (owner.server !== -1 && mac !== '' && !isVirtual && director?.index !== owner.server && directorOf(state, owner.server).mac !== '' && directorOf(state, owner.server).mac !== mac) {
			contradict(owner, mac, director?.index ?? -1, timeUs, true);
		}

		return;
	}

	const former = owner.claim;
	const isRecent = former !== undefined && Math.abs(timeUs - former.newsSinceUs) < thresholds.sameClaimUs;
	const isChange = former?.mac !== mac || timeUs - former.timeUs >= thresholds.sameClaimUs;
	const news = (isRecent ? former.news : 0) + Number(isChange);
	owner.claim = {director: director?.index ?? -1, mac, timeUs, newsSinceUs: isRecent ? former.newsSinceUs : timeUs, news, repeats: former?.mac === mac ? former.repeats + 1 : 0};
	if (isChange && news > maxNews) {
		limits.hit('events');
	}

	if (director) {
		recallClaimant(desk, owner, former, director.index);
	}

	if (director && owner.server === -1) {
		if (director.masterSinceUs > 0 || announcedUs(owner) > 0 || owner.router !== -1) {
			first(desk, owner, director, 'claim', timeUs);
		}
	} else if (director?.index === owner.server) {
		noteOwnClaim(desk, owner, timeUs);
		if (owner.by === 'sync') {
			owner.by = 'claim';
		}

		if (owner.conflict && !owner.conflict.isReply) {
			owner.conflict = undefined;
		}
	} else if (director && !isAdvertised(state, owner, timeUs) && !isContended(state, owner)) {
		moveByClaim(desk, owner, director, timeUs, timeUs);
	} else if (owner.server !== -1) {
		contradict(owner, mac, director?.index ?? -1, timeUs, false);
	}

	if (isChange && news <= maxNews) {
		tell(desk, timeUs, events.vipClaimed, director ? [director] : [], {address: owner.address, mac, was: former?.mac, director: director?.address});
	}
};

/** Another director than its server announces sessions of an address. */
const hearForeign = (desk: DeskContext, owner: OwnerState, director: Director, timeUs: number): void => {
	const {state} = desk;
	const server = directorOf(state, owner.server);
	const isVouched = owner.by !== 'sync' || owner.router !== -1 || server.instances.length > 0;
	if (isVouched && isStranger(director)) {
		return;
	}

	const last = takeoverAt(state, owner.takeover);
	if (last?.from === director.index && takeBack(desk, last, timeUs)) {
		return;
	}

	const isLate = last?.from === director.index && timeUs - last.atUs < lateUs;
	if (isLate || hasBeenAdvertised(state, owner, timeUs) || isAdvertised(state, owner, timeUs)) {
		return;
	}

	relate(state, server.index, director.index);
	const serverUs = announcerOf(owner, server.index)?.lastUs ?? 0;
	if (timeUs - serverUs <= thresholds.noAdvertUs) {
		owner.bothSinceUs ||= timeUs;
		owner.isShared ||= timeUs - owner.bothSinceUs >= thresholds.activeActiveUs;
	} else {
		owner.bothSinceUs = 0;
		owner.isShared &&= timeUs - serverUs <= stillSharedUs;
	}

	if (!owner.isShared) {
		suspect(desk, owner, director, timeUs);
	}
};

/** A director announces sessions of an address. */
export const hearAnnouncement = (desk: DeskContext, owner: OwnerState, director: Director, timeUs: number): void => {
	const {state} = desk;
	noteAnnouncement(owner, director, timeUs);
	owner.unprotectedUs = 0;
	if (owner.server === -1) {
		first(desk, owner, director, 'sync', timeUs);
	} else if (owner.server === director.index) {
		acquit(desk, owner);
	} else {
		hearForeign(desk, owner, director, timeUs);
	}

	if (owner.conflict?.director === director.index && !owner.conflict.isReply && owner.server !== director.index && !isAdvertised(state, owner, timeUs)) {
		moveByClaim(desk, owner, director, claimedSince(owner.conflict), timeUs);
	}
};

/** It is served by one that sends nothing, while others of its segment announce their sessions: whose daemon is bound to something else. */
const isUnprotected = (state: DeskState, owner: OwnerState, nowUs: number): boolean => {
	if (owner.server === -1 || owner.by === 'sync' || announcedUs(owner) > 0 || nowUs - owner.sinceUs < thresholds.unprotectedUs) {
		return false;
	}

	const server = directorOf(state, owner.server);
	// Other VRRP routers of the segment have nothing to do with sessions.
	const hasSync = server.joinSeen || server.firstSyncUs > 0;
	return hasSync && server.lastSyncUs <= owner.sinceUs && state.registry.directors.some(one => one.index !== server.index && one.segment === server.segment && one.known
		&& one.lastSyncUs > 0 && nowUs - one.lastSyncUs <= thresholds.unprotectedUs && nowUs - one.firstSyncUs >= thresholds.unprotectedUs);
};

/** What only time shows of the addresses. To be called about twice a second. */
export const servingTick = (desk: DeskContext, nowUs: number): void => {
	const {state} = desk;
	for (const owner of state.owners.list) {
		const {conflict} = owner;
		if (conflict && conflict.director !== -1 && conflict.director !== owner.server && !conflict.isReply && nowUs - conflict.lastUs <= thresholds.sameClaimUs && !isAdvertised(state, owner, nowUs)
			&& !isContended(state, owner) && (owner.router === -1 || !isMastered(state, state.routers[owner.router]!, nowUs))) {
			moveByClaim(desk, owner, directorOf(state, conflict.director), claimedSince(conflict), nowUs);
		} else if (conflict && !conflict.isTold && !isContended(state, owner) && nowUs - conflict.sinceUs >= (conflict.director === -1 ? thresholds.conflictUs : thresholds.conflictOfDirectorUs)) {
			conflict.isTold = true;
			const server = directorOf(state, owner.server);
			tell(desk, nowUs, events.vipConflict, [server], {
				address: owner.address, mac: conflict.mac, director: conflict.director === -1 ? undefined : directorOf(state, conflict.director).address, master: server.address,
				seconds: Math.round((nowUs - conflict.sinceUs) / 1000) / 1000, evidence: conflict.isReply ? 'it answers ARP requests or neighbour solicitations' : 'its gratuitous claim was the last one',
			});
		}

		if (owner.unprotectedUs === 0 && isUnprotected(state, owner, nowUs)) {
			owner.unprotectedUs = nowUs;
			const server = directorOf(state, owner.server);
			tell(desk, nowUs, events.unprotected, [server], {
				address: owner.address, director: server.address, seconds: Math.round((nowUs - owner.sinceUs) / 1000) / 1000, evidence: `${server.address} serves it and sends no sync; others do`,
			});
		}
	}
};

/** Whether a message is about addresses of a virtual router's silent master. */
export const isAbout = (state: DeskState, owners: readonly OwnerState[], director: number, master: number, router: RouterState): boolean => {
	if (owners.some(({server, router: id}) => server === master && (id === router.id || id === -1))) {
		return true;
	}

	// Of no address of it is anything known.
	const isKnown = state.owners.list.some(({router: id, announcers}) => id === router.id && announcers.length > 0);
	return !isKnown && servedBy(state, director).length === 0 && pairOf(state, director) === pairOf(state, master);
};
