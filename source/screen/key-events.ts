import {type Key} from 'ink';

const named: ReadonlyArray<readonly [keyof Key, string]> = [
	['upArrow', 'Up'], ['downArrow', 'Down'], ['leftArrow', 'Left'], ['rightArrow', 'Right'], ['pageUp', 'PgUp'], ['pageDown', 'PgDn'],
	['home', 'Home'], ['end', 'End'], ['return', 'Enter'], ['escape', 'Esc'], ['backspace', 'Backspace'], ['delete', 'Delete'],
];

const controls: Readonly<Record<string, string>> = {'\r': 'Enter', '\n': 'Enter', '\t': 'Tab', '\b': 'Backspace', '\u007F': 'Backspace', '\u001B': 'Esc'};

const keyOf = (character: string): string => {
	const code = character.codePointAt(0)!;
	return controls[character] ?? (code < 0x20 ? `^${String.fromCodePoint(code + 0x40)}` : character);
};

/**
The keys of one read of the keyboard, by name: characters as they are, control ones as `^L`. ssh hands over several keys at once
(`jjj`), Ink gives them as one text, and single control keys as a letter with a flag.
*/
export const keysOf = (input: string, key: Key): string[] => {
	if (key.tab) {
		return [key.shift ? 'S-Tab' : 'Tab'];
	}

	const name = named.find(([flag]) => key[flag])?.[1];
	if (name !== undefined) {
		return [name];
	}

	if (key.ctrl && input.length === 1) {
		return [keyOf(String.fromCodePoint(input.codePointAt(0)! & 0x1f))];
	}

	// What is left of an escape sequence that nothing is bound to, such as a function key, is no text.
	return key.meta ? [] : [...input].map(character => keyOf(character));
};
