/*
Captures of real kernels told as their timelines have them: which takeovers, when, of which kind, and what the new master's own kernel held.
*/
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {entryMark, entryMarks, entryRank, entryWords, isEstablishedRank} from '../../source/table/entry.js';
import {capturePath, cutVariant, linkVariants, runs} from '../support/captures.js';
import {sessionsOf} from '../support/session.js';
import {kernelKey, readTruth} from '../support/truth.js';
import {runCapture} from './desk-run.js';

type Told = {
	readonly kind: string;
	/** From and to, as the truth file calls them. */
	readonly who: readonly [string, string];
	/** What the timeline says, in seconds, and how long a backup needs from there to its first advert. */
	readonly causeSeconds: number;
	readonly delaySeconds: number;
};

/** RFC 3768 6.1, with an interval of 1 s: a backup waits three intervals and its skew, or the skew alone after priority 0. */
const skew = (priority: number): number => (256 - priority) / 256;
const masterDown = (priority: number): number => 3 + skew(priority);
/** From the start of keepalived to its joins, as seen. */
const startSeconds = 0.9;

const told: Readonly<Record<string, readonly Told[]>> = {
	'failover-graceful.pcap': [
		{kind: 'planned', who: ['lb1', 'lb2'], causeSeconds: 1_795_361_895.997, delaySeconds: skew(100)},
		{kind: 'preempt', who: ['lb2', 'lb1'], causeSeconds: 1_795_361_947.662, delaySeconds: startSeconds + masterDown(150)},
	],
	'failover-nopreempt.pcap': [
		{kind: 'crash', who: ['lb1', 'lb2'], causeSeconds: 1_795_361_602.08, delaySeconds: masterDown(100)},
	],
	'persistence.pcap': [
		{kind: 'planned', who: ['lb1', 'lb2'], causeSeconds: 1_795_362_538.4, delaySeconds: skew(100)},
	],
	// The adverts of its IPv6 instance come every half second.
	'ipv6-short.pcap': [
		{kind: 'planned', who: ['lb1', 'lb2'], causeSeconds: 1_795_362_474.4, delaySeconds: skew(100) / 2},
	],
};

const all = [...runs, ...linkVariants, cutVariant];

test('each takeover of the timelines is told once, within a second, with its kind; and there is no other alarm', async t => {
	for (const {file, addresses} of all) {
		await t.test(file, async () => {
			const run = await runCapture(capturePath(file));
			const alarms = run.events.filter(({event}) => event === 'takeover' || event === 'split-brain' || event === 'silent');
			assert.deepEqual(
				alarms.map(({event, kind, from, to}) => [event, kind, from, to]),
				(told[file] ?? []).map(({kind, who}) => ['takeover', kind, addresses[who[0]], addresses[who[1]]]),
			);
			for (const [index, {causeSeconds, delaySeconds}] of (told[file] ?? []).entries()) {
				const difference = (run.takeovers[index]!.takeover.atUs / 1e6) - causeSeconds - delaySeconds;
				assert.ok(Math.abs(difference) <= 1, `${difference} s off`);
			}
		});
	}
});

test('virtual routers of IPv4 and IPv6 that move together are one takeover', async () => {
	const {takeovers} = await runCapture(capturePath('ipv6-short.pcap'));
	const [read, ...more] = takeovers;
	assert.deepEqual(read!.takeover.vrids, [61, 51]);
	assert.equal(more.length, 0);
	assert.equal(read!.pair.directors.length, 2);
});

/** Sessions that a poll cannot show yet, or not any more: heard within this before the takeover. */
const pollUs = 2_500_000;

test('what a new master is said to know is what its kernel held', async t => {
	for (const {file, truth, addresses} of runs.filter(one => told[one.file])) {
		await t.test(file, async () => {
			const {takeovers} = await runCapture(capturePath(file));
			const polls = await readTruth(truth);
			let next = 0;
			await runCapture(capturePath(file), {
				momentsUs: takeovers.map(({takeover}) => takeover.atUs),
				stop(momentUs, {view}) {
					const {takeover, to} = takeovers[next++]!;
					const name = Object.keys(addresses).find(one => addresses[one] === to.address)!;
					const poll = polls.findLast(({director, endUs}) => director === name && endUs <= momentUs)!;
					assert.ok(momentUs - poll.startUs <= pollUs, 'a poll just before');
					const held = new Set(poll.rows.filter(({proto, state}) => (proto === 'TCP' || proto === 'SCTP') && state === 'ESTABLISHED').map(row => kernelKey(row)));
					const wrong: string[] = [];
					let known = 0;
					for (const [key, {connection}] of sessionsOf(view)) {
						const at = connection.slot * entryWords;
						const {entries} = view.arrays;
						const marks = entryMarks(entries, at);
						if ((marks & entryMark.held) === 0 || !isEstablishedRank(entryRank(entries, at))) {
							continue;
						}

						const isKnown = (marks & entryMark.unknown) === 0;
						known += isKnown ? 1 : 0;
						if (isKnown !== held.has(key) && connection.lastUs < poll.startUs) {
							wrong.push(`${key} ${isKnown ? 'known' : 'unknown'} ${held.has(key) ? 'held' : 'not held'}`);
						}
					}

					assert.deepEqual(wrong, []);
					assert.equal(known, takeover.coverage.known);
				},
			});
			assert.equal(next, takeovers.length);
		});
	}
});

test('a capture of the sync messages alone is told as a change of the sender, cause unknown', async () => {
	const {events, takeovers} = await runCapture(capturePath('failover-nopreempt.pcap'), {only: 'sync'});
	assert.deepEqual(events.filter(({event}) => event === 'takeover').map(({kind, held, known}) => [kind, held, known]), [['sync', 220, 220]]);
	assert.match(takeovers[0]!.verdict.sentences[0]!, /cause unknown/v);
	assert.deepEqual(events.filter(({event}) => event === 'split-brain'), []);
});
