import {type Target} from './target.js';

/** Trials in all: what is left then is small enough to be read. */
const mostTrials = 3000;
/** Inputs that are found for their slowness are not tried for hours. */
const mostMs = 30_000;

/** The smallest form of an input that still fails, by taking away whatever can be taken away (Zeller's delta debugging, greedily). */
export const minimise = async <Input>(input: Input, shrink: Target<Input>['shrink'], fails: (input: Input) => Promise<boolean>): Promise<Input> => {
	let smallest = input;
	let trials = 0;
	const endMs = performance.now() + mostMs;
	for (let isSmaller = true; isSmaller;) {
		isSmaller = false;
		for (const candidate of shrink(smallest)) {
			if (trials === mostTrials || performance.now() > endMs) {
				return smallest;
			}

			trials++;
			if (await fails(candidate)) {
				smallest = candidate;
				isSmaller = true;
				break;
			}
		}
	}

	return smallest;
};

// Everything but a stretch, long stretches first.
export function * withoutStretches<Part>(parts: readonly Part[]): Generator<Part[]> {
	for (let size = Math.max(1, parts.length >> 1); parts.length > 0; size >>= 1) {
		for (let at = 0; at < parts.length; at += size) {
			yield [...parts.slice(0, at), ...parts.slice(at + size)];
		}

		if (size === 1) {
			return;
		}
	}
}

// Octets without a stretch, then with a stretch of zeros.
export function * smallerOctets(octets: Uint8Array): Generator<Uint8Array> {
	for (const parts of withoutStretches([...octets])) {
		yield Uint8Array.from(parts);
	}

	for (let size = Math.max(1, octets.length >> 1); size > 0; size >>= 1) {
		for (let at = 0; at < octets.length; at += size) {
			if (octets.subarray(at, at + size).some(octet => octet !== 0)) {
				yield octets.slice().fill(0, at, at + size);
			}
		}
	}
}
