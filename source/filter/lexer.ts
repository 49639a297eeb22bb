import {FilterFault, type Operator, type Span} from './expression.js';

export type Token =
	| ({readonly kind: 'word' | 'quoted'; readonly text: string} & Span)
	| ({readonly kind: 'operator'; readonly operator: Operator} & Span)
	| ({readonly kind: '(' | ')' | '!' | ',' | 'and' | 'or' | 'end'} & Span);

/** Words may hold anything else; quotes inside a word would hide a forgotten space. */
const wordPattern = /[^\s\(\)!=<>~,"'\|\u{26}]+/vy;
const signPattern = /==|!=|!~|<=|>=|[=<>~\(\)!,]|&&|\|\|/vy;

const operators: Readonly<Record<string, Operator>> = {'=': '=', '==': '=', '!=': '!=', '<': '<', '<=': '<=', '>': '>', '>=': '>=', '~': '~', '!~': '!~'};
const keywords: Readonly<Record<string, 'and' | 'or' | '!'>> = {and: 'and', or: 'or', not: '!', '&&': 'and', '||': 'or'};

/** Whether a text can stand without quotes. */
export const isWord = (text: string): boolean => {
	wordPattern.lastIndex = 0;
	return wordPattern.exec(text)?.[0] === text && !Object.hasOwn(keywords, text.toLowerCase());
};

/** In double quotes `\"` stands for a quote and any other backslash for itself, as patterns need it; nothing is special in single ones. */
const readQuoted = (text: string, at: number): {readonly value: string; readonly end: number} => {
	const quote = text[at]!;
	let value = '';
	for (let place = at + 1; place < text.length; place++) {
		const character = text[place]!;
		if (character === quote) {
			return {value, end: place + 1};
		}

		if (quote === '"' && character === '\\' && place + 1 < text.length) {
			place++;
			value += text[place] === '"' ? '"' : character + text[place]!;
		} else {
			value += character;
		}
	}

	throw new FilterFault(`this ${quote} is never closed; add ${quote} at the end of the text it begins`, {at, length: text.length - at});
};

/** Some of what looks at words takes longer than linear time. */
const longestWord = 300;

/** Cuts a filter into words, quoted texts and signs. The last token is the end. */
export const readTokens = (text: string): Token[] => {
	const tokens: Token[] = [];
	let at = 0;
	while (at < text.length) {
		const character = text[at]!;
		if (/\s/v.test(character)) {
			at++;
			continue;
		}

		if (character === '"' || character === '\'') {
			const {value, end} = readQuoted(text, at);
			tokens.push({kind: 'quoted', text: value, at, length: end - at});
			at = end;
			continue;
		}

		signPattern.lastIndex = at;
		wordPattern.lastIndex = at;
		const sign = signPattern.exec(text)?.[0];
		const found = sign ?? wordPattern.exec(text)?.[0];
		if (found === undefined) {
			throw new FilterFault(`a single ${character} means nothing; write ${character === '&' ? 'and, or a space' : 'or'}`, {at, length: 1});
		}

		const span = {at, length: found.length};
		const keyword = Object.hasOwn(keywords, found.toLowerCase()) ? keywords[found.toLowerCase()] : undefined;
		if (keyword) {
			tokens.push({kind: keyword, ...span});
		} else if (sign === undefined) {
			tokens.push({kind: 'word', text: found, ...span});
		} else if (Object.hasOwn(operators, sign)) {
			tokens.push({kind: 'operator', operator: operators[sign]!, ...span});
		} else {
			tokens.push({kind: sign as '(' | ')' | '!' | ',', ...span});
		}

		at += found.length;
	}

	const long = tokens.find(({length}) => length > longestWord);
	if (long) {
		throw new FilterFault(`a word has at most ${longestWord} characters`, long);
	}

	tokens.push({kind: 'end', at: text.length, length: 0});
	return tokens;
};
