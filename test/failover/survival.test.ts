import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createCrashScene, createScene, dirA, dirB, session, sessions, type Scene} from './scene.js';

/** B is master from 33.6 on; A is heard again at 100 and preempts at 104 after what `comeBack` lets it do. */
const failBack = (scene: Scene, comeBack: (scene: Scene) => void): Scene => {
	scene.adverts(33.6, 99.6, dirB);
	comeBack(scene);
	scene.join(100, dirA);
	scene.adverts(100.6, 103.6, dirB);
	scene.sync(102, dirB, sessions(1, 2), 50_000);
	scene.preempt(104, dirA);
	return scene;
};

const judged = (scene: Scene) => {
	const {coverage: {held, sent, own, known}, ownKept, kind, failBack: isBack} = scene.takeover();
	return {held, sent, own, known, ownKept, kind, isBack};
};

test('a director that lost its power and rebooted knows only what it was sent since', () => {
	const scene = failBack(createCrashScene(), it => {
		it.restartKeepalived(dirA);
		it.interfaceUp(98, dirA);
	});
	assert.deepEqual(judged(scene), {held: 10, sent: 2, own: 10, known: 2, ownKept: 'no', kind: 'preempt', isBack: true});
	assert.equal(scene.verdicts().get(1)!.mark, 'unheard');
	assert.equal(scene.verdicts().get(5)!.mark, 'unknown');
});

test('without a sign of the reboot it is unlikely that it kept what it had', () => {
	const scene = failBack(createCrashScene(), it => {
		it.restartKeepalived(dirA);
	});
	assert.deepEqual(judged(scene), {held: 10, sent: 2, own: 10, known: 2, ownKept: 'unlikely', kind: 'preempt', isBack: true});
	assert.equal(scene.takeover().coverage.best, 10);
});

test('a pulled cable: the interface came up, but the adverts go on counting', () => {
	const scene = failBack(createCrashScene(), it => {
		it.interfaceUp(98, dirA);
	});
	assert.deepEqual(judged(scene), {held: 10, sent: 2, own: 10, known: 10, ownKept: 'yes', kind: 'preempt', isBack: true});
});

test('a killed keepalived whose daemon went on sending kept its table', () => {
	const scene = createCrashScene();
	scene.sync(32.5, dirA, [session(1)]);
	failBack(scene, it => {
		it.restartKeepalived(dirA);
	});
	assert.equal(judged(scene).ownKept, 'yes');
	assert.match(scene.takeover().ownEvidence, /its kernel ran on/v);
});

test('a daemon that ran on is no evidence once the interface came up after it', () => {
	const scene = createCrashScene();
	scene.sync(32.5, dirA, [session(1)]);
	failBack(scene, it => {
		it.restartKeepalived(dirA);
		it.interfaceUp(98, dirA);
	});
	assert.equal(judged(scene).ownKept, 'no');
});

test('stopped in order and started again: most likely kept, gone when its interface came up', () => {
	const stopped = () => {
		const scene = createCrashScene();
		scene.advert(30.5, dirA, 0);
		scene.restartKeepalived(dirA);
		return scene;
	};

	assert.equal(judged(failBack(stopped(), () => undefined)).ownKept, 'likely');
	assert.equal(judged(failBack(stopped(), it => {
		it.interfaceUp(98, dirA);
	})).ownKept, 'no');
});

test('the source port it had before proves that nothing was restarted, as soon as it is heard', () => {
	const scene = failBack(createCrashScene(), it => {
		it.restartKeepalived(dirA);
	});
	assert.equal(judged(scene).ownKept, 'unlikely');
	scene.sync(106, dirA, [session(3)]);
	assert.deepEqual([judged(scene).ownKept, judged(scene).known], ['yes', 10]);
	assert.equal(scene.verdicts().get(5)!.mark, 'unheard');
});

test('what a director announced before a reboot does not count at a later takeover either', () => {
	const scene = failBack(createCrashScene(), it => {
		it.restartKeepalived(dirA);
		it.interfaceUp(98, dirA);
	});
	scene.join(104.1, dirB);
	scene.sync(106, dirA, sessions(3, 4), 41_000);
	scene.adverts(105, 120, dirA);
	scene.advert(120.5, dirA, 0);
	scene.adverts(121.1, 130.1, dirB);
	scene.restartKeepalived(dirA);
	scene.join(128, dirA);
	scene.preempt(131, dirA);
	assert.deepEqual([judged(scene).own, judged(scene).sent, judged(scene).ownKept], [2, 0, 'likely']);
	// B never was away: it knows all that it knew, and what it was sent since.
	assert.equal(scene.pair().takeovers.at(-2)!.coverage.known, 10);
});

test('a director that gave way keeps what it was sent before', () => {
	const scene = createCrashScene();
	scene.adverts(33.6, 50.6, dirB);
	scene.join(50, dirA);
	scene.advert(51, dirA);
	scene.join(51.05, dirB);
	scene.adverts(52, 60, dirA);
	scene.advert(63.6, dirB);
	assert.deepEqual([judged(scene).sent, judged(scene).known, scene.takeover().listeningEvidence], [10, 10, 'igmp']);
});

test('sessions unknown to the master before, too, and silent for longer than their rhythm since are counted as stale', () => {
	const scene = failBack(createCrashScene(), it => {
		it.sync(99.6, dirB, sessions(1, 10), 50_000);
		it.restartKeepalived(dirA);
		it.interfaceUp(98, dirA);
	});
	scene.adverts(105, 110, dirA);
	// A third director would take over and was sent nothing: of ten, eight were unknown to A already.
	scene.restartKeepalived(dirB);
	scene.interfaceUp(110.1, dirB);
	scene.join(112, dirB);
	scene.adverts(111, 310, dirA);
	scene.advert(313.6, dirB);
	const {held, known, stale} = scene.takeover().coverage;
	assert.deepEqual([held, known, stale], [10, 0, 8]);
});

test('a director that was away and was never seen to join again is not taken for a listener', () => {
	const scene = createCrashScene();
	scene.adverts(33.6, 99.6, dirB);
	scene.restartKeepalived(dirA);
	scene.interfaceUp(98, dirA);
	scene.sync(99, dirB, sessions(1, 2), 50_000);
	scene.preempt(100.4, dirA);
	assert.deepEqual([scene.takeover().coverage.sent, scene.takeover().listeningEvidence], [0, 'none']);
});

test('reports of a director come from its MAC, so a link-local address is no other director', () => {
	const scene = createScene();
	scene.interfaceUp(0, dirA);
	scene.join(2, dirA);
	scene.advert(5, dirA);
	scene.interfaceUp(6, dirA);
	assert.equal(scene.directors().length, 1);
	assert.ok(scene.directors()[0]!.interfaceUpUs > 0);
});
