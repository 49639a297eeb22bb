import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {bindKeys} from '../../source/screen/keymap.js';
import {directorLines} from '../../source/screen/parts/header.js';
import {timeLine, timeLineLegend} from '../../source/screen/parts/time-line.js';
import {views} from '../../source/screen/views/views.js';
import {drawn, openDrawing, sizes} from './drawn.js';

bindKeys(new Map(), views);
/** A rebooted master is back: 75 of 80 sessions are to be reset, and the backup still holds all of them. */
const lost = await openDrawing('failover-preempt.pcap', '2026-11-22T18:56:01Z');
const split = await openDrawing('splitbrain.pcap', '2026-11-22T18:47:40Z');
after(() => {
	lost.close();
	split.close();
});

for (const [columns, rows] of sizes) {
	for (const {name} of views) {
		test(`view ${name} fills ${columns}x${rows} as its layout says, and no more`, () => {
			const frame = lost.frame(columns, rows, {view: name});
			const lines = drawn(frame);
			assert.equal(lines.length, rows);
			assert.ok(lines.every(line => line.length <= columns), lines.join('\n'));
			assert.match(lines.at(-1)!, /^h help/v);
			assert.match(lines[0]!, /^ipvstop/v);
			// The first line below the header is that of the view.
			assert.doesNotMatch(lines[frame.layout.header - 1]!, /^(?:VIPs|REAL SERVERS|CLIENTS|EVENTS|\/ )/v);
		});
	}

	test(`both questions have their line at ${columns}x${rows}, in every view`, () => {
		for (const {name} of views) {
			const text = drawn(lost.frame(columns, rows, {view: name})).join('\n');
			assert.match(text, /^BACK B>A.*expect 75 RESETS/mv);
			assert.match(text, /^giving back to B now .*: B knows 80 of 80/mv);
		}
	});

	test(`two masters are told at ${columns}x${rows}, and who has the clients`, () => {
		const text = drawn(split.frame(columns, rows)).join('\n');
		assert.match(text, /^SPLIT BRAIN/mv);
		assert.match(text, /^clients go to B/mv);
		assert.equal(text.match(/^\*[AB] /gmv)?.length, 2);
	});
}

test('help and the choice of columns fill the screen', () => {
	for (const [columns, rows] of sizes) {
		for (const overlay of [{kind: 'help', search: {text: '', cursor: 0}, offset: 0}, {kind: 'columns', cursor: 0}] as const) {
			const lines = drawn(lost.frame(columns, rows, {overlay}));
			assert.equal(lines.length, rows);
			assert.ok(lines.every(line => line.length <= columns));
		}
	}
});

test('a screen that is too small says so in its one line', () => {
	assert.deepEqual(drawn(lost.frame(40, 10)), ['ipvstop needs 60x15, this is 40x10']);
});

test('sessions in danger come first, and the legend names their sign', () => {
	const lines = drawn(lost.frame(80, 24));
	const rows = lines.filter(line => /^[ >]! TCP/v.test(line));
	assert.ok(rows.length > 5, lines.join('\n'));
	assert.match(lines.at(-2)!, /^! A lost it/v);
});

test('every sign and letter that can be seen is explained, in every view, however narrow', () => {
	for (const [columns, rows] of sizes) {
		for (const name of ['sessions', 'vips', 'failover']) {
			const lines = drawn(lost.frame(columns, rows, {view: name}));
			const explained = lines.slice(rows < 18 ? -1 : -2).join('  ');
			const shown = new Set(lines.flatMap(line => /^[ >](?<sign>[!%?s+]) ?(?:TCP|UDP|[\d\[])/v.exec(line)?.groups?.['sign'] ?? []));
			assert.deepEqual([...shown].filter(sign => !explained.includes(`${sign} `)), [], `${columns}x${rows} ${name}\n${lines.join('\n')}`);
			assert.ok(name !== 'sessions' || shown.has('!'));
		}
	}
});

test('the time line draws nothing that is still to come but its letters, and the legend names them apart', () => {
	const frame = split.frame(80, 24);
	const {nowUs} = frame.sample;
	const index = {firstUs: nowUs - 60_000_000, lastUs: nowUs + 60_000_000, births: Array.from({length: 60}, () => 1), events: [
		{timeUs: nowUs - 30_000_000, event: 'takeover'}, {timeUs: nowUs + 30_000_000, event: 'takeover'}, {timeUs: nowUs + 40_000_000, event: 'restart'},
	]};
	const whole = {...frame, sample: {...frame.sample, index}} as unknown as typeof frame;
	const [past, ahead] = timeLine(whole.sample, whole)!.text.split('|') as [string, string];
	assert.match(past, /^[^\[]+\[[^T]+T[^T]+$/v);
	assert.match(ahead, /^_+T_+r_+\]/v);
	assert.deepEqual(timeLineLegend(whole.sample, whole).map(([words]) => words), ['T takeover', '| now', 'later: T  r restart']);
});

test('whose knowledge a column of figures shows stands in its heading, and a master that has long been silent is marked', () => {
	const text = drawn(lost.frame(80, 24)).join('\n');
	assert.match(text, /THEN A KNOWS WAITING/v);
	const frame = lost.frame(80, 24);
	const later = {...frame, sample: {...frame.sample, nowUs: frame.sample.nowUs + 40_000_000}};
	const [master] = directorLines(later, 2);
	assert.match(master!.text, /^\*A .*no sync for \d+s$/v);
	assert.deepEqual(master!.parts?.filter(({tone}) => tone === 'warning').map(({at, length}) => master!.text.slice(at, at + length)), [/no sync for \d+s/v.exec(master!.text)![0]]);
	assert.doesNotMatch(directorLines(frame, 2)[0]!.text, /no sync/v);
});

test('help begins with what it was asked for from', () => {
	for (const {name} of views) {
		assert.match(drawn(lost.frame(80, 24, {view: name, overlay: {kind: 'help', search: {text: '', cursor: 0}, offset: 0}}))[1]!, /^HERE/v, name);
	}
});

test('what a filter lets through stands beside it in words, where its name does not say it and there is room', () => {
	const bar = (filter: string, columns = 80): string => drawn(lost.frame(columns, 24, {filter})).find(line => line.startsWith('/ '))!;
	assert.match(bar('fate=reset'), /^\/ fate=reset: TCP that the serving master does not know +75 of 237 {2}danger first$/v);
	assert.match(bar('state=established'), /^\/ state=established +\d/v);
	assert.match(bar('fate=reset vip=192.168.10.100:80 proto=tcp'), /^\/ fate=reset vip=192\.168\.10\.100:80 proto=tcp +75 of 237/v);
	assert.match(bar('fate=reset', 60), /^\/ fate=reset +75 of 237/v);
});
