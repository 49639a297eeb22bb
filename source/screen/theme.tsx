import {Text} from 'ink';
import {createContext, useContext} from 'react';
import {harmless} from '../text/format.js';
import {type Line, type Tone} from '../text/line.js';

/*
Looks by meaning as codes of ECMA-48 (SGR), from the 16 colours that the terminal's owner chose, no backgrounds, so that light
and dark ones do equally; no dark blue, which is hard to read on black. Severity decides: green is calm, yellow unsure, red lost. Without colour bold, dim and inverse remain. The parts of a line are set apart by closing codes of their
own, not by a reset, and unchanged text stays byte for byte the same, which incremental drawing depends on.
*/
type Look = readonly [open: string, close: string];

const sgr = (open: number, close: number): Look => [`\u001B[${open}m`, `\u001B[${close}m`];
const bold = sgr(1, 22);
const dim = sgr(2, 22);
const inverse = sgr(7, 27);
const foreground = (color: number): Look => sgr(color, 39);
const both = ([oneOpen, oneClose]: Look, [otherOpen, otherClose]: Look): Look => [oneOpen + otherOpen, otherClose + oneClose];
const none: Look = ['', ''];

const green = foreground(32);
const yellow = foreground(33);
const cyan = foreground(36);
const red = foreground(31);

const coloured: Readonly<Record<Tone, Look>> = {
	plain: none,
	title: bold,
	heading: both(bold, cyan),
	selected: inverse,
	good: green,
	warning: yellow,
	unsure: both(bold, yellow),
	alarm: both(bold, red),
	lost: both(both(bold, red), inverse),
	fresh: cyan,
	dim,
	word: inverse,
};

const monochrome: Readonly<Record<Tone, Look>> = {
	plain: none,
	title: bold,
	heading: bold,
	selected: inverse,
	good: none,
	warning: bold,
	unsure: bold,
	alarm: bold,
	lost: both(bold, inverse),
	fresh: bold,
	dim: none,
	word: inverse,
};

/** A line as the terminal gets it. */
export const paint = ({text: given, tone, parts = []}: Line, hasColor: boolean): string => {
	const text = harmless(given);
	const looks = hasColor ? coloured : monochrome;
	const [open, close] = looks[tone];
	if (parts.length === 0) {
		return text === '' ? ' ' : `${open}${text}${close}`;
	}

	let painted = '';
	let at = 0;
	const plain = (piece: string) => piece === '' ? '' : `${open}${piece}${close}`;
	for (const part of parts) {
		const [partOpen, partClose] = looks[part.tone];
		painted += `${plain(text.slice(at, part.at))}${partOpen}${text.slice(part.at, part.at + part.length)}${partClose}`;
		at = part.at + part.length;
	}

	return painted + plain(text.slice(at));
};

type Theme = {readonly hasColor: boolean};

export const ThemeContext = createContext<Theme>({hasColor: false});

/** Lines of the screen, one below the other. One text per line: a box for each cell would cost twice as much. */
export function Lines({lines}: {readonly lines: readonly Line[]}) {
	const {hasColor} = useContext(ThemeContext);
	return lines.map((one, index) => <Text key={index} wrap='truncate'>{paint(one, hasColor)}</Text>);
}
