/*
What an operator reads on the 80x24 screen ten seconds after the new master's first advert, against what the clients of those
sessions suffered afterwards, which the wire never says.
*/
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {test} from 'node:test';
import {capture} from '../support/program.js';
import {openTerminal, standsStill} from '../support/terminal.js';

type Outcome = {readonly counts: ReadonlyArray<{readonly t: number; readonly resets: number}>};

/** Ten seconds after each second takeover: the first master is back. */
const returns = [
	{name: 'failover-preempt', at: '2026-11-22T18:56:01.918Z'},
	{name: 'failover-reboot', at: '2026-11-22T19:01:17.202Z'},
	{name: 'failover-kill9', at: '2026-11-22T18:24:14.947Z'},
	{name: 'failover-linkloss', at: '2026-11-22T18:54:36.977Z'},
] as const;

for (const {name, at} of returns) {
	test(`the screen foretells the resets of ${name}`, async () => {
		const terminal = openTerminal(['-r', capture(`${name}.pcap`), '--at', at]);
		const screen = await terminal.until(text => standsStill(text) && /^BACK/mv.test(text));
		terminal.type('Q');
		await terminal.exit;

		const line = /^BACK .*$/mv.exec(screen)![0];
		const {known, held} = /knows (?<known>\d+) of (?<held>\d+) open/v.exec(line)!.groups!;
		const expected = Number(/expect (?<resets>\d+) RESETS/v.exec(line)?.groups?.['resets'] ?? 0);
		assert.ok(expected > 0 || line.includes('KEPT'), line);
		assert.equal(expected, Number(held) - Number(known));

		const {counts} = JSON.parse(await readFile(capture(`${name}.outcome.json`), 'utf8')) as Outcome;
		const before = counts.findLast(({t}) => t * 1000 < Date.parse(at) - 10_000)!;
		const suffered = counts.at(-1)!.resets - before.resets;
		assert.ok(suffered >= 0.8 * expected && suffered <= expected + (0.03 * Number(held)), `${line}\nThe clients suffered ${suffered} resets.`);
	});
}
