import assert from 'node:assert/strict';
import {existsSync, mkdtempSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'node:test';
import {createExec, triggerEnvironment} from '../../../source/output/triggers/exec.js';
import {type TriggerEvent} from '../../../source/output/triggers/run.js';

const fields = {v: 1, type: 'event', event: 'state', client: '203.0.113.9', cport: 40_000, flags: ['inactive', 'nfct'], peData: undefined, udp: {held: 3}};
const event: TriggerEvent = {timeUs: 0, event: 'state', fields, json: `${JSON.stringify(fields)}\n`};
const never = new AbortController().signal;
const folder = mkdtempSync(path.join(tmpdir(), 'ipvstop-exec-'));

/** A program of Node with arguments. */
const script = (code: string, ...words: string[]) => [process.execPath, '-e', code, ...words];

test('the command gets its arguments as they were cut, the event on stdin and its fields in the environment', async () => {
	const file = path.join(folder, 'seen');
	const code = `require('fs').writeFileSync(process.argv[1], JSON.stringify({
		words: process.argv.slice(2), stdin: require('fs').readFileSync(0, 'utf8'),
		given: Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('IPVSTOP_')))}))`;
	const run = createExec({argv: script(code, file, 'a b', '$HOME', ';ls', '*'), timeoutMs: 20_000});
	assert.deepEqual(await run(event, never), {outcome: 'ok', detail: ''});
	const seen = JSON.parse(readFileSync(file, 'utf8'));
	assert.deepEqual(seen.words, ['a b', '$HOME', ';ls', '*']);
	assert.equal(seen.stdin, event.json);
	assert.deepEqual(seen.given, {
		IPVSTOP_V: '1', IPVSTOP_TYPE: 'event', IPVSTOP_EVENT: 'state', IPVSTOP_CLIENT: '203.0.113.9', IPVSTOP_CPORT: '40000', IPVSTOP_FLAGS: 'inactive,nfct', IPVSTOP_UDP: '{"held":3}',
	});
});

test('octets of the network cannot break the environment, and an inherited IPVSTOP_ variable says nothing of this event', () => {
	assert.deepEqual(triggerEnvironment({peData: 'a\0b\nc', none: undefined}, {PATH: '/bin', IPVSTOP_REAL: 'old'}), {PATH: '/bin', IPVSTOP_PEDATA: String.raw`a\x00b\x0ac`});
});

test('a failure is told with its code and the last line of stderr, escaped', async () => {
	const run = createExec({argv: script('process.stderr.write("first\\nno route\\u001b[31m\\n"); process.exit(3)'), timeoutMs: 20_000});
	assert.deepEqual(await run(event, never), {outcome: 'failed', detail: String.raw`exit 3: no route\x1b[31m`});
});

for (const [name, argv, detail] of [
	['does not exist', ['/nonexistent/program'], 'no such program'],
	['may not be executed', [path.join(folder)], 'not executable'],
] as const) {
	test(`a program that ${name} is a failure of that run only`, async () => {
		assert.deepEqual(await createExec({argv, timeoutMs: 20_000})(event, never), {outcome: 'failed', detail});
	});
}

test('a program that does not read its stdin is no failure', async () => {
	const large = {...event, json: 'x'.repeat(1_000_000)};
	assert.deepEqual(await createExec({argv: ['true'], timeoutMs: 20_000})(large, never), {outcome: 'ok', detail: ''});
});

/** Whether a process lives; a zombie does not. */
const lives = (pid: number): boolean => {
	try {
		return !/^State:\s+[ZX]/mv.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return false;
	}
};

/** A program that tells the id of a child of its own, and then hangs. A shell, which starts within no time. */
const hangs = (file: string) => ['sh', '-c', 'trap "exit 0" TERM; sleep 600 & echo $! >"$0"; while :; do wait; done', file];

/** Asks until it is so; the time limit of the test ends it. */
const until = async <T>(ask: () => T | undefined): Promise<T> => {
	for (;;) {
		const answer = ask();
		if (answer !== undefined) {
			return answer;
		}

		await new Promise(resolve => {
			setTimeout(resolve, 5);
		});
	}
};

const pidIn = async (file: string): Promise<number> => until(() => existsSync(file) ? Number(readFileSync(file, 'utf8')) || undefined : undefined);
const isGone = async (pid: number): Promise<boolean> => until(() => lives(pid) ? undefined : true);

test('a program that hangs is ended when its time is up, and what it started with it', async () => {
	const file = path.join(folder, 'timeout');
	const result = createExec({argv: hangs(file), timeoutMs: 1500})(event, never);
	const pid = await pidIn(file);
	assert.ok(lives(pid));
	assert.deepEqual(await result, {outcome: 'timeout', detail: 'after 1.5 s'});
	assert.ok(await isGone(pid));
});

test('a program is ended at once when we end', async () => {
	const file = path.join(folder, 'abort');
	const abort = new AbortController();
	const result = createExec({argv: hangs(file), timeoutMs: 60_000})(event, abort.signal);
	const pid = await pidIn(file);
	abort.abort();
	assert.deepEqual(await result, {outcome: 'killed', detail: ''});
	assert.ok(await isGone(pid));
});

test('what was escaped where the event was made is not escaped again', () => {
	assert.equal(triggerEnvironment({peData: String.raw`a\x00b\\c`}, {})['IPVSTOP_PEDATA'], String.raw`a\x00b\\c`);
});
