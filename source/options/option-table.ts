import {sortKeys} from '../table/read/sort-key.js';

/** Headings of the help, in its order. */
export const sections = {
	sources: 'Sources',
	replay: 'Replay',
	text: 'Text output (also the default when stdout is no terminal: --events)',
	triggers: 'Triggers, with any of the above and with the screen',
	recording: 'Recording and metrics, with any of the above and with the screen',
	screen: 'Screen',
	configuration: 'Configuration',
	other: 'Other',
} as const;

/** What a value can be completed with; nothing where there is no `completes`. */
export type Completion = 'file' | 'interface' | 'host' | 'filter' | 'command' | 'sort-key' | 'record-fields' | 'columns' | 'action' | readonly string[];

type OptionEntry = {
	readonly letter?: string;
	/** What the value is called; an option without one is a switch. */
	readonly argument?: string;
	readonly repeatable?: true;
	/** A switch that is on: typed and shown as `--no-NAME`. */
	readonly isOn?: true;
	readonly section: keyof typeof sections;
	/** Lines of the help, of which the first stands beside the option where there is room. */
	readonly help: readonly string[];
	/** For completions, which show one line, where the help needs its neighbours or is longer. */
	readonly brief?: string;
	/** May stand in the configuration file, under its long name. */
	readonly inFile?: true;
	readonly completes?: Completion;
};

/** Every option by its long name, in the order of the help. */
export const optionTable = {
	interface: {
		letter: 'i', argument: 'NAME', repeatable: true, section: 'sources', inFile: true, completes: 'interface',
		help: ['capture on this interface with libpcap; repeatable; \'any\''], brief: 'capture on this interface, or on any',
	},
	join: {letter: 'j', section: 'sources', inFile: true, help: ['join the multicast groups instead; no privilege needed']},
	read: {
		letter: 'r', argument: '[NAME=]FILE', repeatable: true, section: 'sources', completes: 'file',
		help: ['pcap or pcapng; gzip too, and zstd, xz, bzip2, lz4 by their', 'programs; - is stdin; repeatable, merged by time;', 'logs (PATH/, nats://…) together, and with -i, -j and --via'], brief: 'read a capture file; - is stdin',
	},
	via: {
		argument: '[NAME=]HOST[:IFACE|:log] | [NAME=]COMMAND', repeatable: true, section: 'sources', inFile: true, completes: 'host',
		help: ['ssh to a host of the segment and run tcpdump there, or run a', 'command that writes a capture; reconnects; repeatable.', 'HOST:log, HOST:/PATH/ opens the log that ipvstop keeps there'],
		brief: 'listen through another host, by ssh and tcpdump',
	},
	demo: {section: 'sources', help: ['simulated directors and clients']},
	seed: {argument: 'N', section: 'sources', help: ['of the demo (default 1)'], brief: 'seed of the demo'},
	group: {argument: 'ADDRESS', repeatable: true, section: 'sources', inFile: true, help: ['sync group (default 224.0.0.81); repeatable']},
	port: {argument: 'N[-M]', section: 'sources', inFile: true, help: ['UDP port of the sync daemons, and of their threads (default 8848)']},
	syncid: {argument: 'N', repeatable: true, section: 'sources', inFile: true, help: ['only this sync id; repeatable']},
	from: {argument: 'ADDRESS', repeatable: true, section: 'sources', inFile: true, help: ['only this sender; repeatable']},
	passive: {section: 'sources', inFile: true, help: ['never join a group']},

	at: {
		argument: 'TIME', section: 'replay', help: ['stop there (screen: open there): RFC 3339, Unix seconds, or', '+SECONDS after the first packet'],
		brief: 'stop at a time of the capture, or open there',
	},
	log: {argument: 'PATH|none', section: 'sources', inFile: true, completes: 'file', help: ['the log to open without a source, if it is being written', '(default /var/lib/ipvstop/log/, where the service keeps its)'], brief: 'the log to open when no source is named'},
	since: {argument: 'SPAN|TIME', section: 'replay', help: ['text of a log (-r PATH/), --via HOST:log: begins there: 1h, 2d,', 'or a time'], brief: 'where text of a log begins'},
	speed: {argument: 'N|max', section: 'replay', completes: ['max', '1', '10', '60'], help: ['capture seconds per second on the screen (default 1)']},

	list: {section: 'text', help: ['the table once, as ipvsadm -Lnc prints it; so do -Lnc and -l']},
	sort: {
		argument: 'KEY', section: 'text', inFile: true, completes: 'sort-key',
		help: [sortKeys.slice(0, 7).join(' '), sortKeys.slice(7).join(' ')], brief: 'order of the table',
	},
	duration: {argument: 'SECONDS', section: 'text', inFile: true, help: ['how long to listen when live (default: 5 for --list, else for ever)'], brief: 'how long to listen when live'},
	records: {section: 'text', help: ['a line per sync record as it arrives']},
	fields: {argument: 'A,B,C', section: 'text', completes: 'record-fields', help: ['only these fields of --records, separated by tabs']},
	events: {section: 'text', help: ['a line per change']},
	report: {
		argument: 'FILE.html|FILE.md', section: 'text', completes: 'file', help: ['with -r: what happened, as a page for the post-mortem or the ticket'],
		brief: 'write what happened as a page',
	},
	json: {section: 'text', help: ['any of the three as newline-delimited JSON'], brief: 'newline-delimited JSON'},
	'json-schema': {section: 'text', help: ['print the JSON schema of all these lines'], brief: 'print the schema of all lines of --json'},
	wait: {argument: 'SECONDS', section: 'text', inFile: true, help: ['exit 3 when nothing is captured within that time']},

	on: {
		argument: '[once|none TIME:] FILTER', repeatable: true, section: 'triggers', completes: 'filter',
		help: [
			'events that set off what follows: all that pass the filter; with',
			'\'once 1m:\' the first of a series, with \'none 30s:\' their absence',
		],
		brief: 'events that set off the actions after it',
	},
	exec: {
		argument: 'COMMAND', repeatable: true, section: 'triggers', completes: 'command',
		help: [
			'run it, without a shell; the event is on its stdin as JSON, and in',
			'IPVSTOP_EVENT, IPVSTOP_VIRTUAL, … ; belongs to the --on before it',
		],
		brief: 'run a command for the --on before it',
	},
	webhook: {
		argument: 'URL', repeatable: true, section: 'triggers', help: ['post the event as JSON; belongs to the --on before it'],
		brief: 'post the event as JSON, for the --on before it',
	},
	'on-rate': {argument: 'N/s|m|h', section: 'triggers', help: ['at most so many for each of these triggers (default 60/m)'], brief: 'at most so many actions for each --on'},
	'on-timeout': {argument: 'TIME', section: 'triggers', help: ['for a command, or one attempt of a webhook (default 30s)'], brief: 'time limit of an action'},
	'dry-run': {section: 'triggers', help: ['say what would run, run nothing']},
	'fire-in-replay': {section: 'triggers', help: ['also with -r and --demo, where triggers rest otherwise'], brief: 'let triggers run with -r and --demo too'},

	write: {
		letter: 'w', argument: 'FILE', section: 'recording', inFile: true, completes: 'file',
		help: [
			'record what is captured as pcapng; - is stdout, then there is no text;',
			'with -r FILE only the frames that pass FILTER, else all of them;',
			'opened anew at SIGUSR1. It may hold VRRP passwords: mode 0600.',
			'PATH/ keeps a log there: -r PATH/ opens it, live and with its past;',
			'nats://HOST/SITE publishes it, -r nats://HOST/SITE opens it anywhere',
		],
		brief: 'record what is captured as pcapng; - is stdout',
	},
	'write-size': {
		argument: 'N[k|M|G]', section: 'recording', inFile: true, help: ['files of at most that size, each named by the time it began;', 'of a log, all of it (default 1G)'],
		brief: 'begin another recording at that size',
	},
	'write-time': {argument: 'SECONDS', section: 'recording', inFile: true, help: ['another file after that time'], brief: 'begin another recording after that time'},
	'write-age': {argument: 'TIME', section: 'recording', inFile: true, help: ['of a log (-w PATH/): delete what is older (default 14d)'], brief: 'delete what is older from a log'},
	'nats-creds': {
		argument: 'FILE', section: 'recording', inFile: true, completes: 'file',
		help: ['for nats:// and tls://; else NATS_CREDS, NATS_USER, NATS_PASSWORD, …'], brief: 'credentials for NATS',
	},
	'write-files': {argument: 'N', section: 'recording', inFile: true, help: ['keep the newest N of them'], brief: 'keep the newest N recordings'},
	metrics: {argument: '[HOST:]PORT', section: 'recording', inFile: true, help: ['Prometheus metrics over HTTP (default host 127.0.0.1)']},

	interval: {argument: 'SECONDS', section: 'screen', inFile: true, help: ['between frames (default 1)'], brief: 'seconds between frames'},
	ascii: {section: 'screen', inFile: true, help: ['no characters beyond ASCII']},
	color: {isOn: true, section: 'screen', inFile: true, help: ['no colours; also by NO_COLOR']},
	'alt-screen': {isOn: true, section: 'screen', inFile: true, help: ['leave the last screen in the scrollback']},
	mouse: {section: 'screen', inFile: true, help: ['wheel and click; text is then selected with Shift held'], brief: 'wheel and click'},
	'local-time': {section: 'screen', inFile: true, help: ['times of this host\'s zone instead of UTC']},

	config: {
		argument: 'FILE', section: 'configuration', completes: 'file', help: ['instead of ipvstop/config.toml in $XDG_CONFIG_HOME or /etc/xdg'],
		brief: 'read this configuration file',
	},
	'no-config': {section: 'configuration', help: ['read none of them'], brief: 'read no configuration file'},
	'print-config': {section: 'configuration', help: ['print what is in effect, as such a file'], brief: 'print the configuration that is in effect'},
	alias: {argument: 'NAME=ADDRESS[,ADDRESS]', repeatable: true, section: 'configuration', help: ['a name for addresses, networks or endpoints']},
	pair: {argument: '[NAME=]ADDRESS,ADDRESS[,SYNCID]', repeatable: true, section: 'configuration', help: ['directors that back each other up; + joins addresses of one']},
	saved: {argument: 'NAME=FILTER', repeatable: true, section: 'configuration', help: ['a filter that others call @NAME']},
	columns: {argument: 'A,B,C', section: 'configuration', completes: 'columns', help: ['fields of a session that the screen shows']},
	key: {argument: 'ACTION=KEY', repeatable: true, section: 'configuration', completes: 'action', help: ['a key of the screen']},

	'max-sessions': {argument: 'N', section: 'other', inFile: true, help: ['bound of the table (default 2000000)']},
	completion: {
		argument: 'bash|zsh|fish', section: 'other', completes: ['bash', 'zsh', 'fish'], help: ['print what completes these options in that shell'],
		brief: 'print the completion script of a shell',
	},
	'install-extras': {
		argument: 'PREFIX', section: 'other', completes: 'file',
		help: ['write manual, completions, licences and unit below PREFIX/share,', 'such as /usr/local'], brief: 'write manual, completions and unit below a folder',
	},
	help: {letter: 'h', section: 'other', help: ['this text'], brief: 'print the help'},
	version: {letter: 'V', section: 'other', help: ['the version'], brief: 'print the version'},
} as const satisfies Record<string, OptionEntry>;

export type OptionName = keyof typeof optionTable;

export type Option = OptionEntry & {
	readonly name: OptionName;
	/** As it is typed: `--no-color`. */
	readonly typed: string;
};

export const options: readonly Option[] = (Object.entries(optionTable) as Array<[OptionName, OptionEntry]>)
	.map(([name, entry]) => ({...entry, name, typed: `--${entry.isOn ? 'no-' : ''}${name}`}));

/** In a line, for completions. */
export const briefOf = ({brief, help}: OptionEntry): string => brief ?? help.join(' ');
