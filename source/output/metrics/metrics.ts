import process from 'node:process';
import {collectDefaultMetrics} from 'prom-client';
import {type Status} from '../../engine/status.js';
import {type TableView} from '../../table/read/table-view.js';
import {printable} from '../../text/format.js';
import {type TriggerTotals} from '../triggers/log.js';
import {createDirectorMetrics} from './directors.js';
import {createFailoverMetrics} from './failover.js';
import {createOwnMetrics} from './own.js';
import {createMetricsRegistry} from './registry.js';
import {createSessionMetrics} from './sessions.js';
import {createSourceMetrics} from './sources.js';

type MetricsInput = {
	readonly version: string;
	readonly view: TableView;
	/** Most sessions that the table holds. */
	readonly capacity: number;
	readonly status: () => Status | undefined;
	/** What triggers did so far. */
	readonly triggers: () => readonly TriggerTotals[];
};

export type Metrics = {
	readonly contentType: string;
	/** What a scrape gets. */
	text(): Promise<string>;
	/** Why nothing can be heard, for who asks only that; undefined when something can. */
	problem(): string | undefined;
};

/** Gauges of `prom-client` with names of counters, which `promtool check metrics` refuses. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'] as const;

/** Whether anything is heard; a file that was read to its end is as it should be. */
const problemOf = (status: Status | undefined): string | undefined => {
	if (!status || status.places.some(({state}) => state === 'up' || state === 'ended')) {
		return status ? undefined : 'nothing is open yet';
	}

	return status.places.map(({name, state}) => `${printable(name)} is ${state}`).join(', ') || 'nothing is open';
};

export const createMetrics = ({version, view, capacity, status, triggers}: MetricsInput): Metrics => {
	const metrics = createMetricsRegistry();
	const refreshSessions = createSessionMetrics(metrics, capacity);
	const refreshDirectors = createDirectorMetrics(metrics);
	const refreshFailover = createFailoverMetrics(metrics);
	const refreshSources = createSourceMetrics(metrics);
	const refreshOwn = createOwnMetrics(metrics);
	const {registry} = metrics;
	collectDefaultMetrics({register: registry});
	for (const name of misnamed) {
		registry.removeSingleMetric(name);
	}

	metrics.gauge('build_info', '1: what this program is.', ['version', 'node', 'arch']).set({version, node: process.versions.node, arch: process.arch}, 1);

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
		problem: () => problemOf(status()),
	};
};
