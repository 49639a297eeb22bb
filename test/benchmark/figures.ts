import {readFileSync} from 'node:fs';

/** A measured value beside what it has to be. */
export type Figure = {
	readonly name: string;
	readonly value: number;
	readonly bar: number;
	/** 'x': so many times the reference, and more is better. All others: less is better. */
	readonly unit: 'x' | 'B' | 'ms';
	/** Below this something is broken; of ratios only. Half of what was reached when it was set. */
	readonly floor: number;
	/** What it is made of. */
	readonly conditions: string;
	readonly ok: boolean;
};

export const figure = (name: string, value: number, bar: number, unit: Figure['unit'], conditions: string, floor = bar / 2): Figure => {
	const ok = unit === 'x' ? value >= bar : value <= bar;
	return {name, value, bar, unit, floor, conditions, ok};
};

/** A machine that is shared moves ratios, but not by half: below that something is broken. */
export const isBroken = ({unit, value, floor}: Figure): boolean => unit === 'x' && value < floor;

export const median = (values: readonly number[]): number => {
	const sorted = values.toSorted((left, right) => left - right);
	return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
};

export const p95 = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) * 0.95)] ?? 0;

const ticksPerSecond = 100;

/** Processor seconds of a process so far, of all its threads. */
export const processorSeconds = (pid: number): number => {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
	return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};

const formatValue = (value: number, unit: Figure['unit']): string => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ${unit}`;

export const formatFigure = ({name, value, bar, unit, conditions, ok}: Figure): string =>
	`${ok ? 'ok  ' : 'MISS'} ${name}: ${formatValue(value, unit)} (bar ${unit === 'x' ? '>=' : '<='} ${formatValue(bar, unit)})\n       ${conditions}`;

/** How far apart the times of one loop lie, of their median: how much the machine does beside. */
export const spreadOf = (): number => {
	const times: number[] = [];
	/** Kept, so that the loop is not optimised away. */
	const sum = new Int32Array(1);
	for (let run = 0; run < 40; run++) {
		const begin = performance.now();
		for (let step = 0; step < 10_000_000; step++) {
			sum[0] = Math.imul(sum[0]! ^ step, 0x9e_37_79_b1);
		}

		times.push(performance.now() - begin);
	}

	// The first runs are compiled meanwhile.
	const later = times.slice(10);
	return (Math.max(...later) - Math.min(...later)) / median(later);
};

/** From a start to the end of `--help`, or to the first whole frame of each source, and of `node -e 0` between them; wall clock. */
export type StartTimes = Readonly<Record<'node' | 'help' | 'demo' | 'read' | 'joined', {
	/** Of the later starts. */
	readonly medianMs: number;
	readonly p95Ms: number;
	/** Of the first one. */
	readonly coldMs: number;
}>>;
