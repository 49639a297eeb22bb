import {writeFile} from 'node:fs/promises';
import {type Monitor} from '../engine/monitor.js';
import {type FilterNames} from '../filter/names.js';
import {compileFilter, type TableFilter} from '../filter/compile.js';
import {parseFilter} from '../filter/parser.js';
import {filterNamesOf} from '../output/filter-names.js';
import {batch, follow} from '../output/follow.js';
import {createNames} from '../output/names.js';
import {createGathering, gather} from '../output/report/gathering.js';
import {htmlOf} from '../output/report/html.js';
import {markdownOf} from '../output/report/markdown.js';
import {reportOf, takeoversOf, type PairTakeover} from '../output/report/report.js';
import {unknownSessions, type UnknownSessions} from '../output/report/unknown-sessions.js';
import {type TextOutput} from '../output/text-output.js';
import {createChangeReader} from '../table/changes.js';
import {createTableView} from '../table/read/table-view.js';
import {createNaming} from '../text/alias-names.js';
import {complaint} from '../text/format.js';
import {secondUs} from '../wire/second.js';

type ReportRun = {
	/** Ends in `.md` or `.markdown` for Markdown; all else is a page. */
	readonly report: string;
	/** Found valid; '' for all. */
	readonly filter: string;
	readonly aliases: FilterNames['aliases'];
	readonly version: string;
	/** What came before is counted, not told. */
	readonly sinceUs: number;
	readonly isDone: () => boolean;
	/** Reads the same up to a moment, once more; undefined where that cannot be done. */
	readonly upTo: ((timeUs: number) => Monitor) | undefined;
};

/** How long after a takeover its lost sessions are looked for: by then the new master has said most of what it knows. */
const lookAfterUs = 10 * secondUs;
/** Takeovers that are looked into: for each all is read once more. */
const mostLooks = 8;

/** The sessions that are asked for; undefined for all. */
const filterOf = (text: string, monitor: Monitor, names: FilterNames): TableFilter | undefined => {
	const parsed = parseFilter(text);
	const compiled = text !== '' && parsed.ok ? compileFilter(parsed.expression, createTableView(monitor.memory), {subject: 'sessions', names, verdicts: {fate: () => 'unknown', account: () => undefined}}) : undefined;
	return compiled?.ok ? compiled : undefined;
};

/** When to look for what a takeover lost: before the next one of its pair changes the marks. */
const momentOf = ({pair, takeover}: PairTakeover, toUs: number): number => {
	const next = pair.takeovers.find(({atUs}) => atUs > takeover.atUs);
	return Math.max(takeover.atUs, Math.min(takeover.atUs + lookAfterUs, toUs, (next?.atUs ?? Infinity) - 1000));
};

const lookInto = async (one: PairTakeover, timeUs: number, {upTo, filter, aliases}: ReportRun): Promise<UnknownSessions | undefined> => {
	const monitor = upTo!(timeUs);
	try {
		await monitor.ended;
		const status = monitor.status();
		if (!status) {
			return undefined;
		}

		const names = createNames();
		names.update(status);
		const view = createTableView(monitor.memory);
		return unknownSessions(view, status.failover, one.takeover.id, filterOf(filter, monitor, filterNamesOf(names, aliases))?.at(view.now()));
	} finally {
		await monitor.close();
	}
};

/** Reads all of a capture and writes what happened as a page. Gives why not, when it cannot be written. */
export const runReport = async (monitor: Monitor, output: TextOutput, run: ReportRun): Promise<string | undefined> => {
	const {report, filter, aliases, version, sinceUs, isDone, upTo} = run;
	const names = createNames();
	const changes = createChangeReader(monitor.memory, {holdsWriter: true});
	const gathering = createGathering(sinceUs);
	const wanted = filterOf(filter, monitor, filterNamesOf(names, aliases));
	await follow(monitor, output, () => {
		const status = monitor.status();
		if (status) {
			names.update(status);
		}

		return changes.read(change => {
			gather(gathering, change, session => wanted === undefined || wanted.at(session.timeUs)(session.words, 0));
		}, batch);
	}, isDone);
	gathering.lost = changes.lost();
	const status = monitor.status();
	if (isDone() || !status || status.span.firstUs === 0) {
		return undefined;
	}

	const {firstUs, lastUs: toUs} = status.span;
	const fromUs = Math.max(firstUs, Math.min(sinceUs, toUs));
	const unknown = new Map<number, UnknownSessions>();
	const lossy = takeoversOf(status.failover, fromUs, toUs).filter(({takeover: {coverage}}) => coverage.held > coverage.known);
	for (const one of upTo ? lossy.slice(-mostLooks) : []) {
		// In turn: each is a thread and a table of its own.
		const found = await lookInto(one, momentOf(one, toUs), run);
		if (found) {
			unknown.set(one.takeover.id, found);
		}
	}

	const {blocks, headline} = reportOf({status, fromUs, toUs, gathering, unknown, filter, naming: createNaming(aliases), version});
	try {
		// It names clients: for those whom its owner gives it to.
		await writeFile(report, /\.(?:md|markdown)$/iv.test(report) ? markdownOf(blocks) : htmlOf(blocks), {mode: 0o600});
	} catch (error) {
		return `cannot write ${report}: ${(error as Error).message}`;
	}

	output.write(`${complaint(report)}: ${headline}\n`);
	return undefined;
};
