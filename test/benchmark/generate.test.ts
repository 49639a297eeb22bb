import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {generateCapture, type Load} from './generate.js';
import {createPipeline, replayFile} from './pipeline.js';

const withCapture = async (load: Load, use: (file: string, again: string) => Promise<void> | void): Promise<void> => {
	const folder = mkdtempSync(path.join(tmpdir(), 'ipvstop-generate-'));
	try {
		const [file, again] = ['one.pcap', 'two.pcap'].map(name => path.join(folder, name)) as [string, string];
		generateCapture(file, load);
		generateCapture(again, load);
		await use(file, again);
	} finally {
		rmSync(folder, {recursive: true});
	}
};

test('the same load is the same file', async () => {
	await withCapture({records: 2000, sessions: 300, ipv6Percent: 25}, (file, again) => {
		assert.deepEqual(readFileSync(file), readFileSync(again));
	});
});

for (const ipv6Percent of [0, 25]) {
	test(`all sessions of a load with ${ipv6Percent} % IPv6 are alive at its end, and none twice`, async () => {
		await withCapture({records: 20_000, sessions: 5000, ipv6Percent}, async file => {
			const pipeline = createPipeline();
			await replayFile(file, pipeline);

			assert.equal(pipeline.records(), 20_000);
			assert.equal(pipeline.sessions(), 5000);
		});
	});
}
