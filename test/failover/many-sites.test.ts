/* Dozens of segments on one screen, as a viewer of many sites has them: each is told of as if it were alone. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import {pcapOf} from '../capture/pcap-file.js';
import {capturePath} from '../support/captures.js';
import {runCli} from '../support/run-cli.js';
import {readFrames} from './wire-facts.js';

const sites = 40;
/** Far enough from each other that no frame is taken for a bridge's copy of another. */
const apartUs = 2_300_000;

/** Times of each site as they are in the first one. */
const asIfFirst = (line: string, site: number): string => line.replaceAll(/\d{4}-\d\d-\d\dT[\d:]+(?:\.\d+)?Z/gv, text => {
	const [, fraction = ''] = text.slice(0, -1).split('.');
	const timeUs = (Date.parse(`${text.slice(0, 19)}Z`) * 1000) + Number(fraction.padEnd(6, '0'));
	return String(timeUs - (site * apartUs));
});

/** What is told of each segment, in order. */
const toldOf = async (sources: readonly string[], filter: string): Promise<ReadonlyMap<string, readonly string[]>> => {
	const {code, stdout, stderr} = await runCli(['--no-config', '--events', '--json', ...sources, filter]);
	assert.deepEqual([code, stderr], [0, '']);
	const lines = stdout.trimEnd().split('\n').map(line => {
		const {segment = 'site0', ...rest} = JSON.parse(line) as {segment?: string};
		return {segment, text: asIfFirst(JSON.stringify(rest), Number(segment.slice(4)))};
	});
	return new Map([...Map.groupBy(lines, ({segment}) => segment)].map(([segment, told]) => [segment, told.map(({text}) => text)]));
};

test(`${sites} pairs of directors, of the same addresses in segments of their own, are believed, and all is told of each as if it were alone`, async context => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-sites-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	const frames = readFrames(capturePath('failover-kill9.pcap'));
	const sources = Array.from({length: sites}, (_, index) => {
		const file = path.join(folder, `${index}.pcap`);
		fs.writeFileSync(file, pcapOf(frames.map(({timeUs, octets}) => ({timeUs: timeUs + (index * apartUs), octets}))));
		return ['-r', `site${index}=${file}`];
	});
	// Changes of sessions say who was sent them, and their fate.
	for (const filter of ['event=takeover', 'event=state']) {
		const first = await toldOf(sources[0]!, filter);
		const alone = first.get('site0')!;
		const together = await toldOf(sources.flat(), filter);
		assert.ok(alone.length > 1);
		assert.equal(together.size, sites);
		for (const [site, told] of together) {
			assert.deepEqual(told, alone, site);
		}
	}
});

test('a backup that is heard first in another file of the same segment is named in the sessions of its master', async context => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-rotated-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	const whole = capturePath('failover-kill9.pcap');
	const frames = readFrames(whole);
	const backup = [192, 168, 10, 12];
	const first = frames.findIndex(({octets}) => backup.every((octet, index) => octets[26 + index] === octet));
	assert.ok(first > 0);
	const parts = [frames.slice(0, first), frames.slice(first)].flatMap((some, index) => {
		const file = path.join(folder, `${index}.pcap`);
		fs.writeFileSync(file, pcapOf(some));
		return ['-r', `site0=${file}`];
	});
	const told = await toldOf(parts, 'event=state sent=192.168.10.12');
	assert.ok(told.get('site0')!.length > 100);
	assert.deepEqual(told, await toldOf(['-r', `site0=${whole}`], 'event=state sent=192.168.10.12'));
});
