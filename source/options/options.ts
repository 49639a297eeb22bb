import {type Trigger} from '../output/triggers/trigger.js';
import {type SortKey} from '../table/read/sort-key.js';
import {isLog, choosesFrames, modeOf, rejectConflicts, type Mode, type TerminalFacts} from './option-conflicts.js';
import {type Config, type DirectorPair, emptyConfig} from './config.js';
import {type LoadedConfig} from './config-file.js';
import {flagName, settings, typedFlags, type GivenFlags} from './option-flags.js';
import {type OptionName} from './option-table.js';
import {addressOf, durationOf, fieldsOf, fileOf, groupOf, integerOf, listenOf, type NamedFile, numberOf, portsOf, reportOf, type Since, sinceOf, sizeOf, sortOf, speedOf, type Until, untilOf} from './option-values.js';
import {cutWords} from './option-words.js';
import {aliasesOf, columnsOf, keysOf, pairsOf, savedOf, triggersOf} from './options-triggers.js';
import {positionalFilter} from './positional-filter.js';
import {UsageError} from './usage-error.js';

/** The command line, checked. */
export type Options = Readonly<{
	mode: Mode;
	/** What the rest of the command line lets through, '' for everything; found valid. */
	filter: string;
	json: boolean;
	fields: readonly string[];
	sort: SortKey | undefined;
	/** Where to write what happened, '' for nowhere. */
	report: string;
	interfaces: readonly string[];
	join: boolean;
	passive: boolean;
	read: readonly NamedFile[];
	via: readonly string[];
	demo: boolean;
	seed: number;
	groups: readonly string[];
	ports: {readonly from: number; readonly to: number};
	syncids: readonly number[];
	from: readonly string[];
	at: Until | undefined;
	/** Capture seconds per second; infinite for `max`. */
	speed: number;
	/** How long to listen when live; undefined: as long as it is usual for the output. */
	durationSeconds: number | undefined;
	waitSeconds: number | undefined;
	/** What is captured goes there as pcapng; `-` is stdout. */
	write: string | undefined;
	/** When a recording begins another file, and how many are kept; infinite for no bound. */
	writeOctets: number;
	writeSeconds: number;
	writeFiles: number;
	/** Of a log. */
	writeAgeUs: number;
	/** The log that is opened without a source, `none` for none; undefined: that of the service. */
	log: string | undefined;
	/** Credentials for NATS. */
	natsCreds: string | undefined;
	/** Text of a log begins there. */
	since: Since | undefined;
	/** Where to serve metrics. */
	metrics: {readonly host: string; readonly port: number} | undefined;
	maxSessions: number;
	intervalSeconds: number;
	ascii: boolean;
	color: boolean;
	alternateScreen: boolean;
	/** Wheel and click. */
	mouse: boolean;
	localTime: boolean;
	triggers: readonly Trigger[];
	dryRun: boolean;
	fireInReplay: boolean;
	/** Addresses, networks and endpoints by alias; the keys in lower case. */
	aliases: Config['aliases'];
	pairs: readonly DirectorPair[];
	/** Saved filters by name. */
	filters: Config['filters'];
	/** Undefined: those of the screen's width. */
	columns: readonly string[] | undefined;
	/** Keys by action of the screen. */
	keys: Config['keys'];
	/** Options that were given, on the command line or in the file, as they would stand in the file. */
	settings: Config['settings'];
	/** The configuration file, '' when there is none, undefined when none was to be read. */
	configFile: string | undefined;
}>;

export type Command = {readonly kind: 'run' | 'print-config'; readonly options: Options};

/** A log is bounded without a word. */
const defaultLogOctets = 2 ** 30;

const sourceNames = ['interface', 'join', 'read', 'via', 'demo'] as const satisfies readonly OptionName[];

/** What the file says of these holds for live capture only: a replay or a demo must not overwrite what the service records. */
const liveNames: ReadonlySet<OptionName> = new Set(['write', 'write-size', 'write-time', 'write-files']);
const listening: readonly OptionName[] = ['interface', 'join', 'via'];

/** Whether what is shown is of the past, or made up. */
const isNotLive = (names: ReadonlySet<OptionName>): boolean => names.has('demo') || (names.has('read') && !listening.some(name => names.has(name)));

/** What the file says, where the command line says nothing. Any source that is typed stands for all of them. */
const fromFile = (typed: ReadonlySet<OptionName>, config: Config): Partial<Record<OptionName, string | boolean | readonly string[]>> => {
	const isTaken = (name: OptionName): boolean => config.settings.has(name) && !typed.has(name)
		&& !((sourceNames as readonly OptionName[]).includes(name) && sourceNames.some(source => typed.has(source)));
	const taken = [...settings.keys()].filter(name => isTaken(name));
	const isLive = !isNotLive(new Set([...typed, ...taken.filter(name => config.settings.get(name) !== false)]));
	return Object.fromEntries(taken.filter(name => isLive || !liveNames.has(name)).map(name => [name, config.settings.get(name)!]));
};

/**
Reads the command line. What stdin and stdout are decides what is meant where nothing is said.
Throws a `UsageError`; where the configuration is to blame, it names the line.
*/
export const readCommandLine = (argv: readonly string[], terminal: TerminalFacts, loaded?: LoadedConfig): Command => {
	try {
		return commandOf(argv, terminal, loaded ?? {config: emptyConfig, file: '', words: {actions: [], columns: []}});
	} catch (error) {
		const [, name, rest] = /^--([a-z\-]+)(?:: | )(.*)$/sv.exec((error as Error).message) ?? [];
		if (loaded && error instanceof UsageError && name !== undefined && loaded.config.settings.has(name) && !argv.some(argument => argument.startsWith(`--${name}`))) {
			throw new UsageError(`${loaded.place([name])}: ${name}: ${rest}`, {cause: error});
		}

		throw error;
	}
};

const commandOf = (argv: readonly string[], terminal: TerminalFacts, {config, file: configFile, words: known}: Pick<LoadedConfig, 'config' | 'file' | 'words'>): Command => {
	const words = cutWords(argv);
	const typedNames = new Set(words.options.map(({name}) => name));
	const fileValues = fromFile(typedNames, config);
	const given: GivenFlags = {
		...typedFlags(words.options),
		...Object.fromEntries(Object.entries(fileValues).map(([name, value]) => [flagName(name as OptionName), value])),
	};
	const mode = modeOf(given, terminal);
	rejectConflicts(given, mode, terminal);
	// Whoever wants to try the configuration's triggers in a replay says so.
	const configured = isNotLive(new Set([...typedNames, ...Object.keys(fileValues) as OptionName[]])) && !given.fireInReplay && !given.dryRun ? [] : config.triggers;
	const saved = new Map([...config.filters, ...savedOf(given.saved ?? [])]);
	const aliases = new Map([...config.aliases, ...aliasesOf(given.alias ?? [])]);
	return {
		kind: given.printConfig ? 'print-config' : 'run',
		options: Object.freeze({
			mode,
			filter: positionalFilter(words.filter, {mode, saved, aliases, choosesFrames: choosesFrames(given)}),
			json: given.json ?? false,
			fields: given.fields === undefined ? [] : fieldsOf(given.fields),
			report: given.report === undefined ? '' : reportOf(given.report),
			sort: given.sort === undefined ? undefined : sortOf(given.sort),
			interfaces: given.interface ?? [],
			join: given.join ?? false,
			passive: given.passive ?? false,
			read: (given.read ?? []).map(text => fileOf(text)),
			via: given.via ?? [],
			demo: given.demo ?? false,
			seed: integerOf('seed', given.seed ?? '1', 0, 0xff_ff_ff_ff),
			groups: (given.group ?? []).map(text => groupOf(text)),
			ports: portsOf(given.port ?? '8848'),
			syncids: (given.syncid ?? []).map(text => integerOf('syncid', text, 0, 255)),
			from: (given.from ?? []).map(text => addressOf('from', text)),
			at: given.at === undefined ? undefined : untilOf(given.at),
			speed: speedOf(given.speed ?? '1'),
			durationSeconds: given.duration === undefined ? undefined : numberOf('duration', given.duration, 0, 1e9),
			waitSeconds: given.wait === undefined ? undefined : numberOf('wait', given.wait, 0, 1e9),
			write: given.write,
			writeOctets: given.writeSize === undefined ? (given.write !== undefined && isLog(given.write) ? defaultLogOctets : Infinity) : sizeOf('write-size', given.writeSize, 65_536),
			writeSeconds: given.writeTime === undefined ? Infinity : numberOf('write-time', given.writeTime, 1, 1e9),
			writeFiles: given.writeFiles === undefined ? Infinity : integerOf('write-files', given.writeFiles, 1, 1e6),
			writeAgeUs: durationOf('write-age', given.writeAge ?? '14d') * 1000,
			log: given.log,
			natsCreds: given.natsCreds,
			since: given.since === undefined ? undefined : sinceOf(given.since),
			metrics: given.metrics === undefined ? undefined : listenOf('metrics', given.metrics),
			maxSessions: integerOf('max-sessions', given.maxSessions ?? '2000000', 1000, 50_000_000),
			intervalSeconds: numberOf('interval', given.interval ?? '1', 0.1, 3600),
			ascii: given.ascii ?? false,
			color: given.color && !terminal.noColor,
			alternateScreen: given.altScreen,
			mouse: given.mouse ?? false,
			localTime: given.localTime ?? false,
			triggers: [...configured, ...triggersOf(words.options, {rate: given.onRate, timeout: given.onTimeout, saved, taken: config.triggers.map(({name}) => name)})],
			dryRun: given.dryRun ?? false,
			fireInReplay: given.fireInReplay ?? false,
			aliases,
			pairs: [...config.pairs, ...pairsOf(given.pair ?? [], aliases, config.pairs.length)],
			filters: saved,
			columns: given.columns === undefined ? config.columns : columnsOf(given.columns, known.columns),
			keys: new Map([...config.keys, ...keysOf(given.key ?? [], known.actions)]),
			settings: new Map([...settings.keys()].filter(name => typedNames.has(name) || name in fileValues)
				.map(name => [name, given[flagName(name)] as string | boolean | readonly string[]])),
			configFile,
		}),
	};
};
