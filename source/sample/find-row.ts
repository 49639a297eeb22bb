import {type Predicate} from '../table/read/predicates.js';
import {type Question} from './sample.js';
import {type TableReading} from './table-reading.js';

/** Place of the next row that matches `text`, from a place on, going round at the ends; -1 when there is none. */
export const findRow = (reading: TableReading, question: Question, text: string, from: number, step: 1 | -1): number => {
	const {view} = reading;
	const nowUs = view.now();
	const wanted = reading.finder.predicate(text, false, nowUs);
	if (!wanted) {
		return -1;
	}

	const query = reading.query(question, nowUs);
	const {predicate: passes} = query;
	const both: Predicate = passes ? (words, at) => passes(words, at) && wanted(words, at) : wanted;
	const {slots} = view.select({...query, predicate: both, count: Number.MAX_SAFE_INTEGER}, nowUs);
	if (slots.length === 0) {
		return -1;
	}

	const rankAt = (index: number) => view.rank(query, slots[index]!, nowUs);
	// The first match after `from`, by halving: matches are in the order of the rows.
	let low = 0;
	let high = slots.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if (rankAt(middle) <= (step === 1 ? from : from - 1)) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}

	const index = step === 1 ? low % slots.length : (low - 1 + slots.length) % slots.length;
	return rankAt(index);
};
