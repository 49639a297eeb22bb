/** Edits between two words: insert, delete, replace, swap of neighbours. */
const distance = (one: string, other: string): number => {
	const rows = [Array.from({length: other.length + 1}, (_, index) => index)];
	for (let row = 1; row <= one.length; row++) {
		rows[row] = [row];
		for (let column = 1; column <= other.length; column++) {
			const cost = one[row - 1] === other[column - 1] ? 0 : 1;
			let least = Math.min(rows[row - 1]![column]! + 1, rows[row]![column - 1]! + 1, rows[row - 1]![column - 1]! + cost);
			if (row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]) {
				least = Math.min(least, rows[row - 2]![column - 2]! + 1);
			}

			rows[row]![column] = least;
		}
	}

	return rows[one.length]![other.length]!;
};

const longestWord = 24;

/** The known word that was most likely meant, if any is near. */
export const nearest = (word: string, known: Iterable<string>): string | undefined => {
	const typed = word.toLowerCase();
	if (typed.length < 2 || typed.length > longestWord) {
		return undefined;
	}

	let best: string | undefined;
	let least = Math.min(2, Math.floor(typed.length / 2)) + 1;
	for (const candidate of known) {
		const name = candidate.toLowerCase();
		const edits = typed.length >= 3 && name.startsWith(typed) ? 1 : distance(typed, name);
		if (edits < least) {
			least = edits;
			best = candidate;
		}
	}

	return best;
};

/** `; did you mean X?`, or a list of what there is when nothing is near. */
export const meant = (word: string, known: readonly string[]): string => {
	const near = nearest(word, known);
	return near === undefined ? `; there is ${known.join(' ')}` : `; did you mean ${near}?`;
};
