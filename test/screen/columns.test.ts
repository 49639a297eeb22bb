import assert from 'node:assert/strict';
import {test} from 'node:test';
import {capture} from '../support/program.js';
import {openTerminal} from '../support/terminal.js';

const heading = (screen: string): string => screen.split('\n').find(line => /^[ <] {2}[A-Z^ ~]*\b(?:REAL|EXPIRE)\b/v.test(line)) ?? '';

test('columns that do not fit are reached with Right, and Left comes back', async () => {
	const terminal = openTerminal(['-r', capture('failover-nopreempt.pcap'), '--at', '+120']);
	await terminal.until(screen => screen.includes('351 of 351') && heading(screen) !== '');
	// All fit: there is nowhere to go.
	terminal.type('\u001B[Cj');
	await terminal.until(screen => /^>[% ] +TCP +203\.0\.113\.34:/mv.test(screen));
	assert.match(heading(terminal.text()), /^ {3}PRO CLIENT/v);
	// The flags, the time granted and the mark beside what there is.
	terminal.type('cjjjj j j j');
	terminal.type('jj j j j j j j jq');
	const cut = await terminal.until(screen => heading(screen).endsWith('~'));
	assert.doesNotMatch(heading(cut), /EXP/v);
	terminal.type('\u001B[C'.repeat(12));
	const end = await terminal.until(screen => heading(screen).startsWith('<') && heading(screen).endsWith('EXPIRE'));
	assert.match(end, /^< {2}.*EXPIRE$/mv);
	assert.doesNotMatch(end, /^<.*PRO/mv);
	terminal.type('\u001B[D'.repeat(12));
	await terminal.until(screen => heading(screen).startsWith('   PRO'));
	terminal.type('Q');
	await terminal.exit;
});
