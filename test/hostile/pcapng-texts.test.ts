/*
A pcapng file tells names, descriptions and comments of whoever wrote it, in UTF-8 as he says. Nothing of them is shown, whatever
they hold, and none of them may be why a capture is not read.
*/
import assert from 'node:assert/strict';
import {existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {after} from 'node:test';
import {attack} from '../support/attacks.js';
import {finished, heldTime, run, start} from '../support/program.js';
import {block, interfaceOf, packetOf, pcapngOption, sectionOf} from '../support/pcapng-file.js';
import {sessionFrames} from '../support/session-frames.js';
import {hasTimeLine, openTerminal, standsStill, type TestTerminal} from '../support/terminal.js';
import {until} from '../support/watch.js';

const sessions = 5;
const option = pcapngOption;

/** A capture in which all that can be a text is this one. */
const captureWith = (text: Uint8Array): Buffer => {
	const named = (...codes: readonly number[]) => codes.map(code => [code, text] as const);
	const head = Buffer.alloc(4);
	head.writeUInt16LE(1, 0);
	head.writeUInt16LE(text.length, 2);
	return Buffer.concat([
		sectionOf(named(option.comment, option.hardware, option.system, option.application)),
		// Name resolution with a record of this length, secrets, and a block of nobody's.
		block(4, Buffer.concat([head, text, Buffer.alloc((4 - (text.length % 4)) % 4), Buffer.alloc(4)])),
		interfaceOf(named(option.name, option.description, option.comment, option.filter)),
		block(10, Buffer.concat([text, Buffer.alloc((4 - (text.length % 4)) % 4)])),
		block(0x0b_ad, Buffer.concat([text, Buffer.alloc((4 - (text.length % 4)) % 4)])),
		...sessionFrames(sessions).map(({timeUs, octets}) => packetOf(timeUs, octets, named(option.comment, option.comment))),
		block(5, Buffer.alloc(12)),
	]);
};

const long = 65_535;
const texts = {
	'terminal escapes, line ends and overrides': Buffer.from(attack),
	nothing: Buffer.alloc(0),
	zeroes: Buffer.alloc(64),
	'no UTF-8': Buffer.from('ff fe c3 28 ed a0 80 f4 90 80 80 9b 33 31 6d 80'.replaceAll(' ', ''), 'hex'),
	'C1 as octets': Buffer.from(Array.from({length: 32}, (_, index) => 0x80 + index)),
	'as much as an option can hold': Buffer.alloc(long, `${attack} `).subarray(0, long),
} as const;

const folder = mkdtempSync(join(tmpdir(), 'ipvstop-test-'));
after(() => {
	rmSync(folder, {recursive: true, force: true});
});

/** A file of one name in a folder of its own, so that two differ in nothing that is shown. */
const fileIn = (subfolder: string, content: Uint8Array): string => {
	mkdirSync(join(folder, subfolder));
	const path = join(folder, subfolder, 'capture');
	writeFileSync(path, content);
	return path;
};

const clean = fileIn('clean', Buffer.concat([sectionOf(), interfaceOf(), ...sessionFrames(sessions).map(({timeUs, octets}) => packetOf(timeUs, octets))]));
const files = Object.entries(texts).map(([name, text], index) => [name, fileIn(String(index), captureWith(text))] as const);

test('what is output of a capture is the same, whatever its blocks and options tell', {timeout: 200_000}, async () => {
	for (const mode of [['--list'], ['--list', '--json'], ['--events', '--json'], ['--records'], ['--records', '--json']]) {
		const expected = await run([...mode, '-r', clean]);
		assert.deepEqual([expected.code, expected.stderr], [0, '']);
		assert.ok(expected.stdout.includes('198.51.100.7'));
		for (const [name, path] of files) {
			assert.deepEqual(await run([...mode, '-r', path]), expected, `${mode.join(' ')}: ${name}`);
		}
	}
});

test('each view of the screen is the same, whatever they tell', {timeout: 200_000}, async () => {
	const views = [
		['1', ':1004 '], ['2', '10.0.0.21:443  '], ['4', 'A: sending'], ['5', '198.51.100.0/24'], ['6', '00:00:00.000 director'], ['1', ':1004 '], ['\r', 'first announced'],
	] as const;
	const opened = async (path: string): Promise<TestTerminal> => {
		const terminal = openTerminal(['-r', path, '--at', '+5']);
		await terminal.until(screen => standsStill(screen) && hasTimeLine(screen));
		return terminal;
	};

	for (const [name, path] of files) {
		const terminals = await Promise.all([opened(clean), opened(path)]);
		for (const [key, sign] of views) {
			for (const terminal of terminals) {
				terminal.type(key);
			}

			// One view stands there before the other, and a figure of it before the rest.
			await until(() => terminals.every(terminal => terminal.text().includes(sign)) && terminals[0].text() === terminals[1].text(), `${name}: ${sign}`);
		}

		for (const terminal of terminals) {
			terminal.type('Q');
			assert.deepEqual(await terminal.exit, {exitCode: 0, signal: undefined});
		}
	}
});

test('a capture that is cut inside of a text tells where, and nothing of the text', async () => {
	const content = captureWith(Buffer.from(attack));
	const lastComment = content.lastIndexOf(Buffer.from(attack));
	const {code, stdout, stderr} = await run(['--records', '--fields', 'cport', '-r', fileIn('cut', content.subarray(0, lastComment + 20))]);
	assert.deepEqual([code, stdout], [1, '1000\n1001\n1002\n1003\n']);
	assert.match(stderr, /^ipvstop: capture ends at octet \d+, inside the record that starts at octet \d+\. All before that was read\.\n$/v);
});

test('a recording made of such a capture through a command carries the name of that command, and no text of the capture', async () => {
	const marker = join(folder, 'said');
	const child = start(['-w', '-', '--duration', '1.5', '--via', `copy=sh -c "cat ${files[0]![1]} && touch ${marker} && exec sleep 100"`], {node: heldTime(1.5)});
	const end = finished(child);
	await until(() => existsSync(marker), 'the command has said all');
	child.kill('SIGUSR2');
	const {code, stdout} = await end;
	assert.equal(code, 0);
	const recording = Buffer.from(stdout);
	assert.ok(recording.includes('copy'));
	assert.equal(recording.includes('pwned'), false);
});
