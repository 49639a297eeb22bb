import {type Connection} from '../../../table/connection.js';
import {type SortKey} from '../../../table/read/sort-key.js';
import {clientText, flagsText, forwardText, protocolText, realText, stateText, virtualText} from '../../../text/connection-text.js';
import {ago, countdown, short} from '../../../text/format.js';
import {type Column} from '../../../text/text-table.js';
import {secondUs} from '../../../wire/second.js';

/** Short state names for narrow screens; the others are short already. */
const shortStates: Readonly<Record<string, string>> = {
	ESTABLISHED: 'ESTAB', FIN_WAIT: 'FINWT', TIME_WAIT: 'TIMWT', CLOSE_WAIT: 'CLSWT', LAST_ACK: 'LASTA', SYN_SENT: 'SYN_S', SYN_RECV: 'SYN_R', SYNACK: 'SYNAK',
};

/** A session on the screen, with what the cells need beside it. */
export type SessionRow = {
	readonly connection: Connection;
	readonly nowUs: number;
	/** States are written out. */
	readonly isWide: boolean;
	readonly isGone: boolean;
	/** Letter and address of a director by number. */
	readonly letter: (director: number) => string;
	readonly address: (director: number) => string;
	readonly segment: (index: number) => string;
	readonly fate: (connection: Connection) => string;
};

type SessionColumn = Column<SessionRow> & {
	/** What `<`, `>` and capitals order by here. */
	readonly sort?: SortKey;
	/** Shown by default from this many columns of the terminal on; Infinity: only when chosen. */
	readonly from: number;
};

const seconds = (us: number): number => us / secondUs;

/** Where several sites are looked at together each session says from this width on whose it is. */
const sitesFrom = 100;

/** Every column of the sessions, as they stand from left to right: to add one is to add it here. */
export const sessionColumns: readonly SessionColumn[] = [
	{id: 'proto', title: 'PRO', help: 'protocol', align: 'left', from: 66, sort: 'protocol', text: ({connection}) => protocolText(connection)},
	{id: 'client', title: 'CLIENT', help: 'who connected; port 0 in a template', align: 'left', shrink: 3, from: 0, sort: 'client', text: ({connection}) => clientText(connection)},
	{id: 'virtual', title: 'VIRTUAL', help: 'the virtual service', align: 'left', shrink: 2, from: 0, sort: 'virtual', text: ({connection}) => virtualText(connection)},
	{id: 'real', title: 'REAL', help: 'the real server it goes to', align: 'left', shrink: 1, from: 0, sort: 'real', text: ({connection}) => realText(connection)},
	{id: 'segment', title: 'SEGMENT', help: 'the interface or file that it was announced on', align: 'left', from: Infinity, text: ({connection, segment}) => segment(connection.segment)},
	{id: 'forward', title: 'FWD', help: 'forwarding method', align: 'left', from: 150, text: ({connection}) => forwardText(connection)},
	{id: 'fwmark', title: 'MARK', help: 'firewall mark', align: 'right', from: Infinity, text: ({connection}) => connection.fwmark === 0 ? '-' : `0x${connection.fwmark.toString(16)}`},
	{id: 'flags', title: 'FLAGS', help: 'flags of the announcement', align: 'left', from: Infinity, text: ({connection}) => flagsText(connection).join(',') || '-'},
	{id: 'syncid', title: 'ID', help: 'sync id', align: 'right', from: 170, text: ({connection}) => String(connection.syncid)},
	{id: 'version', title: 'VER', help: 'version of the sync message; 0 tells no timeout, that of the state is assumed', align: 'right', from: Infinity, text: ({connection}) => String(connection.version)},
	{
		id: 'state', title: 'STATE', help: 'as announced last; TPL is a persistence template', align: 'left', from: 0, sort: 'state', least: 5,
		text: ({connection, isWide}) => connection.template ? 'TPL' : (isWide ? stateText(connection) : shortStates[stateText(connection)] ?? stateText(connection)),
	},
	{id: 'fate', title: 'FATE', help: 'reset: the master that serves now does not know it; else, if that died now: kept, risk (lost, or of UDP scheduled anew), or unknown', align: 'left', least: 7, from: 110, text: ({connection, fate}) => fate(connection)},
	{id: 'updates', title: 'UPD', help: 'announcements so far', align: 'right', from: 100, sort: 'updates', least: 4, text: ({connection}) => short(connection.updates)},
	{id: 'director', title: 'FROM', help: 'whose word it is: the director from which it was heard last', align: 'left', from: 72, sort: 'director', text: ({connection, letter}) => letter(connection.director)},
	{id: 'address', title: 'DIRECTOR', help: 'address of that director', align: 'left', from: 160, text: ({connection, address}) => address(connection.director)},
	{id: 'timeout', title: 'TIMEOUT', help: 'what the last announcement granted', align: 'right', from: Infinity, text: ({connection}) => countdown(connection.timeoutSeconds)},
	{id: 'idle', title: 'AGO', help: 'since it was last announced: how old that word is', align: 'right', from: 72, sort: 'idle', least: 5, text: ({connection, nowUs}) => ago(seconds(nowUs - connection.lastUs))},
	{id: 'age', title: 'AGE', help: 'since it was first announced here', align: 'right', from: 120, sort: 'age', least: 5, text: ({connection, nowUs}) => ago(seconds(nowUs - connection.firstUs))},
	{
		id: 'expires', title: 'EXPIRE', help: 'what remains of its timer, unless it is announced again', align: 'right', from: 0, sort: 'expires', least: 6,
		text: ({connection, nowUs, isGone}) => isGone ? 'gone' : countdown(seconds(connection.expiresUs - nowUs)),
	},
];

/** Columns that are shown: those that were chosen, or what suits the width. */
export const visibleColumns = (columns: number, chosen: ReadonlySet<string> | undefined, hasSites: boolean): readonly SessionColumn[] =>
	sessionColumns.filter(({id, from}) => chosen ? chosen.has(id) : columns >= (hasSites && id === 'segment' ? sitesFrom : from));
