import {entryExpiresMs, entryPath, entryRank, entrySent, entryWords, isEstablishedRank} from '../table/entry.js';
import {controlAt, type TableArrays} from '../table/memory.js';

/** How many open TCP and SCTP sessions were sent to the director of this bit. One pass over the table. */
export const countSent = ({entries, control}: TableArrays, bit: number, nowMs: number): number => {
	let count = 0;
	const highWater = Atomics.load(control, controlAt.highWater);
	for (let slot = 1; slot <= highWater; slot++) {
		const at = slot * entryWords;
		const wasSent = entryPath(entries, at) !== 0 && ((entrySent(entries, at) >>> bit) & 1) === 1;
		if (wasSent && isEstablishedRank(entryRank(entries, at)) && entryExpiresMs(entries, at) > nowMs) {
			count++;
		}
	}

	return count;
};
