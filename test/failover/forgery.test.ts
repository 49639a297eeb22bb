/* What nobody but a forger said must not become a takeover that worked. The variants of field runs (variants.ts) have the forged adverts, claims and joins beside real takeovers. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {addressOf, createScene, dirA, dirB, sessions, type Scene} from './scene.js';

/** A announces sessions every three seconds, B listens; no adverts are heard. */
const createQuietPair = (): Scene => {
	const scene = createScene();
	scene.join(0, dirA);
	scene.join(1, dirB);
	for (let seconds = 2; seconds <= 20; seconds += 3) {
		scene.sync(seconds, dirA, sessions(1, 10));
	}

	return scene;
};

test('a single claim in the backup\'s own name is told with both numbers, and taken back when the master goes on announcing', () => {
	const scene = createQuietPair();
	scene.claim(21, dirB);
	const [told, ...more] = scene.events('takeover');
	assert.deepEqual([told!['from'], told!['to'], told!['expected'], more.length], [addressOf(dirA), addressOf(dirB), {resets: 0, otherwise: 10, sureness: 'either'}, 0]);
	scene.sync(23, dirA, sessions(1, 10));
	assert.equal(scene.pair().takeovers.length, 1, 'what it had buffered says nothing');
	scene.sync(26, dirA, sessions(1, 10));
	scene.wait(40);
	assert.deepEqual(scene.pair().takeovers, []);
	assert.equal(scene.directors()[scene.pair().master]!.address, addressOf(dirA));
	const [conflict] = scene.events('vip-conflict');
	assert.deepEqual([conflict!['director'], conflict!['master']], [addressOf(dirB), addressOf(dirA)]);
	assert.match(String(conflict!['evidence']), /no takeover/v);
	assert.equal(scene.events('takeover').length, 1, 'and nothing is told of a way back');
});

test('a claim that is repeated, or that messages follow, stays a takeover', () => {
	for (const follow of [(scene: Scene) => {
		scene.claim(21.5, dirB);
	}, (scene: Scene) => {
		scene.sync(23, dirB, sessions(1, 2), 50_000);
	}]) {
		const scene = createQuietPair();
		scene.claim(21, dirB);
		follow(scene);
		scene.sync(26, dirA, sessions(3, 4));
		scene.wait(28);
		assert.equal(scene.pair().takeovers.length, 1);
	}
});
