import {compileFilter, type TableFilter} from '../filter/compile.js';
import {type FilterNames, type Verdicts} from '../filter/names.js';
import {matchesEvent, type EventFields} from '../filter/event-fields.js';
import {type Expression, type FilterError} from '../filter/expression.js';
import {parseFilter} from '../filter/parser.js';
import {type Predicate} from '../table/read/predicates.js';
import {type TableView} from '../table/read/table-view.js';
import {createSlicedMatch, type SlicedMatch} from './sliced-match.js';

/** A filter over what happened: changes of sessions as entries, all else as fields. */
type ScreenEventFilter = {
	at(nowUs: number): Predicate;
	matchesFields(event: EventFields): boolean;
};

/** What a filter speaks of; what it does not speak of passes whole. */
export type FilterScope = {readonly sessions: boolean; readonly events: boolean};

export type ScreenFilter = {
	/** What is wrong with a filter, for sessions or for something; undefined when nothing is. */
	check(text: string, of: 'sessions' | 'anything'): FilterError | undefined;
	/** What it can be asked of: `fate` is of sessions alone, `event` of events. */
	scope(text: string): FilterScope;
	/** The test of a filter as of now; undefined lets everything through. A slow one is asked in slices, see `isComplete`. */
	predicate(text: string, isInverted: boolean, nowUs: number): Predicate | undefined;
	/** The same for changes and other events. */
	events(text: string, isInverted: boolean): ScreenEventFilter | undefined;
	isComplete(): boolean;
	close(): void;
};

const expressionOf = (text: string, isInverted: boolean): Expression | FilterError => {
	const parsed = parseFilter(text);
	if (!parsed.ok) {
		return parsed;
	}

	return isInverted ? {kind: 'not', part: parsed.expression} : parsed.expression;
};

type ScreenFilterOptions = {
	readonly names: FilterNames;
	readonly marked: ReadonlySet<number>;
	readonly verdicts: Verdicts;
	/** A slow filter has looked at everything. */
	readonly onPass: () => void;
};

/** Filters over one table, kept compiled while they are in use. */
export const createScreenFilter = (view: TableView, {names, marked, verdicts, onPass}: ScreenFilterOptions): ScreenFilter => {
	let known: {readonly key: string; readonly filter: TableFilter; readonly sliced: SlicedMatch | undefined} | undefined;
	let knownScope: {readonly text: string; readonly scope: FilterScope} | undefined;
	let knownEvents: {readonly key: string; readonly filter: ScreenEventFilter | undefined} | undefined;

	const compile = (text: string, isInverted: boolean): TableFilter | FilterError => {
		const expression = expressionOf(text, isInverted);
		return 'ok' in expression ? expression : compileFilter(expression, view, {subject: 'sessions', names, marked, verdicts});
	};

	const compileEvents = (text: string, isInverted: boolean): TableFilter | FilterError => {
		const expression = expressionOf(text, isInverted);
		return 'ok' in expression ? expression : compileFilter(expression, view, {subject: 'events', names});
	};

	const forget = () => {
		known?.sliced?.close();
		known = undefined;
	};

	return {
		check(text, of) {
			const found = compile(text, false);
			if (found.ok || of === 'sessions') {
				return found.ok ? undefined : found;
			}

			const ofEvents = compileEvents(text, false);
			// A filter that is wrong for both is one of sessions, unless it speaks of what only events have.
			return ofEvents.ok ? undefined : (ofEvents.column > found.column ? ofEvents : found);
		},
		scope(text) {
			if (knownScope?.text !== text) {
				knownScope = {text, scope: {sessions: compile(text, false).ok, events: compileEvents(text, false).ok}};
			}

			return knownScope.scope;
		},
		predicate(text, isInverted, nowUs) {
			if (text.trim() === '') {
				forget();
				return undefined;
			}

			const key = `${isInverted ? '!' : ''}${text}`;
			if (known?.key !== key) {
				forget();
				const filter = compile(text, isInverted);
				if (!filter.ok) {
					return undefined;
				}

				known = {key, filter, sliced: filter.slow ? createSlicedMatch(view.arrays, filter.at(nowUs), onPass) : undefined};
			}

			const current = known.filter.at(nowUs);
			return known.sliced?.predicate ?? current;
		},
		events(text, isInverted) {
			if (text.trim() === '') {
				return undefined;
			}

			const key = `${isInverted ? '!' : ''}${text}`;
			if (knownEvents?.key !== key) {
				const expression = expressionOf(text, isInverted);
				const filter = compileEvents(text, isInverted);
				knownEvents = {
					key,
					filter: 'ok' in expression || !filter.ok ? undefined : {at: filter.at, matchesFields: event => matchesEvent(expression, event, names)},
				};
			}

			return knownEvents.filter;
		},
		isComplete: () => known?.sliced?.isComplete() ?? true,
		close: forget,
	};
};
