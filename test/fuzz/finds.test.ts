import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'node:test';
import {runKept} from './kept.js';
import {targetNames, targets} from './targets.js';

const folder = join(import.meta.dirname, 'finds');
const files = readdirSync(folder).filter(file => file !== 'readme.md');
const readme = readFileSync(join(folder, 'readme.md'), 'utf8');

for (const file of files) {
	test(`what was found with ${file} stays mended`, async () => {
		const name = targetNames.find(target => file.startsWith(`${target}-`));
		assert.ok(name, 'the name of the file begins with its target');
		await targets[name](async (target): Promise<void> => runKept(target, new Uint8Array(readFileSync(join(folder, file)))));
	});
}

test('each find is told of in the readme, and none that is not there', () => {
	const told = [...readme.matchAll(/^\| `([^`]+)` \|/gmv)].map(([, file]) => file!);
	assert.deepEqual(told.sort(), files.sort());
	assert.ok(files.length > 0);
});
