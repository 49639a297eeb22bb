import {createHashTables, hashOctet} from './keyed-hash.js';
import {addToIndex, afterPair, createHashIndex, homeOf, removeFromIndex, reserveIndex} from './hash-index.js';
import {controlAt, peAt, peNameOctets, peSlotOctets, peWords, type TableArrays} from './memory.js';

/** What a persistence engine said of a template: its name (`sip`) and data (a Call-ID). Octets from the network: escape them. */
export type PeData = {readonly name: Uint8Array; readonly data: Uint8Array};

export type PePool = {
	/**
	The id of this name and data, made when new. 0 when the pool is full. It is freed by `reclaim` unless a reference is taken before.
	*/
	intern(view: DataView, nameOffset: number, nameLength: number, dataOffset: number, dataLength: number, known: boolean): number;
	refer(id: number): void;
	release(id: number): void;
	/** Frees what nothing refers to. */
	reclaim(): void;
	/** Finds again what the arrays and the state hold, after both were restored. */
	reindex(): void;
};

/** What the pool knows beside the shared arrays. */
export type PeState = {
	/** Ids that were freed and are given out again, the last one first. */
	readonly free: number[];
	/** Those that may be freed by the next `reclaim`. */
	readonly unreferred: number[];
	highWater: number;
	/** Those of unknown senders. */
	unknownUsed: number;
};

export const createPeState = (): PeState => ({free: [], unreferred: [], highWater: 0, unknownUsed: 0});

/** `limit`: ids that can be given out; half of them to unknown senders. Name and data longer than 16 and 255 octets are cut. */
export const createPePool = ({control, peWords: words, peOctets: octets}: TableArrays, limit: number, seed?: number, state = createPeState()): PePool => {
	const index = createHashIndex(limit);
	/** Its key: the two lengths, the name in its room, the data. Made when it is first needed: few balance SIP. */
	let tables: Int32Array | undefined;
	const {free, unreferred} = state;

	const hashOf = (view: DataView, nameOffset: number, nameLength: number, dataOffset: number, dataLength: number): number => {
		tables ??= createHashTables(2 + peSlotOctets, seed);
		let hash = hashOctet(tables, 0, nameLength) ^ hashOctet(tables, 1, dataLength);
		for (let octet = 0; octet < nameLength; octet += 1) {
			hash ^= hashOctet(tables, 2 + octet, view.getUint8(nameOffset + octet));
		}

		for (let octet = 0; octet < dataLength; octet += 1) {
			hash ^= hashOctet(tables, 2 + peNameOctets + octet, view.getUint8(dataOffset + octet));
		}

		return hash;
	};

	const queue = (id: number) => {
		if (words[(id * peWords) + peAt.queued] === 0) {
			words[(id * peWords) + peAt.queued] = 1;
			unreferred.push(id);
		}
	};

	const equals = (id: number, view: DataView, nameOffset: number, nameLength: number, dataOffset: number, dataLength: number): boolean => {
		const at = id * peWords;
		if (words[at + peAt.nameLength] !== nameLength || words[at + peAt.dataLength] !== dataLength) {
			return false;
		}

		const slot = id * peSlotOctets;
		for (let octet = 0; octet < nameLength; octet += 1) {
			if (octets[slot + octet] !== view.getUint8(nameOffset + octet)) {
				return false;
			}
		}

		for (let octet = 0; octet < dataLength; octet += 1) {
			if (octets[slot + peNameOctets + octet] !== view.getUint8(dataOffset + octet)) {
				return false;
			}
		}

		return true;
	};

	return {
		intern(view, nameOffset, nameLengthClaimed, dataOffset, dataLengthClaimed, known) {
			const nameLength = Math.min(nameLengthClaimed, peNameOctets);
			const dataLength = Math.min(dataLengthClaimed, 255);
			const hash = hashOf(view, nameOffset, nameLength, dataOffset, dataLength);
			const {pairs, end, factor, shift} = index;
			for (let at = homeOf(hash, factor, shift); pairs[at + 1] !== 0; at = afterPair(at, end)) {
				const id = pairs[at + 1]!;
				if (pairs[at] === hash && equals(id, view, nameOffset, nameLength, dataOffset, dataLength)) {
					return id;
				}
			}

			if (!known && state.unknownUsed >= Math.max(1, limit >> 1)) {
				return 0;
			}

			const id = free.pop() ?? (state.highWater < limit ? state.highWater += 1 : 0);
			if (id === 0) {
				return 0;
			}

			const slot = id * peSlotOctets;
			for (let octet = 0; octet < nameLength; octet += 1) {
				octets[slot + octet] = view.getUint8(nameOffset + octet);
			}

			for (let octet = 0; octet < dataLength; octet += 1) {
				octets[slot + peNameOctets + octet] = view.getUint8(dataOffset + octet);
			}

			const at = id * peWords;
			words[at + peAt.nameLength] = nameLength;
			words[at + peAt.dataLength] = dataLength;
			words[at + peAt.hash] = hash;
			words[at + peAt.generation]! += 1;
			words[at + peAt.unknown] = known ? 0 : 1;
			state.unknownUsed += known ? 0 : 1;
			addToIndex(index, hash, id);
			Atomics.store(control, controlAt.peUsed, index.count);
			queue(id);
			return id;
		},
		refer(id) {
			words[(id * peWords) + peAt.references]! += 1;
		},
		release(id) {
			const left = words[(id * peWords) + peAt.references]! - 1;
			words[(id * peWords) + peAt.references] = left;
			if (left === 0) {
				queue(id);
			}
		},
		reclaim() {
			if (unreferred.length === 0) {
				return;
			}

			for (let id = unreferred.pop(); id !== undefined; id = unreferred.pop()) {
				const at = id * peWords;
				words[at + peAt.queued] = 0;
				if (words[at + peAt.references] === 0) {
					removeFromIndex(index, words[at + peAt.hash]!, id);
					state.unknownUsed -= words[at + peAt.unknown]!;
					free.push(id);
				}
			}

			Atomics.store(control, controlAt.peUsed, index.count);
		},
		reindex() {
			reserveIndex(index, state.highWater);
			const isFree = new Set(free);
			const view = new DataView(octets.buffer);
			for (let id = 1; id <= state.highWater; id += 1) {
				const at = id * peWords;
				if (!isFree.has(id)) {
					const slot = id * peSlotOctets;
					words[at + peAt.hash] = hashOf(view, slot, words[at + peAt.nameLength]!, slot + peNameOctets, words[at + peAt.dataLength]!);
					addToIndex(index, words[at + peAt.hash]!, id);
				}
			}

			Atomics.store(control, controlAt.peUsed, index.count);
		},
	};
};

/** The octets behind an id, copied; undefined for 0. */
export const readPe = ({peWords: words, peOctets: octets}: TableArrays, id: number): PeData | undefined => {
	if (id === 0) {
		return undefined;
	}

	const at = id * peWords;
	const slot = id * peSlotOctets;
	return {
		name: Uint8Array.from(octets.subarray(slot, slot + words[at + peAt.nameLength]!)),
		data: Uint8Array.from(octets.subarray(slot + peNameOctets, slot + peNameOctets + words[at + peAt.dataLength]!)),
	};
};
