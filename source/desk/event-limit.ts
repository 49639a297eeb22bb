/** Events of one kind about one subject that may come within ten seconds. More of them say nothing new, and bury what does. */
const mostOf: Readonly<Record<string, number>> = {
	// A director with many virtual routers, or addresses, says so of all of them at once.
	vrrp: 64, silent: 64, 'vip-claimed': 256,
	director: 32, 'wire-loss': 32,
};
const mostOfOthers = 8;
/** Beside them on the timeline, which has room for some hundred. */
const mostOnTimeline = 16;
const windowUs = 10_000_000;

/** All senders that are not known count as one subject, so there are not many of these. */
const maxSubjects = 1024;

export type EventLimit = {
	/** Whether this event may still be told, and be put on the timeline. */
	admit(event: string, subject: number, timeUs: number): {readonly told: boolean; readonly onTimeline: boolean};
};

export const createEventLimit = (): EventLimit => {
	const windows = new Map<string, {sinceUs: number; count: number}>();

	return {
		admit(event, subject, timeUs) {
			const key = `${event} ${subject}`;
			let window = windows.get(key);
			if (!window) {
				if (windows.size >= maxSubjects) {
					windows.clear();
				}

				window = {sinceUs: timeUs, count: 0};
				windows.set(key, window);
			}

			if (Math.abs(timeUs - window.sinceUs) >= windowUs) {
				window.sinceUs = timeUs;
				window.count = 0;
			}

			window.count++;
			return {told: window.count <= (mostOf[event] ?? mostOfOthers), onTimeline: window.count <= mostOnTimeline};
		},
	};
};
