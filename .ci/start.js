/*
`npm start -- …`: the program of this checkout, built anew only where something that it is made of is newer. It runs where the user
stands, so that names of files mean what they mean to a shell. Plain JavaScript, since any Node may be the one that npm runs on.
*/
import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync, statSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {pathToFileURL} from 'node:url';

const root = path.dirname(import.meta.dirname ?? path.dirname(process.argv[1]));
const program = path.join(root, 'dist/cli.js');
const parts = ['source', 'media/manual', 'media/service', 'media/configuration.ts', '.ci', 'package.json', 'package-lock.json', 'license', 'changelog.md'];

// When a file, or anything in a folder, changed last; a folder changes when a file in it goes.
const changedMs = file => {
	const state = statSync(file);
	return state.isDirectory() ? Math.max(state.mtimeMs, ...readdirSync(file).map(name => changedMs(path.join(file, name)))) : state.mtimeMs;
};

const isFresh = () => {
	const builtMs = existsSync(program) ? statSync(program).mtimeMs : 0;
	return parts.every(part => changedMs(path.join(root, part)) <= builtMs);
};

const build = () => {
	if (!existsSync(path.join(root, 'node_modules/tsx'))) {
		process.stderr.write('Nothing is installed here yet. Next: npm install\n');
		return 1;
	}

	return spawnSync(process.execPath, ['--import=tsx', '.ci/build.ts'], {cwd: root, stdio: ['ignore', 'inherit', 'inherit']}).status ?? 1;
};

const status = isFresh() ? 0 : build();
if (status === 0) {
	process.chdir(process.env.INIT_CWD ?? process.cwd());
	process.argv[1] = program;
	await import(pathToFileURL(program).href);
} else {
	process.exitCode = status;
}
