import assert from 'node:assert/strict';
import {execFileSync, spawn} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import test, {type TestContext} from 'node:test';
import {CaptureError, type PacketSource} from '../../source/capture/source.js';
import {createVia, parseViaTarget, remoteCommand} from '../../source/capture/via/via.js';
import {isViaLog} from '../../source/text/command-words.js';
import {createManualClock, type ManualClock} from './manual-clock.js';
import {fileOf, pcapAt} from './pcap-file.js';
import {createRecordingSink, type RecordingSink} from './recording-sink.js';
import {createTwoHosts, whyNoNamespaces} from './two-hosts.js';

const filter = {groups: ['224.0.0.81'], ports: [8848]};

const open = async (context: TestContext, target: string, through: readonly string[] = []): Promise<{source: PacketSource; sink: RecordingSink; clock: ManualClock}> => {
	const clock = createManualClock();
	const sink = createRecordingSink();
	const source = createVia({...filter, targets: [target], through, clock});
	context.after(() => {
		source.close();
	});
	await source.start(sink);
	return {source, sink, clock};
};

const latest = (sink: RecordingSink) => sink.placeHistory.at(-1)![0]!;

test('a target is a host, a host with an interface, or a command, each with a name or without', () => {
	const read = (target: string): unknown[] => {
		const {name, kind, words} = parseViaTarget(target, filter);
		return kind === 'ssh' ? [name, kind, words.at(-2), /tcpdump -i '"'"'(.*?)'|tcpdump -i '\\''(.*?)'\\''/.exec(words.at(-1)!)?.slice(1).find(Boolean)] : [name, kind, ...words];
	};

	assert.deepEqual(read('rs1'), ['rs1', 'ssh', 'rs1', 'any']);
	assert.deepEqual(read('rs1:eth0.7'), ['rs1:eth0.7', 'ssh', 'rs1', 'eth0.7']);
	assert.deepEqual(read('dmz=root@rs1:bond0'), ['dmz', 'ssh', 'root@rs1', 'bond0']);
	assert.deepEqual(read('[2001:db8::1]:eth0'), ['[2001:db8::1]:eth0', 'ssh', '2001:db8::1', 'eth0']);
	assert.deepEqual(read('/usr/bin/feed'), ['feed', 'command', '/usr/bin/feed']);
	assert.deepEqual(read('pod=kubectl exec "a b" -- tcpdump -w -'), ['pod', 'command', 'kubectl', 'exec', 'a b', '--', 'tcpdump', '-w', '-']);
});

test('a target may be the log of a host', () => {
	const read = (target: string): unknown[] => {
		const {name, isLog, words} = parseViaTarget(target, filter, 60);
		return [name, isLog, words.at(-2), /exec ipvstop --no-config -r '\\''(.*?)'\\'' --since 60s -w -/v.exec(words.at(-1)!)?.[1]];
	};

	assert.deepEqual(read('rs1:log'), ['rs1:log', true, 'rs1', '/var/lib/ipvstop/log/']);
	assert.deepEqual(read('dmz=root@rs1:/srv/lvs/'), ['dmz', true, 'root@rs1', '/srv/lvs/']);
	assert.deepEqual(read('[2001:db8::1]:log'), ['[2001:db8::1]:log', true, '2001:db8::1', '/var/lib/ipvstop/log/']);
	for (const target of ['rs1:login', 'rs1:/srv/feed', '/srv/lvs/', 'cat rs1:/srv/lvs/', '-o:log']) {
		assert.equal(isViaLog(target), false, target);
	}
});

/** Stands for ssh to a host where these programs are: runs what that host's shell would. */
const hostWith = (context: TestContext, programs: Readonly<Record<string, string>>): readonly string[] => {
	const folder = mkdtempSync(join(tmpdir(), 'ipvstop-host-'));
	context.after(() => {
		rmSync(folder, {recursive: true});
	});
	for (const [name, script] of Object.entries({...programs, sudo: 'exit 1', shell: `PATH=${folder}:/usr/bin:/bin; export PATH\nfor last; do :; done\nexec sh -c "$last"`})) {
		writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, {mode: 0o755});
	}

	return [join(folder, 'shell')];
};

test('the log of a host is opened by the ipvstop there; after a break it goes on without doubling', async context => {
	const [first, second] = [fileOf(context, pcapAt([1, 2])), fileOf(context, pcapAt([1, 2, 3]))];
	const through = hostWith(context, {ipvstop: `test "$*" = "--no-config -r /var/lib/ipvstop/log/ --since 1800s -w -" || exit 9\ntest -e ${first}.seen && exec cat ${second}\n: >${first}.seen\nexec cat ${first}`});
	const {sink, clock} = await open(context, 'rs1:log', through);
	await sink.until(() => latest(sink).state === 'failed');
	await clock.waiting();
	clock.toNextTimer();
	await sink.until(() => sink.packets().length === 3);
	await clock.waiting();
	assert.deepEqual(sink.packets().map(({timeUs}) => timeUs), [1, 2, 3]);
});

test('where there is no ipvstop, tcpdump listens, and that is said', async context => {
	const through = hostWith(context, {tcpdump: `case "$*" in *-w*) cat ${fileOf(context, pcapAt([1]))}; exec sleep 600;; esac`});
	const {source, sink} = await open(context, 'rs1:log', through);
	// What is heard comes by stdout, what is said by stderr: either may be first.
	await sink.until(() => latest(sink).state === 'up' && sink.packets().length === 1 && latest(sink).detail === 'no ipvstop on that host: tcpdump listens there, without the past');
	assert.equal(source.description, 'via rs1:log (no ipvstop there: no past)');
});

test('whatever a target says, it is no option of ssh, and its interface one word of tcpdump on the other host', context => {
	const folder = mkdtempSync(join(tmpdir(), 'ipvstop-host-'));
	context.after(() => {
		rmSync(folder, {recursive: true});
	});
	writeFileSync(join(folder, 'tcpdump'), '#!/bin/sh\nfor word; do printf "%s\\n" "<$word>"; done\n', {mode: 0o755});
	writeFileSync(join(folder, 'sudo'), '#!/bin/sh\nexit 1\n', {mode: 0o755});
	const made = join(folder, 'made');
	for (const target of [
		'-oProxyCommand=x', 'n=-oProxyCommand', '-F', '--', '-', 'n=--', '-l:eth0', '-w:log', 'u@-oProxyCommand=x:eth0', 'rs1:-w', 'rs1:--version', 'rs1:-zreboot',
		'rs1:$(touch$IFS"made")', 'rs1:`touch$IFS\'made\'`', 'rs1:eth0;touch$IFS\'made\'', 'rs1:"\';touch$IFS\'made\';"', 'rs1:e\\\'th0', 'rs1:eth0&&touch$IFS"made"', 'rs1;reboot', 'rs1|x:eth0',
	]) {
		let words: readonly string[];
		try {
			({words} = parseViaTarget(target, filter));
		} catch (error) {
			assert.ok(error instanceof CaptureError && error.exitCode === 2, target);
			continue;
		}

		const [host = '', command = ''] = words.slice(-2);
		assert.ok(!host.startsWith('-') && target.includes(host), target);
		// As the other host's shell would run it.
		const said = execFileSync('sh', ['-c', command], {encoding: 'utf8', cwd: folder, env: {PATH: `${folder}:/usr/bin:/bin`}});
		const given = said.split('\n');
		const interfaceName = target.startsWith('u@') ? 'eth0' : target.slice(host.length + 1) || 'any';
		assert.equal(given[given.indexOf('<-i>') + 1], `<${interfaceName}>`, target);
		assert.equal(existsSync(made), false, target);
	}
});

test('a target that is neither is refused with exit code 2', () => {
	for (const target of ['-oProxyCommand=x', 'n=-oProxyCommand', 'a:b:c', ':eth0', 'x=cat "open', '']) {
		assert.throws(() => parseViaTarget(target, filter), (error: unknown) =>
			error instanceof CaptureError && error.exitCode === 2, target);
	}
});

test('a command that dies is run again after a while, and its packets go on', async context => {
	const file = fileOf(context, pcapAt([1, 2, 3]));
	const {sink, clock} = await open(context, `seg=cat ${file}`);
	await sink.until(() => latest(sink).state === 'failed');
	assert.deepEqual(sink.packets().map(({timeUs, place}) => [timeUs, place]), [[1, 0], [2, 0], [3, 0]]);
	assert.equal(latest(sink).name, 'seg');
	assert.equal(latest(sink).detail, 'ended with exit code 0; again in 1 s');
	await clock.waiting();
	clock.toNextTimer();
	await sink.until(() => sink.packets().length === 6);
});

test('attempts that fail come at growing distances, and say what the command said', async context => {
	const {sink, clock} = await open(context, 'sh -c "echo listening >&2; echo \'no route\' to host >&2; exit 255"');
	const delays: number[] = [];
	for (let attempt = 0; attempt < 7; attempt++) {
		await clock.waiting();
		assert.match(latest(sink).detail, /^no route to host; again in \d+ s$/);
		const beforeUs = clock.nowUs();
		clock.toNextTimer();
		delays.push((clock.nowUs() - beforeUs) / 1_000_000);
	}

	assert.deepEqual(delays, [1, 2, 4, 8, 16, 30, 30]);
});

test('a command that is not there or writes no capture is named, without an escape sequence of its own', async context => {
	const {sink} = await open(context, '/nonexistent/feed now');
	await sink.until(() => latest(sink).state === 'failed');
	assert.match(latest(sink).detail, /^there is no program \/nonexistent\/feed/);

	const text = await open(context, 'echo hello to you');
	await text.sink.until(() => latest(text.sink).state === 'failed');
	assert.match(latest(text.sink).detail, /^it starts with 68 65 6c 6c/);

	const noisy = await open(context, String.raw`sh -c "printf '\033[31mred\033[0m\n' >&2; exit 1"`);
	await noisy.sink.until(() => latest(noisy.sink).state === 'failed');
	assert.match(latest(noisy.sink).detail, /^\[31mred\[0m; again/);
});

test('packets of a command that goes on arrive as it writes them, and it ends with the source', async context => {
	const file = fileOf(context, pcapAt([1, 2]));
	const marker = join(dirname(file), 'ended');
	const script = join(dirname(file), 'feed');
	writeFileSync(script, `trap 'echo > ${marker}; exit' TERM\ncat ${file}\nwhile :; do sleep 0.05; done\n`);
	const {source, sink} = await open(context, `sh ${script}`);
	await sink.until(() => sink.packets().length === 2);
	assert.equal(latest(sink).state, 'up');
	source.close();
	assert.deepEqual(await source.ended, {problems: []});
	while (!existsSync(marker)) {
		await new Promise(resolve => {
			setImmediate(resolve);
		});
	}
});

const noTcpdump = (): string | undefined => {
	try {
		execFileSync('tcpdump', ['--version'], {stdio: 'pipe'});
		return undefined;
	} catch {
		return 'needs tcpdump';
	}
};

const onTwoHosts = {skip: whyNoNamespaces() ?? noTcpdump() ?? false, timeout: 200_000};

test('what the other host runs captures sync messages there, on one interface and on `any`', onTwoHosts, async context => {
	const hosts = createTwoHosts(context);
	hosts.plug();
	const namespace = hosts.near('ip netns identify $$').trim();
	for (const interfaceName of ['wire0', 'any']) {
		const child = spawn('ip', ['netns', 'exec', namespace, 'sh', '-c', remoteCommand(interfaceName, filter)], {stdio: ['ignore', 'pipe', 'pipe']});
		context.after(() => {
			child.kill('SIGKILL');
		});
		await new Promise<void>(resolve => {
			child.stderr.on('data', (octets: Uint8Array) => {
				if (new TextDecoder().decode(octets).includes('listening on')) {
					resolve();
				}
			});
		});
		let captured = '';
		const heard = new Promise<void>(resolve => {
			child.stdout.on('data', (octets: Buffer) => {
				captured += octets.toString('hex');
				if (captured.includes('fedcba9876543210')) {
					resolve();
				}
			});
		});
		hosts.send('224.0.0.81', 8848, 'fedcba9876543210');
		await heard;
		child.kill('SIGTERM');
	}
});
