import {existsSync, statSync} from 'node:fs';
import {isIP} from 'node:net';
import meow, {type AnyFlags} from 'meow';
import {recordFieldNames} from './output/records.js';
import {sortKeys, type SortKey} from './table/select.js';
import {type Config, type DirectorPair, emptyConfig, type Setting} from './config.js';
import {type LoadedConfig} from './config-file.js';
import {aliasesOf, columnsOf, keysOf, pairsOf, savedOf, triggersOf} from './options-triggers.js';
import {type Trigger} from './output/trigger.js';
import {positionalFilter} from './positional-filter.js';
import {UsageError} from './usage-error.js';

/** What to stop or open at: a time, or seconds after the first packet. */
export type Until = {readonly kind: 'absolute'; readonly timeUs: number} | {readonly kind: 'relative'; readonly seconds: number};

export type NamedFile = {readonly name: string; readonly path: string};

/** The command line, checked. */
export type Options = Readonly<{
	/** `record`: no text, stdout is the recording. */
	mode: 'screen' | 'list' | 'records' | 'events' | 'record';
	/** What the rest of the command line lets through, '' for everything; found valid. */
	filter: string;
	json: boolean;
	fields: readonly string[];
	sort: SortKey | undefined;
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
	/** Where to serve metrics. */
	metrics: {readonly host: string; readonly port: number} | undefined;
	maxSessions: number;
	intervalSeconds: number;
	ascii: boolean;
	color: boolean;
	alternateScreen: boolean;
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
	/** The configuration file, '' when there is none. */
	configFile: string;
}>;

export const helpText = `
Watch the sessions of Linux IPVS load balancers from a host outside them. Read-only.

Usage  ipvstop [options] [filter …]

Examples
  ipvstop                                  listen on every interface of this host
  ipvstop -i eth1                          listen on eth1 (needs CAP_NET_RAW)
  ipvstop -j                               listen without privilege: sync messages only
  ipvstop --via rs1:eth0                   listen through another host, by ssh and tcpdump
  ipvstop -r failover.pcap                 replay a capture on the screen
  ipvstop -r failover.pcap --list --at +90 the table 90 s after the first packet
  tcpdump -U -w - -i eth1 | ipvstop -r -   a capture that is still being written
  ipvstop vip=192.0.2.10:443 '!state=tw'   only these sessions; see ? on the screen
  ipvstop --demo                           two simulated directors, one of which will fail

Sources
  -i, --interface NAME    capture on this interface with libpcap; repeatable; 'any'
  -j, --join              join the multicast groups instead; no privilege needed
  -r, --read [NAME=]FILE  pcap or pcapng, also gzip; - is stdin; repeatable, merged by time
      --via [NAME=]HOST[:IFACE] | [NAME=]COMMAND
                          ssh to a host of the segment and run tcpdump there, or run a
                          command that writes a capture; reconnects; repeatable
      --demo              simulated directors and clients
      --seed N            of the demo (default 1)
      --group ADDRESS     sync group (default 224.0.0.81); repeatable
      --port N[-M]        UDP port of the sync daemons, and of their threads (default 8848)
      --syncid N          only this sync id; repeatable
      --from ADDRESS      only this sender; repeatable
      --passive           never join a group

Replay
      --at TIME           stop there (screen: open there): RFC 3339, Unix seconds, or
                          +SECONDS after the first packet
      --speed N|max       capture seconds per second on the screen (default 1)

Text output (also the default when stdout is no terminal: --events)
      --list              the table once, as ipvsadm -Lnc prints it
      --sort KEY          ${sortKeys.slice(0, 7).join(' ')}
                          ${sortKeys.slice(7).join(' ')}
      --duration SECONDS  how long to listen when live (default: 5 for --list, else for ever)
      --records           a line per sync record as it arrives
      --fields A,B,C      only these fields of --records, separated by tabs
      --events            a line per change
      --json              any of the three as newline-delimited JSON
      --json-schema       print the JSON schema of all these lines
      --wait SECONDS      exit 3 when nothing is captured within that time

Triggers, with any of the above and with the screen
      --on [once|none TIME:] FILTER
                          events that set off what follows: all that pass the filter; with
                          'once 1m:' the first of a series, with 'none 30s:' their absence
      --exec COMMAND      run it, without a shell; the event is on its stdin as JSON, and in
                          IPVSTOP_EVENT, IPVSTOP_VIRTUAL, … ; belongs to the --on before it
      --webhook URL       post the event as JSON; belongs to the --on before it
      --on-rate N/s|m|h   at most so many for each of these triggers (default 60/m)
      --on-timeout TIME   for a command, or one attempt of a webhook (default 30s)
      --dry-run           say what would run, run nothing
      --fire-in-replay    also with -r and --demo, where triggers rest otherwise

Recording and metrics, with any of the above and with the screen
  -w, --write FILE        record what is captured as pcapng; - is stdout, then there is no text;
                          a new file begins at SIGUSR1. It may hold VRRP passwords: mode 0600
      --write-size N[k|M|G]  files of at most that size, each named by the time it began
      --write-time SECONDS   another file after that time
      --write-files N     keep the newest N of them
      --metrics [HOST:]PORT  Prometheus metrics over HTTP (default host 127.0.0.1)

Screen
      --interval SECONDS  between frames (default 1)
      --ascii             no characters beyond ASCII
      --no-color          no colours; also by NO_COLOR
      --no-alt-screen     leave the last screen in the scrollback
      --local-time        times of this host's zone instead of UTC

Configuration
      --config FILE       instead of ipvstop/config.toml in $XDG_CONFIG_HOME or /etc/xdg
      --no-config         none; --print-config prints what is in effect
      --alias NAME=ADDRESS[,ADDRESS]  a name for addresses, networks or endpoints
      --pair [NAME=]ADDRESS,ADDRESS[,SYNCID]  directors that back each other up
      --saved NAME=FILTER a filter that others call @NAME
      --columns A,B,C     fields of a session that the screen shows
      --key ACTION=KEY    a key of the screen

Other
      --max-sessions N    bound of the table (default 2000000)
  -h, --help              this text
  -V, --version           the version

Exit codes: 0 fine, 1 failed while running or a file was cut, 2 usage or unreadable file,
3 nothing captured within --wait, 4 not permitted to capture, 128+n on signal n.
`;

const flags = {
	interface: {type: 'string', shortFlag: 'i', isMultiple: true},
	join: {type: 'boolean', shortFlag: 'j'},
	read: {type: 'string', shortFlag: 'r', isMultiple: true},
	via: {type: 'string', isMultiple: true},
	demo: {type: 'boolean'},
	seed: {type: 'string'},
	group: {type: 'string', isMultiple: true},
	port: {type: 'string'},
	syncid: {type: 'string', isMultiple: true},
	from: {type: 'string', isMultiple: true},
	passive: {type: 'boolean'},
	at: {type: 'string'},
	speed: {type: 'string'},
	list: {type: 'boolean'},
	sort: {type: 'string'},
	duration: {type: 'string'},
	records: {type: 'boolean'},
	fields: {type: 'string'},
	events: {type: 'boolean'},
	json: {type: 'boolean'},
	wait: {type: 'string'},
	jsonSchema: {type: 'boolean'},
	write: {type: 'string', shortFlag: 'w'},
	writeSize: {type: 'string'},
	writeTime: {type: 'string'},
	writeFiles: {type: 'string'},
	metrics: {type: 'string'},
	interval: {type: 'string'},
	ascii: {type: 'boolean'},
	color: {type: 'boolean', default: true},
	altScreen: {type: 'boolean', default: true},
	localTime: {type: 'boolean'},
	maxSessions: {type: 'string'},
	on: {type: 'string', isMultiple: true},
	exec: {type: 'string', isMultiple: true},
	webhook: {type: 'string', isMultiple: true},
	onRate: {type: 'string'},
	onTimeout: {type: 'string'},
	dryRun: {type: 'boolean'},
	fireInReplay: {type: 'boolean'},
	config: {type: 'string'},
	printConfig: {type: 'boolean'},
	alias: {type: 'string', isMultiple: true},
	pair: {type: 'string', isMultiple: true},
	saved: {type: 'string', isMultiple: true},
	columns: {type: 'string'},
	key: {type: 'string', isMultiple: true},
	help: {type: 'boolean', shortFlag: 'h'},
	version: {type: 'boolean', shortFlag: 'V'},
} as const satisfies AnyFlags;

/** What only a single call can say, or what the file has a table of its own for. */
const notInFile = new Set([
	'read', 'demo', 'seed', 'at', 'speed', 'list', 'records', 'fields', 'events', 'json', 'jsonSchema', 'on', 'exec', 'webhook', 'onRate', 'onTimeout', 'dryRun', 'fireInReplay',
	'config', 'printConfig', 'alias', 'pair', 'saved', 'columns', 'key', 'help', 'version',
]);

const longName = (name: string): string => name.replaceAll(/[A-Z]/gv, letter => `-${letter.toLowerCase()}`);

/** The options that may stand in the configuration file, by long name. */
export const settings: ReadonlyMap<string, Setting> = new Map(Object.entries(flags).filter(([name]) => !notInFile.has(name))
	.map(([name, flag]) => [longName(name), {type: flag.type, isMultiple: 'isMultiple' in flag}]));

export type Command = {readonly kind: 'help' | 'version' | 'schema'} | {readonly kind: 'run' | 'print-config'; readonly options: Options};

const numberOf = (name: string, text: string, least: number, most: number): number => {
	const value = Number(text);
	if (text.trim() === '' || !Number.isFinite(value) || value < least || value > most) {
		throw new UsageError(`--${name} ${text}: a number from ${least} to ${most} is needed`);
	}

	return value;
};

const integerOf = (name: string, text: string, least: number, most: number): number => {
	const value = numberOf(name, text, least, most);
	if (!Number.isInteger(value)) {
		throw new UsageError(`--${name} ${text}: a whole number is needed`);
	}

	return value;
};

const addressOf = (name: string, text: string): string => {
	if (isIP(text) === 0) {
		throw new UsageError(`--${name} ${text}: not an IPv4 or IPv6 address`);
	}

	return text;
};

const portsOf = (text: string): {from: number; to: number} => {
	const [from = '', to = from, ...rest] = text.split('-');
	const ports = {from: integerOf('port', from, 1, 65_535), to: integerOf('port', to, 1, 65_535)};
	if (rest.length > 0 || ports.to < ports.from || ports.to - ports.from > 63) {
		throw new UsageError(`--port ${text}: a port, or the first and last of up to 64, as in 8848-8851`);
	}

	return ports;
};

const untilOf = (text: string): Until => {
	if (text.startsWith('+')) {
		return {kind: 'relative', seconds: numberOf('at', text.slice(1), 0, 1e9)};
	}

	const seconds = /^\d+(?:\.\d+)?$/v.test(text) ? Number(text) : Date.parse(text) / 1000;
	if (!Number.isFinite(seconds)) {
		throw new UsageError(`--at ${text}: give RFC 3339 (2026-11-22T14:02:00Z), Unix seconds, or +SECONDS after the first packet`);
	}

	return {kind: 'absolute', timeUs: Math.round(seconds * 1_000_000)};
};

/** `NAME=FILE`, unless the whole is a file; the name defaults to the file's. */
const fileOf = (text: string): NamedFile => {
	const match = /^([\w.\-]+)=(.+)$/v.exec(text);
	if (match && !existsSync(text)) {
		return {name: match[1]!, path: match[2]!};
	}

	return {name: text === '-' ? 'stdin' : text.slice(text.lastIndexOf('/') + 1), path: text};
};

const speedOf = (text: string): number => text === 'max' ? Infinity : numberOf('speed', text, 0.001, 1e9);

const unitOctets: Readonly<Record<string, number>> = {'': 1, k: 1024, M: 1024 ** 2, G: 1024 ** 3};

/** Octets, with an optional unit. */
const sizeOf = (name: string, text: string, least: number): number => {
	const match = /^(\d+(?:\.\d+)?)([kMG]?)$/v.exec(text);
	const octets = match ? Number(match[1]) * unitOctets[match[2]!]! : NaN;
	if (!(octets >= least)) {
		throw new UsageError(`--${name} ${text}: a size of at least ${least / 1024}k is needed, as in 100M`);
	}

	return Math.floor(octets);
};

/** `PORT`, `HOST:PORT` or `[IPv6]:PORT`; only this host can connect unless another address is given. */
const listenOf = (name: string, text: string): {host: string; port: number} => {
	const match = /^(?:(?:\[([^\[\]]+)\]|([^:]+)):)?(\d+)$/v.exec(text);
	if (!match) {
		throw new UsageError(`--${name} ${text}: a port, as in 9464, or an address and a port, as in 0.0.0.0:9464 or [::1]:9464`);
	}

	return {host: match[1] ?? match[2] ?? '127.0.0.1', port: integerOf(name, match[3]!, 0, 65_535)};
};

const sortOf = (text: string): SortKey => {
	const key = sortKeys.find(one => one === text);
	if (!key) {
		throw new UsageError(`--sort ${text}: one of ${sortKeys.join(' ')}`);
	}

	return key;
};

/** Flags as the user types them, for messages about unknown ones. */
const longNames = Object.keys(flags).map(name => longName(name));

const letters = Object.values(flags).flatMap(flag => 'shortFlag' in flag ? [flag.shortFlag] : []).join('');

const rejectUnknown = (argv: readonly string[]) => {
	for (const argument of argv) {
		if (argument === '--') {
			return;
		}

		const name = /^--(?:no-)?([^=]+)/v.exec(argument)?.[1];
		if (name !== undefined && !longNames.includes(name)) {
			const near = longNames.find(known => known.startsWith(name.slice(0, 3)));
			throw new UsageError(`unknown option ${argument}${near ? `; did you mean --${near}?` : '.'} See ipvstop --help`);
		}

		const strange = [.../^-([a-z]+)/iv.exec(argument)?.[1] ?? ''].find(letter => !letters.includes(letter));
		if (strange !== undefined) {
			throw new UsageError(`unknown option -${strange}${argument.length > 2 ? ` in ${argument}` : ''}. See ipvstop --help`);
		}
	}
};

/** Options with a value, as they are typed. */
const valued = new Set(Object.values(flags).flatMap((flag, index) =>
	flag.type === 'string' ? [`--${longNames[index]}`, ...('shortFlag' in flag ? [`-${flag.shortFlag}`] : [])] : []));

/** An option that ends the line, or is followed by another, where its value should be. A value may be a negative number, or `-`. */
const rejectValueless = (argv: readonly string[]) => {
	for (const [index, argument] of argv.entries()) {
		if (argument === '--') {
			return;
		}

		const option = /^--[^=]+|^-[a-z]+$/iv.exec(argument)?.[0].replace(/^-[a-z]*(?=[a-z])/iv, '-');
		const value = argument.includes('=') ? argument.slice(argument.indexOf('=') + 1) : argv[index + 1];
		if (option !== undefined && valued.has(option) && (!value || /^-\D/v.test(value))) {
			throw new UsageError(`${option} needs a value. See ipvstop --help`);
		}
	}
};

/** The parser takes a lone `-` for an argument of its own, not for the value of the option before it. */
const joinDash = (argv: readonly string[]): string[] => {
	const joined: string[] = [];
	for (const argument of argv) {
		const before = joined.at(-1);
		if (argument === '-' && before !== undefined && valued.has(before)) {
			joined[joined.length - 1] = `${before}=-`;
		} else {
			joined.push(argument);
		}
	}

	return joined;
};

/** The flags that stand on the command line itself. */
const typedFlags = (argv: readonly string[]): Set<string> => {
	const end = argv.indexOf('--');
	const typed = new Set<string>();
	for (const argument of end === -1 ? argv : argv.slice(0, end)) {
		const name = /^--(?:no-)?([^=]+)/v.exec(argument)?.[1];
		const cluster = /^-([a-z]+)/iv.exec(argument)?.[1] ?? '';
		for (const [index, [flag, properties]] of Object.entries(flags).entries()) {
			if (longNames[index] === name || ('shortFlag' in properties && cluster.includes(properties.shortFlag))) {
				typed.add(flag);
			}
		}
	}

	return typed;
};

const sourceFlags = ['interface', 'join', 'read', 'via', 'demo'];

/** What the file says, where the command line says nothing. Any source that is typed stands for all of them. */
const fromFile = (typed: ReadonlySet<string>, config: Config): Record<string, string | boolean | readonly string[]> => Object.fromEntries(Object.keys(flags)
	.filter(name => config.settings.has(longName(name)) && !typed.has(name) && !(sourceFlags.includes(name) && sourceFlags.some(source => typed.has(source))))
	.map(name => [name, config.settings.get(longName(name))!]));

export type TerminalFacts = {readonly stdinIsPipe: boolean; readonly stdoutIsTerminal: boolean; readonly noColor: boolean};

/** The parser has its own words for an option that may stand only once. */
const parse = (argv: readonly string[]) => {
	try {
		return meow({importMeta: import.meta, argv, flags, autoHelp: false, autoVersion: false, pkg: {}});
	} catch (error) {
		const [name] = /(?<=^The flag )--\S+(?= can only be set once)/v.exec((error as Error).message) ?? [];
		throw name === undefined ? error : new UsageError(`${name}: can be given only once`);
	}
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

const commandOf = (argv: readonly string[], terminal: TerminalFacts, {config, file: configFile, words}: Pick<LoadedConfig, 'config' | 'file' | 'words'>): Command => {
	rejectUnknown(argv);
	rejectValueless(argv);
	const {flags: typed, input} = parse(joinDash(argv.filter(argument => argument !== '--no-config')));
	const typedNames = typedFlags(argv);
	const fileValues = fromFile(typedNames, config);
	const given: typeof typed = {...typed, ...fileValues};
	if (given.help) {
		return {kind: 'help'};
	}

	if (given.version) {
		return {kind: 'version'};
	}

	if (given.jsonSchema) {
		return {kind: 'schema'};
	}

	const outputs = (['list', 'records', 'events'] as const).filter(name => given[name]);
	if (outputs.length > 1) {
		throw new UsageError(`--${outputs.join(' and --')}: one of them at a time`);
	}

	const mode = outputs[0] ?? (given.write === '-' ? 'record' : (terminal.stdoutIsTerminal ? 'screen' : 'events'));
	if (given.write === '-' && (mode !== 'record' || terminal.stdoutIsTerminal)) {
		throw new UsageError(mode === 'record' ? '-w -: stdout is a terminal; pipe it somewhere' : `-w - and --${mode}: both would write to stdout; give -w a file`);
	}

	const writing = given.writeSize ?? given.writeTime ?? given.writeFiles;
	if (writing !== undefined && (given.write === undefined || given.write === '-')) {
		throw new UsageError('--write-size, --write-time, --write-files: go with -w FILE');
	}

	if (given.writeFiles !== undefined && given.writeSize === undefined && given.writeTime === undefined) {
		throw new UsageError('--write-files: say with --write-size or --write-time when another file begins');
	}

	if (given.json && mode === 'screen') {
		throw new UsageError('--json: add --list, --records or --events');
	}

	if (given.fields !== undefined && (mode !== 'records' || given.json)) {
		throw new UsageError('--fields: goes with --records, without --json');
	}

	const fields = given.fields?.split(',') ?? [];
	const strange = fields.find(name => !recordFieldNames.includes(name));
	if (strange !== undefined) {
		throw new UsageError(`--fields ${strange}: one or more of ${recordFieldNames.join(',')}`);
	}

	const read = given.read ?? [];
	const live = [given.interface?.length ? '-i' : '', given.join ? '-j' : '', given.demo ? '--demo' : '', read.length > 0 ? '-r' : '', given.via?.length ? '--via' : '']
		.filter(Boolean);
	if (live.length > 1 && (given.demo || (given.interface?.length && given.join))) {
		throw new UsageError(`${live.join(' and ')}: these sources do not go together`);
	}

	if (live.length === 0 && !given.via?.length && terminal.stdinIsPipe) {
		throw new UsageError('something is piped in, but no source is named: add -r - to read it');
	}

	if (mode === 'screen' && (given.write ?? given.metrics) !== undefined && read.some(text => statSync(fileOf(text).path, {throwIfNoEntry: false})?.isFile())) {
		throw new UsageError('-w and --metrics: the screen goes back and forth in a file; add --events, --records or --list');
	}

	if (read.filter(file => file === '-').length > 1) {
		throw new UsageError('-r -: stdin can be read once');
	}

	if (given.at !== undefined && (read.length === 0 || live.length > 1)) {
		throw new UsageError('--at: goes with -r FILE alone');
	}

	const saved = new Map([...config.filters, ...savedOf(given.saved ?? [])]);
	const aliases = new Map([...config.aliases, ...aliasesOf(given.alias ?? [])]);
	return {
		kind: given.printConfig ? 'print-config' : 'run',
		options: Object.freeze({
			mode,
			filter: positionalFilter(input, {mode, saved, aliases}),
			json: given.json ?? false,
			fields,
			sort: given.sort === undefined ? undefined : sortOf(given.sort),
			interfaces: given.interface ?? [],
			join: given.join ?? false,
			passive: given.passive ?? false,
			read: read.map(text => fileOf(text)),
			via: given.via ?? [],
			demo: given.demo ?? false,
			seed: integerOf('seed', given.seed ?? '1', 0, 0xff_ff_ff_ff),
			groups: (given.group ?? []).map(text => addressOf('group', text)),
			ports: portsOf(given.port ?? '8848'),
			syncids: (given.syncid ?? []).map(text => integerOf('syncid', text, 0, 255)),
			from: (given.from ?? []).map(text => addressOf('from', text)),
			at: given.at === undefined ? undefined : untilOf(given.at),
			speed: speedOf(given.speed ?? '1'),
			durationSeconds: given.duration === undefined ? undefined : numberOf('duration', given.duration, 0, 1e9),
			waitSeconds: given.wait === undefined ? undefined : numberOf('wait', given.wait, 0, 1e9),
			write: given.write,
			writeOctets: given.writeSize === undefined ? Infinity : sizeOf('write-size', given.writeSize, 65_536),
			writeSeconds: given.writeTime === undefined ? Infinity : numberOf('write-time', given.writeTime, 1, 1e9),
			writeFiles: given.writeFiles === undefined ? Infinity : integerOf('write-files', given.writeFiles, 1, 1e6),
			metrics: given.metrics === undefined ? undefined : listenOf('metrics', given.metrics),
			maxSessions: integerOf('max-sessions', given.maxSessions ?? '2000000', 1000, 50_000_000),
			intervalSeconds: numberOf('interval', given.interval ?? '1', 0.1, 3600),
			ascii: given.ascii ?? false,
			color: given.color && !terminal.noColor,
			alternateScreen: given.altScreen,
			localTime: given.localTime ?? false,
			triggers: [...config.triggers, ...triggersOf(argv, {rate: given.onRate, timeout: given.onTimeout, saved, taken: config.triggers.map(({name}) => name)})],
			dryRun: given.dryRun ?? false,
			fireInReplay: given.fireInReplay ?? false,
			aliases,
			pairs: [...config.pairs, ...pairsOf(given.pair ?? [], aliases, config.pairs.length)],
			filters: saved,
			columns: given.columns === undefined ? config.columns : columnsOf(given.columns, words.columns),
			keys: new Map([...config.keys, ...keysOf(given.key ?? [], words.actions)]),
			settings: new Map(Object.entries(flags).filter(([name]) => !notInFile.has(name) && (typedNames.has(name) || name in fileValues))
				.map(([name]) => [longName(name), given[name as keyof typeof given] as string | boolean | readonly string[]])),
			configFile,
		}),
	};
};
