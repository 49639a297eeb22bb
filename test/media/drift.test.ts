/* What the readme shows is what the program does now: `npm run media` makes it anew. */
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {suite, test} from 'node:test';
import {drawPictures} from '../../media/pictures.js';
import {renewed} from '../../media/readme.js';

const remedy = 'npm run media makes it anew';

suite('what the readme shows has not drifted', {timeout: 120_000}, () => {
	test('each command prints what stands under it, and each key is in the table', async () => {
		const readme = await readFile(new URL('../../readme.md', import.meta.url), 'utf8');
		assert.ok(readme.includes('$ ipvstop --help\nWatch the sessions'));
		assert.equal(await renewed(readme), readme, remedy);
	});

	test('each picture is what the screen shows', async () => {
		for await (const {name, svg} of drawPictures()) {
			const kept = await readFile(new URL(`../../media/${name}.svg`, import.meta.url), 'utf8');
			assert.equal(svg, kept, `media/${name}.svg: ${remedy}`);
		}
	});
});
