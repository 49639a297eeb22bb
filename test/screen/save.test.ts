import assert from 'node:assert/strict';
import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, test} from 'node:test';
import {saveSessions} from '../../source/output/save-sessions.js';
import {type Extract} from '../../source/sample/sample.js';
import {capture} from '../support/program.js';
import {openTerminal, type TestTerminal} from '../support/terminal.js';

const crash = ['-r', capture('failover-nopreempt.pcap'), '--at', '+120'];
let folder = '';

beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), 'ipvstop-save-'));
});
afterEach(() => {
	rmSync(folder, {recursive: true});
});

/** Presses `w` and reads the file that the screen names. */
const written = async (terminal: TestTerminal, count: number): Promise<Array<Record<string, unknown>>> => {
	terminal.type('w');
	const screen = await terminal.until(text => text.includes(`wrote ${count} session`));
	const name = /ipvstop-\d{8}T\d{6}Z\.ndjson/v.exec(screen)![0];
	const file = path.join(folder, name);
	assert.equal(statSync(file).mode & 0o777, 0o600);
	const lines = readFileSync(file, 'utf8').trimEnd().split('\n').map(line => JSON.parse(line) as Record<string, unknown>);
	assert.equal(lines[0]!['type'], 'table');
	return lines.slice(1);
};

test('w writes what the filter lets through', async () => {
	const terminal = openTerminal([...crash, 'proto=udp'], {through: ['env', '-C', folder]});
	await terminal.until(screen => screen.includes('20 of 351'));
	const rows = await written(terminal, 20);
	assert.equal(rows.length, 20);
	assert.ok(rows.every(row => row['type'] === 'connection' && JSON.stringify(row).toLowerCase().includes('udp')));
	terminal.type('Q');
	await terminal.exit;
	assert.equal(readdirSync(folder).length, 1);
});

test('w writes the marked sessions alone when there are some', async () => {
	const terminal = openTerminal(crash, {through: ['env', '-C', folder]});
	await terminal.until(screen => screen.includes('351 of 351'));
	terminal.type('  ');
	await terminal.until(screen => screen.includes('#2 marked'));
	const rows = await written(terminal, 2);
	assert.match(JSON.stringify(rows[0]), /203\.0\.113\.183/v);
	assert.match(JSON.stringify(rows[1]), /203\.0\.113\.34/v);
	terminal.type('Q');
	await terminal.exit;
});

test('a folder that is gone is said on the screen, and nothing else happens', async () => {
	const terminal = openTerminal(crash, {through: ['sh', '-c', `mkdir ${folder}/gone && cd ${folder}/gone && exec "$0" "$@"`]});
	await terminal.until(screen => screen.includes('351 of 351'));
	rmSync(path.join(folder, 'gone'), {recursive: true});
	terminal.type('w');
	await terminal.until(screen => /cannot write ipvstop-.*ENOENT/v.test(screen));
	terminal.type('Q');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
});

test('a file that is there is never written over', async () => {
	const file = path.join(folder, 'ipvstop-20261122T194500Z.ndjson');
	writeFileSync(file, 'mine');
	const extract = {nowUs: 0, status: undefined, totals: {connections: 0, templates: 0}, rows: []} as unknown as Extract;
	assert.match(await saveSessions(extract, Date.UTC(2026, 10, 22, 19, 45, 0), folder), /^cannot write .*EEXIST/v);
	assert.equal(readFileSync(file, 'utf8'), 'mine');
});
