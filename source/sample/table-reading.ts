import {type FilterNames} from '../filter/names.js';
import {createChangeScan, type ChangeScan} from '../table/read/change-scan.js';
import {entryRank, entryWords, isEstablishedRank} from '../table/entry.js';
import {type Predicate} from '../table/read/predicates.js';
import {type TableMemory} from '../table/memory.js';
import {type Query} from '../table/read/select.js';
import {createTableView, type TableView} from '../table/read/table-view.js';
import {emptyFailover} from '../desk/facts/failover.js';
import {createEntryVerdicts} from '../verdict/fate.js';
import {type Status} from '../engine/status.js';
import {type Judged, type Question} from './sample.js';
import {createScreenFilter, type ScreenFilter} from './screen-filter.js';

/** One memory as the screen reads it: the live table, or a copy of it. */
export type TableReading = {
	readonly view: TableView;
	readonly scan: ChangeScan;
	/** What all that is shown must pass. */
	readonly filter: ScreenFilter;
	/** What is looked for among it. */
	readonly finder: ScreenFilter;
	/** What the capturing thread said last; for a copy, when it was made. */
	status(): Status | undefined;
	/** The rows that pass the filter, in the order asked for. */
	query(question: Question, nowUs: number): Query;
	/** What the failover desk says of the session in a slot. */
	judge(slot: number): Judged;
	close(): void;
};

type ReadingParts = {
	readonly status: () => Status | undefined;
	readonly names: FilterNames;
	/** Slots of marked sessions. */
	readonly marked: ReadonlySet<number>;
	/** A slow filter has looked at everything. */
	readonly onPass: () => void;
};

export const createTableReading = (memory: TableMemory, {status, names, marked, onPass}: ReadingParts): TableReading => {
	const view = createTableView(memory);
	const {entries} = view.arrays;
	const verdicts = createEntryVerdicts(view.arrays, () => status()?.failover ?? emptyFailover, view.now);
	const filter = createScreenFilter(view, {names, marked, verdicts, onPass});
	const finder = createScreenFilter(view, {names, marked, verdicts, onPass});

	/** A UDP flow that is not known is not cut, but scheduled anew. */
	const danger: Predicate = (words, at) => isEstablishedRank(entryRank(words, at)) && verdicts.mark(words, at) === 'unknown';

	return {
		view,
		scan: createChangeScan(memory),
		filter,
		finder,
		status,
		query({filter: text, isInverted, sort, reverse}, nowUs) {
			const predicate = filter.predicate(text, isInverted, nowUs);
			return {sort, reverse, danger, ...(predicate && {predicate})};
		},
		judge(slot) {
			const at = slot * entryWords;
			return {fate: verdicts.fate(entries, at), mark: verdicts.mark(entries, at)};
		},
		close() {
			filter.close();
			finder.close();
		},
	};
};
