/*
Under sudo: what the built program keeps of root, and with whose rights it touches files, programs and ports. sudo itself is not
needed: all that it tells a program is three variables.
*/
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {describe, test} from 'node:test';
import {fileOf} from '../capture/pcap-file.js';
import {hurried} from '../support/hurried.js';
import {createLiveWire, whyNoLiveWire} from '../support/live-wire.js';
import {capture, finished, heldTime, run, saying, start, whyNotUnprivileged} from '../support/program.js';
import {calledByNobody, folderOf, nobody, rightsIn, rightsOfNobody, rightsOfThreads} from '../support/rights.js';
import {openTerminal} from '../support/terminal.js';
import {until} from '../support/watch.js';

const noRoot = process.getuid?.() === 0 ? whyNotUnprivileged() : 'needs root to give it back';
const asRoot = {skip: noRoot ?? false};
const onWire = {skip: noRoot ?? whyNoLiveWire() ?? false, timeout: 200_000};

const ownerAndMode = (file: string) => {
	const {uid, gid, mode} = fs.statSync(file);
	return [uid, gid, (mode & 0o777).toString(8)];
};

/** Loaded into the program: tries to become root again when told to. */
const climb = `data:text/javascript,import * as threads from "node:worker_threads"; if (threads.isMainThread) process.on("SIGUSR2", () => {
	for (const [name, id] of [["setuid", 0], ["seteuid", 0], ["setgid", 0], ["setegid", 0], ["setgroups", [0]]]) {
		try { process[name](id); process.stderr.write(name + " worked\\n"); } catch { process.stderr.write(name + " refused\\n"); }
	}
	process.stderr.write("tried\\n");
});`.replaceAll(/\s+/gv, ' ');

test('with the interface open every thread is the user who called sudo, without a capability and without a way back', onWire, async context => {
	const wire = createLiveWire(context);
	const child = start(['--events', '-i', 'wire0'], {through: wire.onNear, environment: calledByNobody, node: [`--import=${climb}`]});
	await wire.joined(1);
	await until(() => rightsOfThreads(child.pid!).every(({uids}) => uids === rightsOfNobody.uids), 'all threads are nobody');
	const threads = rightsOfThreads(child.pid!);
	assert.ok(threads.length > 5, 'main, capture, and those that Node brings');
	for (const rights of threads) {
		assert.deepEqual(rights, rightsOfNobody);
	}

	child.kill('SIGUSR2');
	const said = await saying(child.stderr!, text => text.includes('tried'));
	assert.equal(said.match(/refused/gv)?.length, 5);
	child.kill('SIGTERM');
	const {code} = await finished(child);
	assert.equal(code, 143);
});

test('a trigger, and a recording whose files take turns, are the user\'s', onWire, async context => {
	const wire = createLiveWire(context);
	const folder = folderOf(context, nobody);
	const {send} = await wire.sender(fileOf(context, await hurried(capture('failover-graceful.pcap'), 1, 4)));
	const out = path.join(folder, 'status');
	const child = start([
		'--events', '--json', '-i', 'wire0', '--pair', '192.168.10.11,192.168.10.12', '-w', path.join(folder, 'ring.pcapng'), '--write-size', '64k',
		'--on', 'once 1h: event=state state=close', '--exec', `sh -c "cat /proc/self/status > ${out}; cat /etc/shadow >> ${out}; echo $HOME >> ${out}; exit 7"`,
	], {through: wire.onNear, environment: {...calledByNobody, HOME: '/root'}});
	await wire.joined(1);
	await send();
	await saying(child.stdout!, text => text.includes('"outcome":"failed"'));
	child.stdout!.resume();
	const filesThere = () => fs.readdirSync(folder).filter(name => name.startsWith('ring_'));
	await until(() => filesThere().length > 1, 'they take turns');
	child.kill('SIGTERM');
	await finished(child);

	const status = fs.readFileSync(out, 'utf8');
	assert.deepEqual(rightsIn(status), rightsOfNobody);
	assert.doesNotMatch(status, /^root:/mv);
	assert.doesNotMatch(status, /^\/root$/mv);
	for (const file of filesThere()) {
		assert.deepEqual(ownerAndMode(path.join(folder, file)), [nobody, nobody, '600']);
	}
});

describe('what the user may not do, the program does not do for them', asRoot, () => {
	const refused = async (args: readonly string[], words: RegExp) => {
		const result = await run(args, {environment: calledByNobody});
		assert.match(result.stderr, words);
		assert.deepEqual([result.code, result.stdout], [2, '']);
	};

	test('record into a folder of root', async context => {
		await refused(['--demo', '--list', '-w', path.join(folderOf(context), 'x.pcapng')], /Cannot record to .*permission denied/v);
	});

	test('record through a link to a file of root', async context => {
		const folder = folderOf(context, nobody);
		const secret = path.join(folderOf(context), 'secret');
		fs.writeFileSync(secret, 'unchanged');
		fs.chmodSync(path.dirname(secret), 0o755);
		fs.chmodSync(secret, 0o644);
		const link = path.join(folder, 'link.pcapng');
		fs.symlinkSync(secret, link);
		fs.lchownSync(link, nobody, nobody);
		await refused(['--demo', '--list', '-w', link], /Cannot record to .*permission denied/v);
		assert.equal(fs.readFileSync(secret, 'utf8'), 'unchanged');
	});

	test('read a capture of root', async context => {
		const file = path.join(folderOf(context), 'x.pcap');
		fs.copyFileSync(capture('seed-basic.pcap'), file);
		await refused(['--list', '-r', file], /x\.pcap: permission denied/v);
	});

	test('read a configuration of root, not even a line of it', async context => {
		const file = path.join(folderOf(context), 'config.toml');
		fs.writeFileSync(file, 'root-secret = [');
		const {code, stderr} = await run(['--demo', '--list', '--config', file], {environment: calledByNobody});
		assert.equal(code, 2);
		assert.match(stderr, /Cannot read the configuration .*permission denied/v);
		assert.doesNotMatch(stderr, /root-secret/v);
	});
});

test('the configuration is that of the user, at the start and when it is read again', asRoot, async context => {
	const home = folderOf(context, nobody);
	const passwd = path.join(home, 'passwd');
	fs.writeFileSync(passwd, `root:x:0:0::/root:/bin/sh\nalice:x:4321:4321::${home}:/bin/sh\n`);
	fs.chownSync(home, 4321, 4321);
	const folder = path.join(home, '.config/ipvstop');
	fs.mkdirSync(folder, {recursive: true});
	fs.writeFileSync(path.join(folder, 'config.toml'), '[aliases]\nhers = "192.0.2.1"\n');
	fs.chmodSync(path.join(folder, 'config.toml'), 0o600);
	for (const file of [path.join(home, '.config'), folder, path.join(folder, 'config.toml')]) {
		fs.chownSync(file, 4321, 4321);
	}

	// A list of users of our own, which only this program sees.
	const through = ['unshare', '--mount', 'sh', '-c', `mount --bind ${passwd} /etc/passwd && exec "$0" "$@"`];
	const environment = {SUDO_UID: '4321', SUDO_GID: '4321', SUDO_USER: 'alice', HOME: '/root'};
	const printed = await run(['--demo', '--print-config'], {through, environment});
	assert.equal(printed.stderr, '');
	assert.match(printed.stdout, /hers = /v);

	const child = start(['--demo', '--events'], {through, environment});
	await saying(child.stdout!, text => text.includes('\n'));
	child.stdout!.resume();
	child.kill('SIGHUP');
	await saying(child.stderr!, text => text.includes(`configuration reloaded: ${home}/.config/ipvstop/config.toml: 0 triggers, 1 aliases`));
	child.kill('SIGTERM');
	await finished(child);
});

test('metrics are not served on a port of root', onWire, async context => {
	const wire = createLiveWire(context);
	const {code, stderr} = await run(['--events', '-i', 'wire0', '--metrics', '80'], {through: wire.onNear, environment: calledByNobody});
	assert.equal(code, 1);
	assert.match(stderr, /Cannot serve metrics on 127\.0\.0\.1:80: permission denied/v);
});

test('a pipe that is read beside an interface is opened as the user', onWire, async context => {
	const wire = createLiveWire(context);
	const pipe = path.join(folderOf(context), 'pipe');
	execFileSync('mkfifo', [pipe]);
	const child = start(['--events', '-i', 'wire0', '-r', pipe], {through: wire.onNear, environment: calledByNobody});
	await saying(child.stdout!, text => /segment=pipe state=failed [^\n]*permission denied/v.test(text));
	child.kill('SIGTERM');
	const {code} = await finished(child);
	assert.equal(code, 143);
});

test('a command of --via runs as the user, also beside an interface that takes root', onWire, async context => {
	const wire = createLiveWire(context);
	const folder = folderOf(context, nobody);
	for (const [name, source] of [['alone', []], ['beside', ['-i', 'wire0']]] as const) {
		const file = path.join(folder, name);
		const child = start([
			'--list', '--json', '--duration', '1.5', ...source, '--via', `x=sh -c "cat /proc/self/status > ${file}; cat ${capture('seed-basic.pcap')}; touch ${file}.said; exec sleep 100"`,
		], {through: wire.onNear, environment: calledByNobody, node: heldTime(1.5)});
		const end = finished(child);
		await until(() => fs.existsSync(`${file}.said`), 'the command has said all');
		child.kill('SIGUSR2');
		const {code, stdout, stderr} = await end;
		assert.deepEqual([code, stderr], [0, '']);
		assert.match(stdout, name === 'alone' ? /"source":"via x"/v : /"source":"libpcap on wire0 \+ via x"/v);
		assert.match(stdout, /"segment":"x"/v);
		assert.deepEqual(rightsIn(fs.readFileSync(file, 'utf8')), rightsOfNobody);
	}
});

describe('variables of sudo that name no user end the start: root is not kept by mistake', asRoot, () => {
	const wrong: ReadonlyArray<Readonly<Record<string, string>>> = [
		{...calledByNobody, SUDO_UID: 'abc'},
		{...calledByNobody, SUDO_UID: '-1'},
		{...calledByNobody, SUDO_UID: '4294967295'},
		{...calledByNobody, SUDO_GID: ''},
		{SUDO_UID: String(nobody)},
		{SUDO_USER: 'nobody'},
	];
	for (const environment of wrong) {
		test(JSON.stringify(environment), async context => {
			const file = path.join(folderOf(context), 'x.pcapng');
			const {code, stdout, stderr} = await run(['--demo', '--list', '-w', file], {environment});
			assert.deepEqual([code, stdout], [2, '']);
			assert.match(stderr, /^ipvstop: cannot tell which user called sudo: [^\n]+\n$/v);
			assert.ok(!fs.existsSync(file));
		});
	}

	test('root that called sudo stays root', async context => {
		const file = path.join(folderOf(context), 'x.pcapng');
		const {code, stderr} = await run(['--demo', '--list', '--duration', '1', '-w', file], {environment: {SUDO_UID: '0', SUDO_GID: '0', SUDO_USER: 'root'}});
		assert.deepEqual([code, stderr], [0, '']);
		assert.deepEqual(ownerAndMode(file), [0, 0, '600']);
	});
});

test('an interface that returns when the right to capture is given back is heard by a joined socket, and the screen says what that hides', onWire, async context => {
	const wire = createLiveWire(context);
	const terminal = openTerminal(['-i', 'wire0', '--interval', '0.2'], {columns: 180, rows: 50, through: wire.onNear, environment: calledByNobody});
	await wire.joined(1);
	const before = await wire.sender(fileOf(context, await hurried(capture('failover-nopreempt.pcap'), 0.5)));
	await before.send();
	await terminal.until(screen => screen.includes('192.168.10.100:80/tcp'));
	wire.unplug();
	await terminal.until(screen => screen.includes('TROUBLE wire0 gone'));
	wire.plug();
	wire.near('ip addr add 192.168.10.99/24 dev wire0');
	const said = await terminal.until(screen => screen.includes('heard by joined socket'));
	assert.match(said, /wire0.*heard by joined socket, since the right to capture was given up: VRRP, ARP and group reports are hidden/v);
	const after = await wire.sender(fileOf(context, await hurried(capture('persistence.pcap'), 0.5)));
	await after.send();
	await terminal.until(screen => screen.includes('192.168.10.100:8443/tcp'));
	terminal.type('q');
	assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
});
