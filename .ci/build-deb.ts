/*
Builds a Debian package of the one file, with what belongs beside it, where Debian wants it. Debian's tools for packages of sources are not
needed: what is in it was built by `npm run build:binary`. `dpkg-deb` packs it.

    npm run build:deb                    build/ipvstop_VERSION_amd64.deb
    npm run build:deb -- arm64           build/ipvstop_VERSION_arm64.deb
*/
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {gzipSync} from 'node:zlib';
import {root} from './bundle.js';

const debianArch = {x64: 'amd64', arm64: 'arm64'} as const;

const build = path.join(root, 'build');
const service = path.join(root, 'media/service');
const {version, description} = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {readonly version: string; readonly description: string};
/** So that the same sources give the same octets: of the last commit, or as the packager says. */
const epoch = process.env['SOURCE_DATE_EPOCH'] ?? execFileSync('git', ['log', '-1', '--format=%ct'], {cwd: root, encoding: 'utf8'}).trim();

const packed = (text: string | Uint8Array): Uint8Array => gzipSync(text, {level: 9});

const changelog = `ipvstop (${version}) unstable; urgency=medium

  * See changelog.md of the sources, or /usr/share/doc/ipvstop/changelog.md.gz.

 -- ipvstop contributors <ipvstop@packages.invalid>  ${new Date(Number(epoch) * 1000).toUTCString().replace('GMT', '+0000')}
`;

const controlOf = (arch: keyof typeof debianArch, kibibytes: number): string => `Package: ipvstop
Version: ${version}
Architecture: ${debianArch[arch]}
Maintainer: ipvstop contributors <ipvstop@packages.invalid>
Installed-Size: ${kibibytes}
Depends: libc6 (>= 2.28), libgcc-s1 (>= 3.5), libstdc++6 (>= 9)
Suggests: prometheus, openssh-client
Section: net
Priority: optional
Description: ${description.replace(/^Watch/v, 'watch')}
 The directors of an LVS pair (Linux IPVS, keepalived) announce their
 connections to each other as multicast UDP. ipvstop listens on the same
 segment, rebuilds the table that a backup director would hold, and shows it
 live: who is master and by which evidence, the sessions of each virtual
 service, whether a takeover worked and which sessions were lost.
 .
 The service listens from its installation on and keeps what it hears. Nobody
 logs in to a director, and nothing is sent but a group join.
`;

const overrides = `# Node.js with its libraries inside, as nodejs.org publishes it: one file that runs on every Debian since 11.
ipvstop: embedded-library
ipvstop: unstripped-binary-or-object
ipvstop: hardening-no-pie
ipvstop: hardening-no-fortify-functions
ipvstop: binary-without-manpage
`;

const buildPackage = (arch: keyof typeof debianArch): string => {
	execFileSync(process.execPath, ['--import=tsx', path.join(root, '.ci/build-binary.ts'), arch], {cwd: root, stdio: ['ignore', 'inherit', 'inherit']});
	const folder = path.join(build, `deb-${arch}`);
	fs.rmSync(folder, {recursive: true, force: true});
	const put = (name: string, content: string | Uint8Array, mode = 0o644): void => {
		const file = path.join(folder, name);
		fs.mkdirSync(path.dirname(file), {recursive: true, mode: 0o755});
		fs.writeFileSync(file, content);
		fs.chmodSync(file, mode);
	};

	const read = (name: string): Buffer => fs.readFileSync(path.join(service, name));
	const share = path.join(build, 'share');
	for (const entry of fs.readdirSync(share, {recursive: true, withFileTypes: true}).filter(one => one.isFile())) {
		const name = path.relative(share, path.join(entry.parentPath, entry.name));
		const content = fs.readFileSync(path.join(share, name));
		if (name.startsWith('man/')) {
			put(`usr/share/${name}.gz`, packed(content));
		} else if (name !== 'doc/ipvstop/license' && !/service\/(?:ipvstop\.service|ipvstop\.sysusers|config\.toml)$/v.test(name)) {
			put(`usr/share/${name.replace('zsh/site-functions', 'zsh/vendor-completions')}`, content);
		}
	}

	put('usr/bin/ipvstop', fs.readFileSync(path.join(build, arch === process.arch ? 'ipvstop' : `ipvstop-${arch}`)), 0o755);
	put('lib/systemd/system/ipvstop.service', read('ipvstop.service').toString().replace('/usr/bin/env ipvstop', '/usr/bin/ipvstop'));
	put('usr/lib/sysusers.d/ipvstop.conf', read('ipvstop.sysusers'));
	put('etc/ipvstop/config.toml', read('config.toml'));
	put('usr/share/doc/ipvstop/copyright', `${read('debian/copyright').toString()}${fs.readFileSync(path.join(root, 'license'), 'utf8').trim().split('\n').slice(4).map(line => ` ${line || '.'}`).join('\n')}\n`);
	put('usr/share/doc/ipvstop/changelog.gz', packed(changelog));
	put('usr/share/doc/ipvstop/changelog.md.gz', packed(fs.readFileSync(path.join(root, 'changelog.md'))));
	put('usr/share/lintian/overrides/ipvstop', overrides);
	const kibibytes = fs.readdirSync(folder, {recursive: true, withFileTypes: true}).filter(one => one.isFile())
		.reduce((sum, one) => sum + Math.ceil(fs.statSync(path.join(one.parentPath, one.name)).size / 1024), 0);
	put('DEBIAN/control', controlOf(arch, kibibytes));
	put('DEBIAN/conffiles', '/etc/ipvstop/config.toml\n');
	for (const script of ['postinst', 'prerm', 'postrm']) {
		put(`DEBIAN/${script}`, read(`debian/${script}`), 0o755);
	}

	const file = path.join(build, `ipvstop_${version}_${debianArch[arch]}.deb`);
	execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '-z6', '--threads-max=2', '--build', folder, file], {env: {...process.env, SOURCE_DATE_EPOCH: epoch}, stdio: ['ignore', 'ignore', 'inherit']});
	fs.rmSync(folder, {recursive: true});
	return file;
};

const words = process.argv.slice(2);
for (const arch of words.length === 0 ? [process.arch] : words) {
	if (arch !== 'x64' && arch !== 'arm64') {
		process.stderr.write(`There is no ${arch}; there are x64 and arm64.\n`);
		process.exit(2);
	}

	const file = buildPackage(arch);
	process.stdout.write(`${path.relative(root, file)} ${(fs.statSync(file).size / 2 ** 20).toFixed(0)} MiB\n`);
}
