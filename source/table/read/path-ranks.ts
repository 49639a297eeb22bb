import {controlAt, type TableArrays} from '../memory.js';
import {type PathInfo, type PathReader} from '../path-info.js';
import {compareAddresses} from './compare-addresses.js';

/** The place of each path in an order, by path id. Paths that are equal in that order share a place. */
export type PathRanks = {readonly rank: Int32Array};

type PathOrder = 'virtual' | 'real' | 'protocol';

const compareVirtual = (a: PathInfo, b: PathInfo): number => a.service.family - b.service.family
	|| compareAddresses(a.service.vaddr, b.service.vaddr)
	|| a.service.vport - b.service.vport
	|| a.service.protocol - b.service.protocol
	|| a.service.segment - b.service.segment;

const compare: Readonly<Record<PathOrder, (a: PathInfo, b: PathInfo) => number>> = {
	virtual: compareVirtual,
	real: (a, b) => a.service.family - b.service.family || compareAddresses(a.daddr, b.daddr) || a.dport - b.dport,
	protocol: (a, b) => a.service.protocol - b.service.protocol,
};

/** Ranks are made anew when the paths have changed. */
export const createPathRanks = ({control}: TableArrays, reader: PathReader): ((order: PathOrder) => PathRanks) => {
	const made = new Map<PathOrder, {readonly stamp: number; readonly ranks: PathRanks}>();

	return order => {
		const highWater = Atomics.load(control, controlAt.pathHighWater);
		const stamp = Atomics.load(control, controlAt.pathChanges);
		const known = made.get(order);
		if (known?.stamp === stamp) {
			return known.ranks;
		}

		const infos: PathInfo[] = [];
		for (let id = 1; id <= highWater; id += 1) {
			const info = reader.path(id);
			if (info) {
				infos.push(info);
			}
		}

		infos.sort(compare[order]);
		const rank = new Int32Array(highWater + 1);
		let place = 0;
		for (const [index, info] of infos.entries()) {
			if (index > 0 && compare[order](infos[index - 1]!, info) !== 0) {
				place += 1;
			}

			rank[info.id] = place;
		}

		const ranks = {rank};
		made.set(order, {stamp, ranks});
		return ranks;
	};
};
