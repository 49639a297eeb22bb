import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {documents} from '../../media/readme.js';

const fromRoot = (name: string): URL => new URL(`../../${name}`, import.meta.url);

/** As GitHub names a heading. */
const anchorsOf = (text: string): Set<string> => new Set([...text.matchAll(/^#+ (?<title>.+)$/gmv)].map(match => match.groups!['title']!.toLowerCase().replaceAll(/[^\w \-]/gv, '').replaceAll(' ', '-')));

const linksOf = (text: string): string[] => [...text.matchAll(/\]\((?<target>[^\)]+)\)/gv)].map(match => match.groups!['target']!).filter(target => !target.includes('://'));

for (const name of [...documents, 'media/examples/readme.md', 'source/readme.md']) {
	test(`every picture, file and part that ${name} points to is there`, () => {
		const text = readFileSync(fromRoot(name), 'utf8');
		for (const target of linksOf(text)) {
			const [file = '', anchor] = target.split('#');
			const there = readFileSync(file === '' ? fromRoot(name) : new URL(file, fromRoot(name)), 'utf8');
			assert.ok(anchor === undefined || anchorsOf(there).has(anchor), target);
		}
	});
}

test('the readme begins with what to do in a hurry, and is no longer than one can read', () => {
	const text = readFileSync(fromRoot('readme.md'), 'utf8');
	assert.ok(text.split(/\s+/v).length <= 1800, `${text.split(/\s+/v).length} words`);
	assert.ok(text.slice(0, 300).includes('Something is failing over'));
});

test('no row stands outside of its table', () => {
	for (const name of documents) {
		const lines = readFileSync(fromRoot(name), 'utf8').split('\n');
		const loose = lines.filter((line, index) => line.startsWith('|') && !lines[index - 1]!.startsWith('|') && !/^\|(?: ?-+ ?\|)+$/v.test(lines[index + 1]!.replaceAll(':', '')));
		assert.deepEqual(loose, [], name);
	}
});
