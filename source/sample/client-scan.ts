import {entryExpiresMs, entryFlag, entryFlags, entryPath, entryRank, entryWords, isEntryUsed, isOpenRank} from '../table/entry.js';
import {controlAt, numberAt, type TableArrays} from '../table/memory.js';
import {type Predicate} from '../table/read/predicates.js';
import {type AddressWords, type Family} from '../wire/packet.js';

/** Sessions of one client, or of the clients of one net (/24 of IPv4, /64 of IPv6). */
export type ClientCount = {
	readonly family: Family;
	readonly address: AddressWords;
	readonly sessions: number;
	readonly open: number;
	/** Paths that are used most, the first ones found. */
	readonly path: number;
};

export type ClientReport = {
	readonly clients: readonly ClientCount[];
	readonly nets: readonly ClientCount[];
	/** Sessions counted. */
	readonly sessions: number;
	readonly distinctClients: number;
	readonly distinctNets: number;
	/** More clients than are told apart were met: the counts of the rarest are missing. */
	readonly isPartial: boolean;
};

/** Entries counted between two turns of the loop: some 4 ms. */
const slice = 25_000;
/** Clients told apart; a scan of more leaves out those that come later. */
const mostDistinct = 400_000;
const shown = 200;

type Counting = {family: Family; words: readonly number[]; sessions: number; open: number; path: number};

const topOf = (counts: ReadonlyMap<string | number, Counting>): ClientCount[] => {
	// A bounded list rather than a sort of all.
	const top: Counting[] = [];
	let least = 0;
	for (const count of counts.values()) {
		if (top.length < shown * 4 || count.sessions > least) {
			top.push(count);
		}

		if (top.length >= shown * 8) {
			top.sort((a, b) => b.sessions - a.sessions);
			top.length = shown;
			least = top.at(-1)!.sessions;
		}
	}

	return top.sort((a, b) => b.sessions - a.sessions).slice(0, shown)
		.map(({family, words, sessions, open, path}) => ({family, address: Int32Array.from(words), sessions, open, path}));
};

/** Counts sessions by client and by net over those that pass, in slices; the result cancels it. Templates are not sessions. */
export const scanClients = ({entries, control, numbers}: TableArrays, nowUs: number, test: Predicate | undefined, onDone: (report: ClientReport) => void): (() => void) => {
	const clients = new Map<string | number, Counting>();
	const nets = new Map<string | number, Counting>();
	const nowMs = Math.floor((nowUs - numbers[numberAt.originUs]!) / 1000);
	let slot = 1;
	let sessions = 0;
	let isPartial = false;
	let isCancelled = false;

	const count = (into: Map<string | number, Counting>, key: string | number, family: Family, words: readonly number[], isOpen: boolean, path: number) => {
		const known = into.get(key);
		if (known) {
			known.sessions++;
			known.open += isOpen ? 1 : 0;
		} else if (into.size < mostDistinct) {
			into.set(key, {family, words, sessions: 1, open: isOpen ? 1 : 0, path});
		} else {
			isPartial = true;
		}
	};

	const work = () => {
		if (isCancelled) {
			return;
		}

		const highWater = Atomics.load(control, controlAt.highWater);
		const end = Math.min(highWater + 1, slot + slice);
		for (; slot < end; slot++) {
			const at = slot * entryWords;
			const flags = entryFlags(entries, at);
			if (!isEntryUsed(entries, at) || (flags & entryFlag.template) !== 0 || entryExpiresMs(entries, at) <= nowMs || (test && !test(entries, at))) {
				continue;
			}

			sessions++;
			const isOpen = isOpenRank(entryRank(entries, at));
			const path = entryPath(entries, at);
			const first = entries[at]!;
			if ((flags & entryFlag.ipv6) === 0) {
				count(clients, first, 4, [first, 0, 0, 0], isOpen, path);
				count(nets, first & ~0xff, 4, [first & ~0xff, 0, 0, 0], isOpen, path);
			} else {
				const words = [first, entries[at + 1]!, entries[at + 2]!, entries[at + 3]!];
				count(clients, words.join(' '), 6, words, isOpen, path);
				count(nets, `${first} ${words[1]!}`, 6, [first, words[1]!, 0, 0], isOpen, path);
			}
		}

		if (slot <= highWater) {
			setImmediate(work);
			return;
		}

		onDone({clients: topOf(clients), nets: topOf(nets), sessions, distinctClients: clients.size, distinctNets: nets.size, isPartial});
	};

	setImmediate(work);
	return () => {
		isCancelled = true;
	};
};
