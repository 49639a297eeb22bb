import {bareWords, catchFault, FilterFault, type BareWord, type Expression, type FilterError, type Operator, type Test, type Value} from './expression.js';
import {fieldOf, nearestField, type FieldName} from './fields.js';
import {readTokens, type Token} from './lexer.js';
import {checkOperator, readAddress, readValue} from './values.js';
import {exactState, protocolOf, statesFrom} from './vocabulary.js';

/** Bounds of what is read, so that no text takes long or nests the compiled tests deeper than the stack. */
const longestText = 16_384;
const mostTests = 250;
const mostValues = 1000;
const deepest = 50;

type ParsedFilter = {readonly ok: true; readonly expression: Expression};

const isBareWord = (word: string): word is BareWord => (bareWords as readonly string[]).includes(word);

/** One of several parts stands for itself, and parts of the same kind are parts of the whole. */
const join = (kind: 'and' | 'or', parts: readonly Expression[]): Expression =>
	parts.length === 1 ? parts[0]! : {kind, parts: parts.flatMap(part => part.kind === kind ? part.parts : [part])};

const createParser = (tokens: readonly Token[]) => {
	let place = 0;
	let tests = 0;
	let values = 0;

	// `!`: the last token is the end, and none stands behind it.
	const peek = (): Token => tokens[place]!;
	const isNext = (...kinds: ReadonlyArray<Token['kind']>): boolean => kinds.includes(peek().kind);
	const take = (): Token => {
		const token = peek();
		place = Math.min(place + 1, tokens.length - 1);
		return token;
	};

	const found = (token: Token): string => {
		switch (token.kind) {
			case 'end': {
				return 'the end';
			}

			case 'word':
			case 'quoted': {
				return token.text;
			}

			case 'operator': {
				return token.operator;
			}

			default: {
				return token.kind;
			}
		}
	};

	const readValues = (field: FieldName, operator: Operator): Value[] => {
		const list: Value[] = [];
		for (;;) {
			const token = take();
			if (token.kind !== 'word' && token.kind !== 'quoted') {
				throw new FilterFault(list.length === 0
					? `${field}${operator} needs a value, and ${found(token)} stands there; quote it if it is meant`
					: `a value is missing after the comma, and ${found(token)} stands there`, token);
			}

			list.push(readValue(field, operator, {text: token.text, at: token.at, length: token.length}));
			values++;
			if (values > mostValues) {
				throw new FilterFault(`more than ${mostValues} values`, token);
			}

			if (!isNext(',')) {
				return list;
			}

			if (operator !== '=' && operator !== '!=' && operator !== '~' && operator !== '!~') {
				throw new FilterFault(`${operator} takes one value, not a list`, peek());
			}

			take();
		}
	};

	/** A bare address or port, or a list that begins with one. */
	const addressTest = (first: Token, value: Value): Expression => {
		const list = [value];
		if (isNext(',')) {
			take();
			list.push(...readValues('addr', '='));
		}

		const field: FieldName = list.every(({kind}) => kind === 'range') ? 'port' : 'addr';
		return {kind: 'test', field, operator: '=', values: list, at: first.at, length: first.length};
	};

	const readWord = (token: Token & {readonly text: string}): Expression => {
		const span = {at: token.at, length: token.length};
		const word = token.text.toLowerCase();
		const test = (field: FieldName, value: Value): Test => ({kind: 'test', field, operator: '=', values: [value], ...span});
		if (token.kind === 'quoted') {
			return {kind: 'name', text: token.text, ...span};
		}

		if (isBareWord(word)) {
			return {kind: 'is', word, ...span};
		}

		const address = readAddress({text: token.text, ...span});
		if (address) {
			return addressTest(token, address);
		}

		if (/^[\d\-]+$/v.test(word)) {
			throw new FilterFault(`${token.text} alone says nothing; write :${token.text} for a port, ${token.text}. for addresses that begin so`, token);
		}

		const state = exactState(word);
		if (state !== undefined && word !== 'udp') {
			return test('state', {kind: 'text', text: state});
		}

		const protocol = protocolOf(word);
		if (protocol !== undefined) {
			return test('proto', {kind: 'range', low: protocol, high: protocol});
		}

		const field = fieldOf(word);
		if (field && statesFrom(word).length === 0) {
			throw new FilterFault(`${token.text} is a field; write ${token.text}=… to compare it`, token);
		}

		return {kind: 'name', text: token.text, ...span};
	};

	const readPrimary = (depth: number): Expression => {
		const token = take();
		if (token.kind === '(') {
			const inner = readOr(depth + 1);
			if (!isNext(')')) {
				throw isNext('end')
					? new FilterFault('this ( is never closed; add )', token)
					: new FilterFault(`${found(peek())} is not expected here`, peek());
			}

			take();
			return inner;
		}

		if (token.kind !== 'word' && token.kind !== 'quoted') {
			throw new FilterFault(token.kind === 'operator'
				? `${token.operator} needs a field before it, as in vip${token.operator}192.0.2.10`
				: `a test is expected, and ${found(token)} stands there`, token);
		}

		tests++;
		if (tests > mostTests) {
			throw new FilterFault(`more than ${mostTests} tests`, token);
		}

		if (!isNext('operator')) {
			return readWord(token);
		}

		const operator = take();
		if (operator.kind !== 'operator') {
			throw new TypeError('Only operators are operators');
		}

		const field = fieldOf(token.text);
		if (!field) {
			const near = nearestField(token.text);
			throw new FilterFault(`unknown field ${token.text}${near === undefined ? '; client virtual real state proto expires … are fields' : `; did you mean ${near}?`}`, token);
		}

		checkOperator(field, operator.operator, operator);
		return {kind: 'test', field, operator: operator.operator, values: readValues(field, operator.operator), at: token.at, length: token.length};
	};

	const readNot = (depth: number): Expression => {
		let isNegated = false;
		while (isNext('!')) {
			take();
			isNegated = !isNegated;
		}

		const part = readPrimary(depth);
		return isNegated ? (part.kind === 'not' ? part.part : {kind: 'not', part}) : part;
	};

	const readAnd = (depth: number): Expression => {
		const parts = [readNot(depth)];
		while (!isNext('or', ')', 'end')) {
			if (isNext('and')) {
				take();
			} else if (isNext(',', 'operator')) {
				throw new FilterFault(`${found(peek())} is not expected here; lists and operators belong to a field, as in vport=80,443`, peek());
			}

			parts.push(readNot(depth));
		}

		return join('and', parts);
	};

	const readOr = (depth: number): Expression => {
		if (depth > deepest) {
			throw new FilterFault(`parentheses nest deeper than ${deepest}`, peek());
		}

		const parts = [readAnd(depth)];
		while (isNext('or')) {
			take();
			parts.push(readAnd(depth));
		}

		return join('or', parts);
	};

	return (): Expression => {
		if (isNext('end')) {
			return {kind: 'and', parts: []};
		}

		const expression = readOr(0);
		if (!isNext('end')) {
			throw new FilterFault(`this ${found(peek())} was never opened`, peek());
		}

		return expression;
	};
};

/**
Reads a filter. Never throws, and is done in time linear in the text: length, nesting, tests and values are bounded.
A name that only the configuration can know is left to the compiler.
*/
export const parseFilter = (text: string): ParsedFilter | FilterError => catchFault(() => {
	if (text.length > longestText) {
		throw new FilterFault(`a filter has at most ${longestText} characters`, {at: longestText, length: 1});
	}

	return {ok: true, expression: createParser(readTokens(text))()};
});
