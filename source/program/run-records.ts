import {readTold} from '../events/told.js';
import {type Monitor} from '../engine/monitor.js';
import {type FilterNames} from '../filter/names.js';
import {parseFilter} from '../filter/parser.js';
import {compileRecordFilter} from '../filter/record-filter.js';
import {createChangeReader} from '../table/changes.js';
import {createRecordRingReader, type HeardRecord} from '../ring/record-ring.js';
import {filterNamesOf} from '../output/filter-names.js';
import {batch, follow} from '../output/follow.js';
import {createNames} from '../output/names.js';
import {createJsonRecords, createPlainRecords, createTabbedRecords} from '../output/records.js';
import {type TextOutput} from '../output/text-output.js';

type RecordsRun = {
	readonly json: boolean;
	/** Columns instead of the line for people; none: that line. */
	readonly fields: readonly string[];
	/** Found valid; '' for all. */
	readonly filter: string;
	readonly aliases: FilterNames['aliases'];
	readonly lossless: boolean;
	/** Records before that are not told; microseconds. */
	readonly sinceUs: number;
	readonly isDone: () => boolean;
	/** Told how many records a slow reader made us drop. */
	readonly onLost: (count: number) => void;
};

/** Writes a line per sync record as it arrives until the source ends. Nothing is remembered. */
export const runRecords = async (monitor: Monitor, output: TextOutput, {json, fields, filter, aliases, lossless, sinceUs, isDone, onLost}: RecordsRun): Promise<void> => {
	const names = createNames();
	const toWallUs = (timeUs: number) => timeUs + (monitor.status()?.wallOffsetUs ?? 0);
	const format = json
		? createJsonRecords(names, toWallUs)
		: (fields.length > 0 ? createTabbedRecords(fields, names, toWallUs) : createPlainRecords(toWallUs));
	const records = createRecordRingReader(monitor.records!, {holdsWriter: lossless});
	// Names of segments come with the changes; without a table there are few of those, but they must not fill up.
	const changes = createChangeReader(monitor.memory, {holdsWriter: lossless});

	const parsed = parseFilter(filter);
	const compiled = filter !== '' && parsed.ok ? compileRecordFilter(parsed.expression, filterNamesOf(names, aliases)) : undefined;
	const passes = (record: HeardRecord): boolean => record.timeUs >= sinceUs && (!compiled?.ok || compiled.matches(record));

	await follow(monitor, output, () => {
		const pending = records.pending();
		changes.read(change => {
			if (change.type === 'aside' && change.json !== undefined) {
				names.learn(readTold(change.json));
			}
		});
		return records.read(record => {
			if (passes(record)) {
				output.write(format(record));
			}
		}, Math.min(pending, batch));
	}, isDone);

	if (records.lost() > 0) {
		onLost(records.lost());
	}
};
