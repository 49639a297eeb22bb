/*
What the program says of a capture, as its user has it: the lines of `--events --json`, and the screen of 80x24 at a moment.
*/
import {run} from '../support/program.js';
import {hasTimeLine, openTerminal, standsStill} from '../support/terminal.js';

/** As the event says it. `sureness`: `sure`, `either` (the likelier one, and `otherwise`), or `unknown`. */
export type ToldExpectation = {readonly resets: number | null; readonly otherwise: number | null; readonly sureness: string};

export type ToldTakeover = {
	/** Which of the takeovers, in the order in which they were told. */
	readonly index: number;
	readonly kind: string;
	readonly from: string;
	readonly to: string;
	/** Undefined where the event does not name them. */
	readonly vips: readonly string[] | undefined;
	/** When it happened, by the program; and when the event came. Microseconds. */
	readonly atUs: number;
	readonly toldUs: number;
	readonly held: number;
	readonly expected: ToldExpectation | undefined;
	/** What the accounts of it said later, in their order. */
	readonly accounts: ReadonlyArray<{readonly timeUs: number; readonly expected: ToldExpectation | undefined}>;
	readonly evidence: string;
};

export type ToldEvent = {readonly time: string; readonly event: string; readonly [field: string]: unknown};

const microsOf = (time: unknown): number => Math.round(Date.parse(String(time).replace(/(\.\d{3})\d*Z$/v, '$1Z')) * 1000) + Number(/\.\d{3}(?<micros>\d{3})Z$/v.exec(String(time))?.groups!['micros'] ?? 0);

export const toldEvents = async (capture: string, options: readonly string[] = []): Promise<ToldEvent[]> => {
	const {code, stdout, stderr} = await run(['-r', capture, '--events', '--json', '--no-config', ...options]);
	if (code !== 0) {
		throw new Error(`${capture}: exit ${code}: ${stderr}`);
	}

	return stdout.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as ToldEvent);
};

const expectationOf = ({expected}: ToldEvent): ToldExpectation | undefined => expected === undefined ? undefined : expected as ToldExpectation;

export const takeoversOf = (events: readonly ToldEvent[]): ToldTakeover[] => {
	const accounts = events.filter(({event}) => event === 'takeover-account');
	return events.filter(({event}) => event === 'takeover').map((told, index) => ({
		index, kind: String(told['kind']), from: String(told['from']), to: String(told['to']), vips: told['vips'] as string[] | undefined,
		atUs: microsOf(told['at']), toldUs: microsOf(told.time), held: Number(told['held']), expected: expectationOf(told),
		// A takeover whose first sign turns out to lie earlier keeps its directors.
		accounts: accounts.filter(one => one['from'] === told['from'] && one['to'] === told['to'] && Math.abs(microsOf(one['at']) - microsOf(told['at'])) < 10_000_000)
			.map(one => ({timeUs: microsOf(one.time), expected: expectationOf(one)})),
		evidence: JSON.stringify(told['evidence']),
	}));
};

/** The lines of the screen, opened at a moment. */
export const screenAt = async (capture: string, timeUs: number, options: readonly string[] = []): Promise<string[]> => {
	const terminal = openTerminal(['-r', capture, '--at', (timeUs / 1_000_000).toFixed(6), '--no-config', '--no-color', ...options]);
	await terminal.until(text => standsStill(text) && hasTimeLine(text));
	const lines = terminal.lines();
	terminal.type('Q');
	await terminal.exit;
	return lines;
};

const clockTime = /\b(?<hours>\d\d):(?<minutes>\d\d):(?<seconds>\d\d(?:\.\d)?)/gv;
const dayUs = 86_400_000_000;

/** Whether a line names a time of day so near to one of these moments. */
const namesOne = (line: string, momentsUs: readonly number[], withinUs: number): boolean => {
	const named = Array.from(line.matchAll(clockTime), ({groups}) => ((Number(groups!['hours']) * 3600) + (Number(groups!['minutes']) * 60) + Number(groups!['seconds'])) * 1_000_000);
	return named.some(timeUs => momentsUs.some(momentUs => Math.abs((momentUs % dayUs) - timeUs) < withinUs));
};

const speaksOfSessions = /KEPT|RESET|CANNOT|knows|kept|reset|survive|nothing was open|no open sessions/v;

/**
The line with the verdict on a takeover: above the rows, with its time of day, and the address or the direction. Undefined when there is none.
`moments`: when it happened, by the truth and by the program.
*/
export const verdictLine = (screen: readonly string[], momentsUs: readonly number[], vips: readonly string[]): string | undefined => {
	const head = screen.slice(1, screen.findIndex(line => line.startsWith('/')) >>> 0).slice(0, 20);
	const lines = head.filter(line => namesOne(line, momentsUs, 2_000_000) && />|took over|TOOK OVER/v.test(line) && speaksOfSessions.test(line));
	return lines.find(line => vips.some(vip => line.includes(vip))) ?? lines[0];
};
