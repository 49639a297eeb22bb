/* `npm start` of a checkout: the program as it was built, where the user stands. */
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {test, type TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {plainEnvironment} from '../support/program.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A checkout of its own, whose program can be built anew: its packages are those of this one. */
const checkout = (context: TestContext): string => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-checkout-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	for (const name of ['source', 'media', '.ci', 'package.json', 'package-lock.json', 'license', 'changelog.md', 'tsconfig.json', 'dist']) {
		fs.cpSync(path.join(root, name), path.join(folder, name), {recursive: true, preserveTimestamps: true, filter: file => !file.endsWith('.svg')});
	}

	fs.mkdirSync(path.join(folder, 'node_modules'));
	for (const name of fs.readdirSync(path.join(root, 'node_modules')).filter(one => one !== '.cache')) {
		fs.symlinkSync(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name));
	}

	// Of this moment, whatever the clocks of the files say.
	const now = new Date();
	fs.utimesSync(path.join(folder, 'dist/cli.js'), now, now);
	return folder;
};

const start = (folder: string, cwd: string, ...args: readonly string[]) =>
	spawnSync('npm', ['--prefix', folder, 'start', '--silent', '--', ...args], {cwd, env: plainEnvironment(), encoding: 'utf8'});

test('a file is meant that lies where the user stands', context => {
	const folder = checkout(context);
	const captures = path.join(root, 'test/captures');
	const {status, stdout, stderr} = start(folder, captures, '-r', 'v0.pcap', '--list');
	assert.deepEqual([status, stderr], [0, '']);
	assert.match(stdout, /^IPVS connection entries\n/v);
});

test('it is built anew when something that it is made of is newer, and only then', context => {
	const folder = checkout(context);
	const program = path.join(folder, 'dist/cli.js');
	const builtMs = (): number => fs.statSync(program).mtimeMs;
	const before = builtMs();
	assert.equal(start(folder, folder, '--version').status, 0);
	assert.equal(builtMs(), before, 'nothing is newer');

	const later = new Date(before + 2000);
	fs.utimesSync(path.join(folder, 'source/cli.ts'), later, later);
	assert.equal(start(folder, folder, '--version').status, 0);
	assert.notEqual(builtMs(), before, 'a source is newer');
});

test('where nothing is installed yet it says what to do', context => {
	const folder = checkout(context);
	fs.rmSync(path.join(folder, 'node_modules'), {recursive: true});
	fs.rmSync(path.join(folder, 'dist'), {recursive: true});
	const {status, stderr} = start(folder, folder, '--version');
	assert.deepEqual([status, stderr], [1, 'Nothing is installed here yet. Next: npm install\n']);
});

test('the extras go below a prefix, each where it is looked for', context => {
	const prefix = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-prefix-'));
	context.after(() => {
		fs.rmSync(prefix, {recursive: true, force: true});
	});
	const stdout = execFileSync(process.execPath, [path.join(root, 'dist/cli.js'), '--install-extras', prefix], {encoding: 'utf8'});
	const said = new Set(stdout.trimEnd().split('\n').map(file => path.relative(prefix, file)));
	for (const name of [
		'share/man/man1/ipvstop.1', 'share/bash-completion/completions/ipvstop', 'share/zsh/site-functions/_ipvstop',
		'share/fish/vendor_completions.d/ipvstop.fish', 'share/doc/ipvstop/licenses.txt', 'share/doc/ipvstop/service/ipvstop.service',
	]) {
		assert.ok(said.has(name), name);
		assert.ok(fs.statSync(path.join(prefix, name)).size > 100, name);
	}
});
