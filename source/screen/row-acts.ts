import {type Connection} from '../table/connection.js';
import {clipboardSequence} from './clipboard.js';
import {type Effects} from './effects.js';
import {type Action} from './keymap.js';
import {type Stage} from './stage.js';
import {type Described} from './frame.js';
import {describeUnderCursor} from './under-cursor.js';
import {reduceUi} from './reducer.js';
import {firstView, withFilter} from './ui-state.js';

/** What can be done to the row under the cursor. */
type RowAction = Extract<Action, 'open' | 'copy' | 'to-filter' | 'mark' | 'follow'>;

export const createRowActs = (stage: Stage, {write}: Pick<Effects, 'write'>): Readonly<Record<RowAction, () => void>> => {
	const described = (): Described | undefined => describeUnderCursor(stage.frame());

	/** Where rows can be followed, they are sessions. */
	const session = (): Connection | undefined => {
		const {view, sample, ui, place} = stage.frame();
		return view.follows ? view.rowAt(sample, ui, place.cursor) as Connection | undefined : undefined;
	};

	const toFilter = () => {
		const filter = described()?.filter;
		if (filter !== undefined) {
			stage.change({...withFilter({...stage.ui(), isInverted: false}, filter, true), view: firstView, detail: undefined});
		}
	};

	const openRow = () => {
		const {view, sample, ui, place} = stage.frame();
		if (!view.open) {
			toFilter();
			return;
		}

		const row = view.rowAt(sample, ui, place.cursor);
		const detail = row === undefined ? undefined : view.open(row);
		if (detail) {
			stage.change({detail});
		}
	};

	return {
		open() {
			if (!stage.ui().detail) {
				openRow();
			}
		},
		copy() {
			const found = described();
			if (found) {
				write(clipboardSequence(found.text));
				stage.say(`copied: ${found.text}`);
			}
		},
		'to-filter': toFilter,
		mark() {
			const row = session();
			if (!row) {
				return;
			}

			const marked = new Map(stage.ui().marked);
			if (marked.get(row.slot) === row.firstUs) {
				marked.delete(row.slot);
			} else {
				marked.set(row.slot, row.firstUs);
			}

			stage.change(reduceUi({...stage.ui(), marked}, 'down', stage.frame().extent));
		},
		follow() {
			const row = session();
			stage.change({isHeld: false, follow: stage.ui().follow || !row ? undefined : {slot: row.slot, firstUs: row.firstUs}});
		},
	};
};
