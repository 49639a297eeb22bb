/** Pseudo-random numbers that depend on the seed alone. */
export type Random = {
	/** At least 0, less than 1. */
	fraction(): number;
	/** A whole number, at least 0 and less than `limit`. */
	below(limit: number): number;
	between(low: number, high: number): number;
	/** Waiting time of a Poisson process. */
	exponential(mean: number): number;
	pick<Item>(items: readonly Item[]): Item;
};

/** Xorshift of 32 bits (Marsaglia, "Xorshift RNGs", 2003). Every seed works, 0 too. */
export const createRandom = (seed: number): Random => {
	let word = ((seed | 0) ^ 0x9e_37_79_b9) || 1;

	const next = (): number => {
		word ^= word << 13;
		word ^= word >>> 17;
		word ^= word << 5;
		return word >>> 0;
	};

	// Seeds that differ in one bit would start alike
	for (let round = 0; round < 8; round++) {
		next();
	}

	const fraction = () => next() / 0x1_00_00_00_00;
	const below = (limit: number) => Math.floor(fraction() * limit);

	return {
		fraction,
		below,
		between: (low, high) => low + (fraction() * (high - low)),
		exponential: mean => -mean * Math.log(1 - fraction()),
		pick: items => items[below(items.length)]!,
	};
};
