import {type Connection} from '../table/connection.js';
import {clipboardSequence} from './clipboard.js';
import {type Effects} from './effects.js';
import {type Action} from './keymap.js';
import {type Stage} from './stage.js';
import {describeUnderCursor, eventAt, serviceAt, sessionAt, type Described} from './under-cursor.js';
import {reduceUi} from './reducer.js';
import {withFilter} from './ui-state.js';

/** What can be done to the row under the cursor. */
export type RowAction = Extract<Action, 'open' | 'copy' | 'to-filter' | 'mark' | 'follow'>;

export const createRowActs = (stage: Stage, {write}: Pick<Effects, 'write'>): Readonly<Record<RowAction, () => void>> => {
	const described = (): Described | undefined => describeUnderCursor(stage.sample(), stage.ui(), stage.picture().place.cursor);

	/** Of the view of sessions only. */
	const session = (): Connection | undefined => stage.ui().view === 'sessions' ? sessionAt(stage.sample(), stage.picture().place.cursor) : undefined;

	const toFilter = () => {
		const filter = described()?.filter;
		if (filter !== undefined) {
			stage.change({...withFilter({...stage.ui(), isInverted: false}, filter, true), view: 'sessions', detail: undefined});
		}
	};

	const openSession = (connection: Connection, slot: number) => {
		stage.change({detail: {kind: 'session', key: {slot, firstUs: connection.firstUs}, connection, offset: 0}});
	};

	const openRow = () => {
		const {cursor} = stage.picture().place;
		switch (stage.ui().view) {
			case 'sessions': {
				const row = session();
				if (row) {
					openSession(row, row.slot);
				}

				break;
			}

			case 'vips': {
				const found = serviceAt(stage.sample(), stage.ui(), cursor);
				if (found) {
					stage.change({detail: {kind: 'vip', service: found.service.id, offset: 0}});
				}

				break;
			}

			case 'events': {
				const change = eventAt(stage.sample(), cursor)?.change;
				if (change) {
					openSession(change.connection, 0);
				}

				break;
			}

			case 'reals':
			case 'clients':
			case 'failover': {
				toFilter();
			}
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

			stage.change(reduceUi({...stage.ui(), marked}, 'down', stage.picture().extent));
		},
		follow() {
			const row = session();
			stage.change({isHeld: false, follow: stage.ui().follow || !row ? undefined : {slot: row.slot, firstUs: row.firstUs}});
		},
	};
};
