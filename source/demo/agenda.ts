type Appointment = {readonly timeUs: number; readonly order: number; readonly action: () => void};

/** What is to happen at which moment of simulated time. Actions for the same moment run in the order they were asked for. */
export type Agenda = {
	/** The moment of the action that runs, or where the last `runTo` stopped. Microseconds. */
	now(): number;
	/** Runs `action` so much later. */
	after(delayUs: number, action: () => void): void;
	/** Runs everything that is due up to `timeUs`. */
	runTo(timeUs: number): void;
};

const isBefore = (left: Appointment, right: Appointment): boolean => left.timeUs === right.timeUs
	? left.order < right.order
	: left.timeUs < right.timeUs;

export const createAgenda = (): Agenda => {
	// A binary heap: the earliest stands first, the children of i are 2i + 1 and 2i + 2
	const heap: Appointment[] = [];
	let nowUs = 0;
	let order = 0;

	const push = (appointment: Appointment): void => {
		let at = heap.length;
		heap.push(appointment);
		while (at > 0) {
			const parent = (at - 1) >> 1;
			if (!isBefore(appointment, heap[parent]!)) {
				break;
			}

			heap[at] = heap[parent]!;
			at = parent;
		}

		heap[at] = appointment;
	};

	const pop = (): Appointment => {
		const first = heap[0]!;
		const last = heap.pop()!;
		if (heap.length === 0) {
			return first;
		}

		let at = 0;
		for (;;) {
			let child = (2 * at) + 1;
			if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) {
				child++;
			}

			if (child >= heap.length || !isBefore(heap[child]!, last)) {
				break;
			}

			heap[at] = heap[child]!;
			at = child;
		}

		heap[at] = last;
		return first;
	};

	return {
		now: () => nowUs,
		after(delayUs, action) {
			push({timeUs: nowUs + Math.max(0, Math.round(delayUs)), order: order++, action});
		},
		runTo(timeUs) {
			while (heap.length > 0 && heap[0]!.timeUs <= timeUs) {
				const appointment = pop();
				nowUs = appointment.timeUs;
				appointment.action();
			}

			nowUs = Math.max(nowUs, timeUs);
		},
	};
};
