import manifest from '../../package.json' with {type: 'json'};
import {type Monitor} from '../engine/monitor.js';
import {createTableView} from '../table/read/table-view.js';
import {createMetrics} from '../output/metrics/metrics.js';
import {serveMetrics, type MetricsAddress, type MetricsServer} from '../output/metrics/server.js';
import {type TriggerTotals} from '../output/triggers/log.js';

/** Serves the metrics of a running monitor. Rejects with a message for people when it cannot listen. */
export const runMetrics = async (monitor: Monitor, address: MetricsAddress, triggers: () => readonly TriggerTotals[]): Promise<MetricsServer> =>
	serveMetrics(createMetrics({
		version: manifest.version, view: createTableView(monitor.memory), capacity: monitor.memory.sizes.maxSessions, status: monitor.status, triggers,
	}), address);
