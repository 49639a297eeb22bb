/*
Makes what readme and manual show: pictures of screens, the output of each command, the table of keys. All of it comes from captures of real
directors, at moments of theirs, so it is the same each time, and a test finds what no longer is. After `npm run build`:

    npm run media                        all of it
    npm run media -- texts               without the pictures
*/
import {readFileSync, writeFileSync} from 'node:fs';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {drawPictures} from './pictures.js';
import {currentManual} from './manual/current.js';
import {markdownOf} from './manual/markdown.js';
import {documents, renewed} from './readme.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

if (!process.argv.includes('texts')) {
	for await (const {name, svg} of drawPictures()) {
		writeFileSync(here(`${name}.svg`), svg);
		console.log(`media/${name}.svg`);
	}
}

for (const name of documents) {
	const file = here(`../${name}`);
	writeFileSync(file, await renewed(readFileSync(file, 'utf8')));
	console.log(name);
}

writeFileSync(here('manual/ipvstop.1.md'), markdownOf(currentManual()));
console.log('media/manual/ipvstop.1.md');
