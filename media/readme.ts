import {execFile} from 'node:child_process';
import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {bindKeys, groups, keyHelp} from '../source/screen/keymap.js';
import {views} from '../source/screen/views/views.js';
import {configurationExample} from './configuration.js';
import {program} from './terminal.js';

const captures = fileURLToPath(new URL('../test/captures', import.meta.url));

/** What a shell prints for a command line, errors among it, where `ipvstop` is the built program and the captures lie. */
const outputOf = async (commandLine: string, folder: string): Promise<string> => new Promise((resolve, reject) => {
	const {PATH = '', HOME = ''} = process.env;
	execFile('bash', ['-c', `{ ${commandLine}\n} 2>&1`], {cwd: captures, env: {PATH: `${folder}:${PATH}`, HOME, LANG: 'C.UTF-8', XDG_CONFIG_HOME: folder}, timeout: 30_000}, (error, stdout) => {
		// A command may end with another code than 0: what it says then is what is shown. One that never ends is a mistake.
		if (error?.killed) {
			reject(new Error(`It does not end: ${commandLine}`));
		} else {
			resolve(stdout);
		}
	});
});

/** Puts under each `$ command` of a console block what the command prints. */
const consoleBlock = async (block: string, folder: string): Promise<string> => {
	let out = '';
	for (const line of block.split('\n').filter(one => one.startsWith('$ '))) {
		out += `${line}\n${await outputOf(line.slice(2), folder)}`;
	}

	return out;
};

const escapeCell = (text: string): string => text.replaceAll('|', String.raw`\|`);

/** A row per group of keys, from the table that the screen itself uses. */
const keyTable = (): string => {
	bindKeys(new Map(), views);
	const help = keyHelp();
	const rows = groups.map(group => {
		const keys = help.filter(entry => entry.group === group && entry.help !== '').map(({keys: names, help: text}) => `\`${escapeCell(names)}\` ${escapeCell(text)}`);
		return `| ${group.toLowerCase()} | ${keys.join(' · ')} |`;
	});
	return `| | |\n| --- | --- |\n${rows.join('\n')}\n`;
};

/** What is renewed, from the top of the repository. */
export const documents = ['readme.md', 'media/manual/readme.md'] as const;

/** A document with all that is made put in anew: console blocks, the keys between the two comments that name them, the configuration. */
export const renewed = async (readme: string): Promise<string> => {
	const folder = mkdtempSync(path.join(tmpdir(), 'ipvstop-readme-'));
	try {
		const command = path.join(folder, 'ipvstop');
		writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
		chmodSync(command, 0o755);
		let out = '';
		let done = 0;
		for (const match of readme.matchAll(/(?<=^```console\n)[\s\S]*?(?=^```$)/gmv)) {
			out += readme.slice(done, match.index) + await consoleBlock(match[0], folder);
			done = match.index + match[0].length;
		}

		out += readme.slice(done);
		return out
			.replace(/(?<=^<!-- keys, made by npm run media -->\n)[\s\S]*?(?=^<!-- end -->$)/mv, () => `\n${keyTable()}\n`)
			.replace(/(?<=^```toml\n)[\s\S]*?(?=^```$)/mv, () => `${configurationExample.join('\n')}\n`);
	} finally {
		rmSync(folder, {recursive: true});
	}
};
