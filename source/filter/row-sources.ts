import {type TableArrays} from '../table/memory.js';
import {type PathReader} from '../table/path-info.js';
import {type PeData} from '../table/pe-pool.js';
import {type HeardRecord} from '../ring/record-ring.js';
import {type FilterNames, type Verdicts} from './names.js';
import {type Subject} from './fields.js';

/** What tests are made for and what they may look at. */
export type Ground = {
	readonly subject: Subject;
	readonly arrays: Pick<TableArrays, 'paths' | 'services'>;
	readonly paths: PathReader;
	readonly names: FilterNames;
	/** Milliseconds since the table's origin, set before each run. */
	readonly clock: {nowMs: number};
	/** Run before each run: takes in names that have come to light. */
	readonly refresh: Array<() => void>;
	readonly pe: (words: Int32Array, at: number) => PeData | undefined;
	/** Names and bits of flags, and in which word of an entry they lie. */
	readonly flagBits: Readonly<Record<string, number>>;
	readonly flagWord: number;
	/** The record at hand, where the subject is records. */
	readonly record: () => HeardRecord;
	readonly verdicts: Verdicts | undefined;
	readonly marked: ReadonlySet<number> | undefined;
};
