import {collectDefaultMetrics} from 'prom-client';
import {type Status} from '../../engine/status.js';
import {type TableView} from '../../table/read/table-view.js';
import {type TriggerTotals} from '../triggers/log.js';
import {createDirectorMetrics} from './directors.js';
import {createFailoverMetrics} from './failover.js';
import {createOwnMetrics} from './own.js';
import {createMetricsRegistry} from './registry.js';
import {createSessionMetrics} from './sessions.js';
import {createSourceMetrics} from './sources.js';

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
