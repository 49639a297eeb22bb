/*
The short form of the grading: what the one line says ten seconds after each takeover, against what the clients of that run suffered.
*/
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {entryRank, isEstablishedRank} from '../../source/table/entry.js';
import {createEntryVerdicts} from '../../source/verdict/fate.js';
import {capturePath} from '../support/captures.js';
import {runCapture} from './desk-run.js';
import {grade, readExpected, readKeptOutcome} from './grading.js';

type Expected = {
	/** Kinds of the takeovers and whether the new master's own word counted. */
	readonly takeovers: ReadonlyArray<readonly [kind: string, ownKept: string]>;
	/** When the timeline says that it happened, in seconds, and how long a backup of priority 100 then waits. */
	readonly cause?: readonly [seconds: number, delay: number];
};

const skew = 156 / 256;
const masterDown = 3 + skew;

const runs: Readonly<Record<string, Expected>> = {
	'failover-preempt': {takeovers: [['crash', 'none'], ['preempt', 'no']], cause: [1_795_373_656.814, masterDown]},
	'failover-reboot': {takeovers: [['planned', 'none'], ['preempt', 'no']], cause: [1_795_373_976.796, skew]},
	'failover-kill9': {takeovers: [['crash', 'none'], ['preempt', 'yes']], cause: [1_795_371_758.907, masterDown]},
	'failover-linkloss': {takeovers: [['crash', 'none'], ['preempt', 'yes']], cause: [1_795_373_581.738, masterDown]},
	splitbrain: {takeovers: []},
};

for (const [name, {takeovers, cause}] of Object.entries(runs)) {
	test(`${name}: told in time, and the line foretells what the clients suffered`, async () => {
		const run = await runCapture(capturePath(`${name}.pcap`));
		assert.deepEqual(run.takeovers.map(({takeover: {kind, ownKept}}) => [kind, ownKept]), takeovers);
		if (cause) {
			const difference = (run.takeovers[0]!.takeover.atUs / 1e6) - cause[0] - cause[1];
			assert.ok(Math.abs(difference) <= 1, `${difference} s off`);
		}

		const outcome = readKeptOutcome(capturePath(`${name}.outcome.json`));
		assert.deepEqual(
			grade(run.takeovers, outcome).filter(({mark}) => mark !== 'right').map(({read, suffered}) => `${read.verdict.line}: ${suffered}`),
			[],
		);
	});
}

test('the killed keepalived of a run is told from its sync that goes on', async () => {
	const {takeovers} = await runCapture(capturePath('failover-kill9.pcap'));
	assert.match(takeovers[0]!.verdict.sentences.join(' '), /its sync went on .* keepalived on A is dead or its adverts are blocked/v);
});

test('a split brain is told once, from its beginning to its end, and is no takeover', async () => {
	const {events, failover} = await runCapture(capturePath('splitbrain.pcap'));
	const told = events.filter(({event}) => event === 'split-brain' || event === 'split-brain-end');
	assert.deepEqual(told.map(({event}) => event), ['split-brain', 'split-brain-end']);
	// Dropped from 1795373243.3 to 1795373315.6; the backup waits 3.6 s, and is silent from the first advert that it hears.
	const {sinceUs, endUs} = failover.pairs[0]!.splitBrain!;
	assert.ok(Math.abs((sinceUs / 1e6) - 1_795_373_243.3 - masterDown) < 1);
	assert.ok(endUs / 1e6 > 1_795_373_315.6 && endUs / 1e6 < 1_795_373_323);
	assert.equal(failover.pairs[0]!.splitBrain!.winner, failover.pairs[0]!.master);
});

test('the grade reads the line alone', () => {
	assert.equal(readExpected('!BACK B>A 14:02:01.8: A knows 13 of 260 open (5%), expect 247 RESETS'), 247);
	assert.equal(readExpected('!BACK B>A 14:02:01.8: A knows 257 of 257, likely KEPT; if rebooted 254 RESETS'), 0);
	assert.equal(readExpected('!BACK B>A 14:02:01.8: A knows 13 of 260 open (5%), expect 247+ RESETS'), 247);
	assert.equal(readExpected('!SENDER A>B 14:02:01.8 gap 3.6s: CANNOT TELL what B knows of 9 open'), undefined);
});

test('with less to hear nothing is said with more confidence than it deserves', async t => {
	const ways = {'sync alone': {only: 'sync'}, 'no group reports': {only: 'no-reports'}, 'listening since a minute': {skipSeconds: 60}, 'listening since the first takeover': {skipSeconds: 130}} as const;
	for (const [way, options] of Object.entries(ways)) {
		for (const name of Object.keys(runs).filter(one => one !== 'splitbrain')) {
			await t.test(`${name}, ${way}`, async () => {
				const {takeovers} = await runCapture(capturePath(`${name}.pcap`), options);
				assert.ok(takeovers.length > 0);
				const grades = grade(takeovers, readKeptOutcome(capturePath(`${name}.outcome.json`)));
				assert.deepEqual(grades.filter(({mark}) => mark === 'WRONG').map(({read}) => read.verdict.line), []);
			});
		}
	}
});

test('rows are marked as unknown to the new master only while the verdict says that some are, also where its own words showed it later', async t => {
	for (const [name, only] of [['failover-graceful', 'sync'], ['failover-kill9', 'sync'], ['failover-linkloss', 'no-reports'], ['failover-preempt', undefined]] as const) {
		await t.test(`${name}, ${only ?? 'all of it'}`, async () => {
			const {failover, test: {view}} = await runCapture(capturePath(`${name}.pcap`), only && {only});
			const {coverage: {held, known}} = failover.pairs[0]!.takeovers.at(-1)!;
			const verdicts = createEntryVerdicts(view.arrays, () => failover, () => view.now());
			let unknown = 0;
			view.each((words, at) => {
				unknown += verdicts.mark(words, at) === 'unknown' && isEstablishedRank(entryRank(words, at)) ? 1 : 0;
			});
			assert.equal(unknown > 0, known < held, `${unknown} rows, ${known} of ${held}`);
		});
	}
});
