/*
Time under the running program. Its wall clock is set a day forward and back by a preloaded library: the clock as this program
reads it, while the kernel's, which stamps packets, stays. A suspended machine is one whose uptime (/proc/uptime, which counts sleep)
runs ahead of the monotonic clock (which does not): the file is replaced in a mount namespace.
*/
import assert from 'node:assert/strict';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {fileOf} from '../capture/pcap-file.js';
import {announcements, heardSessions, rowsOf} from '../support/announcements.js';
import {createLiveWire, whyNoLiveWire} from '../support/live-wire.js';
import {folderOf} from '../support/rights.js';
import {createSteppingClock} from '../support/stepping-clock.js';
import {until, watch} from '../support/watch.js';

const daySeconds = 86_400;
const onWire = {skip: whyNoLiveWire() ?? false, timeout: 200_000};

const expired = (said: string): Array<{client: string; afterSeconds: number}> => rowsOf(said).filter(({event}) => event === 'expired')
	.map(({client, age}) => ({client: String(client), afterSeconds: Number(age)}));

for (const [how, args] of [['libpcap', ['-i', 'wire0']], ['joined sockets', ['-j']]] as const) {
	test(`a wall clock that is set a day forward, and back, moves no expiry: ${how}`, onWire, async context => {
		const clock = createSteppingClock(context);
		if (!clock) {
			return;
		}

		const {environment, setStep} = clock;
		const wire = createLiveWire(context);
		const {send} = await wire.sender(fileOf(context, announcements(3, {timeoutSeconds: 4})));
		const {child, said} = watch(context, ['--events', '--json', ...args], {through: wire.onNear, environment});
		await wire.joined(1);
		await send(0);
		await until(() => heardSessions(said()).size === 20, 'the first are heard');
		const sentMs = performance.now();
		setStep(daySeconds);
		await send(1);
		await until(() => heardSessions(said()).size === 40, 'those after the step are heard');
		setStep(-daySeconds);
		await send(2);
		await until(() => heardSessions(said()).size === 60, 'those after the step back are heard');
		await until(() => expired(said()).length === 60, 'all expire');
		assert.ok(performance.now() - sentMs > 3900, 'none before its time');
		// At once with a step of the clock would be before that, too.
		for (const {afterSeconds} of expired(said())) {
			assert.ok(Math.abs(afterSeconds - 4) < 0.01, `expired after ${afterSeconds} s`);
		}

		const days = new Set(rowsOf(said()).filter(({event}) => event === 'expired').map(({time}) => Math.round((Date.parse(String(time)) - Date.now()) / (1000 * daySeconds))));
		assert.deepEqual([...days], [-1], 'times are printed by the wall clock as it is now');
		assert.ok(!rowsOf(said()).some(({event}) => event === 'suspend'), 'a step is no sleep');
		child.kill('SIGTERM');
		await once(child, 'exit');
	});
}

test('an hour of sleep is an event, and counts as passed: what ran out meanwhile expires', onWire, async context => {
	const uptime = path.join(folderOf(context), 'uptime');
	const startedSeconds = Number(fs.readFileSync('/proc/uptime', 'utf8').split(' ', 1)[0]);
	fs.writeFileSync(uptime, `${startedSeconds} 0\n`);
	const writtenMs = performance.now();
	const wire = createLiveWire(context);
	const {send} = await wire.sender(fileOf(context, announcements(2)));
	const {child, said} = watch(context, ['--events', '--json', '-i', 'wire0'], {
		through: [...wire.onNear, 'unshare', '--mount', 'sh', '-c', `mount --bind ${uptime} /proc/uptime && exec "$0" "$@"`],
	});
	await wire.joined(1);
	await send(0);
	await until(() => heardSessions(said()).size === 20, 'they are heard');
	fs.writeFileSync(uptime, `${startedSeconds + 3600} 0\n`);
	const sleeps = () => rowsOf(said()).filter(({event}) => event === 'suspend');
	await until(() => expired(said()).length === 20 && sleeps().length > 0, 'they expire, and the sleep is said');
	const [suspend] = sleeps();
	// But for the time that passed, which the file does not tell.
	assert.ok(Math.abs(Number(suspend!['seconds']) - 3600) < (performance.now() - writtenMs) / 1000, JSON.stringify(suspend));
	await send(1);
	await until(() => heardSessions(said()).size === 40, 'and what comes next is heard');
	assert.equal(expired(said()).length, 20);
	child.kill('SIGTERM');
	await once(child, 'exit');
});
