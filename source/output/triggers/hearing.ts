import {events} from '../../events/catalogue.js';
import {isKind, type AnyTold} from '../../events/told.js';

/** Whether silence is evidence: not while a source is down. */
export type TriggerHearing = {
	/** An event that is not about a session. */
	notice(told: AnyTold, timeUs: number): void;
	/** Since when all sources are heard, undefined while one is not. */
	sinceUs(): number | undefined;
};

/** States of a place, which `source` events have beside others. */
const placeStates = new Set(['opening', 'up', 'down', 'gone', 'ended', 'failed']);

export const createTriggerHearing = (): TriggerHearing => {
	const silent = new Set<string>();
	let sinceUs = -Infinity;

	return {
		notice(told, timeUs) {
			if (isKind(told, events.suspend)) {
				sinceUs = timeUs;
			} else if (isKind(told, events.source) && told.recording === undefined && told.segment !== undefined && placeStates.has(told.state)) {
				const {segment, state} = told;
				if (state === 'up') {
					silent.delete(segment);
				} else {
					silent.add(segment);
				}

				sinceUs = timeUs;
			}
		},
		sinceUs: () => silent.size > 0 ? undefined : sinceUs,
	};
};
