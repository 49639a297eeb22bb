import {type AddressWords} from '../../wire/packet.js';
import {isOpenRank, rankOf, stateCodes, templateCode} from '../entry.js';
import {controlAt, numberAt, pathAt, pathWords, type TableArrays} from '../memory.js';
import {type PathInfo, type PathReader, type ServiceInfo} from '../path-info.js';
import {readRates, type Rates} from '../rates.js';
import {compareAddresses} from './compare-addresses.js';

/** Sessions of one real server, or of a whole service. */
export type SessionCounts = {
	/** Entries by state code: states 0 to 13, then templates NONE and ASSURED. */
	readonly counts: Int32Array;
	/** ESTABLISHED TCP and SCTP, or UDP. */
	readonly open: number;
	/** All other connections. */
	readonly closing: number;
	readonly templates: number;
	/** Created and ended since its first session was heard. */
	readonly created: number;
	readonly ended: number;
	readonly newRates: Rates;
	readonly endRates: Rates;
	/** When the last session was created, microseconds since the Unix epoch; -1: never. */
	readonly lastNewUs: number;
};

export type RealServer = SessionCounts & {
	readonly daddr: AddressWords;
	readonly dport: number;
	readonly forward: number;
	readonly fwmark: number;
	/** Ids of its paths. */
	readonly paths: readonly number[];
};

export type ServiceView = SessionCounts & {
	readonly service: ServiceInfo;
	/** Sync ids it is announced with. */
	readonly syncids: readonly number[];
	/** By address and port. */
	readonly reals: readonly RealServer[];
	readonly paths: readonly number[];
};

const summarise = ({counts, paths, pathTotals, rates, numbers}: TableArrays, protocol: number, ids: readonly number[], nowMs: number): SessionCounts => {
	const sums = new Int32Array(stateCodes);
	let created = 0;
	let ended = 0;
	let lastNewMs = -1;
	for (const id of ids) {
		for (let code = 0; code < stateCodes; code += 1) {
			sums[code]! += counts[(id * stateCodes) + code]!;
		}

		created += pathTotals[id * 2]!;
		ended += pathTotals[(id * 2) + 1]!;
		const second = paths[(id * pathWords) + pathAt.lastNewSecond]!;
		if (second !== -1) {
			lastNewMs = Math.max(lastNewMs, ((second >>> 0) * 1000) + paths[(id * pathWords) + pathAt.lastNewMs]!);
		}
	}

	let open = 0;
	let closing = 0;
	for (let code = 0; code < templateCode; code += 1) {
		if (isOpenRank(rankOf(protocol, code, false))) {
			open += sums[code]!;
		} else {
			closing += sums[code]!;
		}
	}

	return {
		counts: sums,
		open,
		closing,
		templates: sums[templateCode]! + sums[templateCode + 1]!,
		created,
		ended,
		newRates: readRates(rates, ids, 0, nowMs),
		endRates: readRates(rates, ids, 1, nowMs),
		lastNewUs: lastNewMs < 0 ? -1 : numbers[numberAt.originUs]! + (lastNewMs * 1000),
	};
};

const countsOf = ({counts, open, closing, templates, created, ended, newRates, endRates, lastNewUs}: SessionCounts): SessionCounts =>
	({counts, open, closing, templates, created, ended, newRates, endRates, lastNewUs});

const byAddress = (a: RealServer, b: RealServer): number => compareAddresses(a.daddr, b.daddr) || a.dport - b.dport;

/** All virtual services that anything in the table, the departed or the changes still refers to, by address and port. */
export const readServices = (arrays: TableArrays, reader: PathReader, nowMs: number): ServiceView[] => {
	const groups = new Map<ServiceInfo, Map<string, PathInfo[]>>();
	const highWater = Atomics.load(arrays.control, controlAt.pathHighWater);
	for (let id = 1; id <= highWater; id += 1) {
		// Paths only ever mentioned by a record that a backup would have ignored hold nothing.
		const path = arrays.pathTotals[id * 2]! > 0 || arrays.counts.subarray(id * stateCodes, (id + 1) * stateCodes).some(Boolean) ? reader.path(id) : undefined;
		if (path) {
			const reals = groups.get(path.service) ?? new Map<string, PathInfo[]>();
			groups.set(path.service, reals);
			const key = `${path.daddr.join(' ')} ${path.dport}`;
			const same = reals.get(key) ?? [];
			reals.set(key, same);
			same.push(path);
		}
	}

	return [...groups]
		.map(([service, reals]): ServiceView => {
			const paths = [...reals.values()].flat();
			const ids = paths.map(path => path.id);
			const views = [...reals.values()].map((same): RealServer => {
				const sameIds = same.map(path => path.id);
				const {daddr, dport, forward, fwmark} = same.at(-1)!;
				return {daddr, dport, forward, fwmark, paths: sameIds, ...summarise(arrays, service.protocol, sameIds, nowMs)};
			}).sort(byAddress);
			const [only] = views;
			return {
				service,
				syncids: [...new Set(paths.map(path => path.syncid))].sort((a, b) => a - b),
				// With one real server nothing is added up twice: thousands of services may be a forger's, with one each.
				...(only && views.length === 1 ? countsOf(only) : summarise(arrays, service.protocol, ids, nowMs)),
				paths: ids,
				reals: views,
			};
		})
		.sort((a, b) => a.service.segment - b.service.segment
			|| a.service.family - b.service.family
			|| compareAddresses(a.service.vaddr, b.service.vaddr)
			|| a.service.vport - b.service.vport
			|| a.service.protocol - b.service.protocol);
};
