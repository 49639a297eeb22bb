import {fileURLToPath} from 'node:url';

const folder = new URL('../captures/', import.meta.url);

/** A capture, or what goes with it, in test/captures. */
export const capturePath = (name: string): string => fileURLToPath(new URL(name, folder));

/** A capture, the kernels' own tables of that run, and who was who. */
export type RecordedRun = {
	readonly file: string;
	readonly truth: string;
	/** Addresses that the directors send sync from, by the name they have in the truth file. */
	readonly addresses: Readonly<Record<string, string>>;
};

const addresses = {lb1: '192.168.10.11', lb2: '192.168.10.12'};

const run = (file: string, truth = file.replace(/\.pcap$/v, '')): RecordedRun =>
	({file, truth: capturePath(`${truth}.truth.ndjson.gz`), addresses});

/** One capture of each run. */
export const runs: readonly RecordedRun[] = [
	run('seed-basic.pcap'),
	run('failover-graceful.pcap'),
	run('failover-nopreempt.pcap'),
	run('ipv6-short.pcap'),
	run('persistence.pcap'),
	run('v0.pcap'),
	run('link.eth.pcap', 'link'),
	{...run('link-vlan.vlan.pcap', 'link-vlan'), addresses: {lb1: '172.31.0.11', lb2: '172.31.0.12'}},
];

/** The run of link.eth.pcap, written down in other link layers and file formats. */
export const linkVariants: readonly RecordedRun[] = ['link.nano.pcap', 'link.sll.pcap', 'link.sll2.pcap', 'link.dumpcap.pcapng']
	.map(file => run(file, 'link'));

/** The same run, of which only the first 96 octets of each packet were kept. */
export const cutVariant: RecordedRun = run('link.snap96.pcap', 'link');
