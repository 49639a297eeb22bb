import {readFileSync} from 'node:fs';
import process from 'node:process';
import {manualPage} from './page.js';

const root = new URL('../../', import.meta.url);

/** The manual page of this version: dated as the newest release; as the packager says, or today, while there is none. */
export const currentManual = (): string => {
	const {version} = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {version: string};
	const [, released] = /^## .*(\d{4}-\d\d-\d\d)/mv.exec(readFileSync(new URL('changelog.md', root), 'utf8')) ?? [];
	const epoch = process.env['SOURCE_DATE_EPOCH'];
	return manualPage({version, date: released ?? (epoch === undefined ? new Date() : new Date(Number(epoch) * 1000)).toISOString().slice(0, 10)});
};
