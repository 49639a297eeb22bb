import {faultNames} from '../wire/fault.js';
import {recordAt} from '../wire/sync/record-batch.js';
import {type HeardRecord} from '../ring/record-ring.js';
import {endpointMatcher, numberTest, textTest} from './compare.js';
import {type Test} from './expression.js';
import {type Ground} from './row-sources.js';
import {onEntry, type Part} from './code-part.js';

/* What a record has beside what an entry has: where it came from, and why it was refused. */

const faultOf = ({words}: HeardRecord): number => words[recordAt.fault]!;

export const refusedPart = ({record}: Ground): Part => onEntry(() => faultOf(record()) !== 0);

export const reasonPart = ({operator, values}: Test, {record}: Ground): Part => {
	const matches = textTest(operator, values);
	return onEntry(() => {
		const code = faultOf(record());
		const name = faultNames[code];
		return code !== 0 && name !== undefined && matches(name);
	});
};

export const recordNumberPart = ({operator, values}: Test, {record}: Ground, of: (record: HeardRecord) => number): Part => {
	const matches = numberTest(operator, values);
	return onEntry(() => matches(of(record())));
};

export const sourcePart = ({operator, values}: Test, {names, record}: Ground): Part => {
	const matches = endpointMatcher(operator, values, names);
	return onEntry(() => {
		const {source, sourceFamily, sourcePort} = record();
		return matches(source, 0, sourceFamily === 6, sourcePort);
	});
};
