/*
Builds the addon of `pcap` for the Node that runs this script, when it does not load there already.

npm would build it for the Node that npm itself runs on, and removes an optional package whose build fails, which
`npm install` and `npm rebuild` do not undo. Therefore `allowScripts` keeps npm from building it in a checkout, and this
does. The headers of Node come with the package `node` or lie beside a system's Node; only where neither is true does node-gyp
download them.

Where libpcap's headers are missing this says so and succeeds: all but capture with libpcap works without. With `--must`
(`npm run build:pcap`) an addon that does not load in the end is an error.
*/
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

const root = path.dirname(import.meta.dirname);
const folder = path.join(root, 'node_modules/pcap');
const isRequired = process.argv.includes('--must');

/** In a process of its own: an addon built for another Node may do worse than throw, and stays loaded. */
const loads = (): boolean =>
	spawnSync(process.execPath, ['-e', 'require("pcap")'], {cwd: root, stdio: 'ignore'}).status === 0;

/** What keeps the addon from being built, and what to do about it. Only the compiler knows where it looks for headers. */
const obstacle = (): string | undefined => {
	const [compiler = '', ...options] = (process.env['CXX'] ?? 'c++').split(' ');
	const {error, status} = spawnSync(compiler, [...options, '-E', '-x', 'c++', '-'], {
		input: '#include <pcap.h>\n',
		stdio: ['pipe', 'ignore', 'ignore'],
	});
	if (error) {
		return 'there is no C++ compiler. Next: apt-get install build-essential python3 libpcap-dev';
	}

	return status === 0 ? undefined : 'the headers of libpcap are missing. Next: apt-get install libpcap-dev';
};

/** Where this Node is installed: a prefix of the system, or a package of the checkout. */
const own = path.dirname(path.dirname(fs.realpathSync(process.execPath)));

/** The folder that holds `include/node` of exactly this Node, undefined where none is at hand. */
const headersFolder = (): string | undefined => {
	const bundled = path.join(own, 'node_modules');
	const candidates = [own, ...fs.existsSync(bundled) ? fs.readdirSync(bundled).map(name => path.join(bundled, name)) : []];
	return candidates.find(candidate => {
		const header = path.join(candidate, 'include/node/node_version.h');
		const text = fs.existsSync(header) ? fs.readFileSync(header, 'utf8') : '';
		const numbers = ['MAJOR', 'MINOR', 'PATCH'].map(part => text.match(String.raw`#define NODE_${part}_VERSION (\d+)`)?.[1]);
		return numbers.join('.') === process.versions.node;
	});
};

/** node-gyp as npm brings it: npm names it to its scripts, older ones only name themselves. */
const nodeGyp = (): string => process.env['npm_config_node_gyp']
	?? createRequire(process.env['npm_execpath'] ?? process.execPath).resolve('node-gyp/bin/node-gyp.js');

const npm = (...options: readonly string[]): void => {
	spawnSync('npm', options, {cwd: root, stdio: 'ignore'});
};

/** Gets the package again where an npm that knows no `allowScripts` has tried to build it, failed and removed it. */
const fetchPackage = (): void => {
	const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
		readonly optionalDependencies: {readonly pcap: string};
	};
	npm('install', '--no-save', '--ignore-scripts', `pcap@${manifest.optionalDependencies.pcap}`);
};

/**
A package of Node brings its headers beside the lock file's knowledge, so that a later `npm install` takes them for rubbish;
installing it again brings them back.
*/
const fetchHeaders = (): string | undefined => {
	npm('rebuild', path.basename(own));
	return headersFolder();
};

/** Debian's node-gyp links its own Node into every addon; in a process of another Node that crashes. Gives true. */
const withoutSystemNode = (): boolean => {
	const makefile = path.join(folder, 'build/pcap_binding.target.mk');
	fs.writeFileSync(makefile, fs.readFileSync(makefile, 'utf8').replaceAll(/^\t-lnode \\\n/gmv, ''));
	return true;
};

/** Gives what went wrong. The output is kept in a file only then. */
const build = (): string | undefined => {
	const log = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-')), 'pcap.log');
	const output = fs.openSync(log, 'w');
	const headers = headersFolder() ?? fetchHeaders();
	// Settings for builds with another Node, of a person or a machine, are handed on by npm and must not reach this one.
	const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) =>
		!/^npm_(?:package_)?config_(?:node_gyp_)?(?:nodedir|target|runtime|disturl|dist_url)$/iv.test(name)));
	// Node closes the addon of a thread that ends before V8 has told it of the last objects that are gone: it stays mapped.
	environment['LDFLAGS'] = `${environment['LDFLAGS'] ?? ''} -Wl,-z,nodelete`;
	const gyp = (command: string): boolean => spawnSync(
		process.execPath,
		[nodeGyp(), command, ...headers ? [`--nodedir=${headers}`] : []],
		{cwd: folder, env: environment, stdio: ['ignore', output, output]},
	).status === 0;
	const isBuilt = gyp('clean') && gyp('configure') && withoutSystemNode() && gyp('build');
	fs.closeSync(output);
	if (isBuilt && loads()) {
		fs.rmSync(path.dirname(log), {recursive: true});
		return undefined;
	}

	// What does not load well may end the program that loads it.
	fs.rmSync(path.join(folder, 'build'), {recursive: true, force: true});
	return `the build failed, see ${log}. Next: mend that`;
};

const isThere = (): boolean => fs.existsSync(path.join(folder, 'binding.gyp'));

const attempt = (): string | undefined => {
	const problem = obstacle();
	if (problem) {
		return problem;
	}

	if (!isThere()) {
		fetchPackage();
	}

	return isThere() ? build() : 'the package is missing. Next: npm ci';
};

const problem = loads() ? undefined : attempt();

if (problem) {
	process.stderr.write(`pcap is not built, live capture will join the groups by UDP socket instead: ${problem}, then npm run build:pcap\n`);
	process.exitCode = isRequired ? 1 : 0;
} else if (isRequired) {
	process.stdout.write(`pcap loads in Node ${process.versions.node}\n`);
}
