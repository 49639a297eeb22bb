import {type ChildProcess} from 'node:child_process';
import {type TestContext} from 'node:test';
import {start, type StartOptions} from './program.js';

/** Resolves when something holds that the program under test brings about; rejects when it does not within a minute, far more than it takes on a busy machine. */
export const until = async (holds: () => boolean, what: string): Promise<void> => {
	const untilMs = performance.now() + 60_000;
	while (!holds()) {
		if (performance.now() > untilMs) {
			throw new Error(`Never: ${what}`);
		}

		await new Promise(resolve => {
			setTimeout(resolve, 20);
		});
	}
};

/** Starts the program, reads its stdout all the time, and ends it with the test. */
export const watch = (context: TestContext, args: readonly string[], options: StartOptions = {}): {readonly child: ChildProcess; readonly said: () => string} => {
	const child = start(args, options);
	let said = '';
	child.stdout!.setEncoding('utf8').on('data', (piece: string) => {
		said += piece;
	});
	context.after(() => {
		child.kill('SIGKILL');
	});
	return {child, said: () => said};
};
