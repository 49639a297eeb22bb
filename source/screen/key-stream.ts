import {PassThrough} from 'node:stream';
import {type ReadStream} from 'node:tty';

/** The beginning of a sequence that a terminal sends for a key, perhaps not yet all of it. */
const unfinished = /\u{1B}(?:\[[\d;<=>?]*|O\d*)?$/v;
/** The rest of one whose escape character came long before. */
const orphan = /^(?:\[[\d;]*[A-HZ~]|O[A-DFHP-S])/v;

/** So long the rest of a sequence is waited for: slow links part them by 30 ms and more. */
const patienceMs = 120;
/** So long after a lone escape character its rest is still recognised. */
const memoryMs = 1000;

/** What Ink reads keys from: a terminal's input in which escape sequences are never parted. */
export type KeyStream = PassThrough & Pick<ReadStream, 'isTTY' | 'setRawMode' | 'ref' | 'unref'> & {readonly end: () => void};

/**
Joins what a slow link has parted: an escape character and the `[B` of an arrow key that arrive one after the other would be
the Escape key and two letters. Pasted text passes as it is.
*/
export const createKeyStream = (terminal: ReadStream): KeyStream => {
	const out = new PassThrough();
	let pending = '';
	let timer: NodeJS.Timeout | undefined;
	let loneEscapeAt = -Infinity;
	terminal.setEncoding('utf8');

	const flush = () => {
		clearTimeout(timer);
		timer = undefined;
		if (pending !== '') {
			if (pending === '\u001B') {
				loneEscapeAt = performance.now();
			}

			out.write(pending);
			pending = '';
		}
	};

	const onData = (data: string) => {
		clearTimeout(timer);
		timer = undefined;
		let text = pending + data;
		pending = '';
		if (orphan.test(text) && performance.now() - loneEscapeAt < memoryMs) {
			text = `\u001B${text}`;
		}

		loneEscapeAt = -Infinity;
		const rest = unfinished.exec(text);
		if (rest) {
			pending = rest[0];
			text = text.slice(0, rest.index);
			timer = setTimeout(flush, patienceMs);
		}

		if (text !== '') {
			out.write(text);
		}
	};

	terminal.on('data', onData);
	terminal.pause();
	return Object.assign(out, {
		isTTY: true as const,
		setRawMode(isRaw: boolean) {
			terminal.setRawMode(isRaw);
			return out as unknown as ReadStream;
		},
		ref() {
			terminal.ref();
			terminal.resume();
			return out as unknown as ReadStream;
		},
		unref() {
			terminal.pause();
			terminal.unref();
			return out as unknown as ReadStream;
		},
	}) as unknown as KeyStream;
};
