import {entryPath, isEntryTemplate} from '../entry.js';
import {pathAt, pathWords, type TableArrays} from '../memory.js';
import {type PathInfo, type PathReader} from '../path-info.js';

/**
Tests the entry whose first word is `words[at]`: an entry of the table, or the copy in a change. Hot: called for every entry
by each query, so it reads words (`entry.ts`) and makes no object.
*/
export type Predicate = ((words: Int32Array, at: number) => boolean) & {
	/** The same as an expression of `words`, `at` and the variables `id` and `answer`, for a loop over all entries to be made of. */
	readonly source?: PredicateSource;
};

type PredicateSource = {
	readonly text: string;
	/** What the names in the text stand for. */
	readonly given: Readonly<Record<string, unknown>>;
};

export const isTemplate: Predicate = isEntryTemplate;

/**
Entries whose path passes a test. The test runs once for each path, also for those that come later; use it for all that
depends on segment, protocol, virtual service, real server, forwarding, mark.
*/
export const pathIs = ({paths}: Pick<TableArrays, 'paths'>, reader: PathReader, test: (path: PathInfo) => boolean, pathOf: (words: Int32Array, at: number) => number = entryPath): Predicate => {
	// The generation that was tested, times two, plus the answer; 0 before the first test.
	let answers = new Int32Array(1024);
	const ask = (id: number): boolean => {
		if (id >= answers.length) {
			const wider = new Int32Array(Math.max(id + 1, answers.length * 2));
			wider.set(answers);
			answers = wider;
		}

		const info = reader.path(id);
		const answer = info !== undefined && test(info);
		answers[id] = (paths[(id * pathWords) + pathAt.generation]! << 1) | (answer ? 1 : 0);
		return answer;
	};

	return (words, at) => {
		const id = pathOf(words, at);
		const answer = id < answers.length ? answers[id]! : 0;
		return answer >> 1 === paths[(id * pathWords) + pathAt.generation] && answer !== 0 ? (answer & 1) !== 0 : ask(id);
	};
};
