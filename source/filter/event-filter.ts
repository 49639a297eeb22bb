import {events} from '../events/catalogue.js';
import {readTold} from '../events/told.js';
import {type Change} from '../table/changes.js';
import {type TableView} from '../table/read/table-view.js';
import {compileFilter, type CompileOptions} from './compile.js';
import {type FilterNames} from './names.js';
import {matchesEvent, type EventFields} from './event-fields.js';
import {type Expression, type FilterError} from './expression.js';

export type EventFilter = {
	readonly ok: true;
	/** For `aside`, whose text is read here: use `matchesFields` when it has been read already. */
	matches(change: Change): boolean;
	/** An event that is not about a session, under the names of its output, `event` among them. */
	matchesFields(event: EventFields): boolean;
};

/** Turns a filter into a test of changes and all other events. Ages and what remains are as of the change. */
export const compileEventFilter = (expression: Expression, view: Pick<TableView, 'arrays' | 'paths'>, names: FilterNames, options: CompileOptions = {}): EventFilter | FilterError => {
	const compiled = compileFilter(expression, view, {...options, subject: 'events', names});
	if (!compiled.ok) {
		return compiled;
	}

	const matchesFields = (event: EventFields): boolean => matchesEvent(expression, event, names);
	return {
		ok: true,
		matches(change) {
			switch (change.type) {
				case 'aside': {
					return change.json !== undefined && matchesFields(readTold(change.json));
				}

				case 'refused': {
					return matchesFields({
						event: events.refused.name, reason: change.fault, count: change.count,
						segment: names.segment(change.segment), director: names.director(change.director)?.[0],
					});
				}

				default: {
					return compiled.at(change.timeUs)(change.words, 0);
				}
			}
		},
		matchesFields,
	};
};
