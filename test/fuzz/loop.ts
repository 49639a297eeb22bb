import {createRandom} from '../../source/demo/random.js';
import {createCoverage} from './coverage.js';
import {minimise} from './minimise.js';
import {kindOf, type Target} from './target.js';
import {createTrial} from './trial.js';

export type LoopOptions = {
	readonly seed: number;
	/** Inputs made and run, at most. */
	readonly runs: number;
	/** Gives true when the time is up. */
	readonly isOver?: () => boolean;
	/** Inputs that reach something new are bent further. Without: only the seeds are that the target itself says something new of. */
	readonly guided?: boolean;
};

export type Find = {
	readonly error: unknown;
	/** The input as it was minimised. */
	readonly octets: Uint8Array;
	readonly extension: string;
	/** Inputs run before. */
	readonly runs: number;
};

export type LoopResult = {
	readonly runs: number;
	readonly blocks: number;
	readonly characters: number;
	/** Beside the blocks: what the target itself says that it reached. */
	readonly features: number;
	/** Inputs that are bent, the seeds that count among them. */
	readonly corpus: number;
	readonly finds: readonly Find[];
};

/** Finds of one target, each of another kind; more say nothing that mending these would not. */
const mostFinds = 5;

/**
Bends inputs, keeps those that reach new code and bends them further. Without guidance the inputs depend on the seed alone; with it,
also on what V8 counts, which is not always the same for code that ran before in this process.
*/
export const fuzz = async <Input>(target: Target<Input>, {seed, runs, isOver = () => false, guided = true}: LoopOptions): Promise<LoopResult> => {
	const random = createRandom(seed);
	const trial = createTrial(target);
	const coverage = createCoverage(target.covers);
	const features = new Set<number>();
	const corpus: Input[] = [];
	const finds: Find[] = [];
	const kinds = new Set<string>();
	let done = 0;
	let isFresh = false;
	const feature = (code: number): void => {
		if (!features.has(code)) {
			features.add(code);
			isFresh = true;
		}
	};

	const ignore = (): void => undefined;

	const examined = async (input: Input): Promise<unknown> => {
		try {
			await target.examine?.(input);
			return undefined;
		} catch (error) {
			return error;
		}
	};

	const take = async (input: Input, error: unknown): Promise<void> => {
		const kind = kindOf(error);
		if (kinds.has(kind)) {
			return;
		}

		kinds.add(kind);
		const smallest = await minimise(input, target.shrink, async candidate => {
			const itsError = await trial(candidate, ignore) ?? await examined(candidate);
			return itsError !== undefined && kindOf(itsError) === kind;
		});
		finds.push({error, ...target.encode(smallest), runs: done});
	};

	const keep = async (input: Input): Promise<void> => {
		corpus.push(input);
		const error = await examined(input);
		if (error !== undefined) {
			await take(input, error);
		}
	};

	/** Which of these inputs reached code that was not reached before: halves are run again until it is one. */
	const locate = async (inputs: readonly Input[], found: Input[]): Promise<void> => {
		for (const input of inputs) {
			await trial(input, ignore);
		}

		const look = coverage.look();
		if (!coverage.isNew(look)) {
			return;
		}

		if (inputs.length === 1) {
			coverage.keep(look);
			found.push(inputs[0]!);
			return;
		}

		const middle = inputs.length >> 1;
		await locate(inputs.slice(0, middle), found);
		await locate(inputs.slice(middle), found);
	};

	const runAll = async (inputs: readonly Input[], grows: boolean): Promise<void> => {
		const found: Input[] = [];
		const failed: Array<readonly [Input, unknown]> = [];
		for (const input of inputs) {
			isFresh = false;
			const error = await trial(input, feature);
			if (error !== undefined) {
				failed.push([input, error]);
			} else if (isFresh) {
				found.push(input);
			}
		}

		const look = coverage.look();
		if (coverage.isNew(look)) {
			if (grows && guided) {
				await locate(inputs, found);
			}

			// Also what only all of them together reach, lest it be looked for again and again.
			coverage.keep(look);
		}

		for (const [input, error] of failed) {
			await take(input, error);
		}

		for (const input of grows ? new Set(found) : []) {
			await keep(input);
		}

		if (failed.length > 0 || found.length > 0) {
			// What was only looked at more closely says nothing of the next ones.
			coverage.look();
		}
	};

	/** One of those found last as often as any one. */
	const choose = (): Input => {
		const from = random.below(2) === 0 ? Math.max(0, corpus.length - 32) : 0;
		return corpus[from + random.below(corpus.length - from)]!;
	};

	const seeds = target.seeds();
	for (let at = 0; at < seeds.length && !(corpus.length > 0 && isOver()); at += target.batch) {
		await runAll(seeds.slice(at, at + target.batch), true);
	}

	// None is left to bend where each seed failed.
	while (corpus.length > 0 && done < runs && finds.length < mostFinds && !isOver()) {
		const inputs = Array.from({length: Math.min(target.batch, runs - done)}, () => target.mutate(choose(), choose(), random));
		done += inputs.length;
		await runAll(inputs, guided);
	}

	await target.close?.();
	return {runs: done, ...coverage.reached(), features: features.size, corpus: corpus.length, finds};
};
