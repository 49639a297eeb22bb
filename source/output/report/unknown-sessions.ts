import {type Failover} from '../../desk/facts/failover.js';
import {type Connection} from '../../table/connection.js';
import {entryRank, isEstablishedRank} from '../../table/entry.js';
import {type Predicate} from '../../table/read/predicates.js';
import {type TableView} from '../../table/read/table-view.js';
import {createEntryVerdicts} from '../../verdict/fate.js';

/** Open TCP and SCTP sessions that a new master does not know, some time after it took over. */
export type UnknownSessions = {
	/** When this was looked at. */
	readonly atUs: number;
	readonly count: number;
	/** The first of them, by what is left to them. */
	readonly rows: readonly Connection[];
};

const mostRows = 100;

/** Looks for them in the table as it stands. `predicate`: only among these. */
export const unknownSessions = (view: TableView, failover: Failover, takeover: number, predicate: Predicate | undefined): UnknownSessions => {
	const nowUs = view.now();
	const ofTakeover = {...failover, grounds: failover.grounds.filter(ground => ground.takeover === takeover)};
	const verdicts = createEntryVerdicts(view.arrays, () => ofTakeover, () => nowUs);
	const isUnknown: Predicate = (words, at) => isEstablishedRank(entryRank(words, at)) && verdicts.mark(words, at) === 'unknown' && (predicate === undefined || predicate(words, at));
	const {slots, matched} = view.select({sort: 'expires', offset: 0, count: mostRows, predicate: isUnknown}, nowUs);
	return {atUs: nowUs, count: matched, rows: [...slots].map(slot => view.row(slot, nowUs)).filter(row => row !== undefined)};
};
