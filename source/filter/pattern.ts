import {setFlagsFromString} from 'node:v8';
import {inAnyCase} from './pattern-case.js';

/** Longer patterns are refused. */
const longestPattern = 200;

/*
A pattern like (a+)+$ takes a backtracking engine ages on forty characters. V8 has a second engine whose time grows with the
text alone: what it cannot run (look-around, references back, counts above 16) is refused, all else starts on the fast
engine and falls over to the linear one after this many steps back.
*/
const stepsBack = 2000;
let isPrepared = false;

const prepare = () => {
	if (!isPrepared) {
		setFlagsFromString('--enable-experimental-regexp-engine');
		setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
		setFlagsFromString(`--regexp-backtracks-before-fallback=${stepsBack}`);
		isPrepared = true;
	}
};

const reasonOf = (error: unknown): string => (error as Error).message.replace(/^Invalid regular expression: (?:.*: )?/sv, '');

/** Whether a text matches the pattern anywhere, in any case, in time linear in the text. A string: why the pattern will not do. */
export const createPattern = (source: string): ((text: string) => boolean) | string => {
	if (source.length > longestPattern) {
		return `a pattern has at most ${longestPattern} characters`;
	}

	prepare();
	const lower = inAnyCase(source);
	try {
		// Without `v`: the linear engine knows no Unicode mode, and subjects are Latin-1.
		const pattern = new RegExp(lower);
		// `l`: refused when the linear engine cannot run it.
		// eslint-disable-next-line no-new, regexp/no-non-standard-flag -- only whether it can be made; known to V8 by the flag above
		new RegExp(lower, 'l');
		return text => pattern.test(text.toLowerCase());
	} catch (error) {
		const reason = reasonOf(error);
		return reason.includes('linear')
			? 'look-around, references back (\\1) and counts above 16 are not possible in a pattern here'
			: `not a pattern: ${reason}`;
	}
};
