import {type Player} from '../sample/player.js';
import {type Sampler} from '../sample/sampler.js';
import {hasSites} from '../sample/source-words.js';
import {type Effects} from './effects.js';
import {find} from './find.js';
import {firstListRow} from './layout.js';
import {actionOf, type Action} from './keymap.js';
import {columnsKey, helpKey, helpPaste} from './overlay-keys.js';
import {type Frame, type Setting} from './frame.js';
import {createPromptKeys} from './prompt-keys.js';
import {createRowActs} from './row-acts.js';
import {createStage} from './stage.js';
import {type Click} from './mouse.js';
import {createTimeActs} from './time-acts.js';
import {reduceUi} from './reducer.js';
import {firstView, initialUiState, openPrompt, placeOf, withPlace, type UiState} from './ui-state.js';

/** Between keys and frames: says what each key does, and what stands where. Knows no React. */
export type Console = {
	/** The same object until something changed. */
	readonly frame: () => Frame;
	readonly subscribe: (listener: () => void) => () => void;
	/** Keys by name, those of one read together: they make one frame. */
	keys(keys: readonly string[]): void;
	/** Pasted text is text, whatever it holds. */
	paste(text: string): void;
	/** The wheel moves as the arrows do; a click puts the cursor on a row, and opens the one that it is on. */
	click(click: Click): void;
	resize(columns: number, rows: number): void;
	close(): void;
};

type Step = Pick<UiState, 'view' | 'filter' | 'isInverted' | 'detail' | 'places'>;

/** One notch of the wheel. */
const wheelRows = 3;

/** So many steps can be taken back. */
const mostSteps = 100;

export type ConsoleOptions = Setting & {
	/** In force from the start. */
	readonly filter: string;
	/** Filters by name. */
	readonly saved: ReadonlyMap<string, string>;
	/** Ids of columns; undefined: those of the width. */
	readonly chosenColumns: readonly string[] | undefined;
};

export const createConsole = (sampler: Sampler, player: Player, {filter, saved, chosenColumns, ...setting}: ConsoleOptions, effects: Effects): Console => {
	const stage = createStage(sampler, {
		ui: {...initialUiState(filter), saved, columns: chosenColumns && new Set(chosenColumns)},
		setting,
	});
	const prompts = createPromptKeys(stage, sampler, player, effects.after);
	const rowActs = createRowActs(stage, effects);

	/** What reaches beyond the state of the screen; all else is told by `reduceUi`. */
	const acts: Readonly<Partial<Record<Action, () => void>>> = {
		...rowActs,
		...createTimeActs(stage, sampler, player),
		quit: effects.quit,
		suspend: effects.suspend,
		close() {
			stepBack();
		},
		redraw: effects.redraw,
		back() {
			const {detail, overlay, view} = stage.ui();
			if (detail || overlay || view !== firstView) {
				stage.change(reduceUi(stage.ui(), 'close', stage.frame().extent));
			} else {
				effects.quit();
			}
		},
		'find-next'() {
			find(stage, sampler, 1);
		},
		'find-previous'() {
			find(stage, sampler, -1);
		},
		write() {
			stage.say('writing ...');
			void effects.save(sampler.extract(stage.ui().marked)).then(words => {
				stage.say(words);
				stage.renew();
			});
		},
	};

	/** Where the person was before, oldest first: view, filter, what was looked at closely, and where the cursors were. */
	const past: Step[] = [];

	const stepOf = ({view, filter: inForce, isInverted, detail, places}: UiState): Step => ({view, filter: inForce, isInverted, detail, places});

	/** A step is what Backspace takes back; lines that are being typed, and cursors that move, make none. */
	const isStep = (one: Step, other: Step): boolean => one.view !== other.view || one.filter !== other.filter || one.isInverted !== other.isInverted
		|| (one.detail === undefined) !== (other.detail === undefined);

	let settled = stepOf(stage.ui());

	const remember = () => {
		const ui = stage.ui();
		if (ui.prompt) {
			return;
		}

		const now = stepOf(ui);
		if (isStep(settled, now)) {
			past.push(settled);
			past.splice(0, past.length - mostSteps);
		}

		settled = now;
	};

	const stepBack = () => {
		const former = past.pop();
		if (former) {
			stage.change(former);
			settled = former;
		} else {
			stage.change(reduceUi(stage.ui(), 'close', stage.frame().extent));
		}
	};

	const act = (action: Action) => {
		const does = acts[action];
		if (does) {
			does();
		} else {
			stage.change(reduceUi(stage.ui(), action, stage.frame().extent));
		}
	};

	const onKey = (key: string) => {
		const {prompt, overlay, columns} = stage.ui();
		const action = actionOf(key);
		if (key === '^C') {
			effects.quit();
			return;
		}

		if (key === '^Z') {
			effects.suspend();
			return;
		}

		if (prompt) {
			prompts.key(prompt, key);
			return;
		}

		stage.say('');
		if (overlay?.kind === 'help') {
			stage.change(helpKey(overlay, key, stage.frame().extent));
		} else if (overlay?.kind === 'columns' && action !== 'quit') {
			stage.change(columnsKey(overlay.cursor, key, columns, {width: stage.setting().columns, hasSites: hasSites(stage.sample().status)}));
		} else if (action) {
			act(action);
		}
	};

	const onKeys = (keys: readonly string[]) => {
		let shown = stage.ui().view;
		for (const [index, key] of keys.entries()) {
			// What is done to a row needs the row: the key before may have moved to where nothing is known yet. Where a list ends that was just opened, or gone to the end of, is not known yet.
			const action = actionOf(key);
			const {view} = stage.ui();
			if (index > 0 && action && (Object.hasOwn(rowActs, action) || view !== shown || placeOf(stage.ui()).cursor === Infinity)) {
				stage.renew();
			}

			shown = view;

			// A key starts from where the cursor is shown, which a shorter list or a followed row may have moved.
			stage.change(withPlace(stage.ui(), stage.frame().place));
			onKey(key);
			remember();
			stage.lay();
		}

		stage.renew();
	};

	const click = ({kind, column, row}: Click) => {
		const {prompt, overlay, detail} = stage.ui();
		if (prompt) {
			return;
		}

		if (kind !== 'click') {
			onKeys(Array.from({length: wheelRows}, () => kind === 'wheel-up' ? 'Up' : 'Down'));
			return;
		}

		const frame = stage.frame();
		const {page, view, layout, place, extent} = frame;
		const line = row - firstListRow(view, layout);
		if (overlay || detail || !page.isList || line < 0) {
			return;
		}

		const at = view.cursorAt ? view.cursorAt(frame, column, line) : (line < extent.visible ? place.offset + line : undefined);
		if (at === undefined || at >= extent.total) {
			return;
		}

		if (at === place.cursor) {
			onKeys(['Enter']);
		} else {
			stage.change(withPlace({...stage.ui(), follow: undefined, message: ''}, {cursor: at, offset: place.offset}));
			stage.renew();
		}
	};

	return {
		frame: stage.frame,
		subscribe: stage.subscribe,
		keys: onKeys,
		click,
		paste(text) {
			const {prompt, overlay, detail, filter: inForce} = stage.ui();
			if (prompt) {
				prompts.insert(prompt, text);
			} else if (overlay?.kind === 'help') {
				stage.change(helpPaste(overlay, text));
			} else if (!detail && !overlay) {
				// Pasted onto a list it is most likely an address to look for; it never runs keys.
				const opened = openPrompt(stage.ui(), 'filter', inForce === '' ? '' : `${inForce} `);
				stage.change(opened);
				prompts.insert(opened.prompt, text);
			}

			stage.renew();
		},
		resize(columns, rows) {
			stage.set({columns, rows});
			stage.change({firstColumn: 0});
			stage.renew();
		},
		close() {
			stage.close();
			prompts.close();
		},
	};
};
