import {createServer, type Server} from 'node:http';
import {type Metrics} from './metrics.js';

export type MetricsServer = {
	/** `http://127.0.0.1:9464/metrics` */
	readonly url: string;
	close(): void;
};

export type MetricsAddress = {readonly host: string; readonly port: number};

const plain = 'text/plain; charset=utf-8';
const mostConnections = 32;
/** So long a connection may neither take nor bring anything. */
const idleMs = 30_000;
/** Between two looks for those whose time is up. */
const lookMs = 1000;

const reasonOf = ({code, message}: NodeJS.ErrnoException): string => {
	const reasons: Readonly<Record<string, string>> = {
		EADDRINUSE: 'another program listens there',
		EADDRNOTAVAIL: 'this host has no such address',
		EACCES: 'permission denied',
		ENOTFOUND: 'there is no host of that name',
	};
	return reasons[code ?? ''] ?? message;
};

const listen = async (server: Server, {host, port}: MetricsAddress): Promise<void> => new Promise((resolve, reject) => {
	server.once('error', reject);
	server.listen(port, host, () => {
		server.off('error', reject);
		resolve();
	});
});

/** Serves metrics over HTTP. Rejects with a message for people when it cannot listen. */
export const serveMetrics = async (metrics: Metrics, address: MetricsAddress): Promise<MetricsServer> => {
	/** Scrapers that come at once share one answer. */
	let running: Promise<string> | undefined;
	const text = async (): Promise<string> => {
		running ??= metrics.text().finally(() => {
			running = undefined;
		});
		return running;
	};

	const server = createServer({requestTimeout: 10_000, headersTimeout: 5000, keepAliveTimeout: idleMs, connectionsCheckingInterval: lookMs}, (request, response) => {
		const path = request.url?.split('?', 1)[0];
		if (path !== '/metrics') {
			response.writeHead(404, {'content-type': plain}).end('There is /metrics.\n');
		} else if (request.method === 'GET' || request.method === 'HEAD') {
			text().then(body => {
				response.writeHead(200, {'content-type': metrics.contentType}).end(request.method === 'GET' ? body : undefined);
			}).catch((error: unknown) => {
				response.writeHead(500, {'content-type': plain}).end(`${(error as Error).message}\n`);
			});
		} else {
			response.writeHead(405, {'content-type': plain, allow: 'GET, HEAD'}).end('GET it.\n');
		}
	});
	server.maxConnections = mostConnections;
	server.setTimeout(idleMs);
	const {host, port} = address;
	const shown = host.includes(':') ? `[${host}]` : host;
	try {
		await listen(server, address);
	} catch (error) {
		throw new Error(`Cannot serve metrics on ${shown}:${port}: ${reasonOf(error as NodeJS.ErrnoException)}. Give another address or port to --metrics.`, {cause: error});
	}

	// What goes wrong on one connection is no reason to stop.
	server.on('error', () => undefined);
	const bound = server.address();
	return {
		url: `http://${shown}:${typeof bound === 'object' && bound ? bound.port : port}/metrics`,
		close() {
			server.close();
			server.closeAllConnections();
		},
	};
};
