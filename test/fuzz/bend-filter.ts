import {type Random} from '../../source/demo/random.js';
import {fieldNames, fields} from '../../source/filter/fields.js';
import {bareWords} from '../../source/filter/expression.js';

const operators = ['=', '==', '!=', '<', '<=', '>', '>=', '~', '!~'];
const joints = [' ', ' and ', ' or ', ' && ', ' || ', ',', '&', '|'];
const fieldWords = fieldNames.flatMap(name => [name, ...fields[name].aliases ?? []]);
const values = [
	'192.0.2.10', '192.0.2.10:443', '203.0.', '203.0.113.0/24', '0.0.0.0/0', '255.255.255.255/32', '2001:db8::/32', '::', '::/0', '::ffff:192.0.2.1', '[2001:db8::1]:443',
	'[::]:0-65535', ':443', ':80-443', '443', '65535', '65536', '0', '-1', '1-2', '2-1', '4294967295', '4294967296', '0x1/0xff', '0xffffffff/0', '30s', '1m30s', '1.5s', '500ms',
	'2h-1d', '999999999d', '0s', 'tcp', 'udp', '255', '256', 'est', 'tw', 'syn', 'fin', 'none', 'ERR!', 'masq', 'dr', 'inactive', 'template', 'true', 'no', 'web', 'people', 'dir1',
	'eth0', 'sip', 'a@b', 'new', 'takeover', 'kept', 'heard', '""', '\'a b\'', '"a\\"b"', '"\\d"',
];
const patterns = [
	'.', '.*', '^', '$', '^$', 'a|b', '|', '[a-z]', '[^a]', '[A-Z]', '[]', '[^]', '\\d+', '\\D', '\\w', '\\W', '\\s', '\\S', '\\b', '\\B', '\\.', '\\/', '\\\\', '(a+)+$', '(?:x*)*', '(.*.*)*', 'x{2}',
	'x{2,}', 'x{0,16}', 'x{17}', '(?=a)', '(?<n>a)', '\\1', '\\x41', '\\u0041', '\\cA', '\\0', '(', ')', '[', '{', '*', '+?', '4000[01]', '^203\\.', ':(80|443)$', 'EST', 'é', '\\t', '-', '~',
];
const signs = ['(', ')', '!', 'not ', '!!', '"', '\'', '\\', ' ', '\t', '\n', '\0', '\u00A0', '\uD83D', 'é', '𝔸', '[', ']', ':', '.', '/', '-', '*', '=', '&&', '||', ',', '#'];

const word = (random: Random): string => random.pick([fieldWords, values, patterns, signs, bareWords])[random.below(40)] ?? random.pick(values);

const valueOf = (operator: string, random: Random): string => {
	if (operator.endsWith('~')) {
		const pattern = Array.from({length: 1 + random.below(4)}, () => random.pick(patterns)).join('');
		return random.below(3) === 0 ? pattern : `"${pattern}"`;
	}

	return Array.from({length: 1 + Math.max(0, random.below(6) - 3)}, () => random.pick(values)).join(',');
};

/** A filter made by the grammar; its values do not always go with its fields. */
const expression = (depth: number, random: Random): string => {
	switch (random.below(depth > 3 ? 2 : 7)) {
		case 0: {
			return random.below(3) === 0 ? random.pick(bareWords) : random.pick(values);
		}

		case 1:
		case 2:
		case 3: {
			const operator = random.pick(operators);
			return `${random.pick(fieldWords)}${operator}${valueOf(operator, random)}`;
		}

		case 4: {
			return `!(${expression(depth + 1, random)})`;
		}

		case 5: {
			return `(${expression(depth + 1, random)})`;
		}

		default: {
			return `${expression(depth + 1, random)}${random.pick(joints)}${expression(depth + 1, random)}`;
		}
	}
};

/** Pieces that a change may take out, double or exchange: words, quoted texts, signs. */
const piecesOf = (text: string): string[] => text.match(/[\w.:\/\-]+|[=!<>~]+|\s+|./gsv) ?? [];

/** Long words take the hints at what was meant long. */
const longest = 160;

/** Changes a text in one to four ways: pieces of it, characters, or parts of the grammar. */
export const bendFilter = (input: string, other: string, random: Random): string => {
	let text = input;
	for (let changes = random.below(4); changes >= 0; changes--) {
		const pieces = piecesOf(text);
		const at = random.below(pieces.length + 1);
		switch (random.below(10)) {
			case 0: {
				pieces.splice(at, random.below(3), word(random));
				break;
			}

			case 1: {
				pieces.splice(at, 1);
				break;
			}

			case 2: {
				const others = piecesOf(other);
				const start = random.below(others.length + 1);
				pieces.splice(at, random.below(3), ...others.slice(start, start + 1 + random.below(6)));
				break;
			}

			case 3: {
				pieces.splice(at, random.below(2), expression(0, random));
				break;
			}

			case 4: {
				pieces.push(random.pick(joints), expression(0, random));
				break;
			}

			case 5: {
				pieces.unshift(random.pick(['!', '(', 'not ', '!(']));
				pieces.push(random.pick(['', ')', '))']));
				break;
			}

			case 6: {
				pieces.splice(at, 0, ...Array.from({length: 1 + random.below(20)}, () => pieces[at] ?? '('));
				break;
			}

			case 7: {
				// One character.
				const place = random.below(text.length + 1);
				const character = random.below(2) === 0 ? random.pick(signs) : String.fromCharCode(random.below(random.below(8) === 0 ? 0x1_00_00 : 128));
				text = text.slice(0, place) + character + text.slice(place + random.below(2));
				continue;
			}

			case 8: {
				text = text.toUpperCase();
				continue;
			}

			default: {
				text = expression(0, random);
				continue;
			}
		}

		text = pieces.join('');
	}

	return text.slice(0, longest);
};
