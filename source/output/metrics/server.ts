import {type Server} from 'node:net';
import {performance} from 'node:perf_hooks';
import {promisify} from 'node:util';
import {gzip} from 'node:zlib';
import {createHttpServer, type Reply, type Request} from './http.js';
import {type Metrics} from './metrics.js';

export type MetricsServer = {
	/** `http://127.0.0.1:9464/metrics` */
	readonly url: string;
	close(): void;
};

export type MetricsAddress = {readonly host: string; readonly port: number};

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

/** The metrics of one moment, plain and packed. */
type Answer = {readonly plain: Uint8Array; readonly packed: Uint8Array};

/** So long an answer is given to others too: however many ask, the work is bounded. */
const freshMs = 100;

const pack = promisify(gzip);

/** Gives the metrics of this moment, made once for all who ask at the same time. */
const createAnswers = (metrics: Metrics): (() => Promise<Answer>) => {
	let answer: Promise<Answer> | undefined;
	let madeMs = 0;
	const make = async (): Promise<Answer> => {
		const text = Buffer.from(await metrics.text());
		return {plain: text, packed: await pack(text, {level: 1})};
	};

	return async () => {
		if (!answer || performance.now() - madeMs > freshMs) {
			madeMs = performance.now();
			answer = make();
		}

		return answer;
	};
};

/** Whether the client takes gzip: named without `q=0`. */
const takesGzip = ({headers}: Request): boolean => /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/v.test(headers.get('accept-encoding') ?? '');

const says = (code: number, text: string, headers: Reply['headers'] = {}): Reply => ({code, headers: {'content-type': 'text/plain; charset=utf-8', ...headers}, body: `${text}\n`});

/** Serves metrics over HTTP, and at `/healthz` whether anything is heard. Rejects with a message for people when it cannot listen. */
export const serveMetrics = async (metrics: Metrics, address: MetricsAddress): Promise<MetricsServer> => {
	const answerNow = createAnswers(metrics);
	const reply = async (request: Request): Promise<Reply> => {
		const {method, path} = request;
		if (path !== '/metrics' && path !== '/healthz') {
			return says(404, 'There is /metrics, and /healthz.');
		}

		if (method !== 'GET' && method !== 'HEAD') {
			return says(405, 'GET it.', {allow: 'GET, HEAD'});
		}

		if (path === '/healthz') {
			const problem = metrics.problem();
			return says(problem === undefined ? 200 : 503, problem ?? 'ok');
		}

		const {plain, packed} = await answerNow();
		const headers = {'content-type': metrics.contentType, vary: 'accept-encoding'};
		return takesGzip(request) ? {code: 200, headers: {...headers, 'content-encoding': 'gzip'}, body: packed} : {code: 200, headers, body: plain};
	};

	const {server, closeAll} = createHttpServer(reply);
	const {host, port} = address;
	const shown = host.includes(':') ? `[${host}]` : host;
	try {
		await listen(server, address);
	} catch (error) {
		throw new Error(`Cannot serve metrics on ${shown}:${port}: ${reasonOf(error as NodeJS.ErrnoException)}. Give another address or port to --metrics.`, {cause: error});
	}

	server.on('error', () => undefined);
	const bound = server.address();
	return {url: `http://${shown}:${typeof bound === 'object' && bound ? bound.port : port}/metrics`, close: closeAll};
};
