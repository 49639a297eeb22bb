/*
What the built program says where it cannot do what it is told, and with which code it ends.
*/
import assert from 'node:assert/strict';
import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import {devNull, tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {text} from 'node:stream/consumers';
import {describe, test} from 'node:test';
import {fileOf, pcapOf} from '../capture/pcap-file.js';
import {whyNoLiveWire} from '../support/live-wire.js';
import {capture, finished, heldTime, plainEnvironment, program, run, saying, start, unprivileged, whyNotUnprivileged, type Finished} from '../support/program.js';
import {splitPcap} from '../support/pcap-split.js';
import {openTerminal} from '../support/terminal.js';
import {until} from '../support/watch.js';

const seed = capture('seed-basic.pcap');
const demo = ['--demo', '--seed', '3'];
const onLinux = {skip: whyNoLiveWire() ?? false};
const withoutPrivilege = {skip: whyNoLiveWire() ?? whyNotUnprivileged() ?? false};
const withFullDisk = {skip: fs.existsSync('/dev/full') ? false : 'there is no /dev/full'};

/** Ends with `code`, and says one line that fits. */
const refuses = async (args: readonly string[], code: number, words: RegExp, input?: Uint8Array) => {
	const result = await run(args, input ? {input} : {});
	assert.deepEqual([result.code, result.signal, result.stdout], [code, null, ''], args.join(' '));
	assert.match(result.stderr, /^ipvstop: [^\n]+\n$/v, 'one line');
	assert.match(result.stderr, words);
};

describe('a command line that cannot be used ends with 2 and one line that says what to do', {concurrency: 2}, () => {
	const cases: ReadonlyArray<readonly [args: readonly string[], words: RegExp]> = [
		[['--bogus'], /unknown option --bogus\. See ipvstop --help/v],
		[['--evens'], /unknown option --evens; did you mean --events\?/v],
		[['-z'], /unknown option -z\./v],
		[['-jz'], /unknown option -z in -jz\./v],
		[['-i'], /-i needs a value/v],
		[['-r', '--list'], /-r needs a value/v],
		[['--at=', '-r', seed], /--at needs a value/v],
		[['--seed', 'x', '--demo'], /--seed .*: a number from 0 to 4294967295 is needed/v],
		[['--seed', '1.5', '--demo'], /--seed 1\.5: a whole number from 0 to 4294967295 is needed/v],
		[['--seed', '1', '--seed', '2', '--demo'], /--seed: can be given only once/v],
		[['--wait', '-1', '--demo'], /--wait -1: a number from 0/v],
		[['--port', '8848-8840', '-j'], /--port 8848-8840: write a port from 1 to 65535, or the first and last/v],
		[['--group', '224.0.0', '-j'], /--group 224\.0\.0: not an IPv4 or IPv6 address/v],
		[['--group', '192.0.2.2', '-j'], /--group 192\.0\.2\.2: not a multicast address.* --from/v],
		[['--group', 'fd00::1', '-j'], /not a multicast address/v],
		[['--syncid', '256', ...demo], /--syncid 256: a number from 0 to 255/v],
		[['--speed', '0', '-r', seed], /--speed 0: a number/v],
		[['--list', '--events', ...demo], /--list and --events: one of them at a time/v],
		[['--sort', 'colour', '--list', ...demo], /--sort colour: unknown key; there is open expires/v],
		[['--records', '--fields', 'time,colour', ...demo], /--fields time,colour: unknown field colour; there is time segment /v],
		[['--events', '--fields', 'time', ...demo], /--fields: goes with --records/v],
		[['--demo', '-r', seed], /--demo and -r: these sources do not go together/v],
		[['-r', '-', '-r', '-'], /-r -: stdin can be read once/v],
		[['--at', '+3', ...demo], /--at: goes with -r FILE/v],
		[['--at', 'noon', '-r', seed], /--at noon: give RFC 3339/v],
		[['--at', 'yesterday 1', '-r', seed], /--at yesterday 1: give RFC 3339/v],
		[['--no-at', '-r', seed], /unknown option --no-at\. See/v],
		[['--list=now', ...demo], /--list takes no value: leave out =now/v],
		[['--no-colour', ...demo], /unknown option --no-colour; did you mean --no-color\?/v],
		[['--completion', 'tcsh'], /--completion tcsh: not a shell that is known here; write one of bash zsh fish/v],
		[['--install-extras', '/dev/null'], /--install-extras \/dev\/null: ENOTDIR: .*Give a folder that you may write in/v],
		[['--completion'], /--completion needs a value, bash\|zsh\|fish\./v],
		[[seed], /seed-basic\.pcap is a file: did you mean -r .*seed-basic\.pcap\?/v],
	];
	for (const [args, words] of cases) {
		test(args.join(' ').replaceAll(seed, 'seed-basic.pcap'), async () => {
			await refuses(args, 2, words);
		});
	}

	test('stdin is a pipe, and no source is named', async () => {
		const {code, stdout, stderr} = await run(['--list'], {through: ['sh', '-c', ': | "$@"', 'sh']});
		assert.deepEqual([code, stdout, stderr], [2, '', 'ipvstop: something is piped in, but no source is named: add -r - to read it\n']);
	});
});

describe('a file that cannot be read ends with 2', () => {
	test('there is none', async () => {
		await refuses(['--list', '-r', '/nowhere/at.pcap'], 2, /Cannot read \/nowhere\/at\.pcap: there is no such file\./v);
	});
	test('it is text', async () => {
		await refuses(['--list', '-r', capture('readme.md')], 2, /Cannot read .*readme\.md: it starts with .*\(text\), which is neither pcap nor pcapng/v);
	});
	test('it is a directory', async () => {
		await refuses(['--events', '-r', capture('')], 2, /Cannot read .*: it is a directory/v);
	});
	test('it is empty', async () => {
		await refuses(['--records', '-r', devNull], 2, /Cannot read \/dev\/null: it is empty/v);
	});
	test('stdin is text', async () => {
		await refuses(['--list', '-r', '-'], 2, /Cannot read stdin: .*\(text\)/v, Buffer.from('Hello, world. This is no capture.\n'));
	});
	test('the moment is before its first packet', async () => {
		await refuses(['--list', '-r', seed, '--at', '2020-01-01T00:00:00Z'], 2, /Nothing is known at 2020-01-01T00:00:00\.000Z: the first packet is of 2026-11-22T15:28:11/v);
	});
});

test('a file that was cut in mid-record ends with 1 after everything that can be read, and says where', async context => {
	const octets = fs.readFileSync(seed);
	const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
	let whole = 24;
	let frames = 0;
	while (frames < 200) {
		whole += 16 + view.getUint32(whole + 8, true);
		frames++;
	}

	const readable = fileOf(context, octets.subarray(0, whole), 'cut.pcap');
	const cut = fileOf(context, octets.subarray(0, whole + 20), 'cut.pcap');
	for (const output of [['--list', '--json'], ['--records'], ['--events']]) {
		const [expected, result] = [await run([...output, '-r', readable]), await run([...output, '-r', cut])];
		assert.deepEqual([expected.code, expected.stderr], [0, '']);
		assert.ok(expected.stdout.split('\n').length > 20);
		// The last event says why the source ended.
		const said = ({stdout}: Finished) => stdout.split('\n').filter(line => !line.includes(' state=ended') && !line.includes(' state=failed'));
		assert.deepEqual(said(result), said(expected));
		assert.equal(result.code, 1);
		assert.equal(result.stderr, `ipvstop: cut.pcap ends at octet ${whole + 20}, inside the record that starts at octet ${whole}. All before that was read.\n`);
	}
});

test('a capture without sync messages ends with 0 and a hint', async context => {
	const adverts = fs.readFileSync(seed).subarray(0, 24);
	const none = await run(['--list', '-r', fileOf(context, adverts, 'none.pcap')]);
	assert.deepEqual([none.code, none.stderr], [0, 'ipvstop: no packets in that file\n']);
	const other = await run(['--list', '-r', fileOf(context, pcapOf([{timeUs: 1e15, octets: new Uint8Array(60)}]), 'other.pcap')]);
	assert.equal(other.code, 0);
	assert.match(other.stderr, /^ipvstop: 1 packets, none of them an IPVS sync message\. Other group or port\? --group, --port\n$/v);
	assert.equal(other.stdout.split('\n').length, 3, 'the heading alone');
});

test('an empty table is told from deaf ears, and from a table that has only begun', async context => {
	const graceful = capture('failover-graceful.pcap');
	const ipProtocol = 23;
	const [adverts] = splitPcap(fs.readFileSync(graceful), frame => frame[ipProtocol] === 112);
	const folder = fs.mkdtempSync(path.join(tmpdir(), 'ipvstop-heard-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	let count = 0;
	/** A command that says a capture; and what resolves when it has. */
	const saidBy = (file: string): readonly [via: string, all: () => Promise<void>] => {
		const marker = path.join(folder, String(count++));
		return [`x=sh -c "cat ${file} && touch ${marker} && exec sleep 100"`, async () => until(() => fs.existsSync(marker), 'all is said')];
	};

	const linesAfter = async (file: string, ...args: string[]) => {
		const [via, allIsSaid] = saidBy(file);
		const child = start(['--via', via, '--duration', '1.5', ...args], {node: heldTime(1.5)});
		const end = finished(child);
		await allIsSaid();
		child.kill('SIGUSR2');
		const {code, stderr} = await end;
		assert.equal(code, 0);
		return stderr;
	};

	const others = await run(['--list', '-r', graceful, '--syncid', '7']);
	assert.equal(others.stderr, 'ipvstop: 54 sync messages, none of them of --syncid and --from\n');
	const [ofOthers, onlyAdverts, list, told] = await Promise.all([
		linesAfter(graceful, '--records', '--syncid', '7'),
		linesAfter(fileOf(context, adverts), '--events'),
		linesAfter(graceful, '--list'),
		linesAfter(graceful, '--records'),
	]);
	assert.equal(ofOthers, 'ipvstop: 54 sync messages were heard, none of them of --syncid and --from\n');
	assert.match(onlyAdverts!, /^ipvstop: VRRP was heard, but no sync message in 1\.5 s\. [^\n]*lvs_sync_daemon[^\n]*\n$/v);
	assert.deepEqual([list, told], ['', ''], 'a script is told what is wrong, and nothing else');

	const [via, allIsSaid] = saidBy(graceful);
	const terminal = openTerminal(['--via', via, '--duration', '1.5', '--list', '--syncid', '51'], {rows: 80, command: [process.execPath, ...heldTime(1.5), program]});
	await allIsSaid();
	terminal.kill('SIGUSR2');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
	assert.match(terminal.text().replaceAll('\n', ' '), /ipvstop: heard for 1\.5 s: .* --duration listens longer/v);
});

test('stdin is read as a file is, from a pipe and from a file', async () => {
	const octets = fs.readFileSync(seed);
	const expected = await run(['--list', '-r', seed]);
	const piped = await run(['--list', '-r', '-'], {input: octets});
	assert.deepEqual(piped, expected);
	const redirected = spawnSync(process.execPath, [program, '--list', '--read', '-'], {env: plainEnvironment(), stdio: [fs.openSync(seed, 'r'), 'pipe', 'pipe'], encoding: 'utf8'});
	assert.deepEqual([redirected.status, redirected.stdout, redirected.stderr], [0, expected.stdout, '']);
});

const onSilentWire = ['unshare', '-n', 'sh', '-c', 'ip link set lo up; ip link add w0 type veth peer name w1; ip addr add 10.9.8.1/24 dev w0; ip link set w0 up; ip link set w1 up; exec "$@"', 'sh'];
const nothingCaptured = 'ipvstop: nothing captured within 0.3 s. Is this host on the load balancers\' segment, and sync on?';

test('--wait ends with 3 when no load balancer is heard', onLinux, async () => {
	const result = await run(['--events', '-j', '--wait', '0.3'], {through: onSilentWire});
	assert.equal(result.code, 3);
	assert.equal(result.stderr, `${nothingCaptured}\n`);
});

test('--wait ends the screen, too, and says why where the screen was', onLinux, async () => {
	const terminal = openTerminal(['-j', '--wait', '0.3'], {through: onSilentWire});
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 3);
	assert.ok(!terminal.isAlternate());
	assert.ok(terminal.text().replaceAll('\n', '').includes(nothingCaptured), terminal.text());
});

test('an interface that does not exist ends with 4', onLinux, async () => {
	await refuses(['--list', '-i', 'eth77'], 4, /Cannot capture on eth77: there is no such interface\. There are: .*lo/v);
});

test('capturing without permission ends with 4 and names what works without', withoutPrivilege, async () => {
	const result = await run(['--list', '-i', 'lo'], {through: unprivileged});
	assert.deepEqual([result.code, result.stdout], [4, '']);
	assert.match(result.stderr, /^ipvstop: Cannot capture on lo: permission denied\. Run as root .*ipvstop --join\n$/v);
});

describe('whoever closes our stdout has seen enough: 0 and no word', () => {
	for (const source of [['-r', capture('persistence.pcap')], demo]) {
		for (const output of ['--records', '--events', '--list']) {
			test(`${output} ${source[0]}`, async () => {
				const child = start([output, ...source, '--duration', '0.2', '--json']);
				const end = Promise.all([text(child.stderr!), once(child, 'exit')]);
				child.stdout!.once('data', () => {
					child.stdout!.destroy();
				});
				assert.deepEqual(await end, ['', [0, null]]);
			});
		}
	}
});

test('a full disk is said in one line and ends with 1', withFullDisk, () => {
	for (const output of ['--list', '--events', '--records']) {
		const {status, stderr} = spawnSync(process.execPath, [program, output, '-r', seed], {env: plainEnvironment(), stdio: ['ignore', fs.openSync('/dev/full', 'w'), 'pipe'], encoding: 'utf8'});
		assert.equal(stderr, 'ipvstop: cannot write the output: ENOSPC: no space left on device, write\n');
		assert.equal(status, 1);
	}
});

describe('a signal ends it with 128 and its number, not by its force', () => {
	for (const [signal, code] of [['SIGTERM', 143], ['SIGINT', 130], ['SIGHUP', 129]] as const) {
		for (const output of ['--records', '--events']) {
			test(`${signal} ${output}`, async () => {
				// With a configuration to read, SIGHUP would ask for it where there is no terminal.
				const child = start([output, '--no-config', ...demo]);
				await saying(child.stdout!, said => said.includes('\n'));
				child.kill(signal);
				const {code: ended, signal: by, stderr} = await finished(child);
				assert.deepEqual([ended, by], [code, null]);
				assert.doesNotMatch(stderr, /Error|\bat /v);
			});
		}
	}

	test('also while nobody reads its output', async () => {
		const child = start(['--records', ...demo]);
		// More than a pipe holds is waiting when the first line can be read.
		await once(child.stdout!, 'readable');
		child.kill('SIGTERM');
		assert.deepEqual(await once(child, 'exit'), [143, null]);
	});
});

const printLoaded = 'data:text/javascript,import {registerHooks} from "node:module"; registerHooks({load(url, context, next) { process.stderr.write(url + "\\n"); return next(url, context); }});';

describe('--help, --version and --completion', () => {
	for (const option of ['--help', '-h', '--version', '-V', '--completion=bash', '--completion=zsh', '--completion=fish']) {
		test(`${option} loads neither Ink nor React`, async () => {
			const {code, stdout, stderr} = await run([option], {node: [`--import=${printLoaded}`]});
			assert.equal(code, 0);
			assert.ok(stdout.length > 3);
			const loaded = stderr.split('\n').filter(line => line.startsWith('file:'));
			assert.ok(loaded.length > 1, stderr);
			for (const url of loaded) {
				assert.doesNotMatch(fs.readFileSync(new URL(url), 'utf8'), /yoga|react\.element|useEffect/iv, url);
			}
		});
	}

	test('--help comes before all else that is wrong', async () => {
		const {code, stdout} = await run(['--help', '--list', '--events']);
		assert.equal(code, 0);
		assert.match(stdout, /^Watch the sessions/v);
		assert.ok(stdout.split('\n').every(line => line.length <= 96), 'fits on a screen');
	});
});

test('an old Node is told so in one line', context => {
	const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
	let version: string;
	try {
		version = execFileSync('node', ['--version'], {env: {PATH: systemPath}, encoding: 'utf8'}).trim();
	} catch {
		context.skip('the system has no Node of its own');
		return;
	}

	if (Number(version.slice(1).split('.', 1)[0]) >= 22) {
		context.skip(`the system's Node is ${version}, which is new enough`);
		return;
	}

	const {status, stdout, stderr} = spawnSync('node', [program, '--demo'], {env: {PATH: systemPath}, encoding: 'utf8'});
	assert.deepEqual([status, stdout], [1, '']);
	assert.equal(stderr, `ipvstop needs Node 22 or newer, this is Node ${version.slice(1)}. Install a newer one, or in a checkout use: npm start\n`);
});

test('what a slow reader has not taken yet is not lost when the program ends', async () => {
	const expected = await run(['--records', '-r', capture('persistence.pcap')]);
	const child = spawn('sh', ['-c', '"$@" | (sleep 0.7; cat)', 'sh', process.execPath, program, '--records', '-r', capture('persistence.pcap')], {env: plainEnvironment(), stdio: ['ignore', 'pipe', 'inherit']});
	assert.equal(await text(child.stdout), expected.stdout);
	assert.equal(expected.stdout.split('\n').length - 1, 4548);
});
