/** Whether silence is evidence: not while a source is down. */
export type TriggerHearing = {
	/** An event that is not about a session. */
	notice(fields: Readonly<Record<string, unknown>>, timeUs: number): void;
	/** Since when all sources are heard, undefined while one is not. */
	sinceUs(): number | undefined;
};

/** States of a place, which `source` events have beside others. */
const placeStates = new Set(['opening', 'up', 'down', 'gone', 'ended', 'failed']);

export const createTriggerHearing = (): TriggerHearing => {
	const silent = new Set<string>();
	let sinceUs = -Infinity;

	return {
		notice({event, segment, state, recording}, timeUs) {
			if (event === 'suspend') {
				sinceUs = timeUs;
			} else if (event === 'source' && recording === undefined && typeof segment === 'string' && placeStates.has(String(state))) {
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
