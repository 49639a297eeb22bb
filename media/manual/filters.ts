import {bareWords} from '../../source/filter/expression.js';
import {fieldNames, fields, type FieldName} from '../../source/filter/fields.js';
import {isWord} from '../../source/filter/lexer.js';
import {eventNames} from '../../source/events/catalogue.js';
import {accounts, fates} from '../../source/events/session-fields.js';
import {knownFlags, knownForwards, knownProtocols, knownStates} from '../../source/filter/vocabulary.js';
import {fieldTexts} from './field-texts.js';
import {bold, entry, nextParagraph, paragraph, section, subsection} from './roff.js';

const grammar: ReadonlyArray<readonly [example: string, meaning: string]> = [
	['203.0.113.9', 'This address, as client, virtual or real. `203.0.` is what begins so, `10.0.0.0/8` a network, `:443` a port.'],
	['vip=192.0.2.10:443 !state=tw', 'Both: a blank is and. There are `or`, parentheses, and `!` or `not`.'],
	['state!=est,tw exp<30s', 'A comma is or. Operators are `=`, `!=`, `<`, `<=`, `>`, `>=`, and `~` and `!~` for patterns.'],
	['vip=[2001:db8::10]:443', 'IPv6 needs brackets only with a port.'],
	['client~"^203\\.0\\."', 'A pattern, and a value in quotes, which the shell must not take off.'],
	['age>1m30s vport=80,8000-8100', 'Durations are 500ms, 30s, 1m30s, 15m or 2h; a number alone is seconds. Ports and counts can be ranges.'],
	['@name', 'A saved filter, see `--saved`.'],
];

const words: ReadonlyArray<readonly [name: string, known: readonly string[]]> = [
	['state', knownStates.filter(word => isWord(word))], ['proto', knownProtocols], ['forward', knownForwards], ['flags', knownFlags], ['fate', fates], ['account', accounts], ['event', eventNames],
];

const headOf = (name: FieldName): string => [name, ...(fields[name].aliases ?? [])].map(spelling => bold(spelling)).join(', ');

const textOf = (name: FieldName): string => {
	const {on} = fields[name];
	return `${fieldTexts[name]}${on.length < 3 ? ` (${on.join(' and ')})` : ''}`;
};

/** The language of filters, with the fields and words of the code itself. */
export const filterSection = (): string[] => [
	...section('Filters'),
	...paragraph('The rest of the command line is a filter, as it is behind / on the screen and in triggers. Case makes no difference.'),
	...grammar.flatMap(([text, meaning]) => entry(bold(text), meaning)),
	...nextParagraph(`Tests by themselves: ${bareWords.map(word => `\`${word}\``).join(', ')}. A state or protocol alone is a test, too.`),
	...subsection('Fields'),
	...paragraph('A field that not all of sessions (screen and --list), events (--events and --on) and records (--records) have says so.'),
	...fieldNames.flatMap(name => entry(headOf(name), textOf(name))),
	...subsection('Words'),
	...words.flatMap(([name, known]) => entry(bold(name), known.join(', '))),
];
