/* The scripts of --completion in the shells themselves: somebody types a line and presses Tab. */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {briefOf, options, type Completion} from '../../source/options/option-table.js';
import {plainEnvironment, run} from '../support/program.js';
import {openShell, whyNoShell, type Typist} from '../support/shell.js';

const bashCompletion = '/usr/share/bash-completion/bash_completion';
const shells = ['bash', 'zsh', 'fish'] as const;

let folder = '';
const scriptOf = (shell: string): string => path.join(folder, `script.${shell}`);

before(async () => {
	folder = mkdtempSync(path.join(tmpdir(), 'ipvstop-test-'));
	mkdirSync(path.join(folder, '.ssh'));
	writeFileSync(path.join(folder, '.ssh/known_hosts'), 'rs1.example.org ssh-ed25519 AAAA\n');
	writeFileSync(path.join(folder, 'my capture.pcap'), '');
	writeFileSync(path.join(folder, 'x$(touch evaluated);y'), '');
	for (const shell of shells) {
		const {code, stdout} = await run(['--completion', shell]);
		assert.equal(code, 0);
		writeFileSync(scriptOf(shell), stdout);
	}
});
after(() => {
	rmSync(folder, {recursive: true});
});

/** What is typed of a value, and what becomes of it. */
const typedOf = (completes: Completion): readonly [typed: string, whole: string] => {
	switch (completes) {
		case 'file': {
			return ['my', 'my capture.pcap'];
		}

		case 'interface': {
			return ['l', 'lo'];
		}

		case 'host': {
			return ['rs1.ex', 'rs1.example.org'];
		}

		case 'filter': {
			return ['event=takeover-', 'event=takeover-account'];
		}

		case 'command': {
			return ['setpri', 'setpriv'];
		}

		case 'sort-key': {
			return ['exp', 'expires'];
		}

		case 'record-fields': {
			return ['client,peD', 'client,peData'];
		}

		case 'columns': {
			return ['client,virt', 'client,virtual'];
		}

		case 'action': {
			return ['next-so', 'next-sort='];
		}

		default: {
			return [completes[0]!.slice(0, -1), completes[0]!];
		}
	}
};

/** Lines, and the arguments that the program is called with after Tab. */
const lines: ReadonlyArray<readonly [line: string, words: readonly string[]]> = [
	['--so', ['--sort']],
	['--list --no-alt', ['--list', '--no-alt-screen']],
	['--sort=exp', ['--sort=expires']],
	['--columns=client,fa', ['--columns=client,fate']],
	['--read=my', ['--read=my capture.pcap']],
	['-r a=my', ['-r', 'a=my capture.pcap']],
	['-jr my', ['-jr', 'my capture.pcap']],
	['-r x', ['-r', 'x$(touch evaluated);y']],
	['-il', ['-ilo']],
	['--seed 1 virt', ['--seed', '1', 'virtual=']],
	['state=time', ['state=time_wait']],
	['state!=tw,estab', ['state!=tw,established']],
	['-j proto=sc', ['-j', 'proto=sctp']],
	['\'!state=estab', ['!state=established']],
	['--on \'once 1m: event=takeover-', ['--on', 'once 1m: event=takeover-account']],
	['--list -- fate=ri', ['--list', '--', 'fate=risk']],
];

for (const shell of ['bash', 'zsh'] as const) {
	const inShell = {skip: whyNoShell(shell) ?? false};
	describe(`${shell}: Tab`, inShell, () => {
		let typist: Typist;
		before(async () => {
			typist = await openShell(shell, scriptOf(shell), {
				folder, environment: {HOME: folder},
				...(shell === 'bash' && existsSync(bashCompletion) && {setup: `source ${bashCompletion}`}),
			});
		});
		after(async () => {
			await typist.leave();
		});

		test('lists every option', async () => {
			const wanted = options.flatMap(({typed, letter}) => letter ? [typed, `-${letter}`] : [typed]);
			// zsh says what each is for, behind its name: that may come in a later piece.
			const briefs = shell === 'zsh' ? options.map(option => `-- ${briefOf(option)}`) : [];
			const screen = await typist.listed('ipvstop -', text => wanted.every(word => new RegExp(`(?<!\\S)${word}(?!\\S)`, 'v').test(text)) && briefs.every(brief => text.includes(brief)));
			assert.ok(screen.includes('--list'));
		});

		for (const {typed, letter, completes} of options.filter(option => option.completes)) {
			const needsHosts = completes === 'host' && shell === 'bash' && !existsSync(bashCompletion);
			const withHosts = {skip: needsHosts ? 'needs bash-completion, which knows the hosts of ssh' : false};
			test(`completes the value of ${typed}`, withHosts, async () => {
				const [begun, whole] = typedOf(completes!);
				assert.deepEqual(await typist.argumentsOf(`ipvstop ${typed} ${begun}`), [typed, whole]);
				if (letter) {
					assert.deepEqual(await typist.argumentsOf(`ipvstop -${letter} ${begun}`), [`-${letter}`, whole]);
				}
			});
		}

		for (const [line, words] of lines) {
			test(`completes ${line}`, async () => {
				assert.deepEqual(await typist.argumentsOf(`ipvstop ${line}`), words);
				assert.ok(!existsSync(path.join(folder, 'evaluated')), 'nothing that is found is run');
			});
		}
	});
}

const inFish = {skip: whyNoShell('fish') ?? false};
describe('fish: complete', inFish, () => {
	/** Each candidate with its description. */
	const candidates = (line: string): ReadonlyMap<string, string> => {
		const {status, stdout, stderr} = spawnSync('fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', scriptOf('fish'), line], {
			cwd: folder, env: {...plainEnvironment(), HOME: folder}, encoding: 'utf8', timeout: 100_000,
		});
		assert.deepEqual([status, stderr], [0, ''], line);
		return new Map(stdout.trimEnd().split('\n').map(text => {
			const [word = '', description = ''] = text.split('\t');
			return [word, description] as const;
		}));
	};

	test('offers every option with its description', () => {
		const long = candidates('ipvstop --');
		const short = candidates('ipvstop -');
		for (const option of options) {
			assert.equal(long.get(option.typed), briefOf(option));
			assert.equal(option.letter === undefined || short.get(`-${option.letter}`) === briefOf(option), true, option.typed);
		}
	});

	for (const {typed, completes} of options.filter(option => option.completes)) {
		test(`completes the value of ${typed}`, () => {
			const [begun, whole] = typedOf(completes!);
			assert.ok(candidates(`ipvstop ${typed} ${begun}`).has(whole), [...candidates(`ipvstop ${typed} ${begun}`).keys()].join('\n'));
		});
	}

	for (const [line, words] of lines) {
		test(`completes ${line}`, () => {
			const found = candidates(`ipvstop ${line}`);
			assert.ok(found.has(words.at(-1)!), [...found.keys()].join('\n'));
			assert.ok(!existsSync(path.join(folder, 'evaluated')), 'nothing that is found is run');
		});
	}
});
