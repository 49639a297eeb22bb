import {printable} from '../../text/format.js';

/** The name of everything that has no series of its own. */
export const otherLabel = 'other';

/** The name of a segment by its number, which comes from outside. */
export const segmentLabel = (names: readonly string[], segment: number): string => printable(names[segment] ?? '?');

/**
Chooses which things get a series of their own, so that whoever sends cannot make series without end. A thing keeps its name
as long as it is there; what comes when all names are taken is `other`.
*/
type LabelBudget = {
	/** Tells which keys there are now, the most important first. Gives those that had a name and are gone: their series must go, too, or would pile up. */
	offer(keys: readonly string[]): string[];
	/** Whether this key has a name of its own. */
	isNamed(key: string): boolean;
};

export const createLabelBudget = (most: number): LabelBudget => {
	const named = new Set<string>();

	return {
		offer(keys) {
			const present = new Set(keys);
			const gone: string[] = [];
			for (const key of named) {
				if (!present.has(key)) {
					named.delete(key);
					gone.push(key);
				}
			}

			for (const key of keys) {
				if (named.size >= most) {
					break;
				}

				named.add(key);
			}

			return gone;
		},
		isNamed: key => named.has(key),
	};
};

/**
Turns totals that may start again at nothing, since what they count went and came back, into the growth since the last look.
*/
type Growth = {
	/** How much `total` of `key` grew. */
	of(key: string, total: number): number;
	/** Forgets the keys that were not asked for since the last call. */
	sweep(): void;
};

export const createGrowth = (): Growth => {
	let former = new Map<string, number>();
	let present = new Map<string, number>();

	return {
		of(key, total) {
			const before = former.get(key) ?? 0;
			present.set(key, total);
			return total >= before ? total - before : total;
		},
		sweep() {
			former = present;
			present = new Map();
		},
	};
};
