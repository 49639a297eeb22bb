/*
The promise that everything else rests on: the table rebuilt from the wire is the table of a backup's kernel. Each capture
is compared with what the kernels of that run held, at each poll of a director that was backup.
*/
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {linkVariants, runs} from '../support/captures.js';
import {compareWithKernel, type Figures} from '../support/compare-with-kernel.js';

/** Rows that must at least have been compared, so that an empty table cannot pass. */
const leastCompared: Readonly<Record<string, number>> = {
	'seed-basic.pcap': 13_000,
	'failover-graceful.pcap': 7000,
	'failover-nopreempt.pcap': 21_000,
	'ipv6-short.pcap': 1900,
	'persistence.pcap': 11_000,
	'v0.pcap': 19_000,
	'link-vlan.vlan.pcap': 3000,
};
const leastComparedLink = 3400;

/** Of the runs in which a former master came back as backup with the table it had: the only ones where a reason is needed. */
const needReasons = new Set(['failover-graceful.pcap']);

const percent = (part: number, whole: number): string => `${part} of ${whole} (${(100 * part / whole).toFixed(2)} %)`;

const reportOf = ({polls, kernelRows, held, announced, known, compared, sameState, sameReal, sameExpiry, explained}: Figures): string => [
	`${polls} polls`,
	`recall ${percent(held, kernelRows)}`,
	`precision ${percent(known, announced)}`,
	`state ${percent(sameState, compared)}`,
	`real server ${percent(sameReal, compared)}`,
	`expiry ${percent(sameExpiry, compared)}`,
	...Object.entries(explained).map(([reason, count]) => `${count} ${reason}`),
].join(', ');

describe('the table is what the kernel of a backup holds', () => {
	for (const run of [...runs, ...linkVariants]) {
		test(run.file, async t => {
			const figures = await compareWithKernel(run);
			t.diagnostic(reportOf(figures));
			assert.deepEqual(figures.disagreements, []);
			assert.equal(figures.held, figures.kernelRows, 'recall');
			assert.equal(figures.known, figures.announced, 'precision');
			assert.equal(figures.sameState, figures.compared, 'state');
			assert.equal(figures.sameReal, figures.compared, 'real server');
			assert.ok(figures.compared >= (leastCompared[run.file] ?? leastComparedLink), `only ${figures.compared} rows compared`);
			assert.ok(figures.announced >= figures.compared / 2, `only ${figures.announced} announced`);
			const reasons = Object.values(figures.explained).reduce((sum, count) => sum + count, 0);
			assert.equal(figures.sameExpiry + reasons, figures.compared, 'expiry');
			if (!needReasons.has(run.file)) {
				assert.equal(reasons, 0);
			}
		});
	}
});
