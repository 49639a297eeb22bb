import {type Random} from '../../source/demo/random.js';

/** What is fuzzed, how its inputs are bent, and what must hold for each of them. */
export type Target<Input> = {
	readonly name: string;
	/** The code whose coverage guides, by the end of its URL. */
	readonly covers: RegExp;
	/** Inputs between two looks at the coverage: a look costs half a millisecond or more. */
	readonly batch: number;
	/** Octets of memory, of buffers and heap together, that one input may take. */
	readonly memoryLimit: number;
	seeds(): Input[];
	/** A new input made of `input` and at times of `other`, both of which stay as they are. */
	mutate(input: Input, other: Input, random: Random): Input;
	/** Throws what is wrong. What is said to `feature` counts as reached, beside the blocks of code: whole numbers. */
	run(input: Input, feature: (code: number) => void): void | Promise<void>;
	/** Checks that are too slow for every input: done for those that reach something new, and for what is kept. */
	examine?(input: Input): void | Promise<void>;
	/** Gives back what it holds, once it is over. */
	close?(): Promise<void>;
	/** Smaller forms of an input, the boldest cuts first. */
	shrink(input: Input): Iterable<Input>;
	/** How an input is kept as a file, and read again. */
	encode(input: Input): {readonly octets: Uint8Array; readonly extension: string};
	decode(octets: Uint8Array): Input;
};

/** What is wrong is told from other things that are wrong by its message, without the figures in it. */
export const kindOf = (error: unknown): string => String(error instanceof Error ? error.message : error).split('\n', 1)[0]!.replaceAll(/\d+/gv, 'N');

export const must = (holds: boolean, message: string | (() => string)): void => {
	if (!holds) {
		throw new Error(typeof message === 'string' ? message : message());
	}
};

/** Mixes a number into a digest of 32 bits. */
export const mix = (digest: number, value: number): number => Math.imul(digest ^ value, 0x01_00_01_93) ^ (digest >>> 15);

/** Mixes a number of any size, microseconds for example. */
export const mixLarge = (digest: number, value: number): number => mix(mix(digest, value | 0), Math.floor(value / 0x1_00_00_00_00) | 0);
