import {compileEventFilter, type EventFilter} from '../filter/event-filter.js';
import {type FilterError} from '../filter/expression.js';
import {type Status} from '../monitor/status.js';
import {createChangeReader, type Change, type ChangeReader} from '../table/changes.js';
import {numberAt, openTableMemory, type TableMemory} from '../table/memory.js';
import {createPathReader} from '../table/path-info.js';
import {rfc3339, safeJson} from '../view/format.js';
import {createJsonEvents} from './events.js';
import {filterNamesOf} from './filter-names.js';
import {createNames} from './names.js';
import {createTokenBucket, formatRate} from './token-bucket.js';
import {actionText, type Trigger, type TriggerAction} from './trigger.js';
import {createTriggerGate, type Hold} from './trigger-gate.js';
import {createTriggerLog, type TriggerLog, type TriggerOutcome, type TriggerTotals} from './trigger-log.js';
import {createTriggerQueue, type TriggerQueue} from './trigger-queue.js';
import {type Runner, type TriggerEvent} from './trigger-run.js';
import {createTriggerWatch, type TriggerWatch} from './trigger-watch.js';

/** Changes between two looks at the time. */
const step = 256;
/** What was dropped is said this often. */
const tellMs = 1000;

export type TriggerSet = {
	readonly triggers: readonly Trigger[];
	/** Addresses, networks and endpoints by alias; the keys in lower case. */
	readonly aliases: ReadonlyMap<string, readonly string[]>;
	/** Addresses of directors that the configuration vouches for. */
	readonly trusted: ReadonlySet<string>;
};

export type TriggersOptions = {
	readonly memory: TableMemory;
	readonly status: () => Status | undefined;
	/** Says what would run instead of running it. */
	readonly isDryRun: boolean;
	/** Milliseconds that never go back. */
	readonly clock: () => number;
	readonly runnerOf: (action: TriggerAction, timeoutMs: number) => Runner;
};

export type Triggers = {
	readonly log: TriggerLog;
	/** Takes these from now on; the same trigger as before goes on as it was. What is wrong with one is given, and all stay as they were. */
	use(set: TriggerSet): {readonly trigger: Trigger; readonly error: FilterError} | undefined;
	/** Looks at what happened, for about as long as it may; false when there is more to look at. */
	poll(budgetMs: number): boolean;
	/** Resolves when nothing runs and nothing waits, or after a while, when the rest is ended. */
	finish(longestMs: number): Promise<void>;
	/** Ends at once whatever runs. */
	kill(): void;
};

type Action = {readonly text: string; readonly queue: TriggerQueue};

/** A trigger at work. */
type Active = {
	readonly trigger: Trigger;
	readonly key: string;
	readonly filter: EventFilter;
	readonly watch: TriggerWatch;
	readonly mayPass: (nowMs: number) => boolean;
	readonly actions: readonly Action[];
	readonly totals: TriggerTotals;
	toldRate: number;
	toldQueue: number;
};

const totalOf = {ok: 'ok', failed: 'failed', timeout: 'timeout', killed: 'killed'} as const;

/** States of a source, which `source` events have beside others. */
const placeStates = new Set(['opening', 'up', 'down', 'gone', 'ended', 'failed']);

/** Time for what was ended by force to be gone. */
const endMs = 500;

const within = async (ms: number, done: Promise<unknown>): Promise<void> => {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<void>(resolve => {
		timer = setTimeout(resolve, ms);
	});
	await Promise.race([done, late]);
	clearTimeout(timer);
};

export const createTriggers = ({memory, status, isDryRun, clock, runnerOf}: TriggersOptions): Triggers => {
	const arrays = openTableMemory(memory);
	const view = {arrays, paths: createPathReader(arrays)};
	const names = createNames();
	const log = createTriggerLog();
	const toWallUs = (timeUs: number) => timeUs + (status()?.wallOffsetUs ?? 0);
	const format = createJsonEvents(names, toWallUs);
	const down = new Set<string>();
	const gate = createTriggerGate();
	/** There is none as long as there is nothing to look for. */
	let changes: ChangeReader | undefined;
	let hasPolled = false;
	let active: readonly Active[] = [];
	let forSilence: readonly Active[] = [];
	/** Replaced, but still at work on what they were given. */
	let retired: readonly Active[] = [];
	let seen: Status | undefined;
	/** Since when all sources are heard; silence of a source that is down is no evidence. */
	let upSinceUs: number | undefined = -Infinity;
	let toldLost = 0;
	let toldMs = 0;
	let lostChanges = 0;

	const nowUs = (): number => arrays.numbers[numberAt.nowUs]!;

	const add = (trigger: string, outcome: TriggerOutcome['outcome'], rest: Partial<TriggerOutcome>) => {
		log.add({timeUs: nowUs(), trigger, action: '', outcome, detail: '', cause: '', seconds: 0, count: 1, ...rest});
	};

	const activate = (trigger: Trigger, filter: EventFilter, key: string): Active => {
		const totals = log.begin(trigger.name, trigger.on);
		const actions = trigger.actions.map((action): Action => {
			const text = actionText(action);
			const queue: TriggerQueue = createTriggerQueue({
				run: runnerOf(action, trigger.timeoutMs),
				clock,
				done(event, {outcome, detail}, seconds) {
					totals[totalOf[outcome]]++;
					add(trigger.name, outcome, {action: text, detail, cause: event.event, seconds});
				},
			});
			return {text, queue};
		});
		return {
			trigger, key, filter, actions, totals, watch: createTriggerWatch(trigger.condition), mayPass: createTokenBucket(trigger.rate), toldRate: 0, toldQueue: 0,
		};
	};

	const fire = (one: Active, timeUs: number, build: () => TriggerEvent | undefined) => {
		one.totals.fired++;
		if (!one.mayPass(timeUs / 1000)) {
			one.totals.droppedByRate++;
			return;
		}

		const event = build();
		if (!event) {
			log.lose(1);
			return;
		}

		for (const {text, queue} of one.actions) {
			if (isDryRun) {
				one.totals.dryRun++;
				add(one.trigger.name, 'dry-run', {timeUs, action: text, cause: event.event});
			} else if (!queue.push({...event, fields: {...event.fields, trigger: one.trigger.name}})) {
				one.totals.droppedByQueue++;
			}
		}
	};

	const hold = ({totals}: Active, why: Hold) => {
		if (why === 'first-fill') {
			totals.firstFill++;
		} else {
			totals.unknownSender++;
		}
	};

	/** Silence since is evidence, as long as somebody known is heard and our ears are open. */
	const silenceSinceUs = (): number | undefined => {
		const knownUs = gate.knownSinceUs();
		return knownUs === undefined || upSinceUs === undefined ? undefined : Math.max(knownUs, upSinceUs);
	};

	const passTime = (timeUs: number) => {
		for (const one of forSilence) {
			const sinceUs = one.watch.passed(timeUs, silenceSinceUs());
			if (sinceUs !== undefined) {
				const atUs = sinceUs + (one.trigger.condition.spanMs * 1000);
				fire(one, timeUs, () => {
					const fields = {
						v: 1, type: 'event', time: rfc3339(toWallUs(atUs)), event: 'absent', on: one.trigger.on,
						since: rfc3339(toWallUs(sinceUs)), seconds: one.trigger.condition.spanMs / 1000,
					};
					return {timeUs: atUs, event: 'absent', json: `${safeJson(fields)}\n`, fields};
				});
			}
		}
	};

	const noticeSource = ({event, segment, state, recording}: Readonly<Record<string, unknown>>, timeUs: number) => {
		if (event === 'suspend') {
			upSinceUs = upSinceUs === undefined ? undefined : timeUs;
		} else if (event === 'source' && recording === undefined && typeof segment === 'string' && placeStates.has(String(state))) {
			if (state === 'up') {
				down.delete(segment);
			} else {
				down.add(segment);
			}

			upSinceUs = down.size > 0 ? undefined : timeUs;
		}
	};

	const offer = (change: Change, fields: Readonly<Record<string, unknown>> | undefined) => {
		let why: Hold | 'no' | undefined;
		let event: TriggerEvent | undefined;
		const build = (): TriggerEvent | undefined => {
			if (!event) {
				const json = format.line(change);
				const all = json === '' ? undefined : JSON.parse(json) as Record<string, unknown>;
				event = all && {timeUs: change.timeUs, event: String(all['event']), json, fields: all};
			}

			return event;
		};

		for (const one of active) {
			if (!(fields ? one.filter.matchesFields(fields) : one.filter.matches(change))) {
				continue;
			}

			if (why === undefined) {
				why = (fields ? gate.ofFields(fields) : (change.type === 'refused' ? gate.ofDirector(change.director) : change.type === 'aside' ? undefined : gate.ofSession(change))) ?? 'no';
			}

			// Sessions of the first fill are no silence.
			if (why !== 'no' && !(why === 'first-fill' && one.trigger.condition.kind === 'none')) {
				hold(one, why);
			} else if (one.watch.happened(change.timeUs)) {
				fire(one, change.timeUs, build);
			}
		}
	};

	const take = (change: Change) => {
		if (forSilence.length > 0) {
			passTime(change.timeUs);
		}

		if (change.type !== 'aside') {
			offer(change, undefined);
			return;
		}

		if (change.json === undefined) {
			return;
		}

		const fields = JSON.parse(change.json) as Record<string, unknown>;
		if (String(fields['event']).startsWith('@')) {
			names.learn(fields);
			gate.learn(fields, change.timeUs);
			return;
		}

		noticeSource(fields, change.timeUs);
		offer(change, fields);
	};

	const noticeStatus = () => {
		const current = status();
		if (!current || current === seen) {
			return;
		}

		seen = current;
		names.update(current);
		if (current.sinceUs > 0) {
			gate.listens(current.sinceUs);
		}

		for (const director of current.directors) {
			gate.meet(director);
		}
	};

	const tellDrops = () => {
		for (const one of [...active, ...retired]) {
			const {totals, trigger, actions} = one;
			totals.running = actions.reduce((sum, {queue}) => sum + queue.running(), 0);
			totals.waiting = actions.reduce((sum, {queue}) => sum + queue.waiting(), 0);
			if (totals.droppedByRate > one.toldRate) {
				add(trigger.name, 'dropped', {detail: `beyond ${formatRate(trigger.rate)}`, count: totals.droppedByRate - one.toldRate});
				one.toldRate = totals.droppedByRate;
			}

			if (totals.droppedByQueue > one.toldQueue) {
				add(trigger.name, 'dropped', {action: actions.map(({text}) => text).join(', '), detail: 'too many wait for it', count: totals.droppedByQueue - one.toldQueue});
				one.toldQueue = totals.droppedByQueue;
			}
		}

		if (log.lost() > toldLost) {
			add('', 'dropped', {detail: 'changes came faster than triggers could look at them', count: log.lost() - toldLost});
			toldLost = log.lost();
		}

		retired = retired.filter(({totals}) => totals.running + totals.waiting > 0);
	};

	const kill = () => {
		for (const one of [...active, ...retired]) {
			const {trigger, actions, totals} = one;
			for (const {queue, text} of actions) {
				const left = queue.kill();
				if (left > 0) {
					totals.droppedByQueue += left;
					one.toldQueue += left;
					add(trigger.name, 'dropped', {action: text, detail: 'the end came first', count: left});
				}
			}
		}
	};

	return {
		log,
		use({triggers, aliases, trusted}) {
			const filterNames = filterNamesOf(names, aliases);
			const next: Active[] = [];
			for (const trigger of triggers) {
				const filter = compileEventFilter(trigger.condition.expression, view, filterNames);
				if (!filter.ok) {
					return {trigger, error: filter};
				}

				const key = JSON.stringify([trigger, [...aliases]]);
				next.push(active.find(one => one.key === key) ?? activate(trigger, filter, key));
			}

			if (next.length > 0) {
				changes ??= createChangeReader(memory, {fromNow: hasPolled});
			}

			retired = [...retired, ...active.filter(one => !next.includes(one))];
			active = next;
			forSilence = next.filter(({trigger}) => trigger.condition.kind === 'none');
			log.keep(new Set(triggers.map(({name}) => name)));
			gate.trust(trusted);
			return undefined;
		},
		poll(budgetMs) {
			hasPolled = true;
			noticeStatus();
			if (!changes) {
				return true;
			}

			// Read first: what happened up to then is among the changes.
			const momentUs = nowUs();
			const startMs = clock();
			let taken: number;
			do {
				taken = changes.read(take, step);
			} while (taken > 0 && clock() - startMs < budgetMs);

			if (changes.lost() > lostChanges) {
				log.lose(changes.lost() - lostChanges);
				lostChanges = changes.lost();
			}

			if (taken === 0 && forSilence.length > 0) {
				passTime(momentUs);
			}

			if (clock() - toldMs >= tellMs) {
				toldMs = clock();
				tellDrops();
			}

			return taken === 0;
		},
		async finish(longestMs) {
			const idle = Promise.all([...active, ...retired].flatMap(({actions}) => actions.map(async ({queue}) => queue.idle())));
			await within(longestMs, idle);
			kill();
			// What was ended says so.
			await within(endMs, idle);
			tellDrops();
		},
		kill,
	};
};
