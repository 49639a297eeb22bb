import process from 'node:process';
import {after} from 'node:test';
import {type ReadStream} from 'node:tty';
import {spawn, type IPty} from '@lydell/node-pty';
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
	/**
	Resolves with the screen when `holds` neither gives false nor throws, as assertions do; rejects with the screen, and what was thrown last, when that does
	not come. Whoever waits goes on while that very screen stands: what comes after it is drawn later.
	*/
	until(holds: (screen: string) => unknown): Promise<string>;
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
	/** When all that was written is drawn, too. */
	readonly exit: Promise<{readonly exitCode: number; readonly signal: number | undefined}>;
	/** Does nothing to a program that has ended. */
	kill(signal: string): void;
};

/** Far more than anything takes on a busy machine. */
const patienceMs = 60_000;

/** The end of a frame: of synchronized output, DEC mode 2026. */
const frameEnd = /(?<=\u{1B}\[\?2026l)/v;

/**
node-pty gives its stream up 200 ms after the exit, with what a busy machine has not read of it by then. So it is read first, until a turn of the event
loop brings nothing more; it need not end, as others may have the terminal open.
*/
const readToItsEnd = (child: IPty): void => {
	const {_socket: stream} = child as unknown as {readonly _socket: ReadStream};
	const destroy = stream.destroy.bind(stream);
	stream.destroy = error => {
		if (error) {
			return destroy(error);
		}

		let hasCome = true;
		stream.on('data', () => {
			hasCome = true;
		});
		const look = () => {
			if (hasCome && !stream.destroyed) {
				hasCome = false;
				setImmediate(look);
			} else {
				destroy();
			}
		};

		look();
		return stream;
	};
};

/** A failed test must not leave its program behind. */
const running = new Set<{kill(signal?: string): void}>();
after(() => {
	for (const child of running) {
		child.kill('SIGKILL');
	}
});

/** A capture file that stands where it was opened, or has been read to its end: what its screen shows of it changes no more. */
export const standsStill = (screen: string): boolean => /^ipvstop REPLAY(?: max| x[\d.]+)? (?:PAUSED|END)\b/v.test(screen);

/** The line of time of a capture file, which takes a row of the list, stands when the whole file was looked through. */
export const hasTimeLine = (screen: string): boolean => /\] \d\d:\d\d:\d\d/v.test(screen);

export const openTerminal = (args: readonly string[], {columns = 80, rows = 24, environment = {}, shell = false, through = [], command = [process.execPath, program]}: TerminalOptions = {}): TestTerminal => {
	const terminal = new xterm.Terminal({cols: columns, rows, allowProposedApi: true});
	const [file, ...words] = shell ? ['bash', '--norc', '--noprofile', '-i'] : [...through, ...command, ...args];
	const child = spawn(file!, words, {
		name: 'xterm-256color', cols: columns, rows, env: {...plainEnvironment(), ...environment},
	});
	readToItsEnd(child);
	running.add(child);
	if (shell) {
		child.write(`${[process.execPath, program, ...args].join(' ')}\r`);
	}

	const waiting = new Set<() => void>();
	let octets = 0;
	let cursorHidden = false;
	for (const [final, isHidden] of [['h', false], ['l', true]] as const) {
		terminal.parser.registerCsiHandler({prefix: '?', final}, modes => {
			cursorHidden = modes.includes(25) ? isHidden : cursorHidden;
			return false;
		});
	}

	const look = () => {
		for (const check of waiting) {
			check();
		}
	};

	/** What is to be drawn, no more than a frame each, and what is to be done after that. One by one: whoever waits for a screen goes on before the next. */
	const due: Array<string | (() => void)> = [];
	let isDrawing = false;
	const draw = () => {
		const next = due.shift();
		isDrawing = next !== undefined;
		if (typeof next === 'string') {
			terminal.write(next, () => {
				// In the middle of a frame half of it is there.
				if (!terminal.modes.synchronizedOutputMode) {
					look();
				}

				setImmediate(draw);
			});
		} else if (next) {
			next();
			setImmediate(draw);
		}
	};

	const add = (...more: ReadonlyArray<string | (() => void)>) => {
		due.push(...more);
		if (!isDrawing) {
			draw();
		}
	};

	child.onData(data => {
		octets += Buffer.byteLength(data);
		add(...data.split(frameEnd));
	});
	const exit = new Promise<{exitCode: number; signal: number | undefined}>(resolve => {
		child.onExit(({exitCode, signal}) => {
			running.delete(child);
			// What was written before is drawn first.
			add(() => {
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
		async until(holds) {
			return new Promise((resolve, reject) => {
				let thrown: unknown;
				const check = () => {
					const screen = text();
					try {
						if (holds(screen) === false) {
							return;
						}
					} catch (error) {
						thrown = error;
						return;
					}

					clearTimeout(timer);
					waiting.delete(check);
					resolve(screen);
				};

				const timer = setTimeout(() => {
					waiting.delete(check);
					reject(new Error(`The screen never came to that:\n${text()}${thrown === undefined ? '' : `\n${(thrown as Error).message}`}`, {cause: thrown}));
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
			try {
				process.kill(child.pid, signal);
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
					throw error;
				}
			}
		},
	};
};
