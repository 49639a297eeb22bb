import assert from 'node:assert/strict';
import fs from 'node:fs';
import test, {type TestContext} from 'node:test';
import {jetstream, jetstreamManager} from '@nats-io/jetstream';
import {openLink, secretsOf, type Link, type LinkState, type NatsSecrets} from '../../source/nats/connection.js';
import {createInbox} from '../../source/nats/inbox.js';
import {createOutbox, type Supply} from '../../source/nats/outbox.js';
import {defaultRetention, ensureStream, sitesThere} from '../../source/nats/stream.js';
import {framesOf, streamOf} from '../../source/nats/subjects.js';
import {startBroker, withBroker} from './broker.js';
import {createAuthority, withOpenssl} from './certificates.js';

/** A link, and the next state that fits. */
const linkTo = (context: TestContext, port: number, {secrets = {}, isTls = false}: {readonly secrets?: Partial<NatsSecrets>; readonly isTls?: boolean} = {}) => {
	const states: LinkState[] = [];
	let notify = (): void => undefined;
	const link = openLink({
		target: {servers: [`${isTls ? 'localhost' : '127.0.0.1'}:${port}`], isTls, sites: ['rack1']}, secrets: {...secretsOf({}), ...secrets}, name: 'test',
		onState(state) {
			states.push(state);
			notify();
		},
	});
	context.after(async () => link.close());
	const until = async (fits: (state: LinkState) => boolean): Promise<LinkState> => {
		for (;;) {
			const found = states.find(state => fits(state));
			if (found) {
				return found;
			}

			await new Promise<void>(resolve => {
				notify = resolve;
			});
		}
	};

	return {link, until};
};

const payloads = (count: number, octets = 1000): Supply => ({
	async next(after) {
		const next = after === undefined ? 0 : Number(after) + 1;
		return next < count ? {octets: crypto.getRandomValues(new Uint8Array(octets)), preamble: 0, segment: 0, offset: next, frames: 1, position: String(next)} : undefined;
	},
	has: () => true,
});

const publish = async (link: Link, site: string, supply: Supply, onProblem: (text: string) => void = assert.ifError) => {
	await createOutbox({link, site, sensor: 'one', supply, onProblem}).ended;
};

const refused = /permissions violation/iv;

const siteConfig = fs.readFileSync(new URL('../../media/service/nats/site.conf', import.meta.url), 'utf8');
/** Users and their rights of the example, without where it listens and stores. */
const exampleUsers = siteConfig.slice(siteConfig.indexOf('authorization {'));

test('wrong credentials are told in words', withBroker, async context => {
	const broker = await startBroker(context, exampleUsers);
	const {until} = linkTo(context, broker.port, {secrets: {user: 'rack1', password: 'wrong'}});
	const {detail} = await until(({state}) => state === 'refused');
	assert.match(detail, /^the server does not accept these credentials; again in 0\.5 s$/v);
});

test('with the rights of the example a sensor publishes its own site only, and a viewer sees all and changes nothing', withBroker, async context => {
	const broker = await startBroker(context, exampleUsers);
	const rack1 = linkTo(context, broker.port, {secrets: {user: 'rack1', password: 'example-rack1'}}).link;
	assert.equal(await ensureStream(await rack1.opened, 'rack1', defaultRetention), undefined);
	await publish(rack1, 'rack1', payloads(5));
	const rack2 = linkTo(context, broker.port, {secrets: {user: 'rack2', password: 'example-rack2'}}).link;
	await ensureStream(await rack2.opened, 'rack2', defaultRetention);
	await publish(rack2, 'rack2', payloads(3));

	const {link: viewer} = linkTo(context, broker.port, {secrets: {user: 'viewer', password: 'example-viewer'}});
	assert.deepEqual(await sitesThere(await viewer.opened), ['rack1', 'rack2']);
	const {promise: five, resolve} = Promise.withResolvers<void>();
	let seen = 0;
	const inbox = createInbox({
		link: viewer, site: 'rack1', subjects: [framesOf('rack1')], from: 1, onFault: assert.ifError, onState: () => undefined,
		onDelivery() {
			seen++;
			if (seen === 5) {
				resolve();
			}
		},
	});
	await five;
	inbox.close();

	const manager = await jetstreamManager(await viewer.opened, {checkAPI: false, timeout: 20_000});
	await assert.rejects(manager.streams.purge(streamOf('rack1')), refused);
	await assert.rejects(manager.streams.delete(streamOf('rack1')), refused);
	const foreign = await jetstreamManager(await rack2.opened, {checkAPI: false, timeout: 20_000});
	await assert.rejects(foreign.jetstream().publish(framesOf('rack1'), new Uint8Array(3), {timeout: 20_000, retries: 1}), refused);
	const {state} = await manager.streams.info(streamOf('rack1'));
	assert.equal(state.messages, 5);
});

test('a stream that takes no more is told, and what waits comes through when there is room again', withBroker, async context => {
	const broker = await startBroker(context);
	const {link} = linkTo(context, broker.port);
	const connection = await link.opened;
	const manager = await jetstreamManager(connection);
	// As an administrator may have made it: full is full.
	await manager.streams.add({name: streamOf('rack1'), subjects: ['ipvstop.rack1.>'], max_msgs: 10, discard: 'new'});
	assert.equal(await ensureStream(connection, 'rack1', defaultRetention), undefined, 'taken as it is');
	const {promise: told, resolve} = Promise.withResolvers<string>();
	const whole = publish(link, 'rack1', payloads(25), resolve);
	assert.match(await told, /^the broker refuses what rack1 heard: maximum messages exceeded$/v);
	await manager.streams.update(streamOf('rack1'), {max_msgs: 100});
	await whole;
	const {state} = await manager.streams.info(streamOf('rack1'));
	assert.equal(state.messages, 25);
});

test('a certificate that nobody known signed, or that has expired, is told as what it is', withOpenssl, async context => {
	const authority = createAuthority(context);
	const tls = (certificate: string) => `tls {cert_file: ${JSON.stringify(certificate)}, key_file: ${JSON.stringify(authority.key)}}`;

	const expired = await startBroker(context, tls(authority.sign('old.pem', '20200101000000Z', '20200201000000Z')));
	const late = await linkTo(context, expired.port, {isTls: true, secrets: {ca: authority.ca}}).until(({state, detail}) => state === 'away' && detail !== '');
	assert.match(late.detail, /^the certificate of the server has expired; again in /v);

	const good = await startBroker(context, tls(authority.sign('good.pem', '20200101000000Z', '20991231000000Z')));
	const unknown = await linkTo(context, good.port, {isTls: true}).until(({state, detail}) => state === 'away' && detail !== '');
	assert.match(unknown.detail, /^nobody known signed the certificate of the server: name the authority in NATS_CA; again in /v);
	await linkTo(context, good.port, {isTls: true, secrets: {ca: authority.ca}}).until(({state}) => state === 'connected');
});

test('octets of a hostile publisher are refused by name, and bounded when they are unpacked', withBroker, async context => {
	const broker = await startBroker(context);
	const {link} = linkTo(context, broker.port);
	const connection = await link.opened;
	await ensureStream(connection, 'rack1', defaultRetention);
	const {headers} = await import('@nats-io/transport-node');
	const {zstdCompressSync} = await import('node:zlib');
	const client = jetstream(connection);
	const say = async (octets: Uint8Array, encoding: string) => {
		const about = headers();
		about.set('Content-Encoding', encoding);
		await client.publish(framesOf('rack1'), octets, {headers: about});
	};

	await say(zstdCompressSync(new Uint8Array(64 * 1024 * 1024)), 'zstd');
	await say(new Uint8Array([1, 2, 3]), 'zstd');
	await say(new Uint8Array([1, 2, 3]), 'br');
	await publish(link, 'rack1', payloads(1), () => undefined);
	const faults: string[] = [];
	const {promise: delivered, resolve} = Promise.withResolvers<number>();
	const inbox = createInbox({
		link, site: 'rack1', subjects: [framesOf('rack1')], from: 1, onState: () => undefined,
		onFault(text) {
			faults.push(text);
		},
		onDelivery({sequence}) {
			resolve(sequence);
		},
	});
	context.after(() => {
		inbox.close();
	});
	assert.equal(await delivered, 4, 'what is honest comes through after it');
	assert.equal(faults.length, 3);
	assert.match(faults[0]!, /^message 1 of rack1 is left out: it cannot be unpacked/v);
	assert.match(faults[1]!, /^message 2 of rack1 is left out: it cannot be unpacked/v);
	assert.match(faults[2]!, /^message 3 of rack1 is left out: an unknown encoding 'br'$/v);
});
