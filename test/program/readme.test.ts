import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {test} from 'node:test';

const readme = await readFile(new URL('../../readme.md', import.meta.url), 'utf8');

const links = [...readme.matchAll(/\]\((?<target>[^\)]+)\)/gv)].map(match => match.groups!['target']!).filter(target => !target.includes('://'));

test('every picture and file that the readme points to is there', async () => {
	const targets = links.filter(target => !target.startsWith('#'));
	assert.ok(targets.length > 3);
	for (const target of targets) {
		assert.ok(await readFile(new URL(`../../${target}`, import.meta.url)), target);
	}
});

test('every part of the readme that it points to is there', () => {
	const titles = new Set([...readme.matchAll(/^#+ (?<title>.+)$/gmv)].map(match => match.groups!['title']!.toLowerCase().replaceAll(' ', '-')));
	for (const target of links.filter(one => one.startsWith('#'))) {
		assert.ok(titles.has(target.slice(1)), target);
	}
});
