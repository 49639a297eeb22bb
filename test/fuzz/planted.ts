import process from 'node:process';
import {smallerOctets} from './minimise.js';
import {must, type Target} from './target.js';

/** A decoder with a defect behind conditions that chance does not meet together: each octet that fits opens another block. */
const decode = (octets: Uint8Array): number => {
	let found = 0;
	if (octets[0] === 0x69) {
		found = 1;
		if (octets[1] === 0x70) {
			found = 2;
			if (octets[2] === 0x76) {
				found = 3;
				if (octets[3] === 0x73 && octets.length > 6) {
					throw new RangeError('the planted defect');
				}
			}
		}
	}

	return found;
};

/** A target with a defect that only guidance leads to: of all texts of four octets one in four thousand million has it. */
export const createPlantedTarget = (): Target<Uint8Array> => ({
	name: 'planted',
	covers: /\/test\/fuzz\/planted\.ts/v,
	batch: 64,
	memoryLimit: 2 ** 20,
	seeds: () => [new Uint8Array(8)],
	mutate(octets, _other, random) {
		const bent = octets.slice();
		bent[random.below(bent.length)] = random.below(256);
		return bent;
	},
	run(octets, feature) {
		// So that its seed counts, without guidance too.
		feature(0);
		must(decode(octets) < 4, 'more than there is');
	},
	shrink: smallerOctets,
	encode: octets => ({octets, extension: 'bin'}),
	decode: octets => octets,
});

/** A target that takes as long, or as much memory, as its first octet says. */
export const createGreedyTarget = (kind: 'time' | 'memory'): Target<Uint8Array> => ({
	...createPlantedTarget(),
	name: 'greedy',
	seeds: () => [Uint8Array.of(0x80, 1)],
	run(octets) {
		if (octets[0] !== 0x80) {
			return;
		}

		const start = process.cpuUsage();
		const spentMs = () => process.cpuUsage(start).user / 1000;
		const held = new Uint8Array(kind === 'memory' ? 2 ** 24 : 1);
		while (kind === 'time' && spentMs() < 260) {
			// Asking for the time is the system's work, which is not counted.
			for (let round = 0; round < 1_000_000; round++) {
				held[0]!++;
			}
		}
	},
});
