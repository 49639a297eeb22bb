/** A wait that can be cut short. One at a time. */
type Pause = {
	/** Resolves after that time, or when it is cut short. */
	wait(ms: number): Promise<void>;
	cut(): void;
};

export const createPause = (): Pause => {
	let end = (): void => undefined;
	return {
		wait: async ms => new Promise(resolve => {
			const timer = setTimeout(resolve, ms);
			end = () => {
				clearTimeout(timer);
				resolve();
			};
		}),
		cut() {
			end();
		},
	};
};
