/* A pair that moves IPv4 and IPv6 addresses together: it has two virtual routers, and adds addresses that are reported by MLD. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {groups, virtuals, type DirectorIdentity} from '../../source/demo/network.js';
import {roleOf} from '../../source/verdict/director-role.js';
import {encodeEthernet, encodeIpv4, etherType, groupMac, ipProtocol} from '../../source/wire/link/encode-frame.js';
import {encodeAdvertV2} from '../../source/wire/encode-vrrp.js';
import {addressOf, createCrashScene, createScene, dirA, dirB, sessions} from './scene.js';

const otherRouter = 61;

/** An advert for a second virtual router. */
const otherAdvert = ({mac, address, priority}: DirectorIdentity, identification: number) => encodeEthernet({
	source: mac, destination: groupMac(4, groups.vrrp), etherType: etherType.ipv4,
	payload: encodeIpv4({
		source: address, destination: groups.vrrp, protocol: ipProtocol.vrrp, identification, ttl: 255,
		payload: encodeAdvertV2({vrid: otherRouter, priority, intervalSeconds: 1, addresses: virtuals.ipv4}),
	}),
});

test('a master that is preempted router by router is a backup when it has lost the last of them', () => {
	const scene = createScene();
	scene.adverts(0, 9, dirB);
	for (let seconds = 0; seconds < 10; seconds++) {
		scene.frame(seconds + 0.1, otherAdvert(dirB, seconds + 1));
	}

	scene.join(5, dirA);
	scene.sync(6, dirB, sessions(1, 5));
	scene.frame(9.5, otherAdvert(dirA, 1));
	const b = () => scene.directors().find(({address}) => address === addressOf(dirB))!;
	assert.ok(b().masterSinceUs > 0, 'it still has the other');
	scene.advert(9.6, dirA);
	scene.adverts(10.6, 19.6, dirA);
	assert.equal(scene.events('takeover').length, 1);
	assert.equal(roleOf(b(), b().lastAdvertUs + 10_000_000).role, 'BACKUP');
});

test('the groups that a new master reports when it adds its virtual addresses do not hide that it rebooted before', () => {
	const scene = createCrashScene();
	scene.adverts(33.6, 103.6, dirB);
	scene.restartKeepalived(dirA);
	scene.interfaceUp(98, dirA);
	scene.join(100, dirA);
	scene.preempt(104, dirA);
	scene.interfaceUp(104.1, dirA);
	assert.equal(scene.takeover().ownKept, 'no');
	scene.sync(106, dirA, sessions(20, 20), 41_000);
	assert.equal(scene.takeover().ownKept, 'no');
});

test('a pulled cable is told by the router whose adverts are counted, whichever speaks first', () => {
	const scene = createScene();
	for (let seconds = 0; seconds <= 30; seconds++) {
		scene.frame(seconds, otherAdvert(dirA, 0));
		scene.advert(seconds + 0.1, dirA);
	}

	scene.join(31, dirB);
	scene.sync(31.1, dirA, sessions(1, 10));
	scene.adverts(33.6, 103.6, dirB);
	scene.frame(33.7, otherAdvert(dirB, 0));
	scene.interfaceUp(98, dirA);
	scene.join(100, dirA);
	scene.frame(103.7, otherAdvert(dirB, 0));
	scene.frame(104, otherAdvert(dirA, 0));
	scene.claim(104.05, dirA);
	assert.equal(scene.takeover().ownKept, 'no');
	scene.preempt(104.1, dirA);
	assert.equal(scene.events('takeover').length, 2);
	assert.deepEqual([scene.takeover().ownKept, scene.takeover().coverage.known], ['yes', 10]);
});

test('reports that are repeated after a join are no second join: what was sent in between counts', () => {
	const scene = createCrashScene();
	scene.adverts(33.6, 99.6, dirB);
	scene.restartKeepalived(dirA);
	scene.interfaceUp(98.4, dirA);
	scene.join(99.1, dirA);
	scene.interfaceUp(99.2, dirA);
	scene.sync(99.9, dirB, sessions(1, 4), 50_000);
	scene.join(100, dirA);
	scene.adverts(100.6, 103.6, dirB);
	scene.preempt(104, dirA);
	assert.deepEqual([scene.takeover().ownKept, scene.takeover().coverage.sent], ['no', 4]);
});

test('the times in a takeover are those of the wall clock, as the time of the event is', () => {
	const [plain, ahead] = [createCrashScene(), createCrashScene({aheadUs: 3_600_000_000})].map(scene => {
		scene.adverts(33.6, 35.6, dirB);
		scene.sync(36, dirB, sessions(20, 20));
		scene.adverts(36.6, 50.6, dirB);
		scene.wait(60);
		const [takeover, account] = [scene.events('takeover')[0]!, scene.events('takeover-account')[0]!];
		return [takeover['at'], takeover['advert'], account['at'], account['message']].map(text => Date.parse(String(text)));
	});
	assert.deepEqual(ahead!.map((time, index) => time - plain![index]!), [3_600_000, 3_600_000, 3_600_000, 3_600_000]);
});
