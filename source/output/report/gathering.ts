import {isName, readTold, type LoggedEvent} from '../../events/told.js';
import {type Change, type SessionChange, type SessionChangeKind} from '../../table/changes.js';
import {type Connection} from '../../table/connection.js';
import {entryRank, isEstablishedRank, rankOf} from '../../table/entry.js';
import {virtualAddress} from '../../text/connection-text.js';
import {addToCurve, createCurves, type Curves} from './curves.js';

/** What is kept of a capture's changes while it is read: bounded, whatever its length. */
export type Gathering = {
	/** What comes before this is counted, not told. */
	readonly sinceUs: number;
	/** Oldest first; what came after the most that are kept is counted by name. */
	readonly events: LoggedEvent[];
	readonly leftOut: Map<string, number>;
	/** Open TCP and SCTP sessions, and sessions announced for the first time, by virtual address. */
	readonly open: Curves;
	readonly fresh: Curves;
	readonly counts: Record<SessionChangeKind, number>;
	refused: number;
	/** Changes that were overwritten before they were read. */
	lost: number;
};

const mostEvents = 400;

export const createGathering = (sinceUs: number): Gathering => ({
	sinceUs, events: [], leftOut: new Map(), open: createCurves(sinceUs), fresh: createCurves(sinceUs),
	counts: {new: 0, state: 0, moved: 0, expired: 0, ranout: 0, evicted: 0}, refused: 0, lost: 0,
});

/** How many more sessions are open by a change. */
const opened = ({type, words, wasState}: SessionChange, {protocol, template}: Connection): number => {
	const isOpen = Number(isEstablishedRank(entryRank(words, 0)));
	switch (type) {
		case 'new': {
			return isOpen;
		}

		case 'state': {
			return isOpen - Number(isEstablishedRank(rankOf(protocol, wasState, template)));
		}

		case 'moved': {
			return 0;
		}

		default: {
			return -isOpen;
		}
	}
};

const gatherSession = ({open, fresh, counts, sinceUs}: Gathering, change: SessionChange): void => {
	const connection = change.connection();
	if (!connection || connection.template) {
		return;
	}

	const {type, timeUs} = change;
	const address = virtualAddress(connection);
	const more = opened(change, connection);
	if (more !== 0) {
		addToCurve(open, address, timeUs, more);
	}

	if (timeUs >= sinceUs) {
		counts[type]++;
		if (type === 'new') {
			addToCurve(fresh, address, timeUs, 1);
		}
	}
};

/** Takes in a change. `passes`: of a session, whether it is asked for. */
export const gather = (gathering: Gathering, change: Change, passes: (change: SessionChange) => boolean): void => {
	switch (change.type) {
		case 'aside': {
			const told = change.json === undefined ? undefined : readTold(change.json);
			if (!told || isName(told) || change.timeUs < gathering.sinceUs) {
				return;
			}

			if (gathering.events.length < mostEvents) {
				gathering.events.push({timeUs: change.timeUs, event: told.event, fields: told});
			} else {
				gathering.leftOut.set(told.event, (gathering.leftOut.get(told.event) ?? 0) + 1);
			}

			return;
		}

		case 'refused': {
			gathering.refused += change.timeUs < gathering.sinceUs ? 0 : change.count;
			return;
		}

		default: {
			if (passes(change)) {
				gatherSession(gathering, change);
			}
		}
	}
};
