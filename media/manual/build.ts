/* Writes the manual page beside the built program. */
import {readFileSync, writeFileSync} from 'node:fs';
import process from 'node:process';
import {manualPage} from './page.js';

const root = new URL('../../', import.meta.url);
const {version} = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {version: string};
/** Of the newest release; of today, or of what the packager says, while there is none. */
const [, released] = /^## .*(\d{4}-\d\d-\d\d)/mv.exec(readFileSync(new URL('changelog.md', root), 'utf8')) ?? [];
const epoch = process.env['SOURCE_DATE_EPOCH'];
const date = released ?? (epoch === undefined ? new Date() : new Date(Number(epoch) * 1000)).toISOString().slice(0, 10);

writeFileSync(new URL('dist/ipvstop.1', root), manualPage({version, date}));
