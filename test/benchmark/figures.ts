/** A measured value beside what it has to be. */
export type Figure = {
	readonly name: string;
	readonly value: number;
	readonly bar: number;
	/** 'x': so many times the reference, and more is better. All others: less is better. */
	readonly unit: 'x' | 'B' | 'ms';
	/** What it is made of. */
	readonly conditions: string;
	readonly ok: boolean;
};

export const figure = (name: string, value: number, bar: number, unit: Figure['unit'], conditions: string): Figure => {
	const ok = unit === 'x' ? value >= bar : value <= bar;
	return {name, value, bar, unit, conditions, ok};
};

/** A machine that is shared moves ratios, but not by half: below that something is broken. */
export const isBroken = ({unit, value, bar}: Figure): boolean => unit === 'x' && value < bar / 2;

export const median = (values: readonly number[]): number => {
	const sorted = values.toSorted((left, right) => left - right);
	return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
};

const formatValue = (value: number, unit: Figure['unit']): string => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ${unit}`;

export const formatFigure = ({name, value, bar, unit, conditions, ok}: Figure): string =>
	`${ok ? 'ok  ' : 'MISS'} ${name}: ${formatValue(value, unit)} (bar ${unit === 'x' ? '>=' : '<='} ${formatValue(bar, unit)})\n       ${conditions}`;

/** From a start to the end of `--help`, or to the first whole frame of each source; wall clock. */
export type StartTimes = Readonly<Record<'help' | 'demo' | 'read' | 'joined', {
	/** Of the later starts. */
	readonly medianMs: number;
	readonly p95Ms: number;
	/** Of the first one. */
	readonly coldMs: number;
}>>;
