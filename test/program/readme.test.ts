import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {test} from 'node:test';

const readme = await readFile(new URL('../../readme.md', import.meta.url), 'utf8');

test('every picture and file that the readme points to is there', async () => {
	const targets = [...readme.matchAll(/\]\((?<target>[^\)]+)\)/gv)].map(match => match.groups!['target']!).filter(target => !target.includes('://'));
	assert.ok(targets.length > 3);
	for (const target of targets) {
		assert.ok(await readFile(new URL(`../../${target}`, import.meta.url)), target);
	}
});
