import {existsSync} from 'node:fs';
import {compileFilter} from '../filter/compile.js';
import {type FilterNames, type Verdicts} from '../filter/names.js';
import {parseFilter} from '../filter/parser.js';
import {compileRecordFilter} from '../filter/record-filter.js';
import {createTableMemory} from '../table/memory.js';
import {createTableView} from '../table/read/table-view.js';
import {type Mode} from './option-conflicts.js';
import {type Config, withSaved} from './config.js';
import {filterProblem, UsageError} from './usage-error.js';

type Situation = {readonly mode: Mode; readonly saved: Config['filters']; readonly aliases: Config['aliases']; /** Also which frames of a file are written to another. */ readonly choosesFrames: boolean};

/** Names come to light while listening; here only aliases are known. */
const namesOf = (aliases: Config['aliases']): FilterNames => ({segment: () => undefined, director: () => undefined, bitHolders: () => [], aliases});

/** Verdicts come with takeovers; here nothing is judged. */
const unjudged: Verdicts = {fate: () => 'unknown', account: () => undefined};

/** A table that is never filled, for what a filter is compiled against. */
const emptyView = () => createTableView(createTableMemory({maxSessions: 1, changeCapacity: 2, departedCapacity: 2, maxPaths: 1, maxServices: 1, maxPe: 1}));

/**
The rest of the command line as one filter, '' for none, with saved ones written out. Throws a `UsageError` that shows
where it is wrong.
*/
export const positionalFilter = (words: readonly string[], {mode, saved, aliases, choosesFrames}: Situation): string => {
	const [first] = words;
	if (first === undefined) {
		return '';
	}

	if (existsSync(first)) {
		throw new UsageError(`${first} is a file: did you mean -r ${first}?`);
	}

	const given = words.join(' ');
	if (mode === 'record' && !choosesFrames) {
		throw new UsageError(`a filter (${given}) goes with text output, the screen and -r FILE; a recording of what is heard holds everything`);
	}

	const text = withSaved(given, saved);
	if (typeof text !== 'string') {
		throw new UsageError(filterProblem('filter', given, text));
	}

	const parsed = parseFilter(text);
	if (!parsed.ok) {
		throw new UsageError(filterProblem('filter', text, parsed));
	}

	const names = namesOf(aliases);
	const ofEvents = () => compileFilter(parsed.expression, emptyView(), {subject: 'events', names});
	const compiled = mode === 'records' || mode === 'record'
		? compileRecordFilter(parsed.expression, names)
		: (mode === 'events' ? ofEvents() : compileFilter(parsed.expression, emptyView(), {subject: 'sessions', names, verdicts: unjudged}));
	// The screen lists sessions and events.
	if (!compiled.ok && !(mode === 'screen' && ofEvents().ok)) {
		throw new UsageError(filterProblem('filter', text, compiled));
	}

	const ofRecords = choosesFrames ? compileRecordFilter(parsed.expression, names) : undefined;
	if (ofRecords && !ofRecords.ok) {
		throw new UsageError(`-w writes the frames that pass the filter, and a frame has only what --records tells. ${filterProblem('filter', text, ofRecords)}`);
	}

	return text;
};
