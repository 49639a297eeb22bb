import {type ReplayDelivery} from '../capture/replay/delivery.js';
import {sliceMs, sliceStep, turn} from '../capture/slices.js';

/** What comes next, and how to give it. */
type Feed = {
	/** When the next item is; undefined when there is none now. */
	nextUs(): number | undefined;
	/** Hands it on; only when there is one. */
	give(): void;
	/** Of the last that was given, NaN before. */
	lastUs(): number;
	isClosed(): boolean;
};

export type SlicedDelivery = Omit<ReplayDelivery, 'deliver'> & {
	/** Delivers what there is up to `limitUs`, for one slice. 'end': there is no more now; 'later': the next item is. */
	deliver(limitUs: number): 'later' | 'end' | 'slice';
};

/** The items of logs, in slices. */
export const createSlicedDelivery = (feed: Feed): SlicedDelivery => {
	const deliver: SlicedDelivery['deliver'] = limitUs => {
		const sliceEnd = performance.now() + sliceMs;
		for (let count = 1; ; count++) {
			const timeUs = feed.nextUs();
			if (timeUs === undefined || feed.isClosed()) {
				return 'end';
			}

			if (timeUs > limitUs) {
				return 'later';
			}

			feed.give();
			if (count % sliceStep === 0 && performance.now() > sliceEnd) {
				return 'slice';
			}
		}
	};

	return {
		deliver,
		async deliverUpTo(limitUs) {
			for (;;) {
				const found = deliver(limitUs);
				if (found !== 'slice') {
					return found === 'later';
				}

				await turn();
			}
		},
		// It only asks what time it is.
		async head() {
			const timeUs = feed.nextUs();
			return timeUs === undefined ? undefined : {timeUs};
		},
		nextUs: () => feed.nextUs()!,
		lastUs: feed.lastUs,
	};
};
