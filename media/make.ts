/*
Makes what the readme shows: pictures of screens, the output of each command, the table of keys. All of it comes from captures of real
directors, at moments of theirs, so it is the same each time, and a test finds what no longer is. After `npm run build`:

    npm run media
*/
import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {drawPictures} from './pictures.js';
import {renewed} from './readme.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

for await (const {name, svg} of drawPictures()) {
	writeFileSync(here(`${name}.svg`), svg);
	console.log(`media/${name}.svg`);
}

const readme = here('../readme.md');
writeFileSync(readme, await renewed(readFileSync(readme, 'utf8')));
console.log('readme.md');
