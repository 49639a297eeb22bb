import {statSync} from 'node:fs';
import {isLogPath} from '../log/folder.js';
import {isNatsUrl, parseNatsTarget} from '../nats/target.js';
import {isViaLog} from '../text/command-words.js';
import {type GivenFlags} from './option-flags.js';
import {fileOf} from './option-values.js';
import {UsageError} from './usage-error.js';

export type TerminalFacts = {readonly stdinIsPipe: boolean; readonly stdoutIsTerminal: boolean; readonly noColor: boolean};

/** What leaves on stdout; `record` is a recording and no text. */
export type Mode = 'screen' | 'list' | 'records' | 'events' | 'report' | 'record';

/** What is written there is a log, in a folder or on NATS. */
export const isLog = (write: string): boolean => isLogPath(write) || isNatsUrl(write);

/** Nothing is listened to, and what is read goes to a file: a filter chooses what. What is heard only once is recorded whole. */
export const choosesFrames = (given: GivenFlags): boolean =>
	given.write !== undefined && !isLog(given.write) && Boolean(given.read?.length) && !given.interface?.length && !given.via?.length && !given.join;

/** One file becomes another, as with tcpdump: `-r A -w B`. A log is looked at meanwhile. */
const copies = (given: GivenFlags): boolean => choosesFrames(given) && !given.read!.some(text => isLog(fileOf(text).path));

/** Throws a `UsageError` when two outputs want the same stdout. */
export const modeOf = (given: GivenFlags, {stdoutIsTerminal}: TerminalFacts): Mode => {
	const outputs = (['list', 'records', 'events', 'report'] as const).filter(name => given[name] !== undefined && given[name] !== false);
	if (outputs.length > 1) {
		throw new UsageError(`--${outputs.join(' and --')}: one of them at a time`);
	}

	const mode = outputs[0] ?? (given.write === '-' || copies(given) ? 'record' : (stdoutIsTerminal ? 'screen' : 'events'));
	if (given.write === '-' && (mode !== 'record' || stdoutIsTerminal)) {
		throw new UsageError(mode === 'record' ? '-w -: stdout is a terminal; pipe it somewhere' : `-w - and --${mode}: both would write to stdout; give -w a file`);
	}

	return mode;
};

const rejectNats = (given: GivenFlags) => {
	for (const [name, text, use] of [['w', given.write, 'sensor'], ...(given.read ?? []).map(one => ['r', one, 'viewer'] as const)] as const) {
		const problem = text !== undefined && isNatsUrl(text) ? parseNatsTarget(text, use) : undefined;
		if (typeof problem === 'string') {
			throw new UsageError(`-${name} ${text!.replace(/\/\/[^@\/]*@/v, '//…@')}: ${problem}`);
		}
	}

	if (given.natsCreds !== undefined && ![given.write ?? '', ...given.read ?? []].some(text => isNatsUrl(text))) {
		throw new UsageError('--nats-creds: goes with -r or -w nats://HOST/SITE');
	}
};

const rejectOutput = (given: GivenFlags, mode: Mode) => {
	const writing = given.writeSize ?? given.writeTime ?? given.writeFiles;
	if (writing !== undefined && (given.write === undefined || given.write === '-')) {
		throw new UsageError('--write-size, --write-time, --write-files: go with -w FILE');
	}

	if (given.write !== undefined && isLog(given.write) && (given.writeTime ?? given.writeFiles) !== undefined) {
		throw new UsageError('--write-time, --write-files: go with -w FILE; a log (-w PATH/) is bounded by --write-size and --write-age');
	}

	if (given.writeAge !== undefined && (given.write === undefined || !isLog(given.write))) {
		throw new UsageError('--write-age: goes with a log, -w PATH/');
	}

	if (given.writeFiles !== undefined && given.writeSize === undefined && given.writeTime === undefined) {
		throw new UsageError('--write-files: say with --write-size or --write-time when another file begins');
	}

	if (given.json && (mode === 'screen' || mode === 'report')) {
		throw new UsageError('--json: add --list, --records or --events');
	}

	if (given.fields !== undefined && (mode !== 'records' || given.json)) {
		throw new UsageError('--fields: goes with --records, without --json');
	}
};

/** False for what cannot be looked at; opening it will say why. */
const isFile = (path: string): boolean => {
	try {
		return statSync(path).isFile();
	} catch {
		return false;
	}
};

const rejectSources = (given: GivenFlags, mode: Mode, terminal: TerminalFacts) => {
	const read = given.read ?? [];
	const sources = [given.interface?.length ? '-i' : '', given.join ? '-j' : '', given.demo ? '--demo' : '', read.length > 0 ? '-r' : '', given.via?.length ? '--via' : '']
		.filter(Boolean);
	if (sources.length > 1 && (given.demo || (given.interface?.length && given.join))) {
		throw new UsageError(`${sources.join(' and ')}: these sources do not go together${given.interface?.length && given.join ? '. -j joins on every interface; -i joins as well, on those that it names' : ''}`);
	}

	if (sources.length === 0 && terminal.stdinIsPipe) {
		throw new UsageError('something is piped in, but no source is named: add -r - to read it');
	}

	if (mode === 'screen' && (given.write ?? given.metrics) !== undefined && read.some(text => isFile(fileOf(text).path))) {
		throw new UsageError('-w and --metrics: the screen goes back and forth in a file; add --events, --records or --list');
	}

	if (read.filter(file => file === '-').length > 1) {
		throw new UsageError('-r -: stdin can be read once');
	}

	if (mode === 'report' && (read.length === 0 || sources.length > 1)) {
		throw new UsageError('--report: goes with -r FILE alone');
	}

	const logs = read.filter(text => isLog(fileOf(text).path));
	const file = logs.length > 0 ? read.find(text => !logs.includes(text) && isFile(fileOf(text).path)) : undefined;
	if (file !== undefined) {
		throw new UsageError(`-r ${file}: a file is not looked at beside a log (${logs[0]!}); logs go together with other logs, pipes, -i, -j and --via`);
	}

	if (given.since !== undefined && !(given.via ?? []).some(target => isViaLog(target)) && (logs.length === 0 || mode === 'screen' || mode === 'list')) {
		throw new UsageError('--since: goes with -r PATH/ of a log, and --events, --records, --report or -w -; or with --via HOST:log');
	}

	if (given.at !== undefined && (read.length === 0 || sources.length > 1)) {
		throw new UsageError('--at: goes with -r FILE alone');
	}
};

/** Options that do not go together. Throws a `UsageError`. */
export const rejectConflicts = (given: GivenFlags, mode: Mode, terminal: TerminalFacts) => {
	rejectNats(given);
	rejectOutput(given, mode);
	rejectSources(given, mode, terminal);
};
