import process from 'node:process';
import v8 from 'node:v8';
import {type Target} from './target.js';

/** An input that takes this much time of the processor, and this many times what the others take, is as good as one that never ends. */
const slowMs = 250;
const slowFactor = 100;
/** The collection of garbage is not the input's fault: slow counts only when it is so each time, large when it is so twice, since what is collected meanwhile is taken off. */
const attempts = 4;

const occupied = (): number => {
	const {used_heap_size: heap, external_memory: external} = v8.getHeapStatistics();
	return heap + external;
};

/** Runs one input at a time and finds what is wrong with it, its time and memory included. */
export const createTrial = <Input>(target: Target<Input>) => {
	let runs = 0;
	let spentMs = 0;

	const wallMs = (): number => performance.now();
	/** Dearer to ask for, and not moved by what else the machine does. */
	const cpuMs = (): number => process.cpuUsage().user / 1000;

	const measure = async (input: Input, feature: (code: number) => void, clockMs: () => number): Promise<{readonly ms: number; readonly octets: number}> => {
		const before = occupied();
		const start = clockMs();
		await target.run(input, feature);
		return {ms: clockMs() - start, octets: occupied() - before};
	};

	/** Gives what was thrown, undefined when all is well. */
	return async (input: Input, feature: (code: number) => void): Promise<unknown> => {
		try {
			const first = await measure(input, feature, wallMs);
			const limitMs = Math.max(slowMs, slowFactor * spentMs / Math.max(1, runs));
			if (first.ms <= slowMs) {
				runs++;
				spentMs += first.ms;
			}

			let {ms} = first;
			const taken = [first.octets];
			while (taken.length < attempts && (ms > limitMs || first.octets > target.memoryLimit)) {
				const again = await measure(input, feature, cpuMs);
				ms = Math.min(ms, again.ms);
				taken.push(again.octets);
			}

			const [, octets = 0] = taken.toSorted((one, other) => other - one);

			if (ms > limitMs) {
				throw new Error(`takes ${Math.round(ms)} ms, where ${Math.round(limitMs)} are allowed`);
			}

			if (octets > target.memoryLimit) {
				throw new Error(`takes ${octets} octets of memory, where ${target.memoryLimit} are allowed`);
			}

			return undefined;
		} catch (error) {
			return error ?? new Error('threw nothing');
		}
	};
};
