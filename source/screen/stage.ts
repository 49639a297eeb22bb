import {isDeepStrictEqual} from 'node:util';
import {type Question, type Sample} from '../sample/sample.js';
import {type Sampler} from '../sample/sampler.js';
import {frameOf} from './compose.js';
import {type Frame, type Setting} from './frame.js';
import {questionOf} from './question.js';
import {type UiState} from './ui-state.js';

/** What is on the screen: what the person chose, the sample that was asked for that, and the frame for both. What changes is seen with the next frame; its text is made when it is drawn. */
export type Stage = {
	readonly ui: () => UiState;
	readonly sample: () => Sample;
	readonly setting: () => Setting;
	/** The same object until it is drawn anew. */
	readonly frame: () => Frame;
	/** Calls back whenever there may be another frame. The result unsubscribes. */
	readonly subscribe: (listener: () => void) => () => void;
	change(changes: Partial<UiState>): void;
	/** Says something once, until the next key. */
	say(message: string): void;
	set(setting: Partial<Setting>): void;
	/** A frame of what is known, for the next of several keys; nobody is told. */
	lay(): void;
	/** The frame that is shown: what stands where, what is missing for that, and what stands where with it. */
	renew(): void;
	close(): void;
};

/** A frame may need what only the frame before it has shown to be missing; more often than this it never does. */
const mostRounds = 3;

export const createStage = (sampler: Sampler, given: {readonly ui: UiState; readonly setting: Setting}): Stage => {
	const listeners = new Set<() => void>();
	let {ui, setting} = given;
	let sample = sampler.sample();
	let frame = frameOf(sample, ui, setting);
	let asked: Question | undefined;
	let isRenewing = false;

	const lay = () => {
		frame = frameOf(sample, ui, setting);
	};

	const renew = () => {
		isRenewing = true;
		for (let round = 0; round < mostRounds; round++) {
			lay();
			const question = questionOf(ui, frame, asked);
			if (isDeepStrictEqual(question, asked)) {
				break;
			}

			asked = question;
			// Calls back with the new sample, see below.
			sampler.ask(question);
		}

		for (const listener of listeners) {
			listener();
		}

		isRenewing = false;
	};

	const unsubscribe = sampler.subscribe(() => {
		const isNew = sample !== sampler.sample();
		sample = sampler.sample();
		if (isNew && !isRenewing) {
			renew();
		}
	});

	const change = (changes: Partial<UiState>) => {
		ui = {...ui, ...changes};
	};

	renew();

	return {
		ui: () => ui,
		sample: () => sample,
		setting: () => setting,
		frame: () => frame,
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		change,
		say(message) {
			change({message});
		},
		set(changes) {
			setting = {...setting, ...changes};
		},
		lay,
		renew,
		close: unsubscribe,
	};
};
