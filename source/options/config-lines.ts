/** From the whole file down to a value: names of keys, and places in arrays. */
export type KeyPath = ReadonlyArray<string | number>;

const has = (value: unknown, path: KeyPath): boolean => {
	let here = value;
	for (const step of path) {
		if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) {
			return false;
		}

		here = (here as Record<string | number, unknown>)[step];
	}

	return true;
};

/**
The line, from 1, on which a key stands in a TOML text that parses; 0 when it is not there. The parser tells places of syntax errors
only, but lines can be taken away from the end: the key stands on the first line without which it is missing. A beginning that
does not parse ends within a value of several lines, and its last line that does is the one before that value.
*/
export const lineOfKey = (text: string, path: KeyPath, parse: (text: string) => unknown): number => {
	const lines = text.split('\n');
	/** The most lines, up to `count`, that parse, and whether the key is among them. */
	const among = (count: number): {readonly count: number; readonly isThere: boolean} => {
		for (let some = count; some > 0; some--) {
			try {
				return {count: some, isThere: has(parse(lines.slice(0, some).join('\n')), path)};
			} catch {
				// Ends within a value.
			}
		}

		return {count: 0, isThere: false};
	};

	let without = 0;
	let withIt = lines.length;
	if (!among(withIt).isThere) {
		return 0;
	}

	while (withIt - without > 1) {
		const middle = Math.floor((without + withIt) / 2);
		const {isThere} = among(middle);
		if (isThere) {
			withIt = middle;
		} else {
			without = middle;
		}
	}

	// Comments and empty lines before the value parse as well.
	return among(withIt - 1).count + 1;
};
