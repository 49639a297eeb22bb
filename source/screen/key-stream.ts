import {PassThrough} from 'node:stream';
import {type ReadStream} from 'node:tty';
import {takeClicks, type Click} from './mouse.js';

/** The beginning of a sequence that a terminal sends for a key, perhaps not yet all of it. */
const unfinished = /\u{1B}(?:\[[\d;<=>?]*|O\d*)?$/v;
/** The rest of one whose escape character came long before. */
const orphan = /^(?:\[[\d;]*[A-HZ~]|O[A-DFHP-S])/v;

/** So long the rest of a sequence is waited for: slow links part them by 30 ms and more. */
const patienceMs = 120;
/** So long after a lone escape character its rest is still recognised. */
const memoryMs = 1000;

/** Around what is pasted (bracketed paste). A paste whose end never comes is over with a Ctrl-C, or when nothing more of it arrives. */
const pasteBegin = '\u001B[200~';
const pasteEnd = '\u001B[201~';
/** Between what is pasted, its marks with it, and what is typed. */
const pasteEdge = /(?=\u{1B}\[200~)|(?<=\u{1B}\[201~)/v;
const interrupt = '\u0003';
const pastePatienceMs = 2000;

/** What Ink reads keys from: a terminal's input in which escape sequences are never parted. */
export type KeyStream = PassThrough & Pick<ReadStream, 'isTTY' | 'setRawMode' | 'ref' | 'unref'> & {
	readonly end: () => void;
	/** Calls back for each report of the mouse, which no longer is among the keys. The result unsubscribes. */
	readonly onClick: (listener: (click: Click) => void) => () => void;
};

/**
Joins what a slow link has parted: an escape character and the `[B` of an arrow key that arrive one after the other would be
the Escape key and two letters. Pasted text passes as it is.
*/
export const createKeyStream = (terminal: ReadStream): KeyStream => {
	const out = new PassThrough();
	let pending = '';
	let timer: NodeJS.Timeout | undefined;
	let isPasting = false;
	let pasteTimer: NodeJS.Timeout | undefined;
	let loneEscapeAt = -Infinity;
	const listeners = new Set<(click: Click) => void>();
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

	const endPaste = () => {
		isPasting = false;
		out.write(pasteEnd);
	};

	const withoutClicks = (text: string): string => {
		if (!text.includes('\u001B[<')) {
			return text;
		}

		const {keys, clicks} = takeClicks(text);
		for (const click of clicks) {
			for (const listener of listeners) {
				listener(click);
			}
		}

		return keys;
	};

	const onData = (data: string) => {
		clearTimeout(timer);
		clearTimeout(pasteTimer);
		timer = undefined;
		let text = pending + data;
		pending = '';
		const interrupted = isPasting ? text.indexOf(interrupt) : -1;
		if (interrupted !== -1) {
			out.write(text.slice(0, interrupted));
			endPaste();
			text = text.slice(interrupted);
		}

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

		const keys = text.split(pasteEdge).map(part => {
			isPasting ||= part.startsWith(pasteBegin);
			const passed = isPasting ? part : withoutClicks(part);
			isPasting &&= !part.endsWith(pasteEnd);
			return passed;
		}).join('');
		if (keys !== '') {
			out.write(keys);
		}

		if (isPasting) {
			pasteTimer = setTimeout(endPaste, pastePatienceMs);
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
		onClick(listener: (click: Click) => void) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
	}) as unknown as KeyStream;
};
