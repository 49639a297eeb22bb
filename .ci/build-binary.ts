/*
Builds one file that needs neither Node nor npm: the repository's own Node with the program, its manual and the addon of libpcap inside,
as Node's single executable applications are made (https://nodejs.org/api/single-executable-applications.html). It runs where that
Node runs.

    npm run build:binary                 build/ipvstop, for this kind of processor
    npm run build:binary -- arm64        build/ipvstop-arm64
*/
import {execFileSync, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import process from 'node:process';
import {bundleModule, bundleProgram, root} from './bundle.js';
import {writeExtras} from './extras.js';
import {licenseOf, licensesOf} from './licenses.js';
import {linkAddon} from './link-addon.js';
import {glibcOf, isArch, loads, run, targetOf, type Arch, type Target} from './target.js';
import {trimIcu} from './trim-icu.js';

/** Node looks for it in its own octets; the last one says whether there is a program. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const folder = path.join(root, 'build');
const postject = path.join(path.dirname(createRequire(import.meta.url).resolve('postject')), 'cli.js');

/** The words of a licence that lie on this host, else where they are. */
const wordsOf = (name: string, file: string, address: string): string =>
	`${name}\n\n${fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : address}`;

/** Names for debuggers are a seventh of Node, ICU's data of other languages a quarter. Gives what was left as it is, in words; it needs binutils. */
const trim = (binary: string, {node, prefix}: Target): string => {
	try {
		// "00000000046be900 0000000001f92680 D icudt78_dat"
		const size = / (\w+) \w icudt\d+_dat$/mv.exec(run(`${prefix}nm`, '--dynamic', '--print-size', node))?.[1];
		trimIcu(binary, Number.parseInt(size ?? '', 16));
		return '';
	} catch (error) {
		return `, with all of ICU: ${(error as Error).message.split('\n', 1)[0]}`;
	}
};

/** Names of files below a folder, relative to it. */
const filesIn = (above: string): string[] => fs.readdirSync(above, {recursive: true, withFileTypes: true})
	.filter(one => one.isFile()).map(one => path.relative(above, path.join(one.parentPath, one.name)));

const build = async (arch: Arch): Promise<void> => {
	const target = targetOf(arch);
	const {node} = process.versions;
	const binary = path.join(folder, target.isOwn ? 'ipvstop' : `ipvstop-${arch}`);
	const parts = path.join(folder, `parts-${arch}`);
	const assets = path.join(parts, 'assets');
	fs.rmSync(parts, {recursive: true, force: true});
	const metafile = await bundleProgram(assets);
	await bundleModule('source/program/one-file.ts', path.join(parts, 'main.cjs'), 'cjs');
	await bundleModule('source/program/one-file.ts', path.join(assets, 'thread.js'), 'esm');
	await bundleModule('source/program/addon.ts', path.join(assets, 'addon.cjs'), 'cjs');
	const pcap = linkAddon(path.join(assets, 'pcap_binding.node'), target);
	await writeExtras(assets, licensesOf(metafile, [
		wordsOf(`Node.js ${node}`, target.license, `https://github.com/nodejs/node/blob/v${node}/LICENSE`),
		...pcap.hasAddon ? [licenseOf('node_modules/pcap')] : [],
		...pcap.hasLibrary ? [wordsOf('libpcap, BSD-3-Clause', '/usr/share/doc/libpcap0.8-dev/copyright', 'https://github.com/the-tcpdump-group/libpcap/blob/master/LICENSE')] : [],
	]));

	const blob = path.join(parts, 'blob');
	const config = path.join(parts, 'sea.json');
	fs.writeFileSync(config, JSON.stringify({
		main: path.join(parts, 'main.cjs'),
		output: blob,
		disableExperimentalSEAWarning: true,
		// Compiled code is of the processor that compiled it.
		useCodeCache: target.isOwn,
		assets: Object.fromEntries(filesIn(assets).map(name => [name, path.join(assets, name)])),
	}));
	execFileSync(process.execPath, ['--experimental-sea-config', config], {stdio: 'pipe'});

	// Whoever runs the former one keeps it.
	fs.rmSync(binary, {force: true});
	fs.copyFileSync(target.node, binary);
	fs.chmodSync(binary, 0o755);
	spawnSync(`${target.prefix}strip`, [binary], {stdio: 'ignore'});
	execFileSync(process.execPath, [postject, binary, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse], {stdio: 'pipe'});
	const icu = trim(binary, target);
	// For packages of the file.
	fs.rmSync(path.join(folder, 'share'), {recursive: true, force: true});
	fs.cpSync(path.join(assets, 'share'), path.join(folder, 'share'), {recursive: true});
	fs.rmSync(parts, {recursive: true});

	if (loads(target, binary) === false) {
		throw new Error(`The dynamic linker does not take ${binary}`);
	}

	// Of another kind of processor it cannot be run here.
	const version = target.isOwn ? execFileSync(binary, ['--version'], {encoding: 'utf8'}).trim() : '(not run here)';
	const glibc = glibcOf(target, binary);
	process.stdout.write(`${path.relative(root, binary)} ${version}, ${(fs.statSync(binary).size / 2 ** 20).toFixed(0)} MiB, Node ${node} for ${arch} and glibc ${glibc}, ${pcap.words}${icu}\n`);
};

const words = process.argv.slice(2);
const wanted = words.length === 0 ? [process.arch] : words;
for (const arch of wanted) {
	if (!isArch(arch)) {
		process.stderr.write(`There is no ${arch}; there are x64 and arm64.\n`);
		process.exit(2);
	}

	await build(arch);
}
