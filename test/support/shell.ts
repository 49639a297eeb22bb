import {spawnSync} from 'node:child_process';
import {openTerminal} from './terminal.js';

export type ShellName = 'bash' | 'zsh';

/** Why there is nothing to complete in, undefined when there is. */
export const whyNoShell = (name: ShellName | 'fish'): string | undefined => spawnSync(name, ['--version']).error ? `needs ${name}` : undefined;

/** A person at an interactive shell, who types a command line and presses Tab. */
export type Typist = {
	/** What a program called `ipvstop` is given as its arguments after Tab and Enter. */
	argumentsOf(line: string): Promise<readonly string[]>;
	/** What the screen shows after Tab, which bash wants twice, as soon as that fits. */
	listed(line: string, fits: (screen: string) => boolean): Promise<string>;
	leave(): Promise<void>;
};

const commands: Readonly<Record<ShellName, readonly string[]>> = {
	bash: ['bash', '--norc', '--noprofile', '-i'],
	zsh: ['zsh', '--no-rcs', '--no-globalrcs', '-i'],
};

/** Lists are shown whole and without a question; the prompt says how often it was shown. */
const settings: Readonly<Record<ShellName, string>> = {
	bash: 'bind "set completion-query-items 1000"; bind "set page-completions off"; bind "set enable-bracketed-paste off"; bind "set show-all-if-ambiguous off"',
	zsh: 'LISTMAX=1000; unsetopt beep; autoload -Uz compinit; compinit -D -u; unset zle_bracketed_paste',
};

/** Opens a shell that has read `setup` and then the script in a file. */
export const openShell = async (name: ShellName, script: string, {setup = ':', environment = {}, folder = '/'}: {readonly setup?: string; readonly environment?: Readonly<Record<string, string>>; readonly folder?: string} = {}): Promise<Typist> => {
	const terminal = openTerminal([], {command: ['env', '-C', folder, ...commands[name]], columns: 150, rows: 120, environment});
	let asked = 0;
	terminal.type(`${settings[name]}; ${setup}; source ${script}; ipvstop() { printf '\\033[2J\\033[HGIVEN'; printf '<%s>' "$@"; echo END; }; PS1='at $((++prompts))> '\r`);
	if (name === 'zsh') {
		terminal.type('setopt prompt_subst\r');
	}

	const isReady = (screen: string): boolean => /^at \d+> ?$/mv.test(screen.trimEnd().split('\n').at(-1) ?? '');
	await terminal.until(isReady);
	const clear = async () => {
		asked++;
		terminal.type(`printf '\\033[2J\\033[H'; echo cleared ${asked}\r`);
		await terminal.until(screen => screen.startsWith(`cleared ${asked}`) && isReady(screen));
	};

	return {
		async argumentsOf(line) {
			await clear();
			terminal.type(`${line}\t\r`);
			const screen = await terminal.until(text => /^GIVEN.*END$/msv.test(text) && isReady(text));
			return [.../^GIVEN<(?<words>.*)>END$/msv.exec(screen)?.groups!['words']!.split('><') ?? []];
		},
		async listed(line, fits) {
			await clear();
			terminal.type(`${line}\t${name === 'bash' ? '\t' : ''}`);
			const screen = await terminal.until(fits);
			// Discards the line and clears the screen; the signal of ^C could end a completion that is just done.
			terminal.type('\u0015\f');
			await terminal.until(isReady);
			return screen;
		},
		async leave() {
			terminal.kill('SIGKILL');
			await terminal.exit;
		},
	};
};
