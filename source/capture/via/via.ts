import {spawn, type ChildProcessByStdio} from 'node:child_process';
import {type Readable} from 'node:stream';
import {createCaptureStream, type CaptureStream} from '../replay/capture-stream.js';
import {chunksOfStream} from '../replay/chunks.js';
import {type CaptureClock} from '../clock.js';
import {commandWords, logOfHost} from '../../text/command-words.js';
import {cookedFilter, ethernetFilter, type FilterOptions} from '../filter-expression.js';
import {sliceMs, sliceStep, turn} from '../slices.js';
import {CaptureError, fullSight, type PacketSink, type PacketSource, type Place, type SourceEnd} from '../source.js';

type ViaOptions = FilterOptions & {
	/** As on the command line: `[NAME=]HOST[:IFACE]` or `[NAME=]CMD`. */
	readonly targets: readonly string[];
	/** Words before each command; none by default. */
	readonly through?: readonly string[];
	/** How much of the past of a log is asked for. */
	readonly pastSeconds?: number;
	/** Nothing is started before it resolves. */
	readonly released?: Promise<void> | undefined;
	readonly clock: CaptureClock;
};

/** One host or command to listen through. */
type ViaTarget = {
	readonly name: string;
	readonly kind: 'ssh' | 'command';
	/** A log is opened there: its past comes first. */
	readonly isLog: boolean;
	/** Program and arguments; no shell on this side. */
	readonly words: readonly string[];
};

/** How long a command may take to end after the end of its output. */
const exitGraceMs = 1000;

const firstDelayMs = 1000;
const longestDelayMs = 30_000;
/** A stream that lasted this long was a working one: the next attempts start quickly again. */
const settledMs = 60_000;
const detailLimit = 300;
/** Room for a sync message of a jumbo frame. */
const snapLength = 9216;

/** Quotes a word for the shell of the other host. */
const quoted = (word: string): string => `'${word.replaceAll('\'', String.raw`'\''`)}'`;

/**
What the other host's shell runs: tcpdump with our filter, as root when sudo asks for no password. Where the link type
knows no Ethernet addresses the first filter does not compile, and the second one is taken.
*/
export const remoteCommand = (interfaceName: string, options: FilterOptions): string => inShell(listening(interfaceName, options));

/** The login shell there may be none that cuts $T into words. */
const inShell = (script: string): string => `exec sh -c ${quoted(script)}`;

const listening = (interfaceName: string, options: FilterOptions): string => {
	const tcpdump = `tcpdump -i ${quoted(interfaceName)}`;
	return [
		'T=; sudo -n true 2>/dev/null && T="sudo -n"',
		'PATH=$PATH:/usr/sbin:/sbin',
		`F=${quoted(ethernetFilter(options))}`,
		`$T ${tcpdump} -d "$F" >/dev/null 2>&1 || F=${quoted(cookedFilter(options))}`,
		`exec $T ${tcpdump} -n -U -s ${snapLength} -w - "$F"`,
	].join('; ');
};

/** Where the service keeps its log. */
const serviceLog = '/var/lib/ipvstop/log/';
/** So much of a log's past is asked for: no session lasts longer without being announced again, but those with a timeout of its length. */
const defaultPastSeconds = 1800;
/** Told by the script there, when it is so. */
const noLog = 'no ipvstop on that host: tcpdump listens there, without the past';

/** What the other host's shell runs for a log: ipvstop, which writes what it holds of that time and all that follows; without ipvstop, tcpdump. */
const remoteLogCommand = (folder: string, pastSeconds: number, options: FilterOptions): string => inShell([
	'PATH=$PATH:/usr/local/bin:/usr/bin',
	`command -v ipvstop >/dev/null 2>&1 && exec ipvstop --no-config -r ${quoted(folder)} --since ${Math.max(1, Math.ceil(pastSeconds))}s -w -`,
	`echo ${quoted(noLog)} >&2`,
	listening('any', options),
].join('; '));

const sshTo = (host: string, command: string): readonly string[] =>
	['ssh', '-T', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=15', '-o', 'ServerAliveInterval=15', '--', host.replaceAll(/[\[\]]/gv, ''), command];

const usage = (target: string, why: string): CaptureError =>
	new CaptureError(`Cannot listen through "${target}": ${why}. Give HOST, HOST:INTERFACE or a command that writes a capture.`, 2);

/** Reads one `--via`. A command is told from a host by a blank or a slash in it. Throws a `CaptureError`. */
export const parseViaTarget = (target: string, options: FilterOptions, pastSeconds = defaultPastSeconds): ViaTarget => {
	const named = /^(?<name>\w[\w.-]*)=(?<rest>.+)$/s.exec(target);
	const rest = (named?.groups?.['rest'] ?? target).trim();
	const log = logOfHost(rest);
	if (log) {
		const {host, folder = serviceLog} = log;
		return {name: named?.groups?.['name'] ?? rest, kind: 'ssh', isLog: true, words: sshTo(host, remoteLogCommand(folder, pastSeconds, options))};
	}

	if (/[\s/]/.test(rest)) {
		const words = commandWords(rest);
		if (!words?.[0]) {
			throw usage(target, words ? 'the command is empty' : 'a quote is not closed');
		}

		const program = words[0].slice(words[0].lastIndexOf('/') + 1);
		return {name: named?.groups?.['name'] ?? program, kind: 'command', isLog: false, words};
	}

	const host = /^(?<host>(?:[^@:]+@)?(?:\[[\da-f:.%]+\]|[^:[\]]+))(?::(?<interface>[^:]+))?$/i.exec(rest);
	// A host that starts with a dash would be an option of ssh.
	if (!host?.groups?.['host'] || rest.startsWith('-')) {
		throw usage(target, 'it names no host');
	}

	return {name: named?.groups?.['name'] ?? rest, kind: 'ssh', isLog: false, words: sshTo(host.groups['host'], remoteCommand(host.groups['interface'] ?? 'any', options))};
};

/** What tcpdump says when nothing is wrong. */
const idleTalk = /^tcpdump: (?:verbose output|listening on|data link type)|^\d+ packets? (?:captured|received|dropped)/;

/** The last line that says something; controls are dropped, since the line ends on a terminal. */
const lastLine = (text: string): string => {
	const lines = text.split(/[\r\n]+/).map(line => line.replaceAll(/[\u0000-\u001F\u007F-\u009F]/g, '').trim());
	return (lines.findLast(line => line !== '' && !idleTalk.test(line)) ?? '').slice(0, detailLimit);
};

type Child = ChildProcessByStdio<null, Readable, Readable>;

/**
Starts a command in a group of its own, so that Ctrl-C on the terminal leaves it to us to end it, with its children. Gives why
that was not possible where that is known at once; a program that is not there is told by an event later.
*/
const startChild = ([program = '', ...words]: readonly string[]): Child | string => {
	try {
		const child = spawn(program, words, {stdio: ['ignore', 'pipe', 'pipe'], detached: true});
		if ((child.stdout as Readable | null | undefined)) {
			return child;
		}

		child.on('error', () => undefined);
		return 'this process may open no more files';
	} catch (error) {
		return (error as Error).message;
	}
};

/** Listens through other hosts: captures that commands write to their stdout. A command that ends is run again. */
export const createVia = (options: ViaOptions): PacketSource => {
	const {clock, through = []} = options;
	const targets = options.targets.map(target => parseViaTarget(target, options, options.pastSeconds));
	/** Of logs: when the last packet was heard there. What comes again after a break is passed over. */
	const heardUs = targets.map(() => -Infinity);
	/** Logs that cannot be opened, since there is no ipvstop. */
	const withoutPast = new Set<number>();
	const places: Place[] = targets.map(({name, kind}) => ({
		name, state: 'opening', detail: '', drops: 0, sight: fullSight, kind, address: '',
	}));
	const {promise: ended, resolve: resolveEnded} = Promise.withResolvers<SourceEnd>();
	const children = new Set<Child>();
	const cancels = new Map<number, () => void>();
	let sink: PacketSink | undefined;
	let closed = false;

	const setPlace = (index: number, state: Place['state'], detail: string): void => {
		if (!closed && (places[index]!.state !== state || places[index]!.detail !== detail)) {
			places[index] = {...places[index]!, state, detail};
			sink!.places([...places]);
		}
	};

	const deliver = async (stream: CaptureStream, index: number): Promise<void> => {
		let sliceEnd = performance.now() + sliceMs;
		for (let count = 1; !closed; count++) {
			const found = stream.next();
			if (found === 'packet') {
				if (targets[index]!.isLog) {
					if (stream.packet.timeUs <= heardUs[index]!) {
						continue;
					}

					heardUs[index] = stream.packet.timeUs;
				}

				sink!.packet(stream.packet);
				if (count % sliceStep === 0 && performance.now() > sliceEnd) {
					await turn();
					sliceEnd = performance.now() + sliceMs;
				}
			} else if (found === 'wait') {
				if (stream.format) {
					setPlace(index, 'up', withoutPast.has(index) ? noLog : '');
				}

				await stream.more();
				sliceEnd = performance.now() + sliceMs;
			} else {
				return;
			}
		}
	};

	/** Runs the command once, until it ends. Gives why it did. */
	const runOnce = async (index: number): Promise<string> => {
		const command = [...through, ...targets[index]!.words];
		const child = startChild(command);
		if (typeof child === 'string') {
			return child;
		}

		children.add(child);
		let complaint = '';
		child.stderr.on('data', (octets: Uint8Array) => {
			complaint = (complaint + new TextDecoder().decode(octets)).slice(-4096);
			if (targets[index]!.isLog && complaint.includes(noLog)) {
				withoutPast.add(index);
			}
		});
		const exit = new Promise<{why: string; silent: boolean}>(resolve => {
			child.on('error', error => {
				const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? `there is no program ${command[0]!}` : error.message;
				resolve({why, silent: false});
			});
			child.on('close', (code, signal) => {
				const said = lastLine(complaint);
				resolve({
					why: said || (signal ? `ended by ${signal}` : `ended with exit code ${code}`),
					silent: said === '' && (signal !== null || code === 0),
				});
			});
		});
		const stream = createCaptureStream(chunksOfStream(child.stdout), index);
		await deliver(stream, index);
		stream.close();
		// A command that ended its output is about to end by itself, and its own last word is the better one.
		const timer = setTimeout(() => {
			stopChild(child);
		}, stream.problem ? 0 : exitGraceMs);
		const {why, silent} = await exit;
		clearTimeout(timer);
		children.delete(child);
		// What it wrote says more than that it ended or was ended for it, or that its output was closed, which we did. Nothing at all is for its own words to explain.
		const isTold = stream.problem?.kind === 'corrupt' || (stream.problem?.kind === 'alien' && (silent || stream.hasOctets));
		return isTold ? stream.problem!.problem : why;
	};

	const run = async (index: number): Promise<void> => {
		let delayMs = firstDelayMs;
		while (!closed) {
			const startUs = clock.nowUs();
			const why = await runOnce(index);
			if (closed) {
				return;
			}

			if (clock.nowUs() - startUs > settledMs * 1000) {
				delayMs = firstDelayMs;
			}

			setPlace(index, 'failed', `${why}; again in ${delayMs / 1000} s`);
			const waitMs = delayMs;
			await new Promise<void>(resolve => {
				const cancel = clock.after(waitMs, resolve);
				cancels.set(index, () => {
					cancel();
					resolve();
				});
			});
			cancels.delete(index);
			delayMs = Math.min(delayMs * 2, longestDelayMs);
		}
	};

	return {
		get description() {
			return `via ${targets.map(({name}, index) => `${name}${withoutPast.has(index) ? ' (no ipvstop there: no past)' : ''}`).join(', ')}`;
		},
		pace: 'stream',
		ended,
		ownAddresses: [],
		async start(to) {
			sink = to;
			to.places([...places]);
			const runAll = async () => {
				await options.released;
				await Promise.all(targets.map(async (_, index) => run(index)));
			};

			void runAll();
		},
		close() {
			if (!closed) {
				closed = true;
				for (const cancel of cancels.values()) {
					cancel();
				}

				for (const child of children) {
					stopChild(child);
				}

				resolveEnded({problems: []});
			}
		},
	};
};

/** Ends the command and what it started. */
const stopChild = (child: Child): void => {
	if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
		try {
			process.kill(-child.pid, 'SIGTERM');
		} catch {
			// It ended in this moment.
		}
	}

	child.stdout.destroy();
};
