import {caretLines, type FilterError} from '../filter/expression.js';

/** A command line or configuration that cannot be used; exit code 2. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
}

/** What is wrong with a filter, with the filter and a caret under the place. */
export const filterProblem = (where: string, text: string, error: FilterError): string => {
	const [line, carets] = caretLines(text, error);
	return `${where}: ${error.message}\n  ${line}\n  ${carets}`;
};
