import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import {completionScript} from '../../source/options/completion.js';
import {helpText} from '../../source/options/option-help.js';
import {settings} from '../../source/options/option-flags.js';
import {printOf} from '../../source/options/option-print.js';
import {options, sections} from '../../source/options/option-table.js';
import {readCommandLine, type Options} from '../../source/options/options.js';
import {manualPage} from '../../media/manual/page.js';

const terminal = {stdinIsPipe: false, stdoutIsTerminal: true, noColor: false};

const optionsOf = (...argv: readonly string[]): Options => readCommandLine(argv, terminal).options;

test('every option is in the help, and no line of it is wider than 96 columns', () => {
	const lines = helpText().split('\n');
	assert.deepEqual(lines.filter(line => [...line].length > 96), []);
	for (const {letter, typed, argument} of options) {
		const head = `  ${letter ? `-${letter},` : ' '.repeat(3)} ${typed}${argument ? ` ${argument}` : ''}`;
		assert.ok(lines.some(line => line === head || line.startsWith(`${head} `)), head);
	}

	assert.equal(new Set(options.flatMap(({letter}) => letter ?? [])).size, options.filter(({letter}) => letter).length, 'no letter stands for two');
	assert.deepEqual(Object.keys(sections).filter(name => !options.some(({section}) => section === name)), []);
});

test('every option is in the manual and in the completions of all shells', async () => {
	const page = manualPage({version: '1.2.3', date: '2026-11-22'});
	const scripts = await Promise.all((['bash', 'zsh', 'fish'] as const).map(async shell => completionScript(shell)));
	for (const {typed} of options) {
		assert.ok(page.split('\n').some(line => line.includes(`\\fB${typed.replaceAll('-', '\\-')}\\fR`)), typed);
		const [bash = '', zsh = '', fish = ''] = scripts;
		assert.match(bash, new RegExp(`_ipvstop_offer [^\\n]*(?<= )${typed}(?: |$)`, 'mv'));
		assert.match(zsh, new RegExp(`^\t\t.*['\\{,\\)*]${typed}[=\\[\\}]`, 'mv'));
		assert.match(fish, new RegExp(`^complete -c ipvstop .*-l ${typed.slice(2)} `, 'mv'));
	}
});

/** Files that run the program; a name in them stands for a use of it. */
const programTests = (): string[] => {
	const folder = path.dirname(import.meta.dirname);
	return readdirSync(folder, {recursive: true, encoding: 'utf8'})
		// What is completed is not used.
		.filter(file => /\.tsx?$/v.test(file) && file !== 'program/completion.test.ts')
		.map(file => readFileSync(path.join(folder, file), 'utf8'))
		.filter(text => /from '[^']*support\/(?:program|terminal|run-cli|session)\.js'/v.test(text));
};

test('every option is used by a test that runs the program', () => {
	const texts = programTests();
	assert.ok(texts.length > 20);
	const unused = options.filter(({typed, letter}) => {
		const use = new RegExp(`'${typed}(?:=[^']*)?'${letter ? `|'-${letter}'` : ''}`, 'v');
		return !texts.some(text => use.test(text));
	});
	assert.deepEqual(unused.map(({typed}) => typed), []);
});

test('a value is taken as it is typed: with quotes, dashes, blanks, and in each way to attach it', () => {
	fc.assert(fc.property(fc.string({minLength: 1, unit: 'binary'}).filter(text => text !== '-'), value => {
		assert.equal(optionsOf(`--write=${value}`).write, value);
		assert.equal(optionsOf(`-w${value.startsWith('=') ? '=' : ''}${value}`).write, value);
		if (!/^-\D/v.test(value)) {
			assert.equal(optionsOf('-w', value).write, value);
			assert.deepEqual(optionsOf('--via', value, '--via', '"a" "b"').via, [value, '"a" "b"']);
		}
	}));
});

test('a word behind a switch belongs to the filter, whatever it looks like', () => {
	const {mode, filter} = optionsOf('--alias', 'false=10.0.0.1', '--list', 'false');
	assert.deepEqual([mode, filter], ['list', 'false']);
});

test('a switch of the file is switched off by its no, and letters can stand together', () => {
	assert.equal(optionsOf('--join', '--no-join').join, false);
	assert.equal(optionsOf('--no-color', '--color').color, true);
	assert.equal(optionsOf('--no-alt-screen').alternateScreen, false);
	const {join, read} = optionsOf('-jr-');
	assert.deepEqual([join, read], [true, [{name: 'stdin', path: '-'}]]);
	assert.deepEqual(optionsOf('-ieth1', '-i=eth2').interfaces, ['eth1', 'eth2']);
});

test('a time without a zone is UTC', () => {
	const timeUs = Date.UTC(2026, 10, 22, 14, 2, 0, 500) * 1000;
	for (const text of ['2026-11-22T14:02:00.5Z', '2026-11-22T14:02:00.5', '2026-11-22 15:02:00.5+01:00', `${timeUs / 1e6}`]) {
		assert.deepEqual(optionsOf('-r', 'a.pcap', '--at', text).at, {kind: 'absolute', timeUs}, text);
	}
});

test('no command line is more than options or a named error', () => {
	const names = options.flatMap(({name, typed, letter}) => [`--${name}`, `--no-${name}`, typed, ...(letter ? [`-${letter}`] : [])]);
	const value = fc.oneof(
		fc.constantFrom(
			'', '-', '=', '1', '-1', 'max', 'x=y', 'NaN', '1e400', '0x10', '[::1]:1', 'constructor', '__proto__', 'state=constructor', 'forward=constructor', 'false', '224.0.0.81',
			'once 1m: event=takeover', 'http://127.0.0.1/', '@x', 'a,b', '10.0.0.1,10.0.0.2', '\u0000', '2026-11-22T99:99:99Z', '8848-8851', 'open', '(',
		),
		fc.string({unit: 'binary'}),
	);
	const word = fc.oneof(
		fc.constantFrom(...names, '--', '---', '--=', '--no-', '-=', '--constructor', '--__proto__'),
		fc.tuple(fc.constantFrom(...names), value).map(([name, text]) => `${name}=${text}`),
		value,
	);
	fc.assert(fc.property(fc.array(word, {maxLength: 6}), fc.boolean(), fc.boolean(), (argv, stdinIsPipe, stdoutIsTerminal) => {
		try {
			printOf(argv);
			readCommandLine(argv, {stdinIsPipe, stdoutIsTerminal, noColor: false});
		} catch (error) {
			assert.equal((error as Error).name, 'UsageError', (error as Error).stack);
		}
	}), {numRuns: 5000});
});

test('what may stand in the file is what more than one call can say', () => {
	assert.deepEqual([...settings.keys()], [
		'interface', 'join', 'via', 'group', 'port', 'syncid', 'from', 'passive', 'log', 'sort', 'duration', 'wait', 'write', 'write-size', 'write-time', 'write-age', 'nats-creds', 'write-files',
		'metrics', 'interval', 'ascii', 'color', 'alt-screen', 'mouse', 'local-time', 'max-sessions',
	]);
});
