/** Time for the sources; injected, so that tests own it. */
export type CaptureClock = {
	/** The timeline in microseconds: the wall clock when the program started, going on monotonically. */
	nowUs(): number;
	/** The wall clock in microseconds, which may step. Kernel timestamps are of this clock. */
	wallUs(): number;
	/** Calls back once after a delay in milliseconds; the result cancels it. */
	after(delayMs: number, callback: () => void): () => void;
};

export const createCaptureClock = (): CaptureClock => {
	const anchorUs = (Date.now() - performance.now()) * 1000;
	return {
		nowUs: () => Math.round(anchorUs + (performance.now() * 1000)),
		wallUs: () => Date.now() * 1000,
		after(delayMs, callback) {
			const timer = setTimeout(callback, delayMs);
			return () => {
				clearTimeout(timer);
			};
		},
	};
};
