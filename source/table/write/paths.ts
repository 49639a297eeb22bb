import {addToIndex, createHashIndex, removeFromIndex} from '../hash-index.js';
import {layout} from '../layout.js';
import {type TableArrays, type TableSizes} from '../memory.js';
import {forgetRates} from '../rates.js';

/*
Virtual services and paths, each kept once and referred to by number. A path is a virtual service with what a record says
beside the client: real server, forwarding method, mark, sync id, version. Some hundred of them serve a million sessions, so they stay
in the nearest cache, and 20 bits of an entry say what would take 15 words.

What refers to a path: entries (twice: held and last announced), departed sessions and changes, until they are overwritten.
*/
export type PathTable = {
	/**
	The path of record `index` of a batch, made when it is new; 0 when there is no room (a tenth is open to unknown senders).
	`origin`: sync id, and 8 bits up the version of the message. It may be freed by the next `reclaim` unless a reference is taken.
	*/
	intern(words: Int32Array, index: number, segment: number, origin: number, known: boolean): number;
	/** Gives back a reference; an id without any is freed by `reclaim`. */
	release(path: number): void;
	/** Frees what nothing refers to. */
	reclaim(): void;
};

export const createPathTable = (arrays: TableArrays, sizes: TableSizes, seed: number): PathTable => {
	const {controlAt, pathAt, pathShift, recordAt, recordShift, serviceAt, serviceShift, stateShift} = layout;
	const {control, paths, services, counts, pathTotals, rates} = arrays;
	const pathIndex = createHashIndex(sizes.maxPaths);
	const serviceIndex = createHashIndex(sizes.maxServices);
	const freePaths: number[] = [];
	const freeServices: number[] = [];
	const unreferred: number[] = [];
	let pathHighWater = 0;
	let serviceHighWater = 0;
	let unknownPaths = 0;
	let unknownServices = 0;

	const findService = (hash: number, words: Int32Array, at: number, segment: number, syncid: number): number => {
		const {pairs, mask, shift} = serviceIndex;
		for (let pair = (hash >>> shift) << 1; pairs[pair + 1] !== 0; pair = (pair + 2) & mask) {
			const id = pairs[pair + 1]!;
			const service = id << serviceShift;
			if (pairs[pair] === hash
				&& services[service + serviceAt.vaddr] === words[at + recordAt.vaddr]
				&& services[service + serviceAt.vaddr + 1] === words[at + recordAt.vaddr + 1]
				&& services[service + serviceAt.vaddr + 2] === words[at + recordAt.vaddr + 2]
				&& services[service + serviceAt.vaddr + 3] === words[at + recordAt.vaddr + 3]
				&& services[service + serviceAt.vport] === words[at + recordAt.vport]
				&& services[service + serviceAt.protocol] === words[at + recordAt.protocol]
				&& services[service + serviceAt.family] === words[at + recordAt.family]
				&& services[service + serviceAt.segment] === segment
				&& services[service + serviceAt.syncid] === syncid) {
				return id;
			}
		}

		return 0;
	};

	const internService = (words: Int32Array, at: number, segment: number, origin: number, known: boolean): number => {
		const protocol = words[at + recordAt.protocol]!;
		// A mark means nothing beyond the directors that share a sync id.
		const syncid = protocol === 0 ? origin & 0xff : -1;
		let hash = Math.imul(seed ^ words[at + recordAt.vaddr]!, 0x9e_37_79_b1);
		hash = Math.imul(hash ^ words[at + recordAt.vaddr + 1]! ^ Math.imul(words[at + recordAt.vaddr + 2]!, 31), 0x85_eb_ca_6b);
		hash = Math.imul(hash ^ (hash >>> 15) ^ words[at + recordAt.vaddr + 3]!, 0xc2_b2_ae_35);
		hash = Math.imul(hash ^ (hash >>> 13) ^ (words[at + recordAt.vport]! << 8) ^ protocol ^ (segment << 24), 0x27_d4_eb_2f);
		hash = Math.imul(hash ^ (hash >>> 15), 0x9e_37_79_b1);
		const found = findService(hash, words, at, segment, syncid);
		if (found !== 0) {
			return found;
		}

		if (!known && unknownServices >= Math.max(1, Math.floor(sizes.maxServices / 10))) {
			return 0;
		}

		const id = freeServices.pop() ?? (serviceHighWater < sizes.maxServices ? serviceHighWater += 1 : 0);
		if (id === 0) {
			return 0;
		}

		const service = id << serviceShift;
		services[service + serviceAt.generation]! += 1;
		services[service + serviceAt.protocol] = protocol;
		services[service + serviceAt.vaddr] = words[at + recordAt.vaddr]!;
		services[service + serviceAt.vaddr + 1] = words[at + recordAt.vaddr + 1]!;
		services[service + serviceAt.vaddr + 2] = words[at + recordAt.vaddr + 2]!;
		services[service + serviceAt.vaddr + 3] = words[at + recordAt.vaddr + 3]!;
		services[service + serviceAt.vport] = words[at + recordAt.vport]!;
		services[service + serviceAt.segment] = segment;
		services[service + serviceAt.syncid] = syncid;
		services[service + serviceAt.hash] = hash;
		services.fill(0, service + serviceAt.heldMoved, service + serviceAt.heldRanout + 1);
		services[service + serviceAt.unknown] = known ? 0 : 1;
		unknownServices += known ? 0 : 1;
		services[service + serviceAt.family] = words[at + recordAt.family]!;
		addToIndex(serviceIndex, hash, id);
		Atomics.store(control, controlAt.serviceHighWater, serviceHighWater);
		Atomics.store(control, controlAt.servicesUsed, serviceIndex.count);
		return id;
	};

	const freeService = (id: number) => {
		const service = id << serviceShift;
		removeFromIndex(serviceIndex, services[service + serviceAt.hash]!, id);
		unknownServices -= services[service + serviceAt.unknown]!;
		services[service + serviceAt.family] = 0;
		freeServices.push(id);
		Atomics.store(control, controlAt.servicesUsed, serviceIndex.count);
	};

	const queue = (path: number) => {
		if (paths[(path << pathShift) + pathAt.queued] === 0) {
			paths[(path << pathShift) + pathAt.queued] = 1;
			unreferred.push(path);
		}
	};

	const create = (hash: number, words: Int32Array, at: number, segment: number, origin: number, known: boolean): number => {
		if (!known && unknownPaths >= Math.max(1, Math.floor(sizes.maxPaths / 10))) {
			return 0;
		}

		if (freePaths.length === 0 && pathHighWater === sizes.maxPaths) {
			return 0;
		}

		const service = internService(words, at, segment, origin, known);
		if (service === 0) {
			return 0;
		}

		services[(service << serviceShift) + serviceAt.references]! += 1;
		const id = freePaths.pop() ?? (pathHighWater += 1);
		const path = id << pathShift;
		paths[path + pathAt.generation]! += 1;
		paths[path + pathAt.daddr] = words[at + recordAt.daddr]!;
		paths[path + pathAt.daddr + 1] = words[at + recordAt.daddr + 1]!;
		paths[path + pathAt.daddr + 2] = words[at + recordAt.daddr + 2]!;
		paths[path + pathAt.daddr + 3] = words[at + recordAt.daddr + 3]!;
		paths[path + pathAt.dport] = words[at + recordAt.dport]!;
		paths[path + pathAt.forward] = words[at + recordAt.flags]! & 7;
		paths[path + pathAt.fwmark] = words[at + recordAt.fwmark]!;
		paths[path + pathAt.origin] = origin;
		paths[path + pathAt.lastNewSecond] = -1;
		paths[path + pathAt.lastNewMs] = 0;
		paths[path + pathAt.hash] = hash;
		paths[path + pathAt.unknown] = known ? 0 : 1;
		unknownPaths += known ? 0 : 1;
		counts.fill(0, id << stateShift, (id + 1) << stateShift);
		pathTotals.fill(0, id * 2, (id + 1) * 2);
		forgetRates(rates, id);
		Atomics.store(paths, path + pathAt.service, service);
		addToIndex(pathIndex, hash, id);
		Atomics.store(control, controlAt.pathHighWater, pathHighWater);
		Atomics.store(control, controlAt.pathsUsed, pathIndex.count);
		Atomics.add(control, controlAt.pathChanges, 1);
		queue(id);
		return id;
	};

	return {
		intern(words, index, segment, origin, known) {
			const at = index << recordShift;
			const mark = words[at + recordAt.fwmark]!;
			const isIpv6 = words[at + recordAt.family] === 6;
			let hash = Math.imul(seed ^ words[at + recordAt.vaddr]!, 0x9e_37_79_b1) ^ words[at + recordAt.daddr]!;
			hash = Math.imul(hash ^ (hash >>> 15), 0x85_eb_ca_6b);
			if (isIpv6) {
				for (let word = 1; word < 4; word += 1) {
					hash = Math.imul(hash ^ (hash >>> 15) ^ words[at + recordAt.vaddr + word]!, 0xc2_b2_ae_35);
					hash = Math.imul(hash ^ (hash >>> 15) ^ words[at + recordAt.daddr + word]!, 0x9e_37_79_b1);
				}
			}

			hash ^= (words[at + recordAt.vport]! << 16) | words[at + recordAt.dport]!;
			hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
			hash ^= (words[at + recordAt.protocol]! << 12) ^ (words[at + recordAt.flags]! & 7) ^ (origin << 4) ^ (segment << 24) ^ Math.imul(mark, 0x27_d4_eb_2f);
			hash = Math.imul(hash ^ (hash >>> 16), 0x27_d4_eb_2f);
			const {pairs, mask, shift} = pathIndex;
			for (let pair = (hash >>> shift) << 1; pairs[pair + 1] !== 0; pair = (pair + 2) & mask) {
				if (pairs[pair] !== hash) {
					continue;
				}

				const id = pairs[pair + 1]!;
				const path = id << pathShift;
				const service = paths[path]! << serviceShift;
				if (paths[path + pathAt.daddr] === words[at + recordAt.daddr]
					&& services[service + serviceAt.vaddr] === words[at + recordAt.vaddr]
					&& paths[path + pathAt.dport] === words[at + recordAt.dport]
					&& services[service + serviceAt.vport] === words[at + recordAt.vport]
					&& services[service + serviceAt.protocol] === words[at + recordAt.protocol]
					&& services[service + serviceAt.family] === words[at + recordAt.family]
					&& services[service + serviceAt.segment] === segment
					&& paths[path + pathAt.forward] === (words[at + recordAt.flags]! & 7)
					&& paths[path + pathAt.fwmark] === mark
					&& paths[path + pathAt.origin] === origin
					&& (!isIpv6 || (
						paths[path + pathAt.daddr + 1] === words[at + recordAt.daddr + 1]
						&& paths[path + pathAt.daddr + 2] === words[at + recordAt.daddr + 2]
						&& paths[path + pathAt.daddr + 3] === words[at + recordAt.daddr + 3]
						&& services[service + serviceAt.vaddr + 1] === words[at + recordAt.vaddr + 1]
						&& services[service + serviceAt.vaddr + 2] === words[at + recordAt.vaddr + 2]
						&& services[service + serviceAt.vaddr + 3] === words[at + recordAt.vaddr + 3]))) {
					if (known && paths[path + pathAt.unknown] !== 0) {
						paths[path + pathAt.unknown] = 0;
						unknownPaths -= 1;
						unknownServices -= services[service + serviceAt.unknown]!;
						services[service + serviceAt.unknown] = 0;
					}

					return id;
				}
			}

			return create(hash, words, at, segment, origin, known);
		},
		release(path) {
			const left = paths[(path << pathShift) + pathAt.references]! - 1;
			paths[(path << pathShift) + pathAt.references] = left;
			if (left === 0) {
				queue(path);
			}
		},
		reclaim() {
			if (unreferred.length === 0) {
				return;
			}

			for (let id = unreferred.pop(); id !== undefined; id = unreferred.pop()) {
				const path = id << pathShift;
				paths[path + pathAt.queued] = 0;
				if (paths[path + pathAt.references] === 0) {
					removeFromIndex(pathIndex, paths[path + pathAt.hash]!, id);
					unknownPaths -= paths[path + pathAt.unknown]!;
					const service = paths[path + pathAt.service]!;
					Atomics.store(paths, path + pathAt.service, 0);
					Atomics.add(control, controlAt.pathChanges, 1);
					freePaths.push(id);
					const left = services[(service << serviceShift) + serviceAt.references]! - 1;
					services[(service << serviceShift) + serviceAt.references] = left;
					if (left === 0) {
						freeService(service);
					}
				}
			}

			Atomics.store(control, controlAt.pathsUsed, pathIndex.count);
		},
	};
};
