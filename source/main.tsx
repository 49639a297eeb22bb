import {fstatSync} from 'node:fs';
import process from 'node:process';
import manifest from '../package.json' with {type: 'json'};
import {asInvokingUser, becomeInvokingUser, isUnderSudo, sheddingWords, takeUserEnvironment} from './program/privileges.js';
import {nameProcess} from './program/process-name.js';
import {prepareMonitor, type Monitor} from './engine/monitor.js';
import {isCommand} from './output/triggers/actions.js';
import {type TriggerLog} from './output/triggers/log.js';
import {rereadsOnHangUp} from './program/hang-up.js';
import {isNatsUrl} from './nats/target.js';
import {printOf, type Print} from './options/option-print.js';
import {type Command, type Options} from './options/options.js';
import {triggerSummary} from './program/trigger-report.js';
import {UsageError} from './options/usage-error.js';
import {complaint} from './text/format.js';

/** The exit code of a process that a signal ended, by the signal's number. */
const signalExitCode = {SIGHUP: 129, SIGINT: 130, SIGTERM: 143} as const;

const isPipe = (descriptor: number): boolean => {
	try {
		return fstatSync(descriptor).isFIFO();
	} catch {
		return false; // Closed.
	}
};

const targetText = ({groups, ports}: Options): string =>
	`${groups.length > 0 ? groups.join(', ') : '224.0.0.81'}:${ports.from}${ports.to > ports.from ? `-${ports.to}` : ''}`;

const complain = (message: string) => {
	process.stderr.write(`ipvstop: ${complaint(message)}\n`);
};

/** What the command line and the configuration file say now. */
const readCommand = async (): Promise<Command> => {
	// What is only printed needs nothing of this.
	const [{readCommandLine}, {settings}, {loadConfig, readText}] = await Promise.all([import('./options/options.js'), import('./options/option-flags.js'), import('./options/config-file.js')]);
	const argv = process.argv.slice(2);
	const config = await loadConfig(argv, process.env, settings, file => asInvokingUser(() => readText(file)));
	try {
		return readCommandLine(argv, {stdinIsPipe: isPipe(0), stdoutIsTerminal: process.stdout.isTTY, noColor: Boolean(process.env['NO_COLOR'])}, config);
	} finally {
		nameProcess(argv);
	}
};

const readOptions = async (): Promise<Options> => {
	const {options} = await readCommand();
	return options;
};

/** Serves metrics; gives why not when that is not possible. */
const startMetrics = async (monitor: Monitor, address: NonNullable<Options['metrics']>): Promise<{problem?: string; watch?: (log: TriggerLog) => void}> => {
	const {runMetrics} = await import('./program/run-metrics.js');
	let log: TriggerLog | undefined;
	try {
		await runMetrics(monitor, address, () => log?.totals() ?? []);
		return {
			watch(triggers) {
				log = triggers;
			},
		};
	} catch (error) {
		return {problem: (error as Error).message};
	}
};

const run = async (given: Options): Promise<number> => {
	const stop = Promise.withResolvers<number>();
	const hangUp = new Set<() => void>();
	for (const [signal, code] of Object.entries(signalExitCode)) {
		// Stays: Ink would end the process by the signal itself where nobody else listens.
		process.on(signal, () => {
			if (signal === 'SIGHUP' && hangUp.size > 0) {
				for (const listener of hangUp) {
					listener();
				}

				return;
			}

			stop.resolve(code);
		});
	}

	if (![given.write ?? '', ...given.read.map(({path}) => path)].some(path => isNatsUrl(path))) {
		return runWith(given, {stop, hangUp});
	}

	// A log that lies on NATS is a folder here: nothing else needs to know.
	const {useNats} = await import('./program/nats.js');
	const nats = await useNats(given, {complain, stopped: stop.promise});
	try {
		return await (nats.isStopped ? stop.promise : runWith(nats.options, {stop, hangUp, watch: nats.watch}));
	} finally {
		await nats.close();
	}
};

type Ways = {
	/** Resolves with the exit code that a signal asks for. */
	readonly stop: PromiseWithResolvers<number>;
	/** Asked to read the configuration again; nobody: a hang-up ends the program. */
	readonly hangUp: Set<() => void>;
	/** Hears of the engine that was started. */
	watch?(monitor: Monitor): void;
};

const runWith = async (given: Options, {stop, hangUp, watch}: Ways): Promise<number> => {
	if (given.mode === 'screen' && (process.env['TERM'] ?? '') === 'dumb') {
		complain('this terminal (TERM=dumb) cannot show a screen: add --events for a line per change, or --list');
		return 2;
	}

	const {recordsOfBookmark, startEngine, pastOf, prepareLog, prepareRecording, recordingProblem, mayNeedRoot, withServiceLog} = await import('./program/start.js');
	const {options, hint} = await withServiceLog(given);
	if (hint !== undefined) {
		complain(hint);
	}

	if (!mayNeedRoot(options)) {
		becomeInvokingUser();
	}

	const through = sheddingWords(options.via.length > 0 || options.triggers.some(({actions}) => actions.some(action => isCommand(action))));
	const recording = asInvokingUser(() => prepareRecording(options, manifest.version));
	const log = prepareLog(options, manifest.version);

	// Started first: the source opens while the rest is loaded.
	const monitor = startEngine(options, {recording, log, through});
	watch?.(monitor);
	process.on('SIGUSR1', () => {
		monitor.send({type: 'reopen'});
	});
	const released = monitor.started.then(() => {
		becomeInvokingUser();
		monitor.send({type: 'released'});
	});
	if (options.metrics && mayNeedRoot(options)) {
		// A port below 1024 is none of what root is used for.
		await released;
	}

	const metrics = options.metrics && await startMetrics(monitor, options.metrics);
	if (metrics?.problem !== undefined) {
		complain(metrics.problem);
		await monitor.close();
		return 1;
	}

	if (options.mode === 'screen') {
		const {startTriggers} = options.triggers.length > 0 ? await import('./program/run-triggers.js') : {};
		const triggers = startTriggers?.(monitor, options, through);
		if (triggers) {
			metrics?.watch?.(triggers.log);
		}

		let silence: string | undefined;
		if (options.waitSeconds !== undefined) {
			const {watchForSilence} = await import('./program/wait.js');
			void watchForSilence(monitor, options.waitSeconds, (code, problem) => {
				silence = problem;
				stop.resolve(code);
			});
		}

		const {runScreen} = await import('./screen/run-screen.js');
		const {outcomeEvent} = await import('./output/own-events.js');
		const {saveSessions} = await import('./output/save-sessions.js');
		const {exitCode, problems} = await runScreen(monitor, {
			reopen: (timeUs, bookmark) => startEngine({...options, at: {kind: 'absolute', timeUs}}, {through, bookmark}),
			// All of a file at full speed, whose changes are waited for.
			survey: () => startEngine({...options, mode: 'events', at: undefined}, {through, bookmarkEvery: recordsOfBookmark}),
			past: pastOf(options),
			prepare: prepareMonitor,
		}, {...options, target: targetText(options), save: saveSessions, ownEvents: () => triggers?.log.recent().map(outcomeEvent) ?? []}, stop.promise);
		const incomplete = recordingProblem(monitor);
		const {lackOfRoom} = await import('./program/heard.js');
		for (const problem of [...problems, incomplete, lackOfRoom(monitor.memory), silence].filter(one => one !== undefined)) {
			complain(problem);
		}

		triggers?.kill();
		for (const line of triggers ? triggerSummary(triggers.log) : []) {
			complain(line);
		}

		return exitCode || (incomplete === undefined ? 0 : 1);
	}

	const {startTriggers, mayFire} = await import('./program/run-triggers.js');
	const triggers = startTriggers(monitor, options, through);
	metrics?.watch?.(triggers.log);
	if (options.triggers.length > 0 && !mayFire(options)) {
		complain('triggers rest in replay and demo; add --fire-in-replay to let them run');
	}

	const {runText} = await import('./program/run-text.js');
	return runText(options, monitor, stop.promise, complain, {
		triggers,
		onHangUp(listener) {
			if (rereadsOnHangUp(options)) {
				hangUp.add(listener);
			}
		},
		readOptions,
	});
};

const print = async (wanted: Print): Promise<string> => {
	switch (wanted.kind) {
		case 'help': {
			const {helpText} = await import('./options/option-help.js');
			return helpText();
		}

		case 'version': {
			return `${manifest.version}\n`;
		}

		case 'schema': {
			const {schema} = await import('./output/schema.js');
			return `${JSON.stringify(schema, undefined, '\t')}\n`;
		}

		case 'completion': {
			const {completionScript} = await import('./options/completion.js');
			return completionScript(wanted.shell);
		}

		case 'extras': {
			const {installExtras} = await import('./program/extras.js');
			try {
				return `${installExtras(wanted.prefix).join('\n')}\n`;
			} catch (error) {
				throw new UsageError(`--install-extras ${wanted.prefix}: ${(error as Error).message}. Give a folder that you may write in`);
			}
		}
	}
};

/** Prints a text whole: a pipe takes 64 KiB at once, and the rest when its reader has read. Whoever reads no more has seen enough. */
const say = async (text: string): Promise<void> => new Promise(resolve => {
	process.stdout.on('error', () => {
		resolve();
	});
	process.stdout.write(text, () => {
		resolve();
	});
});

const main = async (): Promise<number> => {
	process.stderr.on('error', () => {
		// Nobody reads our complaints: no reason to fail.
	});
	try {
		const wanted = printOf(process.argv.slice(2));
		if (wanted) {
			await say(await print(wanted));
			return 0;
		}

		takeUserEnvironment();
		// While this thread finds out what it has to do. Under sudo the rights of all threads change meanwhile, and which files it may read.
		if (!isUnderSudo()) {
			prepareMonitor();
		}

		const {kind, options} = await readCommand();
		if (kind === 'run') {
			return await run(options);
		}

		const {effectiveConfig} = await import('./options/print-config.js');
		await say(await effectiveConfig(options));
		return 0;
	} catch (error) {
		if (error instanceof UsageError) {
			complain(error.message);
			return 2;
		}

		if (['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException).code ?? '')) {
			complain(`this process may not open as many files as it needs: raise the limit (ulimit -n 256). ${(error as Error).message}`);
			return 1;
		}

		throw error;
	}
};

// `process.exit`, since a handle of libpcap or a half-closed pipe must not keep a finished program alive.
process.exit(await main());
