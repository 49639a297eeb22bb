import {type Expression} from './expression.js';
import {parseFilter} from './parser.js';
import {formatValue, quoted} from './values.js';

const grouped = (expression: Expression, kinds: ReadonlyArray<Expression['kind']>): string =>
	kinds.includes(expression.kind) ? `(${formatFilter(expression)})` : formatFilter(expression);

/** A name in quotes, unless it is read as one without. */
const formatName = (text: string): string => {
	const parsed = parseFilter(text);
	return parsed.ok && parsed.expression.kind === 'name' && parsed.expression.text === text ? text : quoted(text);
};

/** The filter in its canonical spelling: parsed again, it is the same. */
export const formatFilter = (expression: Expression): string => {
	switch (expression.kind) {
		case 'and': {
			return expression.parts.map(part => grouped(part, ['or'])).join(' ');
		}

		case 'or': {
			return expression.parts.map(part => grouped(part, [])).join(' or ');
		}

		case 'not': {
			return `!${grouped(expression.part, ['and', 'or'])}`;
		}

		case 'test': {
			const {field, operator, values} = expression;
			return `${field}${operator}${values.map(value => formatValue(field, operator, value)).join(',')}`;
		}

		case 'is': {
			return expression.word;
		}

		case 'name': {
			return formatName(expression.text);
		}
	}
};
