import {events} from '../../events/catalogue.js';
import {isKind, type AnyTold, readTold} from '../../events/told.js';
import {compileEventFilter, type EventFilter} from '../../filter/event-filter.js';
import {type FilterError} from '../../filter/expression.js';
import {type Status} from '../../engine/status.js';
import {createChangeReader, type Change, type ChangeReader} from '../../table/changes.js';
import {numberAt, openTableMemory, type TableMemory} from '../../table/memory.js';
import {createPathReader} from '../../table/path-info.js';
import {createJsonEvents} from '../events.js';
import {filterNamesOf} from '../filter-names.js';
import {createNames} from '../names.js';
import {type Trigger} from './trigger.js';
import {createActiveTrigger, type ActiveTrigger, type TriggerGround} from './active.js';
import {createTriggerGate, type Hold} from './gate.js';
import {createTriggerLog, type TriggerLog} from './log.js';
import {triggerEventOf, type TriggerEvent} from './run.js';

/** Whether silence is evidence: not while a source is down. */
type TriggerHearing = {
	/** An event that is not about a session. */
	notice(told: AnyTold, timeUs: number): void;
	/** Since when all sources are heard, undefined while one is not. */
	sinceUs(): number | undefined;
};

/** States of a place, which `source` events have beside others. */
const placeStates = new Set(['opening', 'up', 'down', 'gone', 'ended', 'failed']);

const createTriggerHearing = (): TriggerHearing => {
	const silent = new Set<string>();
	let sinceUs = -Infinity;

	return {
		notice(told, timeUs) {
			if (isKind(told, events.suspend)) {
				sinceUs = timeUs;
			} else if (isKind(told, events.source) && told.recording === undefined && told.segment !== undefined && placeStates.has(told.state)) {
				const {segment, state} = told;
				if (state === 'up') {
					silent.delete(segment);
				} else {
					silent.add(segment);
				}

				sinceUs = timeUs;
			}
		},
		sinceUs: () => silent.size > 0 ? undefined : sinceUs,
	};
};

/** Changes between two looks at the time. */
const step = 256;
/** What was dropped is said this often. */
const tellMs = 1000;
/** Time for what was ended by force to be gone. */
const endMs = 500;

type TriggerSet = {
	readonly triggers: readonly Trigger[];
	/** Addresses, networks and endpoints by alias; the keys in lower case. */
	readonly aliases: ReadonlyMap<string, readonly string[]>;
	/** Addresses of directors that the configuration vouches for. */
	readonly trusted: ReadonlySet<string>;
};

type TriggersOptions = Pick<TriggerGround, 'isDryRun' | 'clock' | 'runnerOf'> & {
	readonly memory: TableMemory;
	readonly status: () => Status | undefined;
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

/** Waits until it is done, but no longer than this. */
const within = async (ms: number, done: Promise<unknown>): Promise<void> => {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<void>(resolve => {
		timer = setTimeout(resolve, ms);
	});
	await Promise.race([done, late]);
	clearTimeout(timer);
};

/** Reads the changes of a table and shows each to the triggers. */
export const createTriggers = ({memory, status, ...given}: TriggersOptions): Triggers => {
	const arrays = openTableMemory(memory);
	const view = {arrays, paths: createPathReader(arrays)};
	const names = createNames();
	const log = createTriggerLog();
	const {clock} = given;
	const nowUs = (): number => arrays.numbers[numberAt.nowUs]!;
	const toWallUs = (timeUs: number): number => timeUs + (status()?.wallOffsetUs ?? 0);
	const ground: TriggerGround = {...given, log, nowUs, toWallUs};
	const format = createJsonEvents(names, toWallUs);
	const gate = createTriggerGate();
	const hearing = createTriggerHearing();
	/** There is none as long as there is nothing to look for. */
	let changes: ChangeReader | undefined;
	let hasPolled = false;
	/** By all that makes a trigger what it is. */
	let active: ReadonlyMap<string, ActiveTrigger> = new Map();
	let forSilence: readonly ActiveTrigger[] = [];
	/** Replaced, but still at work on what they were given. */
	let retired: readonly ActiveTrigger[] = [];
	let seen: Status | undefined;
	let toldLost = 0;
	let toldMs = 0;
	let lostChanges = 0;

	const atWork = (): ActiveTrigger[] => [...active.values(), ...retired];

	/** Silence is evidence since then, as long as somebody known is heard and our ears are open. */
	const silenceSinceUs = (): number | undefined => {
		const knownUs = gate.knownSinceUs();
		const hearingUs = hearing.sinceUs();
		return knownUs === undefined || hearingUs === undefined ? undefined : Math.max(knownUs, hearingUs);
	};

	const passTime = (timeUs: number) => {
		for (const one of forSilence) {
			one.passed(timeUs, silenceSinceUs());
		}
	};

	const holdOf = (change: Change, told: AnyTold | undefined): Hold | undefined => {
		switch (change.type) {
			case 'aside': {
				return told && gate.ofTold(told);
			}

			case 'refused': {
				return gate.ofDirector(change.director);
			}

			default: {
				return gate.ofSession(change);
			}
		}
	};

	/** Shows a change to all triggers. `told`: its text, where it is not about a session. */
	const offer = (change: Change, told?: AnyTold) => {
		let judged: {readonly hold: Hold | undefined} | undefined;
		let event: TriggerEvent | undefined;
		const build = (): TriggerEvent | undefined => event ??= triggerEventOf(format.line(change), change.timeUs);
		for (const one of active.values()) {
			if (told ? one.filter.matchesFields(told) : one.filter.matches(change)) {
				judged ??= {hold: holdOf(change, told)};
				one.happened(change.timeUs, judged.hold, build);
			}
		}
	};

	const take = (change: Change) => {
		passTime(change.timeUs);
		if (change.type !== 'aside') {
			offer(change);
			return;
		}

		if (change.json === undefined) {
			return;
		}

		const told = readTold(change.json);
		if (names.learn(told)) {
			gate.learn(told, change.timeUs);
			return;
		}

		hearing.notice(told, change.timeUs);
		offer(change, told);
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

	const tell = () => {
		const busy = new Set(atWork().filter(one => one.tell()));
		retired = retired.filter(one => busy.has(one));
		if (log.lost() > toldLost) {
			log.add({timeUs: nowUs(), trigger: '', outcome: 'dropped', detail: 'changes came faster than triggers could look at them', count: log.lost() - toldLost});
			toldLost = log.lost();
		}
	};

	const kill = () => {
		for (const one of atWork()) {
			one.kill();
		}
	};

	return {
		log,
		use({triggers, aliases, trusted}) {
			const filterNames = filterNamesOf(names, aliases);
			const compiled: Array<{readonly key: string; readonly trigger: Trigger; readonly filter: EventFilter}> = [];
			for (const trigger of triggers) {
				const filter = compileEventFilter(trigger.condition.expression, view, filterNames);
				if (!filter.ok) {
					return {trigger, error: filter};
				}

				compiled.push({key: JSON.stringify([trigger, [...aliases]]), trigger, filter});
			}

			// Only now, when all of them can be used: a new one takes the place of the counts of the old one.
			const next = new Map(compiled.map(({key, trigger, filter}) => [key, active.get(key) ?? createActiveTrigger(trigger, filter, ground)]));
			if (next.size > 0) {
				changes ??= createChangeReader(memory, {fromNow: hasPolled});
			}

			retired = [...retired, ...[...active].filter(([key]) => !next.has(key)).map(([, one]) => one)];
			active = next;
			forSilence = [...next.values()].filter(({trigger}) => trigger.condition.kind === 'none');
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

			if (taken === 0) {
				passTime(momentUs);
			}

			if (clock() - toldMs >= tellMs) {
				toldMs = clock();
				tell();
			}

			return taken === 0;
		},
		async finish(longestMs) {
			const idle = Promise.all(atWork().map(async one => one.idle()));
			await within(longestMs, idle);
			kill();
			// What was ended says so.
			await within(endMs, idle);
			tell();
		},
		kill,
	};
};
