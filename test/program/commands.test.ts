/*
Each command line of the documents, as it stands, by a shell: `ipvstop` in it is the built program, which takes the whole line to pieces and says what is
in effect (`--print-config`), so a wrong option, filter, trigger or target fails. What is under a `$` runs for real (media/drift.test.ts). Programs of others stand in for
themselves here: they would install, ask for root or for another host.
*/
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {after, before, suite, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {examples} from '../../source/options/option-help.js';
import {plainEnvironment, program} from '../support/program.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const documents = ['readme.md', 'source/readme.md', 'media/manual/readme.md', 'media/manual/ipvstop.1.md', 'media/examples/readme.md', 'test/lab/readme.md'] as const;

/** They change the system, need systemd or an interface, or are tried elsewhere: a package in test/package, the programs of media/examples in test/media. */
const notHere = ['apt', 'systemctl', 'usermod', 'install', 'npx', 'tcpdump', 'takeovers.py', 'ends.sh'];

/** Of `cp` is looked that what it copies is there, of `npm` that its script is, and what it hands to the program. */
const stubs: Readonly<Record<string, string>> = {
	sudo: 'exec "$@"',
	ipvstop: `exec '${process.execPath}' '${program}' --no-config --print-config "$@"`,
	// What the package brings lies in dist/share.
	cp: `for word in "$@"; do case $word in /usr/share/doc/ipvstop/*) test -e "${root}dist\${word#/usr}" || exit 1;; esac; done`,
	npm: `case $1 in
run) grep --quiet --fixed-strings "\\"$2\\": \\"" "${root}package.json" || exit 1;;
start|test|install|pack) ;;
*) exit 1;;
esac
if [ "$1" = start ]; then
	while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
	shift; exec ipvstop "$@"
fi`,
	...Object.fromEntries(notHere.map(name => [name, 'exit 0'])),
};

/** Placeholders of a sentence, as somebody would fill them in. */
const filledIn = (line: string): string => line
	.replace('--on …', '--on event=takeover --exec true')
	.replaceAll('HOST', 'host').replaceAll('SITE2', 'rack2').replaceAll('SITE', 'rack1').replaceAll(/\b(?:NUMBER|FOLDER|NAME)\b/gv, 'x')
	.replaceAll(String.raw`\|`, '|').replace('/usr/local', './prefix').replaceAll('[ filter …]', '');

const startsCommand = /^(?:\w+=\S* )*(?:sudo |npm |npx |export |ipvstop\b|tcpdump )/v;

/** Command lines of the blocks for a shell, and of the sentences that name one of ours. */
const commandsOf = (name: string): string[] => {
	const text = fs.readFileSync(path.join(root, name), 'utf8');
	const blocks = [...text.matchAll(/^```(?:sh)?\n([\s\S]*?)^```$/gmv)].flatMap(match => match[1]!.replaceAll('\\\n', ' ').split('\n')).filter(line => startsCommand.test(line));
	const spans = [...text.replaceAll(/^```[\s\S]+?^```$/gmv, '').matchAll(/`([^`\n]+)`/gv)].map(match => match[1]!).filter(span => /^(?:sudo )?(?:ipvstop|npm run) \S/v.test(span) && !span.includes('*') && !filledIn(span).includes('…'));
	return [...new Set([...blocks, ...spans])];
};

suite('each command of the documents is one', () => {
	let folder = '';
	before(() => {
		folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-commands-'));
		for (const [name, script] of Object.entries(stubs)) {
			fs.writeFileSync(path.join(folder, name), `#!/bin/bash\n${script}\n`, {mode: 0o755});
		}
	});
	after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});

	const shell = (line: string) => spawnSync('bash', ['-c', `set -o pipefail; ${filledIn(line)}`], {
		cwd: folder, encoding: 'utf8', timeout: 200_000, input: '', env: {...plainEnvironment(), PATH: `${folder}:/usr/bin:/bin`},
	});

	for (const name of documents) {
		test(name, () => {
			const lines = commandsOf(name);
			assert.ok(lines.length > 0);
			for (const line of lines) {
				const {status, stderr} = shell(line);
				assert.equal(status, 0, `${line}\n${stderr}`);
			}
		});
	}

	test('the examples of --help and of the manual page', () => {
		for (const [command] of examples) {
			const {status, stderr} = shell(command);
			assert.equal(status, 0, `${command}\n${stderr}`);
		}
	});

	test('a wrong option, filter or target would be found', () => {
		for (const line of ['sudo ipvstop --nosuch', 'ipvstop state=nosuch', 'ipvstop -w nats://HOST/a,b', 'npm run nosuch', 'npm start -- --nosuch', 'sudo cp /usr/share/doc/ipvstop/nosuch /etc', 'nosuch', 'ipvstop --on event=nosuch --exec true']) {
			assert.notEqual(shell(line).status, 0, line);
		}
	});
});
