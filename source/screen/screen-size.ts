type Sized = {columns?: number; rows?: number};

/** TIOCSWINSZ takes any 16 bits, and each cell is drawn anew for each frame: of 65535x65535 none would ever be done. */
const largest = {columns: 1000, rows: 500} as const;
const usual = {columns: 80, rows: 24} as const;

/**
The size that a terminal tells, at most as large as can be drawn. One that tells none, as a serial console does, has what the
environment says in COLUMNS and LINES, or 80x24.
*/
export const drawnSize = ({columns = 0, rows = 0}: Sized, {COLUMNS, LINES}: Readonly<NodeJS.ProcessEnv>): Required<Sized> => {
	const within = (told: number, said: string | undefined, otherwise: number, most: number): number =>
		Math.min(most, told > 0 ? told : (/^[1-9]\d*$/v.test(said ?? '') ? Number(said) : otherwise));
	return {columns: within(columns, COLUMNS, usual.columns, largest.columns), rows: within(rows, LINES, usual.rows, largest.rows)};
};

/**
From now on a terminal says its `drawnSize`, also after it was resized. Left to itself Ink would open /dev/tty several times for
each frame when there is no size, and close it never.
*/
export const boundSize = (terminal: Sized, environment: Readonly<NodeJS.ProcessEnv>): void => {
	const told: Sized = {columns: terminal.columns ?? 0, rows: terminal.rows ?? 0};
	for (const side of ['columns', 'rows'] as const) {
		Object.defineProperty(terminal, side, {
			configurable: true,
			enumerable: true,
			get: () => drawnSize(told, environment)[side],
			// Node keeps what it is told at SIGWINCH in these.
			set(value: number) {
				told[side] = value;
			},
		});
	}
};
