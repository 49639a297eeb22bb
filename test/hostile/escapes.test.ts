/*
Text that comes from the wire, from a file or from a command may hold what a terminal obeys: escape sequences, C1 controls as
UTF-8, bidirectional overrides, characters without a width or with two, new lines. None of it may reach a terminal as it is.
*/
import assert from 'node:assert/strict';
import {copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type TestContext} from 'node:test';
import {complaint, harmless, octetText, onScreen, safeJson} from '../../source/text/format.js';
import {fileOf, pcapOf} from '../capture/pcap-file.js';
import {attack as evil, obeyed} from '../support/attacks.js';
import {capture, finished, heldTime, run, saying, start, type Finished} from '../support/program.js';
import {openTerminal, standsStill} from '../support/terminal.js';
import {until} from '../support/watch.js';
import {syncFrame} from '../support/flood.js';
import {recordV1} from '../wire/build.js';

const evilName = evil.replaceAll('/', '');

const folderOf = (context: TestContext): string => {
	const folder = mkdtempSync(join(tmpdir(), 'ipvstop-test-'));
	context.after(() => {
		rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

/** A capture under a name that is an attack, with a persistence template whose Call-ID is one. */
const evilCapture = (context: TestContext): string => {
	const callId = Buffer.from(evil);
	const records = [recordV1({
		flags: 0x10_00, protocol: 17, ports: [0, 5060, 5060], state: 0,
		options: [[0x02, callId.length, ...callId], [0x03, 3, 0x73, 0x69, 0x70]],
	}), recordV1()];
	const path = join(folderOf(context), evilName);
	copyFileSync(fileOf(context, pcapOf([{timeUs: 1_767_225_600_000_000, octets: syncFrame({records})}])), path);
	return path;
};

test('text output holds nothing that a terminal obeys, and JSON stays JSON', async context => {
	const path = evilCapture(context);
	for (const mode of [['--list'], ['--events'], ['--records'], ['--records', '--fields', 'segment,peData,client']]) {
		const {code, stdout, stderr} = await run([...mode, '-r', path]);
		assert.deepEqual([code, stderr], [0, '']);
		assert.doesNotMatch(stdout, obeyed, mode.join(' '));
		assert.doesNotMatch(stdout, /^forged/mv, mode.join(' '));
	}

	for (const mode of ['--list', '--events', '--records']) {
		const {code, stdout} = await run([mode, '--json', '-r', path]);
		assert.equal(code, 0);
		assert.doesNotMatch(stdout, obeyed, mode);
		const lines = stdout.trimEnd().split('\n').map(line => JSON.parse(line) as Record<string, unknown>);
		assert.ok(lines.some(line => line['peData'] === octetText(Buffer.from(evil))), mode);
		// The reader of JSON gets the very name.
		assert.ok(lines.some(line => line['segment'] === evilName), mode);
	}
});

test('a line of --fields has as many tabs as fields, whatever the name of the segment holds', async context => {
	const {stdout} = await run(['--records', '--fields', 'segment,peData,client', '-r', evilCapture(context)]);
	assert.deepEqual(stdout.trimEnd().split('\n').map(line => line.split('\t').length), [3, 3]);
});

test('the screen shows such names and data as text, and every line ends where it should', async context => {
	const terminal = openTerminal(['-r', evilCapture(context), '--speed', 'max', '--columns', 'client,segment,state,expires'], {columns: 160, rows: 24});
	// The title ends in the time only when nothing runs any more.
	await terminal.until(screen => standsStill(screen) && screen.includes(String.raw`\x1b]0;pwned`));
	for (const [key, sign] of [['2', /^VIPs/mv], ['4', /WHAT HAPPENED/v], ['6', /^EVENTS/mv], ['1', /CLIENT/v]] as const) {
		terminal.type(key);
		const screen = await terminal.until(text => sign.test(text));
		assert.doesNotMatch(screen.replaceAll('\n', ''), obeyed);
		assert.ok(screen.includes('ipvstop REPLAY') && screen.includes(String.raw`\x1b]0;pwned\x07`), screen);
		assert.doesNotMatch(screen, /^forged/mv);
		assert.match(terminal.lines()[0]!, /00:00:00Z$/v);
	}

	terminal.type('q');
	assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
});

test('a file whose name is an attack can be given another name, and no trace of it is left', async context => {
	const path = evilCapture(context);
	for (const mode of [['--list', '--json'], ['--events'], ['--records', '--json']]) {
		const {code, stdout, stderr} = await run([...mode, '-r', `lb=${path}`, 'proto=tcp']);
		assert.deepEqual([code, stderr], [0, '']);
		assert.ok(stdout.includes('198.51.100.7'));
		assert.ok(!stdout.includes('pwned'), mode.join(' '));
	}
});

test('a command whose name is an attack is text in every mode and on a screen of 80x24', async context => {
	const capturePath = fileOf(context, pcapOf([{timeUs: 1_767_225_600_000_000, octets: syncFrame({})}]));
	const script = join(folderOf(context), evilName);
	const said = join(folderOf(context), 'said');
	// It goes on until it is ended, as a capture does.
	writeFileSync(script, `#!/bin/sh\ncat ${capturePath}\ntouch ${said}\nexec sleep 100\n`, {mode: 0o755});
	const via = ['--no-config', '--via', `'${script}'`];
	const heard = async (...mode: readonly string[]): Promise<Finished> => {
		rmSync(said, {force: true});
		const child = start([...mode, '--duration', '1.5', ...via], {node: heldTime(1.5)});
		const end = finished(child);
		await until(() => existsSync(said), 'the command has said all');
		child.kill('SIGUSR2');
		return end;
	};

	for (const mode of ['--list', '--events', '--records']) {
		const plain = await heard(mode);
		const json = await heard(mode, '--json');
		assert.deepEqual([plain.code, plain.stderr, json.code, json.stderr], [0, '', 0, ''], mode);
		assert.doesNotMatch(plain.stdout + json.stdout, obeyed, mode);
		assert.doesNotMatch(plain.stdout, /^forged/mv, mode);
		const rows = json.stdout.trimEnd().split('\n').map(line => JSON.parse(line) as Record<string, unknown>);
		assert.ok(rows.some(row => row['client'] === '198.51.100.7' && row['segment'] === evilName), mode);
	}

	const terminal = openTerminal(via);
	await terminal.until(screen => screen.includes(':51000'));
	for (const [key, sign] of [['2', 'VIPs'], ['4', String.raw`8848 on \x1b`], ['6', 'EVENTS'], ['1', ':51000']] as const) {
		terminal.type(key);
		const screen = await terminal.until(text => text.includes(sign));
		assert.doesNotMatch(screen, obeyed);
		assert.doesNotMatch(screen, /^forged/mv);
		assert.match(terminal.lines()[0]!, /^ipvstop .*Z$/v);
		assert.equal(terminal.lines().at(-1)!.slice(0, 6), 'h help');
	}

	assert.deepEqual(terminal.copied(), []);
	terminal.type('Q');
	await terminal.exit;
});

test('a session with an attack for a Call-ID is shown in detail as text', async context => {
	const terminal = openTerminal(['-r', evilCapture(context), '--speed', 'max', 'template'], {columns: 100, rows: 40});
	await terminal.until(screen => screen.includes('TPL'));
	terminal.type('\r');
	await terminal.until(text => text.includes('SESSION UDP') && text.includes(String.raw`\x1b]0;pwned\x07`));
	terminal.type('Q');
	terminal.kill('SIGTERM');
	await terminal.exit;
});

test('error messages that echo an argument, a file name or a file are plain text of one line', async context => {
	const folder = folderOf(context);
	const alien = join(folder, `alien${evilName}`);
	writeFileSync(alien, `${evil}${evil}`);
	const config = join(folder, `config${evilName}`);
	writeFileSync(config, '[filters]\n"x" = "state=\u009B31m\u202E"\n');
	const unreadable = join(folder, 'unreadable.toml');
	writeFileSync(unreadable, `port = ${evil}\n`);
	const file = ['-r', capture('v0.pcap')];
	const cases: ReadonlyArray<readonly string[]> = [
		['-r', `/nowhere/${evilName}`], ['-r', alien], ['--list', `state=${evil}`, ...file], ['--group', evil, ...file], ['--port', evil, ...file], ['--from', evil, ...file],
		['--at', evil, ...file], ['--sort', evil, '--list', ...file], ['--fields', evil, '--records', ...file], ['--interval', evil, ...file], ['--alias', `${evil}=${evil}`, ...file],
		['--pair', evil, ...file], ['--columns', evil, ...file], ['--key', `quit=${evil}`, ...file], ['--config', config, '--list', '@x', ...file],
		['--config', unreadable, ...file], ['--config', join(folder, evilName), ...file], ['--webhook', evil, ...file], ['-w', `/nowhere/${evilName}`, ...file],
		['--metrics', evil, ...file], [`--${evil}`, ...file], ['-i', evil, '--duration', '1'],
	];
	for (const args of cases) {
		const {code, stdout, stderr} = await run([...(args.includes('--config') ? [] : ['--no-config']), ...args]);
		const name = JSON.stringify(args);
		assert.ok(code !== 0 && stderr !== '', `${name}: exit ${code}, ${stderr}`);
		assert.doesNotMatch(stdout + stderr, obeyed, name);
		assert.doesNotMatch(stderr, /^forged/mv, name);
		assert.match(stderr, /^ipvstop: /v, name);
	}
});

test('what a remote command, a trigger and a webhook say of themselves is text', async context => {
	const folder = folderOf(context);
	const script = join(folder, 'say');
	writeFileSync(script, `#!/bin/sh\ncat >/dev/null\nprintf '%s' '${evil}' >&2\nexit 3\n`, {mode: 0o755});
	const child = start(['--events', '--via', script]);
	const told = await saying(child.stderr!, text => /say failed: [^\n]*\n/v.test(text));
	child.kill('SIGTERM');
	const rest = await finished(child);
	const via = {stdout: rest.stdout, stderr: told + rest.stderr};
	const server = createServer((_request, response) => {
		response.writeHead(418, evil.replaceAll(/[^\u{20}-\u{7E}]/gv, '')).end(evil);
	});
	await new Promise<void>(resolve => {
		server.listen(0, '127.0.0.1', resolve);
	});
	context.after(() => {
		server.close();
	});
	const {port} = server.address() as {port: number};
	const trigger = ['--list', '-r', capture('failover-nopreempt.pcap'), '--fire-in-replay', '--on', 'event=takeover'];
	const exec = await run([...trigger, '--exec', script]);
	const webhook = await run([...trigger, '--webhook', `http://127.0.0.1:${port}/`]);
	assert.match(exec.stderr, /failed/v);
	assert.match(webhook.stderr, /HTTP 418/v);
	for (const {stdout, stderr} of [via, exec, webhook]) {
		assert.doesNotMatch(stdout + stderr, obeyed);
		assert.doesNotMatch(stdout + stderr, /^forged/mv);
	}
});

test('what a program that a trigger starts gets in its environment is printable, and its stdin is JSON', async context => {
	const folder = folderOf(context);
	const [out, environment] = [join(folder, 'out'), join(folder, 'environment')];
	const script = join(folder, 'keep');
	writeFileSync(script, `#!/bin/sh\nset | grep -a IPVSTOP_ > ${environment}\ncat > ${out}\n`, {mode: 0o755});
	await run(['--list', '-r', evilCapture(context), '--fire-in-replay', '--pair', '10.0.0.1,10.0.0.2', '--on', 'event=director', '--exec', script, '--on-rate', '1/h']);
	assert.doesNotMatch(readFileSync(environment, 'utf8'), obeyed);
	assert.doesNotMatch(readFileSync(out, 'utf8'), obeyed);
	assert.equal((JSON.parse(readFileSync(out, 'utf8')) as {event: string}).event, 'director');
});

test('what slips through to the last look keeps its place in the line', () => {
	assert.equal(harmless('a\u001B[31mb\u65E5c\u{1F600}d\u0301'), 'a?[31mb?c??d?');
	assert.equal(harmless('│ ─ █ ▁ ü'), '│ ─ █ ▁ ü');
	assert.equal(onScreen('größe\u202E\u65E5'), String.raw`größe\u{202e}\u{65e5}`);
	assert.equal(safeJson({name: '\u009B\u202E\u{E0001}'}), String.raw`{"name":"\u009b\u202e\udb40\udc01"}`);
	assert.equal(complaint('one\ntwo\u001B[m'), 'one\n  two\\x1b[m');
});
