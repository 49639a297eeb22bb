import {type FilterNames} from '../filter/context.js';
import {type FilterError} from '../filter/expression.js';
import {entryExpiresMs, entryFlag, entryFlags, entryPath, entryWords} from '../table/entry.js';
import {createChangeScan, type ChangeScan} from '../table/change-scan.js';
import {type Connection} from '../table/connection.js';
import {numberAt, pathAt, pathWords} from '../table/memory.js';
import {type Predicate} from '../table/predicates.js';
import {type Query} from '../table/select.js';
import {snapshotTable} from '../table/snapshot.js';
import {type ServiceView} from '../table/services.js';
import {createTableView, type TableView} from '../table/view.js';
import {type ClientReport, scanClients} from './client-scan.js';
import {createEventLog, type EventLog, type LoggedEvent} from './event-log.js';
import {emptyFailover} from './failover.js';
import {createEntryVerdicts, type EntryVerdicts} from './fate.js';
import {type Player} from './player.js';
import {createRecordRates} from './record-rates.js';
import {type Extract, type Judged, type Question, type Sample, type ServiceDetail, type SessionDetail} from './sample.js';
import {createScreenFilter, type ScreenFilter} from './screen-filter.js';
import {screenNames} from './screen-names.js';
import {type Status} from './status.js';

/** Gives the screen one sample per interval, and one at once when something else is asked for. */
export type Sampler = {
	/** The same object until the next sample. */
	readonly sample: () => Sample;
	readonly subscribe: (listener: () => void) => () => void;
	/** What the screen wants to see from now on. */
	ask(question: Question): void;
	/** What is wrong with a filter; undefined when it can be used. */
	check(filter: string): FilterError | undefined;
	/** Place of the next row that matches, from a place on, going round at the ends; -1 when there is none. */
	find(text: string, from: number, step: 1 | -1): number;
	/** What is marked (when each began, by slot), all that passes the present filter when nothing is. */
	extract(marks: ReadonlyMap<number, number>): Extract;
	setInterval(intervalMs: number): void;
	close(): void;
};

/** A picture of one memory: the live table, or a copy of it. */
type Reading = {
	readonly view: TableView;
	readonly scan: ChangeScan;
	readonly filter: ScreenFilter;
	readonly finder: ScreenFilter;
	readonly verdicts: EntryVerdicts;
};

const emptyQuestion: Question = {
	filter: '', isInverted: false, sort: 'open', reverse: false, offset: 0, count: 0, isPaused: false, isHeld: false, follow: undefined,
	marked: new Set(), session: undefined, service: undefined, wantsClients: false, changes: 0,
};

const trendLength = 64;
/** Services whose trend is read: more do not fit on any screen. */
const mostTrends = 300;
/** Rows that keep their places: as many before and after the window. */
const heldAround = 5000;
const changedUs = 2_000_000;
/** Changes of sessions looked at for one screen: some 10 ms. */
const mostScanned = 400_000;
const longestHistory = 400;
const clientsEveryMs = 4000;

/** Services may be thousands, when somebody makes them up. What takes this long to add up is added up for a tenth of the time at most. */
const costlyMs = 8;
const rests = 9;

const expiryBoundsMs = [10_000, 60_000, 300_000, 900_000];

export type SamplerOptions = {
	readonly intervalMs: number;
	readonly aliases: FilterNames['aliases'];
	/** What this program did, to be shown among the events; oldest first. */
	readonly ownEvents: () => readonly LoggedEvent[];
};

export const createSampler = (player: Player, {intervalMs: initialIntervalMs, aliases, ownEvents}: SamplerOptions): Sampler => {
	const listeners = new Set<() => void>();
	const marked = new Set<number>();
	let question = emptyQuestion;
	let generation = -1;
	let live: Reading;
	let frozen: {readonly reading: Reading; readonly status: Status | undefined} | undefined;
	let log: EventLog;
	let rates = createRecordRates();
	let held: Int32Array | undefined;
	let heldRows = new Map<number, Connection>();
	let heldKey = '';
	let seen = new Map<number, {readonly firstUs: number; readonly state: number; readonly dport: number; readonly daddr: string; changedUs: number}>();
	let clients: ClientReport | undefined;
	let clientsKey = '';
	let cancelClients: (() => void) | undefined;
	let clientsDoneAt = 0;
	let added: {readonly of: Reading; readonly views: ServiceView[]; readonly readMs: number; readonly tookMs: number} | undefined;
	let sample: Sample;
	let timer: NodeJS.Timeout;
	let isClosed = false;

	const names = screenNames(() => player.monitor().status(), aliases);

	const read = (memory: Parameters<typeof createTableView>[0]): Reading => {
		const view = createTableView(memory);
		const again = () => {
			renew();
		};

		const verdicts = createEntryVerdicts(view.arrays, () => (frozen ? frozen.status : player.monitor().status())?.failover ?? emptyFailover, view.now);
		const filter = () => createScreenFilter(view, {names, marked, verdicts, onPass: again});
		return {view, scan: createChangeScan(memory), filter: filter(), finder: filter(), verdicts};
	};

	const dropReading = (reading: Reading | undefined) => {
		reading?.filter.close();
		reading?.finder.close();
	};

	/** Another monitor may have taken over. */
	const refresh = () => {
		if (player.generation() === generation) {
			return;
		}

		generation = player.generation();
		if (live) {
			dropReading(live);
		}

		const {memory} = player.monitor();
		live = read(memory);
		log = createEventLog(memory);
		log.update();
		rates = createRecordRates();
		held = undefined;
		seen = new Map();
		clients = undefined;
		clientsKey = '';
	};

	const freeze = () => {
		if (!question.isPaused) {
			dropReading(frozen?.reading);
			frozen = undefined;
			return;
		}

		frozen ??= {reading: read(snapshotTable(player.monitor().memory)), status: player.monitor().status()};
	};

	const isService = ({arrays}: TableView, service: number): Predicate => (words, at) => arrays.paths[(entryPath(words, at) * pathWords) + pathAt.service] === service;

	const changedRows = (rows: readonly Connection[], nowUs: number): Set<number> => {
		const changed = new Set<number>();
		const next: typeof seen = new Map();
		for (const {slot, firstUs, state, dport, daddr} of rows) {
			const former = seen.get(slot);
			const real = daddr.join(' ');
			const isSame = former?.firstUs === firstUs;
			const differs = isSame && (former.state !== state || former.dport !== dport || former.daddr !== real);
			const since = differs ? nowUs : (isSame ? former.changedUs : -changedUs);
			next.set(slot, {firstUs, state, dport, daddr: real, changedUs: since});
			if (nowUs - since < changedUs && since > 0) {
				changed.add(slot);
			}
		}

		seen = next;
		return changed;
	};

	/** The window of a list whose order is held. */
	const heldWindow = (view: TableView, query: Query, nowUs: number) => {
		const key = `${query.sort} ${query.reverse} ${question.filter} ${question.isInverted}`;
		if (!held || heldKey !== key) {
			heldKey = key;
			heldRows = new Map();
			held = view.select({...query, offset: Math.max(0, question.offset - heldAround), count: question.count + (2 * heldAround)}, nowUs).slots;
		}

		const offset = Math.max(0, Math.min(question.offset, held.length - question.count));
		const slots = [...held.subarray(offset, offset + question.count)];
		const gone = new Set<number>();
		const rows: Connection[] = [];
		for (const slot of slots) {
			const row = view.row(slot, nowUs);
			const former = heldRows.get(slot);
			if (row && (!former || former.firstUs === row.firstUs)) {
				heldRows.set(slot, row);
				rows.push(row);
			} else if (former) {
				gone.add(slot);
				rows.push(former);
			}
		}

		return {rows, gone, offset, matched: held.length};
	};

	const judge = ({view, verdicts}: Pick<Reading, 'view' | 'verdicts'>, slot: number): Judged => {
		const at = slot * entryWords;
		return {fate: verdicts.fate(view.arrays.entries, at), mark: verdicts.mark(view.arrays.entries, at)};
	};

	const rowsOf = (reading: Reading, nowUs: number) => {
		const {view, filter} = reading;
		const {sort, reverse, count, follow} = question;
		const predicate = filter.predicate(question.filter, question.isInverted, nowUs);
		const query: Query = {sort, reverse, count, ...(predicate && {predicate})};
		const all = {followed: -1, gone: new Set<number>()};
		if (question.isHeld) {
			const counted = view.select({...query, count: 0}, nowUs);
			return {...all, total: counted.total, ...heldWindow(view, query, nowUs)};
		}

		held = undefined;
		let followed = -1;
		if (follow && view.row(follow.slot, nowUs)?.firstUs === follow.firstUs) {
			followed = view.rank(query, follow.slot, nowUs);
		}

		let offset = followed >= 0 && follow ? Math.max(0, followed - follow.row) : question.offset;
		let found = view.select({...query, offset}, nowUs);
		if (offset > 0 && offset + count > found.matched) {
			offset = Math.max(0, found.matched - count);
			found = view.select({...query, offset}, nowUs);
		}

		const rows = [...found.slots].map(slot => view.row(slot, nowUs)).filter(row => row !== undefined);
		return {...all, rows, offset, followed, matched: found.matched, total: found.total};
	};

	const sessionOf = ({view, scan, verdicts}: Reading, nowUs: number): SessionDetail | undefined => {
		if (!question.session) {
			return undefined;
		}

		const {slot, firstUs, connection: known} = question.session;
		// What came from a change knows no slot.
		const found = slot > 0 ? slot : view.select({predicate: scan.ofSession(known), count: 1}, nowUs).slots[0] ?? 0;
		const row = view.row(found, nowUs);
		const isHeld = row?.firstUs === firstUs;
		const connection = isHeld && row ? row : known;
		const ofSession = scan.ofSession(connection);
		const departed = isHeld ? undefined : view.departed(1, ofSession).find(one => one.timeUs <= nowUs);
		const {changes, complete} = scan.find(ofSession, {limit: longestHistory, most: Infinity, untilUs: nowUs});
		let template: Connection | undefined;
		if (!connection.template) {
			const [c0, c1, c2, c3] = connection.caddr;
			const controls = view.select({
				predicate: (words, at) => (entryFlags(words, at) & entryFlag.template) !== 0 && words[at] === c0 && words[at + 1] === c1 && words[at + 2] === c2 && words[at + 3] === c3,
				count: 8,
			}, nowUs);
			template = [...controls.slots].map(one => view.row(one, nowUs)).find(one => one?.vaddr.every((word, index) => word === connection.vaddr[index]));
		}

		return {
			connection: departed?.connection ?? connection, departed, isHeld,
			judged: isHeld ? judge({view, verdicts}, found) : undefined,
			history: changes.toReversed(), isComplete: complete, template,
		};
	};

	const servicesOf = (reading: Reading, nowUs: number): ServiceView[] => {
		const startMs = performance.now();
		if (added?.of !== reading || added.tookMs < costlyMs || startMs - added.readMs > added.tookMs * rests) {
			const views = reading.view.services(nowUs);
			const readMs = performance.now();
			added = {of: reading, views, readMs, tookMs: readMs - startMs};
		}

		return added.views;
	};

	const serviceOf = ({view}: Reading, nowUs: number, services: Sample['services']): ServiceDetail | undefined => {
		const found = services.find(({service}) => service.id === question.service);
		if (!found) {
			return undefined;
		}

		const test = isService(view, found.service.id);
		const nowMs = Math.floor((nowUs - view.arrays.numbers[numberAt.originUs]!) / 1000);
		const byExpiry = [0, 0, 0, 0, 0];
		view.each((words, at) => {
			if (test(words, at) && (entryFlags(words, at) & entryFlag.template) === 0) {
				const left = entryExpiresMs(words, at) - nowMs;
				const bucket = expiryBoundsMs.findIndex(bound => left < bound);
				byExpiry[bucket === -1 ? 4 : bucket]!++;
			}
		}, nowUs);
		return {
			byExpiry,
			births: view.trend(found.paths, 0, trendLength),
			ends: view.trend(found.paths, 1, trendLength),
			ranout: view.departed(9999, test).filter(({type}) => type === 'ranout').length,
		};
	};

	const countClients = ({view, filter}: Reading, nowUs: number) => {
		if (!question.wantsClients) {
			cancelClients?.();
			cancelClients = undefined;
			clients = undefined;
			clientsKey = '';
			return;
		}

		const key = `${question.service} ${question.filter} ${question.isInverted} ${question.isPaused}`;
		const isStale = clientsKey !== key || performance.now() - clientsDoneAt > clientsEveryMs;
		if (cancelClients === undefined ? !isStale : clientsKey === key) {
			return;
		}

		cancelClients?.();
		if (clientsKey !== key) {
			clients = undefined;
		}

		clientsKey = key;
		const passes = filter.predicate(question.filter, question.isInverted, nowUs);
		const ofService = question.service === undefined ? undefined : isService(view, question.service);
		// A closer look at one service is at all of it.
		const test: Predicate | undefined = ofService ?? passes;
		cancelClients = scanClients(view.arrays, nowUs, test, report => {
			cancelClients = undefined;
			clients = report;
			clientsDoneAt = performance.now();
			if (!isClosed) {
				renew();
			}
		});
	};

	const changesOf = ({scan, filter}: Reading, nowUs: number) => {
		if (question.changes === 0) {
			return [];
		}

		const test = filter.events(question.filter, question.isInverted);
		const predicate = test?.at(nowUs);
		return scan.find(predicate, {limit: question.changes, most: mostScanned, untilUs: nowUs}).changes;
	};

	const eventsOf = ({filter}: Reading, nowUs: number) => {
		const own = ownEvents();
		const all = own.length > 0 ? [...log.events(), ...own].toSorted((one, other) => one.timeUs - other.timeUs) : log.events();
		const events = all.filter(({timeUs}) => timeUs <= nowUs);
		const test = question.changes > 0 ? filter.events(question.filter, question.isInverted) : undefined;
		return test ? events.filter(({event, fields}) => test.matchesFields({...fields, event})) : events;
	};

	const take = (): Sample => {
		refresh();
		freeze();
		marked.clear();
		for (const slot of question.marked) {
			marked.add(slot);
		}

		const monitor = player.monitor();
		const reading = frozen?.reading ?? live;
		const {view} = reading;
		const nowUs = view.now();
		const status = frozen ? frozen.status : monitor.status();
		const services = servicesOf(reading, nowUs);
		const window = rowsOf(reading, nowUs);
		countClients(reading, nowUs);
		return {
			nowUs,
			status,
			ended: monitor.hasEnded() ? monitor.end() : undefined,
			isPaused: frozen !== undefined || status?.replay?.isPaused === true,
			isHeld: question.isHeld,
			isSeeking: player.isSeeking(),
			totals: view.totals(),
			services,
			trends: new Map(services.slice(0, mostTrends).map(({service, paths}) => [service.id, view.trend(paths, 0, trendLength)])),
			changed: frozen ? new Set<number>() : changedRows(window.rows, nowUs),
			...window,
			judged: new Map(window.rows.map(({slot}) => [slot, judge(reading, slot)])),
			isFiltering: !reading.filter.isComplete(),
			events: eventsOf(reading, nowUs),
			changes: changesOf(reading, nowUs),
			lostChanges: log.lost(),
			session: sessionOf(reading, nowUs),
			service: serviceOf(reading, nowUs, services),
			clients,
			recordRates: rates(nowUs, status),
			index: player.index(),
			notes: player.notes(),
		};
	};

	const renew = () => {
		if (isClosed) {
			return;
		}

		sample = take();
		for (const listener of listeners) {
			listener();
		}
	};

	let lastStatus: Status | undefined;
	refresh();
	/** Changes are read at the pace of frames; a key does not wait for them. */
	const onTime = () => {
		log.update();
		renew();
	};

	sample = take();
	timer = setInterval(onTime, initialIntervalMs);
	// The clock of a file that stands still makes no samples interesting, but its first packet, its jumps, its end and its pauses do.
	const unsubscribe = player.subscribe(() => {
		const status = player.monitor().status();
		const isNews = player.generation() !== generation || player.isSeeking() !== sample.isSeeking || player.index() !== sample.index
			|| player.monitor().hasEnded() !== (sample.ended !== undefined)
			|| status?.replay?.isPaused !== lastStatus?.replay?.isPaused || status?.replay?.speed !== lastStatus?.replay?.speed
			|| player.notes().length !== sample.notes.length
			|| ((status?.sinceUs ?? 0) > 0 && (sample.status?.sinceUs ?? 0) === 0);
		lastStatus = status;
		if (isNews) {
			onTime();
		}
	});

	return {
		sample: () => sample,
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		ask(next) {
			question = next;
			renew();
		},
		check: text => live.filter.check(text),
		find(text, from, step) {
			const reading = frozen?.reading ?? live;
			const {view} = reading;
			const nowUs = view.now();
			const wanted = reading.finder.predicate(text, false, nowUs);
			const passes = reading.filter.predicate(question.filter, question.isInverted, nowUs);
			if (!wanted) {
				return -1;
			}

			const query: Query = {sort: question.sort, reverse: question.reverse, ...(passes && {predicate: passes})};
			const both: Predicate = passes ? (words, at) => passes(words, at) && wanted(words, at) : wanted;
			const {slots} = view.select({...query, predicate: both, offset: 0, count: 1_000_000_000}, nowUs);
			if (slots.length === 0) {
				return -1;
			}

			const rankAt = (index: number) => view.rank(query, slots[index]!, nowUs);
			// The first match after `from`, by halving: matches are in the order of the rows.
			let low = 0;
			let high = slots.length;
			while (low < high) {
				const middle = (low + high) >>> 1;
				if (rankAt(middle) <= (step === 1 ? from : from - 1)) {
					low = middle + 1;
				} else {
					high = middle;
				}
			}

			const index = step === 1 ? low % slots.length : (low - 1 + slots.length) % slots.length;
			return rankAt(index);
		},
		extract(marks) {
			const {view, filter} = frozen?.reading ?? live;
			const nowUs = view.now();
			const {sort, reverse} = question;
			const predicate = marks.size === 0 ? filter.predicate(question.filter, question.isInverted, nowUs) : undefined;
			const slots = marks.size === 0 ? view.select({sort, reverse, count: Number.MAX_SAFE_INTEGER, ...(predicate && {predicate})}, nowUs).slots : marks.keys();
			const rows = function * () {
				for (const slot of slots) {
					const row = view.row(slot, nowUs);
					if (row && (marks.size === 0 || marks.get(slot) === row.firstUs)) {
						yield row;
					}
				}
			};

			return {nowUs, status: frozen ? frozen.status : player.monitor().status(), totals: view.totals(), rows: rows()};
		},
		setInterval(intervalMs) {
			clearInterval(timer);
			timer = setInterval(onTime, intervalMs);
		},
		close() {
			isClosed = true;
			clearInterval(timer);
			unsubscribe();
			cancelClients?.();
			dropReading(live);
			dropReading(frozen?.reading);
		},
	};
};
