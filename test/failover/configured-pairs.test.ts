import assert from 'node:assert/strict';
import test from 'node:test';
import {addressOf, createScene, dirA, dirB, dirC, session} from './scene.js';

const [a, b, c] = [dirA, dirB, dirC].map(one => addressOf(one)) as [string, string, string];

test('directors that the configuration names are one pair, though each uses addresses of its own', () => {
	const scene = createScene({pairs: [[a, b]]});
	scene.sync(0, dirA, [session(1)]);
	scene.sync(1, dirB, [session(2, {vaddr: Int32Array.of(0xc0_00_02_0b, 0, 0, 0)})], 50_000);
	scene.sync(2, dirC, [session(3, {vaddr: Int32Array.of(0xc0_00_02_0c, 0, 0, 0)})], 60_000);
	const {pairs} = scene.test.engine.failover();
	assert.deepEqual(pairs.map(({directors}) => directors.map(index => scene.directors()[index]!.address)), [[a, b], [c]]);
});

test('what VRRP shows and what the configuration says are joined', () => {
	const scene = createScene({pairs: [[a, b]]});
	scene.sync(0, dirA, [session(1)]);
	scene.advert(1, dirB, 10);
	scene.advert(1.5, dirC, 20);
	assert.deepEqual(scene.test.engine.failover().pairs.map(({directors}) => directors.length), [3]);
});

test('further addresses of one director are told apart by + in the configuration', () => {
	const scene = createScene({pairs: [[`${a}+${c}`, b]]});
	scene.advert(0, dirA);
	scene.sync(1, dirC, [session(1)]);
	assert.deepEqual(scene.directors().map(({address, otherAddresses}) => [address, otherAddresses]), [[a, [c]]]);
});
