import {parseDuration} from '../../filter/duration.js';
import {fault, type Expression, type FilterError} from '../../filter/expression.js';
import {parseFilter} from '../../filter/parser.js';

/** When a trigger fires: for each event, for the first of a series, or when there was none for a while. */
export type TriggerCondition = {
	readonly kind: 'each' | 'once' | 'none';
	/** Of `once` and `none`. */
	readonly spanMs: number;
	readonly expression: Expression;
	/** Where the filter begins in what was written. */
	readonly filterAt: number;
};

/** More than a year of silence is a mistake of units. */
const longestMs = 366 * 86_400_000;

/**
Reads when a trigger fires:

    condition = [("once" | "none") duration ":"] filter

A filter alone fires for each event that it lets through. `once 1m: …` fires for the first, and again only after a minute
without one (debounce). `none 30s: …` fires when there was none for 30 s, and again only after there was one.
*/
export const parseCondition = (text: string): TriggerCondition | FilterError => {
	const match = /^(?<head>\s*(?<word>once|none)\s+(?<span>[^\s:]+)\s*:)\s/iv.exec(`${text} `);
	const filterAt = match?.groups?.['head']!.length ?? 0;
	const parsed = parseFilter(text.slice(filterAt));
	if (!parsed.ok) {
		return {...parsed, column: parsed.column + filterAt};
	}

	if (!match?.groups) {
		return {kind: 'each', spanMs: 0, expression: parsed.expression, filterAt};
	}

	const {word = '', span = ''} = match.groups;
	const spanMs = parseDuration(span);
	return spanMs === undefined || spanMs <= 0 || spanMs > longestMs
		? fault(`${span} is not a duration; write 500ms, 30s, 5m or 2h`, {at: text.indexOf(span, text.toLowerCase().indexOf(word.toLowerCase()) + word.length), length: span.length})
		: {kind: word.toLowerCase() as 'once' | 'none', spanMs, expression: parsed.expression, filterAt};
};
