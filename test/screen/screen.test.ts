import assert from 'node:assert/strict';
import {test} from 'node:test';
import {capture, run} from '../support/program.js';
import {openTerminal, standsStill} from '../support/terminal.js';

const demo = ['--demo', '--seed', '7'];
const showsSessions = (screen: string) => /^>.*(?:TCP|UDP)/mv.test(screen) && screen.includes('OPEN CLOSING');

test('the demo shows directors, services and sessions that count down', async () => {
	const terminal = openTerminal(demo);
	const first = await terminal.until(screen => {
		assert.ok(showsSessions(screen));
		assert.match(screen, /ipvstop DEMO/v);
		assert.match(screen, /\*A 10\.255\.0\.2 +MASTER/v);
		assert.match(screen, /192\.0\.2\.10:443\/tcp/v);
	});
	const countdownOf = (screen: string) => /^>.* (?<left>\d+:\d+)$/mv.exec(screen)?.groups?.['left'];
	const before = countdownOf(first);
	await terminal.until(screen => countdownOf(screen) !== before);
	terminal.type('q');
	assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
});

for (const [signal, code] of [['SIGTERM', 143], ['SIGINT', 130], ['SIGHUP', 129]] as const) {
	test(`${signal} gives the terminal back and ends with ${code}`, async () => {
		const terminal = openTerminal(demo);
		await terminal.until(showsSessions);
		assert.ok(terminal.isAlternate());
		assert.ok(terminal.isCursorHidden());
		terminal.kill(signal);
		assert.deepEqual(await terminal.exit, {exitCode: code, signal: undefined});
		assert.ok(!terminal.isAlternate());
		assert.ok(!terminal.isCursorHidden());
	});
}

test('what is typed before the screen opens is a key, and leaves nothing behind', async () => {
	const terminal = openTerminal(['-r', capture('v0.pcap'), '--at', '+50']);
	// The terminal shows it itself, as nobody has told it not to.
	terminal.type('2');
	await terminal.until(screen => /^VIPs/mv.test(screen) && standsStill(screen));
	assert.match(terminal.lines()[0]!, /^ipvstop REPLAY PAUSED .*Z$/v);
	assert.match(terminal.lines().at(-1)!, /^h help/v);
	terminal.type('Q');
	assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
});

test('a screen too small says so in one line, and opens again when it grows', async () => {
	const terminal = openTerminal(demo, {columns: 40, rows: 10});
	await terminal.until(screen => screen.includes('60x15'));
	assert.equal(terminal.lines().filter(line => line !== '').length, 1);
	for (const [columns, rows] of [[80, 24], [140, 40], [60, 15], [300, 100], [61, 16], [80, 24]] as const) {
		terminal.resize(columns, rows);
	}

	await terminal.until(screen => showsSessions(screen) && screen.startsWith('ipvstop DEMO'));
	assert.ok(terminal.lines().every(line => line.length <= 80));
	terminal.type('q');
	await terminal.exit;
});

test('no size leaves debris: the first line stays the first and the hints the last', async () => {
	const terminal = openTerminal(['-r', capture('failover-nopreempt.pcap'), '--at', '+120']);
	await terminal.until(screen => screen.includes('h help'));
	for (const [columns, rows] of [[80, 23], [60, 15], [140, 40], [100, 17], [300, 100], [80, 24]] as const) {
		terminal.resize(columns, rows);
		await terminal.until(screen => {
			const lines = screen.split('\n');
			return lines.length === rows && lines[0]!.startsWith('ipvstop REPLAY') && lines.at(-1)!.startsWith('h help')
				&& lines.filter(line => line.startsWith('ipvstop REPLAY')).length === 1 && lines.some(line => line.startsWith('>'));
		});
	}

	terminal.type('q');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
});

test('a set CI does not blank the screen', async () => {
	const terminal = openTerminal(demo, {environment: {CI: 'true'}});
	await terminal.until(showsSessions);
	terminal.type('q');
	await terminal.exit;
});

test('a capture is replayed to its end, and the screen says that this is the end', async () => {
	const terminal = openTerminal(['-r', capture('seed-basic.pcap'), '--speed', 'max']);
	await terminal.until(screen => {
		assert.ok(screen.includes('REPLAY max END') && showsSessions(screen));
		assert.match(screen, /192\.168\.10\.100:80\/tcp/v);
		assert.match(screen, /15:31:31Z/v, 'the time is the capture\'s own');
	});
	terminal.type('q');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
});

test('a file that is no capture never takes the screen', async () => {
	const terminal = openTerminal(['-r', capture('readme.md')]);
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 2);
	assert.match(terminal.text(), /ipvstop: .*readme\.md/v);
	assert.ok(!terminal.isAlternate());
});

test('a terminal that cannot place text is refused, and --events is named', async () => {
	const terminal = openTerminal(demo, {through: ['env', 'TERM=dumb']});
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 2);
	assert.match(terminal.text(), /TERM=dumb[\s\S]*--events/v);
});

test('behind a pipe keys come from the terminal', async () => {
	const terminal = openTerminal([], {through: ['sh', '-c', `cat ${capture('seed-basic.pcap')} | "$0" "$1" -r -`]});
	await terminal.until(screen => screen.includes('STREAM') && showsSessions(screen));
	terminal.type('j');
	terminal.type('?');
	await terminal.until(screen => screen.startsWith('HELP'));
	terminal.type('\u001B');
	await terminal.until(showsSessions);
	terminal.type('{');
	await terminal.until(screen => screen.includes('cannot be gone through again'));
	terminal.type('q');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
});

test('what is heard first is shown at once, not with the frame of the next interval', async () => {
	const terminal = openTerminal([], {through: ['bash', '-c', `exec "$0" "$1" -r - --interval 3600 < <(cat ${capture('seed-basic.pcap')}; exec sleep 60)`]});
	await terminal.until(screen => /(?:listening|heard) \d/v.test(screen));
	terminal.type('q');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
});

test('stopped by ^Z it gives the terminal back, continued it draws again', async () => {
	const terminal = openTerminal(demo, {shell: true});
	await terminal.until(showsSessions);
	terminal.type('\u001A');
	await terminal.until(screen => !terminal.isAlternate() && screen.includes('Stopped'));
	terminal.type('fg\r');
	await terminal.until(screen => terminal.isAlternate() && showsSessions(screen));
	terminal.type('q');
	await terminal.until(screen => !terminal.isAlternate() && /[#$]$/v.test(screen.trimEnd()));
	terminal.type('exit $?\r');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
});

test('NO_COLOR leaves bold and inverse, and the cursor can be seen', async () => {
	const terminal = openTerminal(['-r', capture('failover-nopreempt.pcap'), '--at', '+120'], {environment: {NO_COLOR: '1'}});
	await terminal.until(showsSessions);
	const looks = terminal.styled().join('\n');
	assert.doesNotMatch(looks, /\{[^\|\}]*(?:red|green|blue|magenta|cyan|yellow)/v);
	assert.match(looks, /\{inverse\|>/v);
	terminal.type('q');
	await terminal.exit;
});

test('colours are names of the terminal\'s own, without any background', async () => {
	const terminal = openTerminal(['-r', capture('failover-nopreempt.pcap'), '--at', '+120']);
	await terminal.until(showsSessions);
	assert.doesNotMatch(terminal.styled().join('\n'), /color\d|background/v);
	terminal.type('q');
	await terminal.exit;
});

test('a filter of the command line is in force from the start, for text as well', async () => {
	const file = capture('failover-nopreempt.pcap');
	const terminal = openTerminal(['-r', file, '--at', '+120', 'proto=udp']);
	await terminal.until(screen => screen.includes('/ proto=udp') && screen.includes('20 of 351'));
	terminal.type('Q');
	await terminal.exit;
	const list = await run(['-r', file, '--at', '+120', '--list', 'proto=udp']);
	assert.equal(list.stdout.split('\n').filter(line => line.startsWith('UDP')).length, 20);
	assert.doesNotMatch(list.stdout, /^TCP/mv);
	const records = await run(['-r', file, '--records', '--json', 'state=fin_wait']);
	const states = records.stdout.trim().split('\n').map(line => (JSON.parse(line) as {state: string}).state);
	assert.ok(states.length > 50 && states.every(state => state === 'FIN_WAIT'));
	const events = await run(['-r', file, '--events', 'event=vrrp']);
	assert.ok(events.stdout.trim().split('\n').every(line => line.includes(' vrrp ')));
	assert.ok(events.stdout.length > 0);
});

test('a bad filter ends with 2 and a caret under the mistake', async () => {
	const {code, stderr} = await run(['--list', '-r', capture('seed-basic.pcap'), 'state=est', 'vport=http']);
	assert.equal(code, 2);
	const [, text, carets] = stderr.split('\n');
	assert.equal(text!.slice(carets!.indexOf('^')).startsWith('http'), true, stderr);
	const file = await run(['--list', capture('seed-basic.pcap')]);
	assert.equal(file.code, 2);
	assert.match(file.stderr, /did you mean -r/v);
});
