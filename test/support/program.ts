import {spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {randomInt} from 'node:crypto';
import {once} from 'node:events';
import {readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {createServer} from 'node:net';
import process from 'node:process';
import {after} from 'node:test';
import {type Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';

/** The built program, as it is installed. */
export const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** A path below test/captures. */
export const capture = (name: string): string => fileURLToPath(new URL(`../captures/${name}`, import.meta.url));

/** The environment of a plain shell: what a test runner sets must not reach the program. */
export const plainEnvironment = (): Record<string, string> => {
	const {PATH = '', HOME = ''} = process.env;
	return {PATH, HOME, LANG: 'C.UTF-8', TERM: 'xterm-256color'};
};

export type Finished = {readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stdout: string; readonly stderr: string};

export type StartOptions = {
	/** Closed unless it is wanted. */
	readonly stdin?: 'ignore' | 'pipe';
	/** A command that runs another: in a namespace, as another user. */
	readonly through?: readonly string[];
	readonly environment?: Readonly<Record<string, string>>;
	readonly node?: readonly string[];
};

/** A failed test must not leave its program behind: that would keep its file, and with it all tests, from ending. */
const running = new Set<ChildProcess>();
after(() => {
	for (const child of running) {
		child.kill('SIGKILL');
	}
});

/** Starts the program with pipes. */
export const start = (args: readonly string[], {stdin = 'ignore', through = [], environment = {}, node = []}: StartOptions = {}): ChildProcess => {
	const [command, ...words] = [...through, process.execPath, ...node, program, ...args];
	const child = spawn(command!, words, {env: {...plainEnvironment(), ...environment}, stdio: [stdin, 'pipe', 'pipe']});
	running.add(child);
	child.once('exit', () => {
		running.delete(child);
	});
	return child;
};

/**
For Node, before the program: the time of `--duration` begins at SIGUSR2, which is nothing else to the program. What is to be heard within it is heard
then however long the program, and what it hears, take to start.
*/
export const heldTime = (seconds: number): readonly string[] => [`--import=data:text/javascript,${encodeURIComponent(`
	import {isMainThread} from 'node:worker_threads';
	const start = globalThis.setTimeout;
	const told = new Promise(resolve => {
		if (isMainThread) {
			process.once('SIGUSR2', resolve);
		}
	});
	if (isMainThread) {
		globalThis.setTimeout = (then, ms, ...rest) => ms === ${seconds * 1000} ? told.then(() => start(then, ms, ...rest)) : start(then, ms, ...rest);
	}
`.replaceAll(/\s+/gv, ' '))}`];

/** Waits for the end of a program that runs; all that it has not said yet is read. To be called before it ends: Node drops what nobody reads. */
export const finished = async (child: ChildProcess): Promise<Finished> => {
	const hasEnded = child.exitCode !== null || child.signalCode !== null;
	const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!), ...(hasEnded ? [] : [once(child, 'exit')])]);
	return {code: child.exitCode, signal: child.signalCode, stdout, stderr};
};

/** Runs the program to its end, with `input` on its stdin. */
export const run = async (args: readonly string[], {input, ...options}: Omit<StartOptions, 'stdin'> & {readonly input?: Uint8Array} = {}): Promise<Finished> => {
	const child = start(args, {...options, stdin: input ? 'pipe' : 'ignore'});
	child.stdin?.on('error', () => {
		// It may end before it has read everything.
	});
	child.stdin?.end(input);
	return finished(child);
};

/** Resolves as soon as what a stream has said so far fits; rejects when it ends before. */
export const saying = async (stream: Readable, fits: (text: string) => boolean): Promise<string> => new Promise((resolve, reject) => {
	let said = '';
	stream.setEncoding('utf8');
	const hear = (piece: string) => {
		said += piece;
		if (fits(said)) {
			stream.off('data', hear);
			stream.off('end', end);
			stream.pause();
			resolve(said);
		}
	};

	const end = () => {
		reject(new Error(`It ended after: ${said.slice(-500)}`));
	};

	stream.on('data', hear);
	stream.resume();
	stream.once('end', end);
});

const nobody = ['env', 'HOME=/nonexistent', 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const;

/** A command that runs another without any privilege. */
export const unprivileged: readonly string[] = process.getuid?.() === 0 ? nobody : [];

/** Why the program cannot be run as a user without privilege, undefined when it can. */
export const whyNotUnprivileged = (): string | undefined => {
	if (unprivileged.length === 0) {
		return undefined;
	}

	const [command, ...words] = [...unprivileged, process.execPath, program, '--version'];
	const {error, status} = spawnSync(command!, words, {env: plainEnvironment()});
	if (error) {
		return 'needs setpriv (util-linux) to give up root';
	}

	return status === 0 ? undefined : 'needs a checkout that user 65534 may read';
};

/** A port that was free a moment ago, below those that are given out to whoever asks for any (ip_local_port_range: from 32768). */
export const freePort = async (): Promise<number> => {
	for (;;) {
		const port = randomInt(10_000, 32_768);
		const server = createServer().listen(port, '127.0.0.1');
		try {
			await once(server, 'listening');
		} catch {
			continue;
		}

		server.close();
		await once(server, 'close');
		return port;
	}
};

/** The port on which a process of this host listens, from /proc/net/tcp: state 0A, by the inode of its socket. */
export const listeningPort = (pid: number): number => {
	const inodes = new Set(readdirSync(`/proc/${pid}/fd`).map(descriptor => /^socket:\[(?<inode>\d+)\]$/v.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.groups?.['inode']));
	const found = readFileSync('/proc/net/tcp', 'utf8').split('\n').map(line => line.trim().split(/\s+/v)).find(fields => fields[3] === '0A' && inodes.has(fields[9]));
	return Number.parseInt(found![1]!.split(':')[1]!, 16);
};
