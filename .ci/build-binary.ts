/*
Builds build/ipvstop, one file that needs neither Node nor npm: the repository's own Node with the program and the addon of
libpcap inside, as Node's single executable applications are made
(https://nodejs.org/api/single-executable-applications.html). It runs where that Node runs.
*/
import {execFileSync, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import process from 'node:process';
import {bundleModule, bundleProgram, root} from './bundle.js';
import {licenseOf, licensesOf} from './licenses.js';
import {linkAddon} from './link-addon.js';

/** Node looks for it in its own octets; the last one says whether there is a program. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const folder = path.join(root, 'build');
const parts = path.join(folder, 'parts');
const binary = path.join(folder, 'ipvstop');
const postject = path.join(path.dirname(createRequire(import.meta.url).resolve('postject')), 'cli.js');

fs.rmSync(folder, {recursive: true, force: true});
const metafile = await bundleProgram(path.join(parts, 'assets'));
const assets = path.join(parts, 'assets');
await bundleModule('source/program/one-file.ts', path.join(parts, 'main.cjs'), 'cjs');
await bundleModule('source/program/one-file.ts', path.join(assets, 'thread.js'), 'esm');
await bundleModule('source/program/addon.ts', path.join(assets, 'addon.cjs'), 'cjs');
const pcap = linkAddon(path.join(assets, 'pcap_binding.node'));

/** The words of a licence that lie on this host, else where they are. */
const wordsOf = (name: string, files: readonly string[], address: string): string => {
	const file = files.find(one => fs.existsSync(one));
	return `${name}\n\n${file === undefined ? address : fs.readFileSync(file, 'utf8').trim()}`;
};

const {node} = process.versions;
const nodePackages = path.join(root, 'node_modules/node/node_modules');
const licenses = licensesOf(metafile, [
	wordsOf(
		`Node.js ${node}`,
		fs.existsSync(nodePackages) ? fs.readdirSync(nodePackages).map(name => path.join(nodePackages, name, 'LICENSE')) : [],
		`https://github.com/nodejs/node/blob/v${node}/LICENSE`,
	),
	...pcap.hasAddon ? [licenseOf('node_modules/pcap')] : [],
	...pcap.hasLibrary ? [wordsOf('libpcap, BSD-3-Clause', ['/usr/share/doc/libpcap-dev/copyright'], 'https://github.com/the-tcpdump-group/libpcap/blob/master/LICENSE')] : [],
]);
fs.writeFileSync(path.join(assets, 'licenses.txt'), licenses);

const blob = path.join(parts, 'blob');
const config = path.join(parts, 'sea.json');
fs.writeFileSync(config, JSON.stringify({
	main: path.join(parts, 'main.cjs'),
	output: blob,
	disableExperimentalSEAWarning: true,
	useCodeCache: true,
	assets: Object.fromEntries(fs.readdirSync(assets).map(name => [name, path.join(assets, name)])),
}));
execFileSync(process.execPath, ['--experimental-sea-config', config], {stdio: 'pipe'});

fs.copyFileSync(process.execPath, binary);
fs.chmodSync(binary, 0o755);
// A seventh of it are names for debuggers. Without binutils they stay.
spawnSync('strip', [binary], {stdio: 'ignore'});
execFileSync(process.execPath, [postject, binary, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse], {stdio: 'pipe'});
fs.writeFileSync(path.join(folder, 'licenses.txt'), licenses);
fs.rmSync(parts, {recursive: true});

const version = execFileSync(binary, ['--version'], {encoding: 'utf8'}).trim();
process.stdout.write(`build/ipvstop ${version}, ${(fs.statSync(binary).size / 2 ** 20).toFixed(0)} MiB, Node ${node}, ${pcap.words}\n`);
