/*
Wheel and clicks, by choice: a terminal that reports them no longer selects text by itself. Reports as of xterm (ctlseqs, "Mouse
Tracking"): presses (1000) written as SGR (1006), `ESC [ < button ; column ; row M`, `m` for the release; 1 is the first column and row.
*/

/** Column and row from 0. */
export type Click = {readonly kind: 'click' | 'wheel-up' | 'wheel-down'; readonly column: number; readonly row: number};

export const mouseOn = '\u001B[?1000h\u001B[?1006h';
export const mouseOff = '\u001B[?1006l\u001B[?1000l';

const report = /\u{1B}\[<(?<button>\d+);(?<column>\d+);(?<row>\d+)(?<end>M)/giv;

/** Bits that say that Shift, Meta or Control is held. */
const modifiers = 0x1c;

const kinds: Readonly<Record<number, Click['kind']>> = {0: 'click', 64: 'wheel-up', 65: 'wheel-down'};

/** Takes the reports out of what a terminal sent; what is left are keys. Releases, other buttons and movements are nothing. */
export const takeClicks = (text: string): {readonly keys: string; readonly clicks: readonly Click[]} => {
	const clicks: Click[] = [];
	const keys = text.replaceAll(report, (...match) => {
		const {button, column, row, end} = match.at(-1) as Record<'button' | 'column' | 'row' | 'end', string>;
		const kind = kinds[Number(button) & ~modifiers];
		if (kind && end === 'M') {
			clicks.push({kind, column: Number(column) - 1, row: Number(row) - 1});
		}

		return '';
	});
	return {keys, clicks};
};
