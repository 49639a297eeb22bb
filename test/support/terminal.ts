import process from 'node:process';
import {after} from 'node:test';
import {spawn} from '@lydell/node-pty';
import xterm from '@xterm/headless';
import {plainEnvironment, program} from './program.js';

export type TerminalOptions = {
	/** Started by typing it into an interactive shell, which can stop and continue it. */
	readonly shell?: boolean;
	/** Another program instead of ours. */
	readonly command?: readonly string[];
	/** A command that runs another, for example in a namespace. */
	readonly through?: readonly string[];
	readonly columns?: number;
	readonly rows?: number;
	readonly environment?: Readonly<Record<string, string>>;
};

/** The program in a real pseudo-terminal, its output drawn by a terminal emulator without a window. */
export type TestTerminal = {
	readonly pid: number;
	/** What the screen shows, trailing blanks cut. */
	lines(): string[];
	text(): string;
	/** The same with looks: `{bold red|GONE}`, for each run of characters that are not plain. */
	styled(): string[];
	/** What the program sent to the clipboard (OSC 52), latest last. */
	copied(): string[];
	/** Resolves when the screen satisfies `predicate`; rejects with the screen when it does not within half a minute. */
	until(predicate: (screen: string) => boolean): Promise<string>;
	type(keys: string): void;
	/** For what is about time itself: parted keys, a picture that stands still. */
	pause(ms: number): Promise<void>;
	resize(columns: number, rows: number): void;
	/** Whether the alternate screen is shown, and whether the cursor is visible. */
	isAlternate(): boolean;
	isCursorHidden(): boolean;
	/** Whether the terminal was asked to report the mouse. */
	isMouseTracked(): boolean;
	/** Octets written by the program so far. */
	written(): number;
	readonly exit: Promise<{readonly exitCode: number; readonly signal: number | undefined}>;
	kill(signal: string): void;
};

const patienceMs = 30_000;

/** A failed test must not leave its program behind. */
const running = new Set<{kill(signal?: string): void}>();
after(() => {
	for (const child of running) {
		child.kill('SIGKILL');
	}
});

export const openTerminal = (args: readonly string[], {columns = 80, rows = 24, environment = {}, shell = false, through = [], command = [process.execPath, program]}: TerminalOptions = {}): TestTerminal => {
	const terminal = new xterm.Terminal({cols: columns, rows, allowProposedApi: true});
	const [file, ...words] = shell ? ['bash', '--norc', '--noprofile', '-i'] : [...through, ...command, ...args];
	const child = spawn(file!, words, {
		name: 'xterm-256color', cols: columns, rows, env: {...plainEnvironment(), ...environment},
	});
	running.add(child);
	if (shell) {
		child.write(`${[process.execPath, program, ...args].join(' ')}\r`);
	}

	const waiting = new Set<() => void>();
	let octets = 0;
	/** A frame is being drawn (synchronized output, DEC mode 2026): what is there is half of it. */
	let isDrawing = false;
	let cursorHidden = false;

	const look = () => {
		for (const check of waiting) {
			check();
		}
	};

	child.onData(data => {
		octets += Buffer.byteLength(data);
		const shown = data.lastIndexOf('\u001B[?25h');
		const hidden = data.lastIndexOf('\u001B[?25l');
		cursorHidden = shown === hidden ? cursorHidden : hidden > shown;
		const begun = data.lastIndexOf('\u001B[?2026h');
		const done = data.lastIndexOf('\u001B[?2026l');
		isDrawing = begun === done ? isDrawing : begun > done;
		const isWhole = !isDrawing;
		terminal.write(data, () => {
			if (isWhole) {
				look();
			}
		});
	});
	const exit = new Promise<{exitCode: number; signal: number | undefined}>(resolve => {
		child.onExit(({exitCode, signal}) => {
			running.delete(child);
			// What was written before is drawn first.
			terminal.write('', () => {
				look();
				resolve({exitCode, signal: signal === 0 ? undefined : signal});
			});
		});
	});

	const lines = (): string[] => {
		const {active} = terminal.buffer;
		return Array.from({length: terminal.rows}, (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? '');
	};

	const colors = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
	const styled = (): string[] => {
		const {active} = terminal.buffer;
		return Array.from({length: terminal.rows}, (_, row) => {
			const line = active.getLine(active.viewportY + row);
			let out = '';
			let former = '';
			for (let column = 0; column < terminal.cols; column++) {
				const cell = line?.getCell(column);
				const looks = cell
					? [
						cell.isBold() ? 'bold' : '', cell.isDim() ? 'dim' : '', cell.isInverse() ? 'inverse' : '',
						cell.isFgPalette() ? colors[cell.getFgColor()] ?? `color${cell.getFgColor()}` : '', cell.isBgDefault() ? '' : 'background',
					].filter(Boolean).join(' ')
					: '';
				if (looks !== former) {
					out += `${former === '' ? '' : '}'}${looks === '' ? '' : `{${looks}|`}`;
					former = looks;
				}

				out += cell?.getChars() || ' ';
			}

			return `${out}${former === '' ? '' : '}'}`.trimEnd();
		});
	};

	const copied: string[] = [];
	terminal.parser.registerOscHandler(52, data => {
		copied.push(Buffer.from(data.replace(/^c;/v, ''), 'base64').toString());
		return true;
	});

	const text = () => lines().join('\n');

	return {
		pid: child.pid,
		lines,
		text,
		styled,
		copied: () => copied,
		async until(predicate) {
			return new Promise((resolve, reject) => {
				const check = () => {
					const screen = text();
					if (predicate(screen)) {
						clearTimeout(timer);
						waiting.delete(check);
						resolve(screen);
					}
				};

				const timer = setTimeout(() => {
					waiting.delete(check);
					reject(new Error(`The screen never came to that:\n${text()}`));
				}, patienceMs);
				waiting.add(check);
				check();
			});
		},
		type(keys) {
			child.write(keys);
		},
		async pause(ms) {
			return new Promise(resolve => {
				setTimeout(resolve, ms);
			});
		},
		resize(newColumns, newRows) {
			terminal.resize(newColumns, newRows);
			child.resize(newColumns, newRows);
		},
		isAlternate: () => terminal.buffer.active.type === 'alternate',
		isMouseTracked: () => terminal.modes.mouseTrackingMode !== 'none',
		isCursorHidden: () => cursorHidden,
		written: () => octets,
		exit,
		kill(signal) {
			process.kill(child.pid, signal);
		},
	};
};
