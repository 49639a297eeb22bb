/*
Takeovers in the set-ups of test/captures/field: each is told once, as soon as the wire says so, of the right addresses, and what is foretold is what the clients suffered.
`node --import=tsx test/failover/grade.ts test/captures/field` prints the same as a table.
*/
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {describe, test, type TestContext} from 'node:test';
import {capturePath} from '../support/captures.js';
import {readRun, type Run} from './lab-truth.js';
import {markOf, matchTakeovers, readEvent, readLine, type Graded, type Mark} from './marks.js';
import {screenAt, takeoversOf, toldEvents, verdictLine, type ToldTakeover} from './told.js';
import {mergedOf, variantsOf, writeVariant} from './variants.js';

const folder = capturePath('field');
const names = fs.readdirSync(folder).filter(file => file.endsWith('.pcap')).map(file => path.basename(file, '.pcap'));
const runOf = (name: string): Run => readRun(path.join(folder, `${name}.pcap`))!;

const latestUs = 1_500_000;
const second = 1_000_000;
const soonUs = 16 * second;

/** What cannot be right, by run, number of its takeover and where it is said; and why. */
const excuses: Readonly<Record<string, string>> = {
	'sloppy 2 event': 'that a director takes up what it does not know shows in what it announces, some seconds later',
	'loss-in 1 event': 'a message that its receiver dropped was heard here',
	'loss-in 1 account': 'the pace at which sessions are heard again shows it, a minute later',
};

/** Of one takeover, by where it lies in its run. */
const placeOf = (run: Run, {truth}: Graded): string => `${run.name} ${run.takeovers.indexOf(truth) + 1}`;

const textOf = ({truth: {open, resets}, told}: Graded): string => `${resets} of ${open} were reset, told ${JSON.stringify(told?.expected)}`;

/** Each truth told once and in time, and nothing else. */
const assertTold = (run: Run, told: readonly ToldTakeover[]): readonly Graded[] => {
	const {graded, invented} = matchTakeovers(run, told);
	assert.deepEqual(invented, []);
	for (const one of graded) {
		assert.ok(one.told, `${placeOf(run, one)} was not told`);
		assert.deepEqual(one.again, []);
		const lateUs = one.told.toldUs - one.truth.firstSignUs;
		assert.ok(lateUs <= latestUs, `${placeOf(run, one)} was told ${lateUs / second} s after its first sign`);
	}

	return graded;
};

const assertRight = (run: Run, one: Graded, mark: Mark, where: string, said = '') => {
	assert.ok(mark === 'right' || excuses[`${placeOf(run, one)} ${where}`] !== undefined, `${placeOf(run, one)} ${where} ${mark}: ${said}, ${textOf(one)}`);
};

/** By the account that was told last in the first quarter of a minute; right when there was none. */
const accountMark = ({truth, told}: Graded): Mark => {
	const account = told!.accounts.findLast(({timeUs, expected}) => expected && timeUs < truth.timeUs + soonUs);
	return account ? markOf(readEvent(account.expected), truth.resets, truth.open!) : 'right';
};

for (const name of names) {
	test(`${name}: each takeover is told once, in time, and its event foretells what the clients suffered`, async () => {
		const run = runOf(name);
		for (const one of assertTold(run, takeoversOf(await toldEvents(run.capture)))) {
			assertRight(run, one, markOf(readEvent(one.told!.expected), one.truth.resets, one.truth.open!), 'event');
			assertRight(run, one, accountMark(one), 'account');
		}
	});
}

for (const name of ['act-one', 'hand-move', 'pairs-zero', 'uni-three']) {
	test(`${name}: so does the line of the 80x24 screen, one second and ten seconds later`, async () => {
		const run = runOf(name);
		for (const one of assertTold(run, takeoversOf(await toldEvents(run.capture)))) {
			const {truth, told} = one;
			for (const seconds of [1, 10]) {
				const screen = await screenAt(run.capture, truth.timeUs + (seconds * second));
				const line = verdictLine(screen, [truth.timeUs, told!.atUs], truth.vips) ?? assert.fail(`no line:\n${screen.join('\n')}`);
				assertRight(run, one, markOf(readLine(line), truth.resets, truth.open!), `+${seconds} s`, line);
			}
		}
	});
}

/** A folder for captures, until the test ends. */
const folderOf = (context: TestContext): string => {
	const made = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-test-'));
	context.after(() => {
		fs.rmSync(made, {recursive: true, force: true});
	});
	return made;
};

describe('with less to hear, and with what nobody of the directors sent', () => {
	for (const name of ['three', 'act-one', 'bk-restart']) {
		const run = runOf(name);
		for (const [kind, variant] of variantsOf(run)) {
			test(`${name} ${kind}: no takeover is missed or invented, and no verdict is wrong`, async context => {
				const made = folderOf(context);
				writeVariant(made, name, variant);
				const changed = readRun(path.join(made, `${name}.pcap`))!;
				const {graded, invented} = matchTakeovers(changed, takeoversOf(await toldEvents(changed.capture)));
				assert.deepEqual(invented, []);
				for (const one of graded) {
					assert.ok(one.told, `${placeOf(changed, one)} was not told`);
					assert.deepEqual(one.again, []);
					assert.notEqual(markOf(readEvent(one.told.expected), one.truth.resets, one.truth.open!), 'WRONG', textOf(one));
					assert.notEqual(accountMark(one), 'WRONG', `${textOf(one)}, later ${JSON.stringify(one.told.accounts)}`);
				}
			});
		}
	}

	for (const [name, other] of [['three', 'act-one'], ['uni-nopre', 'pairs-zero']] as const) {
		test(`${name} and ${other} as pairs of one segment`, async context => {
			const made = folderOf(context);
			writeVariant(made, name, mergedOf(runOf(name), runOf(other))!);
			const both = readRun(path.join(made, `${name}.pcap`))!;
			for (const one of assertTold(both, takeoversOf(await toldEvents(both.capture)))) {
				assert.notEqual(markOf(readEvent(one.told!.expected), one.truth.resets, one.truth.open!), 'WRONG', textOf(one));
			}
		});
	}
});
