import {connFlags} from '../wire/sync/conn-flags.js';
import {anomaly, recordAt, recordShift} from '../wire/sync/record-batch.js';
import {changeKind} from './changes.js';
import {entryAt, entryFlag, entryMark, entryShift, maxUpdates, pathMask, stateShift, updatedFlags} from './entry.js';
import {controlAt, numberAt, pathAt, pathShift, serviceAt, serviceShift} from './memory.js';

/**
Where everything lies, for the functions that run once a record. They are made within a function that first takes from here
what they need into constants of its own: those V8 compiles as the numbers they are, while what is imported is looked up at each
use. An update takes 0.86 of the time.
*/
export const layout = {
	anomaly, changeKind, connFlags, controlAt, entryAt, entryFlag, entryMark, entryShift, maxUpdates, numberAt, pathAt, pathMask, pathShift,
	recordAt, recordShift, serviceAt, serviceShift, stateShift, updatedFlags,
} as const;
