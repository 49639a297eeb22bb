/*
The addon of `pcap` for the single executable, with libpcap itself inside. The shared libpcap of a distribution asks for D-Bus and
a dozen other libraries, which a jump host need not have, and the host may have no libpcap at all.
*/
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {root} from './bundle.js';
import {glibcOf, run, type Target} from './target.js';

const sources = path.join(root, 'node_modules/pcap');
const built = path.join(sources, 'build/Release/pcap_binding.node');

/** As node-gyp has an addon compiled, by Node's `common.gypi`. */
const options = [
	'-std=gnu++20', '-O2', '-fPIC', '-fno-rtti', '-fno-exceptions', '-ffunction-sections', '-fdata-sections', '-w', '-D_FILE_OFFSET_BITS=64',
	'-D_GLIBCXX_USE_CXX11_ABI=1', '-DBUILDING_NODE_EXTENSION', '-DNODE_GYP_MODULE_NAME=pcap_binding', '-DUSING_UV_SHARED=1', '-DUSING_V8_SHARED=1',
];

/**
What the archive lacks in a shared object. It is compiled for executables, which reach the streams of C without a detour; here they
are copies. `stat` became a function of glibc in 2.33, and is asked of the kernel, whose record is the same on 64 bits. D-Bus is asked
only for a capture of D-Bus, which is none of our interfaces.
*/
const glue = (archive: string, {prefix}: Target): string => {
	const names = new Set(run(`${prefix}nm`, '--undefined-only', archive).match(/\bdbus_(?!create|findalldevs)\w+/gv));
	return `#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/syscall.h>
#define HIDDEN extern "C" __attribute__((visibility("hidden")))
HIDDEN FILE *own_stdin, *own_stdout, *own_stderr;
FILE *own_stdin, *own_stdout, *own_stderr;
__attribute__((constructor)) static void copy() { own_stdin = stdin; own_stdout = stdout; own_stderr = stderr; }
HIDDEN int own_stat(const char *path, void *out) { return syscall(SYS_newfstatat, AT_FDCWD, path, out, 0); }
${[...names].map(name => `HIDDEN void ${name}() { abort(); }`).join('\n')}
`;
};

/** Whether it loads, has libpcap inside and asks for no newer glibc than Node. In a process of its own: an addon may do worse than throw. */
const check = (file: string, target: Target): void => {
	const {prefix, isOwn, node} = target;
	if (isOwn) {
		run(node, '--eval', `process.dlopen({exports: {}}, ${JSON.stringify(file)}, os.constants.dlopen.RTLD_NOW)`);
	}

	if (run(`${prefix}objdump`, '--private-headers', file).includes('libpcap')) {
		throw new Error('The linker took the shared libpcap');
	}

	const [needed, most] = [glibcOf(target, file), glibcOf(target, node)];
	if (Number(needed.split('.')[1]) > Number(most.split('.')[1])) {
		throw new Error(`it asks for glibc ${needed}, Node for ${most} only`);
	}
};

const linkStatic = (output: string, target: Target): void => {
	const {prefix, headers} = target;
	const [compiler = '', ...first] = target.compiler;
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-link-'));
	try {
		const [archive, source] = ['libpcap.a', 'glue.cc'].map(name => path.join(folder, name)) as [string, string];
		const own = ['stdin', 'stdout', 'stderr', 'stat'].map(name => `--redefine-sym=${name}=own_${name}`);
		run(`${prefix}objcopy`, ...own, run(compiler, ...first, '-print-file-name=libpcap.a').trim(), archive);
		fs.writeFileSync(source, glue(archive, target));
		run(
			compiler, ...first, ...options, '-shared', '-s', '-o', output, `-I${headers}`, `-I${path.join(root, 'node_modules/nan')}`,
			...['pcap_binding.cc', 'pcap_session.cc'].map(name => path.join(sources, name)), source, archive,
			// Node closes the addon of a thread that ends before V8 has told it of the last objects that are gone: it stays mapped.
			'-Wl,--exclude-libs,ALL', '-Wl,--gc-sections', '-Wl,-z,nodelete',
		);
		check(output, target);
	} finally {
		fs.rmSync(folder, {recursive: true});
	}
};

/** What was made, in words too. */
export type LinkedAddon = {readonly hasAddon: boolean; readonly hasLibrary: boolean; readonly words: string};

/** Makes the best addon that can be made here; gives in words which. */
export const linkAddon = (output: string, target: Target): LinkedAddon => {
	if (!fs.existsSync(path.join(sources, 'binding.gyp'))) {
		return {hasAddon: false, hasLibrary: false, words: 'without libpcap: the package pcap is missing, npm ci brings it'};
	}

	try {
		linkStatic(output, target);
		return {hasAddon: true, hasLibrary: true, words: 'libpcap inside'};
	} catch (error) {
		const why = (error as Error).message.split('\n').slice(0, 2).join(' ');
		fs.rmSync(output, {force: true});
		if (!target.isOwn || !fs.existsSync(built)) {
			return {hasAddon: false, hasLibrary: false, words: `without libpcap, which could not be linked in: ${why}`};
		}

		fs.copyFileSync(built, output);
		return {hasAddon: true, hasLibrary: false, words: `libpcap needed beside it, since it could not be linked in: ${why}`};
	}
};
