import {numberAt, directorLimit, type TableArrays} from '../memory.js';
import {refusedEveryMs} from '../changes.js';
import {type ChangeWriter} from './change-writer.js';

/*
Refused records: all are counted, but a change is recorded at most once a second for each director and reason, with the
number of records since the last one.
*/
export type Refusals = {
	refuse(fault: number, director: number, segment: number, nowMs: number): void;
	/** Records what was held back, when its second is over. */
	flush(nowMs: number): void;
};

const faultLimit = 256;

export const createRefusals = ({numbers}: TableArrays, changes: ChangeWriter): Refusals => {
	const lastMs = new Float64Array(directorLimit * faultLimit).fill(-Infinity);
	const held = new Int32Array(directorLimit * faultLimit);
	const segments = new Int32Array(directorLimit * faultLimit);
	let waiting: number[] = [];

	const record = (key: number, nowMs: number) => {
		changes.refused(key % faultLimit, Math.floor(key / faultLimit), segments[key]!, held[key]!, nowMs);
		held[key] = 0;
		lastMs[key] = nowMs;
	};

	return {
		refuse(fault, director, segment, nowMs) {
			numbers[numberAt.refused + fault]! += 1;
			const key = (director * faultLimit) + fault;
			segments[key] = segment;
			held[key]! += 1;
			if (nowMs - lastMs[key]! >= refusedEveryMs) {
				record(key, nowMs);
			} else if (held[key] === 1) {
				waiting.push(key);
			}
		},
		flush(nowMs) {
			if (waiting.length > 0) {
				waiting = waiting.filter(key => {
					if (held[key] === 0) {
						return false;
					}

					if (nowMs - lastMs[key]! < refusedEveryMs) {
						return true;
					}

					record(key, nowMs);
					return false;
				});
			}
		},
	};
};
