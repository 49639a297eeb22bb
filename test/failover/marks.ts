/*
Holds what was told of takeovers against what happened. A verdict is right when the clients suffered at least four fifths of the resets that it
said, and no more than it said and 3 % of the sessions that were open.
*/
import {type Run, type TrueTakeover} from './lab-truth.js';
import {type ToldExpectation, type ToldTakeover} from './told.js';

export type Mark = 'right' | 'WRONG' | 'cannot tell' | 'missed';

/** What is to be expected: undefined when it cannot be told. `isLeast`: so many or more. `otherwise`: the other number, where two are said. */
export type Expectation = {readonly resets: number | undefined; readonly isLeast: boolean; readonly otherwise?: number};

const leastShare = 0.8;
const tolerance = 0.03;

/** Undefined: nothing was said. */
export const markOf = (expectation: Expectation | undefined, suffered: number, open: number): Mark => {
	if (!expectation) {
		return 'missed';
	}

	const {resets, isLeast, otherwise} = expectation;
	if (resets === undefined) {
		return 'cannot tell';
	}

	const isFrom = (from: number, to: number) => suffered >= leastShare * from && suffered <= to + (tolerance * open);
	if (isFrom(resets, isLeast ? Infinity : resets)) {
		return 'right';
	}

	// Nearer to the other number than it was held likely: it was said that this may be.
	return otherwise !== undefined && isFrom(Math.min(resets, otherwise), Math.max(resets, otherwise)) ? 'cannot tell' : 'WRONG';
};

/** Reads the line and nothing else: `expect 247 RESETS`, `likely KEPT`, `likely KEPT if all arrived`, `CANNOT TELL`. What stands behind `if` is another case. */
export const readLine = (line: string): Expectation => {
	if (/CANNOT (?:TELL|KNOW)|cannot (?:tell|know)/v.test(line)) {
		return {resets: undefined, isLeast: false};
	}

	const [likely = line] = line.split(/\b(?:if rebooted|if it|if [A-Z]|otherwise|or else)\b/v);
	const found = /(?<resets>\d+)(?<least>\+?) RESET/v.exec(likely)?.groups;
	return {resets: Number(found?.['resets'] ?? 0), isLeast: found?.['least'] === '+' || /knows at most|KEPT if all|msgs? LOST/v.test(line)};
};

export const readEvent = (expected: ToldExpectation | undefined): Expectation | undefined => expected && {
	resets: expected.sureness === 'unknown' ? undefined : expected.resets ?? undefined, isLeast: false, ...(expected.otherwise !== null && {otherwise: expected.otherwise}),
};

export type Graded = {
	readonly truth: TrueTakeover;
	/** Undefined when it was missed. */
	readonly told: ToldTakeover | undefined;
	/** Told again, as another takeover. */
	readonly again: readonly ToldTakeover[];
};

export type Matching = {
	readonly graded: readonly Graded[];
	/** Of no address that moved. */
	readonly invented: readonly ToldTakeover[];
};

/** What is told so long after a takeover is of another. */
const sameUs = 32_000_000;

export const matchTakeovers = (run: Run, told: readonly ToldTakeover[]): Matching => {
	const free = new Set(told);
	const fits = (one: ToldTakeover, {vips, to, timeUs}: Pick<TrueTakeover, 'vips' | 'to' | 'timeUs'>): boolean =>
		to.includes(one.to) && (one.vips === undefined || one.vips.length === 0 || one.vips.some(vip => vips.includes(vip)))
		&& one.toldUs > timeUs - 6_000_000 && one.toldUs - timeUs < sameUs;
	const graded = run.takeovers.map(truth => {
		const [first, ...again] = [...free].filter(one => fits(one, truth));
		for (const one of first ? [first, ...again] : []) {
			free.delete(one);
		}

		return {truth, told: first, again};
	});
	const invented = [...free].filter(one => !run.moves.some(move => fits(one, {...move, vips: [move.vip]})));
	return {graded, invented};
};
