import {type Connection} from '../table/connection.js';
import {type Query} from '../table/read/select.js';
import {type TableView} from '../table/read/table-view.js';
import {type Question, type Sample} from './sample.js';
import {type TableReading} from './table-reading.js';

/** The rows on the screen, and where they stand among those that pass the filter. */
type RowWindow = Pick<Sample, 'rows' | 'gone' | 'offset' | 'followed' | 'matched' | 'total'>;

type RowWindows = {
	of(reading: TableReading, question: Question, nowUs: number): RowWindow;
	/** Another table is read from now on: no row keeps its place. */
	forget(): void;
};

/** Rows that keep their places: as many before and after the window. */
const heldAround = 5000;

/** An order that is held: its slots, and the sessions that were shown in them. */
type Held = {readonly key: string; readonly slots: Int32Array; readonly rows: Map<number, Connection>};

/** The window of the present order, shifted so that a followed session stays on its row of the screen. */
const movingWindow = (view: TableView, query: Query, {offset: asked, count, follow}: Question, nowUs: number): RowWindow => {
	const isThere = follow !== undefined && view.row(follow.slot, nowUs)?.firstUs === follow.firstUs;
	const followed = isThere ? view.rank(query, follow.slot, nowUs) : -1;
	let offset = isThere && followed >= 0 ? Math.max(0, followed - follow.row) : asked;
	let found = view.select({...query, offset, count}, nowUs);
	if (offset > 0 && offset + count > found.matched) {
		offset = Math.max(0, found.matched - count);
		found = view.select({...query, offset, count}, nowUs);
	}

	const rows = [...found.slots].map(slot => view.row(slot, nowUs)).filter(row => row !== undefined);
	return {rows, gone: new Set(), offset, followed, matched: found.matched, total: found.total};
};

/** The window of an order that is held: rows that have left stay as they were last. */
const heldWindow = (view: TableView, held: Held, question: Question, nowUs: number): Omit<RowWindow, 'total'> => {
	const offset = Math.max(0, Math.min(question.offset, held.slots.length - question.count));
	const gone = new Set<number>();
	const rows: Connection[] = [];
	for (const slot of held.slots.subarray(offset, offset + question.count)) {
		const row = view.row(slot, nowUs);
		const former = held.rows.get(slot);
		if (row && (!former || former.firstUs === row.firstUs)) {
			held.rows.set(slot, row);
			rows.push(row);
		} else if (former) {
			gone.add(slot);
			rows.push(former);
		}
	}

	return {rows, gone, offset, followed: -1, matched: held.slots.length};
};

export const createRowWindows = (): RowWindows => {
	let held: Held | undefined;

	return {
		of(reading, question, nowUs) {
			const {view} = reading;
			const query = reading.query(question, nowUs);
			if (!question.isHeld) {
				held = undefined;
				return movingWindow(view, query, question, nowUs);
			}

			const {sort, reverse, filter, isInverted, offset, count} = question;
			const key = `${sort} ${reverse} ${filter} ${isInverted}`;
			if (held?.key !== key) {
				const {slots} = view.select({...query, offset: Math.max(0, offset - heldAround), count: count + (2 * heldAround)}, nowUs);
				held = {key, slots, rows: new Map()};
			}

			const {total} = view.select({...query, count: 0}, nowUs);
			return {...heldWindow(view, held, question, nowUs), total};
		},
		forget() {
			held = undefined;
		},
	};
};
