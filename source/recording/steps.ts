/*
Writing that is told once and done in two ways: at once, blocking, where the source can wait for the disk, or later, beside the
capture. A step yields what is to be had, a value or a promise of one, and goes on with the value.
*/
export type Steps = Generator<unknown, void, unknown>;

/** Does the steps without waiting for any: none may yield a promise. */
export const runNow = (steps: Steps): void => {
	let next = steps.next();
	while (!next.done) {
		next = steps.next(next.value);
	}
};

/** Does the steps, each once the one before is done. */
export const runLater = async (steps: Steps): Promise<void> => {
	let next = steps.next();
	while (!next.done) {
		let value: unknown;
		try {
			value = await next.value;
		} catch (error) {
			next = steps.throw(error);
			continue;
		}

		next = steps.next(value);
	}
};
