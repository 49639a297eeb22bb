/**
Cuts a command into words as a shell would: by blanks, with '…', "…" and \ for quoting. Nothing is expanded.
Gives undefined when a quote is not closed.
*/
export const commandWords = (command: string): string[] | undefined => {
	const words: string[] = [];
	let word: string | undefined;
	let quote = '';
	for (let index = 0; index < command.length; index++) {
		const character = command[index]!;
		if (quote === '\'') {
			if (character === quote) {
				quote = '';
			} else {
				word += character;
			}
		} else if (character === '\\') {
			index++;
			// Between double quotes a backslash only quotes what could end them or itself.
			const next = command[index] ?? '';
			word = (word ?? '') + (quote === '"' && next !== '"' && next !== '\\' ? '\\' + next : next);
		} else if (quote === '"') {
			if (character === quote) {
				quote = '';
			} else {
				word += character;
			}
		} else if (character === '\'' || character === '"') {
			quote = character;
			word ??= '';
		} else if (/\s/.test(character)) {
			if (word !== undefined) {
				words.push(word);
				word = undefined;
			}
		} else {
			word = (word ?? '') + character;
		}
	}

	if (quote !== '') {
		return undefined;
	}

	if (word !== undefined) {
		words.push(word);
	}

	return words;
};

const logPattern = /^(?<host>(?:[^\s@:\/]+@)?(?:\[[\da-f:.%]+\]|[^\s:\[\]\/]+)):(?:log|(?<folder>\/(?:\S*\/)?))$/iv;

/** `HOST:log`, the log of the service there, or `HOST:/path/`; undefined for all else. One that starts with a dash would be an option of ssh. */
export const logOfHost = (text: string): {readonly host: string; readonly folder?: string | undefined} | undefined => {
	const {host, folder} = logPattern.exec(text)?.groups ?? {};
	return host === undefined || host.startsWith('-') ? undefined : {host, folder};
};

/** Whether a `--via` opens a log. */
export const isViaLog = (target: string): boolean => logOfHost(target.replace(/^\w[\w.\-]*=/v, '').trim()) !== undefined;
