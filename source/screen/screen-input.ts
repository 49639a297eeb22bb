import {type FilterError} from '../filter/expression.js';
import {type Sample} from '../sample/sample.js';
import {type Connection} from '../table/connection.js';
import {type SortKey} from '../table/read/sort-key.js';
import {type Naming} from '../text/alias-names.js';
import {type Glyphs} from '../text/glyphs.js';
import {type BarPrompt} from './parts/filter-bar.js';

/** Everything that a frame is made of. */
export type ScreenInput = {
	readonly sample: Sample;
	readonly columns: number;
	readonly rows: number;
	readonly localTime: boolean;
	readonly intervalSeconds: number;
	/** Group and port that are listened for. */
	readonly target: string;
	readonly glyphs: Glyphs;
	/** Names for addresses, unless they are off. */
	readonly named: Naming;
	/** Keys, as many as fit. */
	readonly hints: string;
	readonly message: string;
	/** Of the list that is shown. */
	readonly cursor: number;
	readonly offset: number;
	readonly sort: SortKey;
	readonly reverse: boolean;
	/** Order of the VIPs and of the real servers. */
	readonly listSort: string;
	readonly filter: string;
	readonly isInverted: boolean;
	readonly prompt: BarPrompt | undefined;
	readonly error: FilterError | undefined;
	readonly marked: ReadonlyMap<number, number>;
	readonly chosenColumns: ReadonlySet<string> | undefined;
	/** So many columns of the sessions are pushed out to the left. */
	readonly firstColumn: number;
	readonly hasPanel: boolean;
	readonly isFollowing: boolean;
};

/** Slots of marked rows that still hold the marked session. */
export const markedSlots = (rows: readonly Connection[], marked: ReadonlyMap<number, number>): Set<number> =>
	new Set(rows.filter(({slot, firstUs}) => marked.get(slot) === firstUs).map(({slot}) => slot));
