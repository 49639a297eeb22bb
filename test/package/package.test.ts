import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {after, before, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {publint} from 'publint';
import {capture, plainEnvironment, run, unprivileged, whyNotUnprivileged} from '../support/program.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-package-'));
const nobodyId = 65_534;
const node22 = path.join(root, 'node_modules/node22/bin/node');
const onNode22 = {skip: fs.existsSync(node22) ? false : 'needs the development package node22'};
const asUser = {skip: whyNotUnprivileged() ?? false};
const notThere = 'the optional package pcap was not built';

type Packed = {readonly filename: string; readonly files: ReadonlyArray<{readonly path: string}>};

/** Runs a command as somebody who has nothing else at home. Gives its stdout; throws with its stderr. */
const command = (words: readonly string[], home = folder, through: readonly string[] = []): string => {
	const [file, ...args] = [...through, 'env', `HOME=${home}`, ...words];
	const {status, stdout, stderr} = spawnSync(file!, args, {cwd: home, env: plainEnvironment(), encoding: 'utf8'});
	if (status !== 0) {
		throw new Error(`${words.join(' ')} ended with ${status}: ${stderr}`);
	}

	return stdout;
};

let packed: Packed;
let tarball: string;

before(() => {
	// The build is that of the tests, and others run from it meanwhile.
	const answer = JSON.parse(command(['npm', 'pack', '--json', '--ignore-scripts', root])) as Packed[] | Record<string, Packed>;
	packed = Object.values(answer)[0]!;
	tarball = path.join(folder, packed.filename);
	fs.chmodSync(folder, 0o755);
});

after(() => {
	fs.rmSync(folder, {recursive: true, force: true});
});

/** Runs an installed program on a Node of its own. */
const installed = (program: string, args: readonly string[], node = process.execPath) =>
	spawnSync(node, [program, ...args], {env: {...plainEnvironment(), HOME: folder}, encoding: 'utf8', timeout: 200_000});

/** What any installation has to be able to do. */
const works = async (program: string, node?: string): Promise<void> => {
	const {version} = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {version: string};
	assert.equal(installed(program, ['--version'], node).stdout, `${version}\n`);
	const demo = installed(program, ['--demo', '--list', '--duration', '0.2'], node);
	assert.deepEqual([demo.status, demo.stderr], [0, '']);
	assert.ok(demo.stdout.split('\n').length > 100, demo.stdout);
	const list = ['-r', capture('seed-basic.pcap'), '--list'];
	const {stdout} = await run(list);
	assert.equal(installed(program, list, node).stdout, stdout);
};

test('the package holds the program, what it says of itself, and nothing else', () => {
	const filesOf = (folder_: string): string[] => fs.readdirSync(path.join(root, folder_), {recursive: true, withFileTypes: true}).filter(one => one.isFile())
		.map(one => path.relative(root, path.join(one.parentPath, one.name)));
	const [built, service] = [filesOf('dist'), filesOf('media/service')];
	assert.deepEqual(packed.files.map(file => file.path).toSorted(), [
		...built, ...service, 'license', 'package.json', 'readme.md',
	].toSorted());
	for (const name of ['dist/cli.js', 'dist/worker.js', 'dist/share/man/man1/ipvstop.1', 'dist/share/doc/ipvstop/licenses.txt']) {
		assert.ok(built.includes(name), name);
	}
});

test('publint finds nothing to say about it', async () => {
	const {messages} = await publint({strict: true, pack: {tarball: new Uint8Array(fs.readFileSync(tarball)).buffer}});
	assert.deepEqual(messages, []);
});

test('every package in the bundle is named with its licence', () => {
	const licenses = fs.readFileSync(path.join(root, 'dist/share/doc/ipvstop/licenses.txt'), 'utf8');
	const {devDependencies} = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {devDependencies: Record<string, string>};
	for (const name of ['ink', 'prom-client', 'react', 'smol-toml']) {
		assert.ok(licenses.includes(`\n${name} ${devDependencies[name]}, `), name);
	}

	for (const section of licenses.split(/^-{80}$/mv)) {
		assert.match(section, /copyright/iv);
	}
});

test('without optional packages one package is installed, offline, and does all but capture with libpcap', async () => {
	const prefix = fs.mkdtempSync(path.join(folder, 'without-'));
	command(['npm', 'install', '--offline', '--omit=optional', '--no-audit', '--no-fund', '--prefix', prefix, tarball]);
	assert.deepEqual(fs.readdirSync(path.join(prefix, 'node_modules')).filter(name => !name.startsWith('.')), ['ipvstop']);
	const program = path.join(prefix, 'node_modules/.bin/ipvstop');
	await works(program);
	const {status, stderr} = installed(program, ['-i', 'lo', '--list', '--duration', '0.1']);
	assert.equal(status, 4);
	assert.ok(stderr.includes(notThere), stderr);
});

test('a user without privilege installs it globally; the addon is found when it is built', asUser, async context => {
	const prefix = path.join(folder, 'user');
	fs.mkdirSync(prefix);
	if (unprivileged.length > 0) {
		fs.chownSync(prefix, nobodyId, nobodyId);
	}

	try {
		// The registry of whoever runs the tests.
		const registry = spawnSync('npm', ['config', 'get', 'registry'], {encoding: 'utf8'}).stdout.trim();
		command([
			'npm', 'install', '--global', '--ignore-scripts', '--no-audit', '--no-fund', `--registry=${registry}`, '--fetch-retries=0', '--fetch-timeout=20000',
			'--prefix', prefix, tarball,
		], prefix, unprivileged);
	} catch (error) {
		if (!process.env['CI'] && /ENOTCACHED|EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ETIMEDOUT/v.test((error as Error).message)) {
			context.skip('needs a registry that has the package pcap');
			return;
		}

		throw error;
	}

	const program = path.join(prefix, 'bin/ipvstop');
	await works(program);
	const addon = path.join(root, 'node_modules/pcap/build');
	if (process.getuid?.() !== 0 || !fs.existsSync(addon)) {
		context.diagnostic('no root, or no addon: not tried');
		return;
	}

	const listen = ['-i', 'lo', '--list', '--duration', '0.1'];
	assert.ok(installed(program, listen).stderr.includes(notThere));
	fs.cpSync(addon, path.join(prefix, 'lib/node_modules/ipvstop/node_modules/pcap/build'), {recursive: true});
	const {status, stderr} = installed(program, listen);
	assert.equal(status, 0);
	assert.match(stderr, /^ipvstop: nothing was heard in [^\n]*\n$/v);
});

test('what is installed runs on the oldest Node that it promises', onNode22, async () => {
	const prefix = fs.mkdtempSync(path.join(folder, 'node22-'));
	command(['npm', 'install', '--offline', '--omit=optional', '--no-audit', '--no-fund', '--prefix', prefix, tarball]);
	await works(path.join(prefix, 'node_modules/.bin/ipvstop'), node22);
});
