import {createTrial} from './trial.js';
import {type Target} from './target.js';

/** Runs the content of a file as the fuzzer would run it, with all that it checks. Throws what is wrong. */
export const runKept = async <Input>(target: Target<Input>, octets: Uint8Array): Promise<void> => {
	const input = target.decode(octets);
	try {
		const error = await createTrial(target)(input, () => undefined);
		if (error !== undefined) {
			throw error instanceof Error ? error : new TypeError('threw what is no error', {cause: error});
		}

		await target.examine?.(input);
	} finally {
		await target.close?.();
	}
};
