/* Hosts that join the sync group: backups do, and so does every other monitor of the segment. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {joinFrame} from '../../source/demo/frames.js';
import {groups} from '../../source/demo/network.js';
import {roleOf} from '../../source/verdict/director-role.js';
import {addressOf, createScene, dirA, dirB, dirC, sessions, type Scene} from './scene.js';

/** Who is said to succeed the master, the likeliest first. */
const successors = (scene: Scene): string[] => {
	const all = scene.directors();
	return scene.pair().forecasts.map(({director}) => all.find(({index}) => index === director)!.address);
};

const role = (scene: Scene, address: string): string => {
	const director = scene.directors().find(one => one.address === address)!;
	return roleOf(director, director.lastUs).role;
};

const [a, b, c] = [dirA, dirB, dirC].map(director => addressOf(director)) as [string, string, string];

test('a host that joined the sync group alone is no backup beside VRRP', () => {
	const scene = createScene();
	scene.adverts(0, 10, dirA);
	scene.frame(2, joinFrame(dirC, groups.sync));
	scene.sync(5, dirA, sessions(1, 10));
	scene.wait(10);
	assert.deepEqual([role(scene, a), role(scene, c), successors(scene)], ['MASTER', 'LISTENS', []]);
	assert.equal(scene.verdicts().get(1)!.fate, 'unknown');

	scene.join(11, dirB);
	scene.sync(12, dirA, sessions(11, 15));
	scene.wait(14);
	assert.deepEqual([role(scene, b), successors(scene)], ['BACKUP', [b]]);
	assert.equal(scene.pair().forecasts[0]!.coverage.known, 5, 'what it was sent itself, not what the other heard');
});

test('it is one as soon as it is known to be in the group of VRRP, and what it was sent until then counts', () => {
	const scene = createScene();
	scene.adverts(0, 20, dirA);
	scene.frame(2, joinFrame(dirC, groups.sync));
	scene.sync(5, dirA, sessions(1, 10));
	scene.frame(12, joinFrame(dirC, groups.vrrp));
	scene.wait(20);
	assert.deepEqual([role(scene, c), successors(scene)], ['BACKUP', [c]]);
	assert.equal(scene.pair().forecasts[0]!.coverage.known, 10);
});

test('the group of VRRP may be joined first, by a host of which nothing else is known', () => {
	const scene = createScene();
	scene.adverts(0, 5, dirA);
	scene.frame(1, joinFrame(dirB, groups.vrrp));
	scene.frame(3, joinFrame(dirB, groups.sync));
	scene.sync(5, dirA, sessions(1, 10));
	scene.wait(6);
	assert.deepEqual([role(scene, b), successors(scene)], ['BACKUP', [b]]);
});

test('where no VRRP is heard, whoever joins may be the backup', () => {
	const scene = createScene();
	scene.frame(1, joinFrame(dirB, groups.sync));
	for (let seconds = 2; seconds < 70; seconds += 2) {
		scene.sync(seconds, dirA, sessions(seconds, seconds));
	}

	assert.deepEqual([role(scene, b), successors(scene)], ['LISTENS', [b]]);
});

test('of a pair that the configuration names, nobody else is a backup', () => {
	const scene = createScene({pairs: [[a, b]]});
	scene.adverts(0, 10, dirA);
	scene.join(1, dirC);
	scene.frame(2, joinFrame(dirB, groups.sync));
	scene.sync(5, dirA, sessions(1, 10));
	scene.wait(10);
	assert.deepEqual(successors(scene), [b]);
});
