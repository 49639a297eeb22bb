import assert from 'node:assert/strict';
import {test} from 'node:test';
import {forecastVerdict} from '../../source/verdict/verdict.js';
import {aheadLine, plainWords} from './desk-run.js';
import {addressOf, closing, createCrashScene, createScene, dirA, dirB, dirC, session, sessions, type Scene} from './scene.js';

const warnings = (scene: Scene): string[] => scene.pair().warnings.map(({kind}) => kind);

test('a monitor that started late takes a backup that it never saw join for a listener since then, and says so', () => {
	const scene = createScene();
	scene.sync(0, dirA, [session(1)]);
	scene.adverts(1, 4, dirA);
	scene.sync(5, dirA, sessions(1, 10));
	scene.adverts(5, 30, dirA);
	scene.advert(33.6, dirB);
	const {coverage, listeningEvidence, blindBeforeUs} = scene.takeover();
	assert.deepEqual([coverage.held, coverage.sent, coverage.known, listeningEvidence], [10, 10, 10, 'assumed']);
	assert.ok(blindBeforeUs > 0);
});

test('the own announcements of a director are not what it was sent, when it comes to light later', () => {
	const scene = createScene();
	scene.sync(0, dirA, sessions(1, 5));
	scene.sync(1, dirB, sessions(6, 7), 50_000);
	scene.adverts(2, 5, dirA);
	const {bit} = scene.directors()[0]!;
	const rows = [...scene.test.view.select({count: 100}).slots].map(slot => scene.test.view.row(slot)!);
	assert.deepEqual(rows.filter(row => (row.sentMask & (1 << bit)) !== 0).map(row => row.cport - 1024).sort((one, other) => one - other), [6, 7]);
});

test('fate: known to the likeliest successor, at risk, or unknown while nobody is seen to listen', () => {
	const scene = createScene();
	scene.advert(0, dirA);
	scene.sync(1, dirA, sessions(1, 2));
	assert.equal(scene.verdicts().get(1)!.fate, 'unknown');
	scene.join(2, dirB);
	scene.sync(3, dirA, sessions(2, 3));
	assert.deepEqual([1, 2, 3].map(number => scene.verdicts().get(number)!.fate), ['risk', 'kept', 'kept']);
});

test('a session whose rhythm is slower than its timeout is at risk', () => {
	const scene = createScene();
	scene.advert(0, dirA);
	scene.join(0.5, dirB);
	for (const seconds of [1, 101, 201]) {
		scene.sync(seconds, dirA, [session(1, {timeoutSeconds: 900}), session(2)]);
	}

	scene.sync(202, dirA, [session(2, {timeoutSeconds: 60})]);
	assert.deepEqual([1, 2].map(number => scene.verdicts().get(number)!.fate), ['kept', 'risk']);
	scene.wait(204);
	assert.equal(scene.pair().forecasts[0]!.runningOut, 1);
});

test('readiness for a fail-back: who listens, since when, and what it knows of each service', () => {
	const scene = createCrashScene();
	scene.adverts(33.6, 99.6, dirB);
	scene.restartKeepalived(dirA);
	scene.interfaceUp(98, dirA);
	scene.join(100, dirA);
	scene.sync(103, dirB, sessions(1, 4), 50_000);
	scene.adverts(100.6, 110.6, dirB);
	const pair = scene.pair();
	const [forecast] = pair.forecasts;
	assert.deepEqual([forecast!.coverage.held, forecast!.coverage.known, forecast!.ownKept, forecast!.failBack], [10, 4, 'no', true]);
	assert.deepEqual(forecast!.services.map(({name, coverage}) => [name, coverage.known]), [['192.0.2.10:443/tcp', 4]]);
	assert.match(forecastVerdict(pair, forecast, plainWords)!.sentences[0]!, /knows 40% of the open sessions \(4 of 10\): if it took over now, expect resets of up to 6\./v);
});

test('what would happen if the master died now, as one line', () => {
	const scene = createCrashScene();
	const pair = scene.pair();
	assert.equal(aheadLine(pair, pair.forecasts[0]), 'if A died now: B knows 10 of 10 open TCP, no resets expected');
	assert.equal(forecastVerdict(pair, undefined, plainWords), undefined);
});

test('of two listeners the one with the higher priority is the likeliest successor', () => {
	const scene = createScene();
	scene.join(0, dirC);
	scene.advert(1, dirB);
	scene.join(2, dirA);
	scene.advert(2.1, dirC);
	scene.advert(5.5, dirA);
	scene.join(5.6, dirB);
	scene.adverts(6, 20, dirA);
	const {forecasts} = scene.pair();
	assert.equal(scene.directors()[forecasts[0]!.director]!.address, addressOf(dirB));
});

test('a director that gives way but joins no group, though its joins are seen otherwise, seems deaf', () => {
	const scene = createScene();
	scene.advert(0, dirA);
	scene.join(1, dirB);
	scene.sync(2, dirA, sessions(1, 3));
	scene.adverts(1, 40, dirA);
	scene.advert(43.6, dirB);
	scene.leave(43.7, dirB);
	scene.adverts(44.6, 50.6, dirB);
	scene.adverts(51, 70, dirA);
	assert.ok(warnings(scene).includes('deaf-backup'));
	assert.equal(scene.events('director').filter(({what}) => what === 'deaf').length, 1);
	assert.deepEqual(scene.pair().forecasts, []);
});

test('a master that used to announce and does not any more is worth a word, an idle one is not', () => {
	const quiet = (everySeconds: number): Scene => {
		const scene = createScene();
		scene.advert(0, dirA);
		for (let seconds = 1; seconds <= 640; seconds++) {
			scene.advert(seconds, dirA);
			if (seconds % everySeconds === 0) {
				scene.sync(seconds + 0.1, dirA, sessions(seconds, seconds + 20));
			}
		}

		scene.adverts(641, 680, dirA);
		return scene;
	};

	assert.ok(warnings(quiet(5)).includes('silent-master'));
	assert.ok(!warnings(quiet(100)).includes('silent-master'));
});

test('a master whose adverts are missing with nobody in its place is told as silent, once', () => {
	const scene = createCrashScene();
	scene.wait(60);
	assert.equal(scene.events('silent').length, 1);
	assert.equal(scene.events('takeover').length, 0);
	scene.advert(61, dirA);
	assert.equal(scene.pair().master, 0);
	assert.equal(scene.events('takeover').length, 0);
});

test('UDP flows and closing connections are no open TCP sessions: they are counted apart, or not at all', () => {
	const scene = createScene();
	scene.advert(0, dirA);
	scene.join(1, dirB);
	scene.sync(2, dirA, [session(1), session(2, closing), session(3, {protocol: 17, state: 0, timeoutSeconds: 300})]);
	scene.adverts(1, 10, dirA);
	scene.advert(13.6, dirB);
	assert.deepEqual([scene.takeover().coverage.held, scene.takeover().udp.held], [1, 1]);
	assert.deepEqual(new Map(scene.takeover().services.map(({name, coverage}) => [name, coverage.held])), new Map([['192.0.2.10:443/tcp', 1], ['192.0.2.10:443/udp', 1]]));
});

test('at the end of a file all that was heard is counted, however soon after the last count', () => {
	const scene = createScene();
	scene.advert(0, dirA);
	scene.sync(1, dirA, [session(1)]);
	assert.equal(scene.pair().open, 1);
	scene.sync(1.2, dirA, [session(2), session(3)]);
	scene.test.engine.settle();
	assert.equal(scene.pair().open, 3);
});

test('a gratuitous claim of a virtual address is attributed to a director by its MAC', () => {
	const scene = createCrashScene();
	scene.claim(30.1, dirA);
	assert.equal(scene.pair().claimant, 0);
	scene.advert(33.6, dirB);
	scene.claim(33.7, dirB);
	assert.ok(scene.takeover().claimedUs > scene.takeover().atUs);
	assert.deepEqual([...new Set(scene.events('vip-claimed').map(({director}) => director))], [addressOf(dirA), addressOf(dirB)]);
});

test('an address that another than the master claimed last is worth a word', () => {
	const scene = createCrashScene();
	scene.claim(1.5, dirA);
	scene.claim(29, dirB);
	scene.adverts(31, 35, dirA);
	assert.deepEqual(warnings(scene), []);
	scene.adverts(36, 45, dirA);
	assert.deepEqual(warnings(scene), ['claimed-elsewhere']);
});
