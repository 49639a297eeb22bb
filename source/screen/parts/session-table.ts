import {type Connection} from '../../table/connection.js';
import {type SortKey} from '../../table/read/sort-key.js';
import {type Naming} from '../../text/alias-names.js';
import {fit, line, type Line} from '../../text/line.js';
import {textTable} from '../../text/text-table.js';
import {sessionColumns, visibleColumns, type SessionRow} from './session-columns.js';
import {type RowSign, signTone} from './signs.js';

/** From this width on states are written out. */
const wideColumns = 100;

export type SessionTableInput = {
	readonly rows: readonly Connection[];
	/** Index in `rows` of the row under the cursor, -1 for none. */
	readonly selected: number;
	readonly nowUs: number;
	readonly columns: number;
	readonly sort: SortKey;
	readonly reverse: boolean;
	readonly chosen: ReadonlySet<string> | undefined;
	/** So many columns are left out, from the left. */
	readonly firstColumn: number;
	readonly marked: ReadonlySet<number>;
	readonly gone: ReadonlySet<number>;
	readonly named: Naming;
	readonly sign: (connection: Connection) => RowSign;
} & Pick<SessionRow, 'letter' | 'address' | 'segment' | 'fate'>;

/** `open` has no column of its own: it is the state, then what remains. */
const isSorted = (sort: SortKey, id: string, by: SortKey | undefined): boolean => sort === 'open' ? id === 'expires' : sort === by;

export type SessionTable = {readonly lines: readonly Line[]; /** There are columns beyond the right edge. */ readonly isCut: boolean};

/** Heading and rows: cursor, sign, mark, then the columns. `<` in the heading: there are more to the left. */
export const sessionTable = (input: SessionTableInput): SessionTable => {
	const {columns, rows, nowUs, selected, sort, reverse, chosen, firstColumn, marked, gone, sign} = input;
	const order = reverse ? 'v' : '^';
	const shown = visibleColumns(columns, chosen).slice(firstColumn);
	const table = textTable(
		shown,
		rows.map((connection): SessionRow => ({...input, connection, nowUs, isWide: columns >= wideColumns, isGone: gone.has(connection.slot)})),
		columns - 3,
		{named: input.named, titleOf: ({id, title}) => isSorted(sort, id, sessionColumns.find(column => column.id === id)?.sort) ? `${title}${order}` : title},
	);
	const lines = [
		line(`${firstColumn > 0 ? '<' : ' '}  ${table.heading}`, 'heading'),
		...rows.map((connection, index) => {
			const isSelected = index === selected;
			const mark = gone.has(connection.slot) ? 'gone' : sign(connection);
			const {character, tone} = signTone[mark];
			const text = fit(`${isSelected ? '>' : ' '}${character}${marked.has(connection.slot) ? '#' : ' '}${table.rows[index]!}`, columns);
			return line(text, isSelected ? 'selected' : tone);
		}),
	];
	return {lines, isCut: shown.length > 1 && table.widths.reduce((sum, width) => sum + width + 1, 2) > columns};
};
