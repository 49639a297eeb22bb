/* Bundles the program into dist/, as it is published, with its manual and completions. */
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {bundleProgram, root} from './bundle.js';
import {writeExtras} from './extras.js';
import {licensesOf} from './licenses.js';

const folder = path.join(root, 'dist');
// Made aside: a program that runs meanwhile loads more of itself when it needs it.
const made = path.join(root, `node_modules/.cache/ipvstop-${process.pid}`);
const metafile = await bundleProgram(made);
await writeExtras(made, licensesOf(metafile));
fs.rmSync(folder, {recursive: true, force: true});
fs.renameSync(made, folder);
