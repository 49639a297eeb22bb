/*
What the guest needs and this host may not have: downloaded from the host's own Debian archive and unpacked into a folder of ours.
Nothing is installed on the host, so nothing is configured or started there.
*/
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** The kernel, and the programs that the guest runs; with what these need, if the host lacks it. */
const packages = ['user-mode-linux', 'keepalived', 'ipvsadm', 'tcpdump', 'iproute2', 'python3-minimal', 'libpython3-stdlib', 'kmod', 'util-linux'] as const;

/** Debian's folders at the root are links into /usr; a package may still bring /sbin/ipvsadm. */
const linked = ['bin', 'sbin', 'lib', 'lib64'] as const;

const cacheFolder = (): string => path.join(process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'ipvstop-lab');

const apt = (folder: string, ...words: readonly string[]) => {
	execFileSync('apt-get', ['--quiet', '--quiet', '-o', `Dir::Cache::archives=${folder}`, ...words], {
		stdio: ['ignore', 'ignore', 'pipe'], env: {...process.env, DEBIAN_FRONTEND: 'noninteractive'},
	});
};

const unpack = (file: string, folder: string) => {
	const archive = execFileSync('dpkg-deb', ['--fsys-tarfile', file], {maxBuffer: 2 ** 30});
	execFileSync('tar', ['--extract', '--keep-directory-symlink', '--directory', folder], {input: archive, stdio: ['pipe', 'ignore', 'pipe']});
};

/**
The folder with the unpacked packages, made by the first call on a host. Throws with what apt said when they cannot be had.
*/
export const unpackedPackages = (): string => {
	const folder = cacheFolder();
	const root = path.join(folder, 'root');
	if (fs.existsSync(root)) {
		return root;
	}

	fs.mkdirSync(folder, {recursive: true, mode: 0o700});
	const making = fs.mkdtempSync(path.join(folder, 'making-'));
	try {
		const [archives, unpacked] = ['archives', 'root'].map(name => path.join(making, name)) as [string, string];
		fs.mkdirSync(path.join(archives, 'partial'), {recursive: true});
		for (const name of linked) {
			fs.mkdirSync(path.join(unpacked, 'usr', name), {recursive: true});
			fs.symlinkSync(`usr/${name}`, path.join(unpacked, name));
		}

		const download = () => {
			apt(archives, 'install', '--download-only', '--yes', '--no-install-recommends', ...packages);
		};

		try {
			download();
		} catch {
			// A fresh Debian has no lists yet, or old ones.
			apt(archives, 'update');
			download();
		}

		for (const file of fs.readdirSync(archives).filter(name => name.endsWith('.deb'))) {
			unpack(path.join(archives, file), unpacked);
		}

		fs.renameSync(unpacked, root);
	} finally {
		fs.rmSync(making, {recursive: true, force: true});
	}

	return root;
};
