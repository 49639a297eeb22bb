import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {unpackedPackages} from './packages.js';

const commands = ['apt-get', 'dpkg-deb', 'tar', 'unshare', 'setpriv'] as const;

const isThere = (command: string): boolean =>
	['/usr/sbin', '/usr/bin', '/sbin', '/bin'].some(folder => fs.existsSync(path.join(folder, command)));

/** A kernel whose first process ended at once says so, and waits for ever. */
const firstProcessEnded = 'Attempted to kill init';
const trialMs = 60_000;

/** Boots the kernel for a moment: where namespaces or ptrace are forbidden, as in some containers, it cannot. */
const whyNoKernel = async (packages: string): Promise<string | undefined> => {
	const memory = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-lab-'));
	const child = spawn('unshare', [
		'--pid', '--mount', '--mount-proc', '--fork', '--kill-child', path.join(packages, 'usr/bin/linux.uml'), 'mem=64M', `uml_dir=${memory}`,
		'root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'ro', 'init=/bin/true', 'con=null', 'con0=null,fd:1', 'ssl=null',
	], {stdio: ['ignore', 'pipe', 'pipe'], env: {PATH: process.env['PATH'] ?? '', TMPDIR: memory}, timeout: trialMs, killSignal: 'SIGKILL'});
	let said = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding('utf8').on('data', (piece: string) => {
			said += piece;
			if (said.includes(firstProcessEnded)) {
				child.kill('SIGKILL');
			}
		});
	}

	try {
		await once(child, 'close');
		return said.includes(firstProcessEnded) ? undefined : said.trim().slice(-300);
	} catch (error) {
		return (error as Error).message;
	} finally {
		fs.rmSync(memory, {recursive: true, force: true, maxRetries: 20, retryDelay: 100});
	}
};

/** Why no guest can be booted here, undefined when it can: found by trying. */
export const whyNoLab = async (): Promise<string | undefined> => {
	if (process.platform !== 'linux' || process.arch !== 'x64') {
		return 'needs Linux on x64: Debian has user-mode-linux for it alone';
	}

	if (process.getuid?.() !== 0) {
		return 'needs root to give the guest the files of this host';
	}

	const missing = commands.filter(command => !isThere(command));
	if (missing.length > 0) {
		return `needs ${missing.join(', ')}`;
	}

	let packages: string;
	try {
		packages = unpackedPackages();
	} catch (error) {
		return `needs packages of Debian that cannot be had here: ${(error as Error).message}`;
	}

	const problem = await whyNoKernel(packages);
	return problem === undefined ? undefined : `user-mode-linux does not boot here: ${problem}`;
};
