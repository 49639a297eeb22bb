import {type Connection} from '../table/connection.js';
import {type SortKey} from '../table/select.js';
import {sessionColumns, visibleColumns, type SessionRow} from './session-columns.js';
import {type RowSign, signTone} from './signs.js';
import {fit, line, type Line} from './line.js';
import {textTable} from './text-table.js';

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
	readonly marked: ReadonlySet<number>;
	readonly gone: ReadonlySet<number>;
	readonly sign: (connection: Connection) => RowSign;
} & Pick<SessionRow, 'letter' | 'address' | 'segment' | 'fate'>;

/** `open` has no column of its own: it is the state, then what remains. */
const isSorted = (sort: SortKey, id: string, by: SortKey | undefined): boolean => sort === 'open' ? id === 'expires' : sort === by;

/** Heading and rows: cursor, sign, mark, then the columns. */
export const sessionTable = (input: SessionTableInput): Line[] => {
	const {columns, rows, nowUs, selected, sort, reverse, chosen, marked, gone, sign} = input;
	const order = reverse ? 'v' : '^';
	const table = textTable(
		visibleColumns(columns, chosen),
		rows.map((connection): SessionRow => ({...input, connection, nowUs, isWide: columns >= wideColumns, isGone: gone.has(connection.slot)})),
		columns - 3,
		({id, title}) => isSorted(sort, id, sessionColumns.find(column => column.id === id)?.sort) ? `${title}${order}` : title,
	);
	return [
		line(`   ${table.heading}`, 'heading'),
		...rows.map((connection, index) => {
			const isSelected = index === selected;
			const mark = gone.has(connection.slot) ? 'gone' : sign(connection);
			const {character, tone} = signTone[mark];
			const text = fit(`${isSelected ? '>' : ' '}${character}${marked.has(connection.slot) ? '#' : ' '}${table.rows[index]!}`, columns);
			return line(text, isSelected ? 'selected' : tone);
		}),
	];
};
