import assert from 'node:assert/strict';
import test, {type TestContext} from 'node:test';
import {openLink, secretsOf, type LinkState} from '../../source/nats/connection.js';
import {createInbox} from '../../source/nats/inbox.js';
import {createOutbox, type Supply} from '../../source/nats/outbox.js';
import {defaultRetention, ensureStream} from '../../source/nats/stream.js';
import {framesOf} from '../../source/nats/subjects.js';
import {withBroker, startBroker, type Broker} from './broker.js';

const total = 400;

/** Numbered payloads, given out one by one as fast as they are asked for. */
const numbered = (count: number, before: (next: number) => Promise<void> = async () => undefined): Supply => ({
	async next(after) {
		const next = after === undefined ? 0 : Number(after) + 1;
		await before(next);
		return next < count ? {octets: new TextEncoder().encode(`frames ${next} `.repeat(200)), preamble: 0, segment: 0, offset: next, frames: 1, position: String(next)} : undefined;
	},
	has: () => true,
});

const linkTo = (context: TestContext, {port}: Broker, onState: (state: LinkState) => void = () => undefined) => {
	const link = openLink({target: {servers: [`127.0.0.1:${port}`], isTls: false, sites: ['rack1']}, secrets: secretsOf({}), name: 'test', onState});
	context.after(async () => link.close());
	return link;
};

/** Collects what is delivered until the last has come. */
const collect = (context: TestContext, broker: Broker, count: number) => {
	const seen: number[] = [];
	const {promise, resolve} = Promise.withResolvers<void>();
	const link = linkTo(context, broker);
	const inbox = createInbox({
		link, site: 'rack1', subjects: [framesOf('rack1')], from: 1,
		onDelivery({octets}) {
			seen.push(Number(/\d+/v.exec(new TextDecoder().decode(octets))![0]));
			if (seen.at(-1) === count - 1) {
				resolve();
			}
		},
		onFault(text) {
			assert.fail(text);
		},
		onState: () => undefined,
	});
	context.after(() => {
		inbox.close();
	});
	return {seen, all: promise};
};

const unexpected = (text: string) => {
	assert.fail(text);
};

const order = Array.from({length: total}, (_, index) => index);

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
	test(`a broker that ends by ${signal} and comes back loses, doubles and disorders nothing, for a viewer that was there and for one that comes late`, withBroker, async context => {
		const broker = await startBroker(context);
		const link = linkTo(context, broker);
		assert.equal(await ensureStream(await link.opened, 'rack1', defaultRetention), undefined);
		const early = collect(context, broker, total);
		const problems: string[] = [];
		const outbox = createOutbox({
			link, site: 'rack1', sensor: 'one',
			supply: numbered(total, async next => {
				if (next === 100 || next === 250) {
					await broker.stop(signal);
					// The supply goes on at once: the outbox has to wait for the broker by itself.
					void broker.start();
				}
			}),
			onProblem(text) {
				problems.push(text);
			},
		});
		await outbox.ended;
		assert.equal(outbox.counts.messages, total);
		await early.all;
		assert.deepEqual(early.seen, order);
		const late = collect(context, broker, total);
		await late.all;
		assert.deepEqual(late.seen, order);
		assert.deepEqual(problems, []);
	});
}

test('a sensor that starts again goes on where the broker has got to', withBroker, async context => {
	const broker = await startBroker(context);
	const first = linkTo(context, broker);
	await ensureStream(await first.opened, 'rack1', defaultRetention);
	await createOutbox({link: first, site: 'rack1', sensor: 'one', supply: numbered(150), onProblem: unexpected}).ended;
	await first.close();
	const asked: number[] = [];
	const second = createOutbox({
		link: linkTo(context, broker), site: 'rack1', sensor: 'two', onProblem: unexpected,
		supply: numbered(total, async next => {
			asked.push(next);
		}),
	});
	await second.ended;
	assert.equal(asked[0], 150);
	const viewer = collect(context, broker, total);
	await viewer.all;
	assert.deepEqual(viewer.seen, order);
});

test('two sensors of one name are told of each other', withBroker, async context => {
	const broker = await startBroker(context);
	const link = linkTo(context, broker);
	await ensureStream(await link.opened, 'rack1', defaultRetention);
	const {promise: told, resolve: tell} = Promise.withResolvers<string>();
	let other: Promise<void> | undefined;
	const mine = createOutbox({
		link, site: 'rack1', sensor: 'one', onProblem: tell,
		supply: numbered(20, async next => {
			if (next === 10) {
				other ??= createOutbox({link: linkTo(context, broker), site: 'rack1', sensor: 'two', supply: {...numbered(12), has: () => true}, onProblem: tell}).ended;
				await other;
			}
		}),
	});
	void mine.ended;
	assert.match(await told, /another sensor publishes as rack1: give each its own name/v);
});
