import {type Monitor} from '../monitor/monitor.js';
import {createTableView} from '../table/view.js';
import {createMetrics} from './metrics.js';
import {serveMetrics, type MetricsAddress, type MetricsServer} from './metrics-server.js';
import {type TriggerTotals} from './trigger-log.js';

/** Serves the metrics of a running monitor. Rejects with a message for people when it cannot listen. */
export const runMetrics = async (monitor: Monitor, address: MetricsAddress, triggers: () => readonly TriggerTotals[]): Promise<MetricsServer> =>
	serveMetrics(createMetrics({
		view: createTableView(monitor.memory), capacity: monitor.memory.sizes.maxSessions, status: monitor.status, triggers,
	}), address);
