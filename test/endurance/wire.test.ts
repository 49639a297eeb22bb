/*
What happens to interfaces under a running program: links that flap, interfaces that are renamed, appear, or lose their address.
FLAPS=1000 makes the link flap as often; 50 times by default.
*/
import assert from 'node:assert/strict';
import {once} from 'node:events';
import process from 'node:process';
import {test} from 'node:test';
import {fileOf} from '../capture/pcap-file.js';
import {announcements, heardSessions, rowsOf, sessionsOfFrame} from '../support/announcements.js';
import {createLiveWire, whyNoLiveWire, type LiveWire} from '../support/live-wire.js';
import {unprivileged, whyNotUnprivileged} from '../support/program.js';
import {openTerminal} from '../support/terminal.js';
import {until, watch} from '../support/watch.js';

const flaps = Number(process.env['FLAPS'] ?? 50);
const timeout = 200_000 + (flaps * 1000);
const onWire = {skip: whyNoLiveWire() ?? false, timeout};
const onWireAsUser = {skip: whyNoLiveWire() ?? whyNotUnprivileged() ?? false, timeout};

/** Resolves when both ends of the cable pass frames. */
const linked = (wire: LiveWire, name = 'wire0') => {
	wire.near(`until ip link show ${name} | grep -q 'state UP'; do sleep 0.005; done`);
	wire.far('until ip link show wire1 | grep -q \'state UP\'; do sleep 0.005; done');
};

const missing = (said: string, frames: readonly number[]): number => {
	const heard = heardSessions(said);
	return frames.flatMap(frame => sessionsOfFrame(frame)).filter(session => !heard.has(session)).length;
};

for (const [how, args, through] of [['libpcap', ['-i', 'wire0'], []], ['joined sockets, without privilege', ['-j'], unprivileged]] as const) {
	test(`a link that flaps costs no session that is announced while it is up: ${how}`, onWireAsUser, async context => {
		const wire = createLiveWire(context);
		const {send} = await wire.sender(fileOf(context, announcements(flaps + 1)));
		const {child, said} = watch(context, ['--events', '--json', ...args], {through: [...wire.onNear, ...through]});
		await wire.joined(1);
		await send(0);
		await until(() => missing(said(), [0]) === 0, 'the first frame is heard');
		const startedMs = performance.now();
		for (let flap = 1; flap <= flaps; flap++) {
			wire.near('ip link set wire0 down; ip link set wire0 up');
			linked(wire);
			await send(flap);
		}

		const seconds = (performance.now() - startedMs) / 1000;
		const frames = Array.from({length: flaps + 1}, (_, frame) => frame);
		await until(() => missing(said(), frames) === 0, 'every session is heard').catch(() => undefined);
		context.diagnostic(`${flaps} flaps in ${seconds.toFixed(1)} s, ${missing(said(), frames)} of ${frames.length * 20} sessions missing`);
		assert.equal(missing(said(), frames), 0);
		child.kill('SIGTERM');
		await once(child, 'exit');
		assert.equal(child.exitCode, 143);
	});
}

test('an interface that is removed and made again, five times in a row, is heard each time', onWire, async context => {
	const wire = createLiveWire(context);
	const {child, said} = watch(context, ['--events', '--json', '-i', 'wire0'], {through: wire.onNear});
	const states = () => rowsOf(said()).filter(({event, segment}) => event === 'source' && segment === 'wire0').map(({state}) => state);
	for (let turn = 0; turn < 5; turn++) {
		if (turn > 0) {
			wire.unplug();
			await until(() => states().filter(state => state === 'gone').length === turn, 'it is said to be gone');
			wire.plug();
			await until(() => states().filter(state => state === 'up').length === turn, 'it is said to be back');
		}

		await wire.joined(1);
		const {send} = await wire.sender(fileOf(context, announcements(turn + 1)));
		await send(turn);
		await until(() => missing(said(), [turn]) === 0, 'it is heard');
	}

	child.kill('SIGTERM');
	await once(child, 'exit');
});

test('when a link comes up the kernel joins for us again, which is no backup that listens', onWire, async context => {
	const wire = createLiveWire(context);
	const {send} = await wire.sender(fileOf(context, announcements(2)));
	const {child, said} = watch(context, ['--events', '--json', '-i', 'wire0'], {through: wire.onNear});
	const listening = (text: string) => rowsOf(text).filter(({event, what}) => event === 'director' && what === 'listening').map(({address}) => address);
	await wire.joined(1);
	await send(0);
	wire.near('ip link set wire0 down');
	await until(() => rowsOf(said()).some(({event, state}) => event === 'source' && state === 'down'), 'the link is said to be down');

	// Another monitor, which takes us for whoever listens.
	const packetSockets = () => wire.far('cat /proc/net/packet').split('\n').length;
	const without = packetSockets();
	const other = watch(context, ['--events', '--json', '-i', 'wire1', '--passive'], {through: wire.onFar});
	await until(() => packetSockets() > without, 'the other one captures');
	wire.near('ip link set wire0 up');
	await until(() => listening(other.said()).includes('10.9.9.2'), 'the other one hears that we joined');
	await send(1);
	await until(() => missing(said(), [1]) === 0, 'what follows that is heard');
	for (const one of [child, other.child]) {
		one.kill('SIGTERM');
		await once(one, 'exit');
	}

	assert.deepEqual(listening(said()), []);
});

test('an interface that is renamed is gone under the name that was asked for, and heard again when it has it back', onWire, async context => {
	const wire = createLiveWire(context);
	const {send} = await wire.sender(fileOf(context, announcements(3)));
	const {child, said} = watch(context, ['--events', '--json', '-i', 'wire0'], {through: wire.onNear});
	const states = () => rowsOf(said()).filter(({event}) => event === 'source').map(({segment, state}) => `${String(segment)} ${String(state)}`);
	await wire.joined(1);
	await send(0);
	await until(() => missing(said(), [0]) === 0, 'it is heard at first');
	wire.near('ip link set wire0 down; ip link set wire0 name other0; ip link set other0 up');
	await until(() => states().includes('wire0 gone'), 'it is said');
	wire.near('ip link set other0 down; ip link set other0 name wire0; ip link set wire0 up');
	linked(wire);
	await until(() => states().lastIndexOf('wire0 up') > states().indexOf('wire0 gone'), 'it is back');
	await send(2);
	await until(() => missing(said(), [2]) === 0, 'it is heard again');
	child.kill('SIGTERM');
	await once(child, 'exit');
});

for (const [how, through] of [['with the right to capture', []], ['by joined sockets', unprivileged]] as const) {
	test(`an interface that appears after the start is listened to when none was named: ${how}`, onWireAsUser, async context => {
		const wire = createLiveWire(context);
		wire.near('ip link add early0 type veth peer name early1; ip addr add 10.8.8.1/24 dev early0; ip link set early0 up; ip link set early1 up');
		wire.unplug();
		const terminal = openTerminal(['--interval', '0.2'], {columns: 160, through: [...wire.onNear, ...through]});
		await terminal.until(screen => screen.includes('LIVE ') && screen.includes('early0'));
		wire.plug();
		await wire.joined(1);
		const {send} = await wire.sender(fileOf(context, announcements(1)));
		linked(wire);
		await send(0);
		await terminal.until(screen => screen.includes('203.0.113.10:443/tcp'));
		terminal.type('q');
		assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
	});
}

test('joined sockets follow the addresses of an interface: removed, added, another one', onWireAsUser, async context => {
	const wire = createLiveWire(context);
	const {send} = await wire.sender(fileOf(context, announcements(4)));
	const {child, said} = watch(context, ['--events', '--json', '-j'], {through: [...wire.onNear, ...unprivileged]});
	const states = () => rowsOf(said()).filter(({event, segment}) => event === 'source' && segment === 'wire0').map(({state}) => state);
	await wire.joined(1);
	await send(0);
	await until(() => missing(said(), [0]) === 0, 'heard at first');
	wire.near('ip addr flush dev wire0');
	await until(() => states().at(-1) === 'failed', 'without an address it says so');
	wire.near('ip addr add 10.9.9.2/24 dev wire0');
	await until(() => states().at(-1) === 'up', 'and takes it up again');
	await wire.joined(1);
	await send(1);
	await until(() => missing(said(), [1]) === 0, 'heard with its address back');
	wire.near('ip addr add 10.9.9.77/24 dev wire0; ip addr del 10.9.9.2/24 dev wire0');
	wire.near('ip addr add 10.9.9.78/24 dev wire0');
	await wire.joined(1);
	await send(2);
	await until(() => missing(said(), [2]) === 0, 'heard with another address');
	child.kill('SIGTERM');
	await once(child, 'exit');
});
