import {entries, example, nextParagraph, paragraph, section, subsection} from './roff.js';

const keeping: ReadonlyArray<readonly [head: string, text: string]> = [
	['What is in it', 'Segments, pcapng files of ten minutes or less that tcpdump and Wireshark read; beside each what was known when it began, and an index. A takeover begins another segment, and so does much traffic. What was heard is in the file half a second later at most.'],
	['How long', '`--write-size` bounds all of it, 1G if not given, `--write-age` its age, 14d. The oldest segments go first.'],
	['Who may read', 'A folder that is made has mode 2750, files have 0640: members of the group of the folder read it. The service\'s belongs to the group ipvstop. For others one line says which group.'],
	['Rights', 'Those of the user who runs it, and the capability to capture, as the unit has them: `setpriv --inh-caps +net_raw --ambient-caps +net_raw`. Under sudo no log is kept; without the capability the groups are joined.'],
	['Passwords', 'Those of VRRP adverts (version 2, type 1) are zeros in a log, with their checksum made right again. A recording, `-w` FILE, holds adverts as they are.'],
	['One writer', 'A second one ends with status 2 and says who writes. A writer that was killed leaves no lock behind.'],
	['After a stop', 'Whoever writes next goes on from the last segment, with the table and the verdicts that were there; what was not heard in between is told by a `gap` event, from three seconds on, and counts in what is known of the sessions.'],
	['A disk that is full', 'The capture goes on, 32 MiB are kept until there is room, and what is beyond is counted. The screen says LOG FAILING.'],
];

const reading: ReadonlyArray<readonly [head: string, text: string]> = [
	['While it is written', 'The present, live, with the past behind it: `[` and `]` go from event to event, `b` to a time, `l` back to now. The header says LOG since when.'],
	['When nobody writes', 'A replay that stands at its end.'],
	['As text', '`--list`, with `--at` of any moment. `--events` and `--records` from the beginning, or from `--since`; they end where it ends, and follow it while it is written when neither `--duration` nor `--at` says until when. `--report` makes a page of it.'],
	['Without a source', '`ipvstop` alone opens `/var/lib/ipvstop/log/`, or the log of a sensor beside it, if it is being written and may be read; `--log` names another one, or `none`.'],
	['Of another host', '`--via` HOST`:log` opens the log there by ssh, with the `ipvstop` of that host: the last half hour, or since `--since`, and what follows.'],
	['What is not believed', 'Links, FIFOs, and files of others than the owner of the folder or root; segments, indexes and states that are cut, bent or of another version. They are passed over by name, and the rest is read.'],
];

const nats: ReadonlyArray<readonly [head: string, text: string]> = [
	['A sensor', '`-w nats://`HOST[`:`PORT]`/`SITE publishes a log as it is written, in order. The log itself is kept below `$STATE_DIRECTORY`, `/var/lib/ipvstop` for root, else `~/.local/state/ipvstop`, in `sensor-`SITE, and bridges the time in which the server cannot be reached: `-r` opens it as any other, and `log` in the configuration makes it the one that `ipvstop` opens.'],
	['A viewer', '`-r nats://`HOST`/`SITE`,`SITE or `nats://`HOST`/*` opens what is published, as the logs above. It needs no right to change anything.'],
	['The server', 'nats-server 2.10 or newer with JetStream. A site has the stream `ipvstop-`SITE with the subjects `ipvstop.`SITE`.>`. It is made with a bound of 1 GiB and 14 days where there is none; one that an administrator made is taken as it is. A site is named by letters, digits, - and _.'],
	['Several servers', 'HOST`,`HOST names servers of one cluster. `tls://` in the place of `nats://` asks for TLS, and believes the authority of `NATS_CA`.'],
	['Credentials', 'From `--nats-creds` FILE or `NATS_CREDS`; or `NATS_USER` and `NATS_PASSWORD`; or `NATS_TOKEN`; a certificate of one\'s own by `NATS_CERT` and `NATS_KEY`. In an address they are refused: everybody sees the list of processes.'],
	['Clocks', 'A site whose clock is wrong by five seconds or more is named. With several sites, times are those of this host.'],
];

/** Of logs: what keeps one, what opens one, and the same on NATS. */
export const logSection = (): string[] => [
	...section('Logs'),
	...paragraph('A log is a folder in which what is heard is kept with what was known at many of its moments, so that who comes late sees what a monitor sees that never slept, and any moment of the past is a short way from one. Where an option names it, its path ends in a slash, or it is a folder that is there.'),
	...subsection('Keeping one: -w PATH/'),
	...entries(keeping),
	...subsection('Opening one: -r PATH/'),
	...entries(reading),
	...subsection('On NATS JetStream'),
	...entries(nats),
	...nextParagraph('Two segments on one screen, with a server that asks for a password:'),
	...example([
		'NATS_USER=rack1 NATS_PASSWORD=... ipvstop -i eth1 -w nats://nats.example.net/rack1 --events',
		'NATS_USER=rack2 NATS_PASSWORD=... ipvstop -i eth1 -w nats://nats.example.net/rack2 --events',
		'NATS_USER=viewer NATS_PASSWORD=... ipvstop -r nats://nats.example.net/rack1,rack2',
	]),
];
