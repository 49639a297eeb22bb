/* Bundles the program into dist/, as it is published, with its manual page. */
import fs from 'node:fs';
import path from 'node:path';
import {currentManual} from '../media/manual/current.js';
import {bundleProgram, root} from './bundle.js';
import {licensesOf} from './licenses.js';

const folder = path.join(root, 'dist');
fs.rmSync(folder, {recursive: true, force: true});
const metafile = await bundleProgram(folder);
fs.writeFileSync(path.join(folder, 'licenses.txt'), licensesOf(metafile));
fs.writeFileSync(path.join(folder, 'ipvstop.1'), currentManual());
