import {type CaptureClock} from '../../source/capture/clock.js';

/** A clock that stands still until it is told to go on. */
export type ManualClock = CaptureClock & {
	/** Resolves when something waits for time to pass. */
	waiting(): Promise<void>;
	/** Goes on to the next timer, which is called. False when there is none. */
	toNextTimer(): boolean;
	/** Lets the wall clock alone jump. */
	stepWall(byUs: number): void;
};

export const createManualClock = (startUs = 1_000_000_000): ManualClock => {
	let nowUs = startUs;
	let wallStepUs = 0;
	const timers = new Set<{dueUs: number; callback: () => void}>();
	let wake = (): void => undefined;
	return {
		nowUs: () => nowUs,
		wallUs: () => nowUs + wallStepUs,
		after(delayMs, callback) {
			const timer = {dueUs: nowUs + (delayMs * 1000), callback};
			timers.add(timer);
			wake();
			return () => {
				timers.delete(timer);
			};
		},
		async waiting() {
			while (timers.size === 0) {
				await new Promise<void>(resolve => {
					wake = resolve;
				});
			}
		},
		toNextTimer() {
			const next = [...timers].sort((left, right) => left.dueUs - right.dueUs)[0];
			if (!next) {
				return false;
			}

			timers.delete(next);
			nowUs = Math.max(nowUs, next.dueUs);
			next.callback();
			return true;
		},
		stepWall(byUs) {
			wallStepUs += byUs;
		},
	};
};
