import {type Tally} from '../engine/tally.js';
import {type Options} from '../options/options.js';
import {createTableView} from '../table/read/table-view.js';
import {type TableMemory} from '../table/memory.js';
import {faultNames} from '../wire/fault.js';

/** The most frequent reason why packets were refused. */
const refusedMost = ({faults}: Tally): string => {
	const most = Math.max(0, ...faults);
	return most === 0 ? '' : ` (${most} refused: ${faultNames[faults.indexOf(most)]})`;
};

/** What a file lacks, undefined when it holds sync messages: an empty table and a wrong option look the same. */
export const lackInFile = (tally: Tally): string | undefined => {
	const {packets, messages, excluded} = tally;
	if (messages > 0) {
		return undefined;
	}

	if (excluded > 0) {
		return `${excluded} sync messages, none of them of --syncid and --from`;
	}

	return packets === 0
		? 'no packets in that file'
		: `${packets} packets, none of them an IPVS sync message${refusedMost(tally)}. Other group or port? --group, --port`;
};

/** What is to be known of output that stopped listening after `seconds`, undefined when nothing. A person is told more than a script. */
export const lackOnWire = ({messages, excluded, adverts}: Tally, {mode, demo}: Options, seconds: number, isForPerson: boolean): string | undefined => {
	if (messages > 0) {
		// Whoever compares it with a director's table must know.
		return isForPerson && mode === 'list' && !demo ? `heard for ${seconds} s: a session is in the table only if it was announced since. --duration listens longer` : undefined;
	}

	if (excluded > 0) {
		return `${excluded} sync messages were heard, none of them of --syncid and --from`;
	}

	return adverts > 0
		? `VRRP was heard, but no sync message in ${seconds} s. Is lvs_sync_daemon on, and on this segment? With another group or port: --group, --port`
		: `nothing was heard in ${seconds} s. Is this host on the load balancers' segment, and sync on? --duration listens longer`;
};

/** What found no room in the table, undefined when everything did: to be said at the end, whatever the output was. */
export const lackOfRoom = (memory: TableMemory): string | undefined => {
	const {evicted, evictedUnknown, refused} = createTableView(memory).totals();
	const unmade = (refused.get('path-limit') ?? 0) + (refused.get('pe-limit') ?? 0);
	const parts = [
		...(evicted > 0 ? [`${evicted} sessions were evicted${evictedUnknown > 0 ? `, ${evictedUnknown === evicted ? 'all' : evictedUnknown} of unknown senders` : ''}: the table holds ${memory.sizes.maxSessions}, see --max-sessions`] : []),
		...(unmade > 0 ? [`${unmade} records were refused: there was no room for further services, real servers or persistence data`] : []),
	];
	return parts.length > 0 ? parts.join('; ') : undefined;
};
