import {type Net} from '../wire/net.js';
import {type FieldName} from './fields.js';

/** Where something stands in the text, in UTF-16 units from 0. */
export type Span = {readonly at: number; readonly length: number};

/** What is wrong with a filter, where, and what would be right. */
export type FilterError = {readonly ok: false; readonly message: string; readonly column: number; readonly length: number};

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | '~' | '!~';

export type Value =
	| Net
	/** Ports, counts; durations in milliseconds. Both ends belong to it. */
	| {readonly kind: 'range'; readonly low: number; readonly high: number}
	| {readonly kind: 'mask'; readonly value: number; readonly mask: number}
	/** A word of a fixed vocabulary in its usual spelling, a free name, or a pattern. */
	| {readonly kind: 'text'; readonly text: string}
	/** The name of addresses or services, known to the configuration only. */
	| ({readonly kind: 'name'; readonly text: string} & Span);

/** Words that are tests by themselves. */
export const bareWords = ['new', 'changed', 'ranout', 'moved', 'marked', 'template', 'open', 'refused'] as const;
export type BareWord = (typeof bareWords)[number];

export type Test = {readonly kind: 'test'; readonly field: FieldName; readonly operator: Operator; readonly values: readonly Value[]} & Span;

export type Expression =
	| Test
	/** No parts: everything passes. */
	| {readonly kind: 'and'; readonly parts: readonly Expression[]}
	| {readonly kind: 'or'; readonly parts: readonly Expression[]}
	| {readonly kind: 'not'; readonly part: Expression}
	| ({readonly kind: 'is'; readonly word: BareWord} & Span)
	/** A bare word that is an alias of the configuration, or else the beginning of a state. */
	| ({readonly kind: 'name'; readonly text: string} & Span);

export const fault = (message: string, {at, length}: Span): FilterError => ({ok: false, message, column: at, length: Math.max(1, length)});

/** Thrown while a text is read or compiled and caught at its end: no part of it has to hand errors on. */
export class FilterFault extends Error {
	readonly fault: FilterError;

	constructor(message: string, span: Span) {
		super(message);
		this.fault = fault(message, span);
	}
}

export const fail = (message: string, span: Span): never => {
	throw new FilterFault(message, span);
};

/** Runs `work`; what it finds wrong with the filter is data. */
export const catchFault = <T>(work: () => T): T | FilterError => {
	try {
		return work();
	} catch (error) {
		if (error instanceof FilterFault) {
			return error.fault;
		}

		throw error;
	}
};

/** The text, and a line that points out the error under it. Other lines than the first count as spaces, as for the parser. */
export const caretLines = (text: string, {column, length}: Pick<FilterError, 'column' | 'length'>): [text: string, carets: string] => {
	// What a terminal would obey takes one place, as the caret under it does.
	const line = text.replaceAll(/\s/gv, ' ').replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gv, '?');
	const before = [...line.slice(0, column)].length;
	const under = [...line.slice(column, column + length)].length;
	return [line, ' '.repeat(before) + '^'.repeat(Math.max(1, under))];
};
