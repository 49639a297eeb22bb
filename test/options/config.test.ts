import assert from 'node:assert/strict';
import {mkdirSync, mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import {parse} from 'smol-toml';
import {configFiles, loadConfig, parseConfig} from '../../source/options/config-file.js';
import {lineOfKey} from '../../source/options/config-lines.js';
import {ConfigProblem, readConfig, withSaved} from '../../source/options/config.js';
import {settings} from '../../source/options/option-flags.js';
import {readCommandLine, type Options} from '../../source/options/options.js';
import {effectiveConfig} from '../../source/options/print-config.js';

const terminal = {stdinIsPipe: false, stdoutIsTerminal: true, noColor: false};

const complete = `# All that can be said.
interval = 2
group = ["224.0.0.81", "239.1.1.1"]
interface = "eth1"
ascii = true
alt-screen = false
max-sessions = 500_000
columns = ["client", "virtual", "state", "expires"]

[aliases]
web = "192.0.2.10:443"
Office = ["203.0.113.0/24", "2001:db8::/32"]
lb1 = "10.255.0.2"
lb2 = "10.255.0.3"

[filters]
closing = "state=tw,cl"

[keys]
quit = ["x", "^Q"]

[[pairs]]
name = "edge"
directors = ["lb1", "lb2"]
syncids = [51, 52]

[[triggers]]
name = "page"
on = "once 1m: event=takeover"
exec = "notify --text 'a takeover'"
rate = "10/h"
timeout = "5s"

[[triggers]]
on = "event=state vip=web @closing"
exec = ["/usr/bin/env", "told", "it's"]
webhook = ["https://hooks.example.org/a", "http://127.0.0.1:8080/b"]
`;

const optionsOf = async (text: string, argv: readonly string[] = []): Promise<Options> =>
	readCommandLine(argv, terminal, await parseConfig(text, 'config.toml', settings)).options;

test('what the file says is in effect', async () => {
	const options = await optionsOf(complete);
	const {intervalSeconds, groups, interfaces, ascii, alternateScreen, maxSessions, columns, pairs} = options;
	assert.deepEqual({intervalSeconds, groups, interfaces, ascii, alternateScreen, maxSessions, columns, pairs}, {
		intervalSeconds: 2, groups: ['224.0.0.81', '239.1.1.1'], interfaces: ['eth1'], ascii: true, alternateScreen: false, maxSessions: 500_000,
		columns: ['client', 'virtual', 'state', 'expires'],
		pairs: [{name: 'edge', directors: ['10.255.0.2', '10.255.0.3'], syncids: [51, 52]}],
	});
	assert.deepEqual(Object.fromEntries(options.aliases), {web: ['192.0.2.10:443'], office: ['203.0.113.0/24', '2001:db8::/32'], lb1: ['10.255.0.2'], lb2: ['10.255.0.3']});
	assert.deepEqual(Object.fromEntries(options.keys), {quit: ['x', '^Q']});
	assert.deepEqual(options.triggers.map(({name, on, actions, timeoutMs, condition}) => ({name, on, actions, timeoutMs, kind: condition.kind})), [
		{name: 'page', on: 'once 1m: event=takeover', actions: [{kind: 'exec', words: ['notify', '--text', 'a takeover']}], timeoutMs: 5000, kind: 'once'},
		{
			name: 'trigger 2', on: 'event=state vip=web (state=tw,cl)', timeoutMs: 30_000, kind: 'each',
			actions: [{kind: 'exec', words: ['/usr/bin/env', 'told', 'it\'s']}, {kind: 'webhook', words: ['https://hooks.example.org/a']}, {kind: 'webhook', words: ['http://127.0.0.1:8080/b']}],
		},
	]);
});

test('the command line rules over the file, and adds to its tables', async () => {
	const options = await optionsOf(complete, [
		'--interval', '3', '--no-ascii', '--alias', 'web=192.0.2.11', '--alias=db=10.0.0.5:5432,10.0.0.6:5432', '--saved', 'mine=state=est',
		'--pair', 'core=10.0.0.1,10.0.0.2,7', '--pair', 'lb1+192.0.2.77,10.0.0.3+fd00::3', '--key', 'quit=z', '--key=quit=Space', '--columns', 'client', '--on', 'event=new @mine', '--exec', 'true',
	]);
	const {intervalSeconds, ascii, groups, columns} = options;
	assert.deepEqual({intervalSeconds, ascii, groups, columns}, {intervalSeconds: 3, ascii: false, groups: ['224.0.0.81', '239.1.1.1'], columns: ['client']});
	assert.deepEqual([options.aliases.get('web'), options.aliases.get('db'), options.aliases.get('lb1')], [['192.0.2.11'], ['10.0.0.5:5432', '10.0.0.6:5432'], ['10.255.0.2']]);
	assert.deepEqual(options.pairs[1], {name: 'core', directors: ['10.0.0.1', '10.0.0.2'], syncids: [7]});
	assert.deepEqual(options.pairs[2], {name: 'pair 3', directors: ['10.255.0.2+192.0.2.77', '10.0.0.3+fd00::3'], syncids: []}, '+ joins the addresses of one director');
	assert.deepEqual(options.keys.get('quit'), ['z', 'Space']);
	assert.deepEqual(options.triggers.map(({name, on}) => [name, on]).slice(2), [['trigger 3', 'event=new (state=est)']]);
});

test('a source on the command line stands for all sources of the file', async () => {
	const {interfaces, demo} = await optionsOf(complete, ['--demo']);
	assert.deepEqual({interfaces, demo}, {interfaces: [], demo: true});
});

for (const [what, text, message] of [
	['a key that nobody knows', 'interval = 1\nintervall = 2', 'config.toml:2: intervall: unknown key; did you mean interval?'],
	['an option of a single call', 'read = "a.pcap"', /^config\.toml:1: read: unknown key/v],
	['a number that is too small', '\n\ninterval = 0', 'config.toml:3: interval: 0: a number from 0.1 to 3600 is needed'],
	['an address that is none', 'group = [\n"224.0.0.81",\n"nowhere"]', 'config.toml:1: group: nowhere: not an IPv4 or IPv6 address; names are not looked up'],
	['a text for true or false', 'ascii = "yes"', 'config.toml:1: ascii: true or false is needed'],
	['what is not TOML', '[aliases]\nweb = 192.0.2.10', /^config\.toml:2: not TOML: /v],
	['a table twice', '[aliases]\n[aliases]', /^config\.toml:2: not TOML: /v],
	['an alias of nothing', '[aliases]\nlb = "10.0.0.1"\nweb = "192.0.2.300"', /^config\.toml:3: aliases\.web: .*192\.0\.2\.300/v],
	['an alias that means something already', '[aliases]\ntcp = "10.0.0.1"', /^config\.toml:2: aliases\.tcp: this word already means something/v],
	['a column that is none', 'columns = ["client",\n "virtul"]', 'config.toml:1: columns[2]: unknown column virtul; did you mean virtual?'],
	['a saved filter that is wrong', '[filters]\nbad = "sate=tw"', /^config\.toml:2: filters\.bad: this filter: unknown field sate; did you mean state\?\n {2}sate=tw\n {2}\^{4}$/v],
	['an action that is none', '[keys]\nquitt = "x"', /^config\.toml:2: keys\.quitt: unknown action; did you mean quit\?/v],
	['a key that is none', '[keys]\nquit = "ctl-x"', /^config\.toml:2: keys\.quit: ctl-x is not a key/v],
	['a key of two actions', '[keys]\nquit = "x"\nback = ["y", "x"]', 'config.toml:3: keys.back: x is the key of quit already'],
	['the key that always quits', '[keys]\nback = "^C"', 'config.toml:2: keys.back: ^C always quits'],
	['a pair of one', '[[pairs]]\ndirectors = ["10.0.0.1"]', 'config.toml:2: pairs[1].directors: two or more are needed'],
	['a pair of one twice', '[[pairs]]\ndirectors = ["10.0.0.1", "10.0.0.2", "10.0.0.1"]', 'config.toml:2: pairs[1].directors: 10.0.0.1 stands here twice'],
	['an address of two directors', '[[pairs]]\ndirectors = ["10.0.0.1+10.0.1.1", "10.0.1.1"]', 'config.toml:2: pairs[1].directors: 10.0.1.1 stands here twice'],
	['a further address that is none', '[[pairs]]\ndirectors = ["10.0.0.1+lb9", "10.0.0.2"]', 'config.toml:2: pairs[1].directors: lb9 is not an address, nor the alias of one'],
	['a key twice', '[keys]\nquit = ["x", "x"]', 'config.toml:2: keys.quit: x is the key of quit already'],
	['a pair of strangers', '[[pairs]]\ndirectors = ["10.0.0.1", "lb9"]', 'config.toml:2: pairs[1].directors: lb9 is not an address, nor the alias of one'],
	['a trigger without an action', '[[triggers]]\non = "new"\nexec = "true"\n\n[[triggers]]\non = "event=new"', /^config\.toml:5: triggers\[2\]: an action is missing/v],
	['a trigger on nothing', '[[triggers]]\nexec = "true"', /^config\.toml:1: triggers\[1\]: on = "…" is missing/v],
	['a trigger on an event that does not exist', '[[triggers]]\n# Page me.\non = "event=takover"\nexec = "true"', /^config\.toml:3: triggers\[1\]\.on: this filter: unknown event takover; did you mean takeover\?\n {2}event=takover\n {8}\^+$/v],
	['a saved filter that does not exist', '[filters]\nclosing = "tw"\n[[triggers]]\non = "@closng"\nexec = "true"', /^config\.toml:4: triggers\[1\]\.on: this filter: no saved filter is called @?closng; did you mean closing\?/v],
	['a quote that is not closed', '[[triggers]]\non = "new"\nexec = "say \'hello"', 'config.toml:3: triggers[1].exec: a quote is not closed'],
	['a webhook that is none', '[[triggers]]\non = "new"\nwebhook = "example.org"', 'config.toml:3: triggers[1].webhook: an http or https URL is needed'],
	['a rate that is none', '[[triggers]]\non = "new"\nexec = "true"\nrate = "often"', 'config.toml:4: triggers[1].rate: often is not a rate; write 10/m, 1/s or 100/h'],
	['a time limit that is none', '[[triggers]]\non = "new"\nexec = "true"\ntimeout = "soon"', /^config\.toml:4: triggers\[1\]\.timeout: soon is not a time limit/v],
	['two triggers of one name', '[[triggers]]\nname = "a"\non = "new"\nexec = "true"\n[[triggers]]\nname = "a"\non = "new"\nexec = "true"', 'config.toml:6: triggers[2].name: another trigger is called a'],
	['a date', 'aliases = 2026-11-22', /^config\.toml:1: aliases: a table is needed/v],
] as const) {
	test(`${what} is an error that names line and key`, async () => {
		await assert.rejects(optionsOf(text), error => {
			assert.equal((error as Error).name, 'UsageError');
			if (typeof message === 'string') {
				assert.equal((error as Error).message, message);
			} else {
				assert.match((error as Error).message, message);
			}

			return true;
		});
	});
}

test('what the command line says wrongly is not blamed on the file', async () => {
	await assert.rejects(optionsOf('interval = 2', ['--interval', '0']), {message: '--interval 0: a number from 0.1 to 3600 is needed'});
});

test('the line of a key is found in any spelling of TOML', () => {
	const text = `# a = 1
a = 1

b = [ # two
  1,
  [2, 3],
]
"c.d" = """
[e]
f = 1
"""
x.y.z = 5
[e]
# f
f = {g = [1, {h = 2}]}
[[e.k]]
l = 1
[[e.k]]
m = 1`;
	for (const [keys, line] of [
		[['a'], 2], [['b'], 4], [['b', 1], 4], [['b', 1, 1], 4], [['c.d'], 8], [['x', 'y', 'z'], 12], [['e'], 13], [['e', 'f'], 15], [['e', 'f', 'g', 1, 'h'], 15],
		[['e', 'k', 0, 'l'], 17], [['e', 'k', 1], 18], [['e', 'k', 1, 'm'], 19], [['f'], 0], [['toString'], 0], [['e', 'k', 2], 0],
	] as const) {
		assert.equal(lineOfKey(text, keys, parse), line, keys.join('.'));
	}
});

test('printed, what is in effect is a file that says the same', async () => {
	const options = await optionsOf(complete, ['--on', 'event=new', '--exec', 'true', '--exec', 'false', '--from', '10.255.0.2']);
	const printed = await effectiveConfig(options);
	const again = await optionsOf(printed);
	const {triggers: before, configFile: _, settings: given, ...rest} = options;
	const {triggers: after, configFile: __, settings: givenAgain, ...restAgain} = again;
	assert.deepEqual(restAgain, rest);
	assert.deepEqual(Object.fromEntries(givenAgain), Object.fromEntries(given));
	assert.deepEqual(after.map(({name}) => name), [...before.map(({name}) => name), 'trigger 3 2'], 'a table of the file holds one command');
	assert.deepEqual(after.slice(0, 2), before.slice(0, 2));
});

test('nothing that TOML can say is more than a named error', () => {
	const key = fc.constantFrom('interval', 'group', 'ascii', 'columns', 'aliases', 'filters', 'keys', 'pairs', 'triggers', 'name', 'on', 'exec', 'webhook', 'rate', 'timeout', 'directors', 'syncids', 'web', 'quit', '__proto__', 'toString');
	const text = fc.constantFrom('', 'a', '192.0.2.10', 'event=new', '1/s', 'true', 'http://127.0.0.1/', '@x', 'none 1s: new', '\u0000');
	const {value} = fc.letrec(tie => ({
		value: fc.oneof({maxDepth: 4}, text, fc.integer(), fc.double(), fc.boolean(), fc.constant(new Date(0)), fc.array(tie('value'), {maxLength: 3}), fc.dictionary(key, tie('value'), {maxKeys: 4})),
	}));
	fc.assert(fc.property(fc.dictionary(key, value, {maxKeys: 5}), file => {
		try {
			readConfig(file, {settings, actions: ['quit'], columns: ['client']});
		} catch (error) {
			assert.ok(error instanceof ConfigProblem, String(error));
		}
	}), {numRuns: 3000});
});

test('the file is looked for where XDG says', () => {
	assert.deepEqual(configFiles({HOME: '/home/op'}), ['/home/op/.config/ipvstop/config.toml', '/etc/xdg/ipvstop/config.toml']);
	assert.deepEqual(configFiles({HOME: '/home/op', XDG_CONFIG_HOME: '/conf', XDG_CONFIG_DIRS: '/a:relative:/b'}), [
		'/conf/ipvstop/config.toml', '/a/ipvstop/config.toml', '/b/ipvstop/config.toml',
	]);
	assert.deepEqual(configFiles({XDG_CONFIG_HOME: 'relative'}), ['/etc/xdg/ipvstop/config.toml']);
});

test('the own file is read unless another is named, or none is wanted', async () => {
	const home = mkdtempSync(path.join(tmpdir(), 'ipvstop-config-'));
	mkdirSync(path.join(home, 'ipvstop'));
	const own = path.join(home, 'ipvstop/config.toml');
	writeFileSync(own, 'interval = 7\n');
	const other = path.join(home, 'other.toml');
	writeFileSync(other, 'interval = 8\n');
	const environment = {XDG_CONFIG_HOME: home, XDG_CONFIG_DIRS: home};
	const fileOf = async (...argv: string[]) => {
		const {file} = await loadConfig(argv, environment, settings);
		return file;
	};

	assert.equal(await fileOf('--events'), own);
	assert.equal(await fileOf('--config', other), other);
	assert.equal(await fileOf(`--config=${other}`), other);
	assert.equal(await fileOf('--no-config'), undefined);
	await assert.rejects(fileOf('--config', '/nonexistent.toml'), {name: 'UsageError', message: 'Cannot read the configuration /nonexistent.toml: no such file'});
	await assert.rejects(fileOf('--config', home), {message: /this is a directory/v});
});

test('saved filters are put in by name, and only where a word begins', () => {
	const saved = new Map([['closing', 'state=tw or state=cl']]);
	assert.equal(withSaved('@closing vip=web', saved), '(state=tw or state=cl) vip=web');
	assert.equal(withSaved('!@closing (@closing)', saved), '!(state=tw or state=cl) ((state=tw or state=cl))');
	assert.equal(withSaved('pe="a@closing"', saved), 'pe="a@closing"');
	assert.deepEqual(withSaved('vip=web @closng', saved), {ok: false, message: 'no saved filter is called closng; did you mean closing?', column: 8, length: 7});
});

test('an address that stands in --pair twice, or one director alone with all its addresses, is refused', async () => {
	await assert.rejects(optionsOf(complete, ['--pair', '10.0.0.1+10.0.0.2']), /write two or more addresses of directors/v);
	await assert.rejects(optionsOf(complete, ['--pair', '10.0.0.1+10.0.0.2,10.0.0.2']), /10\.0\.0\.2 stands there twice/v);
	await assert.rejects(optionsOf(complete, ['--pair', '10.0.0.1+,10.0.0.2']), /write two or more addresses of directors/v);
});
