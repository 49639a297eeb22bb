/*
`--list` at a moment is what `ipvsadm -Lnc` would have printed on the backup at that moment, to the character. The order of
rows is not compared: a kernel's depends on a secret of its hash table.
*/
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {capturePath, runs} from '../support/captures.js';
import {replayWithStops} from '../support/replay-engine.js';
import {runCli} from '../support/run-cli.js';
import {sessionsOf} from '../support/session.js';
import {kernelKey, readTruth, type KernelRow, type Poll} from '../support/truth.js';

const heading = ['IPVS connection entries', 'pro expire state       source             virtual            destination'];

/** An entry with less left may already be gone, or still wait for the kernel's timer. */
const leastLeftSeconds = 2;
const toleranceSeconds = 2;

const twoDigits = (value: number): string => String(value).padStart(2, '0');
const endpoint = (address: string, port: number): string => address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** ipvsadm.c, print_conn: `%-3s %-6s %-11s %-18s %-18s %s`, the time left as `%02d:%02d`. */
const printedByIpvsadm = ({proto, state, caddr, cport, vaddr, vport, daddr, dport, expires}: KernelRow): string => [
	proto.padEnd(3),
	`${twoDigits(Math.floor(expires / 60))}:${twoDigits(expires % 60)}`.padEnd(6),
	state.padEnd(11),
	endpoint(caddr, cport).padEnd(18),
	endpoint(vaddr, vport).padEnd(18),
	endpoint(daddr, dport),
].join(' ');

/** A row without its time, and the seconds. Rows of templates with persistence engine data may look alike. */
const splitRow = (row: string): {readonly rest: string; readonly seconds: number} => {
	const found = /^(?<protocol>\S+ *) (?<time>(?<minutes>\d{2,}):(?<rest>\d{2}) ?) (?<others>\S.*)$/.exec(row);
	assert.ok(found?.groups, `not a row of ipvsadm: ${JSON.stringify(row)}`);
	const {protocol, time, minutes, rest, others} = found.groups;
	assert.equal(time!.length, 6, row);
	return {rest: `${protocol} ______ ${others}`, seconds: (Number(minutes) * 60) + Number(rest)};
};

/** Seconds left by row, most first. */
const byRow = (rows: readonly string[]): Map<string, number[]> => {
	const times = new Map<string, number[]>();
	for (const row of rows) {
		const {rest, seconds} = splitRow(row);
		times.set(rest, [...times.get(rest) ?? [], seconds].sort((one, other) => other - one));
	}

	return times;
};

/** Protocol, client and virtual service of a row, and of a key. */
const endpointsOfRow = (row: string): string => {
	const [proto, , , client, virtual] = row.split(/ +/v);
	return `${proto} ${client} ${virtual}`;
};

const endpointsOfKey = (key: string): string => {
	const [proto, caddr, cport, vaddr, vport] = key.split(' ');
	return `${proto} ${endpoint(caddr!, Number(cport))} ${endpoint(vaddr!, Number(vport))}`;
};

/** What the other director announced since this one listens: the keys of a backup that heard them. */
const heardBefore = async (file: string, poll: Poll, self: string): Promise<Set<string>> => {
	const heard = new Set<string>();
	await replayWithStops(capturePath(file), [poll.startUs], (_, {engine, view}) => {
		const directors = engine.directors.all();
		for (const {key, connection} of sessionsOf(view).values()) {
			if (directors[connection.director]!.address !== self && connection.lastUs >= poll.listensSinceUs) {
				heard.add(key);
			}
		}
	});
	return heard;
};

/** A director, and which of its polls as a listening backup: a part of the way from the first to the last. */
type Choice = readonly [file: string, director: string, part: number, leastRows: number];

const choices: readonly Choice[] = [
	['seed-basic.pcap', 'lb2', 0.3, 20],
	['seed-basic.pcap', 'lb2', 0.75, 60],
	['failover-graceful.pcap', 'lb2', 0.4, 80],
	['failover-graceful.pcap', 'lb2', 1, 60],
	['failover-nopreempt.pcap', 'lb1', 0.4, 50],
	['failover-nopreempt.pcap', 'lb1', 1, 200],
	['ipv6-short.pcap', 'lb2', 0.9, 50],
	['persistence.pcap', 'lb2', 0.5, 100],
	['persistence.pcap', 'lb2', 0.95, 150],
	['v0.pcap', 'lb2', 0.6, 90],
	['link-vlan.vlan.pcap', 'lb2', 0.8, 40],
];

describe('--list prints what ipvsadm -Lnc prints on the backup', () => {
	const alike: string[] = [];

	for (const [file, director, part, leastRows] of choices) {
		test(`${file}, ${director}, ${Math.round(part * 100)} % of the way`, async t => {
			const run = runs.find(one => one.file === file)!;
			const all = await readTruth(run.truth);
			const polls = all.filter(poll => poll.director === director && poll.listens);
			const poll = polls[Math.round((polls.length - 1) * part)]!;
			const heard = await heardBefore(file, poll, run.addresses[director]!);
			const expected = poll.rows.filter(row => heard.has(kernelKey(row))).map(row => printedByIpvsadm(row));

			const {code, stdout, stderr} = await runCli(['-r', capturePath(file), '--list', '--at', (poll.startUs / 1e6).toFixed(6)]);
			assert.deepEqual({code, stderr}, {code: 0, stderr: ''});
			assert.ok(stdout.endsWith('\n'));
			const lines = stdout.slice(0, -1).split('\n');
			assert.deepEqual(lines.slice(0, 2), heading);

			const kernels = byRow(expected);
			const endpoints = new Set([...heard].map(key => endpointsOfKey(key)));
			const ours = byRow(lines.slice(2).filter(line => endpoints.has(endpointsOfRow(line))));

			let rows = 0;
			for (const rest of new Set([...kernels.keys(), ...ours.keys()])) {
				const theirTimes = kernels.get(rest) ?? [];
				const ourTimes = ours.get(rest) ?? [];
				for (let index = 0; index < Math.max(theirTimes.length, ourTimes.length); index++) {
					const [theirs, own] = [theirTimes[index], ourTimes[index]];
					if (theirs !== undefined && own !== undefined) {
						assert.ok(Math.abs(theirs - own) <= toleranceSeconds, `${rest}: ${own} s, ipvsadm ${theirs} s`);
						alike.push(rest);
						rows++;
					} else {
						assert.ok((theirs ?? own)! <= leastLeftSeconds, `${rest}: ${own === undefined ? 'not listed' : 'not in the kernel'}`);
					}
				}
			}

			t.diagnostic(`${rows} rows alike of ${lines.length - 2} listed, ${poll.rows.length} in the kernel`);
			assert.ok(rows >= leastRows, `only ${rows} rows compared`);
		});
	}

	test('each kind of row was among those compared', () => {
		for (const kind of [
			/^TCP .* ESTABLISHED /, /^TCP .* FIN_WAIT {4}/, /^TCP .* CLOSE {7}/, /^UDP .* UDP {9}/, /^UDP .* NONE {8}/, /^TCP .* ASSURED {5}/,
			/^IP {2}.* 0\.0\.0\.7:0 /, /^TCP .* \[fd00:/, /^UDP .* \[fd00:/,
		]) {
			assert.ok(alike.some(row => kind.test(row)), String(kind));
		}
	});
});
