/*
What an executable is made of for a kind of processor: Node, its headers, and the tools that know that processor. Of this host's own
kind it is the Node that runs the scripts of the repository; of another it is the same version from npm.
*/
import {execFileSync, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {root} from './bundle.js';

export type Arch = 'x64' | 'arm64';

export type Target = {
	readonly arch: Arch;
	readonly isOwn: boolean;
	/** The executable of Node. */
	readonly node: string;
	/** The folder of its `node.h`. */
	readonly headers: string;
	/** The licence of Node and of what is in it. */
	readonly license: string;
	/** A compiler of C++ with its first options. */
	readonly compiler: readonly string[];
	/** What the names of binutils begin with. */
	readonly prefix: string;
};

const triplets = {x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu'} as const satisfies Record<Arch, string>;

const emulators = {x64: 'qemu-x86_64-static', arm64: 'qemu-aarch64-static'} as const satisfies Record<Arch, string>;

export const isArch = (word: string): word is Arch => Object.hasOwn(triplets, word);

const first = (files: readonly string[]): string => files.find(file => fs.existsSync(file)) ?? files.at(-1)!;

const own = (arch: Arch): Target => {
	// The package `node`, or a system's.
	const packages = ['', `node_modules/node-linux-${arch}`, `lib/node_modules/node/node_modules/node-linux-${arch}`]
		.map(folder => path.join(path.dirname(path.dirname(fs.realpathSync(process.execPath))), folder));
	return {
		arch, isOwn: true, node: process.execPath, prefix: '',
		headers: first(packages.map(folder => path.join(folder, 'include/node'))),
		license: first(packages.map(folder => path.join(folder, 'LICENSE'))),
		compiler: (process.env['CXX'] ?? 'c++').split(' '),
	};
};

/** The package of Node for that processor, unpacked beside the packages of this repository; npm checks that it is what was published. */
const fetched = (arch: Arch): string => {
	const name = `node-linux-${arch}`;
	const folder = path.join(root, 'node_modules/.cache', `${name}-${process.versions.node}`);
	if (!fs.existsSync(path.join(folder, 'package/bin/node'))) {
		fs.mkdirSync(folder, {recursive: true});
		execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, `${name}@${process.versions.node}`], {stdio: ['ignore', 'ignore', 'inherit']});
		const file = fs.readdirSync(folder).find(one => one.endsWith('.tgz'));
		execFileSync('tar', ['--extract', '--gzip', `--file=${file}`], {cwd: folder});
		fs.rmSync(path.join(folder, file!));
	}

	return path.join(folder, 'package');
};

const other = (arch: Arch): Target => {
	const folder = fetched(arch);
	return {
		arch, isOwn: false, prefix: `${triplets[arch]}-`, compiler: [`${triplets[arch]}-g++`],
		node: path.join(folder, 'bin/node'), headers: path.join(folder, 'include/node'), license: path.join(folder, 'LICENSE'),
	};
};

export const targetOf = (arch: Arch): Target => arch === process.arch ? own(arch) : other(arch);

/** A program of binutils for that processor. Throws where it is missing or fails. */
export const run = (command: string, ...args: readonly string[]): string =>
	execFileSync(command, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26});

/**
Whether the dynamic linker for that processor takes a file and finds what it asks for. An emulator runs it for another processor; that
is all that can be tried there, since Node's own executable for arm64 never gets beyond the start of OpenSSL in qemu-user (7.2 and 10.0).
Gives undefined where there is no emulator.
*/
export const loads = ({arch, isOwn}: Target, file: string): boolean | undefined => {
	const emulator = isOwn ? 'env' : emulators[arch];
	const {error, status, stdout} = spawnSync(emulator, isOwn ? ['LD_TRACE_LOADED_OBJECTS=1', file] : ['-E', 'LD_TRACE_LOADED_OBJECTS=1', '-L', `/usr/${triplets[arch]}`, file], {encoding: 'utf8'});
	return error ? undefined : status === 0 && stdout.includes('libstdc++.so.6') && !stdout.includes('not found');
};

/** The newest glibc that a file asks for: `2.28`. */
export const glibcOf = ({prefix}: Target, file: string): string => {
	const versions = [...run(`${prefix}objdump`, '--private-headers', file).matchAll(/GLIBC_(\d+)\.(\d+)/gv)].map(match => [Number(match[1]), Number(match[2])] as const);
	const [major, minor] = versions.sort((a, b) => a[0] - b[0] || a[1] - b[1]).at(-1) ?? [0, 0];
	return `${major}.${minor}`;
};
