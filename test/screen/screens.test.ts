import assert from 'node:assert/strict';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import process from 'node:process';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {capture} from '../support/program.js';
import {openTerminal, type TerminalOptions} from '../support/terminal.js';

/*
What the program draws in a terminal, from captures of real directors at fixed moments, compared with the files beside this
one. UPDATE_SCREENS=1 writes them anew: then look at the difference before it is kept.
*/
const folder = new URL('screens/', import.meta.url);
const isUpdating = Boolean(process.env['UPDATE_SCREENS']);

type Scene = {
	readonly name: string;
	readonly args: readonly string[];
	readonly options: TerminalOptions;
	/** Typed once the first screen is there, each after the screen shows what it waits for. */
	readonly keys?: ReadonlyArray<readonly [keys: string, shows: RegExp]>;
	readonly first: RegExp;
	readonly withLooks?: boolean;
};

const crash = ['-r', capture('failover-nopreempt.pcap'), '--at', '+120'];
const before = ['-r', capture('failover-nopreempt.pcap'), '--at', '+60'];
const ipv6 = ['-r', capture('ipv6-short.pcap'), '--at', '+40'];
const templates = ['-r', capture('persistence.pcap'), '--at', '+60'];
const twoMasters = ['-r', capture('splitbrain.pcap'), '--at'];
/** A master that lost its power is back with an empty table; one that resigned is back, and may have been rebooted. */
const empty = ['-r', capture('failover-preempt.pcap'), '--at', '2026-11-22T18:56:01Z'];
const back = ['-r', capture('failover-graceful.pcap'), '--at', '2026-11-22T15:39:20Z'];
const names = ['--alias', 'web=192.168.10.100', '--alias', 'dns=192.168.10.100:5353', '--alias', 'rs1=192.168.10.1', '--alias', 'lb2=192.168.10.12'];
const narrow = {columns: 80, rows: 24};
const wide = {columns: 140, rows: 40};
const small = {columns: 60, rows: 15};
/** The time line comes when the whole file has been read. */
const withTimeLine = /\] \d\d:\d\d:\d\d/v;

const scenes: readonly Scene[] = [
	{name: 'main-80x24', args: crash, options: narrow, first: withTimeLine},
	{name: 'main-80x24-color', args: crash, options: narrow, first: withTimeLine, withLooks: true},
	{name: 'main-80x24-mono', args: [...crash, '--no-color'], options: narrow, first: withTimeLine, withLooks: true},
	{name: 'main-80x24-ascii', args: [...crash, '--ascii'], options: narrow, first: withTimeLine},
	{name: 'main-140x40', args: crash, options: wide, first: withTimeLine},
	{name: 'main-140x40-ascii', args: crash, options: {...wide, environment: {LANG: 'C'}}, first: withTimeLine},
	{name: 'main-60x15', args: crash, options: small, first: /h help/v},
	{name: 'empty-60x15', args: empty, options: small, first: /h help/v},
	{name: 'back-60x15', args: back, options: small, first: /h help/v},
	{name: 'before-60x15', args: before, options: small, first: /h help/v},
	{name: 'failover-60x15', args: empty, options: small, first: /h help/v, keys: [['4', /PAIR/v]]},
	{name: 'clients-60x15', args: crash, options: small, first: /h help/v, keys: [['5', /207 clients/v]]},
	{name: 'events-60x15', args: crash, options: small, first: /h help/v, keys: [['6', /EVENTS/v]]},
	{name: 'vip-detail-60x15', args: crash, options: small, first: /h help/v, keys: [['2', /VIPs \d/v], ['\r', /VIP 192[\s\S]*203\.0\.113\.0\/24/v]]},
	{name: 'session-60x15', args: ipv6, options: small, first: /h help/v, keys: [['\r', /SESSION[\s\S]*first/v]]},
	{name: 'second-master-80x24', args: [...twoMasters, '+63.3'], options: narrow, first: withTimeLine},
	{name: 'split-80x24', args: [...twoMasters, '+75'], options: narrow, first: withTimeLine},
	{name: 'split-60x15', args: [...twoMasters, '+75'], options: small, first: /h help/v},
	{name: 'split-failover-80x24', args: [...twoMasters, '+134'], options: narrow, first: withTimeLine, keys: [['4', /PAIR/v]]},
	{name: 'split-ended-80x24', args: [...twoMasters, '+150'], options: narrow, first: withTimeLine, keys: [['4', /PAIR/v]]},
	{name: 'names-80x24', args: [...crash, ...names], options: narrow, first: withTimeLine},
	{name: 'names-140x40', args: [...crash, ...names], options: wide, first: withTimeLine, keys: [['6', /EVENTS/v]]},
	{name: 'before-80x24', args: before, options: narrow, first: withTimeLine},
	{name: 'ipv6-80x24', args: ipv6, options: narrow, first: withTimeLine},
	{name: 'ipv6-140x40', args: ipv6, options: wide, first: withTimeLine},
	{name: 'templates-80x24', args: [...templates, 'template'], options: narrow, first: withTimeLine},
	{name: 'vips-80x24', args: templates, options: narrow, first: withTimeLine, keys: [['2', /VIPs \d/v]]},
	{name: 'vips-140x40', args: templates, options: wide, first: withTimeLine, keys: [['2', /VIPs \d/v]]},
	{name: 'vip-detail-80x24', args: crash, options: narrow, first: withTimeLine, keys: [['2', /VIPs \d/v], ['\r', /VIP 192[\s\S]*203\.0\.113\.0\/24/v]]},
	{name: 'vip-detail-140x40', args: ipv6, options: wide, first: withTimeLine, keys: [['2', /VIPs \d/v], ['\r', /VIP [\s\S]*NET[\s\S]*\/(?:24|64)/v]]},
	{name: 'reals-80x24', args: crash, options: narrow, first: withTimeLine, keys: [['3', /REAL SERVERS/v]]},
	{name: 'failover-80x24', args: crash, options: narrow, first: withTimeLine, keys: [['4', /WHAT HAPPENED|AT TAKEOVER/v]]},
	{name: 'clients-80x24', args: crash, options: narrow, first: withTimeLine, keys: [['5', /207 clients/v]]},
	{name: 'events-80x24', args: crash, options: narrow, first: withTimeLine, keys: [['6', /EVENTS/v]]},
	{name: 'session-80x24', args: crash, options: narrow, first: withTimeLine, keys: [['G', /^>.*FINWT/mv], ['\r', /SESSION TCP[\s\S]*first announced/v]]},
	{name: 'session-140x40', args: before, options: wide, first: withTimeLine, keys: [['\r', /SESSION[\s\S]*first announced/v]]},
	{name: 'help-80x24', args: crash, options: narrow, first: withTimeLine, keys: [['?', /HELP/v]]},
	{name: 'help-search-80x24', args: crash, options: narrow, first: withTimeLine, keys: [['?', /HELP/v], ['overdue', /type to search: overdue/v]]},
	{name: 'columns-80x24', args: crash, options: narrow, first: withTimeLine, keys: [['c', /COLUMNS/v]]},
];

for (const {name, args, options, keys = [], first, withLooks = false} of scenes) {
	test(`the screen ${name} is as it was`, async () => {
		const terminal = openTerminal(args, options);
		await terminal.until(screen => first.test(screen));
		for (const [typed, shows] of keys) {
			terminal.type(typed);
			await terminal.until(screen => shows.test(screen));
		}

		const file = fileURLToPath(new URL(`${name}.txt`, folder));
		const {columns = 80} = options;
		const shown = () => `${(withLooks ? terminal.styled() : terminal.lines()).join('\n')}\n`;
		if (isUpdating) {
			writeFileSync(file, shown());
		}

		assert.ok(existsSync(file), 'run with UPDATE_SCREENS=1 once');
		const expected = readFileSync(file, 'utf8');
		assert.ok(withLooks || expected.split('\n').every(line => [...line].length <= columns));
		// What was waited for may stand there before all else does.
		await terminal.until(() => {
			assert.equal(shown(), expected);
		});
		terminal.type('\u0003');
		await terminal.exit;
	});
}
