import {CheckpointError} from '../../checkpoint/shape.js';
import {type TableHead} from './save-table.js';

/** A table as a checkpoint holds it, as far as its head has the right shape. */
export type TableParts = {
	readonly head: TableHead;
	readonly sections: ReadonlyMap<string, Uint8Array>;
	/** Segments that have a name. */
	readonly segments: number;
};

export const refuse = (problem: string): never => {
	throw new CheckpointError(problem);
};

export const check = (isRight: boolean, problem: string): void => {
	if (!isRight) {
		refuse(problem);
	}
};

export const isIn = (value: number, least: number, most: number): boolean => value >= least && value <= most;

/** The octets of a section, of which there must be exactly so many. */
export const sectionOf = (sections: TableParts['sections'], name: string, octets: number): Uint8Array => {
	const section = sections.get(name);
	return section?.length === octets ? section : refuse(`has ${section ? `${section.length} octets` : 'nothing'} of ${name}, not ${octets}`);
};

/** Ids 1 to `most` that are not in use, each once. */
export const markFree = (free: readonly number[], most: number, what: string): Uint8Array => {
	const isFree = new Uint8Array(most + 1);
	for (const one of free) {
		check(isIn(one, 1, most) && isFree[one] === 0, `has ${what} ${one} free twice, or none`);
		isFree[one] = 1;
	}

	return isFree;
};
