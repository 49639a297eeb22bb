import {Counter, Gauge, Registry} from 'prom-client';
import {createGrowth} from './labels.js';

export type Labels = Readonly<Record<string, string | number>>;

/** A counter that is told totals, or of each time. */
type MetricsCounter = {
	/** Counts what `total` grew by since it was told last. Where several totals share a series, `key` tells them apart. */
	grow(total: number, labels?: Labels, key?: string): void;
	/** The series is there from now on, at 0 where nothing was counted: Prometheus sees no growth in a series that begins. */
	begin(labels: Labels): void;
	/** Counts one more. */
	inc(labels: Labels): void;
	remove(labels: Labels): void;
};

/** Where metrics are made and collected. All names begin with `ipvstop_`. */
export type MetricsRegistry = {
	readonly registry: Registry;
	gauge(name: string, help: string, labelNames?: readonly string[]): Gauge;
	counter(name: string, help: string, labelNames?: readonly string[]): MetricsCounter;
	/** All counters were told their totals: forgets those of what is gone. */
	sweep(): void;
};

export const createMetricsRegistry = (): MetricsRegistry => {
	const registry = new Registry();
	const growth = createGrowth();
	const configurationOf = (name: string, help: string, labelNames: readonly string[] = []) => ({name: `ipvstop_${name}`, help, labelNames: [...labelNames], registers: [registry]});

	return {
		registry,
		gauge: (name, help, labelNames) => new Gauge(configurationOf(name, help, labelNames)),
		counter(name, help, labelNames) {
			const counter = new Counter(configurationOf(name, help, labelNames));
			return {
				grow(total, labels = {}, key = JSON.stringify(labels)) {
					counter.inc(labels, growth.of(`${name} ${key}`, total));
				},
				begin(labels) {
					counter.inc(labels, 0);
				},
				inc(labels) {
					counter.inc(labels);
				},
				remove(labels) {
					counter.remove(labels);
				},
			};
		},
		sweep: growth.sweep,
	};
};
