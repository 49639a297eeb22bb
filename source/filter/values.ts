import {eventNames} from '../events/catalogue.js';
import {accounts, fates} from '../events/session-fields.js';
import {formatNet, largestPort, parseNet, parsePorts} from '../wire/net.js';
import {formatDuration, parseDuration} from './duration.js';
import {FilterFault, type Operator, type Span, type Value} from './expression.js';
import {fields, type FieldName, type FieldType} from './fields.js';
import {isWord} from './lexer.js';
import {createPattern} from './pattern.js';
import {meant, nearest} from './suggest.js';
import {
	exactState, forwardOf, knownFlags, knownForwards, knownProtocols, knownStates, protocolOf, protocolWord, statesFrom,
} from './vocabulary.js';

export type Word = {readonly text: string} & Span;

const fail = (message: string, word: Span): never => {
	throw new FilterFault(message, word);
};

const text = (value: string): Value => ({kind: 'text', text: value});

/** `443` as a port, `:443` and `:1024-5000` in the place of an address. */
const readPorts = (word: Word, digits: string): Value => {
	const ports = parsePorts(digits);
	return ports
		? {kind: 'range', low: ports[0], high: ports[1]}
		: fail(`${word.text} is not a port; write a number from 0 to ${largestPort}, or a range 1024-5000`, word);
};

/** Something that is clearly meant as an address, read as one. Undefined: a name. */
export const readAddress = (word: Word): Value | undefined => {
	if (/^:\d[\d\-]*$/v.test(word.text)) {
		return readPorts(word, word.text.slice(1));
	}

	const net = parseNet(word.text);
	return typeof net === 'string' ? fail(net, word) : net;
};

const readRange = (word: Word, read: (part: string) => number | undefined, expected: string): Value => {
	const single = read(word.text);
	if (single !== undefined) {
		return {kind: 'range', low: single, high: single};
	}

	const [low, high] = word.text.split('-').map(part => read(part));
	if (low === undefined || high === undefined || word.text.split('-').length > 2) {
		return fail(`${word.text} is not ${expected}`, word);
	}

	return low <= high ? {kind: 'range', low, high} : fail(`${word.text} is empty: its end lies before its start`, word);
};

/** A whole number up to 2^32 - 1, decimal or hexadecimal. */
const readWhole = (digits: string): number | undefined =>
	/^(?:\d{1,10}|0x[\da-f]{1,8})$/iv.test(digits) && Number(digits) < 2 ** 32 ? Number(digits) : undefined;

const readMark = (word: Word): Value => {
	const [value, mask, ...more] = word.text.split('/').map(part => readWhole(part));
	return value === undefined || more.length > 0 || (word.text.includes('/') && mask === undefined)
		? fail(`${word.text} is not a mark; write 7, 0x1 or 0x1/0xff`, word)
		: {kind: 'mask', value, mask: mask ?? 0xff_ff_ff_ff};
};

/** The state that a word stands for; `undefined` when it is the beginning of none. */
export const stateOf = (word: Word): string | undefined => {
	const exact = exactState(word.text);
	if (exact !== undefined) {
		return exact;
	}

	const candidates = statesFrom(word.text);
	if (candidates.length > 1) {
		return fail(`${word.text} is not one state: ${candidates.map(name => name.toLowerCase()).join(', ')} begin so`, word);
	}

	return candidates[0];
};

const readState = (word: Word): Value => {
	const near = nearest(word.text, knownStates);
	return text(stateOf(word) ?? fail(`unknown state ${word.text}; ${near === undefined ? `the states are ${knownStates.join(' ')}` : `did you mean ${near}?`}`, word));
};

const readOneOf = (word: Word, known: readonly string[], what: string): Value => {
	const name = word.text.toLowerCase();
	return known.includes(name) ? text(name) : fail(`unknown ${what} ${word.text}${meant(name, known)}`, word);
};

const readTruth = (word: Word): Value => {
	const name = word.text.toLowerCase();
	return name === 'true' || name === 'false' || name === 'yes' || name === 'no'
		? text(name === 'true' || name === 'yes' ? 'true' : 'false')
		: fail(`${word.text} is neither true nor false`, word);
};

const readers: Readonly<Record<FieldType, (word: Word) => Value>> = {
	address: word => readAddress(word)
		?? (/^\d+(?:-\d+)?$/v.test(word.text)
			? fail(`${word.text} is not an address; write :${word.text} for a port, or ${word.text.split('-', 1)[0]}. for an address that begins so`, word)
			: {kind: 'name', ...word}),
	port: word => readPorts(word, word.text.replace(/^:/v, '')),
	proto(word) {
		const number = protocolOf(word.text);
		return number === undefined ? fail(`unknown protocol ${word.text}${meant(word.text, knownProtocols)}`, word) : {kind: 'range', low: number, high: number};
	},
	state: readState,
	duration: word => readRange(word, parseDuration, 'a duration; write 500ms, 30s, 1m30s, 15m or 2h'),
	count: word => readRange(word, readWhole, 'a number'),
	mark: readMark,
	text: word => text(word.text),
	forward: word => text(forwardOf(word.text) ?? fail(`unknown forwarding method ${word.text}${meant(word.text, knownForwards)}`, word)),
	flag: word => readOneOf(word, knownFlags, 'flag'),
	truth: readTruth,
	event: word => readOneOf(word, eventNames, 'event'),
	was: word => readAddress(word) ?? readState(word),
	fate: word => readOneOf(word, fates, 'fate'),
	account: word => readOneOf(word, accounts, 'account'),
};

const ordered: ReadonlySet<FieldType> = new Set(['port', 'duration', 'count', 'mark']);
const textual: ReadonlySet<FieldType> = new Set(['address', 'proto', 'state', 'text', 'forward', 'flag', 'event']);

/** Whether the operator goes with the field; throws the fault when not. */
export const checkOperator = (field: FieldName, operator: Operator, span: Span): void => {
	const {type} = fields[field];
	if ((operator === '~' || operator === '!~') && !textual.has(type)) {
		fail(`${operator} is for text; ${field} goes with ${ordered.has(type) ? '= != < <= > >=' : '= and !='}`, span);
	}

	if ((operator.startsWith('<') || operator.startsWith('>')) && !ordered.has(type)) {
		fail(`${field} has no order; use = != ~ or !~`, span);
	}
};

/** Reads one value of a field. */
export const readValue = (field: FieldName, operator: Operator, word: Word): Value => {
	if (operator === '~' || operator === '!~') {
		const pattern = createPattern(word.text);
		return typeof pattern === 'string' ? fail(pattern, word) : text(word.text);
	}

	if (word.text === '' && fields[field].type !== 'text') {
		fail(`${field} is compared with nothing`, word);
	}

	const value = readers[fields[field].type](word);
	const isSingle = value.kind === 'range' ? value.low === value.high : value.kind === 'mask' && value.mask === 0xff_ff_ff_ff;
	return operator === '=' || operator === '!=' || isSingle ? value : fail(`${operator} takes one number; write ${field}=${word.text} for a range`, word);
};

/** A text in the quotes that can hold it. */
export const quoted = (value: string): string =>
	value.includes('\'') ? `"${value.replaceAll(/\\.|"/gsv, part => part === '"' ? '\\"' : part)}"` : `'${value}'`;

/** Words that the lexer would cut, or take for something else, stand in quotes. */
const quote = (value: string): string => isWord(value) ? value : quoted(value);

/** The value in the notation that `readValue` reads. */
export const formatValue = (field: FieldName, operator: Operator, value: Value): string => {
	const {type} = fields[field];
	switch (value.kind) {
		case 'net': {
			return formatNet(value);
		}

		case 'mask': {
			return value.mask === 0xff_ff_ff_ff ? `${value.value}` : `0x${value.value.toString(16)}/0x${value.mask.toString(16)}`;
		}

		case 'range': {
			if (type === 'proto') {
				return protocolWord(value.low);
			}

			const one = (number: number): string => type === 'duration' ? formatDuration(number) : `${number}`;
			const range = value.low === value.high ? one(value.low) : `${one(value.low)}-${one(value.high)}`;
			return type === 'address' || type === 'was' ? `:${range}` : range;
		}

		default: {
			return quote(value.kind === 'text' && (type === 'state' || type === 'was') && operator !== '~' && operator !== '!~' ? value.text.toLowerCase() : value.text);
		}
	}
};
