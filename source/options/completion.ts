import {loadWords} from './completion-words.js';
import {type Shell} from './option-print.js';

/**
The script that completes the command line in a shell. It holds all words it offers and looks into /sys and at the shell's own
hosts; it runs nothing of what it finds there, nor ipvstop.
*/
export const completionScript = async (shell: Shell): Promise<string> => {
	const words = await loadWords();
	switch (shell) {
		case 'bash': {
			const {bashScript} = await import('./completion-bash.js');
			return bashScript(words);
		}

		case 'zsh': {
			const {zshScript} = await import('./completion-zsh.js');
			return zshScript(words);
		}

		case 'fish': {
			const {fishScript} = await import('./completion-fish.js');
			return fishScript(words);
		}
	}
};
