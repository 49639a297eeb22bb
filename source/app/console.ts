import {type FilterError} from '../filter/expression.js';
import {filterOfRow} from '../filter/row-filter.js';
import {type Player} from '../monitor/player.js';
import {type Extract, type Question} from '../monitor/sample.js';
import {type Sampler} from '../monitor/sampler.js';
import {type Connection} from '../table/connection.js';
import {clientText, protocolText, realText, stateText, virtualText} from '../view/connection-text.js';
import {changeText, eventText} from '../view/event-text.js';
import {clockTime} from '../view/format.js';
import {clientName, eventRows, orderedServices, realFilter, realRows} from '../view/list-views.js';
import {realName, serviceFilter, serviceName} from '../view/service-text.js';
import {sessionColumns, visibleColumns} from '../view/session-columns.js';
import {clipboardSequence} from './clipboard.js';
import {actionOf, type Action} from './keymap.js';
import {editedLine, editLine, insertText, type EditedLine} from './line-editor.js';
import {parseMoment} from './moment.js';
import {pictureOf, type Picture, type Setting} from './picture.js';
import {initialUiState, listSorts, openPrompt, reduceUi, withFilter, withPlace, type Prompt, type UiState} from './ui-state.js';

/** Between the last key and the filter that it makes: so typing does not search for every letter. */
const filterDelayMs = 100;
const intervalSteps = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];
const stepUs = 10_000_000;

/** What is done to the row under the cursor. */
const onRow: ReadonlySet<Action> = new Set(['open', 'copy', 'to-filter', 'mark', 'follow']);

/** What the program does beside drawing. */
export type Effects = {
	quit(): void;
	suspend(): void;
	redraw(): void;
	/** Sends octets to the terminal that draw nothing. */
	write(sequence: string): void;
	/** Writes sessions to a file of their own; gives the words that say so, or why not. Never rejects. */
	save(extract: Extract): Promise<string>;
	after(delayMs: number, callback: () => void): () => void;
};

/** Between keys and frames: holds what the person chose, asks for samples, draws pictures. Knows no React. */
export type Console = {
	/** The same object until something changed. */
	readonly picture: () => Picture;
	readonly subscribe: (listener: () => void) => () => void;
	/** Keys by name, those of one read together: they make one frame. */
	keys(keys: readonly string[]): void;
	/** Pasted text is text, whatever it holds. */
	paste(text: string): void;
	resize(columns: number, rows: number): void;
	close(): void;
};

export type ConsoleOptions = Omit<Setting, 'columns' | 'rows'> & {
	/** In force from the start. */
	readonly filter: string;
	/** Filters by name. */
	readonly saved: ReadonlyMap<string, string>;
	/** Ids of columns; undefined: those of the width. */
	readonly chosenColumns: readonly string[] | undefined;
};

const rowText = (connection: Connection): string =>
	`${protocolText(connection)} ${stateText(connection)} ${clientText(connection)} ${virtualText(connection)} ${realText(connection)}`;

const sameQuestion = (one: Question, other: Question): boolean =>
	(Object.keys(one) as Array<keyof Question>).every(key => {
		const [left, right] = [one[key], other[key]];
		return left === right || (typeof left === 'object' && typeof right === 'object' && !(left instanceof Set) && JSON.stringify(left, plain) === JSON.stringify(right, plain));
	});
/** Addresses in a question are typed arrays, which belong to one row. */
const plain = (key: string, value: unknown): unknown => key === 'connection' ? undefined : value;

export const createConsole = (sampler: Sampler, player: Player, options: ConsoleOptions, effects: Effects): Console => {
	const listeners = new Set<() => void>();
	let setting: Setting = {...options, columns: 80, rows: 24};
	let state: UiState = {
		...initialUiState(options.filter),
		saved: Object.fromEntries(options.saved),
		columns: options.chosenColumns && new Set(options.chosenColumns),
	};
	let sample = sampler.sample();
	let error: FilterError | undefined;
	let picture: Picture;
	let asked: Question | undefined;
	let markedSet: ReadonlySet<number> = new Set();
	let markedOf: UiState['marked'] | undefined;
	let cancelFilter: (() => void) | undefined;

	const replay = () => sample.status?.replay;

	const questionOf = (): Question => {
		if (markedOf !== state.marked) {
			markedOf = state.marked;
			markedSet = new Set(state.marked.keys());
		}

		const {extent, place} = picture;
		const isSessions = state.view === 'sessions';
		return {
			filter: state.filter, isInverted: state.isInverted, sort: state.sort, reverse: state.reverse,
			offset: isSessions ? place.offset : state.places.sessions.offset,
			count: isSessions && !state.detail && !state.overlay ? extent.visible : (asked?.count ?? 0),
			isPaused: state.isPaused, isHeld: state.isHeld,
			follow: state.follow && {...state.follow, row: Math.max(0, Math.min(place.cursor - place.offset, extent.visible - 1))},
			marked: markedSet,
			session: state.detail?.kind === 'session' ? {...state.detail.key, connection: state.detail.connection} : undefined,
			service: state.detail?.kind === 'vip' ? state.detail.service : undefined,
			wantsClients: state.view === 'clients' || state.detail?.kind === 'vip',
			changes: state.view === 'events' ? Math.max(200, Math.ceil((place.offset + extent.visible + 50) / 200) * 200) : 0,
		};
	};

	const draw = () => {
		picture = pictureOf(sample, state, setting, error);
	};

	const tell = () => {
		for (const listener of listeners) {
			listener();
		}
	};

	/** Draws, asks for what the picture lacks, and draws what came. */
	const settle = () => {
		for (let round = 0; round < 3; round++) {
			draw();
			const question = questionOf();
			if (asked && sameQuestion(asked, question)) {
				break;
			}

			asked = question;
			// Tells us of the new sample, see below.
			sampler.ask(question);
		}

		tell();
	};

	const unsubscribe = sampler.subscribe(() => {
		const isOurs = sample === sampler.sample();
		sample = sampler.sample();
		if (!isOurs && !isSettling) {
			isSettling = true;
			settle();
			isSettling = false;
		}
	});
	let isSettling = false;

	const renew = () => {
		isSettling = true;
		settle();
		isSettling = false;
	};

	const say = (message: string) => {
		state = {...state, message};
	};

	/** The session under the cursor. */
	const currentRow = (): Connection | undefined => sample.rows[picture.place.cursor - sample.offset];

	const applyFilter = (text: string, isKept: boolean) => {
		cancelFilter?.();
		cancelFilter = undefined;
		if (sampler.check(text) === undefined) {
			state = withFilter(state, text.trim(), isKept);
		}
	};

	const setFilter = (text: string) => {
		state = {...withFilter({...state, isInverted: false}, text, true), view: 'sessions', detail: undefined};
	};

	/** What the row under the cursor is, in each view. */
	const subject = (): {readonly text: string; readonly filter: string | undefined} | undefined => {
		const {cursor} = picture.place;
		if (state.detail?.kind === 'session' || state.view === 'sessions') {
			const row = state.detail?.kind === 'session' ? sample.session?.connection : currentRow();
			return row && {text: rowText(row), filter: filterOfRow(row)};
		}

		if (state.detail?.kind === 'vip') {
			const {service: id} = state.detail;
			const service = sample.services.find(one => one.service.id === id)?.service;
			return service && {text: serviceName(service), filter: serviceFilter(service)};
		}

		switch (state.view) {
			case 'vips': {
				const service = orderedServices(sample.services, listSorts.vips[state.listSort] ?? 'address')[cursor]?.service;
				return service && {text: serviceName(service), filter: serviceFilter(service)};
			}

			case 'reals': {
				const row = realRows(sample, listSorts.reals[state.listSort] ?? 'address')[cursor];
				return row && {text: realName(row.real, row.service.service), filter: realFilter(row)};
			}

			case 'clients': {
				const client = sample.clients?.clients[cursor];
				return client && {text: clientName(client), filter: `client=${clientName(client)}`};
			}

			case 'events': {
				const row = eventRows(sample)[cursor];
				if (!row) {
					return undefined;
				}

				const {name, text} = row.change ? changeText(row.change) : eventText(row.event!, sample.status);
				return {text: `${clockTime(row.timeUs)} ${name} ${text}`, filter: row.change ? filterOfRow(row.change.connection) : undefined};
			}

			default: {
				return undefined;
			}
		}
	};

	const openSession = (connection: Connection, slot: number) => {
		state = {...state, detail: {kind: 'session', key: {slot, firstUs: connection.firstUs}, connection, offset: 0}};
	};

	const open = () => {
		const {cursor} = picture.place;
		switch (state.view) {
			case 'sessions': {
				const row = currentRow();
				if (row) {
					openSession(row, row.slot);
				}

				break;
			}

			case 'vips': {
				const service = orderedServices(sample.services, listSorts.vips[state.listSort] ?? 'address')[cursor];
				if (service) {
					state = {...state, detail: {kind: 'vip', service: service.service.id, offset: 0}};
				}

				break;
			}

			case 'events': {
				const change = eventRows(sample)[cursor]?.change;
				if (change) {
					openSession(change.connection, 0);
				}

				break;
			}

			default: {
				const filter = subject()?.filter;
				if (filter !== undefined) {
					setFilter(filter);
				}
			}
		}
	};

	const seek = (timeUs: number) => {
		const refusal = player.seek(timeUs, sample.nowUs);
		if (refusal !== undefined) {
			say(refusal);
		}
	};

	/** To the next or former event of the file; the survey of it knows those to come. */
	const stepEvent = (step: 1 | -1) => {
		if (!replay()) {
			say('events can be stepped through in a capture file only; 6 shows those of this capture');
			return;
		}

		if (!sample.index) {
			say('still reading the file for its events');
			return;
		}

		const times = [...sample.index.events.map(({timeUs}) => timeUs), ...sample.notes.map(({timeUs}) => timeUs)].toSorted((one, other) => one - other);
		// What lies within a tenth of a second is one event.
		const target = step === 1 ? times.find(timeUs => timeUs > sample.nowUs + 50_000) : times.findLast(timeUs => timeUs < sample.nowUs - 150_000);
		if (target === undefined) {
			say(step === 1 ? 'no later event' : 'no earlier event');
		} else {
			player.pause();
			seek(target + 50_000);
		}
	};

	const changePace = (step: 1 | -1) => {
		const speed = replay()?.speed;
		if (speed !== undefined) {
			const next = speed === Infinity ? (step === 1 ? Infinity : 64) : Math.max(1 / 16, speed * (step === 1 ? 2 : 0.5));
			player.setSpeed(next > 1024 ? Infinity : next);
			say(`replay at ${next > 1024 ? 'full speed' : `${next} times`}`);
			return;
		}

		const at = intervalSteps.findIndex(seconds => seconds >= setting.intervalSeconds);
		const intervalSeconds = intervalSteps[Math.max(0, Math.min(intervalSteps.length - 1, (at === -1 ? intervalSteps.length - 1 : at) + step))]!;
		setting = {...setting, intervalSeconds};
		sampler.setInterval(intervalSeconds * 1000);
		say(`a frame every ${intervalSeconds} s`);
	};

	const togglePause = () => {
		const current = replay();
		if (!current || state.isPaused) {
			state = {...state, isPaused: !state.isPaused};
		} else if (sample.ended) {
			say('the end of the capture: [ or { go back, b goes to a time');
		} else if (current.isPaused) {
			player.resume();
		} else {
			player.pause();
		}
	};

	const find = (step: 1 | -1) => {
		if (state.found === '') {
			say('nothing to find yet: \\ begins');
			return;
		}

		const rank = sampler.find(state.found, picture.place.cursor, step);
		if (rank < 0) {
			say(`not found: ${state.found}`);
			return;
		}

		const {visible} = picture.extent;
		state = withPlace({...state, follow: undefined}, {cursor: rank, offset: Math.max(0, rank - Math.floor(visible / 2))});
		say(`found: ${state.found}`);
	};

	const write = () => {
		say('writing ...');
		void effects.save(sampler.extract(state.marked)).then(words => {
			say(words);
			renew();
		});
	};

	const toggleMark = () => {
		const row = state.view === 'sessions' ? currentRow() : undefined;
		if (row) {
			const marked = new Map(state.marked);
			if (marked.get(row.slot) === row.firstUs) {
				marked.delete(row.slot);
			} else {
				marked.set(row.slot, row.firstUs);
			}

			state = reduceUi({...state, marked}, 'down', picture.extent);
		}
	};

	const act = (action: Action) => {
		switch (action) {
			case 'quit': {
				effects.quit();
				break;
			}

			case 'back': {
				if (state.detail || state.overlay || state.view !== 'sessions') {
					state = reduceUi(state, 'close', picture.extent);
				} else {
					effects.quit();
				}

				break;
			}

			case 'suspend': {
				effects.suspend();
				break;
			}

			case 'redraw': {
				effects.redraw();
				break;
			}

			case 'pause': {
				togglePause();
				break;
			}

			case 'follow': {
				const row = state.view === 'sessions' ? currentRow() : undefined;
				state = {...state, isHeld: false, follow: state.follow || !row ? undefined : {slot: row.slot, firstUs: row.firstUs}};
				break;
			}

			case 'mark': {
				toggleMark();
				break;
			}

			case 'copy': {
				const found = subject();
				if (found) {
					effects.write(clipboardSequence(found.text));
					say(`copied: ${found.text}`);
				}

				break;
			}

			case 'write': {
				write();
				break;
			}

			case 'to-filter': {
				const filter = subject()?.filter;
				if (filter !== undefined) {
					setFilter(filter);
				}

				break;
			}

			case 'open': {
				if (!state.detail) {
					open();
				}

				break;
			}

			case 'find-next': {
				find(1);
				break;
			}

			case 'find-previous': {
				find(-1);
				break;
			}

			case 'step-forward':
			case 'step-back': {
				if (state.detail?.kind === 'session') {
					state = reduceUi(state, action === 'step-forward' ? 'down' : 'up', picture.extent);
				} else {
					stepEvent(action === 'step-forward' ? 1 : -1);
				}

				break;
			}

			case 'forward': {
				seek(sample.nowUs + stepUs);
				break;
			}

			case 'backward': {
				seek(sample.nowUs - stepUs);
				break;
			}

			case 'go-to': {
				const event = state.view === 'events' && !state.detail ? eventRows(sample)[picture.place.cursor] : undefined;
				if (replay() && event) {
					seek(event.timeUs + 50_000);
				} else if (replay()) {
					const change = state.detail?.kind === 'session' ? sample.session?.history[state.detail.offset] : undefined;
					state = openPrompt(state, 'time', change ? clockTime(change.timeUs, setting.localTime).slice(0, 8) : '');
				} else {
					say('this is no capture file: it cannot be gone through again');
				}

				break;
			}

			case 'live': {
				state = {...state, isPaused: false, isHeld: false, follow: undefined};
				if (replay() && !sample.ended) {
					seek(Number.MAX_SAFE_INTEGER);
				}

				break;
			}

			case 'more': {
				changePace(1);
				break;
			}

			case 'less': {
				changePace(-1);
				break;
			}

			default: {
				state = reduceUi(state, action, picture.extent);
			}
		}
	};

	/** What is typed becomes the filter a moment later, if it is one. */
	const onFilterText = (text: string) => {
		const meant = /^@[\w\-]+=(?<text>.*)$/v.exec(text)?.groups?.['text'] ?? text;
		const recalled = text.startsWith('@') ? state.saved[text.slice(1)] : undefined;
		error = text.startsWith('@') && meant === text ? undefined : sampler.check(meant);
		cancelFilter?.();
		cancelFilter = effects.after(filterDelayMs, () => {
			cancelFilter = undefined;
			if (!text.startsWith('@') || meant !== text || recalled !== undefined) {
				applyFilter(recalled ?? meant, false);
				renew();
			}
		});
	};

	const submitFilter = (text: string) => {
		const named = /^@(?<name>[\w\-]+)(?:=(?<text>.*))?$/v.exec(text.trim())?.groups;
		if (!named) {
			const found = sampler.check(text);
			if (found) {
				error = found;
				say(`this filter does not hold, the last one stays: ${found.message}`);
				return;
			}

			applyFilter(text, true);
			state = {...state, prompt: undefined};
			error = undefined;
			return;
		}

		const {name = '', text: given} = named;
		const filter = given ?? state.saved[name];
		if (filter === undefined) {
			say(`no filter is saved as @${name}; there is ${Object.keys(state.saved).map(one => `@${one}`).join(' ') || 'none: @name=… saves one'}`);
			return;
		}

		const found = sampler.check(filter);
		if (found) {
			error = found;
			return;
		}

		state = {...state, saved: {...state.saved, [name]: filter}, prompt: undefined};
		applyFilter(filter, true);
		say(given === undefined ? `@${name}` : `saved as @${name}`);
		error = undefined;
	};

	const submit = ({kind, line: {text}}: Prompt) => {
		switch (kind) {
			case 'filter': {
				submitFilter(text);
				break;
			}

			case 'find': {
				if (error) {
					say(`not to be found: ${error.message}`);
					break;
				}

				state = {...state, prompt: undefined, found: text.trim() || state.found, finds: text.trim() === '' ? state.finds : [text.trim(), ...state.finds].slice(0, 100)};
				find(1);
				break;
			}

			case 'note': {
				state = {...state, prompt: undefined};
				if (text.trim() !== '') {
					player.note({timeUs: sample.nowUs, text: text.trim()});
					say('noted');
				}

				break;
			}

			case 'time': {
				const moment = parseMoment(text, {nowUs: sample.nowUs, firstUs: sample.status?.span.firstUs ?? 0, localTime: setting.localTime});
				if (moment === undefined) {
					say('not a time: 14:02:01, +90 from the start, -30 back, or RFC 3339');
				} else {
					state = {...state, prompt: undefined};
					seek(moment);
				}
			}
		}
	};

	const typed = (prompt: Prompt, line: EditedLine) => {
		state = {...state, prompt: {...prompt, line, draft: line.text, back: 0}, message: ''};
		if (line.text !== prompt.line.text) {
			if (prompt.kind === 'filter') {
				onFilterText(line.text);
			} else {
				error = prompt.kind === 'find' ? sampler.check(line.text) : undefined;
			}
		}
	};

	const recall = (prompt: Prompt, step: number) => {
		const past = prompt.kind === 'filter' ? state.filters : (prompt.kind === 'find' ? state.finds : []);
		const back = Math.max(0, Math.min(past.length, prompt.back + step));
		const text = back === 0 ? prompt.draft : past[back - 1]!;
		state = {...state, prompt: {...prompt, back, line: editedLine(text)}};
		if (prompt.kind === 'filter') {
			onFilterText(text);
		}
	};

	const promptKey = (prompt: Prompt, key: string) => {
		switch (key) {
			case 'Enter': {
				submit(prompt);
				break;
			}

			case 'Esc':
			case '^G': {
				cancelFilter?.();
				error = undefined;
				// Clearing is what Esc in a filter means everywhere.
				state = prompt.kind === 'filter' ? {...withFilter({...state, isInverted: false}, '', false), prompt: undefined} : {...state, prompt: undefined};
				break;
			}

			case 'Up': {
				recall(prompt, 1);
				break;
			}

			case 'Down': {
				recall(prompt, -1);
				break;
			}

			default: {
				const line = editLine(prompt.line, key);
				if (line) {
					typed(prompt, line);
				}
			}
		}
	};

	const helpKey = (search: EditedLine, offset: number, key: string) => {
		const {visible, total} = picture.extent;
		const scroll: Readonly<Record<string, number>> = {Up: -1, Down: 1, PgUp: -visible, PgDn: visible};
		if (scroll[key] !== undefined) {
			state = {...state, overlay: {kind: 'help', search, offset: Math.max(0, Math.min(total - visible, offset + scroll[key]))}};
			return;
		}

		if (key === 'Esc' || key === 'Enter' || (search.text === '' && (key === 'q' || key === '?' || key === 'Backspace'))) {
			state = {...state, overlay: undefined};
			return;
		}

		const line = editLine(search, key);
		if (line) {
			state = {...state, overlay: {kind: 'help', search: line, offset: 0}};
		}
	};

	const columnsKey = (cursor: number, key: string) => {
		const action = actionOf(key);
		const {id} = sessionColumns[cursor]!;
		const step = action === 'down' ? 1 : (action === 'up' ? -1 : 0);
		if (step !== 0) {
			state = {...state, overlay: {kind: 'columns', cursor: Math.max(0, Math.min(sessionColumns.length - 1, cursor + step))}};
		} else if (key === ' ' || key === 'Enter') {
			const shown = new Set(visibleColumns(setting.columns, state.columns).map(column => column.id));
			if (!shown.delete(id)) {
				shown.add(id);
			}

			state = {...state, columns: shown.size === 0 ? undefined : shown, firstColumn: 0};
		} else if (key === 'r') {
			state = {...state, columns: undefined, firstColumn: 0};
		} else if (action === 'quit') {
			effects.quit();
		} else if (action === 'back' || action === 'escape' || action === 'close' || action === 'columns') {
			state = {...state, overlay: undefined};
		}
	};

	const onKey = (key: string) => {
		if (key === '^C') {
			effects.quit();
			return;
		}

		if (key === '^Z') {
			effects.suspend();
			return;
		}

		if (state.prompt) {
			promptKey(state.prompt, key);
			return;
		}

		state = {...state, message: ''};
		if (state.overlay?.kind === 'help') {
			helpKey(state.overlay.search, state.overlay.offset, key);
			return;
		}

		if (state.overlay?.kind === 'columns') {
			columnsKey(state.overlay.cursor, key);
			return;
		}

		const action = actionOf(key);
		if (action) {
			act(action);
		}
	};

	draw();

	return {
		picture: () => picture,
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		keys(keys) {
			for (const [index, key] of keys.entries()) {
				// What is done to a row needs the row: the key before may have moved to where nothing is known yet.
				const action = actionOf(key);
				if (index > 0 && action && onRow.has(action)) {
					renew();
				}

				// A key starts from where the cursor is shown, which a shorter list or a followed row may have moved.
				state = withPlace(state, picture.place);
				onKey(key);
				draw();
			}

			renew();
		},
		paste(text) {
			if (state.prompt) {
				typed(state.prompt, insertText(state.prompt.line, text));
			} else if (state.overlay?.kind === 'help') {
				state = {...state, overlay: {kind: 'help', search: insertText(state.overlay.search, text), offset: 0}};
			} else if (!state.detail && !state.overlay) {
				// Pasted onto a list it is most likely an address to look for; it never runs keys.
				state = openPrompt(state, 'filter', state.filter === '' ? '' : `${state.filter} `);
				typed(state.prompt!, insertText(state.prompt!.line, text));
			}

			renew();
		},
		resize(columns, rows) {
			if (columns !== setting.columns || rows !== setting.rows || !asked) {
				setting = {...setting, columns, rows};
				state = {...state, firstColumn: 0};
				renew();
			}
		},
		close() {
			unsubscribe();
			cancelFilter?.();
		},
	};
};
