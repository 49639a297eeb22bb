/*
A pattern that matches in any case without the flag `i`, which V8's linear engine does not have: it is rewritten so that it finds in
the lower case of a text what it would find with that flag in the text. ECMA-262 22.2.1 and B.1.2, without Unicode mode.
*/

/** One character or class: an escape that says a code, any other escape, or the character itself. */
const atoms = /\\(?:x[\dA-Fa-f]{2}|u[\dA-Fa-f]{4}|c[A-Za-z]|[0-3][0-7]{0,2}|[4-7][0-7]?|.)|./gsv;

/** Capital letters of Latin-1, which is all that texts hold; their small letters come 32 later. */
const capitals = [[0x41, 0x5a], [0xc0, 0xd6], [0xd8, 0xde]] as const;
const toSmall = 32;

const controls: Readonly<Record<string, number>> = {n: 10, r: 13, t: 9, v: 11, f: 12, b: 8};
/** Octal escapes of two digits or fewer may be references back; no pattern has as many groups as there are capital letters. */
const leastOctal = 3;

const escaped = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;

/** The code of the character that an atom stands for; undefined for classes and what else is more than one. */
const codeOf = (atom: string, inClass: boolean): number | undefined => {
	if (!atom.startsWith('\\') || atom.length === 1) {
		return atom.charCodeAt(0);
	}

	const kind = atom[1]!;
	if (atom.length > 2 && (kind === 'x' || kind === 'u')) {
		return Number.parseInt(atom.slice(2), 16);
	}

	if (/[0-7]/v.test(kind)) {
		return inClass || atom.length > leastOctal ? Number.parseInt(atom.slice(1), 8) : undefined;
	}

	if (kind === 'c') {
		return atom.length > 2 ? atom.charCodeAt(2) % 32 : undefined;
	}

	if (/[dswk]/iv.test(kind) || (/b/iv.test(kind) && !(inClass && kind === 'b'))) {
		// `\K` and, in a class, `\B` are letters.
		return kind === 'K' || (inClass && kind === 'B') ? kind.charCodeAt(0) : undefined;
	}

	return controls[kind] ?? kind.charCodeAt(0);
};

/** The members of a class from `low` to `high`, and the small letters of its capitals. */
const range = (low: number, high: number): string => {
	const small = capitals
		.map(([first, last]) => [Math.max(low, first), Math.min(high, last)] as const)
		.filter(([first, last]) => first <= last);
	return [[low, high] as const, ...small.map(([first, last]) => [first + toSmall, last + toSmall] as const)]
		.map(([first, last]) => first === last ? escaped(first) : `${escaped(first)}-${escaped(last)}`)
		.join('');
};

/** In a class `\\c` also goes with a digit or `_`, and else stands for two characters. */
const withoutControls = (members: readonly string[]): string[] => members.flatMap((member, at) => {
	if (member === '\\c') {
		return /^[\d_]$/v.test(members[at + 1] ?? '') ? [] : ['\\\\', 'c'];
	}

	return members[at - 1] === '\\c' && /^[\d_]$/v.test(member) ? escaped(member.charCodeAt(0) % 32) : member;
});

/** What stands between the brackets of a class. */
const classInAnyCase = (raw: readonly string[]): string => {
	const members = withoutControls(raw);
	let result = '';
	for (let at = 0; at < members.length; at++) {
		const low = codeOf(members[at]!, true);
		const high = members[at + 1] === '-' && members[at + 2] !== undefined ? codeOf(members[at + 2]!, true) : undefined;
		if (low === undefined) {
			result += members[at]!;
		} else if (high === undefined) {
			result += range(low, low);
		} else {
			result += range(low, high);
			at += 2;
		}
	}

	return result;
};

/** The pattern for texts in lower case. What is no pattern stays none. */
export const inAnyCase = (source: string): string => {
	const all: readonly string[] = source.match(atoms) ?? [];
	let result = '';
	for (let at = 0; at < all.length; at++) {
		const atom = all[at]!;
		const end = atom === '[' ? all.indexOf(']', at + 1) : -1;
		if (end !== -1) {
			const start = all[at + 1] === '^' ? at + 2 : at + 1;
			result += `[${start > at + 1 ? '^' : ''}${classInAnyCase(all.slice(start, end))}]`;
			at = end;
			continue;
		}

		const code = codeOf(atom, false);
		result += code !== undefined && capitals.some(([first, last]) => code >= first && code <= last) ? escaped(code + toSmall) : atom;
	}

	return result;
};
