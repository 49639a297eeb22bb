/** What became of one run, or of several that did not take place. */
export type TriggerOutcome = {
	/** Counts up from 1. */
	readonly number: number;
	/** Of the table's clock. */
	readonly timeUs: number;
	readonly trigger: string;
	/** The command, or the host of the webhook. */
	readonly action: string;
	readonly outcome: 'ok' | 'failed' | 'timeout' | 'dropped' | 'dry-run' | 'killed';
	/** Why, in a few words; '' when there is nothing to say. */
	readonly detail: string;
	/** Name of the event, '' for several. */
	readonly cause: string;
	/** How long it took. */
	readonly seconds: number;
	/** 1, or how many were dropped. */
	readonly count: number;
};

/** Counts since the start, by trigger. */
export type TriggerTotals = {
	readonly name: string;
	readonly on: string;
	/** Events that set it off. */
	fired: number;
	ok: number;
	failed: number;
	timeout: number;
	killed: number;
	dryRun: number;
	/** Beyond the rate, and more than may wait. */
	droppedByRate: number;
	droppedByQueue: number;
	/** Events that would have set it off, had they been believed. */
	unknownSender: number;
	firstFill: number;
	running: number;
	waiting: number;
};

/** What triggers did: for lines of output, for the screen, for metrics. */
export type TriggerLog = {
	/** The last outcomes, oldest first; the same list until another is added. */
	recent(): readonly TriggerOutcome[];
	totals(): readonly TriggerTotals[];
	/** Changes that were overwritten before they were looked at. */
	lost(): number;
	/** Calls back at each outcome; the result unsubscribes. */
	subscribe(listener: (outcome: TriggerOutcome) => void): () => void;
};

export type TriggerJournal = TriggerLog & {
	/** What is left out is nothing, and happened once. */
	add(outcome: Pick<TriggerOutcome, 'timeUs' | 'trigger' | 'outcome'> & Partial<TriggerOutcome>): void;
	/** Counts of a trigger from 0, in place of any under its name. */
	begin(name: string, on: string): TriggerTotals;
	/** Forgets the counts of triggers that are gone. */
	keep(names: ReadonlySet<string>): void;
	lose(count: number): void;
};

const mostRecent = 200;

export const createTriggerLog = (): TriggerJournal => {
	const totals = new Map<string, TriggerTotals>();
	const listeners = new Set<(outcome: TriggerOutcome) => void>();
	let recent: readonly TriggerOutcome[] = [];
	let number = 0;
	let lost = 0;

	return {
		recent: () => recent,
		totals: () => [...totals.values()],
		lost: () => lost,
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		add(outcome) {
			number++;
			const numbered = {action: '', detail: '', cause: '', seconds: 0, count: 1, ...outcome, number};
			recent = [...recent.slice(1 - mostRecent), numbered];
			for (const listener of listeners) {
				listener(numbered);
			}
		},
		begin(name, on) {
			const fresh = {
				name, on, fired: 0, ok: 0, failed: 0, timeout: 0, killed: 0, dryRun: 0, droppedByRate: 0, droppedByQueue: 0,
				unknownSender: 0, firstFill: 0, running: 0, waiting: 0,
			};
			totals.set(name, fresh);
			return fresh;
		},
		keep(names) {
			for (const name of totals.keys()) {
				if (!names.has(name)) {
					totals.delete(name);
				}
			}
		},
		lose(count) {
			lost += count;
		},
	};
};
