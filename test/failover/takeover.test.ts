import assert from 'node:assert/strict';
import {test} from 'node:test';
import {addressOf, closing, createCrashScene, createScene, dirA, dirB, dirC, session, sessions} from './scene.js';

const [a, b] = [addressOf(dirA), addressOf(dirB)];

test('a master that falls silent and a backup that advertises are one takeover, told at the first advert', () => {
	const scene = createCrashScene();
	scene.adverts(33.6, 36.6, dirB);
	const [event, ...more] = scene.events('takeover');
	assert.equal(more.length, 0);
	assert.deepEqual([event!['kind'], event!['from'], event!['to'], event!['held'], event!['sent'], event!['own'], event!['known'], event!['ownKept'], event!['failBack']],
		['crash', a, b, 10, 10, 0, 10, 'none', false]);
	assert.equal(event!.seconds, 33.6);
	assert.ok(Math.abs((event!['gap'] as number) - 3.6) < 0.001);
});

test('a resignation makes it a planned takeover', () => {
	const scene = createCrashScene();
	scene.advert(30.5, dirA, 0);
	scene.advert(31.1, dirB);
	assert.equal(scene.takeover().kind, 'planned');
	assert.equal(scene.takeover().gapUs, 600_000);
	assert.equal(scene.takeover().fromPriority, 0);
});

test('a message of the backup that comes before its advert triggers the takeover, and the advert is added', () => {
	const scene = createCrashScene();
	scene.sync(34, dirB, [session(20)]);
	assert.equal(scene.takeover().kind, 'crash');
	assert.equal(scene.takeover().advertUs, 0);
	scene.advert(34.4, dirB);
	assert.equal(scene.events('takeover').length, 1);
	assert.equal(scene.takeover().advertUs - scene.takeover().messageUs, 400_000);
});

test('the first master after listening began is no takeover, nor is the election of two that start together', () => {
	const scene = createScene();
	scene.join(0, dirA);
	scene.join(0.2, dirB);
	scene.advert(3, dirB);
	scene.adverts(3.9, 20, dirA);
	assert.deepEqual(scene.events('takeover'), []);
	assert.equal(scene.directors()[scene.pair().master]!.address, a);
});

test('one overlapping advert is no split brain; two masters are, told once, until one is left', () => {
	const scene = createCrashScene();
	scene.advert(31, dirB);
	scene.advert(31.2, dirA);
	scene.adverts(32.2, 34.2, dirA);
	assert.deepEqual(scene.events('split-brain'), []);
	scene.adverts(35, 35, dirB);
	for (let seconds = 35.2; seconds < 60; seconds++) {
		scene.advert(seconds, dirA);
		scene.advert(seconds + 0.8, dirB);
	}

	assert.equal(scene.events('split-brain').length, 1);
	assert.deepEqual(scene.events('split-brain')[0]!['directors'], [a, b]);
	assert.deepEqual(scene.events('takeover'), []);
	assert.equal(scene.pair().splitBrain?.endUs, 0);
	scene.adverts(60.2, 70.2, dirA);
	const [end] = scene.events('split-brain-end');
	assert.equal(end!['winner'], a);
	assert.deepEqual(scene.events('takeover'), []);
});

test('in a split brain the sessions that one side alone announced are counted', () => {
	const scene = createCrashScene();
	for (let seconds = 31; seconds < 50; seconds++) {
		scene.advert(seconds, dirA);
		scene.advert(seconds + 0.4, dirB);
	}

	scene.sync(50, dirB, sessions(30, 33), 50_000);
	scene.wait(52);
	const split = scene.pair().splitBrain!;
	assert.equal(split.onlyBy[split.directors.indexOf(scene.directors().findIndex(({address}) => address === b))], 4);
});

test('without adverts the sender alone decides, once the former one stays silent', () => {
	const scene = createScene();
	scene.sync(0, dirA, sessions(1, 10));
	scene.sync(10, dirA, sessions(1, 2));
	scene.sync(20, dirB, [session(20)], 50_000);
	scene.wait(23);
	assert.deepEqual(scene.events('takeover'), []);
	scene.wait(27);
	const takeover = scene.takeover();
	assert.deepEqual([takeover.kind, takeover.coverage.held, takeover.coverage.sent, takeover.listeningEvidence], ['sync', 10, 10, 'assumed']);
});

test('without adverts two senders in turn are active/active, not one takeover after another', () => {
	const scene = createScene();
	for (let seconds = 0; seconds < 60; seconds += 4) {
		scene.sync(seconds, dirA, [session(1)]);
		scene.sync(seconds + 2, dirB, [session(2)], 50_000);
	}

	assert.deepEqual(scene.events('takeover'), []);
	assert.equal(scene.pair().activeActive, true);
	assert.deepEqual(scene.events('split-brain'), []);
});

test('the same sessions announced by two in turn are a split brain of sync', () => {
	const scene = createScene();
	for (let seconds = 0; seconds < 40; seconds += 4) {
		scene.sync(seconds, dirA, [session(1)]);
		scene.sync(seconds + 2, dirB, [session(1)], 50_000);
	}

	assert.equal(scene.events('split-brain').length, 1);
	assert.equal(scene.events('split-brain')[0]!['by'], 'sync');
});

test('a sender of the same sync id without adverts or joins is a stranger: shown apart, no reason for an alarm', () => {
	const scene = createCrashScene();
	scene.sync(30.5, dirC, [session(1, {state: 4})], 60_000);
	scene.adverts(31, 40, dirA);
	assert.deepEqual(scene.events('takeover'), []);
	assert.deepEqual(scene.pair().warnings.map(({kind}) => kind), ['stranger']);
	assert.equal(scene.pair().directors.length, 2);
});

test('sync of a master whose adverts stopped is said to go on', () => {
	const scene = createCrashScene();
	scene.sync(32.8, dirA, [session(1)]);
	scene.advert(33.6, dirB);
	assert.match(scene.takeover().evidence.join(','), /sync of 10\.255\.0\.2 goes on/v);
	scene.sync(34.5, dirA, [session(2)]);
	assert.ok(scene.takeover().fromSyncUs > scene.takeover().atUs);
	assert.ok(scene.pair().warnings.some(({kind}) => kind === 'sync-goes-on'));
});

test('sessions heard from the new master count as heard, those that the old one still announces do not', () => {
	const scene = createCrashScene();
	scene.adverts(33.6, 34.6, dirB);
	scene.sync(35, dirA, [session(1)]);
	scene.sync(35.5, dirB, [session(2), session(3, closing), session(11)], 50_000);
	scene.wait(38);
	assert.deepEqual(scene.takeover().accounting, {heard: 1, closed: 1, ranout: 0, moved: 0, waiting: 8, overdue: 0});
});

test('the account of a takeover sums to what was held, to the end', () => {
	const scene = createCrashScene();
	scene.advert(33.6, dirB);
	scene.sync(35, dirB, [session(2), session(3, closing), session(4, {daddr: Int32Array.of(0x0a_09_00_0c, 0, 0, 0)})], 50_000);
	scene.adverts(34.6, 1000.6, dirB);
	const {accounting, coverage, settled} = scene.takeover();
	assert.deepEqual(accounting, {heard: 0, closed: 1, ranout: 8, moved: 1, waiting: 0, overdue: 0});
	assert.equal(Object.values(accounting).reduce((sum, count) => sum + count, 0), coverage.held);
	assert.equal(settled, false);
	const told = scene.events('takeover-account').map(event => event['heard']);
	assert.deepEqual(told, [1, 1, 1, 1]);
});

test('a session is overdue when it is silent for longer than its own rhythm needs, and never without one', () => {
	const scene = createScene();
	scene.advert(0, dirA);
	scene.join(1, dirB);
	for (let seconds = 1; seconds <= 100; seconds++) {
		scene.advert(seconds, dirA);
		if (seconds % 10 === 0) {
			scene.sync(seconds + 0.1, dirA, [session(1)]);
		}

		if (seconds % 40 === 0) {
			scene.sync(seconds + 0.2, dirA, [session(2)]);
		}
	}

	scene.sync(100.5, dirA, [session(3)]);
	scene.adverts(103.6, 140.6, dirB);
	assert.equal(scene.verdicts().get(1)!.account, 'overdue');
	assert.deepEqual([scene.verdicts().get(2)!.account, scene.verdicts().get(3)!.account], ['waiting', 'waiting']);
	scene.adverts(141.6, 200.6, dirB);
	assert.deepEqual([scene.verdicts().get(2)!.account, scene.verdicts().get(3)!.account], ['overdue', 'waiting']);
});

test('lost messages of the old master are part of the verdict', () => {
	const scene = createScene();
	scene.advert(0, dirA);
	scene.join(1, dirB);
	scene.sync(2, dirA, [session(1)]);
	scene.sync(5, dirA, [session(2)], 40_000, 3);
	scene.adverts(2, 30, dirA);
	scene.advert(33.6, dirB);
	assert.equal(scene.takeover().lostMessages, 3);
	assert.equal(scene.events('wire-loss')[0]!['lost'], 3);
});

test('one advert of the former master, replayed, is no takeover; two are, since the first', () => {
	const scene = createCrashScene();
	scene.adverts(33.6, 36.6, dirB);
	scene.advert(37, dirA);
	scene.adverts(37.6, 59.6, dirB);
	assert.equal(scene.events('takeover').length, 1);
	scene.advert(60, dirA);
	scene.advert(60.6, dirB);
	scene.advert(61, dirA);
	const [, {at, seconds}] = scene.events('takeover') as [unknown, {at: string; seconds: number}];
	assert.equal(seconds, 61);
	assert.match(at, /:00Z$|:00\.\d+Z$/v, 'since its first advert');
});

test('a master that advertises on after a priority of 0 never resigned: what is known of its kernel stands', () => {
	const scene = createCrashScene();
	scene.adverts(33.6, 103.6, dirB);
	scene.restartKeepalived(dirA);
	scene.interfaceUp(98, dirA);
	scene.join(100, dirA);
	scene.preempt(104, dirA);
	scene.advert(104.5, dirA, 0);
	scene.adverts(105, 108, dirA);
	scene.sync(107, dirA, sessions(20, 20), 41_000);
	assert.equal(scene.takeover().ownKept, 'no');
	assert.equal(scene.events('takeover').length, 2);
});
