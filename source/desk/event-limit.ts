import {type EventKind} from '../events/describe.js';

/** Beside the bound of a kind: on the timeline there is room for some hundred. */
const mostOnTimeline = 16;

/** All senders that are not known count as one subject, so there are not many of these. */
const maxSubjects = 1024;

export type EventLimit = {
	/** Whether this event may still be told, and be put on the timeline. */
	admit(kind: EventKind, subject: number, timeUs: number): {readonly told: boolean; readonly onTimeline: boolean};
};

export const createEventLimit = (): EventLimit => {
	const windows = new Map<string, {sinceUs: number; count: number}>();

	return {
		admit({name, bound}, subject, timeUs) {
			const key = `${name} ${subject}`;
			let window = windows.get(key);
			if (!window) {
				if (windows.size >= maxSubjects) {
					windows.clear();
				}

				window = {sinceUs: timeUs, count: 0};
				windows.set(key, window);
			}

			if (Math.abs(timeUs - window.sinceUs) >= (bound?.seconds ?? 0) * 1_000_000) {
				window.sinceUs = timeUs;
				window.count = 0;
			}

			window.count++;
			return {told: window.count <= (bound?.most ?? Infinity), onTimeline: window.count <= mostOnTimeline};
		},
	};
};
