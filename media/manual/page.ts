import {bindingsWith, groups} from '../../source/screen/keymap.js';
import {views} from '../../source/screen/views/views.js';
import {examples} from '../../source/options/option-help.js';
import {options, sections, type Option} from '../../source/options/option-table.js';
import {configurationExample} from '../configuration.js';
import {eventSection} from './events.js';
import {filterSection} from './filters.js';
import {logSection} from './logs.js';
import {optionTexts} from './option-texts.js';
import {takeoverSection} from './takeovers.js';
import {bold, entry, escaped, example, nextParagraph, paragraph, section, subsection, title} from './roff.js';

type Entries = ReadonlyArray<readonly [head: string, text: string]>;

const exitCodes: Entries = [
	['0', 'Fine: ended by a key, at the end of what was to be done, or because nobody reads stdout any more. A file without sync messages is fine too; stderr says so.'],
	['1', 'Failed while running, or a file that ends in the middle of a record, after everything that could be read was printed.'],
	['2', 'Wrong usage, a bad filter, or a file that cannot be read or is no capture.'],
	['3', 'Nothing was captured within the time of `--wait`.'],
	['4', 'An interface that was asked for by name could not be opened.'],
	['128+n', 'Ended by signal n.'],
];

const environment: Entries = [
	['XDG_CONFIG_HOME, XDG_CONFIG_DIRS, HOME', 'Where the configuration is looked for, see FILES.'],
	['NO_COLOR', 'Not empty: no colours.'],
	['TERM', '`dumb` shows no screen; the program says what to do instead.'],
	['LC_ALL, LC_CTYPE, LANG', 'A locale without UTF-8 is drawn in ASCII.'],
	['TZ', 'The zone of `--local-time`.'],
	['SUDO_UID, SUDO_GID, SUDO_USER', 'Under sudo, who to become again as soon as the interfaces are open, and whose the recordings are.'],
	['NATS_CREDS, NATS_USER, NATS_PASSWORD, NATS_TOKEN, NATS_CA, NATS_CERT, NATS_KEY', 'Credentials and certificates for NATS, see LOGS.'],
	['STATE_DIRECTORY, XDG_STATE_HOME', 'Where a sensor keeps its own log, see LOGS.'],
	['IPVSTOP_…', 'Given to the commands of triggers: each field of the event by its name in capitals, such as IPVSTOP_EVENT or IPVSTOP_VIRTUAL.'],
];

const signals: Entries = [
	['SIGINT, SIGTERM', 'End; the terminal is restored, recordings are complete.'],
	['SIGHUP', 'With text output, when stdout is no terminal and there is a configuration file or no controlling terminal, as in a service: read the file again. Triggers, aliases, saved filters and pairs are taken over, the table stays, and what needs a start is named. Else: end.'],
	['SIGUSR1', 'Open the recording anew: another file with `--write-size` or `--write-time`, else one of the same name, for whoever has moved it away.'],
];

const files: Entries = [
	['$XDG_CONFIG_HOME/ipvstop/config.toml', 'The configuration, in TOML; without the variable it is `~/.config/ipvstop/config.toml`. Then /etc/xdg, or what XDG_CONFIG_DIRS names. The first that exists counts.'],
	['/var/lib/ipvstop/log/', 'The log of the service, which is opened without a source.'],
	['/sys/class/net, /proc/net/dev', 'The interfaces of this host.'],
];

const seeAlso = [['ipvsadm', 8], ['keepalived', 8], ['tcpdump', 8], ['ssh', 1]] as const;

const entriesOf = (list: Entries): string[] => list.flatMap(([head, text]) => entry(head.split(', ').map(part => bold(part)).join(', '), text));

const optionHead = ({letter, typed, argument}: Option): string =>
	`${letter ? `${bold(`-${letter}`)}, ` : ''}${bold(typed)}${argument ? ` \\fI${escaped(argument)}\\fR` : ''}`;

const optionSections = (): string[] => Object.entries(sections).flatMap(([name, heading]) => [
	...subsection(heading),
	...options.filter(option => option.section === name).flatMap(option => entry(optionHead(option), optionTexts.get(option.name)!)),
]);

const settingNames = options.filter(({inFile}) => inFile).map(({name}) => name);

const keyName = (key: string): string => bold(key === ' ' ? 'Space' : key);

const keyEntries = (): string[] => groups.flatMap(name => [
	...subsection(`${name[0]}${name.slice(1).toLowerCase()}`),
	...bindingsWith(views).filter(({group}) => group === name).flatMap(({keys, help, action}) => entry(`${keys.map(key => keyName(key)).join(' ')} (${escaped(action)})`, help)),
]);

export type Release = {readonly version: string; /** `2026-11-22` */ readonly date: string};

/** The manual page ipvstop(1), made from the tables of the program. */
export const manualPage = ({version, date}: Release): string => `${[
	'.\\" Made from the tables of the program: not to be edited.',
	...title('ipvstop', 1, date, `ipvstop ${version}`, 'User Commands'),
	...section('Name'),
	'ipvstop \\- watch the sessions of Linux IPVS load balancers',
	...section('Synopsis'),
	`${bold('ipvstop')} [\\fIoption\\fR ...] [\\fIfilter\\fR ...]`,
	...section('Description'),
	...paragraph('The directors of an LVS pair (Linux IPVS, keepalived) announce their connections to each other as multicast UDP, so that sessions survive a takeover. `ipvstop` listens on the same segment, rebuilds the connection table that a backup director would hold, and shows it: who is master and by which evidence, the sessions of each virtual service, how long each has left, whether a takeover worked. It sends nothing but a group join.'),
	...nextParagraph('It needs the sync daemon on the directors (`lvs_sync_daemon` of keepalived, or `ipvsadm --start-daemon`) and a host on the segment of its multicast, whose TTL is 1.'),
	...nextParagraph('In a terminal it opens a screen, where `?` shows every key and what each mark means. When stdout is no terminal it prints events. It shows what a backup was told, not what the master knows: half-open connections, the end of a session and whether a receiver got what was sent to it never travel.'),
	...section('Examples'),
	...examples.flatMap(([command, meaning]) => entry(bold(command), meaning)),
	...section('Options'),
	...paragraph('A value is the next word or follows = or the letter. After -- there are no options. Options that can be given more than once are lists.'),
	...optionSections(),
	...filterSection(),
	...takeoverSection(),
	...logSection(),
	...eventSection(),
	...section('Keys'),
	...paragraph('In parentheses the name of the action, for `--key`. What a digit, letter or mark on the screen means is in its help.'),
	...keyEntries(),
	...section('Exit status'),
	...entriesOf(exitCodes),
	...section('Environment'),
	...entriesOf(environment),
	...section('Files'),
	...entriesOf(files),
	...nextParagraph(`These options can stand in the file under their long names, with lists where they can be given more than once, and true or false for switches: ${settingNames.map(name => `\`${name}\``).join(', ')}. The rest has tables:`),
	...example(configurationExample),
	...section('Signals'),
	...entriesOf(signals),
	...section('Security'),
	...paragraph('Of root only CAP_NET_RAW is used, to open the interfaces; under sudo it is given back then. `--join` needs nothing.'),
	...nextParagraph('Anyone on the link can forge sync messages, VRRP adverts and ARP: nothing of it is authenticated. Triggers fire for known directors only, never for what a capture starts with, and never in replay unless asked. Let them tell people; do not let them move an address.'),
	...nextParagraph('Recordings (`-w` FILE) can hold VRRP passwords and are made with mode 0600; in logs (`-w` PATH`/`) these are blanked, since a group reads them. Metrics are served to this host alone unless another address is given, without authentication.'),
	...section('See also'),
	seeAlso.map(([name, number]) => `${bold(name)}(${number})`).join(',\n'),
].join('\n')}\n`;
