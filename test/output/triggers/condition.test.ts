import assert from 'node:assert/strict';
import test from 'node:test';
import {parseCondition} from '../../../source/output/triggers/condition.js';
import {createTokenBucket, formatRate, parseRate} from '../../../source/output/token-bucket.js';
import {createTriggerWatch} from '../../../source/output/triggers/active.js';

const seconds = (count: number) => count * 1e6;

for (const [text, kind, spanMs] of [
	['event=state state=close', 'each', 0],
	['once 1m: event=takeover', 'once', 60_000],
	['NONE 30s : new rs=10.9.0.11', 'none', 30_000],
	['none 500ms: ', 'none', 500],
	['', 'each', 0],
] as const) {
	test(`\`${text}\` is read as ${kind} ${spanMs} ms`, () => {
		const condition = parseCondition(text);
		assert.ok(!('ok' in condition));
		assert.deepEqual([condition.kind, condition.spanMs], [kind, spanMs]);
	});
}

for (const [text, column, message] of [
	['once soon: event=new', 5, /soon is not a duration/v],
	['none 0s: event=new', 5, /0s is not a duration/v],
	['none 30s: evnt=new', 10, /unknown field evnt/v],
	['event=takover', 6, /takeover/v],
] as const) {
	test(`what is wrong with \`${text}\` is shown where it stands`, () => {
		const condition = parseCondition(text);
		assert.ok('ok' in condition);
		assert.equal(condition.column, column);
		assert.match(condition.message, message);
	});
}

test('a trigger that fires once for a series fires again only after the series was over', () => {
	const watch = createTriggerWatch({kind: 'once', spanMs: 10_000});
	const fired = [0, 1, 9, 18, 27, 38, 39].filter(second => watch.happened(seconds(second)));
	assert.deepEqual(fired, [0, 38], '27 s is within 10 s of 18 s, 38 s is not within 10 s of 27 s');
});

test('absence is said once, and again only after there was something', () => {
	const watch = createTriggerWatch({kind: 'none', spanMs: 30_000});
	assert.equal(watch.passed(seconds(100), seconds(80)), undefined, 'nobody has listened for 30 s');
	assert.equal(watch.passed(seconds(111), seconds(80)), seconds(80));
	assert.equal(watch.passed(seconds(200), seconds(80)), undefined);
	assert.ok(!watch.happened(seconds(210)));
	assert.equal(watch.passed(seconds(239), seconds(80)), undefined);
	assert.equal(watch.passed(seconds(240), seconds(80)), seconds(210));
});

test('silence is no evidence while a source is down, and counts from its return', () => {
	const watch = createTriggerWatch({kind: 'none', spanMs: 30_000});
	watch.happened(seconds(100));
	assert.equal(watch.passed(seconds(500), undefined), undefined);
	assert.equal(watch.passed(seconds(529), seconds(500)), undefined);
	assert.equal(watch.passed(seconds(530), seconds(500)), seconds(500));
});

test('a rate lets so many through at once, then as many again evenly, and a clock that steps back adds none', () => {
	const mayPass = createTokenBucket(parseRate('3/m')!);
	const passed = [0, 1, 2, 3, 19_000, 20_003, 20_004, 5000, 40_100, 40_101, 400_000, 400_001, 400_002, 400_003].filter(ms => mayPass(ms));
	assert.deepEqual(passed, [0, 1, 2, 20_003, 40_100, 400_000, 400_001, 400_002]);
});

test('rates are read and written alike', () => {
	for (const text of ['1/s', '60/m', '100/h']) {
		assert.equal(formatRate(parseRate(text)!), text);
	}

	assert.deepEqual(['', '0/s', '10', '10/d', '-1/s', '1.5/s', '10 /m'].map(text => parseRate(text)), Array.from({length: 7}, () => undefined));
});
