import {absent} from '../../events/catalogue.js';
import {toldOf} from '../../events/told.js';
import {type EventFilter} from '../../filter/event-filter.js';
import {rfc3339, safeJson} from '../../text/format.js';
import {createTokenBucket, formatRate} from '../token-bucket.js';
import {actionText, type TriggerAction} from './actions.js';
import {type TriggerCondition} from './condition.js';
import {type Runner, type RunResult, type TriggerEvent} from './run.js';
import {type Trigger} from './trigger.js';
import {type Hold} from './gate.js';
import {type TriggerJournal, type TriggerOutcome} from './log.js';

/** Decides when the events that a trigger's filter lets through set it off. Times are microseconds of one timeline. */
type TriggerWatch = {
	/** An event that passed: does it set off the trigger? */
	happened(timeUs: number): boolean;
	/**
	Time has passed; `sinceUs`: since when silence is evidence, undefined while it is none. Gives since when there was no event if
	that has just been for too long.
	*/
	passed(nowUs: number, sinceUs: number | undefined): number | undefined;
};

export const createTriggerWatch = ({kind, spanMs}: Pick<TriggerCondition, 'kind' | 'spanMs'>): TriggerWatch => {
	const spanUs = spanMs * 1000;
	let lastUs = -Infinity;
	let isSaid = false;

	return {
		happened(timeUs) {
			const isFirst = timeUs - lastUs >= spanUs;
			lastUs = timeUs;
			isSaid = false;
			return kind === 'each' || (kind === 'once' && isFirst);
		},
		passed(nowUs, sinceUs) {
			if (kind !== 'none' || isSaid || sinceUs === undefined) {
				return undefined;
			}

			const quietUs = Math.max(lastUs, sinceUs);
			if (nowUs - quietUs < spanUs) {
				return undefined;
			}

			isSaid = true;
			return quietUs;
		},
	};
};

/** As many runs of one action at a time; more would help no one who is told. */
const mostRunning = 4;
/** As many events may wait for one action. */
const mostWaiting = 256;

type TriggerQueue = {
	/** False when too many wait already. */
	push(event: TriggerEvent): boolean;
	running(): number;
	waiting(): number;
	/** Resolves when nothing runs and nothing waits. */
	idle(): Promise<void>;
	/** Ends what runs and forgets what waits; gives how many waited. */
	kill(): number;
};

type TriggerQueueOptions = {
	readonly run: Runner;
	readonly done: (event: TriggerEvent, result: RunResult, seconds: number) => void;
	/** Milliseconds that never go back. */
	readonly clock: () => number;
};

/** The events of one action: a few run, some wait, the rest is refused, so that an action that hangs costs a known amount. */
const createTriggerQueue = ({run, done, clock}: TriggerQueueOptions): TriggerQueue => {
	const abort = new AbortController();
	const waiting: TriggerEvent[] = [];
	let whenIdle: Array<() => void> = [];
	let running = 0;

	const begin = async (event: TriggerEvent) => {
		running++;
		const startedMs = clock();
		const result = await run(event, abort.signal);
		running--;
		done(event, result, (clock() - startedMs) / 1000);
		next();
	};

	const next = () => {
		while (running < mostRunning && waiting.length > 0) {
			void begin(waiting.shift()!);
		}

		if (running === 0) {
			const tell = whenIdle;
			whenIdle = [];
			for (const resolve of tell) {
				resolve();
			}
		}
	};

	return {
		push(event) {
			if (abort.signal.aborted || waiting.length >= mostWaiting) {
				return false;
			}

			waiting.push(event);
			next();
			return true;
		},
		running: () => running,
		waiting: () => waiting.length,
		idle: async () => new Promise(resolve => {
			whenIdle.push(resolve);
			next();
		}),
		kill() {
			const left = waiting.length;
			waiting.length = 0;
			abort.abort();
			return left;
		},
	};
};

/** What triggers share. */
export type TriggerGround = {
	readonly log: TriggerJournal;
	/** Says what would run instead of running it. */
	readonly isDryRun: boolean;
	/** Milliseconds that never go back. */
	readonly clock: () => number;
	/** The table's clock. */
	readonly nowUs: () => number;
	/** From the table's clock to the wall clock. */
	readonly toWallUs: (timeUs: number) => number;
	readonly runnerOf: (action: TriggerAction, timeoutMs: number) => Runner;
};

/** A trigger at work: what its filter lets through goes to its actions, as often as it may, and all of it is counted. */
export type ActiveTrigger = {
	readonly trigger: Trigger;
	readonly filter: EventFilter;
	/** Something that the filter lets through. `hold`: why it is not believed. `build` gives nothing when what it is about cannot be told any more. */
	happened(timeUs: number, hold: Hold | undefined, build: () => TriggerEvent | undefined): void;
	/** Time has passed; `hearingUs`: since when silence is evidence, undefined while it is none. */
	passed(nowUs: number, hearingUs: number | undefined): void;
	/** Says what was dropped since it was last said. True while something runs or waits. */
	tell(): boolean;
	/** Resolves when nothing runs and nothing waits. */
	idle(): Promise<void>;
	/** Ends what runs and forgets what waits. */
	kill(): void;
};

/** Starts with counts from nothing, in place of those under its name. */
export const createActiveTrigger = (trigger: Trigger, filter: EventFilter, {log, isDryRun, clock, nowUs, toWallUs, runnerOf}: TriggerGround): ActiveTrigger => {
	const {name, on, condition, rate} = trigger;
	const totals = log.begin(name, on);
	const watch = createTriggerWatch(condition);
	const mayPass = createTokenBucket(rate);
	let toldRate = 0;
	let toldQueue = 0;

	const say = (outcome: TriggerOutcome['outcome'], rest: Partial<TriggerOutcome>) => {
		log.add({timeUs: nowUs(), trigger: name, outcome, ...rest});
	};

	const actions = trigger.actions.map((action): {readonly text: string; readonly queue: TriggerQueue} => {
		const text = actionText(action);
		return {
			text,
			queue: createTriggerQueue({
				run: runnerOf(action, trigger.timeoutMs),
				clock,
				done({event}, {outcome, detail}, seconds) {
					totals[outcome]++;
					say(outcome, {action: text, detail, cause: event, seconds});
				},
			}),
		};
	});

	const fire = (timeUs: number, build: () => TriggerEvent | undefined) => {
		totals.fired++;
		if (!mayPass(timeUs / 1000)) {
			totals.droppedByRate++;
			return;
		}

		const event = build();
		if (!event) {
			log.lose(1);
			return;
		}

		for (const {text, queue} of actions) {
			if (isDryRun) {
				totals.dryRun++;
				say('dry-run', {timeUs, action: text, cause: event.event});
			} else if (!queue.push({...event, fields: {...event.fields, trigger: name}})) {
				totals.droppedByQueue++;
			}
		}
	};

	const absence = (quietUs: number): TriggerEvent => {
		const timeUs = quietUs + (condition.spanMs * 1000);
		const told = toldOf(absent, {on, since: rfc3339(toWallUs(quietUs)), seconds: condition.spanMs / 1000});
		const fields = {v: 1, type: 'event', time: rfc3339(toWallUs(timeUs)), ...told};
		return {timeUs, event: absent.name, json: `${safeJson(fields)}\n`, fields};
	};

	return {
		trigger,
		filter,
		happened(timeUs, hold, build) {
			// Sessions of the first fill are no silence.
			if (hold === 'first-fill' && condition.kind !== 'none') {
				totals.firstFill++;
			} else if (hold === 'unknown-sender') {
				totals.unknownSender++;
			} else if (watch.happened(timeUs)) {
				fire(timeUs, build);
			}
		},
		passed(timeUs, hearingUs) {
			const quietUs = watch.passed(timeUs, hearingUs);
			if (quietUs !== undefined) {
				fire(timeUs, () => absence(quietUs));
			}
		},
		tell() {
			totals.running = actions.reduce((sum, {queue}) => sum + queue.running(), 0);
			totals.waiting = actions.reduce((sum, {queue}) => sum + queue.waiting(), 0);
			if (totals.droppedByRate > toldRate) {
				say('dropped', {detail: `beyond ${formatRate(rate)}`, count: totals.droppedByRate - toldRate});
				toldRate = totals.droppedByRate;
			}

			if (totals.droppedByQueue > toldQueue) {
				say('dropped', {action: actions.map(({text}) => text).join(', '), detail: 'too many wait for it', count: totals.droppedByQueue - toldQueue});
				toldQueue = totals.droppedByQueue;
			}

			return totals.running + totals.waiting > 0;
		},
		async idle() {
			await Promise.all(actions.map(async ({queue}) => queue.idle()));
		},
		kill() {
			for (const {queue, text} of actions) {
				const left = queue.kill();
				if (left > 0) {
					totals.droppedByQueue += left;
					toldQueue += left;
					say('dropped', {action: text, detail: 'the end came first', count: left});
				}
			}
		},
	};
};
