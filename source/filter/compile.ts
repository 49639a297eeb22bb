import {numberAt} from '../table/memory.js';
import {type Predicate} from '../table/read/predicates.js';
import {readPe} from '../table/pe-pool.js';
import {entryField, entryPe} from '../table/entry.js';
import {type TableView} from '../table/read/table-view.js';
import {isNegated} from './compare.js';
import {type FilterNames, type Verdicts} from './names.js';
import {catchFault, fail, type Expression, type FilterError} from './expression.js';
import {fieldPart} from './field-part.js';
import {type Ground} from './row-sources.js';
import {any, every, isSlow, opposite, template, type Part} from './code-part.js';
import {createProgram} from './generated-code.js';
import {meant} from './suggest.js';
import {stateOf} from './values.js';
import {entryFlagBits, knownStates} from './vocabulary.js';
import {wordPart} from './word-part.js';

/** A bare name: of addresses if the configuration says so, or else the beginning of a state. */
const namePart = ({text, at, length}: Extract<Expression, {kind: 'name'}>, ground: Ground): Part => {
	const {aliases} = ground.names;
	const span = {at, length};
	if (aliases.has(text.toLowerCase())) {
		return fieldPart({kind: 'test', field: 'addr', operator: '=', values: [{kind: 'name', text, ...span}], ...span}, ground);
	}

	const state = text === '' ? undefined : stateOf({text, ...span});
	if (state === undefined) {
		const known = [...aliases.keys(), ...knownStates];
		const hint = meant(text, known);
		return fail(`${text} is no address, state, protocol or name of the configuration${hint.includes('did you mean') ? hint : ''}`, span);
	}

	return fieldPart({kind: 'test', field: 'state', operator: '=', values: [{kind: 'text', text: state}], ...span}, ground);
};

const partOf = (expression: Expression, ground: Ground): Part => {
	switch (expression.kind) {
		case 'and': {
			return every(expression.parts.map(part => partOf(part, ground)));
		}

		case 'or': {
			return any(expression.parts.map(part => partOf(part, ground)));
		}

		case 'not': {
			return opposite(partOf(expression.part, ground));
		}

		case 'is': {
			return wordPart(expression, ground);
		}

		case 'name': {
			return namePart(expression, ground);
		}

		case 'test': {
			const part = fieldPart(expression, ground);
			return isNegated(expression.operator) ? opposite(part) : part;
		}
	}
};

/** Whether the filter speaks of templates, which alone have persistence data. */
const asksForTemplates = (expression: Expression): boolean => {
	switch (expression.kind) {
		case 'and':
		case 'or': {
			return expression.parts.some(part => asksForTemplates(part));
		}

		case 'not': {
			return asksForTemplates(expression.part);
		}

		case 'is': {
			return expression.word === 'template';
		}

		case 'test': {
			const {field, values} = expression;
			return field === 'template' || field === 'pe' || field === 'peData'
				|| values.some(value => value.kind === 'text' && (field === 'flags' ? value.text === 'template' : field === 'state' && value.text === 'ASSURED'));
		}

		case 'name': {
			return false;
		}
	}
};

export type CompileOptions = {
	/** Templates pass only when the filter speaks of them. */
	readonly hideTemplates?: boolean;
};

/** Compiles on a ground. Throws `FilterFault`. */
export const compileOn = (expression: Expression, ground: Ground, {hideTemplates = false}: CompileOptions = {}): {readonly predicate: Predicate; readonly slow: boolean} => {
	const asked = partOf(expression, ground);
	const part = hideTemplates && !asksForTemplates(expression) ? every([opposite(template), asked]) : asked;
	return {predicate: createProgram(part, ground), slow: isSlow(part)};
};

export type TableFilter = {
	readonly ok: true;
	/** It makes text of every entry it sees (patterns on clients, persistence data): query in slices. */
	readonly slow: boolean;
	/**
	The predicate as of a moment, microseconds since the Unix epoch, to be asked for before each query: it also takes in names
	that have come to light. Good for entries, changes and departed sessions; always the same function.
	*/
	at(nowUs: number): Predicate;
};

export type FilterContext = CompileOptions & {
	/** Sessions of the table (departed ones too), or changes of them. */
	readonly subject: 'sessions' | 'events';
	readonly names: FilterNames;
	/** Slots of the rows that are marked. */
	readonly marked?: ReadonlySet<number>;
	readonly verdicts?: Verdicts;
};

/** Turns a filter into a test of table entries. What does not exist there is an error, at its place in the text. */
export const compileFilter = (expression: Expression, {arrays, paths}: Pick<TableView, 'arrays' | 'paths'>, context: FilterContext): TableFilter | FilterError => catchFault(() => {
	const clock = {nowMs: 0};
	const ground: Ground = {
		subject: context.subject,
		arrays,
		paths,
		names: context.names,
		clock,
		refresh: [],
		pe: (words, at) => readPe(arrays, entryPe(words, at)),
		flagBits: entryFlagBits,
		flagWord: entryField.flags.word,
		record() {
			throw new TypeError('Only records have fields of records');
		},
		verdicts: context.verdicts,
		marked: context.marked,
	};
	const {predicate, slow} = compileOn(expression, ground, context);
	return {
		ok: true,
		slow,
		at(nowUs) {
			clock.nowMs = Math.floor((nowUs - arrays.numbers[numberAt.originUs]!) / 1000);
			for (const refresh of ground.refresh) {
				refresh();
			}

			return predicate;
		},
	};
});
