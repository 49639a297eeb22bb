import {spawn} from 'node:child_process';
import process from 'node:process';
import {fileURLToPath} from 'node:url';

export type CliResult = {readonly code: number | null; readonly stdout: string; readonly stderr: string};

const cli = fileURLToPath(new URL('../../source/cli.ts', import.meta.url));

/** Waits until a stream has taken some octets. */
const give = async (stream: NodeJS.WritableStream, octets: Uint8Array): Promise<void> => new Promise((resolve, reject) => {
	stream.write(octets, error => {
		if (error) {
			reject(error);
		} else {
			resolve();
		}
	});
});

/** Longer than any run takes on a busy machine. A child that is left behind would keep its test file, and with it all tests, from ending. */
const longestMs = 120_000;

/** Runs the program from its sources with its own stdin (pieces are written one after the other), stdout and stderr. Throws when it does not end. */
export const runCli = async (args: readonly string[], stdin?: Iterable<Uint8Array>): Promise<CliResult> => {
	const child = spawn(process.execPath, [`--import=${import.meta.resolve('tsx')}`, cli, ...args], {
		stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
	});
	let stdout = '';
	let stderr = '';
	child.stdout!.setEncoding('utf8').on('data', (text: string) => {
		stdout += text;
	});
	child.stderr!.setEncoding('utf8').on('data', (text: string) => {
		stderr += text;
	});
	const ended = new Promise<number | null>((resolve, reject) => {
		const timer = setTimeout(() => {
			child.kill('SIGKILL');
			reject(new Error(`${args.join(' ')}: it does not end. stdout: ${stdout.slice(-1000)} stderr: ${stderr.slice(-1000)}`));
		}, longestMs);
		child.once('error', reject);
		child.once('close', code => {
			clearTimeout(timer);
			resolve(code);
		});
	});
	if (stdin) {
		for (const octets of stdin) {
			await give(child.stdin!, octets);
		}

		child.stdin!.end();
	}

	return {code: await ended, stdout, stderr};
};
