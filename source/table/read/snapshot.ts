import {entryWords, stateCodes} from '../entry.js';
import {controlAt, openTableMemory, pathWords, peSlotOctets, peWords, rateWords, serviceWords, type TableMemory} from '../memory.js';

const copyOf = (from: SharedArrayBuffer, used: number): SharedArrayBuffer => {
	const octets = Math.min(from.byteLength, used);
	const to = new SharedArrayBuffer(from.byteLength);
	new Uint8Array(to, 0, octets).set(new Uint8Array(from, 0, octets));
	return to;
};

/**
The table as it is now, in memory of its own, for a screen that stands still while the capture goes on. Only what is in use
becomes resident: a million sessions are 64 MB and some 30 ms. Changes and departed sessions stay shared; they carry their times.
*/
export const snapshotTable = (memory: TableMemory): TableMemory => {
	const {control} = openTableMemory(memory);
	const slots = Atomics.load(control, controlAt.highWater) + 2;
	const paths = Atomics.load(control, controlAt.pathHighWater) + 1;
	const services = Atomics.load(control, controlAt.serviceHighWater) + 1;
	return {
		...memory,
		control: copyOf(memory.control, Infinity),
		numbers: copyOf(memory.numbers, Infinity),
		// One slot more than is in use: the entries begin somewhat into their memory.
		entries: copyOf(memory.entries, slots * entryWords * 4),
		services: copyOf(memory.services, services * serviceWords * 4),
		paths: copyOf(memory.paths, paths * pathWords * 4),
		counts: copyOf(memory.counts, paths * stateCodes * 4),
		pathTotals: copyOf(memory.pathTotals, paths * 2 * 8),
		rates: copyOf(memory.rates, paths * rateWords * 4),
		peWords: copyOf(memory.peWords, (memory.sizes.maxPe + 1) * peWords * 4),
		peOctets: copyOf(memory.peOctets, Math.min(4096, memory.sizes.maxPe + 1) * peSlotOctets),
	};
};
