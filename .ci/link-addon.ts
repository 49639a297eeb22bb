/*
The addon of `pcap` for the single executable, with libpcap itself inside. The shared libpcap of a distribution asks for D-Bus and
a dozen other libraries, which a jump host need not have, and the host may have no libpcap at all.
*/
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {root} from './bundle.js';

const built = path.join(root, 'node_modules/pcap/build/Release');
const [compiler = '', ...options] = (process.env['CXX'] ?? 'c++').split(' ');

const run = (command: string, ...args: readonly string[]): string => execFileSync(command, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});

/**
What the archive lacks in a shared object. It is compiled for executables, which reach the streams of C without a detour; here they
are copies. D-Bus is asked only for a capture of D-Bus, which is none of our interfaces.
*/
const glue = (archive: string): string => {
	const names = new Set(run('nm', '--undefined-only', archive).match(/\bdbus_(?!create|findalldevs)\w+/gv));
	return `#include <stdio.h>
#include <stdlib.h>
#define HIDDEN extern "C" __attribute__((visibility("hidden")))
HIDDEN FILE *own_stdin, *own_stdout, *own_stderr;
FILE *own_stdin, *own_stdout, *own_stderr;
__attribute__((constructor)) static void copy() { own_stdin = stdin; own_stdout = stdout; own_stderr = stderr; }
${[...names].map(name => `HIDDEN void ${name}() { abort(); }`).join('\n')}
`;
};

/** Whether it loads, and has libpcap inside. In a process of its own: an addon may do worse than throw. */
const check = (file: string): void => {
	run(process.execPath, '--eval', `process.dlopen({exports: {}}, ${JSON.stringify(file)}, os.constants.dlopen.RTLD_NOW)`);
	if (run('ldd', file).includes('libpcap')) {
		throw new Error('The linker took the shared libpcap');
	}
};

const linkStatic = (output: string): void => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-link-'));
	try {
		const [archive, source] = ['libpcap.a', 'glue.cc'].map(name => path.join(folder, name)) as [string, string];
		const objects = fs.readdirSync(path.join(built, 'obj.target/pcap_binding')).filter(name => name.endsWith('.o'));
		const streams = ['stdin', 'stdout', 'stderr'].map(name => `--redefine-sym=${name}=own_${name}`);
		run('objcopy', ...streams, run(compiler, ...options, '-print-file-name=libpcap.a').trim(), archive);
		fs.writeFileSync(source, glue(archive));
		run(
			compiler, ...options, '-shared', '-fPIC', '-O2', '-s', '-o', output,
			...objects.map(name => path.join(built, 'obj.target/pcap_binding', name)), source, archive,
			'-Wl,--exclude-libs,ALL', '-Wl,--gc-sections',
		);
		check(output);
	} finally {
		fs.rmSync(folder, {recursive: true});
	}
};

/** What was made, in words too. */
export type LinkedAddon = {readonly hasAddon: boolean; readonly hasLibrary: boolean; readonly words: string};

/** Makes the best addon that can be made here; gives in words which. None is made where `npm run build:pcap` could make none. */
export const linkAddon = (output: string): LinkedAddon => {
	const shared = path.join(built, 'pcap_binding.node');
	if (!fs.existsSync(shared)) {
		return {hasAddon: false, hasLibrary: false, words: 'without libpcap: npm run build:pcap says why'};
	}

	try {
		linkStatic(output);
		return {hasAddon: true, hasLibrary: true, words: 'libpcap inside'};
	} catch (error) {
		fs.copyFileSync(shared, output);
		const why = (error as Error).message.split('\n').slice(0, 2).join(' ');
		return {hasAddon: true, hasLibrary: false, words: `libpcap needed beside it, since it could not be linked in: ${why}`};
	}
};
