import {changeKind} from '../table/changes.js';
import {entryField, entryLastPath, entryPath, entryWords} from '../table/entry.js';
import {pathAt, pathWords} from '../table/memory.js';
import {type Predicate} from '../table/read/predicates.js';
import {fail, type BareWord, type Span} from './expression.js';
import {type Ground} from './row-sources.js';
import {every, never, onChange, onEntry, onField, onTime, open, since, template, type Part} from './code-part.js';
import {refusedPart} from './record-part.js';

/** Announced once and no longer ago than this: new on the screen as well. */
const newMs = 2000;

/** The last announcement named another real server than the one that a backup keeps. */
const goesElsewhere = ({arrays: {paths}}: Ground): Predicate => (words, at) => {
	const held = entryPath(words, at);
	const last = entryLastPath(words, at);
	if (held === last || last === 0) {
		return false;
	}

	for (let word = pathAt.daddr; word <= pathAt.dport; word++) {
		if (paths[(held * pathWords) + word] !== paths[(last * pathWords) + word]) {
			return true;
		}
	}

	return false;
};

/** The test of a word that is one by itself. */
export const wordPart = ({word, ...span}: {readonly word: BareWord} & Span, ground: Ground): Part => {
	const {subject, marked} = ground;
	const isAbsent = (instead: string): Part => fail(`${word}: ${subject} are not known to be ${word}; ${instead}`, span);
	switch (word) {
		case 'template': {
			return template;
		}

		case 'open': {
			return open;
		}

		case 'new': {
			return subject === 'records'
				? isAbsent('use --events')
				: (subject === 'events'
					? onChange(changeKind.new)
					: every([onField(entryField.updates, [{low: 1, below: 2}]), onTime(since.age, [{low: -Infinity, below: newMs}])]));
		}

		case 'changed': {
			return subject === 'events' ? onChange(changeKind.state, changeKind.moved) : isAbsent('use --events');
		}

		case 'ranout': {
			return subject === 'records' ? isAbsent('use --events') : onChange(changeKind.ranout);
		}

		case 'moved': {
			return subject === 'records'
				? isAbsent('use --list or --events')
				: (subject === 'events' ? onChange(changeKind.moved) : onEntry(goesElsewhere(ground)));
		}

		case 'marked': {
			return marked ? onEntry((_words, at) => marked.has(at / entryWords)) : isAbsent('only rows of the console can be marked');
		}

		case 'refused': {
			return subject === 'sessions'
				? isAbsent('use --records')
				: (subject === 'events' ? never : refusedPart(ground));
		}
	}
};
