import {type Place} from '../capture/source.js';
import {type events} from '../events/catalogue.js';
import {type ValuesOfKind} from '../events/describe.js';
import {type LimitState} from '../desk/facts/limits.js';
import {createDeskState, type DeskState} from '../desk/state.js';
import {createFragmentState, type FragmentState} from '../wire/ip/fragments.js';
import {createDuplicateState, type DuplicateState} from './duplicates.js';
import {createSegmentState, type SegmentState} from './segments.js';
import {createSyncGroupState, type SyncGroupState} from './sync-groups.js';
import {createTally, type Tally} from './tally.js';

/** All that an engine knows beside its table, as plain data: each part owns one value of it, and functions work on that. */
export type EngineState = {
	/** Time of the first packet, 0 before it. */
	firstUs: number;
	/** Time of the latest packet, 0 before the first. */
	packetUs: number;
	/** The packets' clock, which never goes back. */
	nowUs: number;
	/** When silence and unfinished fragments were looked after last. */
	housekeptUs: number;
	places: readonly Place[];
	/** What happened to a place of a file before its first packet, which tells what time it is. */
	early: Array<ValuesOfKind<typeof events.source>>;
	/** Nothing was heard before it for a while, or at all: what is concluded from having listened begins here. 0 before the first packet. */
	heardSinceUs: number;
	readonly tally: Tally;
	readonly limits: LimitState;
	readonly segments: SegmentState;
	readonly groups: SyncGroupState;
	readonly duplicates: DuplicateState;
	readonly fragments: FragmentState;
	readonly desk: DeskState;
};

export const createEngineState = (): EngineState => ({
	firstUs: 0,
	packetUs: 0,
	nowUs: 0,
	housekeptUs: 0,
	places: [],
	early: [],
	heardSinceUs: 0,
	tally: createTally(),
	limits: new Map(),
	segments: createSegmentState(),
	groups: createSyncGroupState(),
	duplicates: createDuplicateState(),
	fragments: createFragmentState(),
	desk: createDeskState(),
});

/** The places are numbered anew from now on. Segments keep their names, and by these their numbers. */
export const forgetPlaces = (state: EngineState): void => {
	state.segments.ids.clear();
	state.places = [];
	state.early = [];
	state.tally.places = [];
	state.fragments.sets.clear();
	state.fragments.setsBySource.clear();
	state.fragments.cost = 0;
};
