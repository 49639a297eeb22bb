import {type Fate} from '../events/session-fields.js';
import {type Connection} from '../table/connection.js';
import {type PastChange} from '../table/read/change-scan.js';
import {type SortKey} from '../table/read/sort-key.js';
import {type ServiceView} from '../table/read/services.js';
import {type Departed, type TableTotals} from '../table/read/table-view.js';
import {type RowMark} from '../verdict/fate.js';
import {type MonitorEnd} from '../engine/monitor.js';
import {type Status} from '../engine/status.js';
import {type LoggedEvent} from '../events/told.js';
import {type ClientReport} from './client-scan.js';
import {type Note} from './player.js';
import {type ReplayIndex} from './replay-index.js';
import {type FilterScope} from './screen-filter.js';

/** Which session a slot held when it was chosen; another one may live there later. */
export type RowKey = {readonly slot: number; readonly firstUs: number};

/** What the screen wants to see from now on. */
export type Question = {
	/** A filter that was found valid, '' for none. */
	readonly filter: string;
	readonly isInverted: boolean;
	readonly sort: SortKey;
	readonly reverse: boolean;
	readonly offset: number;
	readonly count: number;
	/** The picture stands still; the capture goes on. */
	readonly isPaused: boolean;
	/** Rows keep their places; their values move. */
	readonly isHeld: boolean;
	/** A session to keep on the screen, at this row of it. */
	readonly follow: (RowKey & {readonly row: number}) | undefined;
	/** Slots of marked sessions. */
	readonly marked: ReadonlySet<number>;
	/** A session whose past is wanted. */
	readonly session: (RowKey & {readonly connection: Connection}) | undefined;
	/** Id of a virtual service that is looked at closely; its clients are counted alone. */
	readonly service: number | undefined;
	readonly wantsClients: boolean;
	/** How many of the newest changes of sessions are wanted. */
	readonly changes: number;
};

/** Whether a session would survive, and whose word it is since the last takeover. */
export type Judged = {readonly fate: Fate; readonly mark: RowMark};

/** One session with its past. */
export type SessionDetail = {
	/** As it is, or as it was last. */
	readonly connection: Connection;
	readonly departed: Departed | undefined;
	/** It is in the table. */
	readonly isHeld: boolean;
	readonly judged: Judged | undefined;
	/** Oldest first. */
	readonly history: readonly PastChange[];
	/** Nothing older was overwritten. */
	readonly isComplete: boolean;
	/** The persistence template of the same client and virtual address. */
	readonly template: Connection | undefined;
};

export type ServiceDetail = {
	/** Connections by what remains: less than 10 s, 1 min, 5 min, 15 min, more. */
	readonly byExpiry: readonly number[];
	/** New and ended sessions per five seconds, oldest first. */
	readonly births: readonly number[];
	readonly ends: readonly number[];
	/** Ran out while open, among the departed that are kept. */
	readonly ranout: number;
};

/** All sessions that pass the filter, or those that are marked, for a file. */
export type Extract = {
	/** The table's clock. */
	readonly nowUs: number;
	readonly status: Status | undefined;
	readonly totals: TableTotals;
	/** In the order of the screen; each is read when it is taken, and is left out when it has gone by then. */
	readonly rows: Iterable<Connection>;
};

/** Everything that one frame shows, as of one moment. Immutable. */
export type Sample = {
	/** The table's clock, microseconds since the Unix epoch; 0 before the first packet of a file. */
	readonly nowUs: number;
	readonly status: Status | undefined;
	/** Set once the source has ended. */
	readonly ended: MonitorEnd | undefined;
	readonly isPaused: boolean;
	readonly isHeld: boolean;
	/** A jump in a capture file is under way. */
	readonly isSeeking: boolean;
	/** How much of a file was read, 0 to 1, while that is waited for; undefined when it is not, or there is no telling. */
	readonly progress?: number | undefined;
	readonly totals: TableTotals;
	readonly services: readonly ServiceView[];
	/** New sessions per five seconds, by id of the service. */
	readonly trends: ReadonlyMap<number, readonly number[]>;
	/** The rows of the window. */
	readonly rows: readonly Connection[];
	/** What the failover desk says of the rows, by slot. */
	readonly judged: ReadonlyMap<number, Judged>;
	/** Slots of rows that changed state or real server within the last two seconds. */
	readonly changed: ReadonlySet<number>;
	/** Held rows that have left the table; shown as they were. */
	readonly gone: ReadonlySet<number>;
	/** Place of the first row among those that match. */
	readonly offset: number;
	/** Rows that the filter lets through, of which `rows` is a window, and all that there are. */
	readonly matched: number;
	readonly total: number;
	/** Place of the followed row; -1 when it has left or is filtered out. */
	readonly followed: number;
	/** A slow filter has not yet looked at everything. */
	readonly isFiltering: boolean;
	/** Whether the filter speaks of sessions, of events, or of both. */
	readonly filterScope: FilterScope;
	/** What is not about single sessions, newest last. */
	readonly events: readonly LoggedEvent[];
	/** Newest changes of sessions, newest first. */
	readonly changes: readonly PastChange[];
	/** Changes that were overwritten before they were read here. */
	readonly lostChanges: number;
	readonly session: SessionDetail | undefined;
	readonly service: ServiceDetail | undefined;
	readonly clients: ClientReport | undefined;
	/** Records per second of each director over the last seconds, by its number; nothing while it cannot be told. */
	readonly recordRates: ReadonlyMap<number, number>;
	readonly index: ReplayIndex | undefined;
	readonly notes: readonly Note[];
};
