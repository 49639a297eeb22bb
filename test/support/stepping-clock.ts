import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {type TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {folderOf} from './rights.js';

const source = fileURLToPath(new URL('stepping-clock.c', import.meta.url));

/** A wall clock, as a program reads it that is started with this environment. */
export type SteppingClock = {
	readonly environment: {readonly LD_PRELOAD: string; readonly STEP_FILE: string};
	/** Sets it so far ahead of the real one, or behind it, also while a program runs. */
	setStep(seconds: number): void;
};

/** Such a clock, not set yet. Where there is no C compiler the test is skipped, and there is none. */
export const createSteppingClock = (context: TestContext): SteppingClock | undefined => {
	const folder = folderOf(context);
	const library = path.join(folder, 'stepping-clock.so');
	const {status, error} = spawnSync('cc', ['-shared', '-fPIC', '-o', library, source]);
	if (error) {
		context.skip('needs a C compiler');
		return undefined;
	}

	assert.equal(status, 0);
	const steps = path.join(folder, 'step');
	const setStep = (seconds: number) => {
		// In place: the program has it mapped.
		const file = fs.openSync(steps, fs.existsSync(steps) ? 'r+' : 'w');
		fs.writeSync(file, new BigInt64Array([BigInt(seconds)]), 0, 8, 0);
		fs.closeSync(file);
	};

	setStep(0);
	return {environment: {LD_PRELOAD: library, STEP_FILE: steps}, setStep};
};
