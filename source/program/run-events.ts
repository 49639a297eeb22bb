import {type Monitor} from '../engine/monitor.js';
import {compileEventFilter} from '../filter/event-filter.js';
import {type FilterNames} from '../filter/names.js';
import {parseFilter} from '../filter/parser.js';
import {createTableView} from '../table/read/table-view.js';
import {createChangeReader} from '../table/changes.js';
import {createJsonEvents, createPlainEvents} from '../output/events.js';
import {filterNamesOf} from '../output/filter-names.js';
import {batch, follow} from '../output/follow.js';
import {createNames} from '../output/names.js';
import {type OwnEvents} from '../output/own-events.js';
import {type TextOutput} from '../output/text-output.js';

type EventsRun = {
	readonly json: boolean;
	/** Found valid; '' for all. */
	readonly filter: string;
	readonly aliases: FilterNames['aliases'];
	readonly lossless: boolean;
	/** Changes before that are not told; microseconds. */
	readonly sinceUs: number;
	readonly isDone: () => boolean;
	/** Lines of this program itself. */
	readonly own: OwnEvents;
	/** Called when the source has ended and all is written; what it adds to `own` is written too. */
	readonly finish: () => Promise<void>;
};

/** Writes a line per change until the source ends. */
export const runEvents = async (monitor: Monitor, output: TextOutput, {json, filter, aliases, lossless, sinceUs, isDone, own, finish}: EventsRun): Promise<void> => {
	const names = createNames();
	const toWallUs = (timeUs: number) => timeUs + (monitor.status()?.wallOffsetUs ?? 0);
	const format = json ? createJsonEvents(names, toWallUs) : createPlainEvents(names, toWallUs);
	const changes = createChangeReader(monitor.memory, {holdsWriter: lossless});
	const parsed = parseFilter(filter);
	const compiled = filter !== '' && parsed.ok ? compileEventFilter(parsed.expression, createTableView(monitor.memory), filterNamesOf(names, aliases)) : undefined;
	let lost = 0;
	let lastUs = 0;

	const writeOwn = () => {
		for (const event of own.take()) {
			output.write(format.own(event));
		}
	};

	await follow(monitor, output, () => {
		const status = monitor.status();
		if (status) {
			names.update(status);
		}

		const taken = changes.read(change => {
			lastUs = change.timeUs;
			// The line first: what only carries names is learned by it.
			const text = format.line(change);
			if (change.timeUs >= sinceUs && (!compiled?.ok || compiled.matches(change))) {
				output.write(text);
			}
		}, batch);
		if (changes.lost() > lost) {
			output.write(format.lost(lastUs, changes.lost() - lost));
			lost = changes.lost();
		}

		writeOwn();
		return taken;
	}, isDone);

	if (!isDone() && !output.isClosed()) {
		await finish();
		writeOwn();
		await output.flush();
	}
};
