/* Two masters at once, and a master that listens as well: nothing is foretold that cannot be known. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {roleOf} from '../../source/verdict/director-role.js';
import {capture} from '../support/program.js';
import {runCapture} from './desk-run.js';
import {addressOf, createCrashScene, createScene, dirA, dirB, sessions, type Scene} from './scene.js';

const us = 1_000_000;

const splitScene = (): Scene => {
	const scene = createCrashScene();
	scene.leave(30.5, dirB);
	for (let seconds = 31; seconds < 50; seconds++) {
		scene.advert(seconds, dirA);
		scene.advert(seconds + 0.4, dirB);
	}

	return scene;
};

const director = (scene: Scene, address: string) => scene.directors().find(one => one.address === address)!;

test('while two are master there is no forecast and no fate, though one of them joins the group already', () => {
	const scene = splitScene();
	assert.equal(scene.pair().splitBrain!.endUs, 0);
	scene.join(50, dirB);
	assert.ok(director(scene, addressOf(dirB)).listeningSinceUs > 0);
	assert.deepEqual(scene.pair().forecasts, []);
	assert.deepEqual([...scene.verdicts().values()].map(({fate}) => fate).filter(fate => fate !== 'unknown'), []);
	assert.deepEqual(scene.pair().warnings.map(({kind}) => kind).filter(kind => kind === 'no-listener'), []);
});

test('when one is left the forecast is back', () => {
	const scene = splitScene();
	scene.join(50, dirB);
	scene.adverts(50, 60, dirA);
	assert.ok(scene.pair().splitBrain!.endUs > 0);
	assert.deepEqual(scene.pair().forecasts.map(({director: index}) => scene.directors()[index]!.address), [addressOf(dirB)]);
	assert.equal(scene.verdicts().get(1)!.fate === 'unknown', false);
});

test('a session that the other one announced or was sent before is not known to one side alone', () => {
	const scene = splitScene();
	scene.sync(50, dirB, [...sessions(1, 4), ...sessions(30, 31)], 50_000);
	scene.sync(50.5, dirA, sessions(40, 42));
	scene.wait(52);
	const {directors, onlyBy} = scene.pair().splitBrain!;
	assert.deepEqual(new Map(directors.map((index, place) => [scene.directors()[index]!.address, onlyBy[place]])), new Map([[addressOf(dirA), 3], [addressOf(dirB), 2]]));
});

test('who advertises beside the master is called a master from its first advert on, not gone', () => {
	const scene = createCrashScene();
	scene.leave(30.1, dirB);
	scene.advert(30.2, dirB);
	assert.equal(scene.events('split-brain').length, 0);
	const rival = director(scene, addressOf(dirB));
	assert.equal(roleOf(rival, rival.lastAdvertUs).role, 'MASTER');
	assert.equal(roleOf(rival, rival.lastAdvertUs + (10 * us)).role, 'GONE');
});

test('a master that listens as well is not its own successor', () => {
	const scene = createScene();
	scene.advert(0, dirA);
	scene.join(1, dirB);
	scene.join(2, dirA);
	scene.adverts(1, 4, dirA);
	scene.sync(5, dirA, sessions(1, 10));
	scene.adverts(5, 8, dirA);
	assert.ok(director(scene, addressOf(dirA)).listeningSinceUs > 0);
	assert.deepEqual(scene.pair().forecasts.map(({director: index, coverage: {known, held}}) => [scene.directors()[index]!.address, known, held]), [[addressOf(dirB), 10, 10]]);
	scene.leave(9, dirB);
	assert.deepEqual(scene.pair().forecasts, []);
	// Joins are seen here: a master that died now would leave nobody who knows it.
	assert.equal(scene.verdicts().get(1)!.fate, 'risk');
	assert.deepEqual(scene.pair().warnings.map(({kind}) => kind), ['no-listener']);
});

const beginsUs = {'failover-preempt': 1_795_373_566, 'failover-reboot': 1_795_373_860, 'failover-kill9': 1_795_371_671, 'failover-linkloss': 1_795_373_490, 'failover-graceful': 1_795_361_824, splitbrain: 1_795_373_185} as const;
const stepUs = us / 5;

for (const [name, beginSeconds] of Object.entries(beginsUs)) {
	test(`in ${name} two are called master at once ${name === 'splitbrain' ? 'from the beginning of the split brain to its end' : 'at no moment'}`, async () => {
		const moments: number[] = [];
		const run = await runCapture(capture(`${name}.pcap`), {
			momentsUs: Array.from({length: 1800}, (_, index) => (beginSeconds * us) + (index * stepUs)),
			stop(momentUs, {engine}) {
				if (engine.directors.all().filter(one => roleOf(one, momentUs).role === 'MASTER').length > 1) {
					moments.push(momentUs);
				}
			},
		});
		const split = run.failover.pairs[0]!.splitBrain;
		if (!split) {
			assert.ok(run.takeovers.length > 1 && run.takeovers.every(({takeover: {atUs}}) => atUs > beginSeconds * us && atUs < (beginSeconds * us) + (1800 * stepUs)));
			assert.deepEqual(moments, []);
			return;
		}

		assert.ok(moments[0]! - split.sinceUs < stepUs && moments[0]! >= split.sinceUs, 'from the first advert of the second one');
		// The one that gave way is silent for some intervals before it is certain.
		assert.ok(moments.at(-1)! <= split.endUs);
		assert.ok(moments.length > (split.endUs - split.sinceUs) / stepUs * 0.9);
	});
}
