/*
What an operator reads ten seconds after a takeover, held against what the clients of that run suffered. The clients count: a line every
30 seconds with the sessions that were reset or lost so far. The wire never says so.
*/
import fs from 'node:fs';
import {type ReadTakeover} from './desk-run.js';

export type Outcome = {
	/** Microseconds, and resets and losses of long-lived sessions up to then. */
	readonly counts: ReadonlyArray<{readonly timeUs: number; readonly resets: number}>;
};

type CountLine = {readonly t: number; readonly lost?: number; readonly reset?: number};

/** Count lines of one client program. */
export const readOutcome = (path: string): Outcome => ({
	counts: fs.readFileSync(path, 'utf8').trim().split('\n').map(text => JSON.parse(text) as CountLine)
		.map(({t, lost = 0, reset = 0}) => ({timeUs: Math.round(t * 1e6), resets: lost + reset})),
});

/** The same counts as they are kept beside a capture. */
export const readKeptOutcome = (path: string): Outcome => {
	const {counts} = JSON.parse(fs.readFileSync(path, 'utf8')) as {counts: ReadonlyArray<{readonly t: number; readonly resets: number}>};
	return {counts: counts.map(({t, resets}) => ({timeUs: Math.round(t * 1e6), resets}))};
};

/** Resets between a takeover and the next, or the end of the clients. */
export const sufferedBetween = ({counts}: Outcome, fromUs: number, untilUs: number): number => {
	const before = counts.findLast(({timeUs}) => timeUs <= fromUs)?.resets ?? 0;
	const after = counts.findLast(({timeUs}) => timeUs <= untilUs)?.resets ?? before;
	return after - before;
};

export type Grade = {
	readonly read: ReadTakeover;
	/** As the line says it; undefined when it says that it cannot tell. */
	readonly expected: number | undefined;
	readonly suffered: number;
	readonly mark: 'right' | 'cannot tell' | 'WRONG';
};

/** Reads the one line and nothing else: `expect 247 RESETS`, `likely KEPT`, `CANNOT TELL`. */
export const readExpected = (line: string): number | undefined => {
	if (line.includes('CANNOT TELL')) {
		return undefined;
	}

	const found = /(?<!if rebooted )\b(?<resets>\d+)\+? RESET/v.exec(line);
	return found ? Number(found.groups!['resets']) : 0;
};

const leastShare = 0.8;
const tolerance = 0.03;

export const grade = (takeovers: readonly ReadTakeover[], outcome: Outcome): Grade[] => takeovers.map((read, index) => {
	const suffered = sufferedBetween(outcome, read.takeover.atUs, takeovers[index + 1]?.takeover.atUs ?? Infinity);
	const expected = readExpected(read.verdict.line);
	const isLeast = /\d\+ RESET/v.test(read.verdict.line);
	const isRight = expected !== undefined && suffered >= leastShare * expected && (isLeast || suffered <= expected + (tolerance * read.takeover.coverage.held));
	return {read, expected, suffered, mark: expected === undefined ? 'cannot tell' : (isRight ? 'right' : 'WRONG')};
});
