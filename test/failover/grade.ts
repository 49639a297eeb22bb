/*
Grades every run in a folder: `node --import=tsx test/failover/grade.ts FOLDER [all|no-reports|sync]`, where FOLDER holds NAME.pcap and log/NAME/client-hold.jsonl as
a test bed of real directors writes them, and the second word says how much of it is heard. Prints two lines per takeover, and the counts of right, unsure and wrong ones.
*/
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {runCapture} from './desk-run.js';
import {grade, readOutcome} from './grading.js';

const main = async (folder: string, only: 'all' | 'no-reports' | 'sync') => {
	const names = fs.readdirSync(folder).filter(name => name.endsWith('.pcap')).map(name => name.slice(0, -5)).toSorted();
	const marks = {right: 0, 'cannot tell': 0, WRONG: 0};
	for (const name of names) {
		const log = path.join(folder, 'log', name, 'client-hold.jsonl');
		if (!fs.existsSync(log) || !fs.existsSync(path.join(folder, `${name}.md`))) {
			continue; // Still running
		}

		const run = await runCapture(path.join(folder, `${name}.pcap`), {only});
		const grades = grade(run.takeovers, readOutcome(log));
		const splits = run.events.filter(({event}) => event.startsWith('split-brain'));
		process.stdout.write(`${name}: ${grades.length} takeovers${splits.length > 0 ? `, ${splits.map(one => `${one.event} ${one.timeUs / 1e6}`).join(', ')}` : ''}\n`);
		for (const {read: {takeover, verdict}, expected, suffered, mark} of grades) {
			const {held, sent, own, known} = takeover.coverage;
			marks[mark]++;
			process.stdout.write(`  ${mark.padEnd(11)} ${takeover.kind.padEnd(8)} held ${held} sent ${sent} own ${own} known ${known} kept ${takeover.ownKept}`
				+ `  expected ${expected ?? '?'} suffered ${suffered}\n    ${verdict.line}\n`);
		}
	}

	process.stdout.write(`${JSON.stringify(marks)}\n`);
};

const [,, folder = '.', only = 'all'] = process.argv;
await main(folder, only === 'sync' || only === 'no-reports' ? only : 'all');
