import {openSync} from 'node:fs';
import process from 'node:process';
import {isatty, ReadStream} from 'node:tty';

/** The terminal to take keys from: stdin, or behind a pipe the one that controls the process; undefined without any. */
export const openKeyboard = (): ReadStream | undefined => {
	if (process.stdin.isTTY) {
		return process.stdin;
	}

	try {
		const descriptor = openSync('/dev/tty', 'r');
		return isatty(descriptor) ? new ReadStream(descriptor) : undefined;
	} catch {
		return undefined; // No terminal controls this process.
	}
};

/** Whether the terminal can be trusted with characters beyond ASCII. */
export const hasUnicode = ({LC_ALL, LC_CTYPE, LANG, TERM = ''}: NodeJS.ProcessEnv): boolean =>
	/utf-?8/iv.test(LC_ALL || LC_CTYPE || LANG || '') && !/^(?:linux|vt\d)/v.test(TERM);
