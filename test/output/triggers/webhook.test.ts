import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import {type AddressInfo} from 'node:net';
import {text} from 'node:stream/consumers';
import test, {type TestContext} from 'node:test';
import {createWebhook} from '../../../source/output/triggers/webhook.js';
import {webhookProblem} from '../../../source/output/triggers/actions.js';
import {type TriggerEvent} from '../../../source/output/triggers/run.js';

const event: TriggerEvent = {timeUs: 0, event: 'takeover', fields: {event: 'takeover'}, json: '{"event":"takeover"}\n'};
const never = new AbortController().signal;

/** Answers each request as the next of `answers` says, the last one for ever. */
const serve = async (t: TestContext, ...answers: Array<(request: IncomingMessage, response: ServerResponse) => void>) => {
	const requests: Array<{method: string | undefined; type: string | undefined; body: string}> = [];
	const server = createServer((request, response) => {
		void text(request).then(body => {
			const answer = answers[Math.min(requests.length, answers.length - 1)]!;
			requests.push({method: request.method, type: request.headers['content-type'], body});
			answer(request, response);
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.after(() => {
		server.closeAllConnections();
		server.close();
	});
	return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, requests};
};

const status = (code: number) => (request: IncomingMessage, response: ServerResponse) => {
	// The place that a redirect names would answer.
	response.writeHead(code, code < 400 ? {location: `http://${request.headers.host}/elsewhere`} : {}).end('some body');
};

/** Notes how long it would have waited. */
const waits = () => {
	const waited: number[] = [];
	return {waited, async wait(ms: number) {
		waited.push(ms);
	}};
};

test('the event is posted as JSON', async t => {
	const {url, requests} = await serve(t, status(204));
	assert.deepEqual(await createWebhook({url, timeoutMs: 5000})(event, never), {outcome: 'ok', detail: ''});
	assert.deepEqual(requests, [{method: 'POST', type: 'application/json', body: event.json}]);
});

test('a server that is overloaded is asked again, less and less often', async t => {
	const {url, requests} = await serve(t, status(503), status(429), status(200));
	const {waited, wait} = waits();
	assert.deepEqual(await createWebhook({url, timeoutMs: 5000, wait})(event, never), {outcome: 'ok', detail: ''});
	assert.equal(requests.length, 3);
	assert.deepEqual(waited, [1000, 4000]);
});

for (const code of [301, 302, 303, 307, 308, 400, 404] as const) {
	test(`an answer of ${code} will not get better, so it is asked once`, async t => {
		const {url, requests} = await serve(t, status(code));
		assert.deepEqual(await createWebhook({url, timeoutMs: 5000})(event, never), {outcome: 'failed', detail: `HTTP ${code}`});
		assert.equal(requests.length, 1);
	});
}

test('a server that refuses connections is given up after four attempts', async () => {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
	server.close();
	await once(server, 'close');
	const {waited, wait} = waits();
	assert.deepEqual(await createWebhook({url, timeoutMs: 5000, wait})(event, never), {outcome: 'failed', detail: 'ECONNREFUSED, 4 attempts'});
	assert.deepEqual(waited, [1000, 4000, 16_000]);
});

test('a server that never answers costs the time limit of each attempt', async t => {
	const {url, requests} = await serve(t, () => undefined);
	const {wait} = waits();
	assert.deepEqual(await createWebhook({url, timeoutMs: 500, wait})(event, never), {outcome: 'timeout', detail: 'after 0.5 s, 4 attempts'});
	assert.equal(requests.length, 4);
});

test('at our end a request, and the wait before the next one, end at once', async t => {
	const hanging = new AbortController();
	const {url} = await serve(t, () => {
		hanging.abort();
	});
	assert.deepEqual(await createWebhook({url, timeoutMs: 60_000})(event, hanging.signal), {outcome: 'killed', detail: ''});
	const waiting = new AbortController();
	const busy = await serve(t, (request, response) => {
		status(500)(request, response);
		setImmediate(() => {
			waiting.abort();
		});
	});
	assert.deepEqual(await createWebhook({url: busy.url, timeoutMs: 60_000})(event, waiting.signal), {outcome: 'killed', detail: ''});
});

test('only http and https are taken, and no passwords', () => {
	assert.equal(webhookProblem('https://hooks.example.org/services/T0'), undefined);
	for (const url of ['ftp://example.org', 'example.org/hook', 'file:///etc/passwd', 'https://user:secret@example.org/']) {
		assert.ok(webhookProblem(url), url);
	}
});
