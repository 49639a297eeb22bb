/*
Linux takes every octet for the name of an interface but '/', ':', blanks and NUL (dev_valid_name, net/core/dev.c): escape sequences,
half a character, what looks like an option, what every object of a program has.
*/
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type TestContext} from 'node:test';
import {createTwoHosts, type TwoHosts} from '../capture/two-hosts.js';
import {obeyed} from '../support/attacks.js';
import {whyNoLiveWire} from '../support/live-wire.js';
import {finished, run, saying, start} from '../support/program.js';
import {openTerminal} from '../support/terminal.js';
import {messageV1, recordV1} from '../wire/build.js';

/** As `printf` of a shell takes it; as text; as a terminal may show it. At most 15 octets. */
type Name = {readonly octal: string; readonly text: string; readonly shown: string};

const names: readonly Name[] = [
	{octal: String.raw`\033[31mred`, text: '\u001B[31mred', shown: String.raw`\x1b[31mred`},
	{octal: String.raw`\033]0;pwned\007`, text: '\u001B]0;pwned\u0007', shown: String.raw`\x1b]0;pwned\x07`},
	{octal: String.raw`\302\23331mc1`, text: '\u009B31mc1', shown: String.raw`\x9b31mc1`},
	{octal: String.raw`\342\200\256abc`, text: '\u202Eabc', shown: String.raw`\u{202e}abc`},
	{octal: String.raw`\357\273\277bom\357\273\277`, text: '\uFEFFbom\uFEFF', shown: String.raw`\u{feff}bom\u{feff}`},
	{octal: '-rf', text: '-rf', shown: '-rf'},
	{octal: '[a]', text: '[a]', shown: '[a]'},
	{octal: String.raw`"q=,\\`, text: '"q=,\\', shown: String.raw`"q=,\\`},
];

/** Seven times é and half of the eighth: fifteen octets, of which the last is no character. */
const halved: Name = {octal: `${String.raw`\303\251`.repeat(7)}${String.raw`\303`}`, text: `${'é'.repeat(7)}\uFFFD`, shown: `${'é'.repeat(7)}\uFFFD`};

const addressOf = (index: number): string => `10.70.${index}.1`;

/** Cables with these names at the near end, and a director at the far end of each that announces a session ever again. */
const hostsWith = async (context: TestContext, given: readonly Name[]): Promise<TwoHosts> => {
	const hosts = createTwoHosts(context);
	for (const [index, {octal}] of given.entries()) {
		hosts.near(`
			name=$(printf -- '${octal}')
			ip link add name "$name" type veth peer name far${index}
			ip link set far${index} netns ${hosts.onFar.at(-1)!}
			ip addr add 10.70.${index}.2/24 dev "$name"
			ip link set "$name" up
		`);
		hosts.far(`ip addr add ${addressOf(index)}/24 dev far${index}; ip link set far${index} up`);
	}

	const script = `
		const octets = Buffer.from('${Buffer.from(messageV1([recordV1()])).toString('hex')}', 'hex');
		for (const address of ${JSON.stringify(given.map((_, index) => addressOf(index)))}) {
			const socket = require('node:dgram').createSocket('udp4');
			socket.bind(0, address, () => {
				socket.setMulticastInterface(address);
				setInterval(() => socket.send(octets, 8848, '224.0.0.81'), 200);
				console.log('ready');
			});
		}
	`;
	const [command, ...words] = [...hosts.onFar, process.execPath, '--eval', script];
	const child = spawn(command!, words, {stdio: ['ignore', 'pipe', 'inherit']});
	context.after(() => {
		child.kill('SIGKILL');
	});
	await saying(child.stdout, text => text.split('ready').length > given.length);
	return hosts;
};

type Row = Readonly<Record<string, unknown>>;

const rowsOf = (text: string): Row[] => text.trimEnd().split('\n').map(line => JSON.parse(line) as Row);

/** Lets the program tell events until there is a session on each of so many interfaces. */
const segmentsOf = async (hosts: TwoHosts, args: readonly string[], count: number): Promise<{readonly segments: readonly string[]; readonly said: string}> => {
	const child = start(['--events', '--json', '--no-config', ...args, 'event=new'], {through: hosts.onNear});
	const heard = await saying(child.stdout!, text => text.endsWith('\n') && text.split('\n').length > count);
	child.kill('SIGTERM');
	const {code, stderr} = await finished(child);
	assert.equal(code, 143);
	assert.doesNotMatch(heard + stderr, obeyed);
	return {segments: rowsOf(heard).map(({segment}) => segment as string).toSorted(), said: stderr};
};

const texts = (given: readonly Name[]): string[] => given.map(({text}) => text).toSorted();

const missing = whyNoLiveWire();
const options = {skip: missing ?? false, timeout: 200_000};

test('interfaces are heard whatever they are called, and no output of it is obeyed by a terminal', options, async context => {
	const hosts = await hostsWith(context, [...names, halved]);

	await context.test('without a source all are captured on; of half a character libpcap cannot be asked for, which is said', async () => {
		const {segments} = await segmentsOf(hosts, [], names.length);
		assert.deepEqual(segments, texts(names));
		const {code, stdout, stderr} = await run(['--list', '--json', '--duration', '4', '--no-config'], {through: hosts.onNear});
		assert.deepEqual([code, stderr], [0, '']);
		assert.doesNotMatch(stdout, obeyed);
		const [heading, ...rows] = rowsOf(stdout);
		assert.deepEqual(rows.map(({segment}) => segment as string).toSorted(), texts(names));
		assert.deepEqual((heading!['source'] as string).split(', ').length, names.length + 1);
		const half = await run(['--list', '--duration', '1', '-i', halved.text], {through: hosts.onNear});
		assert.deepEqual([half.code, half.stderr], [4, `ipvstop: Cannot capture on ${halved.shown}: its name is not UTF-8. Give it another, or capture on any.\n`]);
	});

	await context.test('joined sockets hear all of them', async () => {
		const {segments} = await segmentsOf(hosts, ['-j'], names.length + 1);
		assert.deepEqual(segments, texts([...names, halved]));
	});

	await context.test('each can be named', async () => {
		const {segments} = await segmentsOf(hosts, names.map(({text}) => `--interface=${text}`), names.length);
		assert.deepEqual(segments, texts(names));
	});

	await context.test('a name that is none is refused with those that are, as text, and an alternative name is none', async () => {
		hosts.near(`ip link property add dev "$(printf '${names[0]!.octal}')" altname "$(printf '\\033[2Jalt')"`);
		for (const name of ['\u001B[2Jalt', '\u001B]0;none\u0007']) {
			const {code, stdout, stderr} = await run(['--list', '-i', name], {through: hosts.onNear});
			assert.deepEqual([code, stdout], [4, '']);
			assert.doesNotMatch(stderr, obeyed);
			assert.match(stderr, /^ipvstop: Cannot capture on \\x1b[^\n]+: there is no such interface\. There are: lo, [^\n]+\n$/v);
			assert.ok(names.every(({text, shown}) => stderr.includes(text.endsWith('\\') ? text : shown)), stderr);
		}
	});

	await context.test('a recording holds the very names', async own => {
		const folder = mkdtempSync(join(tmpdir(), 'ipvstop-test-'));
		own.after(() => {
			rmSync(folder, {recursive: true, force: true});
		});
		const path = join(folder, 'recording');
		const {code} = await run(['--list', '--duration', '4', '-w', path, '--no-config'], {through: hosts.onNear});
		assert.equal(code, 0);
		const recording = readFileSync(path);
		for (const {text} of names) {
			// The option if_name (2) with its length, little-endian.
			const octets = Buffer.from(text);
			assert.ok(recording.includes(Buffer.concat([Uint8Array.of(2, 0, octets.length, 0), octets])), JSON.stringify(text));
		}
	});

	await context.test('metrics carry them as labels that are text', async () => {
		const child = start(['--events', '--metrics', '9464', '--no-config'], {through: hosts.onNear});
		// Its metrics are served before it hears anything.
		await saying(child.stdout!, text => text.split(' new ').length > names.length);
		const fetching = 'fetch("http://127.0.0.1:9464/metrics").then(answer => answer.text()).then(text => process.stdout.write(text))';
		const metrics = hosts.near(`"${process.execPath}" --eval '${fetching}'`);
		child.kill('SIGTERM');
		await finished(child);
		assert.doesNotMatch(metrics, obeyed);
		const up = metrics.split('\n').filter(line => line.startsWith('ipvstop_source_up{'));
		assert.deepEqual(
			up.map(line => JSON.parse(/segment=(?<label>"(?:[^"\\]|\\.)*"),kind="libpcap"\} [01]$/v.exec(line)!.groups!['label']!) as string).toSorted(),
			[...names, halved].map(({shown}) => shown).toSorted(),
		);
	});

	await context.test('the screen at 80x24 shows them as text, with every line in its place', async () => {
		const terminal = openTerminal(['--no-config', '-i', names[0]!.text, '-i', names[1]!.text], {through: hosts.onNear});
		await terminal.until(screen => screen.includes(':51000'));
		for (const [key, sign] of [['1', ':51000'], ['2', 'VIPs'], ['3', 'REAL SERVERS'], ['4', `8848 on ${String.raw`\x1b`}`], ['6', 'EVENTS'], ['1', ':51000']] as const) {
			terminal.type(key);
			const screen = await terminal.until(text => text.includes(sign));
			assert.doesNotMatch(screen, obeyed);
			assert.ok(terminal.lines()[0]!.startsWith(String.raw`ipvstop LIVE libpcap on \x1b[31mred, \x1b]`), screen);
			assert.equal(terminal.lines().at(-1)!.slice(0, 6), 'h help');
		}

		terminal.type('Q');
		assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
	});
});

test('an interface called like what every object has keeps none of them from being heard', options, async context => {
	const own = ['constructor', '__proto__', 'toString', 'any'].map(text => ({octal: text, text, shown: text}));
	const hosts = await hostsWith(context, [...own, names[0]!]);
	// One that is called like the pseudo-interface cannot be captured on alone.
	const {segments} = await segmentsOf(hosts, [], own.length);
	assert.deepEqual(segments, texts([...own.slice(0, 3), names[0]!]));
});
