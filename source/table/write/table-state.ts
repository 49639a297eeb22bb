import {createPeState, type PeState} from '../pe-pool.js';
import {createPathState, type PathState} from './paths.js';
import {createRefusalState, type RefusalState} from './refusals.js';
import {type LookupState} from './session-lookup.js';
import {createSlotState, type SlotState} from './sessions.js';
import {createShareState, type ShareState} from './shares.js';
import {createWheel, type Wheel} from './wheel.js';

/** All that the writer of a table knows beside the shared memory and what can be found again from it (the indexes): plain data. */
export type TableState = {
	readonly paths: PathState;
	readonly pe: PeState;
	readonly slots: SlotState;
	readonly wheel: Wheel;
	readonly lookup: LookupState;
	readonly shares: ShareState;
	readonly refusals: RefusalState;
};

export const createTableState = (): TableState => ({
	paths: createPathState(),
	pe: createPeState(),
	slots: createSlotState(),
	wheel: createWheel(),
	lookup: {withoutPort: 0},
	shares: createShareState(),
	refusals: createRefusalState(),
});
