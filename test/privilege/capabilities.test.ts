/* Without root: with a capability, as a service or an administrator would give it, and with none at all. */
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {test, type TestContext} from 'node:test';
import {fileOf} from '../capture/pcap-file.js';
import {hurried} from '../support/hurried.js';
import {createLiveWire, whyNoLiveWire, type LiveWire} from '../support/live-wire.js';
import {capture, finished, run, saying, start, unprivileged, whyNotUnprivileged} from '../support/program.js';
import {folderOf, nobody, rightsIn, rightsOfNobody, rightsOfThreads} from '../support/rights.js';
import {openTerminal} from '../support/terminal.js';
import {until} from '../support/watch.js';

const onWire = {skip: whyNotUnprivileged() ?? whyNoLiveWire() ?? false, timeout: 200_000};

/** CAP_NET_RAW alone (linux/capability.h: 13). */
const netRaw = (0x20_00).toString(16);

const asUser = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, `--groups=${nobody}`] as const;
const ambient = [...asUser, '--inh-caps=+net_raw', '--ambient-caps=+net_raw'] as const;

/** Listens on the wire with a trigger and a command of --via, and gives the rights that those had. */
const childrenOf = async (context: TestContext, wire: LiveWire, through: readonly string[], node: readonly string[]) => {
	const folder = folderOf(context, nobody);
	const {send} = await wire.sender(fileOf(context, await hurried(capture('failover-graceful.pcap'), 1)));
	const written = (name: string) => rightsIn(fs.readFileSync(path.join(folder, name), 'utf8'));
	const listens = start([
		'--events', '--json', '-i', 'wire0', '--pair', '192.168.10.11,192.168.10.12',
		'--via', `x=sh -c "cat /proc/self/status > ${folder}/via; exec sleep 100"`,
		'--on', 'once 1h: event=state state=close', '--exec', `sh -c "cat /proc/self/status > ${folder}/trigger"`,
	], {through: [...wire.onNear, ...through], node});
	await wire.joined(1);
	const threads = rightsOfThreads(listens.pid!);
	await send();
	const said = await saying(listens.stdout!, text => /"event":"trigger"[^\n]*"outcome"/v.test(text));
	// As the last of the words that are looked for.
	await until(() => fs.readFileSync(path.join(folder, 'via'), 'utf8').includes('CapAmb'), 'the command has written all');
	listens.kill('SIGTERM');
	await finished(listens);
	assert.match(said, /"outcome":"ok"/v);
	return {threads, via: written('via'), trigger: written('trigger')};
};

test('with an ambient capability, as a service has it, the program keeps that one and what it starts gets none', onWire, async context => {
	const {threads, via, trigger} = await childrenOf(context, createLiveWire(context), ambient, []);
	for (const {uids, capabilities} of threads) {
		assert.deepEqual([uids, capabilities], [rightsOfNobody.uids, `${netRaw} ${netRaw} ${netRaw} ${netRaw}`]);
	}

	assert.deepEqual(via, rightsOfNobody);
	assert.deepEqual(trigger, rightsOfNobody);
});

test('an ambient capability is not passed on for want of a program that takes it away', onWire, async context => {
	const only = folderOf(context, nobody);
	const children = ['--via', 'x=/bin/true', '--on', 'event=takeover', '--exec', '/bin/true'];
	for (const args of [children.slice(0, 2), children.slice(2)]) {
		const {code, stdout, stderr} = await run(['--events', '--duration', '1', ...args], {through: [...ambient, 'env', `PATH=${only}`]});
		assert.deepEqual([code, stdout], [2, '']);
		assert.match(stderr, /would get the ambient capabilities of ipvstop, and setpriv, which starts them without, is missing/v);
	}

	const without = await run(['--list', '--demo', '--duration', '1'], {through: [...ambient, 'env', `PATH=${only}`]});
	assert.deepEqual([without.code, without.stderr], [0, '']);
});

test('with a capability on the file of Node, the program keeps that one and what it starts gets none', onWire, async context => {
	const folder = folderOf(context, nobody);
	const node = path.join(folder, 'node');
	fs.copyFileSync(process.execPath, node, fs.constants.COPYFILE_FICLONE);
	fs.chmodSync(node, 0o755);
	try {
		execFileSync('setcap', ['cap_net_raw+ep', node], {stdio: 'pipe'});
	} catch {
		context.skip('needs setcap (libcap2-bin), and a file system that keeps capabilities');
		return;
	}

	const words = ['sh', '-c', `shift; exec ${node} "$@"`];
	const {threads, via, trigger} = await childrenOf(context, createLiveWire(context), [...asUser, ...words, 'sh'], []);
	for (const {uids, capabilities} of threads) {
		assert.deepEqual([uids, capabilities], [rightsOfNobody.uids, `0 ${netRaw} ${netRaw} 0`]);
	}

	assert.deepEqual(via, rightsOfNobody);
	assert.deepEqual(trigger, rightsOfNobody);
});

test('without any right it joins the groups by itself, says so and why, and hears the sessions', onWire, async context => {
	const wire = createLiveWire(context);
	wire.near('ip addr add 192.168.10.99/24 dev wire0');
	const terminal = openTerminal(['--interval', '0.2'], {columns: 180, through: [...wire.onNear, ...unprivileged]});
	await wire.joined(1);
	const {send} = await wire.sender(fileOf(context, await hurried(capture('persistence.pcap'), 0.5)));
	await send();
	await terminal.until(text => text.includes('LIVE joined 224.0.0.81 on wire0  sync') && text.includes('192.168.10.100:8443/tcp'));
	await until(() => rightsOfThreads(terminal.pid).every(({capabilities}) => capabilities === '0 0 0 0'), 'no capability');
	terminal.type('q');
	assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
	const text = await run(['--events', '--duration', '1'], {through: [...wire.onNear, ...unprivileged]});
	assert.equal(text.code, 0);
	assert.match(text.stderr, /^ipvstop: joined 224\.0\.0\.81 on wire0 \(sync only: no root\)\nipvstop: nothing was heard in 1 s\. [^\n]*\n$/v);
	const named = await run(['--events', '-i', 'wire0'], {through: [...wire.onNear, ...unprivileged]});
	assert.equal(named.code, 4);
	assert.match(named.stderr, /Cannot capture on wire0: permission denied\. Run as root \(sudo ipvstop\), grant CAP_NET_RAW, or listen without privilege: ipvstop --join/v);
});
