import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {test, type TestContext} from 'node:test';
import fc from 'fast-check';
import {addToCurve, createCurves, levels, rates} from '../../../source/output/report/curves.js';
import {type Block} from '../../../source/output/report/document.js';
import {htmlOf} from '../../../source/output/report/html.js';
import {markdownOf} from '../../../source/output/report/markdown.js';
import {capture, run} from '../../support/program.js';

const folder = (context: TestContext): string => {
	const made = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-report-'));
	context.after(() => {
		fs.rmSync(made, {recursive: true});
	});
	return made;
};

/** The report of a capture, as it is written. */
const reportOf = async (context: TestContext, name: string, ending: 'html' | 'md', ...more: readonly string[]) => {
	const file = path.join(folder(context), `incident.${ending}`);
	const {code, stdout, stderr} = await run(['--no-config', '-r', capture(name), '--report', file, ...more]);
	assert.deepEqual([code, stderr], [0, '']);
	return {text: fs.readFileSync(file, 'utf8'), stdout, mode: fs.statSync(file).mode & 0o777};
};

const textOf = (html: string): string => html.replaceAll(/<style>.*?<\/style>/gsv, '').replaceAll(/<[^>]*>/gv, ' ').replaceAll(/\s+/gv, ' ').replaceAll('&gt;', '>').replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&#39;', '\'').replaceAll('&amp;', '&');

test('the page of a fail-back after a reboot says what was kept, what was lost, and which sessions', async context => {
	const {text, stdout, mode} = await reportOf(context, 'failover-reboot.pcap', 'html');
	const said = textOf(text);
	assert.match(said, /Likely kept A \(192\.168\.10\.11\) resigned \(priority 0\) at 18:59:36\.8Z; B \(192\.168\.10\.12\) master 0\.64s later\./v);
	assert.match(said, /Sessions lost A \(192\.168\.10\.11\) TOOK OVER NEARLY EMPTY at 19:01:07\.2Z/v);
	assert.match(said, /By what was heard, A did not know 69 of 80 open TCP and SCTP sessions/v);
	assert.match(said, /Evidence: [\w .:;]*150 over 100, which still advertised/v);
	// Each that was lost has its row, and none has two.
	const list = said.slice(said.lastIndexOf('Sessions that A did not know'));
	const clients = [...list.matchAll(/TCP (\d+\.\d+\.\d+\.\d+:\d+) 192\.168\.10\.100:80 /gv)].map(([, client]) => client);
	assert.deepEqual([clients.length, new Set(clients).size], [69, 69]);
	assert.match(stdout, /incident\.html: PLANNED A>B .*likely KEPT; BACK B>A .*expect 69 RESETS\n$/v);
	assert.equal(mode, 0o600, 'it names clients');
});

test('no more sessions were reset than a report lists as lost, and hardly fewer', async context => {
	const {text} = await reportOf(context, 'failover-reboot.pcap', 'md');
	const {counts} = JSON.parse(fs.readFileSync(capture('failover-reboot.outcome.json'), 'utf8')) as {counts: ReadonlyArray<{readonly resets: number}>};
	const listed = text.match(/^\| TCP \|/gmv)!.length;
	const {resets} = counts.at(-1)!;
	assert.ok(resets <= listed && resets > listed * 0.9, `${resets} of ${listed}`);
});

test('a page stands alone: it loads nothing, runs nothing, and all that it opens it closes', async context => {
	const {text} = await reportOf(context, 'failover-kill9.pcap', 'html');
	assert.match(text, /^<!doctype html>/v);
	assert.doesNotMatch(text, /<script|<link|<img|<iframe|\bon\w+=|@import|url\(|https?:/v);
	const open: string[] = [];
	for (const [, closing, name, selfClosing] of text.matchAll(/<(\/?)([a-z][a-z\d]*)(?:\s[^>]*?)?(\/?)>/gv)) {
		if (closing) {
			assert.equal(open.pop(), name);
		} else if (!selfClosing && name !== 'meta') {
			open.push(name!);
		}
	}

	assert.deepEqual(open, []);
	assert.equal(text.match(/<figure>/gv)?.length, 4, 'open, new, and an account for each takeover');
});

test('Markdown says the same, with curves of letters and tables whose rows are all as wide', async context => {
	const {text} = await reportOf(context, 'failover-kill9.pcap', 'md');
	assert.match(text, /^# 2 takeovers, 2026-11-22 /v);
	assert.match(text, /^> \*\*GOOD\*\*: A \(192\.168\.10\.11\) fell silent at 18:22:38\.5Z; B \(192\.168\.10\.12\) master after 3\.6s\./mv);
	assert.match(text, /^192\.168\.10\.100 \[[▁▂▃▄▅▆▇█ ]{60}\] most \d+$/mv);
	for (const table of text.matchAll(/(?:^\|.*\n)+/gmv)) {
		assert.equal(new Set(table[0].trim().split('\n').map(row => row.replaceAll(String.raw`\|`, '').split('|').length)).size, 1, table[0]);
	}
});

test('a report ends where --at says, and is about the sessions that a filter lets through', async context => {
	const {text} = await reportOf(context, 'failover-reboot.pcap', 'md', '--at', '2026-11-22T19:00:00Z', 'proto=udp');
	assert.match(text, /^# Takeover A \\> B, /v);
	assert.doesNotMatch(text, /NEARLY EMPTY/v);
	assert.match(text, /Sessions: only those of the filter proto=udp\./v);
	assert.match(text, /What became of the sessions after 19:00:00\.000Z|What became of the sessions after 18:59:59/v);
	assert.doesNotMatch(text, /Sessions open/v, 'no TCP, nothing to draw');
});

test('two masters and their end are told, and a capture without either says so', async context => {
	const split = await reportOf(context, 'splitbrain.pcap', 'md');
	assert.match(split.text, /^> \*\*BAD\*\*: Two masters on VRID 51 from /mv);
	assert.match(split.stdout, /SPLIT ENDED/v);
	const quiet = await reportOf(context, 'seed-basic.pcap', 'md');
	assert.match(quiet.text, /No takeover and no split brain in this time\./v);
	assert.match(quiet.text, /Who was master by VRRP: no adverts were heard|VRID/v);
});

test('whatever comes from the wire is text: in a page no markup, in Markdown no sign', () => {
	const blocksOf = (text: string): Block[] => [
		{kind: 'title', text}, {kind: 'paragraph', text}, {kind: 'list', items: [text]}, {kind: 'table', columns: [{title: text}], rows: [[text]]}, {kind: 'evidence', text},
		{kind: 'chart', chart: {title: text, unit: text, fromUs: 0, toUs: 1e6, lines: [{name: text, values: [1, 2]}], marks: [{timeUs: 5e5, letter: 'T', text}]}},
	];
	fc.assert(fc.property(fc.string({unit: 'binary', maxLength: 40}), text => {
		const tags = (page: string) => page.match(/<[^>]*>/gv)!.map(tag => tag.replaceAll(/aria-label="[^"]*"/gv, '')).join('');
		assert.equal(tags(htmlOf(blocksOf(text))), tags(htmlOf(blocksOf('x'))));
		assert.doesNotMatch(htmlOf(blocksOf(text)), /[\u{0}-\u{9}\u{B}-\u{1F}\u{202A}-\u{202E}\u{2066}-\u{2069}]/v);
		assert.equal(markdownOf([{kind: 'table', columns: [{title: 'x'}], rows: [[text]]}]).split('\n').length, 4);
	}));
	for (const text of ['<img src=x>', '[x](javascript:x)', '`x`', '# x', '**x**', '&lt;', '| x |']) {
		const said = markdownOf([{kind: 'paragraph', text}]).trim();
		assert.equal(said.replaceAll(/\\(?=[^\w\s])/gv, ''), text);
		assert.doesNotMatch(said, /(?<!\\)[<\[`*\|]|^#/v);
	}
});

test('curves keep every count, however long a capture gets', () => {
	fc.assert(fc.property(fc.array(fc.record({second: fc.nat(40_000), more: fc.boolean()}), {minLength: 1, maxLength: 200}), steps => {
		const sorted = steps.toSorted((one, other) => one.second - other.second);
		const curves = createCurves(1e6);
		for (const {second, more} of sorted) {
			addToCurve(curves, 'a', (second + 1) * 1e6, more ? 2 : 1);
		}

		const toUs = (sorted.at(-1)!.second + 1) * 1e6;
		const all = sorted.reduce((sum, {more}) => sum + (more ? 2 : 1), 0);
		const [level] = levels(curves, toUs, 4);
		const [rate] = rates(curves, toUs, 4);
		assert.ok(level!.values.length <= 720);
		assert.equal(level!.values.at(-1), all);
		assert.equal(Math.round(rate!.values.reduce((sum, value) => sum + value, 0) * curves.widthUs / 1e6), all);
	}));
});

test('what a report cannot be made of is said before anything is read', async () => {
	for (const [args, problem] of [
		[['--report', 'x.html'], '--report: goes with -r FILE alone'],
		[['-r', capture('v0.pcap'), '--report', 'x.txt'], '--report x.txt: give a file whose name ends in .html or .md'],
		[['-r', capture('v0.pcap'), '--report', 'x.md', '--list'], '--list and --report: one of them at a time'],
		[['-r', capture('v0.pcap'), '--report', 'x.md', '--json'], '--json: add --list, --records or --events'],
	] as const) {
		const {code, stderr} = await run(['--no-config', ...args]);
		assert.deepEqual([code, stderr], [2, `ipvstop: ${problem}\n`]);
	}

	const {code, stderr} = await run(['--no-config', '-r', capture('v0.pcap'), '--report', '/nowhere/x.md']);
	assert.equal(code, 1);
	assert.match(stderr, /^ipvstop: cannot write \/nowhere\/x\.md: ENOENT/v);
});

test('from stdin all is told but which sessions were lost', async context => {
	const file = path.join(folder(context), 'x.md');
	const {code} = await run(['--no-config', '-r', '-', '--report', file], {input: fs.readFileSync(capture('failover-reboot.pcap'))});
	assert.equal(code, 0);
	const text = fs.readFileSync(file, 'utf8');
	assert.match(text, /did not know 69 of 80/v);
	assert.match(text, /Which ones cannot be listed/v);
});

const chromium = ['chromium', 'chromium-browser', 'google-chrome'].find(name => spawnSync(name, ['--version']).status === 0);

const withChromium = {skip: chromium === undefined ? 'needs Chromium' : false};

test('a browser shows the page and finds nothing wrong with it', withChromium, async context => {
	const {text} = await reportOf(context, 'failover-reboot.pcap', 'html');
	const where = folder(context);
	const page = path.join(where, 'page.html');
	fs.writeFileSync(page, text);
	for (const extra of [['--blink-settings=preferredColorScheme=1'], ['--blink-settings=preferredColorScheme=0']]) {
		const {stdout, stderr} = spawnSync(chromium!, [
			'--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
			`--user-data-dir=${path.join(where, 'profile')}`, '--enable-logging=stderr', '--v=0', ...extra, '--dump-dom', `file://${page}`,
		], {encoding: 'utf8', timeout: 200_000});
		assert.doesNotMatch(stderr, /CONSOLE/v, 'nothing was refused');
		assert.equal(stdout.match(/<figure>/gv)?.length, 4);
		assert.equal(textOf(stdout).trim(), textOf(text).replace(/^<!doctype html> /v, '').trim());
	}
});
