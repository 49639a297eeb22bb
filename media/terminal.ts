import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {spawn} from '@lydell/node-pty';
import xterm from '@xterm/headless';

export const program = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

/** The program in a pseudo-terminal, its output drawn by a terminal emulator. */
export type PicturedTerminal = {
	readonly terminal: InstanceType<typeof xterm.Terminal>;
	type(keys: string): void;
	/** Resolves with a whole frame that shows `pattern`; rejects with the screen when none comes within ten seconds. */
	until(pattern: RegExp): Promise<void>;
	close(): Promise<void>;
};

const patienceMs = 10_000;

export const openPicturedTerminal = (columns: number, rows: number, args: readonly string[]): PicturedTerminal => {
	const terminal = new xterm.Terminal({cols: columns, rows, allowProposedApi: true});
	const {PATH = '', HOME = ''} = process.env;
	const child = spawn(process.execPath, [program, '--no-config', ...args], {
		name: 'xterm-256color', cols: columns, rows, env: {PATH, HOME, LANG: 'C.UTF-8', TERM: 'xterm-256color'},
	});
	const text = () => Array.from({length: rows}, (_, row) => terminal.buffer.active.getLine(row)?.translateToString(true) ?? '').join('\n');
	/** A frame is being drawn (synchronized output, DEC mode 2026): what is there is half of it. */
	let isDrawing = false;
	let look = (): void => undefined;
	child.onData(data => {
		const begun = data.lastIndexOf('\u001B[?2026h');
		const done = data.lastIndexOf('\u001B[?2026l');
		isDrawing = begun === done ? isDrawing : begun > done;
		terminal.write(data, () => {
			look();
		});
	});
	return {
		terminal,
		type(keys) {
			child.write(keys);
		},
		async until(pattern) {
			return new Promise((resolve, reject) => {
				const timer = setTimeout(() => {
					reject(new Error(`The screen never showed ${pattern}:\n${text()}`));
				}, patienceMs);
				look = () => {
					if (!isDrawing && pattern.test(text())) {
						clearTimeout(timer);
						look = () => undefined;
						resolve();
					}
				};

				look();
			});
		},
		async close() {
			const ended = new Promise<void>(resolve => {
				child.onExit(() => {
					resolve();
				});
			});
			child.write('\u0003');
			return ended;
		},
	};
};
