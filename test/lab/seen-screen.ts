/*
What the operator saw: the octets that the program wrote to its terminal, drawn by a terminal emulator up to a moment.
*/
import xterm from '@xterm/headless';
import {type Written} from './left-behind.js';

/** As observer.py has it. */
const size = {rows: 40, cols: 160} as const;

/** The lines of the screen at some moments, ascending, microseconds. */
export const screensAt = async (written: readonly Written[], momentsUs: readonly number[]): Promise<string[][]> => {
	const terminal = new xterm.Terminal({...size, allowProposedApi: true});
	const screens: string[][] = [];
	let next = 0;
	for (const momentUs of momentsUs) {
		for (; next < written.length && written[next]!.timeUs <= momentUs; next++) {
			await new Promise<void>(resolve => {
				terminal.write(Buffer.from(written[next]!.octets, 'latin1'), resolve);
			});
		}

		const {active} = terminal.buffer;
		screens.push(Array.from({length: size.rows}, (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? ''));
	}

	terminal.dispose();
	return screens;
};
