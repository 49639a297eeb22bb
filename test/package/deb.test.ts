/* The Debian package in roots of their own: installed, upgraded, removed and purged by apt, as on a fresh Debian 12 and 13. */
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {after, before, suite, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {plainEnvironment} from '../support/program.js';

const build = fileURLToPath(new URL('../../build', import.meta.url));
const {version} = JSON.parse(fs.readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {version: string};
const name = `ipvstop_${version}_amd64.deb`;
const file = path.join(build, name);

const isInstalled = (program: string): boolean => !spawnSync(program, ['--version']).error;

const whyNot = (): string | undefined => {
	if (!fs.existsSync(file)) {
		return `needs build/${name}: npm run build:deb`;
	}

	return process.getuid?.() === 0 && isInstalled('debootstrap') ? undefined : 'needs root and debootstrap';
};

const withLintian = {skip: fs.existsSync(file) && isInstalled('lintian') ? false : 'needs the package and lintian'};
const withObjdump = {skip: fs.existsSync(path.join(build, 'ipvstop')) && isInstalled('objdump') ? false : 'needs build/ipvstop'};
const onDebian = {skip: whyNot() ?? false, timeout: 400_000};

test('lintian finds no error in it', withLintian, () => {
	const {stdout} = spawnSync('lintian', ['--fail-on', 'none', file], {encoding: 'utf8'});
	assert.deepEqual(stdout.split('\n').filter(line => /^[EW]:/v.test(line)), []);
});

/** What Alma 8 has, the oldest of all that are named: glibc, and the libstdc++ of gcc 8. */
const oldest = {GLIBC: '2.28', GLIBCXX: '3.4.25', CXXABI: '1.3.11'} as const;

const isNewer = (one: string, other: string): boolean => one.localeCompare(other, 'en', {numeric: true}) > 0;

test('the file asks for no newer glibc and libstdc++ than Debian 11 and Alma 8 have', withObjdump, () => {
	const headers = execFileSync('objdump', ['--private-headers', path.join(build, 'ipvstop')], {encoding: 'utf8'});
	for (const [library, most] of Object.entries(oldest)) {
		const needed = [...headers.matchAll(new RegExp(String.raw`\b${library}_(\d[\d.]*)$`, 'gmv'))].map(match => match[1]!);
		assert.ok(needed.length > 0, library);
		assert.deepEqual(needed.filter(one => isNewer(one, most)), [], library);
	}
});

for (const [release, number] of [['bookworm', 12], ['trixie', 13]] as const) {
	suite(`on a fresh Debian ${number}`, onDebian, () => {
		const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-debian-'));
		const environment = {...plainEnvironment(), DEBIAN_FRONTEND: 'noninteractive', HOME: '/root'};

		/** Runs a command of that Debian; throws with what it said when it fails. */
		const there = (...words: readonly string[]): string => {
			const {status, stdout, stderr} = spawnSync('chroot', [folder, ...words], {env: environment, encoding: 'utf8'});
			assert.equal(status, 0, `${words.join(' ')}: ${stdout}${stderr}`);
			return stdout;
		};

		const exists = (name_: string): boolean => fs.existsSync(path.join(folder, name_));

		before(() => {
		// The mirror of this host.
			const sources = spawnSync('sh', ['-c', 'apt-get indextargets --format \'$(SITE)\' | head -1'], {encoding: 'utf8'}).stdout.trim();
			execFileSync('debootstrap', ['--variant=minbase', release, folder, ...sources === '' ? [] : [sources]], {stdio: ['ignore', 'ignore', 'inherit'], timeout: 300_000});
			// Others than root are to look into it.
			fs.chmodSync(folder, 0o755);
			execFileSync('mount', ['-t', 'proc', 'proc', path.join(folder, 'proc')]);
			fs.copyFileSync(file, path.join(folder, 'root', name));
			// As apt says that it may not start anything here.
			fs.writeFileSync(path.join(folder, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', {mode: 0o755});
		});

		after(() => {
			spawnSync('umount', [path.join(folder, 'proc')]);
			fs.rmSync(folder, {recursive: true, force: true});
		});

		test('apt installs it, with nothing that was not there', () => {
			const said = there('apt-get', 'install', '--yes', `/root/${name}`);
			assert.match(said, /0 upgraded, 1 newly installed, 0 to remove/v);
			assert.equal(there('ipvstop', '--version'), `${version}\n`);
			assert.match(there('ipvstop', '--demo', '--list', '--duration', '0.3'), /^IPVS connection entries\n/v);
			assert.match(there('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'ipvstop', '--demo', '--list', '--duration', '0.3'), /^IPVS connection entries\n/v, 'an ordinary user');
			assert.match(there('getent', 'passwd', 'ipvstop'), /:\/var\/lib\/ipvstop:\/usr\/sbin\/nologin$/mv);
			assert.equal(there('stat', '--format', '%U %G %a', '/var/lib/ipvstop'), 'ipvstop ipvstop 2750\n');
			for (const one of [
				'lib/systemd/system/ipvstop.service', 'usr/share/man/man1/ipvstop.1.gz', 'usr/share/bash-completion/completions/ipvstop', 'usr/share/zsh/vendor-completions/_ipvstop',
				'usr/share/fish/vendor_completions.d/ipvstop.fish', 'usr/share/doc/ipvstop/licenses.txt', 'etc/ipvstop/config.toml',
			]) {
				assert.ok(exists(one), one);
			}

			assert.match(there('cat', '/lib/systemd/system/ipvstop.service'), /^ExecStart=\/usr\/bin\/ipvstop --events/mv);
			assert.equal(there('ipvstop', '--print-config', '--config', '/etc/ipvstop/config.toml') === '', false);
		});

		test('an upgrade keeps the configuration and what was recorded, a removal too; a purge takes both', () => {
			const config = path.join(folder, 'etc/ipvstop/config.toml');
			fs.appendFileSync(config, 'interface = "eth1"\n');
			fs.writeFileSync(path.join(folder, 'var/lib/ipvstop/kept'), '');
			there('sh', '-c', `cd /root && dpkg-deb --raw-extract ${name} newer && sed -i 's/^Version: .*/&+1/' newer/DEBIAN/control && dpkg-deb --root-owner-group -Zgzip -z1 --build newer newer.deb`);
			there('apt-get', 'install', '--yes', '/root/newer.deb');
			assert.match(there('dpkg-query', '--show', 'ipvstop'), /\+1$/mv);
			assert.match(fs.readFileSync(config, 'utf8'), /interface = "eth1"/v);

			there('apt-get', 'remove', '--yes', 'ipvstop');
			assert.deepEqual([exists('usr/bin/ipvstop'), exists('etc/ipvstop/config.toml'), exists('var/lib/ipvstop/kept')], [false, true, true]);
			there('apt-get', 'purge', '--yes', 'ipvstop');
			assert.deepEqual([exists('etc/ipvstop'), exists('var/lib/ipvstop')], [false, false]);
		});
	});
}
