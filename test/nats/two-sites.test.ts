/* The example for two sites, with real servers: where it listens and stores is changed, nothing else. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test, {type TestContext} from 'node:test';
import {jetstreamManager} from '@nats-io/jetstream';
import {openLink, secretsOf} from '../../source/nats/connection.js';
import {createInbox} from '../../source/nats/inbox.js';
import {createOutbox, type Supply} from '../../source/nats/outbox.js';
import {defaultRetention, ensureStream, sitesThere} from '../../source/nats/stream.js';
import {framesOf, streamOf} from '../../source/nats/subjects.js';
import {freePort} from '../support/program.js';
import {startBroker, type Broker} from './broker.js';
import {createAuthority, withOpenssl} from './certificates.js';

const example = (name: string): string => fs.readFileSync(new URL(`../../media/service/nats/two-sites/${name}.conf`, import.meta.url), 'utf8')
	.replace(/^listen: .*$/mv, '')
	.replace('/var/lib/nats', 'STORE');

const twoSites = async (context: TestContext) => {
	const authority = createAuthority(context);
	const certificate = authority.sign('good.pem', '20200101000000Z', '20991231000000Z');
	const leafPort = await freePort();
	const here = (text: string) => text
		.replaceAll(/"\/etc\/nats\/(?:centre|branch)\.pem"/gv, () => JSON.stringify(certificate))
		.replaceAll(/"\/etc\/nats\/(?:centre|branch)-key\.pem"/gv, () => JSON.stringify(authority.key))
		.replaceAll('"/etc/nats/ca.pem"', () => JSON.stringify(authority.ca))
		.replace('0.0.0.0:7422', () => `127.0.0.1:${leafPort}`)
		.replace('centre.example.net:7422', () => `localhost:${leafPort}`);
	const centre = await startBroker(context, here(example('centre')), {hasStore: false});
	const branch = await startBroker(context, here(example('branch')), {hasStore: false});
	const linkTo = ({port}: Broker, user: string) => {
		const link = openLink({
			target: {servers: [`localhost:${port}`], isTls: true, sites: ['rack1']}, secrets: {...secretsOf({}), ca: authority.ca, user, password: `example-${user}`}, name: 'test', onState: () => undefined,
		});
		context.after(async () => link.close());
		return link;
	};

	return {centre, branch, linkTo};
};

const numbered = (count: number): Supply => ({
	async next(after) {
		const next = after === undefined ? 0 : Number(after) + 1;
		return next < count ? {octets: new TextEncoder().encode(`frames ${next} `.repeat(100)), preamble: 0, segment: 0, offset: next, frames: 1, position: String(next)} : undefined;
	},
	has: () => true,
});

/** A leaf refuses what is asked of JetStream under the name that it gives it: who asked is left without an answer. */
const refused = /permissions violation|timeout/iv;

test('in the example for two sites, sensors publish where they are, viewers see both from either, and nobody more than that', withOpenssl, async context => {
	const {centre, branch, linkTo} = await twoSites(context);
	const publish = async (broker: Broker, site: string, count: number) => {
		const link = linkTo(broker, site);
		const connection = await link.opened;
		// The leaf may still be on its way to the centre.
		while (await ensureStream(connection, site, defaultRetention) !== undefined) {
			await new Promise(resolve => {
				setTimeout(resolve, 50);
			});
		}

		await createOutbox({link, site, sensor: site, supply: numbered(count), onProblem: assert.ifError}).ended;
		return connection;
	};

	await publish(centre, 'rack1', 30);
	const rack2 = await publish(branch, 'rack2', 40);

	for (const broker of [centre, branch]) {
		const viewer = linkTo(broker, 'viewer');
		const connection = await viewer.opened;
		assert.deepEqual(await sitesThere(connection), ['rack1', 'rack2']);
		for (const [site, count] of [['rack1', 30], ['rack2', 40]] as const) {
			const {promise: all, resolve} = Promise.withResolvers<void>();
			const seen: number[] = [];
			const inbox = createInbox({
				link: viewer, site, subjects: [framesOf(site)], from: 1, onFault: assert.ifError, onState: () => undefined,
				onDelivery({octets}) {
					seen.push(Number(/\d+/v.exec(new TextDecoder().decode(octets))![0]));
					if (seen.length === count) {
						resolve();
					}
				},
			});
			await all;
			inbox.close();
			assert.deepEqual(seen, Array.from({length: count}, (_, index) => index));
		}

		const manager = await jetstreamManager(connection, {checkAPI: false, timeout: 1000});
		await assert.rejects(manager.streams.purge(streamOf('rack1')), refused);
		await assert.rejects(manager.jetstream().publish(framesOf('rack1'), new Uint8Array(3), {timeout: 1000, retries: 1}), refused);
	}

	// Nor does a sensor, or the server of the other site itself, whatever its users are.
	for (const connection of [rack2, await linkTo(centre, 'branch').opened]) {
		const manager = await jetstreamManager(connection, {checkAPI: false, timeout: 1000});
		await assert.rejects(manager.jetstream().publish(framesOf('rack1'), new Uint8Array(3), {timeout: 1000, retries: 1}), refused);
		await assert.rejects(manager.streams.delete(streamOf('rack1')), refused);
	}

	const manager = await jetstreamManager(await linkTo(centre, 'viewer').opened, {checkAPI: false});
	for (const [site, count] of [['rack1', 30], ['rack2', 40]] as const) {
		const {state} = await manager.streams.info(streamOf(site));
		assert.equal(state.messages, count, site);
	}
});

test('a cut between the two sites loses nothing of what the second heard meanwhile', withOpenssl, async context => {
	const {centre, branch, linkTo} = await twoSites(context);
	const link = linkTo(branch, 'rack2');
	const connection = await link.opened;
	while (await ensureStream(connection, 'rack2', defaultRetention) !== undefined) {
		await new Promise(resolve => {
			setTimeout(resolve, 50);
		});
	}

	const count = 300;
	let isCut = false;
	const base = numbered(count);
	await createOutbox({
		link, site: 'rack2', sensor: 'one', onProblem: () => undefined,
		supply: {
			...base,
			async next(after, most) {
				if (after === '99' && !isCut) {
					isCut = true;
					await centre.stop('SIGKILL');
					void centre.start();
				}

				return base.next(after, most);
			},
		},
	}).ended;
	const viewer = linkTo(centre, 'viewer');
	await viewer.connected();
	const {promise: all, resolve} = Promise.withResolvers<void>();
	const seen: number[] = [];
	const inbox = createInbox({
		link: viewer, site: 'rack2', subjects: [framesOf('rack2')], from: 1, onFault: assert.ifError, onState: () => undefined,
		onDelivery({octets}) {
			seen.push(Number(/\d+/v.exec(new TextDecoder().decode(octets))![0]));
			if (seen.at(-1) === count - 1) {
				resolve();
			}
		},
	});
	await all;
	inbox.close();
	assert.deepEqual(seen, Array.from({length: count}, (_, index) => index));
});
