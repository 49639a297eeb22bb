import {options, sections, type Option} from './option-table.js';

export const purpose = 'Watch the sessions of Linux IPVS load balancers from a host outside them. Read-only.';

export const examples: ReadonlyArray<readonly [command: string, meaning: string]> = [
	['ipvstop', 'listen on every interface of this host'],
	['ipvstop -i eth1', 'listen on eth1 (needs CAP_NET_RAW)'],
	['ipvstop -j', 'listen without privilege: sync messages only'],
	['ipvstop --via rs1:eth0', 'listen through another host, by ssh and tcpdump'],
	['ipvstop -r failover.pcap', 'replay a capture on the screen'],
	['ipvstop -r failover.pcap --list --at +90', 'the table 90 s after the first packet'],
	['tcpdump -U -w - -i eth1 | ipvstop -r -', 'a capture that is still being written'],
	['ipvstop vip=192.0.2.10:443 \'!state=tw\'', 'only these sessions; see ? on the screen'],
	['ipvstop --demo', 'two simulated directors, one of which will fail'],
];

/** Lines of the help are no longer. */
const widest = 96;
const textColumn = 26;

const optionLines = ({letter, typed, argument, help}: Option): string[] => {
	const head = `  ${letter ? `-${letter},` : ' '.repeat(3)} ${typed}${argument ? ` ${argument}` : ''}`;
	const [first = '', ...rest] = help;
	const beside = head.length < textColumn ? `${head.padEnd(textColumn)}${first}` : `${head.padEnd(textColumn + 1)}  ${first}`;
	const below = rest.map(text => ' '.repeat(textColumn) + text);
	return beside.length <= widest ? [beside, ...below] : [head, ' '.repeat(textColumn) + first, ...below];
};

/** What `--help` prints. */
export const helpText = (): string => `${purpose}

Usage  ipvstop [options] [filter …]

Examples
${examples.map(([command, meaning]) => `  ${command.padEnd(40)} ${meaning}`).join('\n')}

${Object.entries(sections).map(([section, title]) =>
	`${title}\n${options.filter(option => option.section === section).flatMap(option => optionLines(option)).join('\n')}`).join('\n\n')}

Exit codes: 0 fine, 1 failed while running or a file was cut, 2 usage or unreadable file,
3 nothing captured within --wait, 4 not permitted to capture, 128+n on signal n.
`;
