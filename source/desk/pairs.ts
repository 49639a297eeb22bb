import {type Director} from './facts/director.js';
import {type SplitBrain} from './facts/failover.js';
import {type TakeoverState} from './takeover-state.js';
import {thresholds} from './facts/thresholds.js';

/** Directors that back each other up, with what happened to them. */
export type PairState = {
	readonly id: number;
	segment: number;
	group: string;
	port: number;
	syncids: number[];
	vrids: number[];
	readonly directors: Director[];
	/** Number of its last takeover in the entries, and of the one before. */
	generation: number;
	formerGeneration: number;
	takeovers: TakeoverState[];
	split: SplitBrain | undefined;
	/** Who sent last, without regard to adverts, and a change that is not sure yet. */
	sender: Director | undefined;
	pending: TakeoverState | undefined;
	/** When changes of its master were weighed, of late. */
	begunUs: number[];
	/** Since when both send, and whether for long enough. */
	bothSinceUs: number;
	activeActive: boolean;
	claimant: number;
	claimUs: number;
	/** Times of announcements of one session by two directors, by the later one. */
	contests: Array<{readonly timeUs: number; readonly director: Director}>;
};

/** Adverts of the pair tell who is master; without them the sender alone does. */
export const hasAdverts = (pair: PairState, nowUs: number): boolean =>
	pair.directors.some(({lastAdvertUs}) => lastAdvertUs > 0 && nowUs - lastAdvertUs <= thresholds.noAdvertUs);

/** The one that announced last of those that are master, by adverts or by their sync. */
export const speakingMaster = ({directors, sender, vrids}: PairState): Director | undefined =>
	directors.filter(({masterSinceUs}) => masterSinceUs > 0).toSorted((one, other) => other.lastSyncUs - one.lastSyncUs)[0] ?? (vrids.length === 0 ? sender : undefined);

/** Two masters at once. */
export const isSplit = ({split}: PairState): boolean => split?.endUs === 0;

/** A forger may name many groups and ids. */
const maxKeys = 4096;

export type Pairs = {
	/** A director said something that belongs to one pair only: the sync id of a group, the number of a virtual router. */
	join(director: Director, key: string): PairState;
	of(director: Director): PairState | undefined;
	all(): readonly PairState[];
	/**
	Those of its segment that listen and may be its backups, though nothing that they said tells. Where the configuration names the pair,
	only whom it names; beside VRRP only who is in its group, too: other monitors join the sync group as well.
	*/
	listenersBeside(pair: PairState): Director[];
};

/** `configured`: addresses of directors that are pairs, whatever they say. */
export const createPairs = (directors: () => readonly Director[], configured: ReadonlyArray<readonly string[]> = []): Pairs => {
	const byDirector = new Map<Director, PairState>();
	const byKey = new Map<string, PairState>();
	const pairs: PairState[] = [];
	let count = 0;

	const create = (segment: number): PairState => {
		const pair: PairState = {
			id: count++, segment, group: '', port: 0, syncids: [], vrids: [], directors: [], generation: -1, formerGeneration: -1, takeovers: [],
			split: undefined, sender: undefined, pending: undefined, begunUs: [], bothSinceUs: 0, activeActive: false, claimant: -1, claimUs: 0, contests: [],
		};
		pairs.push(pair);
		return pair;
	};

	const add = (pair: PairState, director: Director) => {
		byDirector.set(director, pair);
		if (!pair.directors.includes(director)) {
			pair.directors.push(director);
		}
	};

	/** What seemed two pairs turns out to be one. */
	const merge = (pair: PairState, other: PairState): PairState => {
		const [kept, gone] = pair.id < other.id ? [pair, other] : [other, pair];
		for (const director of gone.directors) {
			add(kept, director);
		}

		for (const [key, value] of byKey) {
			if (value === gone) {
				byKey.set(key, kept);
			}
		}

		kept.syncids = [...new Set([...kept.syncids, ...gone.syncids])];
		kept.vrids = [...new Set([...kept.vrids, ...gone.vrids])];
		kept.group ||= gone.group;
		kept.port ||= gone.port;
		kept.takeovers = [...kept.takeovers, ...gone.takeovers].toSorted((one, next) => one.atUs - next.atUs);
		if (gone.generation > kept.generation) {
			kept.generation = gone.generation;
			kept.formerGeneration = gone.formerGeneration;
		}

		kept.sender ??= gone.sender;
		kept.split ??= gone.split;
		pairs.splice(pairs.indexOf(gone), 1);
		return kept;
	};

	const joinBy = (director: Director, key: string): PairState => {
		const own = byDirector.get(director);
		const named = byKey.get(key);
		if (own && named === own) {
			return own;
		}

		let pair = own ?? named ?? create(director.segment);
		if (own && named) {
			pair = merge(own, named);
		}

		if (byKey.size < maxKeys) {
			byKey.set(key, pair);
		}

		add(pair, director);
		return pair;
	};

	return {
		join(director, key) {
			const pair = joinBy(director, key);
			const number = configured.findIndex(addresses => addresses.includes(director.address));
			return number === -1 ? pair : joinBy(director, `configured ${director.segment} ${number}`);
		},
		of: director => byDirector.get(director),
		all: () => pairs,
		listenersBeside(pair) {
			const named = configured.find(addresses => pair.directors.some(({address}) => addresses.includes(address)));
			return directors().filter(one => one.segment === pair.segment && one.listeningSinceUs > 0 && !byDirector.has(one)
				&& (named?.includes(one.address) ?? (pair.vrids.length === 0 || one.joinsVrrp)));
		},
	};
};
