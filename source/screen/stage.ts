import {isDeepStrictEqual} from 'node:util';
import {type Question, type Sample} from '../sample/sample.js';
import {type Sampler} from '../sample/sampler.js';
import {pictureOf, type Picture, type Setting} from './picture.js';
import {questionOf} from './question.js';
import {type UiState} from './ui-state.js';

/** What is on the screen: what the person chose, the sample that was asked for that, and the picture of both. What changes is seen with the next picture. */
export type Stage = {
	readonly ui: () => UiState;
	readonly sample: () => Sample;
	readonly setting: () => Setting;
	/** The same object until it is drawn anew. */
	readonly picture: () => Picture;
	/** Calls back whenever there may be another picture. The result unsubscribes. */
	readonly subscribe: (listener: () => void) => () => void;
	change(changes: Partial<UiState>): void;
	/** Says something once, until the next key. */
	say(message: string): void;
	set(setting: Partial<Setting>): void;
	/** A picture of what is known, for the next of several keys; nobody is told. */
	draw(): void;
	/** The picture that is shown: draws, asks for what is missing on it, and draws what came. */
	renew(): void;
	close(): void;
};

/** A picture may need what only the picture before it has shown to be missing; more often than this it never does. */
const mostRounds = 3;

export const createStage = (sampler: Sampler, given: {readonly ui: UiState; readonly setting: Setting}): Stage => {
	const listeners = new Set<() => void>();
	let {ui, setting} = given;
	let sample = sampler.sample();
	let picture = pictureOf(sample, ui, setting);
	let asked: Question | undefined;
	let isRenewing = false;

	const draw = () => {
		picture = pictureOf(sample, ui, setting);
	};

	const renew = () => {
		isRenewing = true;
		for (let round = 0; round < mostRounds; round++) {
			draw();
			const question = questionOf(ui, picture, asked);
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

	return {
		ui: () => ui,
		sample: () => sample,
		setting: () => setting,
		picture: () => picture,
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
		draw,
		renew,
		close: unsubscribe,
	};
};
