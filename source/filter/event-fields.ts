import {events} from '../events/catalogue.js';
import {isKind} from '../events/told.js';
import {parseAddress} from '../wire/address.js';
import {endpointTest, isNegated, numberTest, textTest, whoTest} from './compare.js';
import {type FilterNames} from './names.js';
import {type Expression, type Test} from './expression.js';
import {fields, type FieldName} from './fields.js';

/** An event that is not about one session, under the names of its output. */
export type EventFields = Readonly<Record<string, unknown>>;

/** Where an event keeps what a field asks for, when not under the field's own name. */
const keptAs: Readonly<Partial<Record<FieldName, readonly string[]>>> = {
	director: ['director', 'address'],
	directors: ['directors', 'director', 'address'],
	virtual: ['virtual', 'vip'],
	addr: ['address', 'director', 'virtual', 'vip', 'from', 'to', 'client', 'real'],
};

/** Fields that name a director. */
const whoFields: ReadonlySet<FieldName> = new Set(['director', 'directors', 'from', 'to']);

const valuesOf = (test: Test, event: EventFields): unknown[] =>
	(keptAs[test.field] ?? [test.field]).filter(name => Object.hasOwn(event, name)).flatMap(name => event[name]);

const passes = (test: Test, event: EventFields, names: FilterNames): boolean => {
	const {field, operator, values} = test;
	const found = valuesOf(test, event);
	if (operator === '~' || operator === '!~') {
		const matches = textTest(operator, values);
		return found.some(value => typeof value === 'string' && matches(value));
	}

	switch (fields[field].type) {
		case 'count': {
			const matches = numberTest(operator, values);
			return found.some(value => typeof value === 'number' && matches(value));
		}

		case 'address': {
			const within = endpointTest(values, names);
			return found.some(value => {
				const address = typeof value === 'string' ? parseAddress(value) : undefined;
				return address !== undefined && within(address.words, 0, address.family === 6, 0);
			});
		}

		case 'text':
		case 'event': {
			const matches = textTest(operator, values);
			const isWho = whoTest(operator, values, names);
			return found.some(value => typeof value === 'string' && (whoFields.has(field) ? isWho([value]) : matches(value)));
		}

		default: {
			return false;
		}
	}
};

/**
Whether an event that is not about a session passes. What it does not have is equal to nothing: `state=tw` is false for it
and `!state=tw` true.
*/
export const matchesEvent = (expression: Expression, event: EventFields, names: FilterNames): boolean => {
	switch (expression.kind) {
		case 'and': {
			return expression.parts.every(part => matchesEvent(part, event, names));
		}

		case 'or': {
			return expression.parts.some(part => matchesEvent(part, event, names));
		}

		case 'not': {
			return !matchesEvent(expression.part, event, names);
		}

		case 'is': {
			return expression.word === 'refused' && isKind(event, events.refused);
		}

		case 'name': {
			const {text, at, length} = expression;
			return names.aliases.has(text.toLowerCase())
				&& passes({kind: 'test', field: 'addr', operator: '=', values: [{kind: 'name', text, at, length}], at, length}, event, names);
		}

		case 'test': {
			return passes(expression, event, names) !== isNegated(expression.operator);
		}
	}
};
