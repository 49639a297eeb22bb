import {type Extract, type Question} from './sample.js';
import {type TableReading} from './table-reading.js';

/** What is marked (when each began, by slot), in that order; all that passes the present filter when nothing is. */
export const extractRows = (reading: TableReading, question: Question, marks: ReadonlyMap<number, number>): Extract => {
	const {view} = reading;
	const nowUs = view.now();
	const isMarked = marks.size > 0;
	const slots = isMarked ? marks.keys() : view.select({...reading.query(question, nowUs), count: Number.MAX_SAFE_INTEGER}, nowUs).slots;
	const rows = function * () {
		for (const slot of slots) {
			const row = view.row(slot, nowUs);
			if (row && (!isMarked || marks.get(slot) === row.firstUs)) {
				yield row;
			}
		}
	};

	return {nowUs, status: reading.status(), totals: view.totals(), rows: rows()};
};
