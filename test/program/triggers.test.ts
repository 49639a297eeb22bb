import assert from 'node:assert/strict';
import {once} from 'node:events';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {type AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import {describe, test} from 'node:test';
import {capture, finished, program, run, saying, start} from '../support/program.js';
import {openTerminal} from '../support/terminal.js';
import {until} from '../support/watch.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ipvstop-triggers-'));
const file = (name: string) => path.join(folder, name);
const planned = capture('failover-graceful.pcap');

/** A shell's command that appends a line; the environment is the event's. */
const append = (name: string, line: string): string => `sh -c 'echo "${line}" >> ${file(name)}'`;
/** Those that are whole. */
const linesOf = (name: string): string[] => existsSync(file(name)) ? readFileSync(file(name), 'utf8').split('\n').slice(0, -1) : [];
const eventsOf = (stdout: string): Array<Record<string, unknown>> => stdout.trimEnd().split('\n').filter(Boolean).map(line => JSON.parse(line) as Record<string, unknown>);

test('a session reached CLOSE, so this program ran', async () => {
	const {code, stdout} = await run(['-r', planned, '--events', '--json', '--fire-in-replay',
		'--on', 'event=state state=close', '--exec', append('closed', '$IPVSTOP_PROTO $IPVSTOP_CLIENT:$IPVSTOP_CPORT $IPVSTOP_VIRTUAL:$IPVSTOP_VPORT $IPVSTOP_WAS')]);
	assert.equal(code, 0);
	const events = eventsOf(stdout);
	const closed = events.filter(({event, state}) => event === 'state' && state === 'CLOSE');
	assert.ok(closed.length > 3);
	assert.deepEqual(linesOf('closed').toSorted(), closed.map(({proto, client, cport, virtual, vport, was}) => `${String(proto)} ${String(client)}:${String(cport)} ${String(virtual)}:${String(vport)} ${String(was)}`).toSorted());
	const outcomes = events.filter(({event}) => event === 'trigger');
	assert.deepEqual(new Set(outcomes.map(({trigger, outcome, cause}) => `${String(trigger)} ${String(outcome)} ${String(cause)}`)), new Set(['trigger 1 ok state']));
	assert.equal(outcomes.length, closed.length);
});

test('each action belongs to the --on before it, and a takeover reaches program and webhook', async t => {
	const posted: string[] = [];
	const server = createServer((request, response) => {
		void text(request).then(body => {
			posted.push(body);
			response.end();
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.after(() => {
		server.closeAllConnections();
		server.close();
	});
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/told`;
	const {code, stdout, stderr} = await run(['-r', planned, '--list', '--fire-in-replay',
		'--on', 'event=vrrp role=resigned', '--exec', append('first', '$IPVSTOP_EVENT $IPVSTOP_ADDRESS $IPVSTOP_TRIGGER'),
		'--on=event=takeover kind=planned', `--webhook=${url}`, '--exec', append('second', '$IPVSTOP_EVENT $IPVSTOP_KIND $IPVSTOP_TO')]);
	assert.equal(code, 0);
	assert.equal(stderr, '');
	assert.match(stdout, /^IPVS connection entries\n/v);
	assert.deepEqual(linesOf('first'), ['vrrp 192.168.10.11 trigger 1']);
	assert.deepEqual(linesOf('second'), ['takeover planned 192.168.10.12']);
	assert.deepEqual(posted.map(body => (JSON.parse(body) as {event: string}).event), ['takeover']);
});

test('triggers see the changes of sessions in --records, too', async () => {
	const {stderr} = await run(['-r', planned, '--records', '--fire-in-replay', '--dry-run', '--on', 'event=state state=close', '--exec', 'tell']);
	assert.match(stderr, /trigger 1: state would run tell/v);
});

describe('nothing is started', () => {
	test('in replay and in the demo, and that is said', async () => {
		for (const source of [['-r', planned], ['--demo', '--seed', '7', '--duration', '1']]) {
			const {code, stderr} = await run([...source, '--list', '--on', 'event=new,state,takeover', '--exec', append('rest', 'x')]);
			assert.equal(code, 0);
			assert.equal(stderr, 'ipvstop: triggers rest in replay and demo; add --fire-in-replay to let them run\n');
		}

		assert.deepEqual(linesOf('rest'), []);
	});

	test('in a dry run, which says what would run', async () => {
		const {stdout} = await run(['-r', planned, '--events', '--fire-in-replay', '--dry-run', '--on', 'once 1h: event=takeover', '--exec', append('dry', 'x')]);
		assert.match(stdout, /^\S+Z trigger {5}trigger=trigger 1 outcome=dry-run cause=takeover action=sh -c echo/mv);
		assert.deepEqual(linesOf('dry'), []);
	});
});

for (const [what, args, stderr] of [
	['an action without a trigger', ['--exec', 'true', '--on', 'new', '--exec', 'true'], 'ipvstop: --exec true: an --on before it must say when\n'],
	['a trigger without an action', ['--on', 'new', '--on', 'moved', '--exec', 'true'], 'ipvstop: --on \'new\': an --exec or --webhook after it must say what to do\n'],
	['a wrong filter', ['--on', 'none 30s: event=new rs=10.9.0.999', '--exec', 'true'], /^ipvstop: --on: .*\n {2}none 30s: event=new rs=10\.9\.0\.999\n {25}\^{10}\n$/v],
	['a name that nobody gave', ['--on', 'once 1s: vip=web', '--exec', 'true'], /^ipvstop: .*web.*\n {2}once 1s: vip=web\n {15}\^{3}\n$/v],
	['a quote that is not closed', ['--on', 'new', '--exec', 'say "x'], 'ipvstop: --exec say "x: a quote is not closed\n'],
	['a webhook that is none', ['--on', 'new', '--webhook', 'localhost:80'], 'ipvstop: --webhook localhost:80: an http or https URL is needed\n'],
	['a rate that is none', ['--on', 'new', '--exec', 'true', '--on-rate', '5'], 'ipvstop: --on-rate 5: write 10/m, 1/s or 100/h\n'],
	['a time limit that is none', ['--on', 'new', '--exec', 'true', '--on-timeout', 'long'], /^ipvstop: --on-timeout long is not a time limit/v],
] as const) {
	test(`${what} is refused with 2`, async () => {
		const {code, stdout, stderr: said} = await run(['-r', planned, '--events', '--fire-in-replay', ...args]);
		assert.equal(code, 2);
		assert.equal(stdout, '');
		if (typeof stderr === 'string') {
			assert.equal(said, stderr);
		} else {
			assert.match(said, stderr);
		}
	});
}

test('a program that hangs, one that fails and a server that refuses are named and counted, and every event is still written', async () => {
	const plain = await run(['-r', planned, '--events', '--json']);
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const refused = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
	server.close();
	await once(server, 'close');
	const {code, stdout, stderr} = await run(['-r', planned, '--events', '--json', '--fire-in-replay', '--on-timeout', '1', '--on-rate', '30/h',
		'--on', 'event=state', '--exec', 'sleep 60',
		'--on', 'event=takeover', '--exec', 'false', '--webhook', refused]);
	assert.equal(code, 0);
	const events = eventsOf(stdout);
	assert.deepEqual(events.filter(({event}) => event !== 'trigger'), eventsOf(plain.stdout));
	const outcomes = events.filter(({event}) => event === 'trigger');
	assert.ok(outcomes.some(({trigger, outcome, detail}) => trigger === 'trigger 1' && outcome === 'timeout' && detail === 'after 1 s'));
	assert.ok(outcomes.some(({outcome, detail, count}) => outcome === 'dropped' && detail === 'beyond 30/h' && Number(count) > 100));
	assert.ok(outcomes.some(({trigger, outcome, detail}) => trigger === 'trigger 2' && outcome === 'failed' && detail === 'exit 1'));
	assert.ok(outcomes.some(({action, outcome}) => action === refused.slice(0, -1).replace('http', 'POST http') && outcome === 'killed'), 'it would be asked again');
	assert.match(stderr, /trigger 1 \(event=state\): \d+ fired, .*timed out.*beyond its rate/v);
	assert.match(stderr, /trigger 2 \(event=takeover\): 2 fired/v);
});

test('what a trigger started ends with the program', async () => {
	const child = start(['--demo', '--seed', '7', '--events', '--fire-in-replay', '--on', 'once 1h: event=state', '--exec', `sh -c 'echo $$ > ${file('pid')}; exec sleep 600'`]);
	const end = finished(child);
	await until(() => linesOf('pid').length > 0, 'it runs');
	const pid = Number(linesOf('pid')[0]);
	child.kill('SIGTERM');
	const {code} = await end;
	assert.equal(code, 143);
	assert.ok(!existsSync(`/proc/${pid}`) || /^State:\s+[ZX]/mv.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
});

test('triggers run beside the screen, which says at its end what did not go well', async () => {
	const terminal = openTerminal(['--demo', '--seed', '7', '--fire-in-replay', '--on', 'event=state', '--exec', `sh -c 'echo x >> ${file('screen')}; exit 1'`]);
	await terminal.until(screen => screen.includes('ipvstop DEMO'));
	await until(() => linesOf('screen').length > 1, 'it runs');
	terminal.type('6/event=trigger\r');
	await terminal.until(screen => / trigger +\S.* failed/v.test(screen));
	terminal.type('Q');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
	assert.match(terminal.text(), /ipvstop: trigger 1 \(event=state\): \d+ fired, .*failed/v);
});

test('SIGHUP reads the configuration again, refuses a wrong one and keeps the table and the one before', async () => {
	const config = file('config.toml');
	const trigger = (name: string) => `[[triggers]]\nname = "${name}"\non = "event=state"\nexec = "true"\n`;
	writeFileSync(config, trigger('one'));
	const child = start(['--demo', '--seed', '7', '--events', '--json', '--fire-in-replay', '--config', config]);
	const saidUntil = async (fits: (text: string) => boolean) => saying(child.stdout!, fits);
	await saidUntil(said => said.includes('"trigger":"one","outcome":"ok"'));

	writeFileSync(config, `interval = 9\n${trigger('two')}`);
	child.kill('SIGHUP');
	const reloaded = await saidUntil(said => said.includes('"trigger":"two","outcome":"ok"'));
	assert.match(reloaded, /"event":"config","state":"reloaded","detail":"[^"]*config\.toml: 1 triggers, 0 aliases; interval: from the next start on"/v);

	writeFileSync(config, trigger('three').replace('event=state', 'event=sate'));
	child.kill('SIGHUP');
	const refused = await saidUntil(said => said.includes('"state":"refused"') && said.slice(said.indexOf('"state":"refused"')).includes('"trigger":"two","outcome":"ok"'));
	assert.match(refused, /config\.toml:3: triggers\[1\]\.on: .*did you mean state\?/v);

	// A session that was there before all this.
	const old = await saidUntil(said => eventsOf(said.slice(said.indexOf('\n') + 1, said.lastIndexOf('\n'))).some(({event, age}) => event === 'state' && Number(age) > 20));
	assert.ok(old);
	child.kill('SIGTERM');
	const {code, stderr} = await finished(child);
	assert.equal(code, 143);
	assert.match(stderr, /configuration reloaded: .*\n(?:.*\n)*.*configuration refused: .*config\.toml:3: triggers\[1\]\.on/v);
});

describe('SIGHUP without a configuration', () => {
	const home = () => mkdtempSync(path.join(folder, 'home-'));

	test('asks a service to read the one that is there by now', async () => {
		const HOME = home();
		const child = start(['--demo', '--seed', '7', '--events', '--json', '--fire-in-replay'], {environment: {HOME}, through: ['setsid']});
		await saying(child.stdout!, said => said.includes('\n'));
		child.kill('SIGHUP');
		await saying(child.stdout!, said => said.includes('"state":"reloaded","detail":"no configuration file: 0 triggers, 0 aliases"'));

		mkdirSync(path.join(HOME, '.config', 'ipvstop'), {recursive: true});
		writeFileSync(path.join(HOME, '.config', 'ipvstop', 'config.toml'), '[[triggers]]\nname = "late"\non = "event=state"\nexec = "true"\n');
		child.kill('SIGHUP');
		await saying(child.stdout!, said => said.includes('"trigger":"late","outcome":"ok"'));
		child.kill('SIGTERM');
		const {code} = await finished(child);
		assert.equal(code, 143);
	});

	test('ends what was started at a terminal, as one that is gone', async () => {
		const output = path.join(folder, 'at-a-terminal');
		const terminal = openTerminal(['--demo', '--events'], {environment: {HOME: home()}, command: ['bash', '-c', `exec "$0" "$@" > ${output}`, process.execPath, program]});
		await until(() => existsSync(output) && readFileSync(output, 'utf8') !== '', 'it has written');
		terminal.kill('SIGHUP');
		assert.deepEqual(await terminal.exit, {exitCode: 129, signal: undefined});
	});
});

test('the configuration in effect is printed, and is a file that says the same', async () => {
	const config = file('print.toml');
	writeFileSync(config, 'interval = 3\n[aliases]\nweb = "192.0.2.10:443"\n[[triggers]]\non = "event=takeover"\nexec = "tell \'the operator\'"\n');
	const first = await run(['--config', config, '--print-config', '--ascii']);
	assert.equal(first.code, 0);
	assert.match(first.stdout, /^# From .*print\.toml and the command line/v);
	assert.match(first.stdout, /^ascii = true$/mv);
	writeFileSync(config, first.stdout);
	const second = await run(['--config', config, '--print-config']);
	assert.deepEqual(second.stdout.split('\n').slice(1), first.stdout.split('\n').slice(1));
	const none = await run(['--no-config', '--print-config']);
	assert.equal(none.stdout.trimEnd().split('\n').length, 1);
});

test('a wrong configuration ends with 2 before anything is captured, and --no-config passes it by', async () => {
	const home = file('home');
	mkdirSync(path.join(home, 'ipvstop'), {recursive: true});
	writeFileSync(path.join(home, 'ipvstop/config.toml'), '[alias]\nweb = "192.0.2.10"\n');
	const environment = {XDG_CONFIG_HOME: home};
	const {code, stdout, stderr} = await run(['-r', planned, '--list'], {environment});
	assert.deepEqual([code, stdout], [2, '']);
	assert.match(stderr, /^ipvstop: .*config\.toml:1: alias: unknown key; did you mean aliases\?\n$/v);
	for (const args of [['-r', planned, '--list', '--no-config'], ['--help']]) {
		const passed = await run(args, {environment});
		assert.equal(passed.code, 0);
	}
});
