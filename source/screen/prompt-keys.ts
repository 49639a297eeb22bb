import {type FilterError} from '../filter/expression.js';
import {type Player} from '../sample/player.js';
import {type Sampler} from '../sample/sampler.js';
import {type Effects} from './effects.js';
import {complete} from './complete.js';
import {createFilterPrompt} from './filter-prompt.js';
import {find} from './find.js';
import {editedLine, editLine, insertText, type EditedLine} from './line-editor.js';
import {parseMoment} from './moment.js';
import {type Stage} from './stage.js';
import {seek} from './time-acts.js';
import {withFilter, type Prompt, type UiState} from './ui-state.js';

/** So many lines to find are kept. */
const mostFinds = 100;

/** What is done to the line that is being typed. */
type PromptKeys = {
	key(prompt: Prompt, key: string): void;
	/** Pasted text. */
	insert(prompt: Prompt, text: string): void;
	close(): void;
};

/** Earlier lines of the same kind, latest first. */
const pastOf = ({filters, finds}: UiState, kind: Prompt['kind']): readonly string[] => kind === 'filter' ? filters : (kind === 'find' ? finds : []);

export const createPromptKeys = (stage: Stage, sampler: Sampler, player: Player, after: Effects['after']): PromptKeys => {
	const filterPrompt = createFilterPrompt(stage, sampler, after);

	const errorIn = (kind: Prompt['kind'], text: string): FilterError | undefined =>
		kind === 'filter' ? filterPrompt.check(text) : (kind === 'find' ? sampler.check(text, 'sessions') : undefined);

	/** Another line than before stands there. */
	const put = (prompt: Prompt) => {
		const {kind, line: {text}} = prompt;
		stage.change({prompt: {...prompt, error: errorIn(kind, text)}});
		if (kind === 'filter') {
			filterPrompt.typed(text);
		}
	};

	const edit = (prompt: Prompt, line: EditedLine) => {
		const edited = {...prompt, line, draft: line.text, back: 0, isSubmitted: false};
		stage.change({prompt: edited, message: ''});
		if (line.text !== prompt.line.text) {
			put(edited);
		}
	};

	/** Tab, in lines that are filters. */
	const completeLine = (prompt: Prompt) => {
		const found = complete(prompt.line, stage.sample(), [...stage.ui().saved.keys()].map(name => `@${name}`));
		if (!found) {
			stage.say('nothing begins so');
			return;
		}

		edit(prompt, found.line);
		if (found.choices.length > 0) {
			stage.say(found.choices.join(' '));
		}
	};

	const recall = (prompt: Prompt, step: 1 | -1) => {
		const past = pastOf(stage.ui(), prompt.kind);
		const back = Math.max(0, Math.min(past.length, prompt.back + step));
		put({...prompt, back, line: editedLine(back === 0 ? prompt.draft : past[back - 1]!)});
	};

	const submitFind = ({line, error}: Prompt) => {
		if (error) {
			stage.change({prompt: {...stage.ui().prompt!, isSubmitted: true}});
			stage.say(`not to be found: ${error.message}`);
			return;
		}

		const text = line.text.trim();
		const {found, finds} = stage.ui();
		stage.change({prompt: undefined, found: text || found, finds: text === '' ? finds : [text, ...finds].slice(0, mostFinds)});
		find(stage, sampler, 1);
	};

	const submitNote = (text: string) => {
		stage.change({prompt: undefined});
		if (text !== '') {
			player.note({timeUs: stage.sample().nowUs, text});
			stage.say('noted');
		}
	};

	const submitTime = (text: string) => {
		const {nowUs, status} = stage.sample();
		const moment = parseMoment(text, {nowUs, firstUs: status?.span.firstUs ?? 0, localTime: stage.setting().localTime});
		if (moment === undefined) {
			stage.say('not a time: 14:02:01, +90 from the start, -30 back, or RFC 3339');
		} else {
			stage.change({prompt: undefined});
			seek(stage, player, moment);
		}
	};

	const submit = (prompt: Prompt) => {
		const {kind, line: {text}} = prompt;
		switch (kind) {
			case 'filter': {
				filterPrompt.submit(prompt);
				break;
			}

			case 'find': {
				submitFind(prompt);
				break;
			}

			case 'note': {
				submitNote(text.trim());
				break;
			}

			case 'time': {
				submitTime(text);
			}
		}
	};

	const leave = ({kind}: Prompt) => {
		filterPrompt.cancel();
		// Clearing is what Esc in a filter means everywhere.
		stage.change({...(kind === 'filter' && withFilter({...stage.ui(), isInverted: false}, '', false)), prompt: undefined});
	};

	return {
		key(prompt, key) {
			switch (key) {
				case 'Enter': {
					submit(prompt);
					break;
				}

				case 'Esc':
				case '^G': {
					leave(prompt);
					break;
				}

				case 'Tab': {
					if (prompt.kind === 'filter' || prompt.kind === 'find') {
						completeLine(prompt);
					}

					break;
				}

				case 'Up': {
					recall(prompt, 1);
					break;
				}

				case 'Down': {
					recall(prompt, -1);
					break;
				}

				default: {
					const line = editLine(prompt.line, key);
					if (line) {
						edit(prompt, line);
					}
				}
			}
		},
		insert(prompt, text) {
			edit(prompt, insertText(prompt.line, text));
		},
		close: filterPrompt.cancel,
	};
};
