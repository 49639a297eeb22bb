import {emptyFailover} from '../desk/facts/failover.js';
import {createEntryVerdicts} from '../verdict/fate.js';
import {type Monitor} from '../engine/monitor.js';
import {compileFilter} from '../filter/compile.js';
import {type FilterNames} from '../filter/names.js';
import {parseFilter} from '../filter/parser.js';
import {entryShift} from '../table/entry.js';
import {type SortKey} from '../table/read/sort-key.js';
import {createTableView} from '../table/read/table-view.js';
import {filterNamesOf} from '../output/filter-names.js';
import {type Judgement, listHeading, listHeadingJson, listRow, listRowJson} from '../output/list.js';
import {createNames} from '../output/names.js';
import {type TextOutput} from '../output/text-output.js';

type ListRun = {
	readonly json: boolean;
	readonly sort: SortKey | undefined;
	/** Found valid; '' for all. */
	readonly filter: string;
	readonly aliases: FilterNames['aliases'];
};

/** Rows between two looks at whether the reader keeps up. */
const step = 1024;

/** Writes the table as it is now. */
export const runList = async (monitor: Monitor, output: TextOutput, {json, sort = 'open', filter, aliases}: ListRun): Promise<void> => {
	const view = createTableView(monitor.memory);
	const names = createNames();
	const status = monitor.status();
	if (status) {
		names.update(status);
	}

	const nowUs = view.now();
	const verdicts = createEntryVerdicts(view.arrays, () => monitor.status()?.failover ?? emptyFailover, () => nowUs);
	const judgementOf = (slot: number): Judgement => {
		const at = slot << entryShift;
		return {fate: verdicts.fate(view.arrays.entries, at), account: verdicts.account(view.arrays.entries, at)};
	};

	const parsed = parseFilter(filter);
	const compiled = filter !== '' && parsed.ok
		? compileFilter(parsed.expression, view, {
			subject: 'sessions', names: filterNamesOf(names, aliases), verdicts,
		})
		: undefined;
	const predicate = compiled?.ok ? compiled.at(nowUs) : undefined;
	const {slots} = view.select({sort, offset: 0, count: Number.MAX_SAFE_INTEGER, ...(predicate && {predicate})});
	const offsetUs = status?.wallOffsetUs ?? 0;
	const {connections, templates} = view.totals();
	output.write(json
		? listHeadingJson({nowUs: nowUs + offsetUs, connections, templates, source: status?.description ?? ''})
		: listHeading);
	for (const [index, slot] of slots.entries()) {
		const row = view.row(slot);
		if (row) {
			output.write(json ? listRowJson(row, names, nowUs, row.template ? undefined : judgementOf(slot)) : listRow(row, nowUs));
		}

		if (index % step === step - 1) {
			await output.flush();
			if (output.isClosed()) {
				return;
			}
		}
	}

	await output.flush();
};
