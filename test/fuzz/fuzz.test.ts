import assert from 'node:assert/strict';
import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import test from 'node:test';
import {faultNames} from '../../source/wire/fault.js';
import {createFilterTarget} from './filter-target.js';
import {createCheckpointTarget} from './checkpoint-target.js';
import {createConfigTarget} from './config-target.js';
import {createGzipTarget} from './gzip-target.js';
import {fuzz, type LoopOptions, type LoopResult} from './loop.js';
import {runBlock} from './reference.js';
import {createRequestTarget} from './request-target.js';
import {createSegmentTarget} from './segment-target.js';
import {createGreedyTarget, createPlantedTarget} from './planted.js';
import {createSavefileTarget} from './savefile-target.js';
import {createTableTarget} from './table-target.js';
import {type Target} from './target.js';
import {createWireTarget} from './wire-target.js';

test('a defect behind four conditions, one behind the other, is found with guidance, made small, and not found without', async () => {
	const options = {seed: 2, runs: 20_000};
	const guided = await fuzz(createPlantedTarget(), options);
	const blind = await fuzz(createPlantedTarget(), {...options, guided: false});

	assert.equal(guided.finds.length, 1);
	assert.match(String(guided.finds[0]!.error), /the planted defect/v);
	assert.equal(Buffer.from(guided.finds[0]!.octets).toString('latin1'), 'ipvs\0\0\0');
	assert.deepEqual(blind.finds, []);
	assert.ok(guided.blocks > blind.blocks);
});

test('the same seed makes the same inputs', async () => {
	const digestOf = async <Input>(target: Target<Input>, options: LoopOptions): Promise<string> => {
		const digest = createHash('sha256');
		await fuzz({
			...target,
			run(input, feature) {
				digest.update(target.encode(input).octets);
				target.run(input, feature);
			},
		}, options);
		return digest.digest('hex');
	};

	// Without guidance: what V8 counts of code that ran before depends on what it has compiled meanwhile.
	const blind = {seed: 7, runs: 768, guided: false} as const;
	assert.equal(await digestOf(createPlantedTarget(), blind), await digestOf(createPlantedTarget(), blind));
	assert.equal(await digestOf(createWireTarget(), blind), await digestOf(createWireTarget(), blind));
	assert.notEqual(await digestOf(createWireTarget(), blind), await digestOf(createWireTarget(), {...blind, seed: 8}));
});

for (const [kind, words] of [['time', /^Error: takes \d+ ms/v], ['memory', /^Error: takes \d+ octets of memory/v]] as const) {
	test(`an input that takes too much ${kind} is a find`, async () => {
		const {finds} = await fuzz(createGreedyTarget(kind), {seed: 1, runs: 0});
		assert.match(String(finds[0]?.error), words);
		assert.deepEqual([...finds[0]!.octets], [0x80]);
	});
}

test('bent packets: no exception, nothing beyond its packet, every kind of trouble named', async () => {
	const target = createWireTarget();
	// Without guidance: what it reaches is then the same whatever ran before in this process.
	const {finds} = await fuzz(target, {seed: 1, runs: 100_000, guided: false});
	const {counts, faults} = target.observed;

	assert.deepEqual(finds, []);
	assert.ok(counts.messages > 10_000 && counts.records > 10_000);
	assert.ok(counts.adverts > 1000 && counts.reports > 1000 && counts.claims > 500);
	for (const fault of [
		'link-type', 'link-truncated', 'ip-truncated', 'ip-length', 'ip-version', 'extension-header', 'fragment-overlap', 'fragment-oversized', 'fragment-timeout',
		'udp-truncated', 'udp-length', 'short', 'size-mismatch', 'unknown-version', 'not-sync', 'truncated-capture', 'record-truncated', 'record-past-end',
		'record-version', 'record-type', 'record-size', 'option-length', 'option-unknown', 'count-too-big', 'flags-one-packet', 'protocol-unknown', 'state-unknown',
		'template-state', 'beyond-count', 'vrrp-truncated', 'vrrp-version', 'vrrp-type', 'vrrp-hop-limit', 'vrrp-length', 'vrrp-interval',
		'vrrp-checksum', 'ah-length', 'report-truncated', 'report-checksum', 'arp-truncated', 'neighbour-truncated',
	] as const) {
		assert.ok(faults[faultNames.indexOf(fault)]! > 0, `${fault} never came up`);
	}
});

test('bent capture files hold the same in pieces, cut and compressed', async () => {
	const {finds, features} = await fuzz(createSavefileTarget(), {seed: 1, runs: 768});
	assert.deepEqual(finds, []);
	assert.ok(features > 50);
});

test('bent filters are refused at their place, or mean what they say', async () => {
	const {finds, features} = await fuzz(createFilterTarget(), {seed: 1, runs: 1024, guided: false});
	assert.deepEqual(finds, []);
	assert.ok(features > 50);
});

const furtherTargets: ReadonlyArray<readonly [what: string, run: () => Promise<LoopResult>]> = [
	['checkpoints with right sums are refused, or of a table that holds together', async () => fuzz(createCheckpointTarget(), {seed: 1, runs: 256, guided: false})],
	['segments and indexes of a log hold the same in pieces', async () => fuzz(createSegmentTarget(), {seed: 1, runs: 2048, guided: false})],
	['gzip is unpacked as zlib does, and damage said', async () => fuzz(createGzipTarget(), {seed: 1, runs: 256, guided: false})],
	['requests for metrics are answered, or the connection ends', async () => fuzz(createRequestTarget(), {seed: 1, runs: 256, guided: false})],
	['configurations are refused in a line, or printed so that they say the same', async () => fuzz(createConfigTarget(), {seed: 1, runs: 1024, guided: false})],
];

for (const [what, run] of furtherTargets) {
	test(`bent ${what}`, async () => {
		const {finds, features} = await run();
		assert.deepEqual(finds, []);
		assert.ok(features > 5);
	});
}

test('the table and the model of it are the same after each of some thousand bent packets', () => {
	const {records, changes} = runBlock(1, 12_288);
	assert.ok(records > 10_000 && changes > 5000);
});

test('bent packets leave a table whose figures agree', async () => {
	const {finds, features} = await fuzz(createTableTarget(), {seed: 1, runs: 64});
	assert.deepEqual(finds, []);
	assert.ok(features > 15);
});
