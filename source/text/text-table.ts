import {type Naming} from './alias-names.js';
import {cutAddress, distinctWidth} from './cut-address.js';
import {fit} from './line.js';

/** A column of any list on the screen. What changes each second belongs to the last columns: then only the end of a line is rewritten. */
export type Column<Row> = {
	readonly id: string;
	readonly title: string;
	/** In plain words, for the help. */
	readonly help: string;
	readonly align: 'left' | 'right';
	/** Addresses shrink when a line is too long, those with the lowest number first. */
	readonly shrink?: number;
	/** At least so wide, so that columns do not jump. */
	readonly least?: number;
	readonly text: (row: Row) => string;
};

const leastAddress = 7;

type TextTable = {readonly heading: string; readonly rows: readonly string[]; readonly widths: readonly number[]; /** There was room for all of it. */ readonly isWhole: boolean};

/** Whether `text` is shown cut: addresses keep what tells them apart. */
const cell = <Row>(text: string, width: number, {align, shrink}: Column<Row>): string => {
	const shown = shrink === undefined ? fit(text, width) : cutAddress(text, width);
	return align === 'right' ? shown.padStart(width) : shown.padEnd(width);
};

/** Lays rows out in columns that are as wide as what is visible needs, at most `width` together. `titleOf` may mark the order; addresses may have names. */
export const textTable = <Row>(columns: ReadonlyArray<Column<Row>>, rows: readonly Row[], width: number, {named, titleOf = ({title}: Column<Row>): string => title}: {readonly named: Naming; readonly titleOf?: (column: Column<Row>) => string}): TextTable => {
	const texts = rows.map(row => columns.map(column => column.shrink === undefined ? column.text(row) : named(column.text(row))));
	const titles = columns.map(column => titleOf(column));
	const widths = columns.map((column, index) => Math.max(titles[index]!.length, column.least ?? 0, ...texts.map(row => row[index]!.length)));
	const total = () => widths.reduce((sum, one) => sum + one + 1, -1);
	const isWhole = total() <= width;
	// What says the same in each row gives way first.
	const shrinking = columns.map((column, index) => ({index, order: column.shrink, isOne: rows.length > 1 && new Set(texts.map(row => row[index]!)).size === 1})).filter(({order}) => order !== undefined)
		.toSorted((one, other) => (Number(other.isOne) - Number(one.isOne)) || (one.order! - other.order!));
	// First only so far that rows which differ still differ; then, if there is no other way, further.
	for (const isPolite of [true, false]) {
		for (const {index} of shrinking) {
			const excess = total() - width;
			if (excess > 0) {
				const floor = Math.max(titles[index]!.length, isPolite ? distinctWidth(texts.map(row => row[index]!), leastAddress + 3) : leastAddress);
				widths[index] = Math.max(Math.min(floor, widths[index]!), widths[index]! - excess);
			}
		}
	}

	const lineOf = (cells: readonly string[]) => fit(cells.map((text, index) => cell(text, widths[index]!, columns[index]!)).join(' '), width);
	return {heading: lineOf(titles.map((title, index) => title.padStart(columns[index]!.align === 'right' ? widths[index]! : 0))), rows: texts.map(row => lineOf(row)), widths, isWhole};
};

/** Cells of something that there is none of. */
const nothing: ReadonlySet<string> = new Set(['', '-', '0']);

/** Columns that say something on this screen: a spare one is none where all its cells say that there is nothing. */
export const tellingColumns = <Row, One extends Column<Row> & {readonly isSpare?: boolean}>(columns: readonly One[], rows: readonly Row[]): readonly One[] =>
	columns.filter(({isSpare, text}) => !isSpare || rows.some(row => !nothing.has(text(row))));

/** The first layout in which nothing had to be cut, else the last. */
export const firstWhole = (layouts: ReadonlyArray<() => TextTable>): TextTable => {
	let table = layouts[0]!();
	for (const next of layouts.slice(1)) {
		table = table.isWhole ? table : next();
	}

	return table;
};
