import {spawn, type ChildProcessByStdio} from 'node:child_process';
import process from 'node:process';
import {type Readable, type Writable} from 'node:stream';
import {printable} from '../../text/format.js';
import {type Runner, type RunResult} from './run.js';

/** Time to end by itself after SIGTERM. */
const graceMs = 2000;
/** As much of stderr is kept. */
const longestDetail = 200;

/** Fields whose octets were escaped where the event was made; once more would double each backslash. */
const escaped: ReadonlySet<string> = new Set(['pe', 'peData']);

/** Their backslashes stay as they are; nothing else comes through. */
const escapedOnce = (text: string): string => text.split('\\').map(part => printable(part)).join('\\');

const variableText = (value: unknown): string => {
	if (typeof value === 'string') {
		return printable(value);
	}

	return printable(Array.isArray(value) && value.every(one => typeof one === 'string' || typeof one === 'number') ? value.join(',') : JSON.stringify(value));
};

/** The environment of a command: ours, and each field of the event as `IPVSTOP_` and its name in capitals. */
export const triggerEnvironment = (fields: Readonly<Record<string, unknown>>, inherited: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv => ({
	...Object.fromEntries(Object.entries(inherited).filter(([name]) => !name.startsWith('IPVSTOP_'))),
	...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)
		.map(([name, value]) => [`IPVSTOP_${name.toUpperCase()}`, escaped.has(name) ? escapedOnce(String(value)) : variableText(value)])),
});

/** The last line that was printed, as a terminal may show it. */
const lastLine = (text: string): string => printable(text.trim().split('\n').at(-1) ?? '').slice(0, longestDetail);

const startProblem = ({code, message}: NodeJS.ErrnoException): string =>
	code === 'ENOENT' ? 'no such program' : (code === 'EACCES' ? 'not executable' : message);

/** Most of what keeps a program from starting is told by an event later; some of it is thrown. */
const start = ([program = '', ...words]: readonly string[], env: NodeJS.ProcessEnv): ChildProcessByStdio<Writable, null, Readable> | Error => {
	try {
		return spawn(program, words, {stdio: ['pipe', 'ignore', 'pipe'], detached: true, env});
	} catch (error) {
		return error as Error;
	}
};

type ExecOptions = {readonly argv: readonly string[]; readonly timeoutMs: number};

/**
Starts a program without a shell, with the event on its stdin and in its environment. It leads a process group of its own, so
that what it starts ends with it when its time is up or when we end. Its stdout goes nowhere; ours is for events.
*/
export const createExec = ({argv, timeoutMs}: ExecOptions): Runner => async ({json, fields}, signal) => new Promise<RunResult>(resolve => {
	if (signal.aborted) {
		resolve({outcome: 'killed', detail: ''});
		return;
	}

	const child = start(argv, triggerEnvironment(fields, process.env));
	if (child instanceof Error) {
		resolve({outcome: 'failed', detail: startProblem(child)});
		return;
	}

	let stderr = '';
	let cause: 'timeout' | 'killed' | undefined;
	let grace: NodeJS.Timeout | undefined;

	const kill = (name: 'SIGTERM' | 'SIGKILL') => {
		try {
			process.kill(-child.pid!, name);
		} catch {
			// It has ended meanwhile.
		}
	};

	const timer = setTimeout(() => {
		cause = 'timeout';
		kill('SIGTERM');
		grace = setTimeout(kill, graceMs, 'SIGKILL');
	}, timeoutMs);
	const abort = () => {
		cause = 'killed';
		kill('SIGKILL');
	};

	const end = (result: RunResult) => {
		clearTimeout(timer);
		clearTimeout(grace);
		signal.removeEventListener('abort', abort);
		// Its own children may hold the other end.
		(child.stderr as Readable | undefined)?.destroy();
		resolve(result);
	};

	child.once('error', error => {
		end({outcome: 'failed', detail: startProblem(error)});
	});
	if (child.pid === undefined) {
		return;
	}

	signal.addEventListener('abort', abort);
	child.stdin.on('error', () => {
		// It need not read the event.
	});
	child.stdin.end(json);
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		stderr = (stderr + text).slice(-2 * longestDetail);
	});
	child.once('exit', (code, name) => {
		if (cause !== undefined) {
			if (cause === 'timeout') {
				kill('SIGKILL');
			}

			end({outcome: cause, detail: cause === 'timeout' ? `after ${timeoutMs / 1000} s` : ''});
			return;
		}

		const how = name === null ? `exit ${code}` : `ended by ${name}`;
		const said = lastLine(stderr);
		end(code === 0 ? {outcome: 'ok', detail: ''} : {outcome: 'failed', detail: said ? `${how}: ${said}` : how});
	});
});
