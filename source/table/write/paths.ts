import {CheckpointError} from '../../checkpoint/shape.js';
import {recordAt, recordShift, recordWords, type RecordBatch} from '../../wire/sync/record-batch.js';
import {stateShift} from '../entry.js';
import {addToIndex, afterPair, createHashIndex, homeOf, removeFromIndex, reserveIndex} from '../hash-index.js';
import {createHashTables, hashOctet, hashShort, hashWord} from '../keyed-hash.js';
import {controlAt, pathAt, pathShift, serviceAt, serviceShift, type TableArrays, type TableSizes} from '../memory.js';
import {forgetRates} from '../rates.js';

/*
Virtual services and paths, each kept once and referred to by number. A path is a virtual service with what a record says
beside the client: real server, forwarding method, mark, sync id, version. Some hundred of them serve a million sessions, so they stay
in the nearest cache, and 20 bits of an entry say what would take 15 words.

What refers to a path: entries (twice: held and last announced), departed sessions and changes, until they are overwritten.
*/
export type PathTable = {
	/**
	Fills in the path of each record of a batch, made when it is new; 0 for a record with a fault, and when there is no room (half of it is kept for known senders).
	A path may be freed by the next `reclaim` unless a reference is taken.
	*/
	intern(batch: RecordBatch, segment: number, known: boolean, pathOf: Int32Array): void;
	/** Gives back a reference; an id without any is freed by `reclaim`. */
	release(path: number): void;
	/** Frees what nothing refers to. */
	reclaim(): void;
	/** Finds again what the arrays and the state hold, after both were restored. */
	reindex(): void;
};

/** Where each part of a key begins, in octets: what a virtual service and a path have, what only the one has, and the other. */
const placeOf = {vaddr: 0, vport: 16, protocol: 18, segment: 19, syncid: 21, daddr: 22, dport: 38, forward: 40, fwmark: 41, origin: 45, end: 47} as const;

/** What a record says of its path, as it is compared: of the words from `daddr` on all but the addresses hold several fields. */
const nearAt = {vaddr: 0, daddr: 4, ports: 8, kind: 9, fwmark: 10, heard: 11, path: 12} as const;
const nearShift = 4;
const nearBits = 12;

/** Readers keep it shifted by a bit, so that it has 30. */
const nextGeneration = (generation: number): number => (generation + 1) & 0x3f_ff_ff_ff;

/** What a path table knows beside the shared arrays. */
export type PathState = {
	/** Ids that were freed and are given out again, the last one first. */
	readonly freePaths: number[];
	readonly freeServices: number[];
	/** Paths that may be freed by the next `reclaim`. */
	readonly unreferred: number[];
	pathHighWater: number;
	serviceHighWater: number;
	/** Those made by unknown senders. */
	unknownPaths: number;
	unknownServices: number;
};

export const createPathState = (): PathState =>
	({freePaths: [], freeServices: [], unreferred: [], pathHighWater: 0, serviceHighWater: 0, unknownPaths: 0, unknownServices: 0});

export const createPathTable = (arrays: TableArrays, sizes: TableSizes, seed: number | undefined, state = createPathState()): PathTable => {
	const {control, paths, services, counts, pathTotals, rates} = arrays;
	const tables = createHashTables(placeOf.end, seed);
	const pathIndex = createHashIndex(sizes.maxPaths);
	const serviceIndex = createHashIndex(sizes.maxServices);
	const {freePaths, freeServices, unreferred} = state;

	/** Paths of late by what their records said: most records are of some hundred paths, and need neither another hash nor the index. */
	const near = new Int32Array(2 ** (nearBits + nearShift));

	const serviceHash = (words: Int32Array, at: number, segment: number): number => {
		let hash = hashWord(tables, placeOf.vaddr, words[at + recordAt.vaddr]!) ^ hashShort(tables, placeOf.vport, words[at + recordAt.vport]!)
			^ hashOctet(tables, placeOf.protocol, words[at + recordAt.protocol]!) ^ hashShort(tables, placeOf.segment, segment);
		if (words[at + recordAt.family] === 6) {
			for (let word = 1; word < 4; word += 1) {
				hash ^= hashWord(tables, placeOf.vaddr + (4 * word), words[at + recordAt.vaddr + word]!);
			}
		}

		return hash;
	};

	/** With the sync id that tells the marks of directors apart, else -1. */
	const wholeServiceHash = (words: Int32Array, at: number, segment: number, syncid: number): number =>
		serviceHash(words, at, segment) ^ (words[at + recordAt.protocol] === 0 ? hashOctet(tables, placeOf.syncid, syncid) : 0);

	const pathHash = (words: Int32Array, at: number, segment: number, origin: number): number => {
		let hash = serviceHash(words, at, segment) ^ hashWord(tables, placeOf.daddr, words[at + recordAt.daddr]!)
			^ hashShort(tables, placeOf.dport, words[at + recordAt.dport]!) ^ hashOctet(tables, placeOf.forward, words[at + recordAt.flags]! & 7)
			^ hashWord(tables, placeOf.fwmark, words[at + recordAt.fwmark]!) ^ hashShort(tables, placeOf.origin, origin);
		if (words[at + recordAt.family] === 6) {
			for (let word = 1; word < 4; word += 1) {
				hash ^= hashWord(tables, placeOf.daddr + (4 * word), words[at + recordAt.daddr + word]!);
			}
		}

		return hash;
	};

	const findService = (hash: number, words: Int32Array, at: number, segment: number, syncid: number): number => {
		const {pairs, end, factor, shift} = serviceIndex;
		for (let pair = homeOf(hash, factor, shift); pairs[pair + 1] !== 0; pair = afterPair(pair, end)) {
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
		const hash = wholeServiceHash(words, at, segment, syncid);
		const found = findService(hash, words, at, segment, syncid);
		if (found !== 0) {
			return found;
		}

		if (!known && state.unknownServices >= Math.max(1, sizes.maxServices >> 1)) {
			return 0;
		}

		const id = freeServices.pop() ?? (state.serviceHighWater < sizes.maxServices ? state.serviceHighWater += 1 : 0);
		if (id === 0) {
			return 0;
		}

		const service = id << serviceShift;
		services[service + serviceAt.generation] = nextGeneration(services[service + serviceAt.generation]!);
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
		state.unknownServices += known ? 0 : 1;
		services[service + serviceAt.family] = words[at + recordAt.family]!;
		addToIndex(serviceIndex, hash, id);
		Atomics.store(control, controlAt.serviceHighWater, state.serviceHighWater);
		Atomics.store(control, controlAt.servicesUsed, serviceIndex.count);
		return id;
	};

	const freeService = (id: number) => {
		const service = id << serviceShift;
		removeFromIndex(serviceIndex, services[service + serviceAt.hash]!, id);
		state.unknownServices -= services[service + serviceAt.unknown]!;
		services[service + serviceAt.family] = 0;
		freeServices.push(id);
		Atomics.store(control, controlAt.servicesUsed, serviceIndex.count);
	};

	/** Whether the path `id`, or 0, is the one of a record. A path that was freed has service 0, which is of no family. */
	const isPath = (id: number, words: Int32Array, at: number, segment: number, origin: number): boolean => {
		const path = id << pathShift;
		const service = paths[path]! << serviceShift;
		return paths[path + pathAt.daddr] === words[at + recordAt.daddr]
			&& services[service + serviceAt.vaddr] === words[at + recordAt.vaddr]
			&& paths[path + pathAt.dport] === words[at + recordAt.dport]
			&& services[service + serviceAt.vport] === words[at + recordAt.vport]
			&& services[service + serviceAt.protocol] === words[at + recordAt.protocol]
			&& services[service + serviceAt.family] === words[at + recordAt.family]
			&& services[service + serviceAt.segment] === segment
			&& paths[path + pathAt.forward] === (words[at + recordAt.flags]! & 7)
			&& paths[path + pathAt.fwmark] === words[at + recordAt.fwmark]
			&& paths[path + pathAt.origin] === origin
			&& (words[at + recordAt.family] !== 6 || (
				paths[path + pathAt.daddr + 1] === words[at + recordAt.daddr + 1]
				&& paths[path + pathAt.daddr + 2] === words[at + recordAt.daddr + 2]
				&& paths[path + pathAt.daddr + 3] === words[at + recordAt.daddr + 3]
				&& services[service + serviceAt.vaddr + 1] === words[at + recordAt.vaddr + 1]
				&& services[service + serviceAt.vaddr + 2] === words[at + recordAt.vaddr + 2]
				&& services[service + serviceAt.vaddr + 3] === words[at + recordAt.vaddr + 3]));
	};

	/** Not secret, and need not be: where many records meet, each of them is looked for in the index. The words are the first and the last ones of the addresses. */
	const nearPlace = (vaddr: number, vaddrEnd: number, daddr: number, daddrEnd: number, ports: number, fwmark: number): number => {
		const mixed = vaddr ^ vaddrEnd ^ ports ^ Math.imul(daddr ^ daddrEnd ^ fwmark, 0x9e_37_79_b1);
		return (Math.imul(mixed, 0x85_eb_ca_6b) >>> (32 - nearBits)) << nearShift;
	};

	/** Whether what stands at `place` is what a record says. */
	const isNear = (place: number, words: Int32Array, at: number, ports: number, kind: number, fwmark: number, heard: number): boolean =>
		near[place + nearAt.daddr] === words[at + recordAt.daddr]
		&& near[place + nearAt.vaddr] === words[at + recordAt.vaddr]
		&& near[place + nearAt.ports] === ports
		&& near[place + nearAt.kind] === kind
		&& near[place + nearAt.fwmark] === fwmark
		&& near[place + nearAt.heard] === heard
		&& (words[at + recordAt.family] === 4 || (
			near[place + nearAt.daddr + 1] === words[at + recordAt.daddr + 1]
			&& near[place + nearAt.daddr + 2] === words[at + recordAt.daddr + 2]
			&& near[place + nearAt.daddr + 3] === words[at + recordAt.daddr + 3]
			&& near[place + nearAt.vaddr + 1] === words[at + recordAt.vaddr + 1]
			&& near[place + nearAt.vaddr + 2] === words[at + recordAt.vaddr + 2]
			&& near[place + nearAt.vaddr + 3] === words[at + recordAt.vaddr + 3]));

	const putNear = (place: number, words: Int32Array, at: number, ports: number, kind: number, heard: number, path: number) => {
		for (let word = 0; word < 4; word += 1) {
			near[place + nearAt.vaddr + word] = words[at + recordAt.vaddr + word]!;
			near[place + nearAt.daddr + word] = words[at + recordAt.daddr + word]!;
		}

		near[place + nearAt.ports] = ports;
		near[place + nearAt.kind] = kind;
		near[place + nearAt.fwmark] = words[at + recordAt.fwmark]!;
		near[place + nearAt.heard] = heard;
		near[place + nearAt.path] = path;
	};

	/** A path that is freed must not be found any more. A kind of 0 is of no family, so that no record has it. */
	const forgetNear = (id: number) => {
		const path = id << pathShift;
		const service = paths[path]! << serviceShift;
		const place = nearPlace(
			services[service + serviceAt.vaddr]!, services[service + serviceAt.vaddr + 3]!, paths[path + pathAt.daddr]!, paths[path + pathAt.daddr + 3]!,
			(services[service + serviceAt.vport]! << 16) | paths[path + pathAt.dport]!, paths[path + pathAt.fwmark]!,
		);
		if (near[place + nearAt.path] === id) {
			near[place + nearAt.kind] = 0;
		}
	};

	const find = (words: Int32Array, at: number, segment: number, origin: number): number => {
		const hash = pathHash(words, at, segment, origin);
		const {pairs, end, factor, shift} = pathIndex;
		for (let pair = homeOf(hash, factor, shift); pairs[pair + 1] !== 0; pair = afterPair(pair, end)) {
			if (pairs[pair] === hash && isPath(pairs[pair + 1]!, words, at, segment, origin)) {
				return pairs[pair + 1]!;
			}
		}

		return 0;
	};

	const becomeKnown = (path: number) => {
		const service = paths[path]! << serviceShift;
		paths[path + pathAt.unknown] = 0;
		state.unknownPaths -= 1;
		state.unknownServices -= services[service + serviceAt.unknown]!;
		services[service + serviceAt.unknown] = 0;
	};

	const queue = (path: number) => {
		if (paths[(path << pathShift) + pathAt.queued] === 0) {
			paths[(path << pathShift) + pathAt.queued] = 1;
			unreferred.push(path);
		}
	};

	const create = (words: Int32Array, at: number, segment: number, origin: number, known: boolean): number => {
		if (!known && state.unknownPaths >= Math.max(1, sizes.maxPaths >> 1)) {
			return 0;
		}

		if (freePaths.length === 0 && state.pathHighWater === sizes.maxPaths) {
			return 0;
		}

		const service = internService(words, at, segment, origin, known);
		if (service === 0) {
			return 0;
		}

		services[(service << serviceShift) + serviceAt.references]! += 1;
		const id = freePaths.pop() ?? (state.pathHighWater += 1);
		const path = id << pathShift;
		paths[path + pathAt.generation] = nextGeneration(paths[path + pathAt.generation]!);
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
		const hash = pathHash(words, at, segment, origin);
		paths[path + pathAt.hash] = hash;
		paths[path + pathAt.unknown] = known ? 0 : 1;
		state.unknownPaths += known ? 0 : 1;
		counts.fill(0, id << stateShift, (id + 1) << stateShift);
		pathTotals.fill(0, id * 2, (id + 1) * 2);
		forgetRates(rates, id);
		Atomics.store(paths, path + pathAt.service, service);
		addToIndex(pathIndex, hash, id);
		Atomics.store(control, controlAt.pathHighWater, state.pathHighWater);
		Atomics.store(control, controlAt.pathsUsed, pathIndex.count);
		Atomics.add(control, controlAt.pathChanges, 1);
		queue(id);
		return id;
	};

	return {
		intern({words, count, version, syncid}, segment, known, pathOf) {
			const origin = syncid | (version << 8);
			const heard = (segment << 16) | origin;
			const mayBecomeKnown = known && state.unknownPaths !== 0;
			for (let record = 0; record < count; record += 1) {
				const at = record << recordShift;
				if (words[at + recordAt.fault] !== 0) {
					pathOf[record] = 0;
					continue;
				}

				const ports = (words[at + recordAt.vport]! << 16) | words[at + recordAt.dport]!;
				const kind = (words[at + recordAt.protocol]! << 6) | (words[at + recordAt.family]! << 3) | (words[at + recordAt.flags]! & 7);
				const fwmark = words[at + recordAt.fwmark]!;
				const place = nearPlace(words[at + recordAt.vaddr]!, words[at + recordAt.vaddr + 3]!, words[at + recordAt.daddr]!, words[at + recordAt.daddr + 3]!, ports, fwmark);
				let path = isNear(place, words, at, ports, kind, fwmark, heard) ? near[place + nearAt.path]! : 0;
				if (path === 0) {
					path = find(words, at, segment, origin) || create(words, at, segment, origin, known);
					if (path !== 0) {
						putNear(place, words, at, ports, kind, heard, path);
					}
				}

				if (mayBecomeKnown && paths[(path << pathShift) + pathAt.unknown] !== 0) {
					becomeKnown(path << pathShift);
				}

				pathOf[record] = path;
			}
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
					forgetNear(id);
					state.unknownPaths -= paths[path + pathAt.unknown]!;
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
		reindex() {
			reserveIndex(serviceIndex, state.serviceHighWater);
			reserveIndex(pathIndex, state.pathHighWater);
			const record = new Int32Array(recordWords);
			const copyService = (service: number) => {
				record.set(services.subarray(service + serviceAt.vaddr, service + serviceAt.vaddr + 4), recordAt.vaddr);
				record[recordAt.vport] = services[service + serviceAt.vport]!;
				record[recordAt.protocol] = services[service + serviceAt.protocol]!;
				record[recordAt.family] = services[service + serviceAt.family]!;
			};

			for (let id = 1; id <= state.serviceHighWater; id += 1) {
				const service = id << serviceShift;
				if (services[service + serviceAt.family] !== 0) {
					copyService(service);
					services[service + serviceAt.hash] = wholeServiceHash(record, 0, services[service + serviceAt.segment]!, services[service + serviceAt.syncid]!);
					addToIndex(serviceIndex, services[service + serviceAt.hash]!, id);
				}
			}

			for (let id = 1; id <= state.pathHighWater; id += 1) {
				const path = id << pathShift;
				const service = paths[path + pathAt.service]! << serviceShift;
				if (service !== 0) {
					copyService(service);
					record.set(paths.subarray(path + pathAt.daddr, path + pathAt.daddr + 4), recordAt.daddr);
					record[recordAt.dport] = paths[path + pathAt.dport]!;
					record[recordAt.flags] = paths[path + pathAt.forward]!;
					record[recordAt.fwmark] = paths[path + pathAt.fwmark]!;
					const origin = paths[path + pathAt.origin]!;
					const segment = services[service + serviceAt.segment]!;
					if (find(record, 0, segment, origin) !== 0) {
						throw new CheckpointError('holds one path twice');
					}

					paths[path + pathAt.hash] = pathHash(record, 0, segment, origin);
					addToIndex(pathIndex, paths[path + pathAt.hash]!, id);
				}
			}

			Atomics.store(control, controlAt.serviceHighWater, state.serviceHighWater);
			Atomics.store(control, controlAt.servicesUsed, serviceIndex.count);
			Atomics.store(control, controlAt.pathHighWater, state.pathHighWater);
			Atomics.store(control, controlAt.pathsUsed, pathIndex.count);
			Atomics.add(control, controlAt.pathChanges, 1);
		},
	};
};
