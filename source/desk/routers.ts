import {missesAdverts, type Director, type VrrpInstance} from './facts/director.js';
import {type Limits} from './facts/limits.js';
import {thresholds} from './facts/thresholds.js';

/** Another master of one virtual router. */
export type MasterChange = {
	readonly router: VirtualRouter;
	readonly from: Director;
	readonly to: Director;
	readonly kind: 'planned' | 'crash' | 'preempt';
	/** The new one's first advert, or its first message when `byMessage`. */
	readonly atUs: number;
	readonly byMessage: boolean;
	/** Last advert of the old one. */
	readonly lastUs: number;
};

type Speaker = {readonly director: Director; readonly instance: VrrpInstance};

export type VirtualRouter = {
	readonly segment: number;
	readonly family: 4 | 6;
	readonly vrid: number;
	/** Who was found to be master last; it may be silent or have resigned by now. */
	master: Speaker;
	readonly speakers: Speaker[];
	/** Since when the master is missed, 0 while it is heard. */
	missedUs: number;
	/** Several masters since then, 0 when there is one. */
	splitUs: number;
};

export type RouterHooks = {
	/** The first master of a virtual router since we listen. */
	first(router: VirtualRouter, timeUs: number): void;
	changed(change: MasterChange): void;
	/** The master announced priority 0. */
	resigned(router: VirtualRouter, director: Director, timeUs: number): void;
	/** The master's adverts are missing for longer than any backup waits. */
	silent(router: VirtualRouter, timeUs: number): void;
	/** A silent or resigned master speaks again, and nobody took its place. */
	resumed(router: VirtualRouter, timeUs: number): void;
	split(router: VirtualRouter, speakers: readonly Speaker[], timeUs: number): void;
	/** One is left. */
	splitEnd(router: VirtualRouter, winner: Director, loser: Director, timeUs: number): void;
};

export type VirtualRouters = {
	advert(director: Director, instance: VrrpInstance, timeUs: number): void;
	/** A sync message of a director that is no master: it takes the place of one of its pair that is silent or resigned. */
	message(director: Director, pair: readonly Director[], timeUs: number): void;
	tick(nowUs: number): void;
	/** Masters whose adverts are not missing. */
	masters(nowUs: number): ReadonlySet<Director>;
};

const maxRouters = 1024;
const maxSpeakers = 16;

const isAlive = ({instance}: Speaker, nowUs: number, intervals: number = thresholds.silentIntervals): boolean => instance.priority > 0 && !missesAdverts(instance, nowUs, intervals);

/** The last octet decides in practice; the text order is good enough for equal priorities, which keepalived does not preempt. */
const outranks = (one: Speaker, other: Speaker): boolean => one.instance.priority > other.instance.priority;

/** Who is master of each virtual router, by adverts alone (RFC 3768 6, RFC 5798 6). */
export const createVirtualRouters = (hooks: RouterHooks, limits: Limits): VirtualRouters => {
	const routers = new Map<string, VirtualRouter>();

	const speakerOf = (router: VirtualRouter, director: Director, instance: VrrpInstance): Speaker => {
		const known = router.speakers.find(one => one.director === director);
		if (known?.instance === instance) {
			return known;
		}

		const speaker = {director, instance};
		if (known) {
			router.speakers.splice(router.speakers.indexOf(known), 1);
		}

		if (router.speakers.length < maxSpeakers) {
			router.speakers.push(speaker);
		}

		return speaker;
	};

	const replace = (router: VirtualRouter, speaker: Speaker, kind: MasterChange['kind'], atUs: number, byMessage: boolean) => {
		const former = router.master;
		router.master = speaker;
		router.missedUs = 0;
		hooks.changed({router, from: former.director, to: speaker.director, kind, atUs, byMessage, lastUs: former.instance.lastUs});
	};

	/** Those that advertised twice since the later of them began: one overlapping advert is normal. */
	const rivals = (router: VirtualRouter, speaker: Speaker, nowUs: number): Speaker[] => {
		const {instance} = speaker;
		return router.speakers.filter(other => {
			if (other === speaker || !isAlive(other, nowUs)) {
				return false;
			}

			const begunUs = Math.max(instance.reignUs, other.instance.reignUs);
			return instance.previousUs >= begunUs && other.instance.previousUs >= begunUs;
		});
	};

	const masterSpeaks = (router: VirtualRouter, timeUs: number) => {
		if (router.missedUs !== 0) {
			router.missedUs = 0;
			hooks.resumed(router, timeUs);
		}
	};

	const endSplit = (router: VirtualRouter, nowUs: number) => {
		const left = router.speakers.filter(one => isAlive(one, nowUs, thresholds.goneIntervals));
		if (left.length > 1) {
			return;
		}

		const winner = left[0] ?? router.master;
		const loser = router.speakers.find(one => one !== winner && one.instance.lastUs >= router.splitUs) ?? router.master;
		router.splitUs = 0;
		hooks.splitEnd(router, winner.director, loser.director, nowUs);
		if (winner !== router.master) {
			replace(router, winner, router.master.instance.priority === 0 ? 'planned' : (outranks(winner, router.master) ? 'preempt' : 'crash'), nowUs, false);
		}
	};

	const rivalSpeaks = (router: VirtualRouter, speaker: Speaker, timeUs: number) => {
		const {master} = router;
		if (master.instance.priority === 0) {
			replace(router, speaker, 'planned', speaker.instance.reignUs, false);
		} else if (!isAlive(master, timeUs)) {
			replace(router, speaker, 'crash', speaker.instance.reignUs, false);
		} else if (outranks(speaker, master)) {
			// Its first advert; or the master's own priority sank below that of one that had spoken before.
			replace(router, speaker, 'preempt', timeUs, false);
		}
	};

	return {
		advert(director, instance, timeUs) {
			const key = `${instance.segment} ${instance.family} ${instance.vrid}`;
			let router = routers.get(key);
			if (!router) {
				if (instance.priority === 0) {
					return;
				}

				if (routers.size >= maxRouters) {
					limits.hit('routers');
					return;
				}

				const speaker = {director, instance};
				router = {segment: instance.segment, family: instance.family, vrid: instance.vrid, master: speaker, speakers: [speaker], missedUs: 0, splitUs: 0};
				routers.set(key, router);
				hooks.first(router, timeUs);
				return;
			}

			const speaker = speakerOf(router, director, instance);
			if (instance.priority === 0) {
				if (speaker.director === router.master.director && router.missedUs === 0) {
					router.missedUs = timeUs;
					hooks.resigned(router, director, timeUs);
				}

				return;
			}

			if (speaker.director === router.master.director) {
				router.master = speaker;
				masterSpeaks(router, timeUs);
			} else if (router.splitUs === 0) {
				rivalSpeaks(router, speaker, timeUs);
			}

			if (router.splitUs === 0) {
				const others = rivals(router, speaker, timeUs);
				if (others.length > 0) {
					const speakers = [...others, speaker].toSorted((one, other) => other.instance.priority - one.instance.priority);
					router.splitUs = Math.max(...speakers.map(one => one.instance.reignUs));
					hooks.split(router, speakers, timeUs);
				}
			}
		},
		message(director, pair, timeUs) {
			for (const router of routers.values()) {
				const {master} = router;
				if (master.director === director || !pair.includes(master.director) || isAlive(master, timeUs) || director.previousSyncUs > master.instance.lastUs - thresholds.messageDelayUs
					|| timeUs - master.instance.lastUs > thresholds.noAdvertUs + (master.instance.intervalMs * 3000)) {
					continue;
				}

				const own = director.instances.find(one => one.vrid === router.vrid && one.family === router.family && one.segment === router.segment);
				// Its adverts are to come; until then there is nothing to miss.
				const instance: VrrpInstance = own ?? {...master.instance, lastUs: timeUs, identification: -1, reignUs: 0, adverts: 0, previousUs: 0, reignIdentification: -1, formerUs: 0, formerIdentification: -1, formerPriority: 0};
				replace(router, speakerOf(router, director, instance), master.instance.priority === 0 ? 'planned' : 'crash', timeUs, true);
			}
		},
		tick(nowUs) {
			for (const router of routers.values()) {
				if (router.splitUs > 0) {
					endSplit(router, nowUs);
				}

				if (router.missedUs === 0 && missesAdverts(router.master.instance, nowUs, thresholds.goneIntervals)) {
					router.missedUs = nowUs;
					hooks.silent(router, nowUs);
				}
			}
		},
		masters: nowUs => new Set([...routers.values()].filter(({master}) => !missesAdverts(master.instance, nowUs, thresholds.silentIntervals)).map(({master}) => master.director)),
	};
};
