import {collectDefaultMetrics} from 'prom-client';
import {type Status} from '../monitor/status.js';
import {type TableView} from '../table/view.js';
import {createDirectorMetrics} from './metrics-directors.js';
import {createFailoverMetrics} from './metrics-failover.js';
import {createOwnMetrics} from './metrics-own.js';
import {createMetricsRegistry} from './metrics-registry.js';
import {createSessionMetrics} from './metrics-sessions.js';
import {createSourceMetrics} from './metrics-sources.js';
import {type TriggerTotals} from './trigger-log.js';

export type MetricsInput = {
	readonly view: TableView;
	/** Most sessions that the table holds. */
	readonly capacity: number;
	readonly status: () => Status | undefined;
	/** What triggers did so far. */
	readonly triggers: () => readonly TriggerTotals[];
};

/** What a scrape gets. */
export type Metrics = {
	readonly contentType: string;
	text(): Promise<string>;
};

export const createMetrics = ({view, capacity, status, triggers}: MetricsInput): Metrics => {
	const metrics = createMetricsRegistry();
	const refreshSessions = createSessionMetrics(metrics, capacity);
	const refreshDirectors = createDirectorMetrics(metrics);
	const refreshFailover = createFailoverMetrics(metrics);
	const refreshSources = createSourceMetrics(metrics);
	const refreshOwn = createOwnMetrics(metrics);
	const {registry} = metrics;
	collectDefaultMetrics({register: registry});

	const refresh = () => {
		const now = status();
		const totals = view.totals();
		refreshSessions(view, totals, now?.segments ?? []);
		if (now) {
			refreshDirectors(now, totals.directorEntries);
			refreshFailover(now);
		}

		refreshSources(now, totals);
		refreshOwn(now, triggers());
		metrics.sweep();
	};

	return {
		contentType: registry.contentType,
		async text() {
			refresh();
			return registry.metrics();
		},
	};
};
