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

/** What was refused lately, by director and reason. */
export type RefusalState = {
	readonly lastMs: Float64Array;
	readonly held: Int32Array;
	readonly segments: Int32Array;
	/** Those that are held back, in their order. */
	waiting: number[];
};

export const refusalKeys = directorLimit * faultLimit;

export const createRefusalState = (): RefusalState => ({
	lastMs: new Float64Array(refusalKeys).fill(-Infinity),
	held: new Int32Array(refusalKeys),
	segments: new Int32Array(refusalKeys),
	waiting: [],
});

export const createRefusals = ({numbers}: TableArrays, changes: ChangeWriter, state = createRefusalState()): Refusals => {
	const {lastMs, held, segments} = state;

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
				state.waiting.push(key);
			}
		},
		flush(nowMs) {
			if (state.waiting.length > 0) {
				state.waiting = state.waiting.filter(key => {
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
