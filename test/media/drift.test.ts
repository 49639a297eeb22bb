/* What readme and manual show is what the program does now: `npm run media` makes it anew. */
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {suite, test} from 'node:test';
import {drawPictures} from '../../media/pictures.js';
import {currentManual} from '../../media/manual/current.js';
import {markdownOf} from '../../media/manual/markdown.js';
import {documents, renewed} from '../../media/readme.js';

const remedy = 'npm run media makes it anew';

suite('what readme and manual show has not drifted', {timeout: 240_000}, () => {
	test('each command prints what stands under it, each key is in the table, and the manual is that of the program', async () => {
		for (const name of documents) {
			const text = await readFile(new URL(`../../${name}`, import.meta.url), 'utf8');
			assert.equal(await renewed(text), text, `${name}: ${remedy}`);
		}

		const manual = await readFile(new URL('../../media/manual/readme.md', import.meta.url), 'utf8');
		assert.ok(manual.includes('$ ipvstop --help\nWatch the sessions'));
		const page = await readFile(new URL('../../media/manual/ipvstop.1.md', import.meta.url), 'utf8');
		assert.equal(markdownOf(currentManual()), page, remedy);
	});

	test('each picture is what the screen shows', async () => {
		for await (const {name, svg} of drawPictures()) {
			const kept = await readFile(new URL(`../../media/${name}.svg`, import.meta.url), 'utf8');
			assert.equal(svg, kept, `media/${name}.svg: ${remedy}`);
		}
	});
});
