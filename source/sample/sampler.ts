import {type FilterNames} from '../filter/names.js';
import {type FilterError} from '../filter/expression.js';
import {type TableMemory} from '../table/memory.js';
import {snapshotTable} from '../table/read/snapshot.js';
import {type Status} from '../engine/status.js';
import {type LoggedEvent} from '../events/told.js';
import {createChangedRows} from './changed-rows.js';
import {createClientCounting} from './client-counting.js';
import {createEventLog} from './event-log.js';
import {extractRows} from './extract-rows.js';
import {findRow} from './find-row.js';
import {type Player} from './player.js';
import {createRecordRates} from './record-rates.js';
import {createRowWindows} from './row-window.js';
import {type Extract, type Question, type Sample} from './sample.js';
import {screenNames} from './screen-names.js';
import {serviceDetail, trendLength} from './service-detail.js';
import {createServiceSums} from './service-sums.js';
import {sessionPast} from './session-past.js';
import {createTableReading, type TableReading} from './table-reading.js';

/** Gives the screen one sample per interval, and one at once when something else is asked for. */
export type Sampler = {
	/** The same object until the next sample. */
	readonly sample: () => Sample;
	readonly subscribe: (listener: () => void) => () => void;
	/** What the screen wants to see from now on. */
	ask(question: Question): void;
	/** What is wrong with a filter; undefined when it can be used. */
	check(filter: string, of: 'sessions' | 'anything'): FilterError | undefined;
	/** Place of the next row that matches, from a place on, going round at the ends; -1 when there is none. */
	find(text: string, from: number, step: 1 | -1): number;
	/** What is marked (when each began, by slot), all that passes the present filter when nothing is. */
	extract(marks: ReadonlyMap<number, number>): Extract;
	setInterval(intervalMs: number): void;
	close(): void;
};

const emptyQuestion: Question = {
	filter: '', isInverted: false, sort: 'open', reverse: false, offset: 0, count: 0, isPaused: false, isHeld: false, follow: undefined,
	marked: new Set(), session: undefined, service: undefined, wantsClients: false, changes: 0,
};

/** Services whose trend is read: more do not fit on any screen. */
const mostTrends = 300;
/** Changes of sessions looked at for one screen: some 10 ms. */
const mostScanned = 400_000;

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
	let sample: Sample;
	let isClosed = false;

	const renew = () => {
		if (isClosed) {
			return;
		}

		sample = take();
		for (const listener of listeners) {
			listener();
		}
	};

	const liveStatus = () => player.monitor().status();
	const names = screenNames(liveStatus, aliases);
	const read = (memory: TableMemory, status: () => Status | undefined): TableReading => createTableReading(memory, {status, names, marked, onPass: renew});

	/** All that is made from the memory of one monitor. */
	const openMonitor = () => {
		const {memory} = player.monitor();
		const log = createEventLog(memory);
		log.update();
		return {generation: player.generation(), reading: read(memory, liveStatus), log, recordRates: createRecordRates(), changedRows: createChangedRows()};
	};

	let live = openMonitor();
	let frozen: TableReading | undefined;
	const windows = createRowWindows();
	const services = createServiceSums();
	const clients = createClientCounting(renew);
	const shown = () => frozen ?? live.reading;

	/** Another monitor may have taken over. */
	const refresh = () => {
		if (player.generation() !== live.generation) {
			live.reading.close();
			live = openMonitor();
			windows.forget();
			clients.stop();
		}
	};

	/** The picture stands still while the question says so. */
	const freeze = () => {
		if (!question.isPaused) {
			frozen?.close();
			frozen = undefined;
		} else if (!frozen) {
			const status = liveStatus();
			frozen = read(snapshotTable(player.monitor().memory), () => status);
		}
	};

	const changesOf = ({scan, filter}: TableReading, nowUs: number) => {
		if (question.changes === 0) {
			return [];
		}

		const predicate = filter.events(question.filter, question.isInverted)?.at(nowUs);
		return scan.find(predicate, {limit: question.changes, most: mostScanned, untilUs: nowUs}).changes;
	};

	const eventsOf = ({filter}: TableReading, nowUs: number) => {
		const own = ownEvents();
		const all = own.length > 0 ? [...live.log.events(), ...own].toSorted((one, other) => one.timeUs - other.timeUs) : live.log.events();
		const events = all.filter(({timeUs}) => timeUs <= nowUs);
		const test = question.changes > 0 ? filter.events(question.filter, question.isInverted) : undefined;
		return test ? events.filter(({fields}) => test.matchesFields(fields)) : events;
	};

	const take = (): Sample => {
		refresh();
		freeze();
		marked.clear();
		for (const slot of question.marked) {
			marked.add(slot);
		}

		const monitor = player.monitor();
		const reading = shown();
		const {view} = reading;
		const nowUs = view.now();
		const status = reading.status();
		const views = services(reading, nowUs);
		const closer = views.find(({service}) => service.id === question.service);
		const window = windows.of(reading, question, nowUs);
		return {
			nowUs,
			status,
			ended: monitor.hasEnded() ? monitor.end() : undefined,
			isPaused: frozen !== undefined || status?.replay?.isPaused === true,
			isHeld: question.isHeld,
			isSeeking: player.isSeeking(),
			progress: player.progress(),
			totals: view.totals(),
			services: views,
			trends: new Map(views.slice(0, mostTrends).map(({service, paths}) => [service.id, view.trend(paths, 0, trendLength)])),
			changed: frozen ? new Set() : live.changedRows(window.rows, nowUs),
			...window,
			judged: new Map(window.rows.map(({slot}) => [slot, reading.judge(slot)])),
			isFiltering: !reading.filter.isComplete(),
			filterScope: reading.filter.scope(question.filter),
			events: eventsOf(reading, nowUs),
			changes: changesOf(reading, nowUs),
			lostChanges: live.log.lost(),
			session: question.session && sessionPast(reading, question.session, nowUs),
			service: closer && serviceDetail(view, closer, nowUs),
			clients: clients.report(reading, question, nowUs),
			recordRates: live.recordRates(nowUs, status),
			index: player.index(),
			notes: player.notes(),
		};
	};

	/** Changes are read at the pace of frames; a key does not wait for them. */
	const onTime = () => {
		live.log.update();
		renew();
	};

	sample = take();
	let timer = setInterval(onTime, initialIntervalMs);

	let lastStatus: Status | undefined;
	// The clock of a file that stands still makes no samples interesting, but its first packet, its jumps, its end and its pauses do.
	const unsubscribe = player.subscribe(() => {
		const status = liveStatus();
		const isNews = player.generation() !== live.generation || player.isSeeking() !== sample.isSeeking || player.index() !== sample.index
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
		check: (text, of) => live.reading.filter.check(text, of),
		find: (text, from, step) => findRow(shown(), question, text, from, step),
		extract: marks => extractRows(shown(), question, marks),
		setInterval(intervalMs) {
			clearInterval(timer);
			timer = setInterval(onTime, intervalMs);
		},
		close() {
			isClosed = true;
			clearInterval(timer);
			unsubscribe();
			clients.stop();
			live.reading.close();
			frozen?.close();
		},
	};
};
