import {type FilterError} from '../filter/expression.js';
import {type Sampler} from '../sample/sampler.js';
import {type Effects} from './effects.js';
import {type Stage} from './stage.js';
import {withFilter, type Prompt} from './ui-state.js';

/** Between the last key and the filter that it makes: so typing does not search for every letter. */
const delayMs = 100;

/** What a line stands for: a filter as it is, `@name` for one that was saved, `@name=…` for one to save. */
type Meaning = {
	readonly name: string | undefined;
	/** Undefined for a name that nothing was saved under. */
	readonly filter: string | undefined;
	/** Where the filter begins in the line, 0 when it is not there. */
	readonly at: number;
};

const meaningOf = (line: string, saved: ReadonlyMap<string, string>): Meaning => {
	const {name, filter} = /^\s*@(?<name>[\w.\-]+)(?:=(?<filter>.*)|\s*)$/v.exec(line)?.groups ?? {};
	if (name === undefined) {
		return {name, filter: line, at: 0};
	}

	return filter === undefined ? {name, filter: saved.get(name), at: 0} : {name, filter, at: line.length - filter.length};
};

/** The line behind `/`: it filters while it is typed, and is kept by Enter. */
type FilterPrompt = {
	/** What is wrong with a line so far, at its column; undefined while it may yet become a name. */
	check(line: string): FilterError | undefined;
	/** The line has changed: a moment later it is in force, if it is a filter. */
	typed(line: string): void;
	/** Keeps it, and closes the prompt when it holds. */
	submit(prompt: Prompt): void;
	/** What was typed last is not put in force any more. */
	cancel(): void;
};

export const createFilterPrompt = (stage: Stage, sampler: Sampler, after: Effects['after']): FilterPrompt => {
	let cancelDelay: (() => void) | undefined;

	const cancel = () => {
		cancelDelay?.();
		cancelDelay = undefined;
	};

	const errorOf = ({filter, at}: Meaning): FilterError | undefined => {
		const error = filter === undefined ? undefined : sampler.check(filter, 'anything');
		return error && {...error, column: error.column + at};
	};

	const meaning = (line: string): Meaning => meaningOf(line, stage.ui().saved);

	return {
		check(line) {
			const meant = meaning(line);
			return line.startsWith('@') && meant.at === 0 ? undefined : errorOf(meant);
		},
		typed(line) {
			const meant = meaning(line);
			cancel();
			cancelDelay = after(delayMs, () => {
				cancelDelay = undefined;
				if (meant.filter !== undefined && !errorOf(meant)) {
					stage.change(withFilter(stage.ui(), meant.filter.trim(), false));
					stage.renew();
				}
			});
		},
		submit(prompt) {
			const {saved} = stage.ui();
			const meant = meaning(prompt.line.text);
			const {name, filter, at} = meant;
			if (filter === undefined) {
				stage.say(`no filter is saved as @${name}; there is ${[...saved.keys()].map(one => `@${one}`).join(' ') || 'none: @name=… saves one'}`);
				return;
			}

			const error = errorOf(meant);
			if (error) {
				stage.change({prompt: {...prompt, error, isSubmitted: true}});
				stage.say(`this filter does not hold, the last one stays: ${error.message}`);
				return;
			}

			cancel();
			stage.change({...withFilter(stage.ui(), filter.trim(), true), prompt: undefined});
			if (name !== undefined) {
				stage.change({saved: new Map([...saved, [name, filter.trim()]])});
				stage.say(at === 0 ? `@${name}` : `saved as @${name}`);
			}
		},
		cancel,
	};
};
