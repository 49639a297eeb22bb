/*
Who is master of each virtual router, by adverts alone (RFC 3768 6, RFC 5798 6). Directors that advertise one number in one segment are of
one virtual router when their addresses overlap; with disjoint addresses they are two, that share a number. Where adverts are sent to
single peers, they prove who is master, and their absence proves nothing.
*/
import {missesAdverts, type VrrpInstance} from './facts/director.js';
import {thresholds} from './facts/thresholds.js';
import {createInstance} from './reigns.js';
import {directorOf} from './registry.js';
import {type DeskState, type RouterState} from './state.js';
import {type DeskContext} from './told.js';

/** Another master of one virtual router. */
export type MasterChange = {
	readonly router: RouterState;
	readonly from: number;
	readonly to: number;
	readonly kind: 'planned' | 'crash' | 'preempt';
	/** The new one's first advert, or its first message when `byMessage`. */
	readonly atUs: number;
	readonly byMessage: boolean;
	/** Last advert of the old one. */
	readonly lastUs: number;
};

/** What comes of an advert, a message, or the time. */
export type RouterNews =
	/** The first master of a virtual router since we listen. */
	| {readonly what: 'first'; readonly router: RouterState}
	| ({readonly what: 'changed'} & MasterChange)
	/** The master announced priority 0. */
	| {readonly what: 'resigned'; readonly router: RouterState; readonly director: number}
	/** The master's adverts are missing for longer than any backup waits. */
	| {readonly what: 'silent'; readonly router: RouterState}
	/** A silent or resigned master speaks again, and nobody took its place. */
	| {readonly what: 'resumed'; readonly router: RouterState}
	| {readonly what: 'split'; readonly router: RouterState; readonly speakers: readonly number[]}
	/** One is left. */
	| {readonly what: 'splitEnd'; readonly router: RouterState; readonly winner: number; readonly loser: number};

const maxRouters = 1024;
const maxSpeakers = 16;

/** What a director says of a virtual router; for a master that took over by its sync, what stands in for its adverts. */
export const speechOf = (state: DeskState, router: RouterState, director: number): VrrpInstance | undefined =>
	(director === router.master ? router.standIn : undefined)
	?? directorOf(state, director).instances.find(one => one.vrid === router.vrid && one.family === router.family && one.segment === router.segment);

const isAlive = (instance: VrrpInstance | undefined, nowUs: number, intervals: number = thresholds.silentIntervals): boolean =>
	instance !== undefined && instance.priority > 0 && !missesAdverts(instance, nowUs, intervals);

/** Its master advertises to all, and was heard within the time that a backup waits. */
export const isReigning = (state: DeskState, router: RouterState, nowUs: number): boolean => {
	const speech = speechOf(state, router, router.master);
	return isAlive(speech, nowUs) && !speech!.isUnicast;
};

/** Its master advertises; of one that advertises to its peers alone nothing else is known. */
export const isMastered = (state: DeskState, router: RouterState, nowUs: number): boolean => {
	const speech = speechOf(state, router, router.master);
	return speech !== undefined && speech.priority > 0 && (speech.isUnicast || !missesAdverts(speech, nowUs, thresholds.silentIntervals));
};

/** Masters whose adverts are not missing. */
export const mastersOf = (state: DeskState, nowUs: number): ReadonlySet<number> =>
	new Set(state.routers.filter(router => isMastered(state, router, nowUs)).map(({master}) => master));

/** The last octet decides in practice; the text order is good enough for equal priorities, which keepalived does not preempt. */
const outranks = (one: VrrpInstance, other: VrrpInstance): boolean => one.priority > other.priority;

const overlaps = (state: DeskState, router: RouterState, addresses: readonly string[]): boolean =>
	router.speakers.some(index => speechOf(state, router, index)?.addresses.some(address => addresses.includes(address)));

const isSilentOn = (state: DeskState, router: RouterState): boolean => router.speakers.every(index => (speechOf(state, router, index)?.addresses.length ?? 0) === 0);

/** The virtual router that an advert belongs to, undefined for a new one. */
const routerOf = (state: DeskState, director: number, {segment, family, vrid, addresses}: VrrpInstance): RouterState | undefined => {
	const same = state.routers.filter(router => router.vrid === vrid && router.segment === segment && router.family === family);
	const own = same.find(router => router.speakers.includes(director) && (router.speakers.length === 1 || addresses.length === 0 || overlaps(state, {...router, speakers: router.speakers.filter(one => one !== director)}, addresses) || isSilentOn(state, router)));
	if (own) {
		return own;
	}

	return addresses.length === 0
		? (same.length === 1 ? same[0] : undefined)
		: same.find(router => overlaps(state, router, addresses)) ?? same.find(router => isSilentOn(state, router));
};

const addSpeaker = (state: DeskState, router: RouterState, director: number): void => {
	// Its list changed to that of another virtual router.
	for (const other of state.routers) {
		const place = other === router || other.vrid !== router.vrid || other.segment !== router.segment || other.family !== router.family ? -1 : other.speakers.indexOf(director);
		if (place !== -1 && other.master !== director) {
			other.speakers.splice(place, 1);
		}
	}

	if (!router.speakers.includes(director) && router.speakers.length < maxSpeakers) {
		router.speakers.push(director);
	}
};

/** Another speaker is master now. */
const replace = (state: DeskState, router: RouterState, to: number, kind: MasterChange['kind'], atUs: number, byMessage: boolean): RouterNews => {
	const from = router.master;
	const lastUs = speechOf(state, router, from)?.lastUs ?? 0;
	router.master = to;
	router.missedUs = 0;
	router.challenger = -1;
	if (!byMessage) {
		router.standIn = undefined;
	}

	return {what: 'changed', router, from, to, kind, atUs, byMessage, lastUs};
};

/** Those that advertised twice since the later of them began: one overlapping advert is normal. */
const rivalsOf = (state: DeskState, router: RouterState, director: number, instance: VrrpInstance, nowUs: number): number[] => router.speakers.filter(other => {
	const speech = other === director ? undefined : speechOf(state, router, other);
	if (!speech || !isAlive(speech, nowUs)) {
		return false;
	}

	const begunUs = Math.max(instance.reignUs, speech.reignUs);
	return instance.previousUs >= begunUs && speech.previousUs >= begunUs;
});

/** Another one than the master advertises. */
const rivalSpeaks = (state: DeskState, router: RouterState, director: number, instance: VrrpInstance, timeUs: number): RouterNews | undefined => {
	const master = speechOf(state, router, router.master);
	if (master?.priority === 0) {
		return replace(state, router, director, 'planned', instance.reignUs, false);
	}

	if (!master || !isAlive(master, timeUs)) {
		return replace(state, router, director, 'crash', instance.reignUs, false);
	}

	if (!outranks(instance, master)) {
		return undefined;
	}

	// One advert can be anybody's, or late; what follows tells. An interval later it speaks again, and has been master since its first one.
	if (router.challenger === director && instance.reignUs <= router.challengedUs) {
		return replace(state, router, director, 'preempt', router.challengedUs, false);
	}

	router.challenger = director;
	router.challengedUs = timeUs;
	return undefined;
};

/** It claims an address: of the virtual routers that it advertises with it, and whose masters it challenged, it is the master. */
export const routersHearClaim = ({state}: DeskContext, director: number, address: string): RouterNews[] => state.routers
	.filter(router => router.challenger === director && router.splitUs === 0 && speechOf(state, router, director)?.addresses.includes(address))
	.map(router => replace(state, router, director, 'preempt', router.challengedUs, false));

/** An advert of a director, after `noteAdvert`. */
export const routerHears = (desk: DeskContext, director: number, instance: VrrpInstance, timeUs: number): RouterNews[] => {
	const {state, limits} = desk;
	const known = routerOf(state, director, instance);
	if (!known) {
		if (instance.priority === 0) {
			return [];
		}

		if (state.routers.length >= maxRouters) {
			limits.hit('routers');
			return [];
		}

		const router: RouterState = {
			id: state.routers.length, segment: instance.segment, family: instance.family, vrid: instance.vrid, master: director, speakers: [director], standIn: undefined, missedUs: 0, splitUs: 0, challenger: -1, challengedUs: 0,
		};
		state.routers.push(router);
		return [{what: 'first', router}];
	}

	const router = known;
	addSpeaker(state, router, director);
	if (instance.priority === 0) {
		if (director === router.master && router.missedUs === 0) {
			router.missedUs = timeUs;
			return [{what: 'resigned', router, director}];
		}

		return [];
	}

	const news: RouterNews[] = [];
	if (director === router.master) {
		router.standIn = undefined;
		if (router.missedUs !== 0) {
			router.missedUs = 0;
			news.push({what: 'resumed', router});
		}
	} else if (router.splitUs === 0) {
		const change = rivalSpeaks(state, router, director, instance, timeUs);
		news.push(...(change ? [change] : []));
	}

	const rivals = router.splitUs === 0 ? rivalsOf(state, router, director, instance, timeUs) : [];
	if (rivals.length > 0) {
		const priorityOf = (index: number) => speechOf(state, router, index)!.priority;
		const speakers = [...rivals, director].toSorted((one, other) => priorityOf(other) - priorityOf(one));
		router.splitUs = Math.max(...speakers.map(index => speechOf(state, router, index)!.reignUs));
		news.push({what: 'split', router, speakers});
	}

	return news;
};

/**
A sync message of a director that is no master: it takes the place of one that is silent or resigned, whose addresses it announces.
`served`: whether the message is about addresses that this director serves.
*/
export const routersHearMessage = (desk: DeskContext, director: number, timeUs: number, served: (master: number, router: RouterState) => boolean): RouterNews[] => {
	const {state} = desk;
	const news: RouterNews[] = [];
	for (const router of state.routers) {
		const master = speechOf(state, router, router.master);
		if (!master || router.master === director || master.isUnicast || isAlive(master, timeUs) || directorOf(state, director).previousSyncUs > master.lastUs - thresholds.messageDelayUs
			|| timeUs - master.lastUs > thresholds.noAdvertUs + (master.intervalMs * 3000) || !served(router.master, router)) {
			continue;
		}

		// Its adverts are to come; until then there is nothing to miss.
		const hasSpoken = isAlive(speechOf(state, router, director), timeUs);
		addSpeaker(state, router, director);
		const kind = master.priority === 0 ? 'planned' : 'crash';
		const change = replace(state, router, director, kind, timeUs, true);
		router.standIn = hasSpoken ? undefined : {...createInstance(router.segment, master, false), addressWords: master.addressWords, addresses: master.addresses, lastUs: timeUs};
		if (router.standIn && kind === 'planned') {
			router.standIn.priority = 1;
		}

		news.push(change);
	}

	return news;
};

const endSplit = (state: DeskState, router: RouterState, nowUs: number): RouterNews[] => {
	const left = router.speakers.filter(index => isAlive(speechOf(state, router, index), nowUs, thresholds.goneIntervals));
	if (left.length > 1) {
		return [];
	}

	const winner = left[0] ?? router.master;
	const loser = router.speakers.find(index => index !== winner && (speechOf(state, router, index)?.lastUs ?? 0) >= router.splitUs) ?? router.master;
	router.splitUs = 0;
	const news: RouterNews[] = [{what: 'splitEnd', router, winner, loser}];
	if (winner !== router.master) {
		const master = speechOf(state, router, router.master);
		const speech = speechOf(state, router, winner)!;
		news.push(replace(state, router, winner, master?.priority === 0 ? 'planned' : (master && outranks(speech, master) ? 'preempt' : 'crash'), nowUs, false));
	}

	return news;
};

/** Claims of its addresses are heard here. */
const isClaimed = ({owners}: DeskState, {id}: RouterState): boolean => owners.list.some(({router, claim}) => router === id && claim !== undefined);

/** To be called about twice a second. */
export const routersTick = ({state}: DeskContext, nowUs: number): RouterNews[] => {
	const news: RouterNews[] = [];
	for (const router of state.routers) {
		if (router.splitUs > 0) {
			news.push(...endSplit(state, router, nowUs));
		}

		const master = speechOf(state, router, router.master);
		if (router.challenger !== -1 && nowUs - router.challengedUs >= thresholds.challengeUs && (master?.lastUs ?? 0) < router.challengedUs && !isClaimed(state, router)) {
			news.push(replace(state, router, router.challenger, 'preempt', router.challengedUs, false));
			continue;
		}

		if (router.missedUs === 0 && master && !master.isUnicast && missesAdverts(master, nowUs, thresholds.goneIntervals)) {
			router.missedUs = nowUs;
			news.push({what: 'silent', router});
		}
	}

	return news;
};

const listText = (addresses: readonly string[]): string => addresses.length > 2 ? `${addresses.length} addresses` : addresses.join(' ');

/** Why the adverts of one are nothing to the other: they are then both master for good (keepalived vrrp_check_packet). '' when they agree. */
export const disagreementOf = (state: DeskState, router: RouterState, speakers: readonly number[]): string => {
	const [one, other] = speakers.map(index => speechOf(state, router, index));
	if (!one || !other) {
		return '';
	}

	if (one.version !== other.version) {
		return `VRRP versions differ: ${one.version}, ${other.version}`;
	}

	if (one.auth !== other.auth) {
		return `authentication differs: ${one.auth}, ${other.auth}`;
	}

	if (one.intervalMs !== other.intervalMs) {
		return `intervals differ: ${one.intervalMs / 1000} s, ${other.intervalMs / 1000} s`;
	}

	const missing = one.addresses.filter(address => !other.addresses.includes(address));
	const more = other.addresses.filter(address => !one.addresses.includes(address));
	const differing = [...missing, ...more];
	return differing.length > 0 ? `address lists differ: ${listText(differing)}` : '';
};
