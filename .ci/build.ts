/* Bundles the program into dist/, as it is published, with its manual and completions. */
import fs from 'node:fs';
import path from 'node:path';
import {bundleProgram, root} from './bundle.js';
import {writeExtras} from './extras.js';
import {licensesOf} from './licenses.js';

const folder = path.join(root, 'dist');
fs.rmSync(folder, {recursive: true, force: true});
const metafile = await bundleProgram(folder);
await writeExtras(folder, licensesOf(metafile));
