import process from 'node:process';
import {PassThrough} from 'node:stream';
import manifest from '../../package.json' with {type: 'json'};
import {events} from '../events/catalogue.js';
import {loggedEvent} from '../events/told.js';
import {type Monitor} from '../engine/monitor.js';
import {isLogPath} from '../log/folder.js';
import {type Options} from '../options/options.js';
import {createTextOutput} from '../output/text-output.js';
import {createOwnEvents, outcomeEvent} from '../output/own-events.js';
import {UsageError} from '../options/usage-error.js';
import {obstacleText} from '../sample/source-words.js';
import {isLossless, readsOnly, recordingProblem, sinceUs, startEngine} from './start.js';
import {lackInFile, lackOfRoom, lackOnWire} from './heard.js';
import {reload} from './reload.js';
import {type RunningTriggers} from './run-triggers.js';
import {outcomeLine, triggerSummary} from './trigger-report.js';
import {showReading} from './reading.js';
import {delay, watchForSilence} from './wait.js';

/** Long enough to hear a busy pair, short enough to wait for. */
const listSeconds = 5;

/** What runs beside the output. */
export type Beside = {
	readonly triggers: RunningTriggers;
	/** Calls back when the configuration should be read again. */
	readonly onHangUp: (listener: () => void) => void;
	readonly readOptions: () => Promise<Options>;
};

/**
Runs `--list`, `--records` or `--events` on a started monitor. Gives the exit code.
`stopped` resolves with one when a signal asks to stop.
*/
export const runText = async (
	options: Options,
	monitor: Monitor,
	stopped: Promise<number>,
	complain: (message: string) => void,
	{triggers, onHangUp, readOptions}: Beside,
): Promise<number> => {
	// Where stdout is the recording, nothing else may come near it.
	const output = createTextOutput(options.mode === 'record' ? new PassThrough() : process.stdout);
	let code = 0;
	let isDone = false;
	let isTimeUp = false;
	const stopWith = (exitCode: number) => {
		code = exitCode;
		isDone = true;
		output.abandon();
	};

	void stopped.then(stopWith);
	const own = createOwnEvents();
	const hasEventLines = options.mode === 'events';
	triggers.log.subscribe(outcome => {
		if (hasEventLines) {
			own.add(outcomeEvent(outcome));
		} else if (outcome.outcome !== 'ok') {
			complain(outcomeLine(outcome));
		}
	});

	// Events of a source wait for a packet that tells the time; one that never sends any must not fail in silence.
	const told = new Set<string>();
	const unsubscribe = monitor.subscribe(() => {
		const now = monitor.status();
		for (const {name, state, detail} of now?.tally.packets === 0 && options.via.length > 0 ? now.places : []) {
			if (state === 'failed' && !told.has(name)) {
				told.add(name);
				complain(`${name} failed: ${detail}`);
			}
		}

		// A log that is followed may never end.
		for (const problem of now?.past?.isLive ? now.past.problems : []) {
			if (!told.has(problem)) {
				told.add(problem);
				complain(problem);
			}
		}
	});

	if (process.stderr.isTTY && (options.mode === 'list' || options.mode === 'report' || !process.stdout.isTTY)) {
		showReading(monitor, process.stderr, stopped);
	}

	let current = options;
	const sayConfig = (state: 'reloaded' | 'refused', detail: string) => {
		complain(`configuration ${state}: ${detail}`);
		if (hasEventLines) {
			own.add(loggedEvent((Date.now() * 1000) - (monitor.status()?.wallOffsetUs ?? 0), events.config, {state, detail}));
		}
	};

	onHangUp(() => {
		void (async () => {
			try {
				const {options: next, said} = await reload(current, readOptions, triggers);
				current = next;
				sayConfig('reloaded', said);
			} catch (error) {
				sayConfig('refused', `${error instanceof UsageError ? error.message : String(error)}; the one before stays in effect`);
			}
		})();
	});
	// A pipe may stay silent for ever.
	await Promise.race([monitor.started, stopped]);
	// Fallen back to joined sockets: less is heard than was asked for, and nothing else would say so.
	const status = monitor.status();
	if (status && obstacleText({status}) !== '') {
		complain(status.description);
	}

	if (options.waitSeconds !== undefined) {
		void watchForSilence(monitor, options.waitSeconds, (silence, problem) => {
			complain(problem);
			stopWith(silence);
		});
	}

	const duration = options.durationSeconds ?? (options.mode === 'list' ? listSeconds : Infinity);
	// A file has an end of its own; a log that is being written has none.
	const isOver = (readsOnly(options) && !options.read.some(({path}) => isLogPath(path))) || duration === Infinity
		? undefined
		: delay(duration).then(() => {
			isTimeUp = true;
		});

	switch (options.mode) {
		case 'list': {
			await Promise.race([monitor.ended, stopped, output.closed, ...(isOver ? [isOver] : [])]);
			const end = monitor.hasEnded() ? await monitor.ended : undefined;
			// A failed start has no table to show; a file that was cut has.
			// The first status may come before the failure where the start is slow.
			if (code === 0 && (end === undefined || (end.exitCode <= 1 && monitor.status() !== undefined))) {
				const {runList} = await import('./run-list.js');
				await runList(monitor, output, options);
			}

			break;
		}

		case 'record': {
			await Promise.race([monitor.ended, stopped, ...(isOver ? [isOver] : [])]);
			const {recording, tally} = monitor.status() ?? {};
			if (recording && tally && options.filter !== '') {
				complain(`${recording.packets} of ${tally.packets} frames written${recording.file === '-' ? '' : ` to ${recording.file}`}`);
			}

			break;
		}

		case 'report': {
			const {runReport} = await import('./run-report.js');
			const problem = await runReport(monitor, output, {
				...options, version: manifest.version, sinceUs: sinceUs(options) ?? 0, isDone: () => isDone || isTimeUp,
				upTo: options.read.some(({path}) => path === '-') ? undefined : timeUs => startEngine({...options, mode: 'list', at: {kind: 'absolute', timeUs}}, {through: []}),
			});
			if (problem !== undefined) {
				complain(problem);
				code ||= 1;
			}

			break;
		}

		case 'records': {
			const {runRecords} = await import('./run-records.js');
			await runRecords(monitor, output, {
				...options, lossless: isLossless(options), sinceUs: sinceUs(options) ?? 0, isDone: () => isDone || isTimeUp,
				onLost(count) {
					complain(`${count} records dropped: the reader of this output was too slow`);
				},
			});
			break;
		}

		default: {
			const {runEvents} = await import('./run-events.js');
			await runEvents(monitor, output, {
				...options, lossless: isLossless(options), sinceUs: sinceUs(options) ?? 0, isDone: () => isDone || isTimeUp, own,
				finish: triggers.finish,
			});
		}
	}

	if (!isDone && !output.isClosed() && (isTimeUp || !hasEventLines)) {
		await triggers.finish();
	}

	unsubscribe();
	triggers.kill();
	await output.finish();
	const unwritable = output.problem();
	if (unwritable !== undefined) {
		complain(`cannot write the output: ${unwritable}`);
		code ||= 1;
	}

	for (const line of triggerSummary(triggers.log)) {
		complain(line);
	}

	const end = monitor.hasEnded() ? await monitor.ended : undefined;
	if (end && !output.isClosed()) {
		for (const problem of [...end.remarks ?? [], ...end.problems].filter(one => !told.has(one))) {
			complain(problem);
		}

		code ||= end.exitCode;
	}

	const tally = monitor.status()?.tally;
	const lack = code === 0 && tally
		? (isTimeUp ? lackOnWire(tally, options, duration, process.stderr.isTTY) : (end && options.read.length > 0 ? lackInFile(tally) : undefined))
		: undefined;
	if (lack !== undefined) {
		complain(lack);
	}

	const crowded = lackOfRoom(monitor.memory);
	if (crowded !== undefined && !output.isClosed()) {
		complain(crowded);
	}

	await monitor.close();
	const incomplete = recordingProblem(monitor);
	if (incomplete !== undefined) {
		complain(incomplete);
		code ||= 1;
	}

	return code;
};
