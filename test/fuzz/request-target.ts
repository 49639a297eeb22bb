import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {connect} from 'node:net';
import {createMetrics} from '../../source/output/metrics/metrics.js';
import {serveMetrics, type MetricsServer} from '../../source/output/metrics/server.js';
import {createTestEngine} from '../support/replay-engine.js';
import {bendOctets} from './bend-octets.js';
import {smallerOctets} from './minimise.js';
import {must, type Target} from './target.js';

/** Words that open a way further in, as octets. */
const words = ['GET', 'HEAD', '/metrics', '/healthz', 'HTTP/1.0', 'HTTP/1.1', '\r\n', '\r\n\r\n', 'connection: close', 'content-length: 3', 'accept-encoding: gzip;q=0'].map(text => new Uint8Array(Buffer.from(text)));

/** So long a connection may stay silent that is not done with: it waits for the rest of a request. */
const patienceMs = 40;

/** What a server answers to octets, and how it ends: 'end' by the server, 'wait' when it wants more. */
const exchange = async (port: number, octets: Uint8Array): Promise<{readonly answer: Buffer; readonly end: 'end' | 'wait'}> => {
	const socket = connect(port, '127.0.0.1');
	const parts: Buffer[] = [];
	let isOver = false;
	const over = new Promise<void>(resolve => {
		socket.on('close', () => {
			isOver = true;
			resolve();
		}).on('error', () => undefined);
		let timer = setTimeout(resolve, patienceMs * 5);
		socket.on('data', part => {
			parts.push(part);
			clearTimeout(timer);
			timer = setTimeout(resolve, patienceMs);
		});
	});
	await once(socket, 'connect');
	socket.write(octets);
	// Half closed: who answers all that was asked is done then.
	socket.end();
	await over;
	socket.destroy();
	return {answer: Buffer.concat(parts), end: isOver ? 'end' : 'wait'};
};

/** The codes of the answers in what a server said; throws where it is not made of answers. HEAD has no body, whatever its length says. */
const codesOf = (answer: Buffer): number[] => {
	const codes: number[] = [];
	for (let at = 0; at < answer.length;) {
		const end = answer.indexOf('\r\n\r\n', at);
		must(end !== -1, 'an answer without an end of its head');
		const head = answer.toString('latin1', at, end);
		const code = Number(/^HTTP\/1\.1 (\d{3}) /v.exec(head)?.[1] ?? 0);
		must([200, 400, 404, 405, 431, 503].includes(code), () => `an answer of code ${code}`);
		const length = Number(/\r\ncontent-length: (\d+)/v.exec(head)?.[1] ?? NaN);
		must(Number.isInteger(length), 'an answer of no length');
		at = end + 4;
		at += answer.subarray(at, at + 9).equals(Buffer.from('HTTP/1.1 ')) || at === answer.length ? 0 : length;
		must(at <= answer.length, 'an answer that is cut');
		codes.push(code);
	}

	return codes;
};

/** Requests for metrics, sent to a server on the loopback: each is answered as HTTP has it or the connection ends, and the next one is answered as ever. */
export const createRequestTarget = (): Target<Uint8Array> => {
	let server: Promise<MetricsServer> | undefined;
	const portOf = async (): Promise<number> => {
		server ??= serveMetrics(createMetrics({version: '1', view: createTestEngine().view, capacity: 20_000, status: () => undefined, triggers: () => []}), {host: '127.0.0.1', port: 0});
		const {url} = await server;
		return Number(new URL(url).port);
	};

	return {
		name: 'request',
		covers: /\/source\/output\/metrics\/(?:http|server)\.ts/v,
		batch: 16,
		memoryLimit: 64 * 2 ** 20,
		seeds: () => [
			'GET /metrics HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n', 'GET /healthz HTTP/1.1\r\n\r\nGET /healthz HTTP/1.0\r\n\r\n', 'HEAD /metrics HTTP/1.1\r\nconnection: close\r\n\r\n',
			'POST /metrics HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc', 'GET / HTTP/1.1\r\n\r\n',
		].map(text => new Uint8Array(Buffer.from(text))),
		mutate(octets, other, random) {
			if (random.below(3) > 0) {
				return bendOctets(octets, other, random);
			}

			const at = random.below(octets.length + 1);
			return new Uint8Array(Buffer.concat([octets.subarray(0, at), random.pick(words), octets.subarray(at + random.below(8))]));
		},
		async run(octets, feature) {
			const port = await portOf();
			const {answer, end} = await exchange(port, octets);
			const codes = codesOf(answer);
			for (const code of codes) {
				feature((code * 8) + Math.min(7, codes.length));
			}

			feature(end === 'end' ? 1 : 2);
		},
		async examine() {
			const {answer} = await exchange(await portOf(), Buffer.from('GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n'));
			must(/^HTTP\/1\.1 (?:200|503) /v.test(answer.toString('latin1')), 'the next request is not answered');
		},
		async close() {
			const former = server;
			server = undefined;
			const running = await former;
			running?.close();
		},
		shrink: smallerOctets,
		encode: octets => ({octets, extension: 'http'}),
		decode: octets => octets,
	};
};
